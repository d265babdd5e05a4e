//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolution by Winograd's algorithm.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheWinogradOps.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheWinogradOps.cpp.inc"

// Positions of a patch.
static constexpr int64_t numPositions =
    WinogradConvOp::patch * WinogradConvOp::patch;

//===----------------------------------------------------------------------===//
// WinogradFilterOp
//===----------------------------------------------------------------------===//

LogicalResult WinogradFilterOp::inferReturnTypes(MLIRContext *,
                                                 std::optional<Location> loc,
                                                 Adaptor adaptor,
                                                 SmallVectorImpl<Type> &types) {
  auto weight = cast<RankedTensorType>(adaptor.getWeight().getType());
  if (weight.getRank() != 4 || weight.getDimSize(0) != 3 ||
      weight.getDimSize(1) != 3)
    return emitOptionalError(loc, "the weight must have shape [3, 3, C, O]");
  int64_t block = adaptor.getBlock();
  if (block < 1)
    return emitOptionalError(loc, "a block must have at least one channel");
  Type element = weight.getElementType();
  bool isInteger = element.isInteger();
  if (isInteger)
    element = IntegerType::get(element.getContext(), 16);
  int64_t joined = isInteger ? 2 : 1;
  int64_t blocks = llvm::divideCeil(weight.getDimSize(3), block);
  int64_t inputs = llvm::divideCeil(weight.getDimSize(2), joined);
  int64_t shape[] = {blocks, numPositions, inputs, joined * block};
  types.push_back(RankedTensorType::get(shape, element));
  return success();
}

LogicalResult WinogradFilterOp::verify() {
  if (getWeight().getType().getNumElements() == 0)
    return emitOpError("needs at least one input and one output channel");
  return success();
}

//===----------------------------------------------------------------------===//
// WinogradConvOp
//===----------------------------------------------------------------------===//

LogicalResult WinogradConvOp::inferReturnTypes(MLIRContext *,
                                               std::optional<Location> loc,
                                               Adaptor adaptor,
                                               SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  ArrayRef<int64_t> pads = adaptor.getPads();
  if (input.getRank() != 4)
    return emitOptionalError(loc, "the input must have four dimensions");
  if (pads.size() != 4 ||
      llvm::any_of(pads, [](int64_t pad) { return pad < 0; }))
    return emitOptionalError(loc, "needs four pads that are not negative");
  SmallVector<int64_t> shape = {input.getDimSize(0)};
  for (unsigned i = 0; i < 2; ++i)
    shape.push_back(input.getDimSize(i + 1) + pads[i] + pads[i + 2] - 2);
  shape.push_back(adaptor.getChannels());
  if (llvm::any_of(shape, [](int64_t extent) { return extent < 1; }))
    return emitOptionalError(loc, "the result would be empty");
  Type element = input.getElementType();
  if (element.isInteger())
    element = IntegerType::get(element.getContext(), 32);
  types.push_back(RankedTensorType::get(shape, element));
  return success();
}

LogicalResult WinogradConvOp::verify() {
  bool sumsIntegers = isInteger();
  if (getFilter().getType().getElementType().isInteger() != sumsIntegers ||
      (getBias() &&
       getBias().getType().getElementType() != getType().getElementType()))
    return emitOpError("needs a filter and a bias for ")
           << (sumsIntegers ? "integers" : "floats");
  ArrayRef<int64_t> filter = getFilter().getType().getShape();
  int64_t channels = getChannels(), joined = getChannelsInProduct();
  if (filter.size() != 4 || filter[1] != numPositions || filter[3] < joined ||
      filter[3] % joined != 0 ||
      filter[0] !=
          static_cast<int64_t>(llvm::divideCeil(channels, filter[3] / joined)))
    return emitOpError("needs a filter of shape [channels / block, 36, C, "
                       "block], as lathe.winograd_filter makes it");
  int64_t inputs = getInput().getType().getShape().back();
  if (filter[2] != static_cast<int64_t>(llvm::divideCeil(inputs, joined)))
    return emitOpError("has ") << inputs << " input channels, but a filter for "
                               << filter[2] * joined;
  if (getBias() &&
      getBias().getType().getShape() != ArrayRef<int64_t>{channels})
    return emitOpError("needs a bias of shape [") << channels << "]";
  if (getBlock().size() != 2 || getBlock()[0] < 1 || getBlock()[1] < 1)
    return emitOpError("needs a block of at least one row and column of tiles");
  if (getShares() < 1)
    return emitOpError("needs at least one share");
  return success();
}

int64_t WinogradConvOp::getNumTiles(unsigned dim) {
  return llvm::divideCeil(getType().getDimSize(dim + 1), tile);
}

/// `bytes` rounded up to an odd number of cache lines of 64 bytes: matrices
/// that are a multiple of the cache's size apart would all lie in one set.
static int64_t spreadPlane(int64_t bytes) {
  constexpr int64_t line = 64;
  return (llvm::divideCeil(bytes, line) | 1) * line;
}

int64_t WinogradConvOp::getInputPlaneBytes() {
  int64_t bytes = isInteger() ? sizeof(int16_t) : sizeof(float);
  return spreadPlane(getTilesInBlock() * getInputChannels() * bytes);
}

int64_t WinogradConvOp::getOutputPlaneBytes() {
  return spreadPlane(getTilesInBlock() * getChannelBlock() *
                     static_cast<int64_t>(sizeof(float)));
}

int64_t WinogradConvOp::getScratchBytes() {
  return getShares() * numPositions *
         (getInputPlaneBytes() + getOutputPlaneBytes());
}

int64_t WinogradConvOp::getMACs() {
  return getType().getNumElements() * 9 *
         getInput().getType().getShape().back();
}

int64_t WinogradConvOp::getProducts() {
  return getType().getDimSize(0) * getNumTiles(0) * getNumTiles(1) * patch *
         patch * getInput().getType().getShape().back() *
         getType().getShape().back();
}

int64_t WinogradConvOp::getOtherRegisters() {
  // Integers have no multiply-add: a product is on its own before it is added.
  return isInteger() ? 1 : 0;
}

SmallVector<LoopDim> WinogradConvOp::getLoops() {
  // The products are computed for one block of channels after the other.
  return {{"share", static_cast<int64_t>(getShares()), false},
          {"t", getTilesInBlock(), false},
          {"oc", static_cast<int64_t>(getChannelBlock()), false},
          {"ic", getFilter().getType().getDimSize(2), true}};
}
