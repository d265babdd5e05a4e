//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolutions and matrix products: exact sums of integers, then one
// multiplication for each channel.
//
// Constant weights become int8 without a zero point, or int16 where the
// difference does not fit; the zero point of the data is left to the op.
//
// Data of 16 bits are summed in 64, or in 32 where weights and data are so
// small that all sums fit. The bias, whose type is that of the sums, says so.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"

#include "lathe/Dialect/Lathe/IR/QuantizedScales.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::integer;

/// No sum of 16-bit data reaches this, so that its product with a multiplier of
/// 15 bits fits 62.
static constexpr double largestWideSum = 0x1p47;

/// The largest number of products that a sum of `op` has.
static int64_t getDepth(Operation *op) {
  auto type = cast<RankedTensorType>(op->getOperand(1).getType());
  return isa<MatMulOp>(op)
             ? type.getShape().take_back(2).front()
             : ShapedType::getNumElements(type.getShape().drop_back());
}

namespace {

/// The right factor of a product: one scale, or one for each channel, the last
/// dimension.
struct Weights {
  /// int8 or int16 without a zero point; none if the weights are not constant.
  std::optional<HostTensor> known;
  Value value;
  int64_t zeroPoint = 0;
  SmallVector<double> scales;

  bool isPerChannel() const { return scales.size() > 1; }
};

/// The integers of a product and what they are to be multiplied by.
class ProductBuilder {
public:
  ProductBuilder(OpBuilder &builder, Operation *op,
                 ArrayRef<QuantizedOperand> operands, std::string &reason)
      : b(builder, op->getLoc()), operands(operands), reason(reason),
        channels(cast<RankedTensorType>(op->getResult(0).getType())
                     .getShape()
                     .back()),
        depth(getDepth(op)) {}

  /// Reads operands 0 (data), 1 (weights) and 2 (bias, maybe). False, with a
  /// reason, if they have no integer form.
  bool read();

  Value getData() const { return operands[0].stored; }
  int64_t getDataZeroPoint() const { return data.zeroPoint; }
  Value getWeights();
  int64_t getWeightZeroPoint() const { return weights.zeroPoint; }
  Value getBias();

  /// The real numbers that 1 means in the sums: one, or one for each channel.
  SmallVector<double> getUnits() const;
  Value requantize(Value sums, const QuantizedResult &result);

private:
  bool refuse(StringRef why) {
    reason = why.str();
    return false;
  }
  bool readWeights();
  bool readBias();
  double getLargestBias() const;
  double getLargestSum() const;
  bool boundSums();
  /// The real number that 1 in the sum of `channel` means.
  double getUnit(int64_t channel) const {
    return data.scale * weights.scales[channel % weights.scales.size()];
  }

  IntegerBuilder b;
  ArrayRef<QuantizedOperand> operands;
  std::string &reason;
  int64_t channels;
  /// No sum is of more products.
  int64_t depth;
  TensorQuantization data;
  Weights weights;
  /// In 64 bits.
  std::optional<HostTensor> bias;
  /// Whether the data or the weights have more than 8 bits.
  bool isWideProduct = false;
  /// No sum is larger.
  int64_t bound = 0;
};

} // namespace

/// `stored` less its zero points, one or one for each index of the last
/// dimension, in the narrower of int8 and int16 that holds all.
static HostTensor centerWeights(const HostTensor &stored,
                                ArrayRef<int64_t> zeroPoints) {
  HostTensor centered(ElementKind::I16, stored.getShape());
  MutableArrayRef<int16_t> values = centered.mutableData<int16_t>();
  bool fits = true;
  for (auto [i, value] : llvm::enumerate(values)) {
    value = static_cast<int16_t>(stored.getInt(i) -
                                 zeroPoints[i % zeroPoints.size()]);
    fits &= value >= -128 && value <= 127;
  }
  return fits ? centered.convertTo(ElementKind::I8) : centered;
}

bool ProductBuilder::readWeights() {
  const QuantizedOperand &operand = operands[1];
  std::optional<QuantizedScales> parameters =
      QuantizedScales::get(operand.type);
  if (!parameters)
    return refuse("the weights' scales have an unknown form");
  if (std::optional<TensorQuantization> uniform = parameters->getUniform())
    parameters = QuantizedScales(*uniform);
  auto type = cast<RankedTensorType>(operand.real.getType());
  if (parameters->axis && *parameters->axis != type.getRank() - 1)
    return refuse("the weights have scales along another dimension than "
                  "their channels");
  weights.scales = parameters->scales;
  ArrayRef<int64_t> zeroPoints = parameters->zeroPoints;
  weights.known = evaluateConstant(operand.stored);
  if (weights.known) {
    if (isWide(operand) &&
        llvm::any_of(zeroPoints, [](int64_t zero) { return zero != 0; }))
      return refuse("weights of more than 8 bits have a zero point");
    weights.known = centerWeights(*weights.known, zeroPoints);
    return true;
  }
  if (!llvm::all_equal(zeroPoints))
    return refuse("weights that are not constant have several zero points");
  weights.value = operand.stored;
  weights.zeroPoint = zeroPoints.front();
  return true;
}

