//===- SelectStrategy.cpp - Loop order, register tile, vector width -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"

#include "llvm/Support/MathExtras.h"

#include <limits>

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

/// The loops of a kernel: its root's, or those over its result's elements.
SmallVector<LoopDim> loopsOf(KernelOp kernel) {
  for (Operation &op : kernel.getBody().front())
    if (auto root = dyn_cast<LoopNestOpInterface>(op))
      return root.getLoops();
  SmallVector<LoopDim> loops;
  auto type = cast<RankedTensorType>(kernel.getResultTypes()[0]);
  for (int64_t extent : type.getShape())
    loops.push_back({"i", extent, false});
  return loops;
}

/// The largest tile not above `most` that divides `extent` into tiles of about
/// equal size.
int64_t balancedTile(int64_t extent, int64_t most) {
  most = std::max<int64_t>(most, 1);
  return llvm::divideCeil(extent, llvm::divideCeil(extent, most));
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

/// A register tile: rows (pixels, rows of a matrix) times vectors (of channels,
/// columns).
struct RegisterTile {
  int64_t rows, vectors;
};

/// The cycles that one step of the reduction takes in a tile, on a core of two
/// multiply-add units with a latency of four cycles and two loads a cycle (Zen
/// 2 to 5, Intel since Haswell; A. Fog, "Instruction tables"): each row loads
/// an element that it broadcasts, each vector its weights.
double cyclesOf(RegisterTile tile) {
  constexpr double unitsPerCycle = 2, loadsPerCycle = 2, latency = 4;
  double loads = tile.rows + tile.vectors;
  double cycles = std::max({tile.rows * tile.vectors / unitsPerCycle,
                            loads / loadsPerCycle, latency});
  // Loads are not quite free, those of weights less so: a panel of them is
  // often larger than the first-level cache.
  return cycles + (tile.rows + 2 * tile.vectors) / 32.0;
}

/// The cycles of a step on a grid of `rows` times `vectors`, cut into `tile`s
/// and what is left of them.
double cyclesOfGrid(int64_t rows, int64_t vectors, RegisterTile tile) {
  auto sumOver = [](int64_t extent, int64_t step, auto &&cycles) {
    double sum = static_cast<double>(extent / step) * cycles(step);
    return extent % step == 0 ? sum : sum + cycles(extent % step);
  };
  return sumOver(rows, tile.rows, [&](int64_t height) {
    return sumOver(vectors, tile.vectors,
                   [&](int64_t width) { return cyclesOf({height, width}); });
  });
}

/// The fastest tile for a grid of `rows` times `vectors`. One register holds
/// the broadcast element, and with several rows one the weights of each vector.
RegisterTile selectTile(int64_t rows, int64_t vectors, int64_t registers) {
  constexpr int64_t maxVectors = 8;
  RegisterTile best{1, 1};
  double least = std::numeric_limits<double>::max();
  for (int64_t width = 1; width <= std::min(vectors, maxVectors); ++width) {
    int64_t most = std::max<int64_t>((registers - width - 1) / width, 1);
    RegisterTile tile{balancedTile(rows, most), width};
    double cycles = cyclesOfGrid(rows, vectors, tile);
    if (cycles < least) {
      least = cycles;
      best = tile;
    }
  }
  return best;
}

/// The loop next to the vector loop that reads the same weights: the innermost
/// of the pixels or rows, outside of a loop over groups of channels. -1 if
/// none.
int64_t rowLoopOf(ArrayRef<LoopDim> loops, int64_t vectorLoop) {
  int64_t row = vectorLoop - 1;
  return row >= 0 && loops[row].name == "g" ? row - 1 : row;
}

StrategyAttr selectVector(MLIRContext *context, ArrayRef<LoopDim> loops,
                          const VectorUnit &unit, int64_t lanes) {
  int64_t parallel = llvm::count_if(
      loops, [](const LoopDim &loop) { return !loop.isReduction; });
  SmallVector<int64_t> tile(loops.size(), 1);
  SmallVector<int64_t> order;
  bool reduces = parallel != static_cast<int64_t>(loops.size());
  if (parallel > 0) {
    int64_t last = parallel - 1, row = rowLoopOf(loops, last);
    int64_t vectors = llvm::divideCeil(loops[last].extent, lanes);
    RegisterTile best{1, std::min<int64_t>(vectors, 2)};
    if (reduces && row >= 0)
      best = selectTile(loops[row].extent, vectors, unit.registers);
    tile[last] = std::min(loops[last].extent, best.vectors * lanes);
    if (reduces && row >= 0) {
      tile[row] = best.rows;
      // The vector loop runs outside the pixels or rows, so that its slice of
      // the weights stays in the cache while the data passes.
      if (row > 0)
        order.push_back(0);
      for (int64_t loop = row + 1; loop <= last; ++loop)
        order.push_back(loop);
    }
  }
  for (int64_t loop = 0; loop < static_cast<int64_t>(loops.size()); ++loop)
    if (!llvm::is_contained(order, loop))
      order.push_back(loop);
  return StrategyAttr::get(context, order, tile, lanes, /*parallel=*/false);
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
      StrategyAttr strategy =
          lanes > 1 ? selectVector(&getContext(), loops, unit, lanes)
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
