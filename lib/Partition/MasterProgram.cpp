//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The dual: minimise sum_i share_i objective_i + M sum_j excess_j where
// sum_i share_i violation_ij - excess_j + slack_j = 0 for each limit j, shares
// add up to 1 and nothing is negative. The columns are the plans, the excesses,
// the slacks, and the right-hand side.
//
//===----------------------------------------------------------------------===//

#include "MasterProgram.h"

using namespace lathe::partition;
using llvm::ArrayRef;

namespace {

class Simplex {
public:
  Simplex(ArrayRef<MasterPlan> plans, size_t numLimits, double maxMultiplier);
  MasterSolution run();

private:
  double &at(size_t row, size_t column) {
    return cells[row * numColumns + column];
  }
  void pivot(size_t row, size_t column);
  size_t chooseColumn(bool steepest);
  size_t chooseRow(size_t column);

  size_t numPlans;
  size_t numLimits;
  size_t numColumns;
  /// The last row is that of reduced costs.
  std::vector<double> cells;
  std::vector<size_t> basis;
};

} // namespace

static constexpr double epsilon = 1e-11;

Simplex::Simplex(ArrayRef<MasterPlan> plans, size_t numLimits,
                 double maxMultiplier)
    : numPlans(plans.size()), numLimits(numLimits),
      numColumns(plans.size() + 2 * numLimits + 1),
      cells((numLimits + 2) * numColumns, 0) {
  size_t costs = numLimits + 1;
  for (size_t i = 0; i < numPlans; ++i) {
    for (size_t j = 0; j < numLimits; ++j)
      at(j, i) = plans[i].violations[j];
    at(numLimits, i) = 1;
    at(costs, i) = plans[i].objective;
  }
  at(numLimits, numColumns - 1) = 1;
  for (size_t j = 0; j < numLimits; ++j) {
    at(j, numPlans + j) = -1;
    at(j, numPlans + numLimits + j) = 1;
    at(costs, numPlans + j) = maxMultiplier;
    basis.push_back(numPlans + numLimits + j);
  }
  basis.push_back(0);
  // The first plan alone: where it exceeds a limit the excess is in the basis.
  pivot(numLimits, 0);
  for (size_t j = 0; j < numLimits; ++j)
    if (at(j, numColumns - 1) < 0)
      pivot(j, numPlans + j);
}

void Simplex::pivot(size_t row, size_t column) {
  basis[row] = column;
  double factor = 1 / at(row, column);
  for (size_t k = 0; k < numColumns; ++k)
    at(row, k) *= factor;
  for (size_t other = 0; other < numLimits + 2; ++other) {
    double multiple = at(other, column);
    if (other == row || multiple == 0)
      continue;
    for (size_t k = 0; k < numColumns; ++k)
      at(other, k) -= multiple * at(row, k);
    at(other, column) = 0;
  }
}

/// The steepest, or the first (Bland's rule, which cannot cycle).
size_t Simplex::chooseColumn(bool steepest) {
  size_t best = numColumns;
  double least = -epsilon;
  for (size_t k = 0; k + 1 < numColumns; ++k)
    if (double cost = at(numLimits + 1, k); cost < least) {
      best = k;
      if (!steepest)
        break;
      least = cost;
    }
  return best;
}

size_t Simplex::chooseRow(size_t column) {
  size_t best = numLimits + 1;
  double least = 0;
  for (size_t row = 0; row <= numLimits; ++row) {
    double cell = at(row, column);
    if (cell <= epsilon)
      continue;
    double ratio = at(row, numColumns - 1) / cell;
    if (best > numLimits || ratio < least ||
        (ratio == least && basis[row] < basis[best])) {
      best = row;
      least = ratio;
    }
  }
  return best;
}

MasterSolution Simplex::run() {
  size_t maxSteps = 50 * (numLimits + 2) + 10 * numPlans;
  for (size_t step = 0; step < 4 * maxSteps; ++step) {
    size_t column = chooseColumn(/*steepest=*/step < maxSteps);
    if (column == numColumns)
      break;
    size_t row = chooseRow(column);
    if (row > numLimits)
      break;
    pivot(row, column);
  }
  MasterSolution solution;
  solution.value = -at(numLimits + 1, numColumns - 1);
  solution.excess = 0;
  solution.shares.assign(numPlans, 0);
  for (size_t row = 0; row <= numLimits; ++row) {
    double value = std::max(0.0, at(row, numColumns - 1));
    if (basis[row] < numPlans)
      solution.shares[basis[row]] = value;
    else if (basis[row] < numPlans + numLimits)
      solution.excess += value;
  }
  // The price of a limit is the reduced cost of its slack.
  for (size_t j = 0; j < numLimits; ++j)
    solution.multipliers.push_back(
        std::max(0.0, at(numLimits + 1, numPlans + numLimits + j)));
  return solution;
}

MasterSolution lathe::partition::solveMaster(ArrayRef<MasterPlan> plans,
                                             size_t numLimits,
                                             double maxMultiplier) {
  return Simplex(plans, numLimits, maxMultiplier).run();
}
