//===- ForkCalls.cpp - Share calls among OpenMP threads -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// GOMP_parallel is the entry that GCC calls for `#pragma omp parallel`; both
// libgomp and libomp export it. (MLIR's omp dialect calls __kmpc_*, which only
// libomp has.) It runs fn(data) on every thread of a team:
//
//   void GOMP_parallel(void (*fn)(void *), void *data, unsigned num_threads,
//                      unsigned flags);
//
// The iterations are shared by thread number, without a schedule at run time.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace lathe;

namespace {

/// Lowers the calls of one module.
class ForkLowering {
public:
  explicit ForkLowering(ModuleOp module)
      : module(module), builder(module.getBodyRegion()),
        ptr(LLVM::LLVMPointerType::get(module.getContext())),
        i32(builder.getI32Type()), i64(builder.getI64Type()) {}

  void lower(LLVM::CallOp call, int64_t maxThreads);

private:
  LLVM::LLVMFuncOp getRuntimeFunction(StringRef name, Type result,
                                      ArrayRef<Type> arguments);
  Value callRuntime(Location loc, StringRef name);
  LLVM::LLVMFuncOp createThreadFunction(LLVM::CallOp call,
                                        LLVM::LLVMStructType data);
  Value packOperands(LLVM::CallOp call, LLVM::LLVMStructType data);
  SmallVector<Value> unpackOperands(Location loc, Value pointer,
                                    LLVM::LLVMStructType data);
  Value createShare(Location loc, Value begin, Value end, Value index,
                    Value count);
  Value createField(Location loc, Value pointer, LLVM::LLVMStructType data,
                    int32_t field) {
    return LLVM::GEPOp::create(builder, loc, ptr, data, pointer,
                               ArrayRef<LLVM::GEPArg>{0, field});
  }

  ModuleOp module;
  OpBuilder builder;
  Type ptr, i32, i64;
};

LLVM::LLVMFuncOp ForkLowering::getRuntimeFunction(StringRef name, Type result,
                                                  ArrayRef<Type> arguments) {
  if (auto func = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return func;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(module.getBody());
  return LLVM::LLVMFuncOp::create(
      builder, module.getLoc(), name,
      LLVM::LLVMFunctionType::get(result, arguments));
}

/// Calls a function of the OpenMP API that takes nothing and returns an int,
/// which is positive, as an i64.
Value ForkLowering::callRuntime(Location loc, StringRef name) {
  Value result =
      LLVM::CallOp::create(builder, loc, getRuntimeFunction(name, i32, {}),
                           ValueRange())
          .getResult();
  return LLVM::ZExtOp::create(builder, loc, i64, result);
}

/// Stores the operands where the threads find them. The stack slot is made in
/// the entry block, lest a call in a loop uses up the stack.
Value ForkLowering::packOperands(LLVM::CallOp call, LLVM::LLVMStructType data) {
  Location loc = call.getLoc();
  auto func = call->getParentOfType<LLVM::LLVMFuncOp>();
  builder.setInsertionPointToStart(&func.front());
  Value one = LLVM::ConstantOp::create(builder, loc, i64, 1);
  Value slot = LLVM::AllocaOp::create(builder, loc, ptr, data, one);
  builder.setInsertionPoint(call);
  for (auto [i, operand] : llvm::enumerate(call.getArgOperands()))
    LLVM::StoreOp::create(builder, loc, operand,
                          createField(loc, slot, data, i));
  return slot;
}

SmallVector<Value> ForkLowering::unpackOperands(Location loc, Value pointer,
                                                LLVM::LLVMStructType data) {
  SmallVector<Value> values;
  for (auto [i, type] : llvm::enumerate(data.getBody()))
    values.push_back(LLVM::LoadOp::create(builder, loc, type,
                                          createField(loc, pointer, data, i)));
  return values;
}

/// Where the share of thread `index` of `count` starts:
/// begin + (end - begin) * index / count. The shares differ by one at most.
Value ForkLowering::createShare(Location loc, Value begin, Value end,
                                Value index, Value count) {
  Value total = LLVM::SubOp::create(builder, loc, end, begin);
  Value scaled = LLVM::MulOp::create(builder, loc, total, index);
  Value first = LLVM::UDivOp::create(builder, loc, scaled, count);
  return LLVM::AddOp::create(builder, loc, begin, first);
}

/// Creates the function that each thread runs: it takes its share of the range
/// and calls what `call` calls on it.
LLVM::LLVMFuncOp ForkLowering::createThreadFunction(LLVM::CallOp call,
                                                    LLVM::LLVMStructType data) {
  Location loc = call.getLoc();
  auto callee = module.lookupSymbol<LLVM::LLVMFuncOp>(*call.getCallee());
  std::string name = (*call.getCallee() + "_thread").str();
  for (unsigned i = 0; module.lookupSymbol(name); ++i)
    name = (*call.getCallee() + "_thread_" + Twine(i)).str();
  builder.setInsertionPointAfter(callee);
  auto voidType = LLVM::LLVMVoidType::get(module.getContext());
  auto func = LLVM::LLVMFuncOp::create(
      builder, loc, name, LLVM::LLVMFunctionType::get(voidType, {ptr}),
      LLVM::Linkage::Internal);
  Block *block = func.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);

  SmallVector<Value> values = unpackOperands(loc, block->getArgument(0), data);
  Value thread = callRuntime(loc, "omp_get_thread_num");
  Value count = callRuntime(loc, "omp_get_num_threads");
  Value one = LLVM::ConstantOp::create(builder, loc, i64, 1);
  Value next = LLVM::AddOp::create(builder, loc, thread, one);
  Value begin = createShare(loc, values[0], values[1], thread, count);
  values[1] = createShare(loc, values[0], values[1], next, count);
  values[0] = begin;
  LLVM::CallOp::create(builder, loc, callee, values);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  return func;
}

void ForkLowering::lower(LLVM::CallOp call, int64_t maxThreads) {
  Location loc = call.getLoc();
  auto data = LLVM::LLVMStructType::getLiteral(
      module.getContext(), llvm::to_vector(call.getArgOperands().getTypes()));
  LLVM::LLVMFuncOp func = createThreadFunction(call, data);
  Value slot = packOperands(call, data);

  // Asking for a number overrides OMP_NUM_THREADS, so ask for no more than it.
  Value limit = LLVM::ConstantOp::create(builder, loc, i64, maxThreads);
  Value allowed = callRuntime(loc, "omp_get_max_threads");
  Value threads = LLVM::TruncOp::create(
      builder, loc, i32, LLVM::UMinOp::create(builder, loc, allowed, limit));
  Value flags = LLVM::ConstantOp::create(builder, loc, i32, 0);
  Value address = LLVM::AddressOfOp::create(builder, loc, func);
  auto voidType = LLVM::LLVMVoidType::get(module.getContext());
  LLVM::CallOp::create(
      builder, loc,
      getRuntimeFunction("GOMP_parallel", voidType, {ptr, ptr, i32, i32}),
      ValueRange{address, slot, threads, flags});
  call.erase();
}

} // namespace

void lathe::detail::lowerForkCalls(ModuleOp module) {
  SmallVector<LLVM::CallOp> calls;
  module.walk([&](LLVM::CallOp call) {
    if (call->hasAttr(ThreadsAttr))
      calls.push_back(call);
  });
  ForkLowering lowering(module);
  for (LLVM::CallOp call : calls)
    lowering.lower(call,
                   call->getAttrOfType<IntegerAttr>(ThreadsAttr).getInt());
}
