//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Frontier.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace lathe::partition;
using llvm::Error;
using llvm::Expected;

namespace {

class Frontier {
public:
  Frontier(PlacementOracle &oracle, const PlacementLimits &limits,
           const FrontierOptions &options)
      : oracle(oracle), limits(limits), options(options) {}

  Expected<std::vector<FrontierPoint>> run();

private:
  /// A point of least energy among those of at most `latency`.
  Expected<std::optional<FrontierPoint>> findBelow(double latency);
  Error refine();
  void insert(FrontierPoint point);

  PlacementOracle &oracle;
  const PlacementLimits &limits;
  const FrontierOptions &options;
  std::vector<FrontierPoint> points;
  /// Pairs of latencies between which nothing new was found.
  std::vector<std::pair<double, double>> searched;
};

} // namespace

Expected<std::optional<FrontierPoint>> Frontier::findBelow(double latency) {
  PlacementLimits tightened = limits;
  tightened.latency = std::min(limits.latency, latency);
  MetricWeights energy = MetricWeights::ofEnergy(oracle.getProblem());
  Expected<SolverResult> least =
      solve(oracle, energy, tightened, options.solver);
  if (!least)
    return least.takeError();
  if (!least->found)
    return std::nullopt;
  // Of those that take so little, the fastest.
  PlacementLimits fastest = tightened;
  fastest.totalEnergy = std::min(limits.totalEnergy, least->objective);
  Expected<SolverResult> best =
      solve(oracle, MetricWeights::ofLatency(), fastest, options.solver);
  if (!best)
    return best.takeError();
  const SolverResult &chosen = best->found ? *best : *least;
  return FrontierPoint{chosen.placement, chosen.metrics, chosen.metrics.latency,
                       chosen.metrics.getTotalEnergy(), least->lowerBound};
}

/// Drops what is no better in anything.
void Frontier::insert(FrontierPoint point) {
  auto isDominated = [](const FrontierPoint &a, const FrontierPoint &b) {
    return b.latency <= a.latency + 1e-9 * a.latency &&
           b.energy <= a.energy + 1e-9 * a.energy;
  };
  if (llvm::any_of(points, [&](const FrontierPoint &other) {
        return isDominated(point, other);
      }))
    return;
  llvm::erase_if(points, [&](const FrontierPoint &other) {
    return isDominated(other, point);
  });
  auto place = llvm::partition_point(points, [&](const FrontierPoint &other) {
    return other.latency < point.latency;
  });
  points.insert(place, std::move(point));
}

/// Looks in the middle of the neighbours that differ most in energy. At that
/// latency the least energy is that of the faster one, or of a new point.
Error Frontier::refine() {
  while (points.size() < options.maxPoints) {
    double widest = 0;
    std::pair<double, double> chosen;
    for (size_t i = 0; i + 1 < points.size(); ++i) {
      std::pair<double, double> pair(points[i].latency, points[i + 1].latency);
      for (auto [low, high] : searched)
        if (low <= pair.first && pair.first < high)
          pair.first = high;
      double width = points[i].energy - points[i + 1].energy;
      if (pair.second - pair.first > 1e-3 * pair.second && width > widest) {
        widest = width;
        chosen = pair;
      }
    }
    if (widest <= 1e-6 * points.front().energy)
      return Error::success();
    double middle = (chosen.first + chosen.second) / 2;
    Expected<std::optional<FrontierPoint>> point = findBelow(middle);
    if (!point)
      return point.takeError();
    // Between the point and the middle no latency allows less energy.
    double low = *point ? std::min((*point)->latency, middle) : chosen.first;
    searched.emplace_back(low, middle);
    if (*point)
      insert(std::move(**point));
  }
  return Error::success();
}

Expected<std::vector<FrontierPoint>> Frontier::run() {
  Expected<SolverResult> fastest =
      solve(oracle, MetricWeights::ofLatency(), limits, options.solver);
  if (!fastest)
    return fastest.takeError();
  if (!fastest->found)
    return points;
  for (double latency :
       {fastest->objective * (1 + 1e-12), PlacementLimits::unlimited}) {
    Expected<std::optional<FrontierPoint>> end = findBelow(latency);
    if (!end)
      return end.takeError();
    if (*end)
      insert(std::move(**end));
  }
  if (points.size() > 1)
    if (Error error = refine())
      return error;
  return std::move(points);
}

Expected<std::vector<FrontierPoint>>
lathe::partition::computeFrontier(PlacementOracle &oracle,
                                  const PlacementLimits &limits,
                                  const FrontierOptions &options) {
  return Frontier(oracle, limits, options).run();
}
