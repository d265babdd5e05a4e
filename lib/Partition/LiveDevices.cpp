//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LiveDevices.h"

#include "llvm/ADT/STLExtras.h"

using namespace lathe::partition;
using llvm::ArrayRef;

/// Beyond this many devices there are not all sets.
static constexpr size_t maxDevicesOfSets = 6;

std::vector<llvm::SmallVector<unsigned>>
lathe::partition::listLiveSets(size_t numDevices, ArrayRef<unsigned> needed) {
  llvm::SmallVector<unsigned> others;
  for (unsigned device = 0; device < numDevices; ++device)
    if (!llvm::is_contained(needed, device))
      others.push_back(device);
  auto without = [&](llvm::function_ref<bool(size_t)> isGone) {
    llvm::SmallVector<unsigned> live(needed);
    for (auto [index, device] : llvm::enumerate(others))
      if (!isGone(index))
        live.push_back(device);
    llvm::sort(live);
    return live;
  };
  std::vector<llvm::SmallVector<unsigned>> sets;
  if (numDevices <= maxDevicesOfSets) {
    for (size_t gone = 0; gone < size_t(1) << others.size(); ++gone)
      sets.push_back(without([&](size_t i) { return (gone >> i & 1) != 0; }));
    return sets;
  }
  sets.push_back(without([](size_t) { return false; }));
  for (size_t gone = 0; gone < others.size(); ++gone)
    sets.push_back(without([&](size_t i) { return i == gone; }));
  return sets;
}

Placement LiveProblem::getOriginal(Placement placement) const {
  for (auto [option, places] : llvm::zip_equal(placement.options, original))
    option = places[option];
  return placement;
}

std::optional<LiveProblem>
lathe::partition::restrictTo(const PlacementProblem &problem,
                             ArrayRef<unsigned> live) {
  LiveProblem part{problem, {}};
  auto isLive = [&](unsigned device) {
    return llvm::is_contained(live, device);
  };
  for (PlacementNode &node : part.problem.nodes) {
    llvm::SmallVector<unsigned> &original = part.original.emplace_back();
    llvm::SmallVector<NodeOption> kept;
    for (auto [index, option] : llvm::enumerate(node.options))
      if (isLive(option.device)) {
        kept.push_back(option);
        original.push_back(index);
      }
    if (kept.empty() || (node.pinnedDevice && !isLive(*node.pinnedDevice)))
      return std::nullopt;
    node.options = std::move(kept);
  }
  for (const PlacementTensor &tensor : problem.tensors)
    if ((!tensor.source && !isLive(tensor.inputDevice)) ||
        !llvm::all_of(tensor.wantedDevices, isLive))
      return std::nullopt;
  return part;
}
