//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Computations stated as loops.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

#include "lathe/Dialect/Lathe/IR/LatheMemoryOpInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.cpp.inc"

/// The alignment of each piece of scratch, enough for any element.
static constexpr int64_t scratchAlign = 16;

/// The memory of a tensor in the body.
static MemRefType getMemoryType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      !tensor.getElementType().isIntOrFloat())
    return {};
  Type element = tensor.getElementType();
  if (element.isUnsignedInteger())
    element =
        IntegerType::get(type.getContext(), element.getIntOrFloatBitWidth());
  return MemRefType::get(tensor.getShape(), element);
}

static int64_t getBytes(MemRefType type) {
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

LogicalResult LoopsOp::verifyRegions() {
  Block &body = getBody().front();
  unsigned tensors = getNumOperands() + getNumResults();
  if (body.getNumArguments() < tensors)
    return emitOpError("the body needs an argument for each of the ")
           << tensors << " inputs and results";
  for (auto [i, argument] : llvm::enumerate(body.getArguments())) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity() ||
        !type.getElementType().isSignlessIntOrFloat())
      return emitOpError("argument ")
             << i << " of the body must be dense memory of static shape";
    if (i >= tensors)
      continue;
    Type tensor = i < getNumOperands()
                      ? getOperand(i).getType()
                      : getResult(i - getNumOperands()).getType();
    if (type != getMemoryType(tensor))
      return emitOpError("argument ") << i << " of the body has type " << type
                                      << ", but stands for " << tensor;
  }
  return success();
}

int64_t LoopsOp::getScratchBytes() {
  int64_t bytes = 0;
  for (BlockArgument argument :
       getBody().getArguments().drop_front(getNumOperands() + getNumResults()))
    bytes += llvm::alignTo(getBytes(cast<MemRefType>(argument.getType())),
                           scratchAlign);
  return bytes;
}

void LoopsOp::buildOnMemory(OpBuilder &builder, Location loc, ValueRange inputs,
                            ValueRange outputs, Value scratch) {
  IRMapping mapping;
  Block &body = getBody().front();
  auto map = [&](BlockArgument argument, Value memory) {
    auto type = cast<MemRefType>(argument.getType());
    auto given = cast<MemRefType>(memory.getType());
    // Signs are lost with the rest of the function's, but the body has none.
    if (given.getElementType() != type.getElementType())
      memory = UnrealizedConversionCastOp::create(
                   builder, loc, given.clone(type.getElementType()), memory)
                   .getResult(0);
    mapping.map(argument, memory);
  };
  for (auto [argument, memory] :
       llvm::zip(body.getArguments(), llvm::concat<Value>(inputs, outputs)))
    map(argument, memory);
  int64_t offset = 0;
  for (BlockArgument argument :
       body.getArguments().drop_front(inputs.size() + outputs.size())) {
    auto type = cast<MemRefType>(argument.getType());
    Value start = arith::ConstantIndexOp::create(builder, loc, offset);
    mapping.map(argument, memref::ViewOp::create(builder, loc, type, scratch,
                                                 start, ValueRange()));
    offset += llvm::alignTo(getBytes(type), scratchAlign);
  }
  for (Operation &op : body)
    builder.clone(op, mapping);
}
