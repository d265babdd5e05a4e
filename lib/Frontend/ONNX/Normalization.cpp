//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Normalization and softmax.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// A parameter [C], shaped so that it broadcasts along the channels of
/// channels-first data of `rank` dimensions.
static Value alignToChannels(NodeContext &node, Value parameter, int64_t rank) {
  if (node.hasFailed())
    return {};
  SmallVector<int64_t> shape(rank, 1);
  shape[1] = getType(parameter).getNumElements();
  return node.createReshape(parameter, shape);
}

/// 1 / sqrt(variance + epsilon).
static Value createInverseDeviation(NodeContext &node, Value variance,
                                    double epsilon) {
  if (node.hasFailed())
    return {};
  Value offset = node.createScalar(epsilon, getElement(variance));
  Value deviation = node.create<SqrtOp>(node.create<AddOp>(variance, offset));
  return node.create<ReciprocalOp>(deviation);
}

/// (x - mean) / sqrt(variance + epsilon) * scale + bias as one product and one
/// sum with factors that follow from the parameters.
static LogicalResult convertBatchNormalization(NodeContext &node) {
  Value input = node.getInput(0);
  double epsilon = node.getFloat("epsilon", 1e-5);
  node.getFloat("momentum", 0.9); // Of training only.
  bool training = node.getBool("training_mode", false);
  // Then, training was told by more outputs as well.
  if (node.getOpset() < 7)
    training =
        !node.getBool("is_test", false) && node.getNode().output_size() > 1;
  if (training)
    return node.error("training mode is not supported; export the model for "
                      "inference");
  if (node.getInt("spatial", 1) != 1)
    return node.error("statistics for each element (spatial = 0) are not "
                      "supported");
  int64_t rank = getRank(input);
  if (rank < 2)
    return node.error("the input needs a batch and a channel dimension");
  for (unsigned i = 1; i < 5; ++i)
    if (getShape(node.getInput(i)) != ArrayRef(getShape(input)[1]))
      return node.error("input " + Twine(i) +
                        " must have one element for each "
                        "of the " +
                        Twine(getShape(input)[1]) + " channels");
  // Statistics may be more precise than the data.
  Type precise = getElement(node.getInput(4));
  Value scale = node.castTo(node.getInput(1), precise);
  Value bias = node.castTo(node.getInput(2), precise);
  Value mean = node.castTo(node.getInput(3), precise);
  Value factor = node.create<MulOp>(
      scale, createInverseDeviation(node, node.getInput(4), epsilon));
  Value offset = node.create<SubOp>(bias, node.create<MulOp>(mean, factor));
  if (node.hasFailed())
    return failure();
  Type element = getElement(input);
  factor = alignToChannels(node, node.castTo(factor, element), rank);
  offset = alignToChannels(node, node.castTo(offset, element), rank);
  return node.setResults(
      node.create<AddOp>(node.create<MulOp>(input, factor), offset));
}

namespace {
/// What brings some axes of a tensor to mean 0 and variance 1.
struct Statistics {
  Value mean;
  Value centered;
  /// One divided by the standard deviation.
  Value inverse;
};
} // namespace

static Statistics createStatistics(NodeContext &node, Value input,
                                   ArrayRef<int64_t> axes, double epsilon) {
  Value mean = node.create<ReduceOp>(input, ReduceKind::Mean, axes,
                                     /*keep_dims=*/true);
  Value centered = node.create<SubOp>(input, mean);
  Value variance =
      node.create<ReduceOp>(node.create<MulOp>(centered, centered),
                            ReduceKind::Mean, axes, /*keep_dims=*/true);
  return {mean, centered, createInverseDeviation(node, variance, epsilon)};
}

static Value createStandardized(NodeContext &node, Value input,
                                ArrayRef<int64_t> axes, double epsilon) {
  Statistics statistics = createStatistics(node, input, axes, epsilon);
  return node.create<MulOp>(statistics.centered, statistics.inverse);
}

static LogicalResult convertInstanceNormalization(NodeContext &node) {
  Value input = node.getInput(0);
  double epsilon = node.getFloat("epsilon", 1e-5);
  int64_t rank = getRank(input);
  if (rank < 3)
    return node.error("the input needs at least 3 dimensions");
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  Value standardized = createStandardized(node, input, axes, epsilon);
  Value scale = alignToChannels(node, node.getInput(1), rank);
  Value bias = alignToChannels(node, node.getInput(2), rank);
  return node.setResults(
      node.create<AddOp>(node.create<MulOp>(standardized, scale), bias));
}

/// ONNX's own definition has constants of float, which other types of data do
/// not go with.
static LogicalResult convertMeanVarianceNormalization(NodeContext &node) {
  Value input = node.getInput(0);
  Type element = getElement(input);
  SmallVector<int64_t> axes =
      node.normalizeAxes(node.getInts("axes", {0, 2, 3}), getRank(input));
  if (node.hasFailed())
    return failure();
  // What ONNX adds to the deviation, squared.
  constexpr double epsilon = 1e-18;
  Type precise =
      element.isF64() ? element : Type(node.getBuilder().getF32Type());
  Value standardized =
      createStandardized(node, node.castTo(input, precise), axes, epsilon);
  return node.setResults(node.castTo(standardized, element));
}

