//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The other operators on quantized tensors that ONNX Runtime's quantizer
// writes. Where scales and zero points are known at compile time, they are
// computed in integers; else in float between dequantization and quantization.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "OperatorRegistry.h"
#include "Quantization.h"
#include "Window.h"

#include "lathe/Support/FixedPoint.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {
/// A tensor of bytes with one scale and zero point. The tensor of a result
/// that is yet to be computed is null.
struct Quantized {
  Value value;
  Quantization parameters;
  Type element;

  /// Input `index`, with the scale and the zero point after it.
  static Quantized get(NodeContext &node, unsigned index);
  /// A result with the scale `index` and the zero point after it.
  static Quantized getResult(NodeContext &node, unsigned index, Type element);

  /// Scale and zero point, if they are known and the scale is positive.
  std::optional<QuantizedRange> getRange() const;

  Value center(NodeContext &node) const {
    return createCentered(node, value, parameters.zeroPoint);
  }
  Value dequantize(NodeContext &node) const {
    return createDequantize(node, value, parameters);
  }
  Value quantize(NodeContext &node, Value real) const {
    return createQuantize(node, real, parameters, element,
                          IntegerRange::get(element));
  }
};
} // namespace

static Quantization getScalarParameters(NodeContext &node, unsigned scale) {
  for (unsigned index : {scale, scale + 1}) {
    Value parameter = node.getInput(index);
    if (parameter && getType(parameter).getNumElements() != 1)
      (void)node.error("input " + Twine(index) +
                       ", a scale or zero point, must have one element");
  }
  return Quantization::get(node, {}, 0, scale, scale + 1);
}

Quantized Quantized::get(NodeContext &node, unsigned index) {
  Value value = node.getInput(index);
  if (!value || !node.getInput(index + 1)) {
    (void)node.error("input " + Twine(value ? index + 1 : index) +
                     " is missing");
    return {};
  }
  Type element = getElement(value);
  if (!isa<IntegerType>(element) || element.getIntOrFloatBitWidth() != 8)
    (void)node.error("input " + Twine(index) + " must be int8 or uint8");
  return {value, getScalarParameters(node, index + 1), element};
}

Quantized Quantized::getResult(NodeContext &node, unsigned index,
                               Type element) {
  return {Value(), getScalarParameters(node, index), element};
}

std::optional<QuantizedRange> Quantized::getRange() const {
  std::optional<HostTensor> scale = getConstant(parameters.scale);
  std::optional<HostTensor> zero = getConstant(parameters.zeroPoint);
  if (!scale || (parameters.zeroPoint && !zero) || !(scale->getDouble(0) > 0) ||
      !std::isfinite(scale->getDouble(0)))
    return std::nullopt;
  return QuantizedRange{scale->getDouble(0),
                        zero ? static_cast<int32_t>(zero->getInt(0)) : 0,
                        !element.isUnsignedInteger()};
}

