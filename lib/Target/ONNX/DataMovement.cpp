//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constants and data movement.
//
//===----------------------------------------------------------------------===//

#include "ConverterRegistry.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Support/HostTensorAttr.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::exporter;

static LogicalResult convertConstant(ConstantOp op, OpContext &context) {
  std::optional<HostTensor> tensor = toHostTensor(op.getValue());
  if (!tensor)
    return context.error("the elements of this constant are not loaded");
  context.getTensors().defineConstant(op, *tensor, context.getName());
  return success();
}

static LogicalResult convertTranspose(TransposeOp op, OpContext &context) {
  context.getTensors().defineTransposed(op, op.getInput(), op.getPermutation());
  return success();
}

static LogicalResult convertReshape(ReshapeOp op, OpContext &context) {
  context.getTensors().defineReshaped(op, op.getInput(), context.getName());
  return success();
}

/// The end of ONNX's Slice, which is exclusive. Walking backwards, -1 would be
/// the last element, so that the end before the first one is stated as the
/// least number.
static int64_t getSliceEnd(int64_t offset, int64_t size, int64_t step) {
  if (size == 0)
    return offset;
  int64_t end = offset + (size - 1) * step + (step > 0 ? 1 : -1);
  return end < 0 ? INT64_MIN : end;
}

static LogicalResult convertSlice(SliceOp op, OpContext &context) {
  Layout layout = context.getLayout(op.getInput());
  SmallVector<int64_t> starts, ends, axes, steps;
  for (auto [axis, dim] : llvm::enumerate(layout)) {
    int64_t offset = op.getOffsets()[dim], size = op.getSizes()[dim];
    int64_t step = op.getSteps()[dim];
    if (size == getShape(op.getInput())[dim] && step > 0)
      continue;
    starts.push_back(offset);
    ends.push_back(getSliceEnd(offset, size, step));
    axes.push_back(static_cast<int64_t>(axis));
    steps.push_back(step);
  }
  std::string input = context.get(op.getInput(), layout);
  if (axes.empty())
    return context.setResult("Identity", input, {}, layout);
  return context.setResult("Slice",
                           {input, context.createInts("starts", starts),
                            context.createInts("ends", ends),
                            context.createInts("axes", axes),
                            context.createInts("steps", steps)},
                           {}, layout);
}

static LogicalResult convertBroadcast(BroadcastOp op, OpContext &context) {
  Layout layout = context.getTensors().chooseLayout(op.getInput(), getRank(op));
  std::string shape =
      context.createInts("shape", permute(op.getShape(), layout));
  return context.setResult(
      "Expand", {context.get(op.getInput(), layout), shape}, {}, layout);
}

static LogicalResult convertConcat(ConcatOp op, OpContext &context) {
  Layout layout;
  SmallVector<std::string> inputs = context.getOperands(layout);
  auto axis = static_cast<int64_t>(op.getAxis());
  return context.setResult("Concat", inputs,
                           NodeAttribute("axis", getPosition(layout, axis)),
                           layout);
}

/// The tensor with the only element of `value` and no dimensions.
static std::string getScalar(Value value, OpContext &context) {
  if (!value || getRank(value) == 0)
    return context.get(value);
  return context.getTensors().getReshaped(value, {}, context.getName());
}

static LogicalResult convertPad(PadOp op, OpContext &context) {
  if (op.getMode() == PadMode::Wrap)
    context.getGraph().requireOpset(19);
  Layout layout = context.getLayout(op.getInput());
  SmallVector<int64_t> pads = permute(op.getLow(), layout);
  llvm::append_range(pads, permute(op.getHigh(), layout));
  return context.setResult(
      "Pad",
      {context.get(op.getInput(), layout), context.createInts("pads", pads),
       getScalar(op.getValue(), context)},
      NodeAttribute("mode", stringifyPadMode(op.getMode())), layout);
}

static LogicalResult convertGather(GatherOp op, OpContext &context) {
  return context.setResult(
      "Gather", {context.get(op.getInput()), context.get(op.getIndices())},
      NodeAttribute("axis", op.getAxis()));
}

static LogicalResult convertTile(TileOp op, OpContext &context) {
  Layout layout = context.getLayout(op.getInput());
  std::string repeats =
      context.createInts("repeats", permute(op.getRepeats(), layout));
  return context.setResult(
      "Tile", {context.get(op.getInput(), layout), repeats}, {}, layout);
}

static LogicalResult convertCopy(CopyOp, OpContext &context) {
  return context.computeElementwise("Identity", elements);
}

void lathe::exporter::addDataMovement(ConverterRegistry &registry) {
  registry.add<ConstantOp>(convertConstant);
  registry.add<TransposeOp>(convertTranspose);
  registry.add<ReshapeOp>(convertReshape);
  registry.add<SliceOp>(convertSlice);
  registry.add<BroadcastOp>(convertBroadcast);
  registry.add<ConcatOp>(convertConcat);
  registry.add<PadOp>(convertPad);
  registry.add<GatherOp>(convertGather);
  registry.add<TileOp>(convertTile);
  registry.add<CopyOp>(convertCopy);
}
