//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Products over windows in memory.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"

#include "Bands.h"
#include "Window.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.cpp.inc"

/// The sums of `channels` output channels at each place that windows have in
/// data of `shape`.
static LogicalResult
inferSums(MLIRContext *context, std::optional<Location> loc,
          SmallVector<int64_t> shape, ArrayRef<int64_t> kernel,
          ArrayRef<int64_t> strides, ArrayRef<int64_t> pads, int64_t channels,
          SmallVectorImpl<Type> &types) {
  if (failed(countWindows(loc, kernel, strides, pads, shape)))
    return failure();
  if (channels < 1)
    return emitOptionalError(loc, "needs at least one output channel");
  shape.back() = channels;
  types.push_back(RankedTensorType::get(shape, IntegerType::get(context, 32)));
  return success();
}

/// What `conv` reads beside an image.
template <typename ConvOp> static TypedAttr getPaddingByte(ConvOp conv) {
  return IntegerAttr::get(IntegerType::get(conv.getContext(), 8),
                          APInt(8, conv.getPadding(), /*isSigned=*/false,
                                /*implicitTrunc=*/true));
}

//===----------------------------------------------------------------------===//
// WindowConvOp
//===----------------------------------------------------------------------===//

LogicalResult WindowConvOp::inferReturnTypes(MLIRContext *context,
                                             std::optional<Location> loc,
                                             Adaptor adaptor,
                                             SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  return inferSums(context, loc, SmallVector<int64_t>(input.getShape()),
                   adaptor.getKernel(), adaptor.getStrides(), adaptor.getPads(),
                   adaptor.getChannels(), types);
}

LogicalResult WindowConvOp::verify() {
  if (getForm() == WindowForm::Halves && !isRow()) {
    if (getWeight().getType().getRank() != 2 ||
        getWeight().getType().getDimSize(0) != getNumBlocks())
      return emitOpError("needs weights of shape [")
             << getNumBlocks() << ", bytes of a block]";
  } else if (SmallVector<int64_t> shape = getWeightShape();
             getWeight().getType().getShape() != ArrayRef(shape)) {
    return emitOpError("needs weights of shape [") << ArrayRef(shape) << "]";
  }
  bool hasWords = getForm() == WindowForm::Pairs;
  if (getWeight().getType().getElementType().isInteger(32) != hasWords)
    return emitOpError("needs weights of ") << (hasWords ? "i32" : "i8");
  int64_t channels = getNumBlocks() * getChannelBlock();
  if (getBias().getType().getShape() != ArrayRef{channels})
    return emitOpError("needs a bias of shape [") << channels << "]";
  return success();
}

int64_t WindowConvOp::getUnitElements() {
  switch (getForm()) {
  case WindowForm::Pairs:
    return 2;
  case WindowForm::Bytes:
    return isRow() ? 1 : 4;
  case WindowForm::Vectors:
  case WindowForm::Halves:
    return 1;
  }
  llvm_unreachable("no form of windows");
}

int64_t WindowConvOp::getUnits() {
  int64_t units = getKernelRows() * getUnitsOf(getElementsOfRow());
  if (!hasWords() || (isRow() && getForm() == WindowForm::Halves))
    return units;
  // What is multiplied at a time: eight bytes of a row, two words of a window.
  return llvm::alignTo(units, isRow() ? 4 : 2);
}

SmallVector<int64_t> WindowConvOp::getWeightShape() {
  switch (getForm()) {
  case WindowForm::Pairs:
    return {getNumBlocks(), getUnits(), 2};
  case WindowForm::Bytes:
    return {getNumBlocks(), getDepth(), getChannelBlock()};
  case WindowForm::Vectors:
    return {getNumBlocks(), getChannelBlock() * getDepth()};
  case WindowForm::Halves:
    return {getNumBlocks(), getChannelBlock(), getDepth()};
  }
  llvm_unreachable("no form of windows");
}

int64_t WindowConvOp::getBlocksOfPart() {
  int64_t most = (isRow() ? rowChannels : maxChannels) / getChannelBlock();
  if (isRow())
    return std::min(getNumBlocks(), most);
  // Parts of the same size, but for the last.
  int64_t parts = llvm::divideCeil(getNumBlocks(), most);
  return llvm::divideCeil(getNumBlocks(), parts);
}

int64_t WindowConvOp::getWindowBytes() {
  if (readsInPlace())
    return 0;
  return llvm::alignTo(getUnitsOfLanes() * getUnitBytes(), 4);
}

int64_t WindowConvOp::getSumBytes() {
  int64_t sums = getLanes() * getChannelBlock() * getBlocksOfPart();
  // Vectors read those of four channels at a time.
  return 4 * (getForm() == WindowForm::Vectors ? llvm::alignTo(sums, 8) : sums);
}

int64_t WindowConvOp::getEdgeBytes() {
  return readsInPlace() ? 0 : llvm::alignTo(getElementsOfRow(), 4);
}

int64_t WindowConvOp::getScratchBytes() {
  // The few sums of a row are on the stack.
  if (isRow())
    return 0;
  return getWindowBytes() + getSumBytes() + getEdgeBytes();
}

