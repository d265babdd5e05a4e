//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Export.h"

#include "CostTables.h"
#include "EliminationModel.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::Expected;
using llvm::raw_ostream;

namespace {

/// A table in whole units.
struct IntegerFactor {
  llvm::SmallVector<unsigned> scope;
  std::vector<uint64_t> values; ///< forbidden ones are the largest
};

constexpr uint64_t forbidden = std::numeric_limits<uint64_t>::max();

} // namespace

static void writeFactor(const IntegerFactor &factor,
                        ArrayRef<unsigned> domainSizes, uint64_t top,
                        raw_ostream &os) {
  os << factor.scope.size();
  for (unsigned variable : factor.scope)
    os << ' ' << variable;
  os << " 0 " << llvm::count_if(factor.values, [](auto v) { return v > 0; })
     << '\n';
  for (auto [index, value] : llvm::enumerate(factor.values)) {
    if (value == 0)
      continue;
    llvm::SmallVector<size_t> digits(factor.scope.size());
    size_t rest = index;
    for (size_t i = factor.scope.size(); i-- > 0;) {
      digits[i] = rest % domainSizes[factor.scope[i]];
      rest /= domainSizes[factor.scope[i]];
    }
    for (size_t digit : digits)
      os << digit << ' ';
    os << std::min(value, top) << '\n';
  }
}

Expected<double> lathe::partition::exportWCSP(const PlacementProblem &problem,
                                              const MetricWeights &weights,
                                              double unit, raw_ostream &os) {
  if (llvm::Error error = verify(problem))
    return error;
  if (!(unit > 0))
    return llvm::createStringError("the unit of costs is not above 0");
  PlacementGraph graph(problem);
  CostTables costs(problem, graph, weights);
  EliminationModel model(graph, graph.allLabels, /*maxCells=*/0,
                         /*noiseTerms=*/weights.noiseTerms != 0);
  double constant = model.computeConstant(costs);
  uint64_t top = 1;
  std::vector<IntegerFactor> factors;
  model.forEachFactor(
      costs, [&](ArrayRef<unsigned> scope, ArrayRef<double> values) {
        double least = *llvm::min_element(values);
        constant += least;
        IntegerFactor factor;
        factor.scope.assign(scope.begin(), scope.end());
        uint64_t most = 0;
        for (double value : values) {
          bool isForbidden = value >= costs.getForbidden();
          uint64_t whole =
              isForbidden ? forbidden : std::llround((value - least) / unit);
          factor.values.push_back(whole);
          most = isForbidden ? most : std::max(most, whole);
        }
        top += most;
        factors.push_back(std::move(factor));
      });

  ArrayRef<unsigned> sizes = model.getDomainSizes();
  unsigned largest = sizes.empty() ? 0 : *llvm::max_element(sizes);
  os << "placement " << sizes.size() << ' ' << largest << ' ' << factors.size()
     << ' ' << top << '\n';
  for (auto [index, size] : llvm::enumerate(sizes))
    os << (index == 0 ? "" : " ") << size;
  os << '\n';
  for (const IntegerFactor &factor : factors)
    writeFactor(factor, sizes, top, os);
  return constant;
}
