//===- JitModule.cpp - Run a model in this process ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/JitModule.h"
#include "CodeGen.h"
#include "lathe/Conversion/LoopsToLLVM/TimedKernels.h"
#include "lathe/Target/LLVM/TargetSpec.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Target/TargetMachine.h"

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

namespace {

constexpr StringRef packedName = "lathe_packed_entry";

/// Adds `int packed(void *const *args)`, which calls `entry` with args[0],
/// args[1] …: C++ cannot call a function with a number of arguments that is
/// known only at run time.
void addPackedEntry(llvm::Module &code, llvm::Function &entry) {
  llvm::LLVMContext &context = code.getContext();
  auto *ptr = llvm::PointerType::get(context, 0);
  auto *packed = llvm::Function::Create(
      llvm::FunctionType::get(entry.getReturnType(), {ptr}, false),
      llvm::GlobalValue::ExternalLinkage, packedName, code);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(context, "", packed));
  llvm::SmallVector<llvm::Value *> arguments;
  for (unsigned i = 0; i < entry.arg_size(); ++i)
    arguments.push_back(builder.CreateLoad(
        ptr, builder.CreateConstGEP1_32(ptr, packed->getArg(0), i)));
  builder.CreateRet(builder.CreateCall(&entry, arguments));
}

/// Lets the weights be anywhere: code that says they are hidden reaches only
/// 2 GiB, and they may be farther from it.
void addressWeightsIndirectly(NativeModule &module) {
  if (auto *symbol = module.code->getNamedGlobal(module.weights.symbol)) {
    symbol->setVisibility(llvm::GlobalValue::DefaultVisibility);
    symbol->setDSOLocal(false);
  }
}

/// One aligned copy of the weights, `aligned` its start.
std::unique_ptr<char[]> copyWeights(const WeightsBlob &weights,
                                    char *&aligned) {
  auto data = std::make_unique<char[]>(weights.size + WeightsBlob::alignment);
  aligned = reinterpret_cast<char *>(
      llvm::alignAddr(data.get(), llvm::Align(WeightsBlob::alignment)));
  char *position = aligned;
  weights.forEachPiece(
      [&](StringRef piece) { position = llvm::copy(piece, position); });
  return data;
}

/// Makes the OpenMP runtime's functions known to the process.
Error loadOpenMP() {
  if (llvm::sys::DynamicLibrary::SearchForAddressOfSymbol("GOMP_parallel"))
    return Error::success();
  for (const char *name : {"libgomp.so.1", "libomp.so.5", "libomp.so"})
    if (!llvm::sys::DynamicLibrary::LoadLibraryPermanently(name))
      return Error::success();
  return llvm::createStringError(
      "threads need an OpenMP runtime: neither libgomp nor libomp is found; "
      "install libgomp1, or use one thread");
}

/// The bytes of instructions in an object that was just compiled.
Expected<uint64_t> measureCode(const ObjectFile &object) {
  StringRef bytes(object.bytes.data(), object.bytes.size());
  auto file = llvm::object::ObjectFile::createObjectFile({bytes, object.name});
  if (!file)
    return file.takeError();
  uint64_t size = 0;
  for (const llvm::object::SectionRef &section : (*file)->sections())
    if (section.isText())
      size += section.getSize();
  return size;
}

/// Adds the bytes of instructions to `codeSize`.
Expected<std::unique_ptr<llvm::orc::LLJIT>>
link(NativeModule &module, llvm::TargetMachine &machine, char *weights,
     void (*kernelDone)(int64_t), uint64_t &codeSize) {
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit;
  llvm::orc::JITDylib &dylib = (*jit)->getMainJITDylib();
  char prefix = (*jit)->getDataLayout().getGlobalPrefix();
  auto process =
      llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(prefix);
  if (!process)
    return process.takeError();
  dylib.addGenerator(std::move(*process));
  llvm::orc::SymbolMap symbols;
  auto define = [&](StringRef name, auto *address) {
    symbols[(*jit)->mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(address),
        llvm::JITSymbolFlags::Exported};
  };
  if (!module.weights.empty())
    define(module.weights.symbol, weights);
  if (kernelDone)
    define(kernelDoneName, kernelDone);
  if (!symbols.empty())
    if (Error error = dylib.define(llvm::orc::absoluteSymbols(symbols)))
      return std::move(error);
  auto objects = compileObjects(module, machine, /*withWeights=*/false);
  if (!objects)
    return objects.takeError();
  for (ObjectFile &object : *objects) {
    Expected<uint64_t> size = measureCode(object);
    if (!size)
      return size.takeError();
    codeSize += *size;
    if (Error error = lathe::detail::addToJit(std::move(object), **jit))
      return std::move(error);
  }
  return jit;
}

} // namespace

JitModule::JitModule(std::unique_ptr<llvm::orc::LLJIT> jit,
                     std::unique_ptr<char[]> data, PackedEntry entry,
                     size_t numArguments, uint64_t codeSize)
    : jit(std::move(jit)), weights(std::move(data)), entry(entry),
      numArguments(numArguments), codeSize(codeSize) {}

JitModule::~JitModule() = default;

Expected<std::unique_ptr<JitModule>>
JitModule::create(mlir::ModuleOp module, const NativeOptions &options) {
  Expected<TargetSpec> spec = TargetSpec::parse("host");
  if (!spec)
    return spec.takeError();
  auto machine = createTargetMachine(*spec);
  if (!machine)
    return machine.takeError();
  Expected<NativeModule> native =
      lowerToNative(module, *spec, **machine, options);
  if (!native)
    return native.takeError();
  if (native->usesOpenMP)
    if (Error error = loadOpenMP())
      return std::move(error);

  llvm::Function *function = native->code->getFunction(native->name + "_run");
  if (!function)
    return llvm::createStringError("a module to run needs an entry");
  size_t numArguments = function->arg_size();
  addPackedEntry(*native->code, *function);
  addressWeightsIndirectly(*native);
  char *weights = nullptr;
  std::unique_ptr<char[]> data = copyWeights(native->weights, weights);
  uint64_t codeSize = 0;
  auto jit = link(*native, **machine, weights, options.kernelDone, codeSize);
  if (!jit)
    return jit.takeError();
  auto entry = (*jit)->lookup(packedName);
  if (!entry)
    return entry.takeError();
  return std::unique_ptr<JitModule>(
      new JitModule(std::move(*jit), std::move(data),
                    entry->toPtr<PackedEntry>(), numArguments, codeSize));
}

Expected<int> JitModule::run(llvm::ArrayRef<void *> arguments) const {
  if (arguments.size() != numArguments)
    return llvm::createStringError("the entry takes %zu pointers, not %zu",
                                   numArguments, arguments.size());
  return entry(arguments.data());
}