/// Scale and bias have one element for each group up to opset 20, for each
/// channel from 21 on.
static LogicalResult convertGroupNormalization(NodeContext &node) {
  Value input = node.getInput(0);
  double epsilon = node.getFloat("epsilon", 1e-5);
  int64_t groups = node.getInt("num_groups", 0);
  node.getInt("stash_type", 1);
  ArrayRef<int64_t> shape = getShape(input);
  if (shape.size() < 3 || groups < 1 || shape[1] % groups != 0)
    return node.error("the input needs at least 3 dimensions, and channels "
                      "that num_groups divides");
  int64_t batch = shape[0], channels = shape[1] / groups;
  Value split = node.createReshape(
      input, {batch, groups, channels,
              ShapedType::getNumElements(shape.drop_front(2))});
  Value standardized = createStandardized(node, split, {2, 3}, epsilon);
  bool perChannel = node.getOpset() >= 21;
  SmallVector<int64_t> parameterShape = {1, groups, perChannel ? channels : 1,
                                         1};
  Value scale = node.createReshape(node.getInput(1), parameterShape);
  Value bias = node.createReshape(node.getInput(2), parameterShape);
  Value result =
      node.create<AddOp>(node.create<MulOp>(standardized, scale), bias);
  return node.setResults(node.createReshape(result, shape));
}

/// Gives a parameter of layer normalization the shape of the normalized
/// dimensions, to which ONNX lets it broadcast.
static Value alignToTrailing(NodeContext &node, Value parameter,
                             ArrayRef<int64_t> trailing) {
  if (!parameter || getShape(parameter) == trailing)
    return parameter;
  return node.create<BroadcastOp>(parameter, trailing);
}

static LogicalResult convertLayerNorm(NodeContext &node, bool rms) {
  Value input = node.getInput(0);
  double epsilon = node.getFloat("epsilon", 1e-5);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), getRank(input));
  node.getInt("stash_type", 1); // The statistics' precision: float or better.
  if (node.hasFailed())
    return failure();
  ArrayRef<int64_t> trailing = getShape(input).drop_front(axis);
  Value scale = alignToTrailing(node, node.getInput(1), trailing);
  Value bias = alignToTrailing(node, node.getInput(2), trailing);
  Value result = node.create<LayerNormOp>(input, scale, bias, axis,
                                          llvm::APFloat(epsilon), rms);
  if (rms || node.getNode().output_size() < 2)
    return node.setResults(result);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(axis, getRank(input)));
  Statistics statistics = createStatistics(node, input, axes, epsilon);
  return node.setResults({result, statistics.mean, statistics.inverse});
}

static LogicalResult convertLayerNormalization(NodeContext &node) {
  return convertLayerNorm(node, /*rms=*/false);
}

static LogicalResult convertRMSNormalization(NodeContext &node) {
  return convertLayerNorm(node, /*rms=*/true);
}

/// The sum of `size` neighbours along dimension 1 of `input`, which is zero
/// beyond its ends: shifted slices of the input between zeros, all of which any
/// layout suits.
static Value buildNeighbourSum(NodeContext &node, Value input, int64_t size) {
  SmallVector<int64_t> shape(getShape(input)), offsets(shape.size(), 0),
      steps(shape.size(), 1);
  auto zeros = [&](int64_t count) {
    SmallVector<int64_t> border(shape);
    border[1] = count;
    return createSplat(node.getBuilder(), node.getLoc(),
                       RankedTensorType::get(border, getElement(input)), 0);
  };
  int64_t before = (size - 1) / 2, after = size / 2;
  SmallVector<Value> parts = {input};
  if (before > 0)
    parts.insert(parts.begin(), zeros(before));
  if (after > 0)
    parts.push_back(zeros(after));
  Value joined =
      parts.size() == 1 ? input : node.create<ConcatOp>(parts, /*axis=*/1);
  Value sum;
  for (offsets[1] = 0; offsets[1] < size; ++offsets[1]) {
    Value shifted = node.create<SliceOp>(joined, offsets, shape, steps);
    sum = sum ? node.create<AddOp>(sum, shifted) : shifted;
  }
  return sum;
}

/// The same sum as an average pool, times 1 / size, for any size. Channels are
/// the pool's spatial dimension.
static Value buildNeighbourMean(NodeContext &node, Value input, int64_t size) {
  ArrayRef<int64_t> shape = getShape(input);
  Value flat = node.createReshape(
      input,
      {shape[0], shape[1], ShapedType::getNumElements(shape.drop_front(2))});
  OpBuilder &builder = node.getBuilder();
  auto one = builder.getDenseI64ArrayAttr({1});
  Value mean = node.create<AvgPoolOp>(
      flat, builder.getDenseI64ArrayAttr({size}), one, one,
      builder.getDenseI64ArrayAttr({(size - 1) / 2, size / 2}),
      builder.getUnitAttr(), DenseI64ArrayAttr());
  return node.createReshape(mean, shape);
}

