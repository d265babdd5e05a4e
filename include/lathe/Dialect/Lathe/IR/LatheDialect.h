//===- LatheDialect.h - The lathe dialect and its ops -----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEDIALECT_H
#define LATHE_DIALECT_LATHE_IR_LATHEDIALECT_H

#include "lathe/Dialect/Lathe/IR/LatheInterfaces.h"
#include "lathe/Dialect/Lathe/IR/RowsInterface.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h.inc"

#include "lathe/Dialect/Lathe/IR/LatheEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheAttributes.h.inc"

namespace lathe {

/// The integer type of whole bytes that holds elements of `type`: signless for
/// signed ones.
mlir::Type getStorageType(mlir::quant::QuantizedType type);

} // namespace lathe

namespace lathe::impl {

/// The element type of a tensor whose dimension i was dimension
/// `permutation[i]` of one with elements of type `element`: scales stay with
/// their dimension.
mlir::Type permuteQuantization(mlir::Type element,
                               llvm::ArrayRef<int64_t> permutation);

/// Whether an op may have `actual` result types where `inferred` follow from
/// its operands: shapes agree, and element types do unless one is quantized.
bool areCompatibleTypes(mlir::TypeRange inferred, mlir::TypeRange actual);

/// The element type of a tensor value.
mlir::Type elementTypeOf(mlir::Value value);

/// Infers the type of an elementwise op: the operands' shapes broadcast by
/// NumPy's rules, with `element` as element type.
mlir::LogicalResult inferBroadcast(std::optional<mlir::Location> loc,
                                   mlir::ValueRange operands,
                                   mlir::Type element,
                                   llvm::SmallVectorImpl<mlir::Type> &types);

/// Verifies that all operands have one element type; quantized ones may differ.
mlir::LogicalResult verifySameElementTypes(mlir::Operation *op);

/// The operands that are not broadcast scalars, by number.
llvm::SmallVector<unsigned> nonScalarOperands(mlir::Operation *op);

/// Clones the elementwise `op` onto permuted `operands`.
mlir::Value rebuildElementwise(mlir::Operation *op, mlir::OpBuilder &builder,
                               mlir::ValueRange operands,
                               llvm::ArrayRef<int64_t> permutation);

/// Whether operand number `operand` has the type of the op's only result.
bool hasTypeOfResult(mlir::Operation *op, unsigned operand);
bool hasShapeOfResult(mlir::Operation *op, unsigned operand);

} // namespace lathe::impl

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheOps.h.inc"

#endif // LATHE_DIALECT_LATHE_IR_LATHEDIALECT_H
