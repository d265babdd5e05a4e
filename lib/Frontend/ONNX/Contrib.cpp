//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators on floats that ONNX Runtime's optimizer writes, in the domain
// com.microsoft (onnxruntime/docs/ContribOperators.md).
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// Gelu of the sum of an input and a bias that may be left out.
template <bool tanh> static LogicalResult convertBiasGelu(NodeContext &node) {
  Value sum = node.getInput(0);
  if (Value bias = node.getInput(1))
    sum = node.create<AddOp>(sum, bias);
  return node.setResults(node.create<GeluOp>(sum, tanh));
}

static LogicalResult convertQuickGelu(NodeContext &node) {
  Value input = node.getInput(0);
  Value alpha =
      node.createScalar(node.getFloat("alpha", 1.702), getElement(input));
  Value gate = node.create<SigmoidOp>(node.create<MulOp>(input, alpha));
  return node.setResults(node.create<MulOp>(input, gate));
}

//===----------------------------------------------------------------------===//
// Normalizations
//===----------------------------------------------------------------------===//

/// `input` normalized over its last dimension.
static Value createNormalized(NodeContext &node, Value input, Value scale,
                              Value bias, bool rms) {
  double epsilon = node.getFloat("epsilon", 1e-12);
  if (node.hasFailed())
    return {};
  return node.create<LayerNormOp>(input, scale, bias, getRank(input) - 1,
                                  llvm::APFloat(epsilon), rms);
}

namespace {
/// What a normalization was computed with; `rms` has no mean.
struct Statistics {
  Value mean, inverseDeviation;
};
} // namespace

static Statistics createStatistics(NodeContext &node, Value input, bool rms) {
  if (node.hasFailed())
    return {};
  auto createMean = [&, axis = getRank(input) - 1](Value value) {
    return node.create<ReduceOp>(value, ReduceKind::Mean, axis,
                                 /*keep_dims=*/true);
  };
  Statistics statistics;
  Value centered = input;
  if (!rms) {
    statistics.mean = createMean(input);
    centered = node.create<SubOp>(input, statistics.mean);
  }
  Value variance = createMean(node.create<MulOp>(centered, centered));
  Value offset =
      node.createScalar(node.getFloat("epsilon", 1e-12), getElement(input));
  statistics.inverseDeviation = node.create<ReciprocalOp>(
      node.create<SqrtOp>(node.create<AddOp>(variance, offset)));
  return statistics;
}

/// Inputs 0, 1 and (optional) `bias` added up and normalized.
static LogicalResult convertSkipNorm(NodeContext &node, Value beta,
                                     unsigned bias, bool rms) {
  Value sum = node.create<AddOp>(node.getInput(0), node.getInput(1));
  if (node.getInput(bias))
    sum = node.create<AddOp>(sum, node.getInput(bias));
  Value result = createNormalized(node, sum, node.getInput(2), beta, rms);
  // What nothing reads is erased.
  Statistics statistics = createStatistics(node, sum, rms);
  return node.setResults(
      {result, statistics.mean, statistics.inverseDeviation, sum});
}

static LogicalResult convertSkipLayerNormalization(NodeContext &node) {
  return convertSkipNorm(node, node.getInput(3), 4, /*rms=*/false);
}

static LogicalResult
convertSkipSimplifiedLayerNormalization(NodeContext &node) {
  return convertSkipNorm(node, Value(), 3, /*rms=*/true);
}

/// ONNX Runtime's predecessor of RMSNormalization, in ONNX's own domain.
static LogicalResult convertSimplifiedLayerNormalization(NodeContext &node) {
  Value input = node.getInput(0);
  double epsilon = node.getFloat("epsilon", 1e-5);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), getRank(input));
  node.getInt("stash_type", 1); // The statistics' precision: float or better.
  if (node.hasFailed())
    return failure();
  return node.setResults(node.create<LayerNormOp>(
      input, node.getInput(1), Value(), axis, llvm::APFloat(epsilon),
      /*rms=*/true));
}

