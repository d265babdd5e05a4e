//===- SelectStrategy.cpp - Loop order, register tile, vector width -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RegisterTile.h"

#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"

#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_SELECTSTRATEGY
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// The vector unit that strategies are chosen for.
struct VectorUnit {
  int64_t bits, registers;

  /// Elements of `type` in a vector, 1 without vectors. Half floats are
  /// computed in f32, and sums of small integers in i32.
  int64_t lanes(Type type) const {
    int64_t width = std::max<int64_t>(type.getIntOrFloatBitWidth(), 32);
    return std::max<int64_t>(bits / width, 1);
  }
};

/// The op whose loops the kernel runs; null if it is elementwise.
LoopNestOpInterface rootOf(KernelOp kernel) {
  for (Operation &op : kernel.getBody().front())
    if (auto root = dyn_cast<LoopNestOpInterface>(op))
      return root;
  return {};
}

/// The loops of a kernel: its root's, or those over its result's elements.
SmallVector<LoopDim> loopsOf(KernelOp kernel) {
  if (LoopNestOpInterface root = rootOf(kernel))
    return root.getLoops();
  SmallVector<LoopDim> loops;
  auto type = cast<RankedTensorType>(kernel.getResultTypes()[0]);
  for (int64_t extent : type.getShape())
    loops.push_back({"i", extent, false});
  return loops;
}

StrategyAttr selectScalar(MLIRContext *context, ArrayRef<LoopDim> loops) {
  SmallVector<int64_t> order =
      llvm::to_vector(llvm::seq<int64_t>(0, loops.size()));
  SmallVector<int64_t> tile(loops.size(), 1);
  int64_t parallel = llvm::count_if(
      loops, [](const LoopDim &loop) { return !loop.isReduction; });
  if (parallel != static_cast<int64_t>(loops.size()) && parallel > 0 &&
      loops[parallel - 1].extent % 4 == 0)
    tile[parallel - 1] = 4;
  return StrategyAttr::get(context, order, tile, 1, /*parallel=*/false);
}

/// Whether the kernel sums products.
bool multiplies(KernelOp kernel) {
  return llvm::any_of(kernel.getBody().front(), [](Operation &op) {
    auto cost = dyn_cast<CostOpInterface>(op);
    return cost && cost.getMACs() > 0;
  });
}

/// The bytes between the elements that two rows of a tile read of the root's
/// data; 1 if unknown.
int64_t pitchOfRows(LoopNestOpInterface nest) {
  auto root = dyn_cast_if_present<WeightedOpInterface>(nest.getOperation());
  if (!root)
    return 1;
  auto data = cast<RankedTensorType>(root.getData().getType());
  return data.getShape().back() * root.getRowStride() *
         data.getElementTypeBitWidth() / 8;
}

/// The order of a kernel's loops, outermost first, with the `vector` and `row`
/// loops of its register tile. The vector loop runs outside the pixels or rows,
/// so that its slice of the weights stays in the cache while the data passes.
SmallVector<int64_t> orderLoops(ArrayRef<LoopDim> loops, int64_t vector,
                                int64_t row) {
  SmallVector<int64_t> order;
  if (row > 0)
    order.push_back(0);
  if (row >= 0)
    for (int64_t loop = row + 1; loop <= vector; ++loop)
      order.push_back(loop);
  for (int64_t loop = 0; loop < static_cast<int64_t>(loops.size()); ++loop)
    if (!llvm::is_contained(order, loop))
      order.push_back(loop);
  return order;
}

/// The bytes of the weights that a vector of sums reads, if all rows read the
/// same.
std::optional<int64_t> bytesOfWeights(LoopNestOpInterface root,
                                      ArrayRef<LoopDim> loops, int64_t lanes) {
  auto weighted = dyn_cast<WeightedOpInterface>(root.getOperation());
  if (!weighted || weighted.getWeightGroups() != 1)
    return std::nullopt;
  auto weights = cast<RankedTensorType>(weighted.getWeights().getType());
  int64_t bytes = lanes * weights.getElementTypeBitWidth() / 8;
  for (const LoopDim &loop : loops)
    if (loop.isReduction)
      bytes *= loop.extent;
  return bytes;
}

/// The tile of `vectors` times loop `row` of the root's.
RegisterTile selectRowTile(LoopNestOpInterface root, ArrayRef<LoopDim> loops,
                           int64_t row, int64_t vectors, int64_t lanes,
                           const VectorUnit &unit) {
  RowGrid grid{loops[row].extent, vectors, pitchOfRows(root), unit.registers};
  if (int64_t window = root.getRowWindow())
    return selectWindowTile(grid, window);
  if (std::optional<int64_t> bytes = bytesOfWeights(root, loops, lanes)) {
    grid.weightBytes = *bytes;
    grid.outer = row > 0 ? loops[row - 1].extent : 1;
  }
  return selectRegisterTile(grid);
}

StrategyAttr selectVector(KernelOp kernel, ArrayRef<LoopDim> loops,
                          const VectorUnit &unit, int64_t lanes) {
  constexpr int64_t elementwiseVectors = 2;
  SmallVector<int64_t> tile(loops.size(), 1);
  int64_t last = -1;
  for (const LoopDim &loop : loops)
    last += !loop.isReduction;
  bool reduces = last + 1 != static_cast<int64_t>(loops.size());
  LoopNestOpInterface root = rootOf(kernel);
  int64_t row = reduces && root ? root.getRowLoop() : -1;
  if (last >= 0) {
    int64_t vectors = llvm::divideCeil(loops[last].extent, lanes);
    RegisterTile best{1, std::min(vectors, elementwiseVectors)};
    // Only products share loads within a tile; of anything else, wide tiles
    // would leave too few for threads.
    if (!multiplies(kernel))
      vectors = best.vectors;
    if (row >= 0)
      best = selectRowTile(root, loops, row, vectors, lanes, unit);
    tile[last] = std::min(loops[last].extent, best.vectors * lanes);
    if (row >= 0)
      tile[row] = best.rows;
    if (row > 0)
      tile[row - 1] = best.outer;
  }
  return StrategyAttr::get(kernel.getContext(), orderLoops(loops, last, row),
                           tile, lanes, /*parallel=*/false);
}

