//===- ProcessorCheck.cpp - What an x86-64 processor has ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The bits are those of the instruction CPUID in Intel's Software Developer's
// Manual, volume 2A, and AMD64 Architecture Programmer's Manual, volume 3,
// appendix E. That vector registers may only be used if the operating system
// saves them, which XCR0 tells, is in Intel's volume 1, sections 14.3 and 15.2.
//
//===----------------------------------------------------------------------===//

#include "ProcessorCheck.h"
#include "lathe/Target/LLVM/TargetSpec.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Module.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace lathe;
using namespace lathe::detail;
using llvm::StringRef;
using llvm::Value;

namespace {

/// Where the processor says that it has one of LLVM's features.
struct FeatureBit {
  StringRef feature;
  ProcessorWord word;
  unsigned bit;
  uint32_t state = 0; ///< bits of SavedState that it needs as well
};

/// Bits of XCR0: SSE and AVX; and the mask registers and both parts of the
/// 512-bit ones.
constexpr uint32_t avxState = 0x6, avx512State = 0xe6;

/// XGETBV is there, and the operating system uses it.
constexpr unsigned osxsaveBit = 27;

constexpr FeatureBit featureBits[] = {
    {"sse3", Leaf1ECX, 0},
    {"ssse3", Leaf1ECX, 9},
    {"fma", Leaf1ECX, 12, avxState},
    {"cx16", Leaf1ECX, 13},
    {"sse4.1", Leaf1ECX, 19},
    {"sse4.2", Leaf1ECX, 20},
    {"crc32", Leaf1ECX, 20},
    {"movbe", Leaf1ECX, 22},
    {"popcnt", Leaf1ECX, 23},
    {"xsave", Leaf1ECX, osxsaveBit},
    {"avx", Leaf1ECX, 28, avxState},
    {"f16c", Leaf1ECX, 29, avxState},
    {"bmi", Leaf7EBX, 3},
    {"avx2", Leaf7EBX, 5, avxState},
    {"bmi2", Leaf7EBX, 8},
    {"avx512f", Leaf7EBX, 16, avx512State},
    {"avx512dq", Leaf7EBX, 17, avx512State},
    {"avx512cd", Leaf7EBX, 28, avx512State},
    {"avx512bw", Leaf7EBX, 30, avx512State},
    {"avx512vl", Leaf7EBX, 31, avx512State},
    {"avx512vnni", Leaf7ECX, 11, avx512State},
    {"avxvnni", Leaf7Sub1EAX, 4, avxState},
    {"avx512bf16", Leaf7Sub1EAX, 5, avx512State},
    {"sahf", ExtendedLeaf1ECX, 0},
    {"lzcnt", ExtendedLeaf1ECX, 5},
};

/// What every processor with 64 bits has.
constexpr StringRef baseline[] = {"64bit", "cmov", "cx8",  "fxsr",
                                  "mmx",   "sse",  "sse2", "x87"};

/// All features of a processor by LLVM's names, those included that others
/// need; false for those taken away.
llvm::StringMap<bool> getFeatures(const TargetSpec &spec) {
  llvm::StringMap<bool> features;
  auto set = [&](StringRef name, bool has) {
    features[name] = has;
    llvm::X86::updateImpliedFeatures(name, has, features);
  };
  llvm::SmallVector<StringRef> names;
  llvm::X86::getFeaturesForCPU(spec.cpu, names);
  for (StringRef name : names)
    set(name, true);
  for (StringRef name : llvm::split(spec.features, ','))
    if (!name.empty())
      set(name.drop_front(), name.starts_with("+"));
  return features;
}

/// Writes the body of the function.
class CheckBuilder {
public:
  explicit CheckBuilder(llvm::Function &function)
      : function(function), builder(function.getContext()),
        i32(builder.getInt32Ty()) {}

  void build(llvm::ArrayRef<ProcessorBits> versions);

private:
  enum Register { EAX, EBX, ECX, EDX };

  llvm::BasicBlock *startBlock(StringRef name);
  Value *createCPUID(uint32_t leaf, uint32_t subleaf = 0);
  Value *get(Value *registers, Register which) {
    return builder.CreateExtractValue(registers, which);
  }
  Value *createMasked(Value *word, Value *isThere);
  Value *createHas(const ProcessorBits &bits);
  void createBasicWords();
  void createSavedState();

  llvm::Function &function;
  llvm::IRBuilder<> builder;
  llvm::Type *i32;
  std::array<Value *, NumProcessorWords> words = {};
};

} // namespace

llvm::Expected<ProcessorBits>
lathe::detail::getProcessorBits(const TargetSpec &spec) {
  if (llvm::Triple(spec.triple).getArch() != llvm::Triple::x86_64)
    return llvm::createStringError(
        "a library can choose among versions on x86-64 only, not for " +
        spec.triple);
  ProcessorBits bits = {};
  for (const auto &feature : getFeatures(spec)) {
    StringRef name = feature.first();
    if (!feature.second || llvm::is_contained(baseline, name))
      continue;
    const FeatureBit *known =
        llvm::find_if(featureBits, [&](const FeatureBit &bit) {
          return bit.feature == name;
        });
    if (known == std::end(featureBits))
      return llvm::createStringError(
          "Lathe does not know how to ask a processor for '" + name +
          "', so no library can choose a version that uses it");
    bits[known->word] |= uint32_t(1) << known->bit;
    bits[SavedState] |= known->state;
  }
  return bits;
}