/// The number of positions that the mask marks in each row, from their begin.
static Value createMaskIndex(NodeContext &node, Value mask, int64_t batch) {
  Type integer = node.getBuilder().getI32Type();
  if (!mask)
    return node.createConstant(HostTensor(ElementKind::I32, {batch}));
  return node.create<ReduceOp>(node.castTo(mask, integer), ReduceKind::Sum, 1,
                               /*keep_dims=*/false);
}

/// The sum of embeddings of words, positions and segments, normalized.
static LogicalResult convertEmbedLayerNormalization(NodeContext &node) {
  Value words = node.getInput(0), segments = node.getInput(1);
  Value positions = node.getInput(8);
  node.getInt("mask_index_type", 0); // Whether output 1 is used.
  for (unsigned input : {2u, 3u, 5u, 6u})
    if (!node.getInput(input))
      return node.error("input " + Twine(input) + " is missing");
  if (getRank(words) != 2 || getRank(node.getInput(3)) != 2)
    return node.error("the word indices and the embeddings of positions must "
                      "have two dimensions");
  int64_t batch = getShape(words)[0], length = getShape(words)[1];
  Value sum = node.create<GatherOp>(node.getInput(2), words, 0);
  Value position;
  if (positions) {
    position = node.create<GatherOp>(node.getInput(3), positions, 0);
  } else {
    SmallVector<int64_t> sizes = {length, getShape(node.getInput(3))[1]};
    SmallVector<int64_t> offsets = {0, 0}, steps = {1, 1};
    position = node.create<SliceOp>(node.getInput(3), offsets, sizes, steps);
  }
  sum = node.create<AddOp>(sum, position);
  if (segments && node.getInput(4))
    sum = node.create<AddOp>(
        sum, node.create<GatherOp>(node.getInput(4), segments, 0));
  Value result = createNormalized(node, sum, node.getInput(5), node.getInput(6),
                                  /*rms=*/false);
  return node.setResults(
      {result, createMaskIndex(node, node.getInput(7), batch), sum});
}

//===----------------------------------------------------------------------===//
// Products with packed weights
//===----------------------------------------------------------------------===//

/// The integers of `bits` that each byte of `packed` [rows, …] holds, the first
/// in the low bits, as float [rows, columns].
static Value createUnpacked(NodeContext &node, Value packed, int64_t bits,
                            int64_t columns) {
  if (node.hasFailed())
    return {};
  Type byte = node.getBuilder().getIntegerType(8, /*isSigned=*/false);
  Type real = node.getBuilder().getF32Type();
  int64_t rows = getShape(packed)[0];
  int64_t bytes = getType(packed).getNumElements() / rows;
  Value flat = node.createReshape(packed, {rows, bytes, 1});
  SmallVector<Value> parts;
  for (int64_t shift = 0; shift < 8; shift += bits) {
    Value part = flat;
    if (shift > 0)
      part = node.create<ShiftRightOp>(part, node.createScalar(shift, byte));
    if (shift + bits < 8)
      part = node.create<AndOp>(
          part,
          node.createScalar(llvm::maskTrailingOnes<uint64_t>(bits), byte));
    parts.push_back(part);
  }
  int64_t perByte = parts.size();
  if (bytes * perByte < columns)
    return (void)node.error("packed weights or zero points hold " +
                            Twine(bytes * perByte) +
                            " numbers in each row, but need " + Twine(columns)),
           Value();
  Value joined = perByte == 1 ? flat : node.create<ConcatOp>(parts, 2);
  Value all =
      node.castTo(node.createReshape(joined, {rows, bytes * perByte}), real);
  SmallVector<int64_t> offsets = {0, 0}, sizes = {rows, columns},
                       steps = {1, 1};
  return node.create<SliceOp>(all, offsets, sizes, steps);
}