/// What executing the kernel once costs, in operations, or elements where it
/// only moves them.
int64_t workOf(KernelOp kernel) {
  int64_t work = 0, elements = 0;
  for (Operation &op : kernel.getBody().front())
    if (auto cost = dyn_cast<CostOpInterface>(op))
      work += cost.getMACs() + cost.getElementOps();
  for (Type type : kernel.getResultTypes())
    elements += cast<RankedTensorType>(type).getNumElements();
  return std::max(work, elements);
}

/// How much faster a loop of `extent` iterations runs when `threads` share its
/// full tiles and one runs the rest.
double speedupOf(int64_t extent, int64_t tile, int64_t threads) {
  int64_t tiles = extent / tile;
  int64_t share = llvm::divideCeil(tiles, threads) * tile;
  return static_cast<double>(extent) / (share + extent % tile);
}

/// `strategy` for several threads, or as it is if they gain too little.
StrategyAttr shareAmongThreads(StrategyAttr strategy, ArrayRef<LoopDim> loops,
                               int64_t threads) {
  // A loop further out is worth a little imbalance, since it keeps the order
  // that suits the caches.
  constexpr double leastSpeedup = 1.5, tolerance = 0.9;
  SmallVector<double> speedups;
  double best = 0;
  for (auto [loop, tile] : llvm::zip_equal(loops, strategy.getTile())) {
    bool canShare = !loop.isReduction && loop.extent > 0;
    speedups.push_back(canShare ? speedupOf(loop.extent, tile, threads) : 0);
    best = std::max(best, speedups.back());
  }
  if (best < leastSpeedup)
    return strategy;
  SmallVector<int64_t> order = llvm::to_vector(strategy.getOrder());
  auto *chosen = llvm::find_if(
      order, [&](int64_t loop) { return speedups[loop] >= tolerance * best; });
  std::rotate(order.begin(), chosen, chosen + 1);
  return StrategyAttr::get(strategy.getContext(), order, strategy.getTile(),
                           strategy.getVector(), /*parallel=*/true);
}

/// Whether everything that reads `argument` allows its result to be written
/// over it, up to the kernel's result.
bool canWriteOver(BlockArgument argument) {
  return !argument.use_empty() &&
         llvm::all_of(argument.getUses(), [](OpOperand &use) {
           auto op = dyn_cast<InPlaceOpInterface>(use.getOwner());
           return op && op.canWriteOver(use.getOperandNumber());
         });
}

/// Whether the kernel computes what `input` is to be at the next call.
bool isStateOf(KernelOp kernel, Value input) {
  auto func = kernel->getParentOfType<func::FuncOp>();
  auto argument = dyn_cast<BlockArgument>(input);
  return argument && llvm::any_of(getStates(func), [&](State state) {
           Operation *terminator = func.getBody().front().getTerminator();
           return state.argument == argument.getArgNumber() &&
                  terminator->getOperand(state.result) == kernel.getResult(0);
         });
}

/// The input that the kernel's only result may be written over, or -1;
/// preferably a state that the result replaces, or else one that nothing else
/// reads.
int64_t selectInPlace(KernelOp kernel) {
  int64_t choice = -1, best = -1;
  for (BlockArgument argument : kernel.getBody().getArguments()) {
    if (argument.getType() != kernel.getResultTypes()[0] ||
        !canWriteOver(argument))
      continue;
    Value input = kernel.getInputs()[argument.getArgNumber()];
    int64_t gain = isStateOf(kernel, input) ? 2 : input.hasOneUse() ? 1 : 0;
    if (gain > best) {
      best = gain;
      choice = argument.getArgNumber();
    }
  }
  return choice;
}

struct SelectStrategy : lathe::impl::SelectStrategyBase<SelectStrategy> {
  using SelectStrategyBase::SelectStrategyBase;

  void runOnOperation() override {
    // Starting and joining a team of two that spins took 0.5 us with libgomp,
    // and takes longer when its threads sleep. One core needs a few
    // microseconds for this many operations, so sharing them gains more than it
    // costs.
    constexpr int64_t leastWork = 100'000;
    VectorUnit unit{vectorBits, vectorRegisters};
    for (auto kernel : getOperation().getOps<KernelOp>()) {
      if (kernel.getStrategy())
        continue;
      SmallVector<LoopDim> loops = loopsOf(kernel);
      Type element =
          cast<RankedTensorType>(kernel.getResultTypes()[0]).getElementType();
      int64_t lanes = unit.lanes(element);
      StrategyAttr strategy = lanes > 1
                                  ? selectVector(kernel, loops, unit, lanes)
                                  : selectScalar(&getContext(), loops);
      if (threads > 1 && workOf(kernel) >= leastWork)
        strategy = shareAmongThreads(strategy, loops, threads);
      numParallel += strategy.getParallel();
      kernel.setStrategyAttr(strategy);
      if (kernel.getNumResults() == 1)
        kernel.setInPlace(ArrayRef<int64_t>{selectInPlace(kernel)});
    }
  }
};

} // namespace