llvm::BasicBlock *CheckBuilder::startBlock(StringRef name) {
  auto *block =
      llvm::BasicBlock::Create(function.getContext(), name, &function);
  builder.SetInsertPoint(block);
  return block;
}

/// The four registers that CPUID returns.
Value *CheckBuilder::createCPUID(uint32_t leaf, uint32_t subleaf) {
  auto *type = llvm::FunctionType::get(
      llvm::StructType::get(i32, i32, i32, i32), {i32, i32}, false);
  auto *cpuid = llvm::InlineAsm::get(
      type, "cpuid",
      "={ax},={bx},={cx},={dx},{ax},{cx},~{dirflag},~{fpsr},~{flags}",
      /*hasSideEffects=*/false);
  return builder.CreateCall(
      cpuid, {builder.getInt32(leaf), builder.getInt32(subleaf)});
}

/// `word`, or no bits of it.
Value *CheckBuilder::createMasked(Value *word, Value *isThere) {
  return builder.CreateSelect(isThere, word, builder.getInt32(0));
}

/// The words of CPUID. Asked for a leaf that it lacks, a processor gives some
/// other one.
void CheckBuilder::createBasicWords() {
  auto isAtLeast = [&](Value *last, uint32_t leaf) {
    return builder.CreateICmpUGE(last, builder.getInt32(leaf));
  };
  words[Leaf1ECX] = get(createCPUID(1), ECX);
  Value *hasLeaf7 = isAtLeast(get(createCPUID(0), EAX), 7);
  Value *leaf7 = createCPUID(7);
  words[Leaf7EBX] = createMasked(get(leaf7, EBX), hasLeaf7);
  words[Leaf7ECX] = createMasked(get(leaf7, ECX), hasLeaf7);
  Value *hasSub1 = isAtLeast(createMasked(get(leaf7, EAX), hasLeaf7), 1);
  words[Leaf7Sub1EAX] = createMasked(get(createCPUID(7, 1), EAX), hasSub1);
  constexpr uint32_t extended = 0x80000000;
  Value *hasExtended = isAtLeast(get(createCPUID(extended), EAX), extended + 1);
  words[ExtendedLeaf1ECX] =
      createMasked(get(createCPUID(extended + 1), ECX), hasExtended);
}

/// XCR0, or 0 where there is none: XGETBV would trap.
void CheckBuilder::createSavedState() {
  Value *osxsave =
      builder.CreateAnd(words[Leaf1ECX], builder.getInt32(1u << osxsaveBit));
  Value *hasState = builder.CreateICmpNE(osxsave, builder.getInt32(0));
  llvm::BasicBlock *entry = builder.GetInsertBlock();
  llvm::BasicBlock *read = startBlock("read_state");
  auto *type =
      llvm::FunctionType::get(llvm::StructType::get(i32, i32), {i32}, false);
  auto *xgetbv = llvm::InlineAsm::get(
      type, "xgetbv", "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}",
      /*hasSideEffects=*/true);
  Value *state = get(builder.CreateCall(xgetbv, builder.getInt32(0)), EAX);
  llvm::BasicBlock *choose = startBlock("choose");
  auto *phi = builder.CreatePHI(i32, 2);
  phi->addIncoming(builder.getInt32(0), entry);
  phi->addIncoming(state, read);
  words[SavedState] = phi;
  builder.SetInsertPoint(entry);
  builder.CreateCondBr(hasState, read, choose);
  builder.SetInsertPoint(read);
  builder.CreateBr(choose);
  builder.SetInsertPoint(choose);
}

/// Whether all of `bits` are set.
Value *CheckBuilder::createHas(const ProcessorBits &bits) {
  llvm::SmallVector<Value *> isSet;
  for (auto [word, needed] : llvm::zip_equal(words, bits)) {
    if (needed == 0)
      continue;
    Value *mask = builder.getInt32(needed);
    isSet.push_back(builder.CreateICmpEQ(builder.CreateAnd(word, mask), mask));
  }
  return isSet.empty() ? builder.getTrue() : builder.CreateAnd(isSet);
}

void CheckBuilder::build(llvm::ArrayRef<ProcessorBits> versions) {
  startBlock("entry");
  createBasicWords();
  createSavedState();
  Value *number = builder.getInt32(versions.size());
  for (size_t i = versions.size(); i-- > 0;)
    number = builder.CreateSelect(createHas(versions[i]), builder.getInt32(i),
                                  number);
  builder.CreateRet(number);
}

llvm::Function *
lathe::detail::createProcessorCheck(llvm::Module &code, StringRef name,
                                    llvm::ArrayRef<ProcessorBits> versions) {
  auto *type = llvm::FunctionType::get(
      llvm::Type::getInt32Ty(code.getContext()), /*isVarArg=*/false);
  auto *function = llvm::Function::Create(
      type, llvm::GlobalValue::InternalLinkage, name, code);
  CheckBuilder(*function).build(versions);
  return function;
}