bool WindowConvOp::readsDenseMemory() { return readsInPlace(); }

/// The windows of the pixels that a step of the loops reads lie behind all
/// results of the steps before, if no pixel grows and none is read twice. Those
/// that are not copied are needed until the last channel is summed.
bool WindowConvOp::canWriteOver(unsigned operand) {
  auto isOne = [](int64_t amount) { return amount == 1; };
  auto isZero = [](int64_t amount) { return amount == 0; };
  if (readsInPlace() && getBlocksOfPart() < getNumBlocks())
    return false;
  return operand == 0 && !isRow() && llvm::all_of(getKernel(), isOne) &&
         llvm::all_of(getPads(), isZero) &&
         static_cast<int64_t>(getChannels()) <=
             getInput().getType().getShape().back();
}

int64_t WindowConvOp::countConsumed(int64_t pixel) {
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

std::optional<int64_t> WindowConvOp::getWriteLead(unsigned operand,
                                                  int64_t bytes) {
  // All of a row is needed up to the last channel.
  if (operand != 0 || isRow())
    return std::nullopt;
  // What is not copied is needed until the last part of its results is summed.
  bool copies = !readsInPlace() || getBlocksOfPart() == getNumBlocks();
  int64_t pixels = getNumPixels(), step = getLanes(), lead = 0;
  int64_t pixelBytes = getType().getShape().back() * bytes;
  int64_t size = getInput().getType().getNumElements();
  for (int64_t next = step; next < pixels + step; next += step) {
    int64_t needed = copies ? next : next - step;
    lead = std::max(lead, std::min(next, pixels) * pixelBytes -
                              (needed < pixels ? countConsumed(needed) : size));
  }
  return lead;
}

std::optional<RowWindow> WindowConvOp::getReadRows(unsigned operand) {
  if (operand != 0)
    return std::nullopt;
  if (getSpatialRank() < 2)
    return RowWindow();
  return RowWindow{getKernelRows(), getStrides()[0], getPads()[0],
                   getPaddingByte(*this)};
}

Operation *WindowConvOp::buildBand(OpBuilder &builder, ValueRange operands) {
  return buildBandOp(*this, builder, operands);
}

/// Two windows at a time, however many there are.
int64_t WindowConvOp::getBandScratchBytes(int64_t) { return getScratchBytes(); }

int64_t WindowConvOp::getMACs() {
  return getType().getNumElements() * getKernelRows() * getElementsOfRow();
}

SmallVector<LoopDim> WindowConvOp::getLoops() {
  SmallVector<LoopDim> loops;
  for (int64_t extent : getType().getShape().drop_back())
    loops.push_back({"i", extent, false});
  if (getSpatialRank() > 1)
    loops[loops.size() - 2].name = "oh";
  loops.back().name = "ow";
  loops.push_back({"oc", static_cast<int64_t>(getChannels()), false});
  loops.push_back({"unit", getUnits(), true});
  return loops;
}

//===----------------------------------------------------------------------===//
// PlaneDepthwiseOp
//===----------------------------------------------------------------------===//

LogicalResult PlaneDepthwiseOp::inferReturnTypes(MLIRContext *context,
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
  return inferSums(context, loc, shape, weight.getShape().drop_front(),
                   adaptor.getStrides(), adaptor.getPads(), shape.back(),
                   types);
}

LogicalResult PlaneDepthwiseOp::verify() {
  if (getForm() == WindowForm::Vectors)
    return emitOpError("has planes of bytes, halves or pairs");
  int64_t channels = getType().getShape().back();
  if (getBias().getType().getShape() != ArrayRef{channels})
    return emitOpError("needs a bias of shape [") << channels << "]";
  return success();
}

int64_t PlaneDepthwiseOp::getPlaneRows(int64_t rows) {
  return (rows - 1) * getStrides()[0] + getWeight().getType().getDimSize(1);
}

int64_t PlaneDepthwiseOp::getElementsOfRow() {
  return (getType().getDimSize(2) - 1) * getStrides()[1] +
         getWeight().getType().getDimSize(2);
}

int64_t PlaneDepthwiseOp::getUnitsOfRow() {
  int64_t elements = getElementsOfRow();
  return hasPairs() ? llvm::divideCeil(elements, 2) : elements;
}

int64_t PlaneDepthwiseOp::getScratchBytes() {
  return getBandScratchBytes(getType().getDimSize(1));
}

std::optional<RowWindow> PlaneDepthwiseOp::getReadRows(unsigned operand) {
  if (operand != 0)
    return std::nullopt;
  // Of each element a load and a store, its share of the loop, and of pairs
  // half a PKHBT.
  return RowWindow{getWeight().getType().getDimSize(1), getStrides()[0],
                   getPads()[0], getPaddingByte(*this), /*copyCost=*/3};
}

Operation *PlaneDepthwiseOp::buildBand(OpBuilder &builder,
                                       ValueRange operands) {
  return buildBandOp(*this, builder, operands);
}

int64_t PlaneDepthwiseOp::getBandScratchBytes(int64_t rows) {
  int64_t units = getPlaneRows(rows) * getUnitsOfRow();
  return hasPairs() ? 4 * units : units;
}

/// A channel is read whole before its results are written, and they lie in the
/// same channel of the same image.
bool PlaneDepthwiseOp::canWriteOver(unsigned operand) {
  ArrayRef<int64_t> from = getInput().getType().getShape();
  ArrayRef<int64_t> to = getType().getShape();
  return operand == 0 &&
         (from == to || (from[0] == 1 && to[1] * to[2] <= from[1] * from[2]));
}

int64_t PlaneDepthwiseOp::getMACs() {
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  return getType().getNumElements() * weight[1] * weight[2];
}

SmallVector<LoopDim> PlaneDepthwiseOp::getLoops() {
  ArrayRef<int64_t> shape = getType().getShape();
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  return {{"i", shape[0], false},  {"oh", shape[1], false},
          {"ow", shape[2], false}, {"c", shape[3], false},
          {"kh", weight[1], true}, {"kw", weight[2], true}};
}

//===----------------------------------------------------------------------===//
// RowDepthwiseOp
//===----------------------------------------------------------------------===//

LogicalResult RowDepthwiseOp::inferReturnTypes(MLIRContext *context,
                                               std::optional<Location> loc,
                                               Adaptor adaptor,
                                               SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  auto weight = cast<RankedTensorType>(adaptor.getWeight().getType());
  SmallVector<int64_t> shape(input.getShape());
  if (shape.size() != 4 || weight.getRank() != 4 ||
      weight.getDimSize(3) != channelBlock ||
      weight.getDimSize(0) != llvm::divideCeil(shape.back(), channelBlock))
    return emitOptionalError(
        loc, "needs an input [n, height, width, channels] and weights "
             "[channels / 8, rows, columns, 8]");
  return inferSums(context, loc, shape, weight.getShape().slice(1, 2),
                   adaptor.getStrides(), adaptor.getPads(), shape.back(),
                   types);
}

LogicalResult RowDepthwiseOp::verify() {
  if (getBias().getType().getShape() != ArrayRef{getPaddedChannels()})
    return emitOpError("needs a bias of shape [") << getPaddedChannels() << "]";
  return success();
}

int64_t RowDepthwiseOp::getRowBytes() {
  ArrayRef<int64_t> shape = getType().getShape();
  return ((shape[2] - 1) * getStrides()[1] + getKernelColumns()) * shape[3];
}

int64_t RowDepthwiseOp::getRingBytes() {
  int64_t rest = getPaddedChannels() - getType().getShape().back();
  return llvm::alignTo(getKernelRows() * getRowBytes() + rest, 4);
}

int64_t RowDepthwiseOp::getScratchBytes() {
  return getRingBytes() + 4 * getPaddedChannels();
}

/// What a row of results needs is in the ring before any of them is written,
/// and no row of results lies behind the rows in it.
bool RowDepthwiseOp::canWriteOver(unsigned operand) {
  ArrayRef<int64_t> from = getInput().getType().getShape();
  ArrayRef<int64_t> to = getType().getShape();
  return operand == 0 && from == to && getPads()[0] < getKernelRows();
}

std::optional<int64_t> RowDepthwiseOp::getWriteLead(unsigned operand,
                                                    int64_t bytes) {
  if (operand != 0)
    return std::nullopt;
  ArrayRef<int64_t> from = getInput().getType().getShape();
  ArrayRef<int64_t> to = getType().getShape();
  int64_t lead = 0;
  for (int64_t image = 0; image < to[0]; ++image)
    for (int64_t row = 0; row < to[1]; ++row) {
      int64_t written = (image * to[1] + row + 1) * to[2] * to[3] * bytes;
      int64_t read = std::clamp<int64_t>(
          row * getStrides()[0] - getPads()[0] + getKernelRows(), 0, from[1]);
      // No row of the image is needed behind the last window.
      if (row + 1 == to[1])
        read = from[1];
      lead = std::max(lead,
                      written - (image * from[1] + read) * from[2] * from[3]);
    }
  return lead;
}

std::optional<RowWindow> RowDepthwiseOp::getReadRows(unsigned operand) {
  if (operand != 0)
    return std::nullopt;
  // Sixteen bytes at a time.
  return RowWindow{getKernelRows(), getStrides()[0], getPads()[0],
                   getPaddingByte(*this), /*copyCost=*/0.25};
}

Operation *RowDepthwiseOp::buildBand(OpBuilder &builder, ValueRange operands) {
  return buildBandOp(*this, builder, operands);
}

/// The ring has the rows of a window, however many there are.
int64_t RowDepthwiseOp::getBandScratchBytes(int64_t) {
  return getScratchBytes();
}

int64_t RowDepthwiseOp::getMACs() {
  return getType().getNumElements() * getKernelRows() * getKernelColumns();
}

SmallVector<LoopDim> RowDepthwiseOp::getLoops() {
  ArrayRef<int64_t> shape = getType().getShape();
  return {{"i", shape[0], false},        {"oh", shape[1], false},
          {"ow", shape[2], false},       {"c", shape[3], false},
          {"kh", getKernelRows(), true}, {"kw", getKernelColumns(), true}};
}
