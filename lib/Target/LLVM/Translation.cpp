//===- Translation.cpp - Translations for lathe-translate -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/Translation.h"
#include "lathe/Target/LLVM/Emit.h"
#include "lathe/Target/LLVM/TargetSpec.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Target/TargetMachine.h"

using namespace lathe;
using llvm::Error;
using llvm::Expected;

namespace {

void registerLoopLevelDialects(mlir::DialectRegistry &registry) {
  registry.insert<mlir::LLVM::LLVMDialect, mlir::affine::AffineDialect,
                  mlir::arith::ArithDialect, mlir::cf::ControlFlowDialect,
                  mlir::func::FuncDialect, mlir::index::IndexDialect,
                  mlir::math::MathDialect, mlir::memref::MemRefDialect,
                  mlir::scf::SCFDialect, mlir::ub::UBDialect,
                  mlir::vector::VectorDialect>();
}

Error translate(mlir::ModuleOp module, const TranslationFlags &flags,
                bool asAssembly, llvm::raw_ostream &os) {
  Expected<TargetSpec> spec = TargetSpec::parse(flags.target);
  if (!spec)
    return spec.takeError();
  auto machine = createTargetMachine(*spec);
  if (!machine)
    return machine.takeError();
  Expected<NativeModule> native =
      lowerToNative(module, *spec, **machine, flags.native);
  if (!native)
    return native.takeError();
  optimize(*native->code, **machine);
  if (!asAssembly) {
    emitLLVMIR(*native, os);
    return Error::success();
  }
  return emitAssembly(*native, **machine, os);
}

} // namespace

void lathe::registerToNativeTranslations(
    std::function<TranslationFlags()> getFlags) {
  auto add = [&](llvm::StringRef name, llvm::StringRef description,
                 bool asAssembly) {
    mlir::TranslateFromMLIRRegistration registration(
        name, description,
        [=](mlir::Operation *op, llvm::raw_ostream &os) -> llvm::LogicalResult {
          auto module = llvm::dyn_cast<mlir::ModuleOp>(op);
          if (!module)
            return op->emitError("expected a module at the loop level");
          TranslationFlags flags = getFlags ? getFlags() : TranslationFlags();
          if (Error error = translate(module, flags, asAssembly, os))
            return op->emitError(llvm::toString(std::move(error)));
          return llvm::success();
        },
        registerLoopLevelDialects);
  };
  add("lathe-to-llvmir", "Translate the loop level to optimized LLVM IR",
      /*asAssembly=*/false);
  add("lathe-to-asm", "Translate the loop level to assembly",
      /*asAssembly=*/true);
}