/// `from` in the parameters of `to`.
static Value createRescaled(NodeContext &node, const Quantized &from,
                            const Quantized &to) {
  if (node.hasFailed())
    return {};
  auto source = from.getRange(), target = to.getRange();
  if (source && target && from.element == to.element &&
      source->scale == target->scale && source->zeroPoint == target->zeroPoint)
    return from.value;
  return createRequantize(node, from.center(node), {from.parameters.scale},
                          to.parameters, to.element);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

static LogicalResult convertQLinearAdd(NodeContext &node) {
  Quantized lhs = Quantized::get(node, 0), rhs = Quantized::get(node, 3);
  Quantized result = Quantized::getResult(node, 6, lhs.element);
  if (node.hasFailed())
    return failure();
  auto left = lhs.getRange(), right = rhs.getRange(), to = result.getRange();
  if (!left || !right || !to)
    return node.setResults(result.quantize(
        node, node.create<AddOp>(lhs.dequantize(node), rhs.dequantize(node))));
  SumScaling scaling =
      SumScaling::get(left->scale / to->scale, right->scale / to->scale);
  Type wide = node.getBuilder().getI32Type();
  auto scale = [&](const Quantized &operand, int32_t factor) {
    return node.create<MulOp>(operand.center(node),
                              node.createScalar(factor, wide));
  };
  Value sum =
      node.create<AddOp>(scale(lhs, scaling.lhs), scale(rhs, scaling.rhs));
  if (scaling.shift > 0) {
    Value half = node.createScalar(1 << (scaling.shift - 1), wide);
    sum = node.create<ShiftRightOp>(node.create<AddOp>(sum, half),
                                    node.createScalar(scaling.shift, wide));
  }
  return node.setResults(
      createSaturated(node, sum, result.parameters.zeroPoint, result.element));
}

static LogicalResult convertQLinearMul(NodeContext &node) {
  Quantized lhs = Quantized::get(node, 0), rhs = Quantized::get(node, 3);
  Quantized result = Quantized::getResult(node, 6, lhs.element);
  Value products = node.create<MulOp>(lhs.center(node), rhs.center(node));
  return node.setResults(createRequantize(
      node, products, {lhs.parameters.scale, rhs.parameters.scale},
      result.parameters, result.element));
}

static LogicalResult convertQLinearConcat(NodeContext &node) {
  unsigned count = node.getNumInputs();
  if (count % 3 != 2)
    return node.error("behind the result's scale and zero point, each input "
                      "must be a tensor, its scale and its zero point");
  if (!node.getInput(2))
    return node.error("input 2 is missing");
  Quantized result =
      Quantized::getResult(node, 0, getElement(node.getInput(2)));
  SmallVector<Value> parts;
  for (unsigned i = 2; i < count; i += 3)
    parts.push_back(createRescaled(node, Quantized::get(node, i), result));
  if (node.hasFailed())
    return failure();
  int64_t axis =
      node.normalizeAxis(node.getInt("axis", 0), getRank(parts.front()));
  return node.setResults(node.create<ConcatOp>(parts, axis));
}

static LogicalResult convertQLinearWhere(NodeContext &node) {
  Quantized lhs = Quantized::get(node, 1), rhs = Quantized::get(node, 4);
  Quantized result = Quantized::getResult(node, 7, lhs.element);
  return node.setResults(
      node.create<SelectOp>(node.getInput(0), createRescaled(node, lhs, result),
                            createRescaled(node, rhs, result)));
}

//===----------------------------------------------------------------------===//
// Functions of one element
//===----------------------------------------------------------------------===//

/// The entry of `table` for each distance, int32 from 0 to 255.
static Value createLookup(NodeContext &node, Value distance,
                          const UnaryTable &table, Type element) {
  if (node.hasFailed())
    return {};
  HostTensor entries = HostTensor::get<int32_t>({256}, table);
  if (element.getIntOrFloatBitWidth() == 8)
    entries = entries.convertTo(element.isUnsignedInteger() ? ElementKind::UI8
                                                            : ElementKind::I8);
  return node.create<GatherOp>(node.createConstant(entries), distance, 0);
}

/// `function` of each element; null unless all parameters are known.
static Value createTable(NodeContext &node, const Quantized &input,
                         const Quantized &result,
                         llvm::function_ref<double(double)> function) {
  auto from = input.getRange(), to = result.getRange();
  if (node.hasFailed() || !from || !to)
    return {};
  Type wide = node.getBuilder().getI32Type();
  Value place = node.castTo(input.value, wide);
  if (from->isSigned)
    place = node.create<SubOp>(place, node.createScalar(from->getLow(), wide));
  return createLookup(node, place, getUnaryTable(*from, *to, function),
                      result.element);
}

static LogicalResult convertQLinearSigmoid(NodeContext &node) {
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  auto sigmoid = [](double x) { return 1 / (1 + computeExp(-x)); };
  if (Value table = createTable(node, input, result, sigmoid))
    return node.setResults(table);
  return node.setResults(
      result.quantize(node, node.create<SigmoidOp>(input.dequantize(node))));
}

static LogicalResult convertQLinearLeakyRelu(NodeContext &node) {
  double alpha = node.getFloat("alpha", 0.01);
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  auto leakyRelu = [&](double x) { return x < 0 ? alpha * x : x; };
  if (Value table = createTable(node, input, result, leakyRelu))
    return node.setResults(table);
  return node.setResults(
      result.quantize(node, node.create<LeakyReluOp>(input.dequantize(node),
                                                     llvm::APFloat(alpha))));
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// Softmax along the last dimension: with e = exp(x - max) from a table,
/// e / sum(e) in units of the result, rounded to nearest, halves up.
static Value createIntegerSoftmax(NodeContext &node, const Quantized &input,
                                  const QuantizedRange &from,
                                  const Quantized &result,
                                  const QuantizedRange &to) {
  Type wide = node.getBuilder().getI64Type();
  Value x = node.castTo(input.value, node.getBuilder().getI32Type());
  if (!x)
    return {};
  int64_t last = getRank(x) - 1;
  Value largest =
      node.create<ReduceOp>(x, ReduceKind::Max, last, /*keep_dims=*/true);
  Value terms = node.castTo(createLookup(node, node.create<SubOp>(largest, x),
                                         getSoftmaxTable(from.scale),
                                         node.getBuilder().getI32Type()),
                            wide);
  Value sum =
      node.create<ReduceOp>(terms, ReduceKind::Sum, last, /*keep_dims=*/true);
  Value steps = node.createScalar(2 * roundHalfEven(1 / to.scale), wide);
  Value rounded = node.create<DivOp>(
      node.create<AddOp>(node.create<MulOp>(terms, steps), sum),
      node.create<AddOp>(sum, sum));
  return createSaturated(node, rounded, result.parameters.zeroPoint,
                         result.element);
}

static LogicalResult convertQLinearSoftmax(NodeContext &node) {
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  if (node.hasFailed())
    return failure();
  SmallVector<int64_t> shape(getShape(input.value));
  int64_t rank = shape.size();
  // Before opset 13, which an attribute tells, all dimensions from the axis on
  // counted as one.
  bool flat = node.getInt("opset", 13) < 13;
  int64_t axis = node.normalizeAxis(node.getInt("axis", flat ? 1 : -1), rank);
  if (node.hasFailed())
    return failure();
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(permutation[axis], permutation[rank - 1]);
  if (flat)
    input.value = node.createReshape(
        input.value,
        {ShapedType::getNumElements(ArrayRef(shape).take_front(axis)),
         ShapedType::getNumElements(ArrayRef(shape).drop_front(axis))});
  else
    input.value = node.createTranspose(input.value, permutation);
  auto from = input.getRange(), to = result.getRange();
  Value softmax;
  if (from && to)
    softmax = createIntegerSoftmax(node, input, *from, result, *to);
  else if (Value real = input.dequantize(node))
    softmax = result.quantize(
        node, node.create<SoftmaxOp>(real, getRank(real) - 1, /*log=*/false));
  return node.setResults(flat ? node.createReshape(softmax, shape)
                              : node.createTranspose(softmax, permutation));
}

//===----------------------------------------------------------------------===//
// Means
//===----------------------------------------------------------------------===//

/// One divided by the number of elements that each mean is taken of.
static Value createShare(NodeContext &node, ArrayRef<int64_t> shape,
                         ArrayRef<int64_t> counts) {
  HostTensor shares(ElementKind::F64, shape);
  for (auto [i, count] : llvm::enumerate(counts))
    shares.setDouble(i, 1.0 / std::max<int64_t>(count, 1));
  return node.createConstant(shares);
}

/// The mean over `axes`, which stay with extent 1 if `keepDims`.
static Value createMean(NodeContext &node, const Quantized &input,
                        const Quantized &result, ArrayRef<int64_t> axes,
                        bool keepDims) {
  Value sums = node.create<ReduceOp>(input.center(node), ReduceKind::Sum, axes,
                                     keepDims);
  int64_t count = 1;
  for (int64_t axis : axes)
    count *= getShape(input.value)[axis];
  return createRequantize(
      node, sums, {input.parameters.scale, createShare(node, {}, count)},
      result.parameters, result.element);
}

static LogicalResult convertQLinearGlobalAveragePool(NodeContext &node) {
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  bool channelsLast = node.getBool("channels_last", false);
  if (node.hasFailed())
    return failure();
  int64_t rank = getRank(input.value);
  if (rank < 3)
    return node.error("the input needs at least 3 dimensions");
  if (!channelsLast)
    input.value = node.toChannelsLast(input.value);
  auto axes = llvm::to_vector(llvm::seq<int64_t>(1, rank - 1));
  Value mean = createMean(node, input, result, axes, /*keepDims=*/true);
  return node.setResults(channelsLast ? mean : node.toChannelsFirst(mean));
}

static LogicalResult convertQLinearReduceMean(NodeContext &node) {
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  bool keepDims = node.getBool("keepdims", true);
  SmallVector<int64_t> axes = node.getInts("axes");
  if (node.hasFailed())
    return failure();
  int64_t rank = getRank(input.value);
  axes = axes.empty() ? llvm::to_vector(llvm::seq<int64_t>(0, rank))
                      : node.normalizeAxes(axes, rank);
  if (node.hasFailed())
    return failure();
  return node.setResults(createMean(node, input, result, axes, keepDims));
}

/// How many elements of dimension `dim`, of extent `extent` and with `begin`
/// and `end` elements of padding that count, the window at `position` holds.
static int64_t countElements(const Window &window, unsigned dim,
                             int64_t position, int64_t extent, int64_t begin,
                             int64_t end) {
  int64_t count = 0;
  for (int64_t tap = 0; tap < window.kernel[dim]; ++tap) {
    int64_t at = position * window.strides[dim] + tap * window.dilations[dim] -
                 window.pads[dim];
    count += at >= -begin && at < extent + end;
  }
  return count;
}

/// The same for all dimensions, for each position of a window over `spatial`
/// dimensions, in row-major order of `positions`.
static SmallVector<int64_t> countWindows(const Window &window,
                                         ArrayRef<int64_t> spatial,
                                         ArrayRef<int64_t> positions,
                                         ArrayRef<int64_t> counted) {
  SmallVector<int64_t> counts = {1};
  for (unsigned dim = 0; dim < spatial.size(); ++dim) {
    SmallVector<int64_t> next;
    for (int64_t outer : counts)
      for (int64_t position = 0; position < positions[dim]; ++position)
        next.push_back(outer * countElements(window, dim, position,
                                             spatial[dim], counted[dim],
                                             counted[spatial.size() + dim]));
    counts = std::move(next);
  }
  return counts;
}

/// The sums of windows are a depthwise convolution with ones.
static LogicalResult convertQLinearAveragePool(NodeContext &node) {
  Quantized input = Quantized::get(node, 0);
  Quantized result = Quantized::getResult(node, 3, input.element);
  bool channelsLast = node.getBool("channels_last", false);
  bool includePad = node.getBool("count_include_pad", false);
  if (node.hasFailed())
    return failure();
  if (channelsLast && getRank(input.value) >= 3)
    input.value = node.toChannelsFirst(input.value);
  SmallVector<int64_t> counted;
  std::optional<Window> window = getPoolWindow(node, input.value, counted);
  if (!window)
    return failure();
  if (!includePad)
    counted.assign(counted.size(), 0);
  int64_t channels = getShape(input.value)[1];
  ArrayRef<int64_t> spatial = getSpatialShape(input.value);
  SmallVector<int64_t> kernel(window->kernel);
  kernel.append({1, channels});
  double kernelSize = 1;
  for (int64_t extent : kernel)
    kernelSize *= double(extent);
  if (failed(node.checkTable(kernelSize)))
    return failure();
  SmallVector<int32_t> ones(ShapedType::getNumElements(kernel), 1);
  Value sums = node.create<ConvOp>(
      node.toChannelsLast(input.center(node)),
      node.createConstant(HostTensor::get<int32_t>(kernel, ones)), Value(),
      window->strides, window->dilations, window->pads, channels);
  if (!sums)
    return failure();
  SmallVector<int64_t> shape(getShape(sums));
  if (failed(node.checkTable(ShapedType::getNumElements(shape))))
    return failure();
  SmallVector<int64_t> counts = countWindows(
      *window, spatial, ArrayRef(shape).drop_front().drop_back(), counted);
  shape.front() = shape.back() = 1;
  Value share = llvm::all_equal(counts) ? createShare(node, {}, counts.front())
                                        : createShare(node, shape, counts);
  Value mean = createRequantize(node, sums, {input.parameters.scale, share},
                                result.parameters, result.element);
  return node.setResults(channelsLast ? mean : node.toChannelsFirst(mean));
}

void lathe::frontend::addQuantizedElementwise(OperatorRegistry &registry) {
  auto add = [&](StringRef name, Inputs inputs, Converter converter) {
    registry.addInDomain("com.microsoft", name, {1}, inputs, converter);
  };
  add("QLinearAdd", {7, 8}, convertQLinearAdd);
  add("QLinearMul", {7, 8}, convertQLinearMul);
  add("QLinearConcat", {3, Inputs::any}, convertQLinearConcat);
  add("QLinearWhere", {8, 9}, convertQLinearWhere);
  add("QLinearSigmoid", {4, 5}, convertQLinearSigmoid);
  add("QLinearLeakyRelu", {4, 5}, convertQLinearLeakyRelu);
  add("QLinearSoftmax", {4, 5}, convertQLinearSoftmax);
  add("QLinearAveragePool", {4, 5}, convertQLinearAveragePool);
  add("QLinearGlobalAveragePool", {4, 5}, convertQLinearGlobalAveragePool);
  add("QLinearReduceMean", {4, 5}, convertQLinearReduceMean);
}
