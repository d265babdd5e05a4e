//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/Knapsack.h"

#include <cmath>
#include <limits>
#include <vector>

using namespace lathe;

static constexpr double infinity = std::numeric_limits<double>::infinity();

namespace {

/// For each number of steps that the items so far may take: the least cost, and
/// the option of the last item that it has.
struct Stage {
  std::vector<double> costs;
  std::vector<uint8_t> options;
};

} // namespace

/// The steps that `weight` takes, or none if it is more than all.
static std::optional<int64_t> countSteps(double weight, double capacity,
                                         int64_t steps) {
  if (!(weight <= capacity))
    return std::nullopt;
  if (capacity == 0)
    return 0;
  // A product that is an integer but for its rounding is that integer.
  double exact = weight / capacity * static_cast<double>(steps);
  auto taken = static_cast<int64_t>(std::ceil(exact * (1 - 1e-12)));
  return std::min(taken, steps);
}

static Stage addItem(llvm::ArrayRef<double> before, const KnapsackItem &item,
                     double capacity, int64_t steps) {
  Stage stage{std::vector<double>(before.size(), infinity),
              std::vector<uint8_t>(before.size(), 0)};
  for (size_t option = 0; option < item.size(); ++option) {
    std::optional<int64_t> taken =
        countSteps(item[option].weight, capacity, steps);
    if (!taken)
      continue;
    for (size_t i = *taken; i < before.size(); ++i) {
      double cost = before[i - *taken] + item[option].cost;
      if (cost >= stage.costs[i])
        continue;
      stage.costs[i] = cost;
      stage.options[i] = static_cast<uint8_t>(option);
    }
  }
  return stage;
}

std::optional<llvm::SmallVector<size_t>>
lathe::solveMultipleChoiceKnapsack(llvm::ArrayRef<KnapsackItem> items,
                                   double capacity, int64_t steps) {
  std::vector<Stage> stages;
  std::vector<double> costs(steps + 1, 0);
  for (const KnapsackItem &item : items) {
    stages.push_back(addItem(costs, item, capacity, steps));
    costs = stages.back().costs;
  }
  if (costs.back() == infinity)
    return std::nullopt;
  llvm::SmallVector<size_t> choice(items.size());
  int64_t left = steps;
  for (size_t i = items.size(); i-- > 0;) {
    choice[i] = stages[i].options[left];
    left -= *countSteps(items[i][choice[i]].weight, capacity, steps);
  }
  return choice;
}
