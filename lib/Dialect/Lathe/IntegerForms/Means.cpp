//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Means: exact sums, and one multiplication that divides by their number, too.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::integer;

namespace {

struct ReduceForm
    : IntegerFormOpInterface::ExternalModel<ReduceForm, ReduceOp> {
  Value buildInteger(Operation *op, OpBuilder &builder,
                     ArrayRef<QuantizedOperand> operands,
                     const QuantizedResult &result, std::string &reason) const {
    auto reduce = cast<ReduceOp>(op);
    std::optional<TensorQuantization> from = readUniform(operands[0], reason);
    if (!from)
      return {};
    double factor = from->scale / result.getScale();
    if (!std::isfinite(factor))
      return reason = hugeScale, Value();
    IntegerBuilder b(builder, op->getLoc());
    ReduceKind kind = reduce.getKind();
    if (kind == ReduceKind::Max || kind == ReduceKind::Min) {
      Value extreme = b.create<ReduceOp>(
          operands[0].stored, kind, reduce.getAxes(), reduce.getKeepDims());
      return buildRescaled(builder, op->getLoc(),
                           {reduce.getInput(), extreme, operands[0].type},
                           result);
    }
    if (kind != ReduceKind::Sum && kind != ReduceKind::Mean)
      return reason = "products are not computed in integers", Value();
    int64_t count = 1;
    for (int64_t axis : reduce.getAxes())
      count *= reduce.getInput().getType().getDimSize(axis);
    unsigned width = operands[0].type.getStorageTypeIntegralWidth();
    // Each of the numbers has one bit more than is stored.
    if (width > 16 || count > (int64_t(1) << ((width > 8 ? 46 : 30) - width)))
      return reason = "the sum has too many bits", Value();
    if (kind == ReduceKind::Mean)
      factor =
          from->scale * (1.0 / static_cast<double>(count)) / result.getScale();
    Value x = b.center(operands[0]);
    Sums sums;
    if (isWide(operands[0])) {
      sums.wideBound = count * getMagnitude(operands[0], from->zeroPoint);
      x = b.cast(x, *sums.wideBound <= INT32_MAX ? b.getI32() : b.getI64());
    }
    sums.value = b.create<ReduceOp>(x, ReduceKind::Sum, reduce.getAxes(),
                                    reduce.getKeepDims());
    return b.requantize(sums, factor, {}, result);
  }
};

/// The sums of windows are a depthwise convolution with ones.
struct AvgPoolForm
    : IntegerFormOpInterface::ExternalModel<AvgPoolForm, AvgPoolOp> {
  Value buildInteger(Operation *op, OpBuilder &builder,
                     ArrayRef<QuantizedOperand> operands,
                     const QuantizedResult &result, std::string &reason) const {
    auto pool = cast<AvgPoolOp>(op);
    std::optional<TensorQuantization> from = readUniform(operands[0], reason);
    if (!from)
      return {};
    if (operands[0].type.getStorageTypeIntegralWidth() > 16)
      return reason = "it has more than 16 bits", Value();
    if (!std::isfinite(from->scale / result.getScale()))
      return reason = hugeScale, Value();
    // Each position may have a count of its own.
    ArrayRef<int64_t> positions =
        pool.getType().getShape().drop_front().drop_back();
    if (ShapedType::getNumElements(positions) > maxPositions)
      return reason = "it has too many windows", Value();
    SmallVector<int64_t> counts = countElements(pool);
    SmallVector<int64_t> shape(pool.getType().getShape());
    shape.front() = shape.back() = 1;
    if (llvm::all_equal(counts)) {
      counts.resize(1);
      shape.clear();
    }
    auto factors = llvm::map_to_vector(counts, [&](int64_t count) {
      double share = 1.0 / static_cast<double>(std::max<int64_t>(count, 1));
      return from->scale * share / result.getScale();
    });

    IntegerBuilder b(builder, op->getLoc());
    int64_t channels = pool.getType().getShape().back();
    SmallVector<int64_t> kernel(pool.getKernel());
    kernel.append({1, channels});
    HostTensor ones(ElementKind::I8, kernel);
    llvm::fill(ones.mutableData<int8_t>(), int8_t(1));
    Sums sums;
    Value bias;
    if (isWide(operands[0])) {
      sums.wideBound = ShapedType::getNumElements(pool.getKernel()) *
                       getMagnitude(operands[0], from->zeroPoint);
      bias = b.zeroBias(channels, *sums.wideBound);
    }
    sums.value = b.create<ConvOp>(operands[0].stored, b.constant(ones), bias,
                                  pool.getStrides(), pool.getDilations(),
                                  pool.getPads(), channels, from->zeroPoint);
    return b.requantize(sums, factors, shape, result);
  }

private:
  static constexpr int64_t maxPositions = 1 << 22;

  /// How many elements count in each window along spatial dimension `dim`.
  static SmallVector<int64_t> countAlong(AvgPoolOp pool, int64_t dim) {
    int64_t rank = pool.getSpatialRank(), begin = 0, end = 0;
    if (pool.getCountIncludePad()) {
      ArrayRef<int64_t> pads = pool.getCountedPads().value_or(pool.getPads());
      begin = pads[dim];
      end = pads[rank + dim];
    }
    int64_t extent = pool.getInput().getType().getDimSize(dim + 1);
    SmallVector<int64_t> counts;
    for (int64_t i = 0; i < pool.getType().getDimSize(dim + 1); ++i) {
      int64_t count = 0;
      for (int64_t tap = 0; tap < pool.getKernel()[dim]; ++tap) {
        int64_t at = i * pool.getStrides()[dim] +
                     tap * pool.getDilations()[dim] - pool.getPads()[dim];
        count += at >= -begin && at < extent + end;
      }
      counts.push_back(count);
    }
    return counts;
  }

  /// The same for all windows, in row-major order of their positions.
  static SmallVector<int64_t> countElements(AvgPoolOp pool) {
    SmallVector<int64_t> counts = {1};
    for (int64_t dim = 0; dim < pool.getSpatialRank(); ++dim) {
      SmallVector<int64_t> next;
      for (int64_t outer : counts)
        for (int64_t count : countAlong(pool, dim))
          next.push_back(outer * count);
      counts = std::move(next);
    }
    return counts;
  }
};

} // namespace

void integer::registerMeanForms(MLIRContext *context) {
  ReduceOp::attachInterface<ReduceForm>(*context);
  AvgPoolOp::attachInterface<AvgPoolForm>(*context);
}
