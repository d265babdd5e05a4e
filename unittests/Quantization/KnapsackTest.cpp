//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/Knapsack.h"
#include "gtest/gtest.h"
#include <limits>
#include <random>

using namespace lathe;

namespace {

/// The least cost of all choices that fit, found by trying each.
double findLeastCost(llvm::ArrayRef<KnapsackItem> items, double capacity) {
  if (items.empty())
    return 0;
  double least = std::numeric_limits<double>::infinity();
  for (const KnapsackOption &option : items.front())
    if (option.weight <= capacity)
      least = std::min(least,
                       option.cost + findLeastCost(items.drop_front(),
                                                   capacity - option.weight));
  return least;
}

TEST(KnapsackTest, ChoiceIsTheBestOfAll) {
  std::mt19937 random(3);
  auto draw = [&] { return static_cast<double>(random() % 100); };
  for (int round = 0; round < 50; ++round) {
    std::vector<KnapsackItem> items(6);
    for (KnapsackItem &item : items)
      for (int i = 0; i < 4; ++i)
        item.push_back({draw(), draw()});
    // Each step is one unit, so that nothing is rounded.
    const double capacity = 150;
    auto choice = solveMultipleChoiceKnapsack(items, capacity, /*steps=*/150);
    double least = findLeastCost(items, capacity);
    if (!choice) {
      EXPECT_EQ(least, std::numeric_limits<double>::infinity());
      continue;
    }
    double cost = 0, weight = 0;
    for (auto [item, option] : llvm::zip_equal(items, *choice)) {
      cost += item[option].cost;
      weight += item[option].weight;
    }
    EXPECT_EQ(cost, least);
    EXPECT_LE(weight, capacity);
  }
}

TEST(KnapsackTest, RoundingNeverExceedsTheCapacity) {
  std::vector<KnapsackItem> items(
      3, KnapsackItem{{/*cost=*/0, /*weight=*/0.34}, {1, 0.33}});
  auto choice = solveMultipleChoiceKnapsack(items, 1.0, /*steps=*/1000);
  ASSERT_TRUE(choice);
  // One of the heavy ones fits, two do not.
  EXPECT_EQ(llvm::count(*choice, 0u), 1);
}

TEST(KnapsackTest, WhatFitsNowhereHasNoChoice) {
  std::vector<KnapsackItem> items = {{{0, 2}}, {{0, 1}, {5, 0}}};
  EXPECT_FALSE(solveMultipleChoiceKnapsack(items, 1));
  auto choice = solveMultipleChoiceKnapsack(items, 2);
  ASSERT_TRUE(choice);
  EXPECT_EQ(*choice, (llvm::SmallVector<size_t>{0, 1}));
  items = {{{3, 0}, {1, 0.5}}};
  EXPECT_EQ(*solveMultipleChoiceKnapsack(items, 0),
            llvm::SmallVector<size_t>{0});
}

} // namespace
