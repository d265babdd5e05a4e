//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolutions and matrix products of quantized tensors. Where all parameters
// are known they are float products between quantized tensors; else zero points
// are subtracted before the product, so that padding means real 0, and sums are
// exact in int32.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "Convolution.h"
#include "MatMul.h"
#include "OperatorRegistry.h"
#include "Quantization.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// An error unless the inputs `indices` of the node are 8-bit integers.
static LogicalResult checkBytes(NodeContext &node, ArrayRef<unsigned> indices) {
  for (unsigned index : indices) {
    Type element = getElement(node.getInput(index));
    if (!isa<IntegerType>(element) || element.getIntOrFloatBitWidth() != 8)
      return node.error("input " + Twine(index) + " must be int8 or uint8");
  }
  return success();
}

/// Input `index` minus its zero point, input `zeroPoint`, of which there may be
/// one for each index of dimension `axis`.
static Value getCentered(NodeContext &node, unsigned index, unsigned zeroPoint,
                         int64_t axis) {
  Value value = node.getInput(index);
  Value zero = alignParameter(node, dropZero(node.getInput(zeroPoint)),
                              getShape(value), axis);
  return createCentered(node, value, zero);
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

static LogicalResult convertConvInteger(NodeContext &node) {
  if (failed(checkBytes(node, {0, 1})))
    return failure();
  return node.setResults(createConv(node, getCentered(node, 0, 2, 1),
                                    getCentered(node, 1, 3, 0), Value()));
}

/// Input `index` as the real numbers that it stands for, with one scale and
/// zero point or one for each index of dimension `axis`. Null unless all are
/// known.
static Value getKnownReals(NodeContext &node, unsigned index, int64_t axis) {
  Value value = node.getInput(index);
  auto parameters =
      Quantization::get(node, getShape(value), axis, index + 1, index + 2);
  if (node.hasFailed() ||
      !getQuantizedType(parameters, getShape(value), getElement(value),
                        StorageRange::get(getElement(value))))
    return {};
  return createDequantize(node, value, parameters);
}

/// The int32 bias of a product, in units of the scales `lhs` times `rhs` (of
/// one element, or one for each element of the bias), as real numbers. Null
/// unless the scales are known.
static Value getKnownBias(NodeContext &node, Value bias, Value lhs, Value rhs) {
  std::optional<HostTensor> left = getConstant(lhs), right = getConstant(rhs);
  if (!left || !right || left->getNumElements() != 1)
    return {};
  int64_t count = getShape(bias)[0];
  HostTensor scale(ElementKind::F64, {count});
  for (int64_t i = 0; i < count; ++i)
    scale.setDouble(i,
                    left->getDouble(0) *
                        right->getDouble(right->getNumElements() == 1 ? 0 : i));
  Quantization parameters{node.createConstant(scale), Value()};
  if (node.hasFailed() ||
      !getQuantizedType(parameters, getShape(bias), getElement(bias),
                        StorageRange::get(getElement(bias))))
    return {};
  return createDequantize(node, bias, parameters);
}

/// The convolution of the real numbers that input, weights and bias stand for.
/// Null where a parameter is not known.
static Value createKnownConv(NodeContext &node) {
  Value input = getKnownReals(node, 0, 1), weight = getKnownReals(node, 3, 0);
  Value bias = node.getInput(8);
  if (!input || !weight)
    return {};
  if (bias) {
    bias = getKnownBias(node, bias, node.getInput(1), node.getInput(4));
    if (!bias)
      return {};
  }
  return createConv(node, input, weight, bias);
}

static LogicalResult convertQLinearConv(NodeContext &node) {
  if (failed(checkBytes(node, {0, 3})))
    return failure();
  Type element = getElement(node.getInput(7));
  if (Value conv = createKnownConv(node)) {
    auto output = Quantization::get(node, getShape(conv), 1, 6, 7);
    return node.setResults(createQuantize(node, conv, output, element,
                                          StorageRange::get(element)));
  }
  Value sums = createConv(node, getCentered(node, 0, 2, 1),
                          getCentered(node, 3, 5, 0), node.getInput(8));
  if (!sums)
    return failure();
  ArrayRef<int64_t> shape = getShape(sums);
  auto input = Quantization::get(node, shape, 1, 1, 2);
  Value weightScale = alignParameter(node, node.getInput(4), shape, 1);
  auto output = Quantization::get(node, shape, 1, 6, 7);
  return node.setResults(createRequantize(
      node, sums, {input.scale, weightScale}, output, element));
}

//===----------------------------------------------------------------------===//
// Matrix products
//===----------------------------------------------------------------------===//

/// Input `index` minus its zero point as a factor on the left: the zero point
/// has one element, or one for each row.
static Value getLeftFactor(NodeContext &node, unsigned index,
                           unsigned zeroPoint) {
  return getCentered(node, index, zeroPoint, getRank(node.getInput(index)) - 2);
}

/// The same on the right, with one element for each column.
static Value getRightFactor(NodeContext &node, unsigned index,
                            unsigned zeroPoint) {
  return getCentered(node, index, zeroPoint, getRank(node.getInput(index)) - 1);
}

/// The scale of a factor in the product's shape.
static Value getRowScale(NodeContext &node, unsigned index, Value product) {
  return alignParameter(node, node.getInput(index), getShape(product),
                        getRank(product) - 2);
}
static Value getColumnScale(NodeContext &node, unsigned index, Value product) {
  return alignParameter(node, node.getInput(index), getShape(product),
                        getRank(product) - 1);
}

static LogicalResult convertMatMulInteger(NodeContext &node) {
  if (failed(checkBytes(node, {0, 1})))
    return failure();
  return node.setResults(createMatMul(node, getLeftFactor(node, 0, 2),
                                      getRightFactor(node, 1, 3)));
}

static LogicalResult convertQLinearMatMul(NodeContext &node) {
  if (failed(checkBytes(node, {0, 3})))
    return failure();
  Type element = getElement(node.getInput(7));
  Value lhs = getKnownReals(node, 0, getRank(node.getInput(0)) - 2);
  Value rhs = getKnownReals(node, 3, getRank(node.getInput(3)) - 1);
  if (lhs && rhs) {
    Value product = createMatMul(node, lhs, rhs);
    if (!product)
      return failure();
    auto output =
        Quantization::get(node, getShape(product), getRank(product) - 2, 6, 7);
    return node.setResults(createQuantize(node, product, output, element,
                                          StorageRange::get(element)));
  }
  Value sums =
      createMatMul(node, getLeftFactor(node, 0, 2), getRightFactor(node, 3, 5));
  if (!sums)
    return failure();
  auto output =
      Quantization::get(node, getShape(sums), getRank(sums) - 2, 6, 7);
  return node.setResults(createRequantize(
      node, sums, {getRowScale(node, 1, sums), getColumnScale(node, 4, sums)},
      output, element));
}

/// `sums * lhsScale * rhsScale + bias` in float.
static LogicalResult setScaledResult(NodeContext &node, Value sums,
                                     Value lhsScale, Value rhsScale,
                                     Value bias) {
  Value scale = node.create<MulOp>(lhsScale, rhsScale);
  if (node.hasFailed())
    return failure();
  Value result =
      node.create<MulOp>(node.castTo(sums, getElement(scale)), scale);
  return node.setResults(bias ? node.create<AddOp>(result, bias) : result);
}

static LogicalResult convertMatMulIntegerToFloat(NodeContext &node) {
  if (failed(checkBytes(node, {0, 1})))
    return failure();
  Value sums =
      createMatMul(node, getLeftFactor(node, 0, 4), getRightFactor(node, 1, 5));
  if (!sums)
    return failure();
  return setScaledResult(node, sums, getRowScale(node, 2, sums),
                         getColumnScale(node, 3, sums), node.getInput(6));
}

static LogicalResult convertDynamicQuantizeMatMul(NodeContext &node) {
  if (failed(checkBytes(node, {1})))
    return failure();
  auto lhs = DynamicallyQuantized::get(node, node.getInput(0));
  Value sums = createMatMul(
      node, createCentered(node, lhs.value, lhs.parameters.zeroPoint),
      getRightFactor(node, 1, 3));
  if (!sums)
    return failure();
  return setScaledResult(node, sums, lhs.parameters.scale,
                         getColumnScale(node, 2, sums), node.getInput(4));
}

/// a * b + c of the real matrices that these stand for. Null where a parameter
/// is not known, or a is scaled by rows.
static Value createKnownGemm(NodeContext &node, bool transposeA,
                             bool transposeB) {
  Value lhs = getKnownReals(node, 0, transposeA ? 1 : 0);
  Value rhs = getKnownReals(node, 3, transposeB ? 0 : 1);
  Value bias = node.getInput(6);
  if (!lhs || !rhs || (bias && getRank(bias) != 1))
    return {};
  if (bias) {
    bias = getKnownBias(node, bias, node.getInput(1), node.getInput(4));
    if (!bias)
      return {};
  }
  if (transposeA)
    lhs = node.createTranspose(lhs, {1, 0});
  if (transposeB)
    rhs = node.createTranspose(rhs, {1, 0});
  return node.create<MatMulOp>(lhs, rhs, bias);
}

/// alpha * a * b + c of matrices, where the int32 c is in units of the product
/// before alpha. Without a scale for the result, that is float.
static LogicalResult convertQGemm(NodeContext &node) {
  if (failed(checkBytes(node, {0, 3})))
    return failure();
  Type real = node.getBuilder().getF32Type();
  double alpha = node.getFloat("alpha", 1);
  bool transposeA = node.getBool("transA", false);
  bool transposeB = node.getBool("transB", false);
  if (getRank(node.getInput(0)) != 2 || getRank(node.getInput(3)) != 2)
    return node.error("both factors must be matrices");
  Type element = node.getInput(8) ? getElement(node.getInput(8))
                                  : getElement(node.getInput(0));
  if (alpha == 1 && node.getInput(7))
    if (Value product = createKnownGemm(node, transposeA, transposeB)) {
      auto output = Quantization::get(node, getShape(product), 0, 7, 8);
      return node.setResults(createQuantize(node, product, output, element,
                                            StorageRange::get(element)));
    }
  Value lhs = getCentered(node, 0, 2, transposeA ? 1 : 0);
  Value rhs = getCentered(node, 3, 5, transposeB ? 0 : 1);
  if (transposeA)
    lhs = node.createTranspose(lhs, {1, 0});
  if (transposeB)
    rhs = node.createTranspose(rhs, {1, 0});
  Value sums = createMatMul(node, lhs, rhs);
  if (Value addend = node.getInput(6))
    sums = node.create<AddOp>(sums, addend);
  if (node.hasFailed())
    return failure();
  SmallVector<Value> factors = {getRowScale(node, 1, sums),
                                getColumnScale(node, 4, sums)};
  if (alpha != 1)
    factors.push_back(node.createScalar(alpha, real));
  if (node.getInput(7)) {
    auto output = Quantization::get(node, getShape(sums), 0, 7, 8);
    return node.setResults(
        createRequantize(node, sums, factors, output, element));
  }
  Value scale = factors[0];
  for (Value factor : ArrayRef(factors).drop_front())
    scale = node.create<MulOp>(scale, factor);
  return node.setResults(node.create<MulOp>(node.castTo(sums, real), scale));
}

void lathe::frontend::addQuantizedProducts(OperatorRegistry &registry) {
  registry.add("ConvInteger", {10}, {2, 4}, convertConvInteger);
  registry.add("MatMulInteger", {10}, {2, 4}, convertMatMulInteger);
  registry.add("QLinearConv", {10}, {8, 9}, convertQLinearConv);
  registry.add("QLinearMatMul", {10}, {8, 8}, convertQLinearMatMul);
  StringRef domain = "com.microsoft";
  registry.addInDomain(domain, "DynamicQuantizeMatMul", {1}, {3, 5},
                       convertDynamicQuantizeMatMul);
  registry.addInDomain(domain, "MatMulIntegerToFloat", {1}, {4, 7},
                       convertMatMulIntegerToFloat);
  registry.addInDomain(domain, "QGemm", {1}, {6, 9}, convertQGemm);
}