/// The bias in units of the sums. One that is quantized like that already is
/// taken as it is, up to the rounding of its scale to float. That it is not too
/// large is a matter of the sums.
bool ProductBuilder::readBias() {
  if (operands.size() < 3)
    return true;
  const QuantizedOperand &operand = operands[2];
  std::optional<HostTensor> known =
      evaluateConstant(operand.stored ? operand.stored : operand.real);
  if (!known)
    return refuse("the bias is not constant");
  std::optional<QuantizedScales> stored =
      operand.stored ? QuantizedScales::get(operand.type) : std::nullopt;
  if (operand.stored && !stored)
    return refuse("the bias's scales have an unknown form");
  bias = HostTensor(ElementKind::I64, known->getShape());
  for (int64_t i = 0; i < known->getNumElements(); ++i) {
    double steps = known->getDouble(i);
    if (stored) {
      size_t channel = static_cast<size_t>(i) % stored->scales.size();
      steps -= static_cast<double>(stored->zeroPoints[channel]);
      double ratio = stored->scales[channel] / getUnit(i);
      if (std::abs(ratio - 1) > 1e-6)
        steps = roundHalfEven(steps * ratio);
    } else {
      steps = roundHalfEven(steps / getUnit(i));
    }
    if (!(std::abs(steps) < largestWideSum))
      return refuse("the bias does not fit in the sums");
    bias->setInt(i, static_cast<int64_t>(steps));
  }
  return true;
}

/// The integers that `operand` can hold, less `zeroPoint`: what a
/// requantization that computes them leaves, or all of its type.
static std::pair<double, double> getRange(const QuantizedOperand &operand,
                                          int64_t zeroPoint) {
  int64_t low = getLow(operand), high = getHigh(operand);
  if (auto producer = operand.stored.getDefiningOp<RequantizeOp>()) {
    low = producer.getLow();
    high = producer.getHigh();
  }
  // Padding means real 0.
  return {static_cast<double>(std::min(low, zeroPoint) - zeroPoint),
          static_cast<double>(std::max(high, zeroPoint) - zeroPoint)};
}

/// The largest magnitude in the bias.
double ProductBuilder::getLargestBias() const {
  double largest = 0;
  for (int64_t i = 0; bias && i < bias->getNumElements(); ++i)
    largest = std::max(largest, std::abs(bias->getDouble(i)));
  return largest;
}

/// The largest magnitude that a sum, or a part of it, can have.
double ProductBuilder::getLargestSum() const {
  auto [low, high] = getRange(operands[0], data.zeroPoint);
  if (!weights.known)
    return static_cast<double>(depth) * std::max(-low, high) *
               static_cast<double>(
                   getMagnitude(operands[1], weights.zeroPoint)) +
           getLargestBias();
  SmallVector<double> least(weights.known->getShape().back(), 0);
  SmallVector<double> most(least);
  for (int64_t i = 0; i < weights.known->getNumElements(); ++i) {
    auto weight = static_cast<double>(weights.known->getInt(i));
    size_t channel = i % least.size();
    least[channel] += std::min(low * weight, high * weight);
    most[channel] += std::max(low * weight, high * weight);
  }
  double largest = 0;
  for (int64_t i = 0; i < channels; ++i) {
    size_t channel = i % least.size();
    double offset = bias ? std::abs(static_cast<double>(bias->getInt(i))) : 0;
    largest =
        std::max(largest, std::max(-least[channel], most[channel]) + offset);
  }
  return largest;
}

/// Finds `bound`; false if a sum might have more bits than its type.
bool ProductBuilder::boundSums() {
  double largest = getLargestSum();
  // Sums of bytes are of 32 bits, whatever they are multiplied by.
  if (!isWide(operands[0]) && largest > INT32_MAX)
    return refuse("a sum might not fit in 32 bits");
  if (!(largest < largestWideSum))
    return refuse("a sum might not fit in 48 bits");
  bound = static_cast<int64_t>(largest);
  return true;
}

