//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/Compare.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;

namespace {

HostTensor floats(llvm::ArrayRef<float> values) {
  return HostTensor::get<float>({int64_t(values.size())}, values);
}

std::string print(const Comparison &comparison) {
  std::string text;
  llvm::raw_string_ostream os(text);
  comparison.print(os);
  return text;
}

TEST(CompareTest, AbsoluteToleranceScalesWithTheLargestMagnitude) {
  // max|ref| is 1000, so 1e-3 of it allows a difference of 1.
  EXPECT_TRUE(
      compare(floats({0.875f, -1000}), floats({0, -1000}), {0, 1e-3}).passed());
  EXPECT_FALSE(
      compare(floats({1.125f, -1000}), floats({0, -1000}), {0, 1e-3}).passed());
}

TEST(CompareTest, RelativeToleranceScalesWithTheReference) {
  EXPECT_TRUE(compare(floats({110}), floats({100}), {0.1, 0}).passed());
  EXPECT_FALSE(compare(floats({100}), floats({90.5f}), {0.1, 0}).passed());
}

TEST(CompareTest, WorstElementIsTheOneFurthestOutside) {
  HostTensor actual = HostTensor::get<float>({2, 2}, {1, 2.5f, 100, 4});
  HostTensor expected = HostTensor::get<float>({2, 2}, {1, 2, 101, 4});
  Comparison result = compare(actual, expected, {0.02, 0});
  // 1 off of 101 is within 2 %; 0.5 off of 2 is not.
  EXPECT_EQ(result.largest, 1);
  EXPECT_EQ(result.numFailed, 1);
  EXPECT_EQ(result.worstIndex, 1);
  EXPECT_EQ(print(result), "1 of 4 elements differ, worst at [0, 1]: 2.5 for 2,"
                           " difference 0.5 of 0.04 allowed");
}

TEST(CompareTest, NanEqualsOnlyNan) {
  EXPECT_TRUE(compare(floats({NAN}), floats({NAN}), {}).passed());
  EXPECT_FALSE(compare(floats({NAN}), floats({1}), {1, 1}).passed());
  Comparison result = compare(floats({5, 1}), floats({1, NAN}), {0, 0});
  EXPECT_EQ(result.numFailed, 2);
  EXPECT_EQ(result.worstIndex, 1);
  EXPECT_TRUE(std::isnan(result.largest));
}

TEST(CompareTest, InfinityEqualsOnlyItself) {
  EXPECT_TRUE(compare(floats({INFINITY}), floats({INFINITY}), {}).passed());
  EXPECT_FALSE(
      compare(floats({-INFINITY}), floats({INFINITY}), {1, 1}).passed());
  EXPECT_FALSE(compare(floats({1}), floats({INFINITY}), {1, 1}).passed());
  EXPECT_FALSE(compare(floats({INFINITY, 1}), floats({1, 1}), {1, 1}).passed());
}

TEST(CompareTest, IntegersAreSubtractedExactly) {
  const int64_t large = (int64_t(1) << 53);
  Comparison result = compare(HostTensor::get<int64_t>({1}, {large + 1}),
                              HostTensor::get<int64_t>({1}, {large}), {});
  EXPECT_FALSE(result.passed());
  EXPECT_EQ(result.difference, 1);
  result = compare(HostTensor::get<int64_t>({1}, {INT64_MIN}),
                   HostTensor::get<int64_t>({1}, {INT64_MAX}), {});
  EXPECT_EQ(result.difference, double(UINT64_MAX));
}

TEST(CompareTest, OtherShapesAndKindsAreIncompatible) {
  Comparison result = compare(HostTensor(ElementKind::F32, {2, 3}),
                              HostTensor(ElementKind::F32, {3, 2}), {1, 1});
  EXPECT_FALSE(result.passed());
  EXPECT_EQ(print(result),
            "cannot be compared: it is 2x3xf32, and the reference 3x2xf32");
  EXPECT_FALSE(compare(HostTensor(ElementKind::I8, {2}),
                       HostTensor(ElementKind::UI8, {2}), {1, 1})
                   .passed());
}

TEST(CompareTest, TensorsWithoutElementsAreEqual) {
  Comparison result = compare(floats({}), floats({}), {});
  EXPECT_TRUE(result.passed());
  EXPECT_EQ(print(result), "ok");
}

TEST(CompareTest, MeanToleranceBoundsTheMeanAlone) {
  Tolerance tolerance;
  tolerance.mean = 0.25;
  EXPECT_TRUE(
      compare(floats({1, 0, 0, 0}), floats({0, 0, 0, 0}), tolerance).passed());
  Comparison beyond =
      compare(floats({1, 0, 0, 1}), floats({0, 0, 0, 0}), tolerance);
  EXPECT_FALSE(beyond.passed());
  EXPECT_EQ(print(beyond),
            "the elements differ, mean difference 0.5 of 0.25 allowed");
  EXPECT_FALSE(compare(floats({NAN, 0}), floats({0, 0}), tolerance).passed());
}

TEST(CompareTest, LargestElementMustBeTheSameIfAskedFor) {
  Tolerance tolerance;
  tolerance.mean = 10;
  tolerance.sameLargest = true;
  EXPECT_TRUE(
      compare(floats({1, 3, 2}), floats({0, 5, 5}), tolerance).passed());
  Comparison moved = compare(floats({1, 2, 3}), floats({1, 3, 2}), tolerance);
  EXPECT_FALSE(moved.passed());
  EXPECT_EQ(print(moved).find("the largest element is another one"), 0u);
}

} // namespace
