//===- CheckEntry.cpp - Make the entry check its pointers -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

#include "lathe/Conversion/LoopsToLLVM/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace lathe {
#define GEN_PASS_DEF_CHECKENTRY
#include "lathe/Conversion/LoopsToLLVM/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// What the entry returns; the C header names the same values.
enum ErrorCode { Ok = 0, ErrorNull = 1, ErrorAlignment = 2 };

Value createIndex(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value createAddress(OpBuilder &builder, Location loc, Value memref) {
  return memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, memref);
}

/// Whether any of the pointers is NULL, as an i1.
Value createAnyNull(OpBuilder &builder, Location loc, ValueRange memrefs) {
  Value zero = createIndex(builder, loc, 0);
  Value any = arith::ConstantIntOp::create(builder, loc, 0, 1);
  for (Value memref : memrefs) {
    Value isNull =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                              createAddress(builder, loc, memref), zero);
    any = arith::OrIOp::create(builder, loc, any, isNull);
  }
  return any;
}

/// Whether `memref` is not at a multiple of `align` bytes, as an i1.
Value createMisaligned(OpBuilder &builder, Location loc, Value memref,
                       int64_t align) {
  Value address = createAddress(builder, loc, memref);
  Value rest = arith::RemUIOp::create(builder, loc, address,
                                      createIndex(builder, loc, align));
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, rest,
                               createIndex(builder, loc, 0));
}

/// Ends `block` with a return of `code` if `failed`, else a jump to `next`.
void createCheck(OpBuilder &builder, Location loc, Value failed, ErrorCode code,
                 Block *next) {
  Block *error = builder.createBlock(next);
  Value result = arith::ConstantIntOp::create(builder, loc, code, 32);
  func::ReturnOp::create(builder, loc, result);
  builder.setInsertionPointAfterValue(failed);
  cf::CondBranchOp::create(builder, loc, failed, error, next);
}

LogicalResult checkEntry(func::FuncOp entry) {
  if (entry.getNumResults() != 0)
    return success(); // done before
  auto align = entry.getArgAttrOfType<IntegerAttr>(entry.getNumArguments() - 1,
                                                   "lathe.align");
  if (!align)
    return entry.emitError("last argument has no `lathe.align`: an entry's "
                           "last argument is its arena");
  if (!llvm::all_of(entry.getArgumentTypes(), llvm::IsaPred<MemRefType>))
    return entry.emitError("entry takes a value that is not a memref");

  OpBuilder builder(entry.getContext());
  Location loc = entry.getLoc();
  entry.setType(
      builder.getFunctionType(entry.getArgumentTypes(), builder.getI32Type()));
  entry.walk([&](func::ReturnOp ret) {
    builder.setInsertionPoint(ret);
    ret.getOperandsMutable().assign(
        arith::ConstantIntOp::create(builder, loc, Ok, 32));
  });

  Block *first = &entry.front();
  Block *body = first->splitBlock(first->begin());
  Block *checkAlignment = builder.createBlock(body);
  Value arena = entry.getArguments().back();
  bool hasArena = cast<MemRefType>(arena.getType()).getNumElements() > 0;

  builder.setInsertionPointToEnd(first);
  ValueRange needed = entry.getArguments();
  Value anyNull =
      createAnyNull(builder, loc, hasArena ? needed : needed.drop_back());
  createCheck(builder, loc, anyNull, ErrorNull, checkAlignment);
  builder.setInsertionPointToEnd(checkAlignment);
  Value misaligned = createMisaligned(builder, loc, arena, align.getInt());
  createCheck(builder, loc, misaligned, ErrorAlignment, body);
  return success();
}

struct CheckEntry : public lathe::impl::CheckEntryBase<CheckEntry> {
  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (lathe::detail::isExported(func) && failed(checkEntry(func)))
        return signalPassFailure();
  }
};

} // namespace
