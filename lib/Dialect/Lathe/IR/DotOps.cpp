//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums of products of small integers.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LatheDotOps.cpp.inc"

/// Appends the extents that windows leave of `spatial` dimensions.
static LogicalResult
inferWindows(std::optional<Location> loc, ArrayRef<int64_t> spatial,
             ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides,
             ArrayRef<int64_t> dilations, ArrayRef<int64_t> pads,
             SmallVectorImpl<int64_t> &shape) {
  size_t rank = kernel.size();
  if (strides.size() != rank || dilations.size() != rank ||
      pads.size() != 2 * rank)
    return emitOptionalError(loc, "needs a stride, a dilation and two pads for "
                                  "each dimension of the kernel");
  for (size_t i = 0; i < rank; ++i) {
    if (kernel[i] < 1 || strides[i] < 1 || dilations[i] < 1 || pads[i] < 0 ||
        pads[rank + i] < 0)
      return emitOptionalError(loc, "extents, strides and dilations must be "
                                    "positive, and pads not negative");
    int64_t reach = (kernel[i] - 1) * dilations[i];
    int64_t room = spatial[i] + pads[i] + pads[rank + i] - reach - 1;
    if (room < 0)
      return emitOptionalError(loc, "the window is larger than the input");
    shape.push_back(room / strides[i] + 1);
  }
  return success();
}

/// The name of spatial dimension `dim` of `rank`: the last is the width,
/// whatever their number.
static StringRef nameOf(bool isWindow, int64_t dim, int64_t rank) {
  static constexpr StringLiteral outputs[] = {"od", "oh", "ow"};
  static constexpr StringLiteral windows[] = {"kd", "kh", "kw"};
  int64_t place = dim + 3 - rank;
  if (place < 0)
    return isWindow ? "k" : "o";
  return isWindow ? windows[place] : outputs[place];
}

//===----------------------------------------------------------------------===//
// DotConvOp
//===----------------------------------------------------------------------===//

LogicalResult DotConvOp::inferReturnTypes(MLIRContext *context,
                                          std::optional<Location> loc,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  ArrayRef<int64_t> kernel = adaptor.getKernel();
  size_t rank = kernel.size();
  if (input.getRank() < static_cast<int64_t>(rank) + 2)
    return emitOptionalError(loc, "the input has too few dimensions");
  SmallVector<int64_t> shape(input.getShape().drop_back(rank + 1));
  if (failed(inferWindows(loc, input.getShape().drop_back().take_back(rank),
                          kernel, adaptor.getStrides(), adaptor.getDilations(),
                          adaptor.getPads(), shape)))
    return failure();
  shape.push_back(adaptor.getChannels());
  types.push_back(RankedTensorType::get(shape, IntegerType::get(context, 32)));
  return success();
}

/// Checks the shapes of packed weights and of a bias.
template <typename Op>
static LogicalResult verifyConstants(Op op, ArrayRef<int64_t> weights,
                                     int64_t channels) {
  if (op.getWeight().getType().getShape() != weights)
    return op.emitOpError("needs weights of shape [") << weights << "]";
  if (op.getBias() &&
      op.getBias().getType().getShape() != ArrayRef<int64_t>{channels})
    return op.emitOpError("needs a bias of shape [") << channels << "]";
  return success();
}

LogicalResult DotConvOp::verify() {
  // Reported by inferReturnTypes, which runs later.
  size_t numWindows = getKernel().size();
  if (getStrides().size() != numWindows ||
      getDilations().size() != numWindows || getPads().size() != 2 * numWindows)
    return success();
  int64_t group = getGroup(), channels = getChannels();
  int64_t inputs = getInput().getType().getShape().back();
  if (group < 1 || channels < 1 || inputs < 1 || inputs % group != 0 ||
      channels % group != 0)
    return emitOpError("group ")
           << group << " does not divide the " << inputs << " input and "
           << channels << " output channels";
  int64_t rank = getSpatialRank();
  SmallVector<int64_t> window(getKernel());
  int64_t depth = getDepth();
  if (hasQuadsOfWindow()) {
    if (getDilations()[rank - 1] != 1 || getPads()[rank - 1] != 0 ||
        getPads()[2 * rank - 1] != 0)
      return emitOpError("has one channel, so that its last window needs "
                         "dilation 1 and no padding");
    depth = window.pop_back_val();
  }
  int64_t width = getPanelWidth();
  SmallVector<int64_t> shape = {group, 0};
  if (width > 0)
    shape[1] = llvm::divideCeil(channels / group, width);
  llvm::append_range(shape, window);
  shape.append({static_cast<int64_t>(llvm::divideCeil(depth, quad)),
                quad * std::max<int64_t>(width, 1)});
  return verifyConstants(*this, shape, channels);
}

