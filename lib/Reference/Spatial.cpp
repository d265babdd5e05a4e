//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reference models of convolution, pooling and matrix product.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include <limits>

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

namespace {
/// A window that slides over the spatial dimensions of `large` and stops at
/// each position of `small`. For a transposed convolution `small` is the input.
struct Window {
  ArrayRef<int64_t> large, small, kernel, strides, dilations, pads;

  /// Which element of `large`, in row-major order, lies under element `tap` of
  /// the window at `position`; -1 if that is padding.
  int64_t find(ArrayRef<int64_t> position, ArrayRef<int64_t> tap) const {
    int64_t found = 0;
    for (size_t dim = 0; dim < kernel.size(); ++dim) {
      int64_t index =
          position[dim] * strides[dim] + tap[dim] * dilations[dim] - pads[dim];
      if (index < 0 || index >= large[dim])
        return -1;
      found = found * large[dim] + index;
    }
    return found;
  }

  /// Calls `fn(position, tap, element of large)` for each element of `large`
  /// under each tap of the window at each position, all three as row-major
  /// numbers; not for padding.
  template <typename Fn> void forEach(Fn fn) const {
    int64_t positionNumber = 0;
    forEachIndex(small, [&](ArrayRef<int64_t> position) {
      int64_t tapNumber = 0;
      forEachIndex(kernel, [&](ArrayRef<int64_t> tap) {
        int64_t found = find(position, tap);
        if (found >= 0)
          fn(positionNumber, tapNumber, found);
        ++tapNumber;
      });
      ++positionNumber;
    });
  }
};
} // namespace

/// The spatial dimensions of channels-last data.
static ArrayRef<int64_t> spatial(const HostTensor &tensor) {
  return tensor.getShape().drop_front().drop_back();
}

//===----------------------------------------------------------------------===//
// Sums of products
//===----------------------------------------------------------------------===//

/// Calls `fn` with zeros of the types in which operands of `kind` are
/// multiplied and products are summed: float or double in double, integers
/// modulo 2^64.
template <typename Fn> static void visitProduct(ElementKind kind, Fn fn) {
  if (!isFloat(kind))
    fn(int64_t(), uint64_t());
  else if (kind == ElementKind::F64)
    fn(double(), double());
  else
    fn(float(), double());
}

/// Subtracts `zeroPoint` from each element of `tensor`.
template <typename T>
static void subtract(int64_t zeroPoint, HostTensor &tensor) {
  if (zeroPoint == 0)
    return;
  for (T &element : tensor.mutableData<T>())
    element -= static_cast<T>(zeroPoint);
}

/// Computes `result`, a matrix of `channels` columns: `bias`, or zero, in every
/// row, and what `addProducts(operand data..., sums)` adds to it. Operands 0
/// and 1, less their zero points, are multiplied; operand 2 is the bias.
template <typename Fn>
static HostTensor sumProducts(Operation *op, ArrayRef<HostTensor> operands,
                              int64_t lhsZeroPoint, int64_t rhsZeroPoint,
                              Fn addProducts) {
  HostTensor result = makeResult(op->getResult(0));
  visitProduct(operands[0].getKind(), [&](auto factor, auto sum) {
    using T = decltype(factor);
    using Acc = decltype(sum);
    HostTensor lhs = operands[0].convertTo(elementKindOf<T>);
    HostTensor rhs = operands[1].convertTo(elementKindOf<T>);
    subtract<T>(lhsZeroPoint, lhs);
    subtract<T>(rhsZeroPoint, rhs);
    HostTensor sums(elementKindOf<Acc>, result.getShape());
    MutableArrayRef<Acc> data = sums.mutableData<Acc>();
    if (operands.size() > 2) {
      std::vector<T> bias = widen<T>(operands[2]);
      for (size_t i = 0; i < data.size(); ++i)
        data[i] = static_cast<Acc>(bias[i % bias.size()]);
    }
    addProducts(lhs.data<T>().data(), rhs.data<T>().data(), data.data());
    result = sums.convertTo(result.getKind());
  });
  return result;
}

/// sums[j] += x * weights[j]
template <typename T, typename Acc>
static void addMultiple(T x, const T *weights, Acc *sums, int64_t count) {
  for (int64_t j = 0; j < count; ++j)
    sums[j] += static_cast<Acc>(x) * static_cast<Acc>(weights[j]);
}

