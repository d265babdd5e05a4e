//===- LayersTest.cpp - Compare every tensor of a model -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Layers.h"

#include "gtest/gtest.h"

using namespace lathe;

namespace {

HostTensor number(float value) { return HostTensor::get<float>({}, {value}); }

TEST(LayersTest, ReferenceIsFoundByWhatAFileNameKeepsOfATensors) {
  NamedTensors tensors;
  tensors.set("_block_0_Conv_output", number(1));
  tensors.set("block.1/out", number(2));
  tensors.set("block_1/out", number(3));
  LayerReference reference(tensors);
  ASSERT_NE(reference.find("/block.0/Conv:output"), nullptr);
  EXPECT_EQ(reference.find("/block.0/Conv:output")->getDouble(0), 1);
  // A tensor's own name comes first; where two are alike, neither is guessed.
  EXPECT_EQ(reference.find("block_1/out")->getDouble(0), 3);
  EXPECT_EQ(reference.find("block/1/out"), nullptr);
  EXPECT_EQ(reference.find("block"), nullptr);
}

TEST(LayersTest, FirstToDepartIsFirstInTheOrderOfNodes) {
  NamedTensors actual, expected;
  for (const char *name : {"a", "b", "c"})
    actual.set(name, number(1));
  expected.set("c", number(2));
  expected.set("b", number(3));
  Layer layers[] = {{"a", {"A", "Relu", 0}},
                    {"b", {"B", "Relu", 1}},
                    {"c", {"C", "Relu", 2}}};
  LayerComparison comparison =
      compareLayers(layers, actual, LayerReference(expected), Tolerance());
  EXPECT_EQ(comparison.layers.size(), 3u);
  EXPECT_EQ(comparison.getNumCompared(), 2u);
  EXPECT_EQ(comparison.getNumDeparting(), 2u);
  ASSERT_NE(comparison.getFirstDeparting(), nullptr);
  EXPECT_EQ(comparison.getFirstDeparting()->layer.tensor, "b");
}

TEST(LayersTest, FaultOfFusionIsFoundWhereverItBegins) {
  constexpr size_t numLayers = 100;
  for (size_t fault = 0; fault < numLayers; ++fault) {
    int numRuns = 0;
    llvm::Expected<size_t> first =
        findFirstDepartingEnd(numLayers, [&](size_t layer) {
          ++numRuns;
          return llvm::Expected<bool>(layer >= fault);
        });
    ASSERT_TRUE(bool(first));
    EXPECT_EQ(*first, fault);
    EXPECT_LE(numRuns, 7);
  }
}

TEST(LayersTest, FailedRunEndsTheSearch) {
  llvm::Expected<size_t> first =
      findFirstDepartingEnd(4, [](size_t) -> llvm::Expected<bool> {
        return llvm::createStringError("no memory");
      });
  ASSERT_FALSE(bool(first));
  EXPECT_EQ(llvm::toString(first.takeError()), "no memory");
}

} // namespace
