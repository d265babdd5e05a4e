//===- PeakKernel.cpp - A loop that does as much as FMA units can --------===//
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
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace lathe;
using llvm::Expected;
using llvm::Value;

static constexpr llvm::StringLiteral entryName = "lathe_peak";

// Two units times a latency of four to five cycles; 16 registers hold them.
static constexpr unsigned numAccumulators = 12;

/// `float lathe_peak(int64_t iterations)`, which returns a sum of the
/// accumulators so that none is dead.
static llvm::Function *buildLoop(llvm::Module &code, unsigned lanes) {
  llvm::LLVMContext &context = code.getContext();
  llvm::IRBuilder<> builder(context);
  llvm::Type *f32 = builder.getFloatTy(), *i64 = builder.getInt64Ty();
  auto *vector = llvm::FixedVectorType::get(f32, lanes);
  auto *function = llvm::Function::Create(
      llvm::FunctionType::get(f32, {i64}, false),
      llvm::GlobalValue::ExternalLinkage, entryName, code);
  auto *begin = llvm::BasicBlock::Create(context, "", function);
  auto *loop = llvm::BasicBlock::Create(context, "", function);
  auto *end = llvm::BasicBlock::Create(context, "", function);

  builder.SetInsertPoint(begin);
  // Factors that the compiler does not know, and that keep the sums finite.
  Value *count = function->getArg(0);
  Value *tiny = builder.CreateFDiv(llvm::ConstantFP::get(f32, 1e-3),
                                   builder.CreateSIToFP(count, f32));
  Value *factor = builder.CreateVectorSplat(
      lanes, builder.CreateFSub(llvm::ConstantFP::get(f32, 1), tiny));
  Value *addend = builder.CreateVectorSplat(lanes, tiny);
  builder.CreateBr(loop);

  builder.SetInsertPoint(loop);
  auto *index = builder.CreatePHI(i64, 2);
  index->addIncoming(builder.getInt64(0), begin);
  llvm::SmallVector<llvm::PHINode *> sums;
  for (unsigned i = 0; i < numAccumulators; ++i) {
    sums.push_back(builder.CreatePHI(vector, 2));
    sums.back()->addIncoming(llvm::ConstantFP::get(vector, i), begin);
  }
  Value *total = nullptr;
  for (llvm::PHINode *sum : sums) {
    Value *next = builder.CreateIntrinsic(llvm::Intrinsic::fma, {vector},
                                          {sum, factor, addend});
    sum->addIncoming(next, loop);
  }
  Value *next = builder.CreateAdd(index, builder.getInt64(1));
  index->addIncoming(next, loop);
  builder.CreateCondBr(builder.CreateICmpSLT(next, count), loop, end);

  builder.SetInsertPoint(end);
  for (llvm::PHINode *sum : sums) {
    Value *last = sum->getIncomingValueForBlock(loop);
    total = total ? builder.CreateFAdd(total, last) : last;
  }
  builder.CreateRet(builder.CreateExtractElement(total, uint64_t(0)));
  return function;
}

PeakKernel::PeakKernel(std::unique_ptr<llvm::orc::LLJIT> jit, Entry entry,
                       double flops)
    : jit(std::move(jit)), entry(entry), flops(flops) {}

PeakKernel::~PeakKernel() = default;

Expected<std::unique_ptr<PeakKernel>> PeakKernel::create(unsigned lanes) {
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
  setTargetAttributes(*buildLoop(code, lanes), *spec);

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
  double flops = 2.0 * numAccumulators * lanes;
  return std::unique_ptr<PeakKernel>(
      new PeakKernel(std::move(*jit), entry->toPtr<Entry>(), flops));
}
