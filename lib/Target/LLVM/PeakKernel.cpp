//===- PeakKernel.cpp - A loop that does as much as the units can --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/PeakKernel.h"
#include "CodeGen.h"
#include "lathe/Target/LLVM/TargetSpec.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/IntrinsicsAArch64.h"
#include "llvm/IR/IntrinsicsX86.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace lathe;
using llvm::Expected;
using llvm::StringRef;
using llvm::Value;

static constexpr llvm::StringLiteral entryName = "lathe_peak";

// Two units times a latency of four to five cycles; 16 registers hold them.
static constexpr unsigned numAccumulators = 12;

namespace {

/// `void lathe_peak(int64_t iterations)`, which hands each sum to an empty
/// piece of assembly so that none is dead.
class LoopBuilder {
public:
  LoopBuilder(llvm::Module &code, unsigned lanes, PeakKernel::Kind kind)
      : code(code), builder(code.getContext()), lanes(lanes), kind(kind) {}

  llvm::Function *build();

private:
  using Kind = PeakKernel::Kind;

  void buildFactors(Value *count);
  Value *accumulate(Value *sum);
  void keep(Value *value);

  llvm::Module &code;
  llvm::IRBuilder<> builder;
  unsigned lanes;
  Kind kind;
  /// What the compiler does not know.
  Value *first = nullptr, *second = nullptr;
};

} // namespace

/// Floats that keep the sums finite, or any bytes.
void LoopBuilder::buildFactors(Value *count) {
  if (kind == Kind::Bytes) {
    first = builder.CreateVectorSplat(
        4 * lanes, builder.CreateTrunc(count, builder.getInt8Ty()));
    second = first;
    return;
  }
  llvm::Type *f32 = builder.getFloatTy();
  Value *tiny = builder.CreateFDiv(llvm::ConstantFP::get(f32, 1e-3),
                                   builder.CreateSIToFP(count, f32));
  first = builder.CreateVectorSplat(
      lanes, builder.CreateFSub(llvm::ConstantFP::get(f32, 1), tiny));
  second = builder.CreateVectorSplat(lanes, tiny);
}

Value *LoopBuilder::accumulate(Value *sum) {
  if (kind == Kind::Floats)
    return builder.CreateIntrinsic(llvm::Intrinsic::fma, {sum->getType()},
                                   {sum, first, second});
  if (code.getTargetTriple().isAArch64())
    return builder.CreateIntrinsic(llvm::Intrinsic::aarch64_neon_sdot,
                                   {sum->getType(), first->getType()},
                                   {sum, first, second});
  llvm::Intrinsic::ID id =
      lanes == 16  ? llvm::Intrinsic::x86_avx512_vpdpbusd_512
      : lanes == 8 ? llvm::Intrinsic::x86_avx512_vpdpbusd_256
                   : llvm::Intrinsic::x86_avx512_vpdpbusd_128;
  return builder.CreateIntrinsic(id, {}, {sum, first, second});
}

void LoopBuilder::keep(Value *value) {
  auto *type = llvm::FunctionType::get(builder.getVoidTy(), {value->getType()},
                                       /*isVarArg=*/false);
  StringRef inRegister = code.getTargetTriple().isAArch64() ? "w" : "v";
  builder.CreateCall(
      llvm::InlineAsm::get(type, "", inRegister, /*hasSideEffects=*/true),
      {value});
}

llvm::Function *LoopBuilder::build() {
  llvm::LLVMContext &context = code.getContext();
  llvm::Type *i64 = builder.getInt64Ty();
  bool isFloat = kind == Kind::Floats;
  auto *vector = llvm::FixedVectorType::get(
      isFloat ? builder.getFloatTy() : builder.getInt32Ty(), lanes);
  auto *function = llvm::Function::Create(
      llvm::FunctionType::get(builder.getVoidTy(), {i64}, false),
      llvm::GlobalValue::ExternalLinkage, entryName, code);
  auto *begin = llvm::BasicBlock::Create(context, "", function);
  auto *loop = llvm::BasicBlock::Create(context, "", function);
  auto *end = llvm::BasicBlock::Create(context, "", function);

  builder.SetInsertPoint(begin);
  Value *count = function->getArg(0);
  buildFactors(count);
  builder.CreateBr(loop);

  builder.SetInsertPoint(loop);
  auto *index = builder.CreatePHI(i64, 2);
  index->addIncoming(builder.getInt64(0), begin);
  llvm::SmallVector<llvm::PHINode *> sums;
  for (unsigned i = 0; i < numAccumulators; ++i) {
    sums.push_back(builder.CreatePHI(vector, 2));
    llvm::Constant *start =
        isFloat
            ? llvm::ConstantFP::get(vector, i)
            : static_cast<llvm::Constant *>(llvm::ConstantInt::get(vector, i));
    sums.back()->addIncoming(start, begin);
  }
  for (llvm::PHINode *sum : sums)
    sum->addIncoming(accumulate(sum), loop);
  Value *next = builder.CreateAdd(index, builder.getInt64(1));
  index->addIncoming(next, loop);
  builder.CreateCondBr(builder.CreateICmpSLT(next, count), loop, end);

  builder.SetInsertPoint(end);
  for (llvm::PHINode *sum : sums)
    keep(sum->getIncomingValueForBlock(loop));
  builder.CreateRetVoid();
  return function;
}

PeakKernel::PeakKernel(std::unique_ptr<llvm::orc::LLJIT> jit, Entry entry,
                       double ops)
    : jit(std::move(jit)), entry(entry), ops(ops) {}

PeakKernel::~PeakKernel() = default;

Expected<std::unique_ptr<PeakKernel>> PeakKernel::create(unsigned lanes,
                                                         Kind kind) {
  Expected<TargetSpec> spec = TargetSpec::parse("host");
  if (!spec)
    return spec.takeError();
  auto machine = createTargetMachine(*spec);
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  llvm::Module code("peak", context);
  code.setTargetTriple((*machine)->getTargetTriple());
  code.setDataLayout((*machine)->createDataLayout());
  setTargetAttributes(*LoopBuilder(code, lanes, kind).build(), *spec);

  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  ObjectFile object{"peak.o", {}};
  if (llvm::Error error = lathe::detail::generateCode(
          code, **machine, llvm::CodeGenFileType::ObjectFile,
          /*weights=*/nullptr, object.bytes))
    return std::move(error);
  if (llvm::Error error = lathe::detail::addToJit(std::move(object), **jit))
    return std::move(error);
  auto entry = (*jit)->lookup(entryName);
  if (!entry)
    return entry.takeError();
  double ops = 2.0 * numAccumulators * lanes * (kind == Kind::Bytes ? 4 : 1);
  return std::unique_ptr<PeakKernel>(
      new PeakKernel(std::move(*jit), entry->toPtr<Entry>(), ops));
}
