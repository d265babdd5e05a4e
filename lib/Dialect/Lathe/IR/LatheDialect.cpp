//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dialect itself, and what its ops have in common.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/IR/LatheStorageOps.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Dialect/Lathe/IR/LatheWinogradOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace lathe;

#include "lathe/Dialect/Lathe/IR/LatheDialect.cpp.inc"
#include "lathe/Dialect/Lathe/IR/LatheEnums.cpp.inc"
#include "lathe/Dialect/Lathe/IR/LatheInterfaces.cpp.inc"
#include "lathe/Dialect/Lathe/IR/RowsInterface.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheOps.cpp.inc"

void LatheDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "lathe/Dialect/Lathe/IR/LatheAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lathe/Dialect/Lathe/IR/LatheOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lathe/Dialect/Lathe/IR/LatheDotOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lathe/Dialect/Lathe/IR/LatheStorageOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "lathe/Dialect/Lathe/IR/LatheWinogradOps.cpp.inc"
      >();
}

Operation *LatheDialect::materializeConstant(OpBuilder &builder,
                                             Attribute value, Type type,
                                             Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, elements);
}

StridedView StridedView::contiguous(ArrayRef<int64_t> shape) {
  StridedView view;
  view.strides.resize(shape.size());
  int64_t stride = 1;
  for (int64_t i = static_cast<int64_t>(shape.size()) - 1; i >= 0; --i) {
    view.strides[i] = stride;
    stride *= shape[i];
  }
  return view;
}

bool StridedView::isContiguous(ArrayRef<int64_t> shape) const {
  StridedView dense = contiguous(shape);
  for (auto [i, extent] : llvm::enumerate(shape))
    if (extent != 1 && strides[i] != dense.strides[i])
      return false;
  return true;
}

bool lathe::impl::areCompatibleTypes(TypeRange inferred, TypeRange actual) {
  if (inferred.size() != actual.size())
    return false;
  for (auto [a, b] : llvm::zip(inferred, actual)) {
    auto left = dyn_cast<RankedTensorType>(a);
    auto right = dyn_cast<RankedTensorType>(b);
    if (!left || !right || left.getShape() != right.getShape())
      return false;
    if (left.getElementType() != right.getElementType() &&
        !isa<quant::QuantizedType>(left.getElementType()) &&
        !isa<quant::QuantizedType>(right.getElementType()))
      return false;
  }
  return true;
}

LogicalResult lathe::impl::verifySameElementTypes(Operation *op) {
  Type element;
  for (Value operand : op->getOperands()) {
    Type type = elementTypeOf(operand);
    if (isa<quant::QuantizedType>(type))
      continue;
    if (element && type != element)
      return op->emitOpError("operands have element types ")
             << element << " and " << type << ", but need the same";
    element = type;
  }
  return success();
}

Type lathe::impl::elementTypeOf(Value value) {
  return getElementTypeOrSelf(value.getType());
}

bool lathe::impl::hasTypeOfResult(Operation *op, unsigned operand) {
  return op->getOperand(operand).getType() == op->getResult(0).getType();
}

bool lathe::impl::hasShapeOfResult(Operation *op, unsigned operand) {
  auto shapeOf = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  };
  return shapeOf(op->getOperand(operand)) == shapeOf(op->getResult(0));
}