/// Weights [N, K] of `bits` with a scale and a zero point for each of `blocks`
/// blocks of `blockSize` along K, as float.
static Value createBlockwiseWeights(NodeContext &node, int64_t n, int64_t k,
                                    int64_t bits, int64_t blockSize) {
  int64_t blocks = llvm::divideCeil(k, blockSize);
  Value packed = node.getInput(1), zero = node.getInput(3);
  Type real = node.getBuilder().getF32Type();
  if (!getElement(packed).isUnsignedInteger(8) || getShape(packed).empty() ||
      getShape(packed)[0] != n || getType(packed).getNumElements() == 0 ||
      getType(node.getInput(2)).getNumElements() != n * blocks)
    return (void)node.error("the weights must be uint8 with " + Twine(n) +
                            " rows, and there must be " + Twine(n * blocks) +
                            " scales"),
           Value();
  Value scales =
      node.createReshape(node.castTo(node.getInput(2), real), {n, blocks, 1});
  Value offset;
  if (!zero) {
    offset = node.createScalar(1 << (bits - 1), real);
  } else {
    if (getElement(zero).isUnsignedInteger(8)) {
      int64_t bytes = llvm::divideCeil(blocks * bits, 8);
      zero = createUnpacked(node, node.createReshape(zero, {n, bytes}), bits,
                            blocks);
    }
    offset = node.createReshape(node.castTo(zero, real), {n, blocks, 1});
  }
  Value integers =
      node.createReshape(createUnpacked(node, packed, bits, blocks * blockSize),
                         {n, blocks, blockSize});
  Value weights =
      node.create<MulOp>(node.create<SubOp>(integers, offset), scales);
  Value rows = node.createReshape(weights, {n, blocks * blockSize});
  SmallVector<int64_t> offsets = {0, 0}, sizes = {n, k}, steps = {1, 1};
  return node.create<SliceOp>(rows, offsets, sizes, steps);
}

static LogicalResult convertMatMulNBits(NodeContext &node) {
  int64_t k = node.getInt("K", 0), n = node.getInt("N", 0);
  int64_t bits = node.getInt("bits", 4);
  int64_t blockSize = node.getInt("block_size", 0);
  node.getInt("accuracy_level", 0); // How inexact the product may be.
  node.getInt("weight_prepacked", 0);
  Value input = node.getInput(0);
  if (node.getInput(4))
    return node.error("weights ordered by group indices (input 4) are not "
                      "supported; quantize without act-order");
  if (bits != 2 && bits != 4 && bits != 8)
    return node.error("weights of " + Twine(bits) +
                      " bits are not supported, only of 2, 4 and 8");
  constexpr int64_t most = INT32_MAX;
  if (n < 1 || k < 1 || blockSize < 1 || n > most || k > most ||
      blockSize > most || blockSize * bits % 8 != 0)
    return node.error("attributes 'K', 'N' and 'block_size' must be positive, "
                      "and blocks must fill bytes");
  if (getRank(input) == 0 || getShape(input).back() != k)
    return node.error("the last dimension of the input must be K, " + Twine(k));
  Value weights = createBlockwiseWeights(node, n, k, bits, blockSize);
  if (node.hasFailed())
    return failure();
  SmallVector<int64_t> shape(getShape(input));
  Value rows = node.createReshape(
      input, {getType(input).getNumElements() / std::max<int64_t>(k, 1), k});
  Value product = node.create<MatMulOp>(
      rows,
      node.createTranspose(node.castTo(weights, getElement(input)), {1, 0}),
      node.getInput(5));
  shape.back() = n;
  return node.setResults(node.createReshape(product, shape));
}

void lathe::frontend::addContrib(OperatorRegistry &registry) {
  auto add = [&](StringRef name, Inputs inputs,
                 Converter converter) -> OperatorRegistry::Entry & {
    return registry.addInDomain("com.microsoft", name, {1}, inputs, converter);
  };
  add("BiasGelu", 2, convertBiasGelu<false>);
  add("EmbedLayerNormalization", {1, 9}, convertEmbedLayerNormalization);
  add("FastGelu", {1, 2}, convertBiasGelu<true>);
  add("Gelu", 1, convertBiasGelu<false>);
  add("MatMulNBits", {3, 6}, convertMatMulNBits)
      .lacks("group indices, other than 2, 4 and 8 bits");
  add("QuickGelu", 1, convertQuickGelu);
  add("SkipLayerNormalization", {3, 5}, convertSkipLayerNormalization);
  add("SkipSimplifiedLayerNormalization", {3, 4},
      convertSkipSimplifiedLayerNormalization);
  registry.add("SimplifiedLayerNormalization", {1}, 2,
               convertSimplifiedLayerNormalization);
}
