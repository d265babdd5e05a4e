//===- PackWeights.cpp - Weights in the order of the register tiles -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"
#include "lathe/Dialect/Lathe/Transforms/DotProducts.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_PACKWEIGHTS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// The panels of weights [lead…, groups * channels].
struct Panels {
  RankedTensorType type;
  int64_t groups, channels;
  /// Panels of a group, and the channels in each.
  int64_t count, width;

  /// Whether packing changes anything, and at most doubles the weights.
  bool areWorthwhile() const {
    return (count > 1 || groups > 1 || width != channels) &&
           count * width <= 2 * channels;
  }

  Value pack(OpBuilder &builder, Location loc, Value weights) const;
  Value unpack(OpBuilder &builder, Location loc, Value packed) const;

private:
  int64_t getNumLead() const { return type.getRank() - 1; }

  /// The leading dimensions, then `last`.
  SmallVector<int64_t> shapeOf(ArrayRef<int64_t> last) const {
    SmallVector<int64_t> shape(type.getShape().drop_back());
    llvm::append_range(shape, last);
    return shape;
  }
};

} // namespace

Value Panels::pack(OpBuilder &builder, Location loc, Value weights) const {
  Value split =
      ReshapeOp::create(builder, loc, weights, shapeOf({groups, channels}));
  if (int64_t missing = count * width - channels) {
    SmallVector<int64_t> none(type.getRank() + 1, 0), high(none);
    high.back() = missing;
    split = PadOp::create(builder, loc,
                          type.clone(shapeOf({groups, count * width})), split,
                          /*value=*/Value(), none, high);
  }
  split =
      ReshapeOp::create(builder, loc, split, shapeOf({groups, count, width}));
  int64_t lead = getNumLead();
  SmallVector<int64_t> order = {lead, lead + 1};
  llvm::append_range(order, llvm::seq<int64_t>(0, lead));
  order.push_back(lead + 2);
  return TransposeOp::create(builder, loc, split, order);
}

Value Panels::unpack(OpBuilder &builder, Location loc, Value packed) const {
  int64_t lead = getNumLead();
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(2, lead + 2));
  order.append({0, 1, lead + 2});
  Value split = TransposeOp::create(builder, loc, packed, order);
  split =
      ReshapeOp::create(builder, loc, split, shapeOf({groups, count * width}));
  if (count * width != channels) {
    SmallVector<int64_t> none(type.getRank() + 1, 0), ones(none.size(), 1);
    split = SliceOp::create(builder, loc, split, none,
                            shapeOf({groups, channels}), ones);
  }
  return ReshapeOp::create(builder, loc, split, type.getShape());
}

/// The output channels of a panel in a kernel with vectors, or 0 if its root
/// has no tile of them.
static int64_t getPanelWidth(KernelOp kernel, Operation *root, int64_t channels,
                             int64_t panelWidth) {
  StrategyAttr strategy = *kernel.getStrategy();
  int64_t lanes = strategy.getVector(), last = -1;
  for (const LoopDim &loop : cast<LoopNestOpInterface>(root).getLoops())
    last += !loop.isReduction;
  if (lanes <= 1 || last < 0)
    return 0;
  // As many channels for any vectors of up to 512 bits.
  if (panelWidth != 0)
    return std::min<int64_t>(panelWidth, llvm::divideCeil(channels, 16) * 16);
  return llvm::divideCeil(strategy.getTile()[last], lanes) * lanes;
}

/// The kernel's argument that `root` takes its weights from, as they are or
/// widened; null if there is none.
static BlockArgument getWeightsArgument(WeightedOpInterface root) {
  Value weights = root.getWeights();
  while (Operation *op = weights.getDefiningOp()) {
    if (!isa<ElementwiseOpInterface>(op) || op->getNumOperands() != 1)
      return {};
    weights = op->getOperand(0);
  }
  return cast<BlockArgument>(weights);
}

/// The panels in which a kernel reads weights of `type`; none if it has no
/// vectors, or no tile of output channels.
static std::optional<Panels> getPanels(KernelOp kernel, Operation *root,
                                       RankedTensorType type,
                                       int64_t panelWidth) {
  int64_t groups = cast<WeightedOpInterface>(root).getWeightGroups();
  if (!isa<FloatType>(type.getElementType()) || groups == 0)
    return std::nullopt;
  int64_t channels = type.getShape().back() / groups;
  int64_t width = getPanelWidth(kernel, root, channels, panelWidth);
  if (width == 0)
    return std::nullopt;
  return Panels{type, groups, channels,
                static_cast<int64_t>(llvm::divideCeil(channels, width)), width};
}

