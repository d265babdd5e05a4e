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

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

#define GET_OP_CLASSES
#include "lathe/Dialect/Lathe/IR/LathePairOps.cpp.inc"

LogicalResult PairConvOp::inferReturnTypes(MLIRContext *,
                                           std::optional<Location> loc,
                                           Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  ArrayRef<int64_t> kernel = adaptor.getKernel(), pads = adaptor.getPads();
  size_t rank = kernel.size();
  if (rank > 2 || input.getRank() < static_cast<int64_t>(rank) + 2)
    return emitOptionalError(loc, "needs windows in at most two dimensions and "
                                  "one before them and the channels");
  if (adaptor.getStrides().size() != rank || pads.size() != 2 * rank)
    return emitOptionalError(
        loc, "needs a stride and two pads for each dimension of the kernel");
  SmallVector<int64_t> shape(input.getShape());
  for (size_t i = 0; i < rank; ++i) {
    int64_t stride = adaptor.getStrides()[i];
    int64_t &extent = shape[shape.size() - 1 - rank + i];
    int64_t room = extent + pads[i] + pads[rank + i] - kernel[i];
    if (kernel[i] < 1 || stride < 1 || pads[i] < 0 || pads[rank + i] < 0 ||
        room < 0)
      return emitOptionalError(loc, "the window is empty or does not fit");
    extent = room / stride + 1;
  }
  shape.back() = adaptor.getChannels();
  if (shape.back() < 1)
    return emitOptionalError(loc, "needs at least one output channel");
  types.push_back(
      RankedTensorType::get(shape, IntegerType::get(input.getContext(), 32)));
  return success();
}

LogicalResult PairConvOp::verify() {
  int64_t blocks = llvm::divideCeil(getChannels(), channelBlock);
  int64_t shape[] = {blocks, getKernelRows(), getPairsOfWindow(), 2};
  if (getWeight().getType().getShape() != ArrayRef(shape))
    return emitOpError("needs weights of shape [") << ArrayRef(shape) << "]";
  if (getBias().getType().getShape() != ArrayRef{blocks * channelBlock})
    return emitOpError("needs a bias of shape [")
           << blocks * channelBlock << "]";
  return success();
}

int64_t PairConvOp::getPairsOfRow() {
  ArrayRef<int64_t> shape = getInput().getType().getShape();
  ArrayRef<int64_t> pads = getPads();
  int64_t width =
      shape[shape.size() - 2] + pads[getSpatialRank() - 1] + pads.back();
  return width * getPairsOfPixel();
}

int64_t PairConvOp::getScratchBytes() {
  constexpr int64_t bytes = 4;
  return bytes * (getKernel().empty() ? pixelBlock * getPairsOfPixel()
                                      : getKernelRows() * getPairsOfRow());
}

int64_t PairConvOp::getMACs() {
  int64_t window = getInput().getType().getShape().back();
  for (int64_t extent : getKernel())
    window *= extent;
  return getType().getNumElements() * window;
}

SmallVector<LoopDim> PairConvOp::getLoops() {
  SmallVector<LoopDim> loops;
  for (int64_t extent : getType().getShape().drop_back())
    loops.push_back({"i", extent, false});
  if (getSpatialRank() > 1)
    loops[loops.size() - 2].name = "oh";
  loops.back().name = "ow";
  loops.push_back({"oc", static_cast<int64_t>(getChannels()), false});
  loops.push_back({"kh", getKernelRows(), true});
  loops.push_back({"pair", getPairsOfWindow(), true});
  return loops;
}