/// Local response normalization across channels (Krizhevsky et al., 2012,
/// section 3.3): x / (bias + alpha / size * sum of squares) ^ beta, the sum
/// over `size` neighbouring channels.
static LogicalResult convertLRN(NodeContext &node) {
  // Models have 5; the pool takes less code for many.
  constexpr int64_t maxSlices = 16;
  Value input = node.getInput(0);
  double alpha = node.getFloat("alpha", 1e-4),
         beta = node.getFloat("beta", 0.75);
  double bias = node.getFloat("bias", 1);
  int64_t size = node.getInt("size", 0);
  if (node.hasFailed())
    return failure();
  if (getShape(input).size() < 3 || size < 1 || size > INT32_MAX)
    return node.error("the input needs at least 3 dimensions, and attribute "
                      "'size' must be positive");
  Type element = getElement(input);
  Value squares = node.create<MulOp>(input, input);
  bool isSmall = size <= maxSlices;
  Value sum = isSmall ? buildNeighbourSum(node, squares, size)
                      : buildNeighbourMean(node, squares, size);
  Value factor = node.createScalar(isSmall ? alpha / size : alpha, element);
  Value base = node.create<AddOp>(node.create<MulOp>(sum, factor),
                                  node.createScalar(bias, element));
  Value divisor;
  if (beta == 0.75) {
    // The usual exponent: roots are faster than a power.
    Value root = node.create<SqrtOp>(base);
    divisor = node.create<MulOp>(root, node.create<SqrtOp>(root));
  } else {
    divisor = node.create<PowOp>(base, node.createScalar(beta, element));
  }
  return node.setResults(node.create<DivOp>(input, divisor));
}

/// x / its norm along an axis, and 0 where that is 0.
static LogicalResult convertLpNormalization(NodeContext &node) {
  Value input = node.getInput(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), getRank(input));
  int64_t p = node.getInt("p", 2);
  if (p != 1 && p != 2)
    return node.error("attribute 'p' must be 1 or 2, not " + Twine(p));
  Value powers =
      p == 1 ? node.create<AbsOp>(input) : node.create<MulOp>(input, input);
  Value norm =
      node.create<ReduceOp>(powers, ReduceKind::Sum, ArrayRef<int64_t>(axis),
                            /*keep_dims=*/true);
  if (p == 2)
    norm = node.create<SqrtOp>(norm);
  Type element = getElement(input);
  Value isZero = node.create<CompareOp>(ComparePredicate::EQ, norm,
                                        node.createScalar(0, element));
  Value divisor =
      node.create<SelectOp>(isZero, node.createScalar(1, element), norm);
  return node.setResults(node.create<DivOp>(input, divisor));
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

template <bool log> static LogicalResult convertSoftmax(NodeContext &node) {
  Value input = node.getInput(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), getRank(input));
  return node.setResults(node.create<SoftmaxOp>(input, axis, log));
}

/// Before version 13, the dimensions from the axis on counted as one.
template <bool log> static LogicalResult convertFlatSoftmax(NodeContext &node) {
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 1), shape.size());
  if (node.hasFailed())
    return failure();
  int64_t elements = ShapedType::getNumElements(shape.drop_front(axis));
  if (elements == shape[axis])
    return node.setResults(node.create<SoftmaxOp>(input, axis, log));
  Value flat = node.createReshape(
      input, {ShapedType::getNumElements(shape.take_front(axis)), elements});
  Value softmax = node.create<SoftmaxOp>(flat, 1, log);
  return node.setResults(node.createReshape(softmax, shape));
}

void lathe::frontend::addNormalizations(OperatorRegistry &registry) {
  registry.add("BatchNormalization", {1}, 5, convertBatchNormalization)
      .lacks("training mode, spatial = 0");
  registry.add("InstanceNormalization", {1}, 3, convertInstanceNormalization);
  registry.add("MeanVarianceNormalization", {9}, 1,
               convertMeanVarianceNormalization);
  registry.add("GroupNormalization", {18}, 3, convertGroupNormalization);
  registry.add("LayerNormalization", {17}, {2, 3}, convertLayerNormalization);
  registry.add("RMSNormalization", {23}, 2, convertRMSNormalization);
  registry.add("LRN", {1}, 1, convertLRN);
  registry.add("LpNormalization", {1}, 1, convertLpNormalization);
  registry.add("Softmax", {1, 12}, 1, convertFlatSoftmax<false>);
  registry.add("Softmax", {13}, 1, convertSoftmax<false>);
  registry.add("LogSoftmax", {1, 12}, 1, convertFlatSoftmax<true>);
  registry.add("LogSoftmax", {13}, 1, convertSoftmax<true>);
}
