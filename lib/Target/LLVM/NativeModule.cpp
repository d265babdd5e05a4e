//===- NativeModule.cpp - A model as LLVM IR ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/NativeModule.h"
#include "lathe/Conversion/LoopsToLLVM/Passes.h"
#include "lathe/Support/RunPasses.h"
#include "lathe/Target/LLVM/TargetSpec.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/ModuleTranslation.h"
#include "llvm/Passes/OptimizationLevel.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/IPO/DeadArgumentElimination.h"
#include "llvm/Transforms/IPO/SCCP.h"

using namespace lathe;
using llvm::Expected;

namespace {

/// The name of the artifact, or of the model of an entry at the loop level.
std::string getModelName(mlir::ModuleOp module) {
  if (auto name = module->getAttrOfType<mlir::StringAttr>("lathe.artifact"))
    return name.str();
  for (auto func : module.getOps<mlir::FunctionOpInterface>())
    if (func->hasAttr("lathe.entry"))
      if (auto name = func->getAttrOfType<mlir::StringAttr>("lathe.model"))
        return name.str();
  return "model";
}

/// Sets what every module for `spec` says of itself.
void setTarget(llvm::Module &code, const TargetSpec &spec,
               const llvm::TargetMachine &machine) {
  code.setTargetTriple(machine.getTargetTriple());
  code.setDataLayout(machine.createDataLayout());
  code.setPICLevel(llvm::PICLevel::BigPIC);
  for (llvm::Function &function : code)
    if (!function.isDeclaration())
      setTargetAttributes(function, spec);
}

} // namespace

Expected<NativeModule> lathe::translateToNative(mlir::ModuleOp module,
                                                WeightsBlob weights,
                                                const TargetSpec &spec,
                                                llvm::TargetMachine &machine) {
  mlir::DialectRegistry registry;
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  module.getContext()->appendDialectRegistry(registry);

  NativeModule result;
  result.context = std::make_unique<llvm::LLVMContext>();
  result.weights = std::move(weights);
  result.code = mlir::translateModuleToLLVMIR(module, *result.context);
  if (!result.code)
    return llvm::createStringError("translation to LLVM IR failed");
  setTarget(*result.code, spec, machine);
  for (const llvm::Function &function : *result.code)
    if (function.hasExternalLinkage() && !function.isDeclaration())
      result.entries.push_back(function.getName().str());
  result.usesOpenMP = result.code->getFunction("GOMP_parallel") != nullptr;
  return result;
}

Expected<NativeModule> lathe::lowerToNative(mlir::ModuleOp module,
                                            const TargetSpec &spec,
                                            llvm::TargetMachine &machine,
                                            const NativeOptions &options,
                                            WeightsBlob weights) {
  std::string name = getModelName(module);
  LoopsToLLVMPipelineOptions pipelineOptions;
  pipelineOptions.maxThreads = options.maxThreads;
  pipelineOptions.fpContract = options.fpContract;
  if (llvm::Triple(spec.triple).isAArch64())
    pipelineOptions.dots = DotMachine::AArch64;
  else
    pipelineOptions.bytePermutes = hasFeature(spec, "avx512vbmi");
  pipelineOptions.timeKernels = options.kernelDone != nullptr;
  mlir::PassManager pm(module.getContext());
  buildLoopsToLLVMPipeline(pm, pipelineOptions, &weights);
  if (llvm::Error error = runPasses(pm, module))
    return std::move(error);

  auto result = translateToNative(module, std::move(weights), spec, machine);
  if (!result)
    return result;
  result->name = name;
  result->code->setModuleIdentifier(name);
  result->code->setSourceFileName(name);
  return result;
}

namespace {

/// LLVM's pass builder with the analyses that passes need.
class Optimizer {
public:
  explicit Optimizer(llvm::TargetMachine &machine)
      : builder(&machine, getTuning()) {
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
  }

  llvm::PassBuilder &getBuilder() { return builder; }
  void run(llvm::ModulePassManager passes, llvm::Module &code) {
    passes.run(code, modules);
  }

private:
  static llvm::PipelineTuningOptions getTuning() {
    llvm::PipelineTuningOptions tuning;
    tuning.LoopVectorization = true;
    tuning.SLPVectorization = true;
    return tuning;
  }

  llvm::PassBuilder builder;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
};

} // namespace

void lathe::optimize(llvm::Module &code, llvm::TargetMachine &machine) {
  Optimizer optimizer(machine);
  optimizer.run(optimizer.getBuilder().buildPerModuleDefaultPipeline(
                    llvm::OptimizationLevel::O3),
                code);
}

void lathe::propagateConstants(llvm::Module &code,
                               llvm::TargetMachine &machine) {
  llvm::ModulePassManager passes;
  passes.addPass(
      llvm::IPSCCPPass(llvm::IPSCCPOptions(/*AllowFuncSpec=*/false)));
  passes.addPass(llvm::DeadArgumentEliminationPass());
  Optimizer(machine).run(std::move(passes), code);
}
