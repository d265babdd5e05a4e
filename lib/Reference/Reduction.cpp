//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reference models of reductions and normalizations.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

//===----------------------------------------------------------------------===//
// Reduce
//===----------------------------------------------------------------------===//

/// What a reduction of `kind` over nothing gives: the largest or smallest
/// number of an element, or the neutral element.
template <typename W>
static W initialValue(ReduceKind kind, ElementKind element) {
  switch (kind) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
    return 0;
  case ReduceKind::Prod:
    return 1;
  case ReduceKind::Max:
  case ReduceKind::Min: {
    double infinity = std::numeric_limits<double>::infinity();
    return visitElementType(element, [&](auto zero) -> W {
      if constexpr (std::is_integral_v<decltype(zero)>) {
        using Limits = std::numeric_limits<decltype(zero)>;
        return static_cast<W>(kind == ReduceKind::Max ? Limits::lowest()
                                                      : Limits::max());
      } else {
        return static_cast<W>(kind == ReduceKind::Max ? -infinity : infinity);
      }
    });
  }
  }
  llvm_unreachable("a kind is one of the five above");
}

/// Adds the element `x` to what was reduced so far. Sums and products of
/// integers are those modulo 2^64.
template <typename W> static W combine(ReduceKind kind, W reduced, W x) {
  switch (kind) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
    return wrapping(std::plus<>(), reduced, x);
  case ReduceKind::Prod:
    return wrapping(std::multiplies<>(), reduced, x);
  case ReduceKind::Max:
    return maximum(reduced, x);
  case ReduceKind::Min:
    return minimum(reduced, x);
  }
  llvm_unreachable("a kind is one of the five above");
}

template <typename W>
static void reduce(ReduceOp op, const HostTensor &input, HostTensor &result) {
  SmallVector<int64_t> kept(input.getShape());
  for (int64_t axis : op.getAxes())
    kept[axis] = 1;
  SmallVector<int64_t> strides = StridedView::contiguous(kept).strides;
  for (int64_t axis : op.getAxes())
    strides[axis] = 0;

  ReduceKind kind = op.getKind();
  std::vector<W> reduced(result.getNumElements(),
                         initialValue<W>(kind, result.getKind()));
  StridedWalk walk(input.getShape(), strides);
  for (W x : widen<W>(input)) {
    W &to = reduced[walk.next()];
    to = combine(kind, to, x);
  }
  if (kind == ReduceKind::Mean) {
    W count = 1;
    for (int64_t axis : op.getAxes())
      count *= input.getShape()[axis];
    for (W &sum : reduced)
      sum = divide(sum, count);
  }
  store(ArrayRef(reduced), result);
}

namespace {
struct ReduceModel
    : EvaluableOpInterface::ExternalModel<ReduceModel, ReduceOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    HostTensor result = makeResult(op->getResult(0));
    visitWide(result.getKind(), [&](auto zero) {
      reduce<decltype(zero)>(cast<ReduceOp>(op), operands[0], result);
    });
    results.push_back(std::move(result));
    return success();
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Ops along one axis
//===----------------------------------------------------------------------===//

namespace {
/// Elements `begin + i * stride` for i in [0, extent).
struct Line {
  int64_t begin, stride, extent;

  int64_t operator[](int64_t i) const { return begin + i * stride; }
};
} // namespace

/// Calls `fn` with each line of a tensor of `shape` along `axis`, in row-major
/// order of the other dimensions.
template <typename Fn>
static void forEachLine(ArrayRef<int64_t> shape, int64_t axis, Fn fn) {
  int64_t outer = ShapedType::getNumElements(shape.take_front(axis));
  int64_t inner = ShapedType::getNumElements(shape.drop_front(axis + 1));
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t j = 0; j < inner; ++j)
      fn(Line{i * shape[axis] * inner + j, inner, shape[axis]});
}

/// The position of the largest or smallest element of a line; NaN never wins
/// but in first place.
template <typename W>
static int64_t findExtreme(ArrayRef<W> x, Line line, bool isMax, bool last) {
  int64_t best = 0;
  for (int64_t i = 1; i < line.extent; ++i) {
    W a = x[line[i]], b = x[line[best]];
    if ((isMax ? a > b : a < b) || (last && a == b))
      best = i;
  }
  return best;
}

