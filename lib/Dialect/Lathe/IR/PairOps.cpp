//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Products of pairs of 16-bit integers.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LathePairOps.h"

#include "Window.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LathePairOps.cpp.inc"

/// Replaces the extents before the last of `shape`, one for each element of
/// `kernel`, by the number of places that windows have there.
static LogicalResult countWindows(std::optional<Location> loc,
                                  ArrayRef<int64_t> kernel,
                                  ArrayRef<int64_t> strides,
                                  ArrayRef<int64_t> pads,
                                  MutableArrayRef<int64_t> shape) {
  size_t rank = kernel.size();
  if (rank > 2 || shape.size() < rank + 2)
    return emitOptionalError(loc, "needs windows in at most two dimensions and "
                                  "one before them and the channels");
  SmallVector<int64_t> dilations(rank, 1);
  Window window{SmallVector<int64_t>(kernel), strides, dilations, pads};
  if (failed(window.check(loc, static_cast<int64_t>(rank))))
    return failure();
  return window.slide(loc, shape.drop_back().take_back(rank));
}

//===----------------------------------------------------------------------===//
// PairConvOp
//===----------------------------------------------------------------------===//

LogicalResult PairConvOp::inferReturnTypes(MLIRContext *,
                                           std::optional<Location> loc,
                                           Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  SmallVector<int64_t> shape(input.getShape());
  if (failed(countWindows(loc, adaptor.getKernel(), adaptor.getStrides(),
                          adaptor.getPads(), shape)))
    return failure();
  shape.back() = adaptor.getChannels();
  if (shape.back() < 1)
    return emitOptionalError(loc, "needs at least one output channel");
  types.push_back(
      RankedTensorType::get(shape, IntegerType::get(input.getContext(), 32)));
  return success();
}

LogicalResult PairConvOp::verify() {
  int64_t blocks = llvm::divideCeil(getChannels(), channelBlock);
  int64_t shape[] = {blocks, getWords(), 2};
  if (getWeight().getType().getShape() != ArrayRef(shape))
    return emitOpError("needs weights of shape [") << ArrayRef(shape) << "]";
  if (getBias().getType().getShape() != ArrayRef{blocks * channelBlock})
    return emitOpError("needs a bias of shape [")
           << blocks * channelBlock << "]";
  return success();
}

int64_t PairConvOp::getWords() {
  if (isRow())
    return llvm::divideCeil(getElementsOfRow(), rowElements) * rowElements / 2;
  return llvm::alignTo(getKernelRows() * getWordsOf(getElementsOfRow()),
                       wordBlock);
}

int64_t PairConvOp::getBlocksOfPart() {
  if (isRow())
    return std::min(getNumBlocks(), rowChannels / channelBlock);
  // Parts of the same size, but for the last.
  int64_t parts = llvm::divideCeil(getNumBlocks(), maxBlocks);
  return llvm::divideCeil(getNumBlocks(), parts);
}

int64_t PairConvOp::getWordBytes() { return 4 * lanes * getWords(); }

int64_t PairConvOp::getSumBytes() {
  return 4 * lanes * channelBlock * getBlocksOfPart();
}

int64_t PairConvOp::getScratchBytes() {
  // The few sums of a row are on the stack.
  if (isRow())
    return 0;
  return getWordBytes() + getSumBytes() + llvm::alignTo(getElementsOfRow(), 4);
}

bool PairConvOp::readsDenseMemory() { return isRow(); }

/// The windows of the pixels that a step of the loops reads lie behind all
/// results of the steps before, if no pixel grows and none is read twice.
bool PairConvOp::canWriteOver(unsigned operand) {
  auto isOne = [](int64_t amount) { return amount == 1; };
  auto isZero = [](int64_t amount) { return amount == 0; };
  return operand == 0 && !isRow() && llvm::all_of(getKernel(), isOne) &&
         llvm::all_of(getPads(), isZero) &&
         static_cast<int64_t>(getChannels()) <=
             getInput().getType().getShape().back();
}