namespace {

struct ConvModel : EvaluableOpInterface::ExternalModel<ConvModel, ConvOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto conv = cast<ConvOp>(op);
    const HostTensor &input = operands[0], &weight = operands[1];
    ArrayRef<int64_t> output = conv.getType().getShape();
    Window window{spatial(input),
                  output.drop_front().drop_back(),
                  weight.getShape().drop_back(2),
                  conv.getStrides(),
                  conv.getDilations(),
                  conv.getPads()};
    int64_t group = conv.getGroup();
    int64_t inChannels = input.getShape().back(), outChannels = output.back();
    int64_t inGroup = inChannels / group, outGroup = outChannels / group;
    int64_t inPixels = ShapedType::getNumElements(window.large);
    int64_t outPixels = ShapedType::getNumElements(window.small);
    auto convolve = [&](const auto *x, const auto *w, auto *sums) {
      for (int64_t n = 0; n < output[0]; ++n)
        window.forEach([&](int64_t position, int64_t tap, int64_t found) {
          const auto *pixel = x + (n * inPixels + found) * inChannels;
          const auto *taps = w + tap * inGroup * outChannels;
          auto *to = sums + (n * outPixels + position) * outChannels;
          for (int64_t c = 0; c < inChannels; ++c)
            addMultiple(pixel[c],
                        taps + c % inGroup * outChannels +
                            c / inGroup * outGroup,
                        to + c / inGroup * outGroup, outGroup);
        });
    };
    results.push_back(
        sumProducts(op, operands, conv.getInputZeroPoint(), 0, convolve));
    return success();
  }
};

struct ConvTransposeModel
    : EvaluableOpInterface::ExternalModel<ConvTransposeModel, ConvTransposeOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto conv = cast<ConvTransposeOp>(op);
    const HostTensor &input = operands[0], &weight = operands[1];
    ArrayRef<int64_t> output = conv.getType().getShape();
    Window window{output.drop_front().drop_back(),
                  spatial(input),
                  weight.getShape().drop_back(2),
                  conv.getStrides(),
                  conv.getDilations(),
                  conv.getPads()};
    int64_t inChannels = input.getShape().back(), outChannels = output.back();
    int64_t inGroup = inChannels / static_cast<int64_t>(conv.getGroup());
    int64_t outGroup = weight.getShape().back();
    int64_t inPixels = ShapedType::getNumElements(window.small);
    int64_t outPixels = ShapedType::getNumElements(window.large);
    auto convolve = [&](const auto *x, const auto *w, auto *sums) {
      for (int64_t n = 0; n < output[0]; ++n)
        window.forEach([&](int64_t position, int64_t tap, int64_t found) {
          const auto *pixel = x + (n * inPixels + position) * inChannels;
          const auto *taps = w + tap * inChannels * outGroup;
          auto *to = sums + (n * outPixels + found) * outChannels;
          for (int64_t c = 0; c < inChannels; ++c)
            addMultiple(pixel[c], taps + c * outGroup,
                        to + c / inGroup * outGroup, outGroup);
        });
    };
    results.push_back(
        sumProducts(op, operands, conv.getInputZeroPoint(), 0, convolve));
    return success();
  }
};

struct MatMulModel
    : EvaluableOpInterface::ExternalModel<MatMulModel, MatMulOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    ArrayRef<int64_t> lhs = operands[0].getShape();
    ArrayRef<int64_t> rhs = operands[1].getShape();
    auto matmul = cast<MatMulOp>(op);
    ArrayRef<int64_t> batch = matmul.getType().getShape().drop_back(2);
    int64_t rows = lhs.take_back(2)[0], depth = lhs.back();
    int64_t columns = rhs.back();
    auto multiply = [&](const auto *x, const auto *w, auto *sums) {
      StridedWalk lhsWalk(batch, broadcastStrides(lhs.drop_back(2), batch));
      StridedWalk rhsWalk(batch, broadcastStrides(rhs.drop_back(2), batch));
      for (int64_t i = 0; i < ShapedType::getNumElements(batch); ++i) {
        const auto *row = x + lhsWalk.next() * rows * depth;
        const auto *matrix = w + rhsWalk.next() * depth * columns;
        for (int64_t m = 0; m < rows; ++m, row += depth, sums += columns)
          for (int64_t k = 0; k < depth; ++k)
            addMultiple(row[k], matrix + k * columns, sums, columns);
      }
    };
    results.push_back(sumProducts(op, operands, matmul.getLhsZeroPoint(),
                                  matmul.getRhsZeroPoint(), multiply));
    return success();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

template <typename Pool>
static Window poolWindow(Pool pool, const HostTensor &input,
                         const HostTensor &result) {
  return {spatial(input),    spatial(result),     pool.getKernel(),
          pool.getStrides(), pool.getDilations(), pool.getPads()};
}