namespace {

/// A convolution or a product as a `lathe.dot_conv`.
struct DotProblem {
  SmallVector<int64_t> kernel, strides, dilations, pads;
  int64_t groups = 1;
  /// Elements of a sum in each place of the window, and output channels of a
  /// group.
  int64_t depth, channels;
  /// The windows that the packed weights have a dimension for.
  SmallVector<int64_t> window;

  explicit DotProblem(WeightedOpInterface root);

  Value pack(OpBuilder &builder, Location loc, Value weights, int64_t width,
             DotKind kind) const;
};

} // namespace

DotProblem::DotProblem(WeightedOpInterface root) {
  auto weights = cast<RankedTensorType>(root.getWeights().getType());
  depth = weights.getShape().take_back(2)[0];
  if (auto conv = dyn_cast<ConvOp>(root.getOperation())) {
    kernel = llvm::to_vector(weights.getShape().drop_back(2));
    strides = llvm::to_vector(conv.getStrides());
    dilations = llvm::to_vector(conv.getDilations());
    pads = llvm::to_vector(conv.getPads());
    groups = conv.getGroup();
  }
  channels = weights.getShape().back() / groups;
  window = kernel;
  if (depth == 1 && !window.empty())
    depth = window.pop_back_val();
}

/// The `weights` [window…, depth, groups * channels] in panels of `width`.
Value DotProblem::pack(OpBuilder &builder, Location loc, Value weights,
                       int64_t width, DotKind kind) const {
  constexpr int64_t quad = DotConvOp::quad;
  bool isWords = kind == DotKind::Words;
  if (isWords)
    weights = CastOp::create(builder, loc, weights, builder.getIntegerType(16));
  auto lead = static_cast<int64_t>(window.size());
  int64_t panels = llvm::divideCeil(channels, width);
  int64_t quads = llvm::divideCeil(depth, quad);
  auto shapeOf = [&](ArrayRef<int64_t> last) {
    SmallVector<int64_t> shape(window);
    llvm::append_range(shape, last);
    return shape;
  };
  Value split = ReshapeOp::create(builder, loc, weights,
                                  shapeOf({depth, groups, channels}));
  SmallVector<int64_t> none(lead + 3, 0), high(none);
  high[lead] = quads * quad - depth;
  high[lead + 2] = panels * width - channels;
  auto type = cast<RankedTensorType>(split.getType());
  if (high != none)
    split = PadOp::create(
        builder, loc,
        type.clone(shapeOf({quads * quad, groups, panels * width})), split,
        /*value=*/Value(), none, high);
  // An element is number 2 * i + parity of its quad.
  split = ReshapeOp::create(builder, loc, split,
                            shapeOf({quads, 2, 2, groups, panels, width}));
  int64_t quadDim = lead, pair = lead + 1, parity = lead + 2;
  SmallVector<int64_t> order = {lead + 3, lead + 4};
  llvm::append_range(order, llvm::seq<int64_t>(0, lead));
  order.push_back(quadDim);
  if (isWords)
    order.append({parity, lead + 5, pair});
  else
    order.append({lead + 5, pair, parity});
  Value packed = TransposeOp::create(builder, loc, split, order);
  SmallVector<int64_t> shape = {groups, panels};
  llvm::append_range(shape, window);
  shape.append({quads, quad * width});
  return ReshapeOp::create(builder, loc, packed, shape);
}

/// Makes the kernel's root a `lathe.dot_conv` with packed weights.
static void packQuads(KernelOp kernel, WeightedOpInterface root, DotKind kind,
                      int64_t panelWidth) {
  DotProblem problem(root);
  int64_t width = getPanelWidth(kernel, root, problem.channels, panelWidth);
  auto weights = cast<BlockArgument>(root.getWeights());
  OpOperand &input = kernel->getOpOperand(weights.getArgNumber());
  OpBuilder builder(kernel);
  input.set(
      problem.pack(builder, input.get().getLoc(), input.get(), width, kind));
  weights.setType(input.get().getType());
  builder.setInsertionPoint(root);
  Value sums = DotConvOp::create(
      builder, root.getLoc(), root.getData(), weights, root.getBias(),
      problem.kernel, problem.strides, problem.dilations, problem.pads,
      problem.groups * problem.channels, problem.groups);
  root->getResult(0).replaceAllUsesWith(sums);
  root->erase();
}