static void computeSoftmax(SoftmaxOp op, Line line, std::vector<double> &x) {
  double largest = -std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < line.extent; ++i)
    largest = maximum(largest, x[line[i]]);
  double sum = 0;
  for (int64_t i = 0; i < line.extent; ++i)
    sum += std::exp(x[line[i]] - largest);
  for (int64_t i = 0; i < line.extent; ++i) {
    double shifted = x[line[i]] - largest;
    x[line[i]] =
        op.getLog() ? shifted - std::log(sum) : std::exp(shifted) / sum;
  }
}

namespace {

struct ArgReduceModel
    : EvaluableOpInterface::ExternalModel<ArgReduceModel, ArgReduceOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto argReduce = cast<ArgReduceOp>(op);
    const HostTensor &input = operands[0];
    HostTensor result = makeResult(op->getResult(0));
    if (result.getNumElements() != 0 && input.getNumElements() == 0)
      return op->emitOpError("has no element to choose from");
    visitWide(input.getKind(), [&](auto zero) {
      auto x = widen<decltype(zero)>(input);
      int64_t *to = result.mutableData<int64_t>().data();
      forEachLine(input.getShape(), argReduce.getAxis(), [&](Line line) {
        *to++ = findExtreme(ArrayRef(x), line,
                            argReduce.getKind() == ReduceKind::Max,
                            argReduce.getSelectLast());
      });
    });
    results.push_back(std::move(result));
    return success();
  }
};

struct SoftmaxModel
    : EvaluableOpInterface::ExternalModel<SoftmaxModel, SoftmaxOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto softmax = cast<SoftmaxOp>(op);
    std::vector<double> x = widen<double>(operands[0]);
    forEachLine(operands[0].getShape(), softmax.getAxis(),
                [&](Line line) { computeSoftmax(softmax, line, x); });
    HostTensor result = makeResult(op->getResult(0));
    store(ArrayRef(x), result);
    results.push_back(std::move(result));
    return success();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Layer normalization
//===----------------------------------------------------------------------===//

/// Normalizes `x` to mean 0, unless `rms`, and to a mean square of 1.
static void normalize(MutableArrayRef<double> x, double epsilon, bool rms) {
  double mean = 0, meanSquare = 0;
  if (!rms)
    for (double value : x)
      mean += value / static_cast<double>(x.size());
  for (double value : x)
    meanSquare +=
        (value - mean) * (value - mean) / static_cast<double>(x.size());
  for (double &value : x)
    value = (value - mean) / std::sqrt(meanSquare + epsilon);
}

namespace {
struct LayerNormModel
    : EvaluableOpInterface::ExternalModel<LayerNormModel, LayerNormOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto norm = cast<LayerNormOp>(op);
    std::vector<double> x = widen<double>(operands[0]);
    int64_t extent = ShapedType::getNumElements(
        operands[0].getShape().drop_front(norm.getAxis()));
    std::vector<double> scale(extent, 1), bias(extent, 0);
    if (norm.getScale())
      scale = widen<double>(operands[1]);
    if (norm.getBias())
      bias = widen<double>(operands.back());

    for (size_t begin = 0; begin < x.size(); begin += extent) {
      MutableArrayRef<double> row(x.data() + begin, extent);
      normalize(row, norm.getEpsilon().convertToDouble(), norm.getRms());
      for (int64_t i = 0; i < extent; ++i)
        row[i] = row[i] * scale[i] + bias[i];
    }
    HostTensor result = makeResult(op->getResult(0));
    store(ArrayRef(x), result);
    results.push_back(std::move(result));
    return success();
  }
};
} // namespace

void reference::registerReductionModels(MLIRContext *context) {
  ReduceOp::attachInterface<ReduceModel>(*context);
  ArgReduceOp::attachInterface<ArgReduceModel>(*context);
  SoftmaxOp::attachInterface<SoftmaxModel>(*context);
  LayerNormOp::attachInterface<LayerNormModel>(*context);
}
