//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Floats to quantized integers and back.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NarrowTypes.h"
#include "OperatorRegistry.h"
#include "Quantization.h"

#include "lathe/Dialect/Lathe/IR/LatheStorageOps.h"
#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// A parameter with one element for each block of `blockSize` elements along
/// `axis`, spread to the elements.
static Value spreadBlocks(NodeContext &node, Value parameter,
                          ArrayRef<int64_t> shape, int64_t axis,
                          int64_t blockSize) {
  if (!parameter || node.hasFailed())
    return parameter;
  SmallVector<int64_t> blocks(shape);
  blocks[axis] = llvm::divideCeil(shape[axis], blockSize);
  if (getShape(parameter) != ArrayRef(blocks))
    return (void)node.error("blocks of " + Twine(blockSize) +
                            " need scales and zero points of shape " +
                            formatShape(blocks) + ", not " +
                            formatShape(getShape(parameter))),
           Value();
  SmallVector<int64_t> split(blocks);
  split.insert(split.begin() + axis + 1, 1);
  Value spread = node.createReshape(parameter, split);
  split[axis + 1] = blockSize;
  spread = node.create<BroadcastOp>(spread, split);
  blocks[axis] *= blockSize;
  spread = node.createReshape(spread, blocks);
  if (blocks[axis] == shape[axis])
    return spread;
  SmallVector<int64_t> zeros(shape.size(), 0), ones(shape.size(), 1);
  return node.create<SliceOp>(spread, zeros, shape, ones);
}

/// Scale and zero point (inputs 1 and 2), of which there may be one, one for
/// each index of an axis, or one for each block along it.
static Quantization getParameters(NodeContext &node) {
  ArrayRef<int64_t> shape = getShape(node.getInput(0));
  int64_t rank = shape.size();
  int64_t axis = node.getInt("axis", 1);
  int64_t blockSize = node.getInt("block_size", 0);
  if (blockSize < 0) {
    (void)node.error("attribute 'block_size' must not be negative");
    return {};
  }
  bool isScalar = getType(node.getInput(1)).getNumElements() == 1;
  if (!isScalar || blockSize > 0)
    axis = node.normalizeAxis(axis, rank);
  if (node.hasFailed())
    return {};
  if (blockSize == 0)
    return Quantization::get(node, shape, axis, 1, 2);
  return {
      spreadBlocks(node, node.getInput(1), shape, axis, blockSize),
      spreadBlocks(node, dropZero(node.getInput(2)), shape, axis, blockSize)};
}

/// Floats of at most 8 bits, the nearest to `value / scale`, plus the zero
/// point that hardly any model has.
static Value createNarrowed(NodeContext &node, Value value,
                            const Quantization &parameters, int32_t dataType,
                            NarrowCast how) {
  Type real = node.getBuilder().getF32Type();
  Value steps = node.create<DivOp>(node.castTo(value, real),
                                   node.castTo(parameters.scale, real));
  if (parameters.zeroPoint)
    steps = node.create<AddOp>(steps, node.castTo(parameters.zeroPoint, real));
  return castToDataType(node, steps, dataType, how);
}

static LogicalResult convertQuantizeLinear(NodeContext &node) {
  int32_t dataType = node.getInt("output_dtype", 0);
  NarrowCast how;
  how.saturates = node.getBool("saturate", true);
  node.getInt("precision", 0); // Of the division; it is done in float.
  if (dataType == 0 && node.getInput(2))
    dataType = node.getDataType(2);
  Type element = node.getBuilder().getIntegerType(8, /*isSigned=*/false);
  StorageRange range = StorageRange::get(element);
  Quantization parameters = getParameters(node);
  if (node.hasFailed())
    return failure();
  if (getNarrowFloat(dataType))
    return node.setResults(
        createNarrowed(node, node.getInput(0), parameters, dataType, how));
  if (dataType != 0) {
    std::optional<StoredType> stored = getStoredType(dataType);
    if (!stored || !isInteger(stored->kind) || stored->bits > 16)
      return node.error("results of type " + getDataTypeName(dataType) +
                        " are not supported");
    element = getElementType(node.getBuilder().getContext(), stored->kind);
    range = StorageRange::get(element);
    if (stored->bits < 8)
      range = isUnsignedInteger(stored->kind)
                  ? StorageRange{0, (1 << stored->bits) - 1}
                  : StorageRange{-(1 << (stored->bits - 1)),
                                 (1 << (stored->bits - 1)) - 1};
  }
  Value result =
      createQuantize(node, node.getInput(0), parameters, element, range);
  if (dataType != 0)
    node.setDataType(result, dataType);
  return node.setResults(result);
}

/// Bytes with a scale for each block and no zero point as they are stored; null
/// for all else.
static Value createBlocks(NodeContext &node, Value input) {
  int64_t blockSize = node.getInt("block_size", 0);
  Value scales = node.getInput(1);
  if (blockSize <= 0 || !getElement(input).isSignlessInteger(8) ||
      !isa<FloatType>(getElement(scales)) || dropZero(node.getInput(2)))
    return {};
  int64_t axis = node.normalizeAxis(node.getInt("axis", 1), getRank(input));
  if (node.hasFailed())
    return {};
  SmallVector<int64_t> blocks(getShape(input));
  blocks[axis] = llvm::divideCeil(blocks[axis], blockSize);
  if (getShape(scales) != ArrayRef(blocks))
    return {};
  return node.create<DequantizeBlocksOp>(input, scales, axis, blockSize);
}

static LogicalResult convertDequantizeLinear(NodeContext &node) {
  int32_t dataType = node.getInt("output_dtype", 0);
  Value input = node.getInput(0);
  Type element = getElement(node.getInput(1));
  if (dataType != 0)
    element = getElementTypeOfOnnx(node.getBuilder().getContext(), dataType);
  if (!element || !isa<FloatType>(element))
    return node.error("attribute 'output_dtype' has the value " +
                      Twine(dataType) + ", which is not a float type");
  if (Value blocks = createBlocks(node, input))
    return node.setResults(node.castTo(blocks, element));
  Quantization parameters = getParameters(node);
  if (node.hasFailed())
    return failure();
  if (!isa<FloatType>(getElement(input)))
    return node.setResults(
        node.castTo(createDequantize(node, input, parameters), element));
  // Floats of at most 8 bits, which are held in wider ones.
  Type real = node.getBuilder().getF32Type();
  Value steps = node.castTo(input, real);
  if (parameters.zeroPoint)
    steps = node.create<SubOp>(steps, node.castTo(parameters.zeroPoint, real));
  return node.setResults(node.castTo(
      node.create<MulOp>(steps, node.castTo(parameters.scale, real)), element));
}

static LogicalResult convertDynamicQuantizeLinear(NodeContext &node) {
  auto result = DynamicallyQuantized::get(node, node.getInput(0));
  return node.setResults(
      {result.value, result.parameters.scale, result.parameters.zeroPoint});
}

void lathe::frontend::addQuantizeLinear(OperatorRegistry &registry) {
  for (StringRef domain : {"", "com.microsoft"}) {
    int64_t since = domain.empty() ? 10 : 1;
    registry.addInDomain(domain, "QuantizeLinear", {since}, {2, 3},
                         convertQuantizeLinear);
    registry.addInDomain(domain, "DequantizeLinear", {since}, {2, 3},
                         convertDequantizeLinear);
  }
  registry.add("DynamicQuantizeLinear", {11}, 1, convertDynamicQuantizeLinear);
}
