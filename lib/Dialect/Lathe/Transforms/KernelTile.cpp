//===- KernelTile.cpp - What a kernel's register tile depends on ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/KernelTile.h"

#include "mlir/IR/AsmState.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace lathe;

LoopNestOpInterface lathe::getRoot(KernelOp kernel) {
  for (Operation &op : kernel.getBody().front())
    if (auto root = dyn_cast<LoopNestOpInterface>(op))
      return root;
  return {};
}

SmallVector<LoopDim> lathe::getLoops(KernelOp kernel) {
  if (LoopNestOpInterface root = getRoot(kernel))
    return root.getLoops();
  SmallVector<LoopDim> loops;
  auto type = cast<RankedTensorType>(kernel.getResultTypes()[0]);
  for (int64_t extent : type.getShape())
    loops.push_back({"i", extent, false});
  return loops;
}

int64_t lathe::getVectorLoop(ArrayRef<LoopDim> loops) {
  return llvm::count_if(loops,
                        [](const LoopDim &loop) { return !loop.isReduction; }) -
         1;
}

int64_t lathe::getLanes(KernelOp kernel, const TileTarget &target) {
  auto type = cast<RankedTensorType>(kernel.getResultTypes()[0]);
  int64_t width = std::max<int64_t>(type.getElementTypeBitWidth(), 32);
  return std::max<int64_t>(target.vectorBits / width, 1);
}

/// Whether the kernel sums products.
static bool multiplies(KernelOp kernel) {
  return llvm::any_of(kernel.getBody().front(), [](Operation &op) {
    auto cost = dyn_cast<CostOpInterface>(op);
    return cost && cost.getMACs() > 0;
  });
}

/// The bytes between the elements that two rows of a tile read of the root's
/// data; 1 if unknown.
static int64_t pitchOfRows(LoopNestOpInterface nest) {
  auto root = dyn_cast<WeightedOpInterface>(nest.getOperation());
  if (!root)
    return 1;
  auto data = cast<RankedTensorType>(root.getData().getType());
  return data.getShape().back() * root.getRowStride() *
         data.getElementTypeBitWidth() / 8;
}

/// The bytes of the weights that a vector of `lanes` sums reads, if all rows
/// read the same.
static std::optional<int64_t> bytesOfWeights(LoopNestOpInterface root,
                                             int64_t lanes) {
  auto weighted = dyn_cast<WeightedOpInterface>(root.getOperation());
  if (!weighted || weighted.getWeightGroups() != 1)
    return std::nullopt;
  auto weights = cast<RankedTensorType>(weighted.getWeights().getType());
  int64_t bytes = lanes * weights.getElementTypeBitWidth() / 8;
  for (const LoopDim &loop : root.getLoops())
    if (loop.isReduction)
      bytes *= loop.extent;
  return bytes;
}

std::optional<RowGrid> lathe::getRowGrid(KernelOp kernel,
                                         const TileTarget &target) {
  LoopNestOpInterface root = getRoot(kernel);
  int64_t lanes = getLanes(kernel, target);
  if (!root || lanes <= 1)
    return std::nullopt;
  SmallVector<LoopDim> loops = root.getLoops();
  int64_t last = getVectorLoop(loops), row = root.getRowLoop();
  bool reduces = last + 1 != static_cast<int64_t>(loops.size());
  if (last < 0 || row < 0 || !reduces || loops[row].extent == 0)
    return std::nullopt;
  int64_t vectors = llvm::divideCeil(loops[last].extent, lanes);
  // Only products share loads within a tile; of anything else, wide tiles would
  // leave too few for threads.
  if (!multiplies(kernel))
    vectors = std::min(vectors, maxElementwiseVectors);
  RowGrid grid{loops[row].extent, vectors, pitchOfRows(root),
               target.vectorRegisters - root.getOtherRegisters()};
  grid.window = root.getRowWindow();
  if (std::optional<int64_t> bytes = bytesOfWeights(root, lanes)) {
    grid.weightBytes = *bytes;
    grid.outer = row > 0 ? std::max<int64_t>(loops[row - 1].extent, 1) : 1;
  }
  return grid;
}

bool lathe::isTileWorthMeasuring(KernelOp kernel) {
  LoopNestOpInterface root = getRoot(kernel);
  return root && (multiplies(kernel) || root.getRowWindow() != 0);
}

RegisterTile lathe::getRegisterTile(KernelOp kernel) {
  LoopNestOpInterface root = getRoot(kernel);
  StrategyAttr strategy = *kernel.getStrategy();
  ArrayRef<int64_t> tile = strategy.getTile();
  int64_t last = getVectorLoop(root.getLoops()), row = root.getRowLoop();
  auto vectors =
      static_cast<int64_t>(llvm::divideCeil(tile[last], strategy.getVector()));
  return {tile[row], vectors, row > 0 ? tile[row - 1] : 1};
}

std::string lathe::getTileKey(KernelOp kernel) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  // Whatever the command line says of printing.
  flags.printGenericOpForm()
      .useLocalScope()
      .enableDebugInfo(false)
      .elideLargeElementsAttrs();
  AsmState state(kernel, flags);
  for (Type type : kernel.getBody().getArgumentTypes())
    os << type << "\n";
  for (Operation &op : kernel.getBody().front()) {
    op.print(os, state);
    os << "\n";
  }
  return llvm::utohexstr(llvm::xxh3_64bits(text), /*LowerCase=*/true,
                         /*Width=*/16);
}

std::string lathe::describeLoops(KernelOp kernel) {
  LoopNestOpInterface root = getRoot(kernel);
  std::string text = root->getName().stripDialect().str();
  for (const LoopDim &loop : root.getLoops())
    text += (" " + loop.name + "=" + Twine(loop.extent)).str();
  return text;
}