int64_t PairConvOp::countConsumed(int64_t pixel) {
  ArrayRef<int64_t> from = getInput().getType().getShape();
  ArrayRef<int64_t> to = getType().getShape();
  if (getKernel().empty())
    return pixel * from.back();
  // Whole rows, of an image or of a signal.
  bool isImage = getSpatialRank() > 1;
  int64_t width = to[to.size() - 2], height = isImage ? to[to.size() - 3] : 1;
  int64_t rows = isImage ? from[from.size() - 3] : 1;
  int64_t row = pixel / width % height, image = pixel / (width * height);
  int64_t first =
      isImage
          ? std::clamp<int64_t>(row * getStrides()[0] - getPads()[0], 0, rows)
          : 0;
  return (image * rows + first) * from[from.size() - 2] * from.back();
}

std::optional<int64_t> PairConvOp::getWriteLead(unsigned operand,
                                                int64_t bytes) {
  // All of a row is needed up to the last channel.
  if (operand != 0 || isRow())
    return std::nullopt;
  int64_t pixels = getNumPixels(), step = lanes, lead = 0;
  int64_t pixelBytes = getType().getShape().back() * bytes;
  // In the last step everything has been read.
  int64_t size = getInput().getType().getNumElements();
  for (int64_t next = step; next < pixels + step; next += step)
    lead = std::max(lead, std::min(next, pixels) * pixelBytes -
                              (next < pixels ? countConsumed(next) : size));
  return lead;
}

int64_t PairConvOp::getMACs() {
  return getType().getNumElements() * getKernelRows() * getElementsOfRow();
}

SmallVector<LoopDim> PairConvOp::getLoops() {
  SmallVector<LoopDim> loops;
  for (int64_t extent : getType().getShape().drop_back())
    loops.push_back({"i", extent, false});
  if (getSpatialRank() > 1)
    loops[loops.size() - 2].name = "oh";
  loops.back().name = "ow";
  loops.push_back({"oc", static_cast<int64_t>(getChannels()), false});
  loops.push_back({"word", getWords(), true});
  return loops;
}

//===----------------------------------------------------------------------===//
// PairDepthwiseOp
//===----------------------------------------------------------------------===//

LogicalResult PairDepthwiseOp::inferReturnTypes(MLIRContext *,
                                                std::optional<Location> loc,
                                                Adaptor adaptor,
                                                SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  auto weight = cast<RankedTensorType>(adaptor.getWeight().getType());
  SmallVector<int64_t> shape(input.getShape());
  if (shape.size() != 4 || weight.getRank() != 3 ||
      weight.getDimSize(0) != shape.back())
    return emitOptionalError(
        loc, "needs an input [n, height, width, channels] and weights "
             "[channels, rows, columns]");
  if (failed(countWindows(loc, weight.getShape().drop_front(),
                          adaptor.getStrides(), adaptor.getPads(), shape)))
    return failure();
  types.push_back(
      RankedTensorType::get(shape, IntegerType::get(input.getContext(), 32)));
  return success();
}

LogicalResult PairDepthwiseOp::verify() {
  int64_t channels = getType().getShape().back();
  if (getBias().getType().getShape() != ArrayRef{channels})
    return emitOpError("needs a bias of shape [") << channels << "]";
  return success();
}

int64_t PairDepthwiseOp::getPlaneRows() {
  return (getType().getDimSize(1) - 1) * getStrides()[0] +
         getWeight().getType().getDimSize(1);
}

int64_t PairDepthwiseOp::getWordsOfRow() {
  int64_t elements = (getType().getDimSize(2) - 1) * getStrides()[1] +
                     getWeight().getType().getDimSize(2);
  return llvm::divideCeil(elements, 2);
}

int64_t PairDepthwiseOp::getScratchBytes() {
  return 4 * getPlaneRows() * getWordsOfRow();
}

/// A channel is read whole before its results are written, and they lie in the
/// same channel of the same image.
bool PairDepthwiseOp::canWriteOver(unsigned operand) {
  ArrayRef<int64_t> from = getInput().getType().getShape();
  ArrayRef<int64_t> to = getType().getShape();
  return operand == 0 &&
         (from == to || (from[0] == 1 && to[1] * to[2] <= from[1] * from[2]));
}

int64_t PairDepthwiseOp::getMACs() {
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  return getType().getNumElements() * weight[1] * weight[2];
}

SmallVector<LoopDim> PairDepthwiseOp::getLoops() {
  ArrayRef<int64_t> shape = getType().getShape();
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  return {{"i", shape[0], false},  {"oh", shape[1], false},
          {"ow", shape[2], false}, {"c", shape[3], false},
          {"kh", weight[1], true}, {"kw", weight[2], true}};
}