/// The `weights` [window…, 1, channels] of a depthwise convolution in quads of
/// the rows of the window.
static Value packRows(OpBuilder &builder, Location loc, Value weights,
                      DotKind kind) {
  constexpr int64_t quad = DotDepthwiseOp::quad;
  bool isWords = kind == DotKind::Words;
  if (isWords)
    weights = CastOp::create(builder, loc, weights, builder.getIntegerType(16));
  auto type = cast<RankedTensorType>(weights.getType());
  ArrayRef<int64_t> window = type.getShape().drop_back(2);
  auto lead = static_cast<int64_t>(window.size()) - 2;
  int64_t rows = window[lead], columns = window[lead + 1];
  int64_t channels = type.getShape().back(),
          quads = llvm::divideCeil(rows, quad);
  auto shapeOf = [&](ArrayRef<int64_t> last) {
    SmallVector<int64_t> shape(window.drop_back(2));
    llvm::append_range(shape, last);
    return shape;
  };
  Value split = ReshapeOp::create(builder, loc, weights,
                                  shapeOf({rows, columns, channels}));
  SmallVector<int64_t> none(lead + 3, 0), high(none);
  high[lead] = quads * quad - rows;
  if (high != none)
    split = PadOp::create(
        builder, loc, type.clone(shapeOf({quads * quad, columns, channels})),
        split, /*value=*/Value(), none, high);
  // A row is number 2 * pair + i of its quad.
  split = ReshapeOp::create(builder, loc, split,
                            shapeOf({quads, 2, 2, columns, channels}));
  int64_t pair = lead + 1, row = lead + 2, column = lead + 3,
          channel = lead + 4;
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, lead + 1));
  if (isWords)
    order.append({column, pair, channel, row});
  else
    order.append({column, channel, pair, row});
  Value packed = TransposeOp::create(builder, loc, split, order);
  return ReshapeOp::create(builder, loc, packed,
                           shapeOf({quads, columns, quad * channels}));
}

/// Makes the kernel's root a `lathe.dot_depthwise` with packed weights.
static void packDepthwise(KernelOp kernel, ConvOp root, DotKind kind) {
  SmallVector<int64_t> window(
      root.getWeight().getType().getShape().drop_back(2));
  auto weights = cast<BlockArgument>(root.getWeight());
  OpOperand &input = kernel->getOpOperand(weights.getArgNumber());
  OpBuilder builder(kernel);
  input.set(packRows(builder, input.get().getLoc(), input.get(), kind));
  weights.setType(input.get().getType());
  builder.setInsertionPoint(root);
  Value sums = DotDepthwiseOp::create(builder, root.getLoc(), root.getInput(),
                                      weights, root.getBias(), window,
                                      root.getStrides(), root.getDilations());
  root.getResult().replaceAllUsesWith(sums);
  root.erase();
}

/// Whether the strategy of a kernel is one of dot products along reduction
/// loop `fromLast` of its root, counted from the last.
static bool hasQuads(KernelOp kernel, size_t fromLast) {
  ArrayRef<int64_t> tile = kernel.getStrategy()->getTile();
  return tile[tile.size() - 1 - fromLast] == DotConvOp::quad;
}

/// Packs the weights of the kernel's root. Returns whether it did.
static bool packWeights(KernelOp kernel, DotKind kind, int64_t panelWidth) {
  for (Operation &op : kernel.getBody().front()) {
    auto root = dyn_cast<WeightedOpInterface>(op);
    if (!root)
      continue;
    if (isByteProduct(root) && hasQuads(kernel, 0)) {
      packQuads(kernel, root, kind, panelWidth);
      return true;
    }
    if (isByteDepthwise(root) && hasQuads(kernel, 1)) {
      packDepthwise(kernel, cast<ConvOp>(root.getOperation()), kind);
      return true;
    }
    BlockArgument argument = getWeightsArgument(root);
    if (!argument)
      return false;
    OpOperand &input = kernel->getOpOperand(argument.getArgNumber());
    auto constant = input.get().getDefiningOp<ConstantOp>();
    if (!constant || constant.getValue().isSplat())
      return false;
    std::optional<Panels> panels = getPanels(
        kernel, &op, cast<RankedTensorType>(argument.getType()), panelWidth);
    if (!panels || !panels->areWorthwhile())
      return false;
    OpBuilder builder(kernel);
    input.set(panels->pack(builder, constant.getLoc(), constant));
    argument.setType(input.get().getType());
    builder.setInsertionPointToStart(&kernel.getBody().front());
    SmallVector<OpOperand *> uses =
        llvm::to_vector(llvm::make_pointer_range(argument.getUses()));
    Value unpacked = panels->unpack(builder, constant.getLoc(), argument);
    for (OpOperand *use : uses)
      use->set(unpacked);
    return true;
  }
  return false;
}

namespace {

struct PackWeights : lathe::impl::PackWeightsBase<PackWeights> {
  using PackWeightsBase::PackWeightsBase;

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<KernelOp>())
      if (kernel.getStrategy() && packWeights(kernel, kind, panelWidth))
        ++numPacked;
  }
};

} // namespace