/// Calls `fn(row of the result, row of the input)`, both numbers of pixels, for
/// each element under the window.
template <typename Fn>
static void forEachPixel(const Window &window, int64_t batch, Fn fn) {
  int64_t inPixels = ShapedType::getNumElements(window.large);
  int64_t outPixels = ShapedType::getNumElements(window.small);
  for (int64_t n = 0; n < batch; ++n)
    window.forEach([&](int64_t position, int64_t, int64_t found) {
      fn(n * outPixels + position, n * inPixels + found);
    });
}

/// For each window position, how many of its elements lie inside the input
/// widened by `pads` (begins, then ends).
static std::vector<int64_t> countInside(Window window, ArrayRef<int64_t> pads) {
  size_t rank = window.kernel.size();
  SmallVector<int64_t> extents, offsets;
  for (size_t dim = 0; dim < rank; ++dim) {
    extents.push_back(window.large[dim] + pads[dim] + pads[rank + dim]);
    offsets.push_back(window.pads[dim] - pads[dim]);
  }
  window.large = extents;
  window.pads = offsets;
  std::vector<int64_t> counts(ShapedType::getNumElements(window.small), 0);
  window.forEach(
      [&](int64_t position, int64_t, int64_t) { ++counts[position]; });
  return counts;
}

/// What is below all elements of `kind`.
template <typename W> static W lowestOf(ElementKind kind) {
  if constexpr (std::is_same_v<W, double>)
    return -std::numeric_limits<double>::infinity();
  else
    return visitElementType(kind, [](auto zero) -> W {
      return static_cast<W>(std::numeric_limits<decltype(zero)>::lowest());
    });
}

/// A window that lies in the padding alone has the lowest element.
template <typename W>
static void maxPool(const Window &window, const HostTensor &input,
                    HostTensor &result) {
  int64_t channels = input.getShape().back();
  std::vector<W> x = widen<W>(input);
  std::vector<W> largest(result.getNumElements(),
                         lowestOf<W>(result.getKind()));
  forEachPixel(window, input.getShape()[0], [&](int64_t to, int64_t from) {
    for (int64_t c = 0; c < channels; ++c) {
      W &best = largest[to * channels + c];
      best = maximum(best, x[from * channels + c]);
    }
  });
  store(ArrayRef(largest), result);
}

template <typename W>
static void avgPool(const Window &window, ArrayRef<int64_t> counts,
                    const HostTensor &input, HostTensor &result) {
  int64_t channels = input.getShape().back();
  std::vector<W> x = widen<W>(input);
  std::vector<W> sums(result.getNumElements(), 0);
  forEachPixel(window, input.getShape()[0], [&](int64_t to, int64_t from) {
    for (int64_t c = 0; c < channels; ++c)
      sums[to * channels + c] = wrapping(std::plus<>(), sums[to * channels + c],
                                         x[from * channels + c]);
  });
  for (size_t i = 0; i < sums.size(); ++i)
    sums[i] = divide(sums[i], W(counts[i / channels % counts.size()]));
  store(ArrayRef(sums), result);
}

namespace {

struct MaxPoolModel
    : EvaluableOpInterface::ExternalModel<MaxPoolModel, MaxPoolOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    HostTensor result = makeResult(op->getResult(0));
    Window window = poolWindow(cast<MaxPoolOp>(op), operands[0], result);
    visitWide(result.getKind(), [&](auto zero) {
      maxPool<decltype(zero)>(window, operands[0], result);
    });
    results.push_back(std::move(result));
    return success();
  }
};

struct AvgPoolModel
    : EvaluableOpInterface::ExternalModel<AvgPoolModel, AvgPoolOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto pool = cast<AvgPoolOp>(op);
    HostTensor result = makeResult(op->getResult(0));
    Window window = poolWindow(pool, operands[0], result);
    SmallVector<int64_t> counted(pool.getPads().size(), 0);
    if (pool.getCountIncludePad())
      counted =
          SmallVector<int64_t>(pool.getCountedPads().value_or(pool.getPads()));
    std::vector<int64_t> counts = countInside(window, counted);
    visitWide(result.getKind(), [&](auto zero) {
      avgPool<decltype(zero)>(window, counts, operands[0], result);
    });
    results.push_back(std::move(result));
    return success();
  }
};

} // namespace

void reference::registerSpatialModels(MLIRContext *context) {
  ConvOp::attachInterface<ConvModel>(*context);
  ConvTransposeOp::attachInterface<ConvTransposeModel>(*context);
  MatMulOp::attachInterface<MatMulModel>(*context);
  MaxPoolOp::attachInterface<MaxPoolModel>(*context);
  AvgPoolOp::attachInterface<AvgPoolModel>(*context);
}
