//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/BruteForce.h"

#include "llvm/ADT/STLExtras.h"
#include <limits>

using namespace lathe::partition;

namespace {

class BruteForce {
public:
  BruteForce(const PlacementProblem &problem, PlacementObjective objective)
      : problem(problem), objective(objective) {
    best.objective = std::numeric_limits<double>::infinity();
    current.options.assign(problem.nodes.size(), 0);
  }

  BruteForceResult run() {
    chooseOption(0);
    return std::move(best);
  }

private:
  void chooseOption(unsigned node) {
    if (node == problem.nodes.size()) {
      chooseCrossings();
      return;
    }
    for (unsigned i = 0; i < problem.nodes[node].options.size(); ++i) {
      current.options[node] = i;
      chooseOption(node + 1);
    }
  }

  void chooseCrossings() {
    current.crossings.clear();
    for (auto [index, tensor] : llvm::enumerate(problem.tensors))
      for (unsigned destination :
           getDestinations(problem, tensor, current.options))
        current.crossings.push_back(
            {static_cast<unsigned>(index), destination, 0});
    chooseCodec(0);
  }

  void chooseCodec(size_t index) {
    if (index == current.crossings.size()) {
      look();
      return;
    }
    Crossing &crossing = current.crossings[index];
    unsigned numCodecs = getNumCodecs(problem.tensors[crossing.tensor]);
    for (crossing.codec = 0; crossing.codec < numCodecs; ++crossing.codec)
      chooseCodec(index + 1);
  }

  void look() {
    llvm::Expected<PlacementMetrics> metrics = evaluate(problem, current);
    if (!metrics) {
      llvm::consumeError(metrics.takeError());
      return;
    }
    double value = objective(current, *metrics);
    if (value < best.objective)
      best = {current, value};
  }

  const PlacementProblem &problem;
  PlacementObjective objective;
  Placement current;
  BruteForceResult best;
};

} // namespace

llvm::Expected<BruteForceResult>
lathe::partition::minimizeByBruteForce(const PlacementProblem &problem,
                                       PlacementObjective objective,
                                       uint64_t maxPlacements) {
  if (llvm::Error error = verify(problem))
    return error;
  double count = 1;
  for (const PlacementNode &node : problem.nodes)
    count *= node.options.size();
  if (count > static_cast<double>(maxPlacements))
    return llvm::createStringError("too many placements for brute force");
  return BruteForce(problem, objective).run();
}
