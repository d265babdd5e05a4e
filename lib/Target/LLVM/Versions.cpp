//===- Versions.cpp - One library for several processors ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/Versions.h"
#include "ProcessorCheck.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace lathe;
using llvm::Expected;
using llvm::StringRef;
using llvm::Value;

/// What an entry returns if there is no version: RunStatus::UnknownProcessor,
/// which stands in the C header.
static constexpr uint32_t unknownProcessor = 3;

/// What the functions of a version end in. No name in C has a dot.
static std::string getSuffix(StringRef version) {
  std::string suffix = ("." + version).str();
  for (char &c : suffix)
    if (!llvm::isAlnum(c) && c != '.')
      c = '_';
  return suffix;
}

//===----------------------------------------------------------------------===//
// Joining
//===----------------------------------------------------------------------===//

/// Declares the weights with the size that they have in the end: an address
/// beyond the declared end would be undefined.
static void declareWeights(llvm::Module &code, const WeightsBlob &weights) {
  llvm::GlobalVariable *old =
      weights.empty() ? nullptr : code.getNamedGlobal(weights.symbol);
  if (!old)
    return;
  auto *type = llvm::ArrayType::get(llvm::Type::getInt8Ty(code.getContext()),
                                    weights.size);
  auto *global = new llvm::GlobalVariable(code, type, /*isConstant=*/true,
                                          old->getLinkage(),
                                          /*Initializer=*/nullptr, "", old);
  global->copyAttributesFrom(old);
  global->takeName(old);
  old->replaceAllUsesWith(global);
  old->eraseFromParent();
}

/// The code of `version` as bitcode, its functions under names of its own.
/// Modules of different contexts can be joined in no other form.
static llvm::SmallVector<char> createBitcode(NativeVersion &version,
                                             const WeightsBlob &weights) {
  llvm::Module &code = *version.code.code;
  declareWeights(code, weights);
  std::string suffix = getSuffix(version.name);
  for (llvm::Function &function : code)
    if (!function.isDeclaration())
      function.setName(function.getName() + suffix);
  llvm::SmallVector<char> bitcode;
  llvm::raw_svector_ostream os(bitcode);
  llvm::WriteBitcodeToFile(code, os);
  return bitcode;
}

