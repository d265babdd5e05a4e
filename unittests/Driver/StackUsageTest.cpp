//===- StackUsageTest.cpp - The deepest path through a call graph ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Graphs as GCC 12 prints them with -fcallgraph-info=su.
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/CodeSize.h"

#include "gtest/gtest.h"

using namespace lathe;

namespace {

std::string node(const char *name, const char *usage) {
  return std::string("node: { title: \"") + name + "\" label: \"" + name +
         "\\nm.c:1:5\\n" + usage + "\" }\n";
}

std::string edge(const char *source, const char *target) {
  return std::string("edge: { sourcename: \"") + source + "\" targetname: \"" +
         target + "\" label: \"m.c:2:3\" }\n";
}

TEST(StackUsageTest, TheDeepestPathCounts) {
  std::string graph = "graph: { title: \"m.c\"\n" +
                      node("run", "48 bytes (static)\\n0 dynamic objects") +
                      node("conv", "100 bytes (static)") +
                      node("dot", "44 bytes (static)") +
                      node("pool", "120 bytes (static)") + edge("run", "conv") +
                      edge("conv", "dot") + edge("run", "pool") + "}\n";
  StackUsage usage = findDeepestStack(graph);
  EXPECT_EQ(usage.bytes, 48 + 100 + 44);
  EXPECT_EQ(usage.note, "");
}

TEST(StackUsageTest, FunctionsOfElsewhereHaveNoFigure) {
  StackUsage usage = findDeepestStack(
      node("run", "48 bytes (static)") + edge("run", "memcpy") +
      "node: { title: \"memcpy\" label: \"memcpy\\n<built-in>\" shape : "
      "ellipse }\n");
  EXPECT_EQ(usage.bytes, 48);
}

TEST(StackUsageTest, BoundsHoldForDynamicFrames) {
  EXPECT_EQ(findDeepestStack(node("run", "80 bytes (dynamic,bounded)")).bytes,
            80);
}

TEST(StackUsageTest, WhatHasNoBoundIsNotKnown) {
  StackUsage dynamic = findDeepestStack(node("run", "80 bytes (dynamic)"));
  EXPECT_FALSE(dynamic.bytes.has_value());
  EXPECT_EQ(dynamic.note, "the frame of 'run' has no fixed size");
  StackUsage recursive =
      findDeepestStack(node("run", "8 bytes (static)") + edge("run", "run"));
  EXPECT_FALSE(recursive.bytes.has_value());
  EXPECT_EQ(recursive.note, "'run' calls itself");
}

} // namespace