int64_t DotConvOp::getMACs() {
  int64_t macs = getType().getNumElements() * getDepth();
  for (int64_t extent : getKernel())
    macs *= extent;
  return macs;
}

SmallVector<LoopDim> DotConvOp::getLoops() {
  int64_t batch = getBatchRank(), rank = getSpatialRank();
  ArrayRef<int64_t> result = getType().getShape();
  SmallVector<LoopDim> loops;
  for (int64_t dim = 0; dim < batch; ++dim) {
    bool isRow = rank == 0 && dim + 1 == batch;
    loops.push_back({isRow ? "m" : rank == 0 ? "b" : "n", result[dim], false});
  }
  for (int64_t dim = 0; dim < rank; ++dim)
    loops.push_back(
        {nameOf(/*isWindow=*/false, dim, rank), result[batch + dim], false});
  int64_t group = getGroup(), channels = getChannels();
  if (group > 1)
    loops.push_back({"g", group, false});
  loops.push_back({rank == 0 ? "n" : "oc", channels / group, false});
  for (int64_t dim = 0; dim < rank; ++dim)
    loops.push_back(
        {nameOf(/*isWindow=*/true, dim, rank), getKernel()[dim], true});
  if (!hasQuadsOfWindow())
    loops.push_back({rank == 0 ? "k" : "ic", getDepth(), true});
  return loops;
}

int64_t DotConvOp::getRowLoop() {
  return getBatchRank() + getSpatialRank() - 1;
}

//===----------------------------------------------------------------------===//
// DotDepthwiseOp
//===----------------------------------------------------------------------===//

LogicalResult DotDepthwiseOp::inferReturnTypes(MLIRContext *context,
                                               std::optional<Location> loc,
                                               Adaptor adaptor,
                                               SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  size_t rank = adaptor.getKernel().size();
  if (rank < 2 || input.getRank() != static_cast<int64_t>(rank) + 2)
    return emitOptionalError(loc, "needs a batch, two or more dimensions with "
                                  "windows, and channels");
  SmallVector<int64_t> shape = {input.getDimSize(0)}, pads(2 * rank, 0);
  if (failed(inferWindows(loc, input.getShape().drop_front().drop_back(),
                          adaptor.getKernel(), adaptor.getStrides(),
                          adaptor.getDilations(), pads, shape)))
    return failure();
  shape.push_back(input.getShape().back());
  types.push_back(RankedTensorType::get(shape, IntegerType::get(context, 32)));
  return success();
}

LogicalResult DotDepthwiseOp::verify() {
  ArrayRef<int64_t> kernel = getKernel();
  if (kernel.size() < 2)
    return success(); // reported by inferReturnTypes, which runs later
  int64_t channels = getInput().getType().getShape().back();
  SmallVector<int64_t> shape(kernel.drop_back(2));
  shape.append(
      {static_cast<int64_t>(llvm::divideCeil(kernel[kernel.size() - 2], quad)),
       kernel.back(), quad * channels});
  return verifyConstants(*this, shape, channels);
}

int64_t DotDepthwiseOp::getMACs() {
  int64_t macs = getType().getNumElements();
  for (int64_t extent : getKernel())
    macs *= extent;
  return macs;
}

SmallVector<LoopDim> DotDepthwiseOp::getLoops() {
  int64_t rank = getSpatialRank();
  ArrayRef<int64_t> result = getType().getShape();
  SmallVector<LoopDim> loops = {{"n", result[0], false}};
  for (int64_t dim = 0; dim < rank; ++dim)
    loops.push_back(
        {nameOf(/*isWindow=*/false, dim, rank), result[dim + 1], false});
  loops.push_back({"g", result.back(), false});
  for (int64_t dim = 0; dim < rank; ++dim)
    loops.push_back(
        {nameOf(/*isWindow=*/true, dim, rank), getKernel()[dim], true});
  return loops;
}

int64_t DotDepthwiseOp::getRowLoop() { return getSpatialRank(); }
int64_t DotDepthwiseOp::getRowWindow() { return getKernel().back(); }

//===----------------------------------------------------------------------===//
// DotOp
//===----------------------------------------------------------------------===//

LogicalResult DotOp::verify() {
  auto data = cast<VectorType>(getData().getType());
  auto weights = cast<VectorType>(getWeights().getType());
  if (data.getElementType() != weights.getElementType())
    return emitOpError("needs data and weights of one element type");
  int64_t elements = 32 / data.getElementTypeBitWidth();
  if (data.getNumElements() !=
      elements * cast<VectorType>(getAcc().getType()).getNumElements())
    return emitOpError("needs ") << elements << " elements for each lane";
  if (getIsUnsigned() && elements == 2)
    return emitOpError("has data of 16 bits, which are signed");
  return success();
}