/// Moves what is in `bitcode` into `joined`.
static llvm::Error addBitcode(llvm::Module &joined, StringRef bitcode) {
  auto code = llvm::parseBitcodeFile(
      llvm::MemoryBufferRef(bitcode, joined.getName()), joined.getContext());
  if (!code)
    return code.takeError();
  if (llvm::Linker::linkModules(joined, std::move(*code)))
    return llvm::createStringError("the versions of '" + joined.getName() +
                                   "' cannot be joined");
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Choosing
//===----------------------------------------------------------------------===//

namespace {

/// Adds the entries that choose.
class Dispatcher {
public:
  Dispatcher(NativeModule &joined, llvm::ArrayRef<NativeVersion> versions,
             const TargetSpec &spec)
      : code(*joined.code), name(joined.name), versions(versions), spec(spec),
        builder(code.getContext()), i32(builder.getInt32Ty()) {}

  void addChoice(llvm::ArrayRef<detail::ProcessorBits> bits);
  void addEntry(StringRef entry);

private:
  llvm::Function *createFunction(llvm::FunctionType *type, StringRef name,
                                 llvm::GlobalValue::LinkageTypes linkage);

  llvm::Module &code;
  StringRef name;
  llvm::ArrayRef<NativeVersion> versions;
  const TargetSpec &spec;
  llvm::IRBuilder<> builder;
  llvm::Type *i32;
  llvm::Function *getVersion = nullptr;
};

} // namespace

llvm::Function *
Dispatcher::createFunction(llvm::FunctionType *type, StringRef name,
                           llvm::GlobalValue::LinkageTypes linkage) {
  auto *function = llvm::Function::Create(type, linkage, name, code);
  function->setDoesNotThrow();
  setTargetAttributes(*function, spec);
  builder.SetInsertPoint(
      llvm::BasicBlock::Create(code.getContext(), "entry", function));
  return function;
}

/// Adds a function that returns the number of the version to use. Threads that
/// call it at a time may all look at the processor, but all find the same; so
/// the number is stored and read atomically and in no order with anything else.
void Dispatcher::addChoice(llvm::ArrayRef<detail::ProcessorBits> bits) {
  llvm::Function *check = detail::createProcessorCheck(
      code, (name + ".check_processor").str(), bits);
  check->setDoesNotThrow();
  check->addFnAttr(llvm::Attribute::Cold);
  check->addFnAttr(llvm::Attribute::NoInline);
  setTargetAttributes(*check, spec);

  // Above all numbers: not known yet.
  llvm::Constant *unknown = builder.getInt32(~0u);
  auto *number = new llvm::GlobalVariable(code, i32, /*isConstant=*/false,
                                          llvm::GlobalValue::InternalLinkage,
                                          unknown, name + ".version");
  llvm::Align align(4);
  getVersion = createFunction(llvm::FunctionType::get(i32, false),
                              (name + ".get_version").str(),
                              llvm::GlobalValue::InternalLinkage);
  auto addBlock = [&](StringRef name) {
    return llvm::BasicBlock::Create(code.getContext(), name, getVersion);
  };
  llvm::BasicBlock *ask = addBlock("ask"), *done = addBlock("done");
  auto *known = builder.CreateAlignedLoad(i32, number, align);
  known->setAtomic(llvm::AtomicOrdering::Monotonic);
  builder.CreateCondBr(builder.CreateICmpEQ(known, unknown), ask, done);
  builder.SetInsertPoint(ask);
  Value *found = builder.CreateCall(check);
  builder.CreateAlignedStore(found, number, align)
      ->setAtomic(llvm::AtomicOrdering::Monotonic);
  builder.CreateRet(found);
  builder.SetInsertPoint(done);
  builder.CreateRet(known);
}

/// Adds the function `entry`, which hands its arguments to that of the version.
void Dispatcher::addEntry(StringRef entry) {
  auto getTarget = [&](const NativeVersion &version) {
    return code.getFunction((entry + getSuffix(version.name)).str());
  };
  llvm::FunctionType *type = getTarget(versions.front())->getFunctionType();
  llvm::Function *function =
      createFunction(type, entry, llvm::GlobalValue::ExternalLinkage);
  auto addBlock = [&](StringRef name) {
    auto *block = llvm::BasicBlock::Create(code.getContext(), name, function);
    builder.SetInsertPoint(block);
    return block;
  };
  llvm::BasicBlock *choose = builder.GetInsertBlock();
  llvm::BasicBlock *none = addBlock("none");
  builder.CreateRet(builder.getInt32(unknownProcessor));
  builder.SetInsertPoint(choose);
  auto *jump = builder.CreateSwitch(builder.CreateCall(getVersion), none,
                                    versions.size());
  auto arguments =
      llvm::to_vector_of<Value *>(llvm::make_pointer_range(function->args()));
  for (auto [i, version] : llvm::enumerate(versions)) {
    jump->addCase(builder.getInt32(i), addBlock(version.name));
    llvm::Function *target = getTarget(version);
    target->setLinkage(llvm::GlobalValue::InternalLinkage);
    llvm::CallInst *call = builder.CreateCall(target, arguments);
    // The arguments on the stack are not copied either.
    call->setTailCallKind(llvm::CallInst::TCK_MustTail);
    builder.CreateRet(call);
  }
}

Expected<NativeModule>
lathe::joinVersions(llvm::MutableArrayRef<NativeVersion> versions,
                    const TargetSpec &spec, llvm::TargetMachine &machine) {
  std::vector<detail::ProcessorBits> bits;
  llvm::StringSet<> suffixes;
  for (const NativeVersion &version : versions) {
    if (!suffixes.insert(getSuffix(version.name)).second)
      return llvm::createStringError("two versions of '" + version.code.name +
                                     "' are called '" + version.name + "'");
    Expected<detail::ProcessorBits> needed =
        detail::getProcessorBits(version.spec);
    if (!needed)
      return needed.takeError();
    bits.push_back(*needed);
  }
  NativeModule joined;
  joined.name = versions.front().code.name;
  joined.entries = versions.front().code.entries;
  joined.weights = std::move(versions.back().code.weights);
  joined.usesOpenMP = llvm::any_of(versions, [](const NativeVersion &version) {
    return version.code.usesOpenMP;
  });
  joined.context = std::make_unique<llvm::LLVMContext>();
  joined.code = std::make_unique<llvm::Module>(joined.name, *joined.context);
  joined.code->setSourceFileName(joined.name);
  joined.code->setTargetTriple(machine.getTargetTriple());
  joined.code->setDataLayout(machine.createDataLayout());
  joined.code->setPICLevel(llvm::PICLevel::BigPIC);
  for (NativeVersion &version : versions) {
    llvm::SmallVector<char> bitcode = createBitcode(version, joined.weights);
    if (llvm::Error error =
            addBitcode(*joined.code, StringRef(bitcode.data(), bitcode.size())))
      return std::move(error);
  }

  Dispatcher dispatcher(joined, versions, spec);
  dispatcher.addChoice(bits);
  for (StringRef entry : joined.entries)
    dispatcher.addEntry(entry);
  return joined;
}
