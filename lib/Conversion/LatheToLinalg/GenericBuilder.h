//===- GenericBuilder.h - Helpers that build linalg -------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the patterns of all families build their linalg with. Tensors here are
// signless; where the sign of integers matters it is passed beside them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_CONVERSION_LATHETOLINALG_GENERICBUILDER_H
#define LATHE_LIB_CONVERSION_LATHETOLINALG_GENERICBUILDER_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace lathe::detail {

/// An operand that a generic reads.
struct GenericInput {
  mlir::Value tensor;
  /// The element that each iteration reads.
  mlir::AffineMap map;
  /// Whether integers in `tensor` have no sign.
  bool isUnsigned = false;
};

/// Builds one element from the operands'; the values of the outputs come last.
using ElementBuilder = llvm::function_ref<mlir::Value(
    mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>;
/// The same for generics of several outputs.
using ElementsBuilder = llvm::function_ref<llvm::SmallVector<mlir::Value>(
    mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>;

/// Whether integers of a lathe tensor's `element` type are unsigned; bool is.
bool isUnsigned(mlir::Type element);

/// The type of `value`, which is a tensor.
mlir::RankedTensorType tensorTypeOf(mlir::Value value);

/// The type in which sums of `element` are computed: f32 at least for floats,
/// i32 at least for integers.
mlir::Type sumTypeOf(mlir::Type element);

/// Converts between float types or between integer types, extending `value` by
/// its sign or, with `isUnsigned`, by zeros.
mlir::Value convertScalar(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                          mlir::Type to, bool isUnsigned);

/// The number `value` as a scalar of `type`.
mlir::Value constantOf(mlir::ImplicitLocOpBuilder &b, mlir::Type type,
                       double value);

/// Builds a generic that updates `outputs`. Dimensions that the map of the
/// first output names are parallel, the others are reductions.
mlir::linalg::GenericOp buildGeneric(mlir::ImplicitLocOpBuilder &b,
                                     llvm::ArrayRef<GenericInput> inputs,
                                     mlir::ValueRange outputs,
                                     mlir::AffineMap outputMap,
                                     ElementsBuilder body);

/// Builds a generic that computes every element of a new tensor of `shape`.
mlir::Value buildTensor(mlir::ImplicitLocOpBuilder &b,
                        llvm::ArrayRef<int64_t> shape, mlir::Type element,
                        llvm::ArrayRef<GenericInput> inputs,
                        ElementBuilder body);

/// A tensor of `shape` whose elements are all `value`.
mlir::Value buildFilled(mlir::ImplicitLocOpBuilder &b,
                        llvm::ArrayRef<int64_t> shape, mlir::TypedAttr value);

/// `input` repeated to `shape` by NumPy's rules and converted to `element`.
mlir::Value buildBroadcast(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                           llvm::ArrayRef<int64_t> shape, mlir::Type element,
                           bool isUnsigned);

/// `input` with its elements converted to `element`; itself if they are.
mlir::Value convertElements(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                            mlir::Type element);

/// The map of `numDims` dimensions to the first `count`.
mlir::AffineMap leadingDims(mlir::MLIRContext *context, unsigned numDims,
                            unsigned count);

/// The element of a tensor of shape `from` that is read where a tensor of shape
/// `to`, to which it broadcasts, is written. Dimensions of `to` are the first
/// of the map's `numDims`.
mlir::AffineMap broadcastMap(mlir::MLIRContext *context,
                             llvm::ArrayRef<int64_t> from,
                             llvm::ArrayRef<int64_t> to, unsigned numDims);

/// Adds a border of `value`. With `neutral`, the reduction that reads the
/// result may skip the border. Returns `input` if there is nothing to add.
mlir::Value buildPad(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                     llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                     mlir::Value value, bool neutral);

/// Pads the spatial dimensions of [N, s1 … sk, C] by `pads`, begins then ends,
/// with what is neutral to the reduction of the windows.
mlir::Value padSpatial(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                       llvm::ArrayRef<int64_t> pads, mlir::TypedAttr neutral);

/// Splits dimension `dim` of extent outer * X into two of `outer` and X.
mlir::Value splitDim(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                     int64_t dim, int64_t outer);

/// The elements of `input`, in row-major order, in another shape.
mlir::Value buildReshape(mlir::ImplicitLocOpBuilder &b, mlir::Value input,
                         llvm::ArrayRef<int64_t> shape);

/// A tensor that gives a generic the extents of a window.
mlir::Value buildWindow(mlir::ImplicitLocOpBuilder &b,
                        llvm::ArrayRef<int64_t> extents, mlir::Type element);

/// Names the loops of the generic that stands for `root`.
void markRoot(LoopNestOpInterface root, mlir::linalg::GenericOp generic);

/// The value that leaves a reduction of `kind` as it is.
mlir::TypedAttr neutralElement(ReduceKind kind, mlir::Type element,
                               bool isUnsigned);

/// One step of a reduction: `value` into `accumulator`, of the same type.
mlir::Value combine(mlir::ImplicitLocOpBuilder &b, ReduceKind kind,
                    mlir::Value accumulator, mlir::Value value,
                    bool isUnsigned);

/// Reduces to a tensor of `shape`, which the first dimensions of the inputs'
/// maps index, what `term` computes of the inputs' elements: by default the
/// first input's. Sums are of `sumTypeOf` its type; so are the largest and
/// smallest of floats.
mlir::linalg::GenericOp buildReduction(mlir::ImplicitLocOpBuilder &b,
                                       ReduceKind kind,
                                       llvm::ArrayRef<int64_t> shape,
                                       llvm::ArrayRef<GenericInput> inputs,
                                       ElementBuilder term = nullptr);

/// Integer arithmetic on indices, for regions that compute where to read.
mlir::Value indexConstant(mlir::ImplicitLocOpBuilder &b, int64_t value);

/// `index` limited to [0, extent), given that it lies in [low, high].
mlir::Value clampIndex(mlir::ImplicitLocOpBuilder &b, mlir::Value index,
                       int64_t low, int64_t high, int64_t extent);

} // namespace lathe::detail

#endif // LATHE_LIB_CONVERSION_LATHETOLINALG_GENERICBUILDER_H
