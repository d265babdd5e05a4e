//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How the search splits a domain where the plans of the best mixture do not
// agree.
//
//===----------------------------------------------------------------------===//

#include "ConstrainedSearch.h"

#include "Weighing.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <map>

using namespace lathe::partition;
using llvm::ArrayRef;

void ConstrainedSearch::branch(const Node &node, const Mixture &mixture) {
  if (branchOnNodes(node, mixture) || branchOnCodecs(node, mixture))
    return;
  // One plan is all of the mixture: its objective is the bound, unless the
  // oracle could not prove it or the plan is beyond a limit by rounding alone.
  lowestLeft = std::min(lowestLeft, node.bound);
}

/// Splits the options of the node for whose options the limits' prices differ
/// most, among those on which the plans do not agree: by precision if they
/// disagree on that, else the option with the largest share from the others.
bool ConstrainedSearch::branchOnNodes(const Node &node,
                                      const Mixture &mixture) {
  MetricWeights prices;
  for (auto [limit, multiplier] :
       llvm::zip_equal(linearLimits, node.multipliers))
    addWeights(prices, limit.weights, multiplier / limit.scale);
  prices = withoutIdlePower(problem, prices);
  std::vector<double> quantized = getQuantized(mixture);
  unsigned chosen = ~0u;
  double highest = 0;
  for (unsigned index = 0; index < problem.nodes.size(); ++index) {
    std::map<unsigned, double> shares;
    for (auto [plan, share] : mixture)
      shares[plans[plan].placement.options[index]] += share;
    if (shares.size() < 2)
      continue;
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    double largest = 0;
    for (auto [option, share] : shares) {
      double price =
          weighOption(problem.nodes[index].options[option], index, prices);
      low = std::min(low, price);
      high = std::max(high, price);
      largest = std::max(largest, share);
    }
    double score = (1 - largest) * (high - low) + 1e-12 * (1 - largest);
    if (score > highest) {
      highest = score;
      chosen = index;
    }
  }
  if (chosen == ~0u)
    return false;

  std::map<unsigned, double> shares;
  for (auto [plan, share] : mixture)
    shares[plans[plan].placement.options[chosen]] += share;
  unsigned largest =
      std::max_element(shares.begin(), shares.end(), [](auto a, auto b) {
        return a.second < b.second;
      })->first;
  bool byPrecision = quantized[chosen] > 0 && quantized[chosen] < 1;
  PlacementDomain first = node.domain;
  PlacementDomain second = node.domain;
  for (auto [number, option] : llvm::enumerate(problem.nodes[chosen].options)) {
    bool isFirst =
        byPrecision ? option.precision == Precision::Int8 : number == largest;
    (isFirst ? second : first)
        .options.reset(oracle.getFirstOption(chosen) + number);
  }
  push(node, std::move(first));
  push(node, std::move(second));
  return true;
}

/// All plans have the same options, so they have the same crossings.
bool ConstrainedSearch::branchOnCodecs(const Node &node,
                                       const Mixture &mixture) {
  ArrayRef<Crossing> crossings =
      plans[mixture.front().first].placement.crossings;
  for (size_t index = 0; index < crossings.size(); ++index) {
    const Crossing &crossing = crossings[index];
    bool agree = llvm::all_of(mixture, [&](auto entry) {
      return plans[entry.first].placement.crossings[index] == crossing;
    });
    if (agree)
      continue;
    PlacementDomain first = node.domain;
    PlacementDomain second = node.domain;
    second.excludedCrossings.push_back(crossing);
    for (unsigned codec = 0;
         codec < getNumCodecs(problem.tensors[crossing.tensor]); ++codec)
      if (codec != crossing.codec)
        first.excludedCrossings.push_back(
            {crossing.tensor, crossing.destination, codec});
    push(node, std::move(first));
    push(node, std::move(second));
    return true;
  }
  return false;
}
