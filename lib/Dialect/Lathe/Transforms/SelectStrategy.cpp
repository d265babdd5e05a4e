//===- SelectStrategy.cpp - Loop order, register tile, vector width -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"
#include "lathe/Dialect/Lathe/Transforms/DotProducts.h"
#include "lathe/Dialect/Lathe/Transforms/KernelTile.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Dialect/Lathe/Transforms/TileTable.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_SELECTSTRATEGY
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

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

/// The strategy for vectors of `lanes` elements, with `tile` at the root's row
/// loop if it has one.
StrategyAttr selectVector(KernelOp kernel, ArrayRef<LoopDim> loops,
                          int64_t lanes, std::optional<RegisterTile> rowTile) {
  SmallVector<int64_t> tile(loops.size(), 1);
  int64_t last = getVectorLoop(loops), row = -1;
  int64_t vectors = maxElementwiseVectors;
  if (rowTile) {
    row = getRoot(kernel).getRowLoop();
    tile[row] = rowTile->rows;
    if (row > 0)
      tile[row - 1] = rowTile->outer;
    vectors = rowTile->vectors;
  }
  if (last >= 0)
    tile[last] = std::min(loops[last].extent, vectors * lanes);
  return StrategyAttr::get(kernel.getContext(), orderLoops(loops, last, row),
                           tile, lanes, /*parallel=*/false);
}

/// `strategy` for dot products along the last reduction loop or, if that of
/// depthwise ones, the last but one.
StrategyAttr withQuads(StrategyAttr strategy, bool isDepthwise) {
  SmallVector<int64_t> tile = llvm::to_vector(strategy.getTile());
  tile[tile.size() - (isDepthwise ? 2 : 1)] = DotConvOp::quad;
  return StrategyAttr::get(strategy.getContext(), strategy.getOrder(), tile,
                           strategy.getVector(), strategy.getParallel());
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

/// Whether everything that reads `argument`, up to the kernel's result, allows
/// that to be written over it.
bool canWriteOver(BlockArgument argument) {
  llvm::SetVector<Value> readers;
  readers.insert(argument);
  for (size_t next = 0; next < readers.size(); ++next)
    for (OpOperand &use : readers[next].getUses()) {
      Operation *user = use.getOwner();
      if (isa<YieldOp>(user))
        continue;
      auto op = dyn_cast<InPlaceOpInterface>(user);
      if (!op || !op.canWriteOver(use.getOperandNumber()))
        return false;
      readers.insert(user->getResult(0));
    }
  return !argument.use_empty();
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

class SelectStrategy : public lathe::impl::SelectStrategyBase<SelectStrategy> {
public:
  using SelectStrategyBase::SelectStrategyBase;
  SelectStrategy(SelectStrategyOptions options,
                 std::shared_ptr<const TileTable> table)
      : SelectStrategyBase(std::move(options)), table(std::move(table)) {}

  LogicalResult initialize(MLIRContext *context) override {
    if (table || tiles.empty())
      return success();
    llvm::Expected<TileTable> read = TileTable::load(tiles);
    if (!read)
      return emitError(UnknownLoc::get(context),
                       llvm::toString(read.takeError()));
    table = std::make_shared<const TileTable>(std::move(*read));
    return success();
  }

  void runOnOperation() override {
    // Those of streams, too.
    getOperation().walk([&](KernelOp kernel) {
      if (!kernel.getStrategy())
        select(kernel);
    });
  }

private:
  /// Notes the strategy of a kernel and what its result may be written over.
  void select(KernelOp kernel) {
    // Starting and joining a team of two that spins took 0.5 us with libgomp,
    // and takes longer when its threads sleep. One core needs a few
    // microseconds for this many operations, so sharing them gains more than it
    // costs.
    constexpr int64_t leastWork = 100'000;
    TileTarget target{vectorBits, vectorRegisters, threads};
    SmallVector<LoopDim> loops = getLoops(kernel);
    int64_t lanes = getLanes(kernel, target);
    bool isDots = lanes > 1 && usesDots(kernel, kind);
    // Odd and even bytes of the data are apart.
    bool splitsData = isDots && kind == DotKind::Words;
    StrategyAttr strategy =
        lanes > 1 ? selectVector(kernel, loops, lanes,
                                 selectTile(kernel, target, splitsData))
                  : selectScalar(&getContext(), loops);
    if (isDots)
      strategy = withQuads(strategy, isByteDepthwise(getRoot(kernel)));
    if (threads > 1 && workOf(kernel) >= leastWork)
      strategy = shareAmongThreads(strategy, loops, threads);
    numParallel += strategy.getParallel();
    kernel.setStrategyAttr(strategy);
    if (kernel.getNumResults() == 1)
      kernel.setInPlace(ArrayRef<int64_t>{selectInPlace(kernel)});
  }

  /// The tile of a kernel whose root has a row loop: what was measured or, by
  /// the cost model, is best.
  std::optional<RegisterTile>
  selectTile(KernelOp kernel, const TileTarget &target, bool splitsData) {
    std::optional<RowGrid> grid = getRowGrid(kernel, target);
    if (!grid)
      return std::nullopt;
    if (table && isTileWorthMeasuring(kernel)) {
      std::string key = getTileKey(kernel);
      kernel->setAttr(tileKeyName, StringAttr::get(&getContext(), key));
      if (const TileEntry *entry = table->find(key, target)) {
        ++numMeasured;
        return RegisterTile{std::min(entry->tile.rows, grid->rows),
                            entry->tile.vectors,
                            std::min(entry->tile.outer, grid->outer)};
      }
    }
    grid->splitsData = splitsData;
    if (splitsData && grid->window != 0)
      grid->registers -= 2;
    return selectRegisterTile(*grid);
  }

  /// What was measured; null if nothing was.
  std::shared_ptr<const TileTable> table;
};

} // namespace

std::unique_ptr<Pass>
lathe::createSelectStrategy(SelectStrategyOptions options,
                            std::shared_ptr<const TileTable> table) {
  return std::make_unique<SelectStrategy>(std::move(options), std::move(table));
}