bool ProductBuilder::read() {
  std::optional<TensorQuantization> uniform = readUniform(operands[0], reason);
  if (!uniform)
    return false;
  if (!operands[1].stored)
    return refuse(notQuantized);
  data = *uniform;
  if (operands[0].type.getStorageTypeIntegralWidth() > 16 ||
      operands[1].type.getStorageTypeIntegralWidth() > 16)
    return refuse("an operand has more than 16 bits");
  isWideProduct = isWide(operands[0]) || isWide(operands[1]);
  if (!readWeights() || !readBias())
    return false;
  for (int64_t i = 0; i < channels; ++i)
    if (!std::isfinite(getUnit(i)))
      return refuse(hugeScale);
  return boundSums();
}

Value ProductBuilder::getWeights() {
  return weights.known ? b.constant(*weights.known) : weights.value;
}

Value ProductBuilder::getBias() {
  bool areWideSums = isWide(operands[0]) && bound > INT32_MAX;
  if (bias)
    return b.constant(areWideSums ? *bias : bias->convertTo(ElementKind::I32));
  return isWide(operands[0]) ? b.zeroBias(channels, bound) : Value();
}

SmallVector<double> ProductBuilder::getUnits() const {
  SmallVector<double> units;
  for (int64_t i = 0; i < (weights.isPerChannel() ? channels : 1); ++i)
    units.push_back(getUnit(i));
  return units;
}

Value ProductBuilder::requantize(Value sums, const QuantizedResult &result) {
  SmallVector<double> factors = getUnits();
  SmallVector<int64_t> shape;
  if (factors.size() > 1)
    shape.push_back(channels);
  for (double &factor : factors) {
    factor /= result.getScale();
    if (!std::isfinite(factor))
      return refuse(hugeScale), Value();
  }
  Sums exact{sums};
  if (isWideProduct)
    exact.wideBound = bound;
  return b.requantize(exact, factors, shape, result);
}

// createSums(op, product) is `op` on integers. Null where it cannot subtract
// the zero point of weights that are not constant.
static Value createSums(ConvOp conv, OpBuilder &builder,
                        ProductBuilder &product) {
  if (product.getWeightZeroPoint() != 0)
    return {};
  return ConvOp::create(builder, conv.getLoc(), product.getData(),
                        product.getWeights(), product.getBias(),
                        conv.getStrides(), conv.getDilations(), conv.getPads(),
                        conv.getGroup(), product.getDataZeroPoint());
}
static Value createSums(ConvTransposeOp conv, OpBuilder &builder,
                        ProductBuilder &product) {
  if (product.getWeightZeroPoint() != 0)
    return {};
  return ConvTransposeOp::create(
      builder, conv.getLoc(), product.getData(), product.getWeights(),
      product.getBias(), conv.getStrides(), conv.getDilations(), conv.getPads(),
      conv.getOutputPadding(), conv.getGroup(), product.getDataZeroPoint());
}
static Value createSums(MatMulOp op, OpBuilder &builder,
                        ProductBuilder &product) {
  return MatMulOp::create(builder, op.getLoc(), product.getData(),
                          product.getWeights(), product.getBias(),
                          product.getDataZeroPoint(),
                          product.getWeightZeroPoint());
}

namespace {

template <typename Op>
struct ProductForm
    : IntegerFormOpInterface::ExternalModel<ProductForm<Op>, Op> {
  Value buildInteger(Operation *op, OpBuilder &builder,
                     ArrayRef<QuantizedOperand> operands,
                     const QuantizedResult &result, std::string &reason) const {
    ProductBuilder product(builder, op, operands, reason);
    Value sums = build(op, builder, product, reason);
    return sums ? product.requantize(sums, result) : Value();
  }

  Value buildSums(Operation *op, OpBuilder &builder,
                  ArrayRef<QuantizedOperand> operands,
                  SmallVectorImpl<double> &units, std::string &reason) const {
    ProductBuilder product(builder, op, operands, reason);
    Value sums = build(op, builder, product, reason);
    if (sums)
      units = product.getUnits();
    return sums;
  }

private:
  static Value build(Operation *op, OpBuilder &builder, ProductBuilder &product,
                     std::string &reason) {
    if (!product.read())
      return {};
    Value sums = createSums(cast<Op>(op), builder, product);
    if (!sums)
      reason = "weights that are not constant have a zero point";
    return sums;
  }
};

} // namespace

void integer::registerProductForms(MLIRContext *context) {
  ConvOp::attachInterface<ProductForm<ConvOp>>(*context);
  ConvTransposeOp::attachInterface<ProductForm<ConvTransposeOp>>(*context);
  MatMulOp::attachInterface<ProductForm<MatMulOp>>(*context);
}
