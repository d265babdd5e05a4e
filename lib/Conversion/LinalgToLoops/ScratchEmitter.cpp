//===- ScratchEmitter.cpp - Loops around memory of their own --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScratchEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace lathe;

void ScratchEmitter::loop(StringRef name, int64_t low, int64_t high,
                          int64_t step, Body body) {
  if (low >= high)
    return;
  int64_t last = low + (high - low - 1) / step * step;
  // A loop of one iteration is none, whatever is missing to a whole step.
  buildLoop(builder, space, loc, name, builder.getIndexAttr(low),
            builder.getIndexAttr(last == low ? low + step : high), step,
            {low, last}, {},
            [&](AffineExpr index, ValueRange) -> SmallVector<Value> {
              body(index);
              return {};
            });
}

Value ScratchEmitter::index(AffineExpr expr) {
  return space.materialize(builder, loc, space.flatten(expr));
}

Value ScratchEmitter::number(int64_t value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getI32IntegerAttr(value));
}

AffineExpr ScratchEmitter::keep(AffineExpr expr) {
  IndexRange range = space.rangeOf(expr);
  if (range.low == range.high)
    return space.constant(range.low);
  return space.add(index(expr), range);
}

Value ScratchEmitter::locate(Value tensor) {
  Indices start(cast<RankedTensorType>(tensor.getType()).getRank(),
                space.constant(0));
  auto place = reader.locate(tensor, start);
  failed |= !place;
  return place ? place->first : Value();
}

Value ScratchEmitter::viewScratch(int64_t offset, int64_t count, Type element) {
  return memref::ViewOp::create(
      builder, loc, MemRefType::get(count, element), body.scratch,
      arith::ConstantIndexOp::create(builder, loc, offset), ValueRange());
}

Value ScratchEmitter::byte(int64_t value) {
  APInt bits(8, static_cast<uint64_t>(value), /*isSigned=*/false,
             /*implicitTrunc=*/true);
  Type i8 = builder.getI8Type();
  return arith::ConstantOp::create(builder, loc, IntegerAttr::get(i8, bits));
}

Value ScratchEmitter::repeat(int64_t value) {
  uint32_t half = static_cast<uint32_t>(value) & 0xffff;
  return number(static_cast<int32_t>(half | half << 16));
}

void ScratchEmitter::writeWord(Value word, Value words, AffineExpr at) {
  memref::StoreOp::create(builder, loc, word, words, index(at));
}

Value ScratchEmitter::readWord(Value words, AffineExpr at) {
  return memref::LoadOp::create(builder, loc, words, index(at));
}

Value ScratchEmitter::readByte(Value input, const Indices &indices) {
  if (Value byte = failed ? Value() : reader.read(input, indices, 1))
    return byte;
  failed = true;
  return arith::ConstantOp::create(builder, loc, builder.getI8IntegerAttr(0));
}

Value ScratchEmitter::readWide(Value input, const Indices &indices,
                               bool isUnsigned) {
  return widen(readByte(input, indices), isUnsigned);
}

Value ScratchEmitter::widen(Value byte, bool isUnsigned) {
  Type i32 = builder.getI32Type();
  if (isUnsigned)
    return arith::ExtUIOp::create(builder, loc, i32, byte);
  return arith::ExtSIOp::create(builder, loc, i32, byte);
}

void ScratchEmitter::store(const Indices &indices, Value value) {
  reader.startPoint();
  reader.setKnown(op->getResult(0), value);
  for (const KernelStore &target : body.stores) {
    std::optional<Indices> at =
        project(space, op->getResult(0), indices, target.tensor, 1);
    Value result = at ? reader.read(target.tensor, *at, 1) : Value();
    failed |= !result;
    if (!failed)
      reader.store(target.tensor.getLoc(), result, target.memref, *at, 1);
  }
}
