//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the reference models of the op families share: the types they compute
// in, and loops over the elements of tensors.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_REFERENCE_MODELS_H
#define LATHE_LIB_REFERENCE_MODELS_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Reference/EvaluableOpInterface.h"

#include <cmath>
#include <functional>
#include <vector>

namespace lathe::reference {

void registerControlModels(mlir::MLIRContext *context);
void registerDataModels(mlir::MLIRContext *context);
void registerElementwiseModels(mlir::MLIRContext *context);
void registerKernelModels(mlir::MLIRContext *context);
void registerLoopsModel(mlir::MLIRContext *context);
void registerReductionModels(mlir::MLIRContext *context);
void registerResizeModel(mlir::MLIRContext *context);
void registerSpatialModels(mlir::MLIRContext *context);
void registerStorageModels(mlir::MLIRContext *context);
void registerWinogradModels(mlir::MLIRContext *context);

/// Counts a step of the evaluation of `op`, or fails with an error if there
/// have been as many as EvaluationLimit allows.
llvm::LogicalResult takeStep(mlir::Operation *op);

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// The type that models compute elements of type `T` in: double for floats,
/// int64_t for signed and uint64_t for unsigned integers and bool.
template <typename T>
using Wide = std::conditional_t<
    !std::is_integral_v<T>, double,
    std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;

/// Calls `fn` with a zero of the wide type for `kind`.
template <typename Fn> void visitWide(ElementKind kind, Fn fn) {
  if (isFloat(kind))
    fn(double());
  else if (isInteger(kind) && !isUnsignedInteger(kind))
    fn(int64_t());
  else
    fn(uint64_t());
}

/// `value` rounded, or for integers wrapped around, to `T`. A double becomes
/// an integer as in a cast: towards zero and saturated.
template <typename T, typename W> T narrow(W value) {
  if constexpr (std::is_same_v<W, double> && !std::is_floating_point_v<T>)
    return convertElement<T>(value);
  else if constexpr (!std::is_integral_v<T>)
    return T(static_cast<double>(value));
  else if constexpr (std::is_same_v<T, bool>)
    return (value & 1) != 0;
  else
    return static_cast<T>(value);
}

/// All elements of `tensor` in their wide type `W`.
template <typename W> std::vector<W> widen(const HostTensor &tensor) {
  return visitElementType(tensor.getKind(), [&](auto zero) {
    auto data = tensor.data<decltype(zero)>();
    return std::vector<W>(data.begin(), data.end());
  });
}

/// Stores `values` from element `begin` of `tensor` on.
template <typename W>
void store(llvm::ArrayRef<W> values, HostTensor &tensor, int64_t begin = 0) {
  visitElementType(tensor.getKind(), [&](auto zero) {
    using T = decltype(zero);
    T *to = tensor.mutableData<T>().data() + begin;
    for (W value : values)
      *to++ = narrow<T>(value);
  });
}

/// A tensor of the kind and shape of `result`, the expressed kind if its type
/// is quantized.
HostTensor makeResult(mlir::Value result);

/// Applies `fn` to numbers; to integers modulo 2^64, because overflow of signed
/// ones is undefined in C++.
template <typename W, typename Fn> W wrapping(Fn fn, W a, W b) {
  if constexpr (std::is_same_v<W, double>)
    return fn(a, b);
  else
    return static_cast<W>(
        fn(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
}

/// The larger or smaller of two numbers; NaN if one of them is, and of zeros -0
/// is the smaller one (IEEE 754-2019, 9.6).
template <typename W> W maximum(W a, W b) {
  if constexpr (std::is_same_v<W, double>) {
    if (std::isnan(a) || std::isnan(b))
      return a + b;
    if (a == b)
      return std::signbit(a) ? b : a;
  }
  return a < b ? b : a;
}
template <typename W> W minimum(W a, W b) {
  if constexpr (std::is_same_v<W, double>) {
    if (std::isnan(a) || std::isnan(b))
      return a + b;
    if (a == b)
      return std::signbit(a) ? a : b;
  }
  return b < a ? b : a;
}

/// Division of integers towards zero, defined for all of them: x / 0 is 0, and
/// the one quotient that overflows wraps around.
inline int64_t divide(int64_t a, int64_t b) {
  if (b == 0)
    return 0;
  return b == -1 ? static_cast<int64_t>(-static_cast<uint64_t>(a)) : a / b;
}
inline uint64_t divide(uint64_t a, uint64_t b) { return b == 0 ? 0 : a / b; }
inline double divide(double a, double b) { return a / b; }

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Calls `fn` with every index of a tensor of `shape`, in row-major order.
template <typename Fn> void forEachIndex(llvm::ArrayRef<int64_t> shape, Fn fn) {
  if (llvm::is_contained(shape, 0))
    return;
  llvm::SmallVector<int64_t, 6> index(shape.size(), 0);
  while (true) {
    fn(llvm::ArrayRef<int64_t>(index));
    int64_t dim = static_cast<int64_t>(shape.size()) - 1;
    while (dim >= 0 && ++index[dim] == shape[dim])
      index[dim--] = 0;
    if (dim < 0)
      return;
  }
}

/// Walks over a tensor of some shape in row-major order and tells where each
/// element lies in memory with other strides (in elements).
class StridedWalk {
public:
  StridedWalk(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> strides)
      : shape(shape), strides(strides), index(shape.size(), 0) {}

  /// The offset of the current element; moves on to the next one.
  int64_t next() {
    int64_t current = offset;
    for (int64_t dim = static_cast<int64_t>(shape.size()) - 1; dim >= 0;
         --dim) {
      offset += strides[dim];
      if (++index[dim] < shape[dim])
        break;
      offset -= strides[dim] * shape[dim];
      index[dim] = 0;
    }
    return current;
  }

private:
  llvm::SmallVector<int64_t, 6> shape, strides, index;
  int64_t offset = 0;
};

/// Strides with which a tensor of shape `from` is read as if broadcast to `to`
/// by NumPy's rules: zero along repeated dimensions.
llvm::SmallVector<int64_t> broadcastStrides(llvm::ArrayRef<int64_t> from,
                                            llvm::ArrayRef<int64_t> to);

/// For each dimension of a result, which index of the source each of its
/// indices selects, or -1 for none.
using IndexTables = llvm::SmallVector<std::vector<int64_t>>;

/// Copies the elements that `tables` select from `source` into `result`, and
/// leaves those that select nothing as they are. Both have the same rank.
void selectElements(const HostTensor &source, const IndexTables &tables,
                    HostTensor &result);

} // namespace lathe::reference

#endif // LATHE_LIB_REFERENCE_MODELS_H
