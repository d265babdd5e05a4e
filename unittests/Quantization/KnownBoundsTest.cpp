//===- KnownBoundsTest.cpp - What limits a value by construction ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/KnownBounds.h"
#include "TestModel.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// `T` stands for the type of all tensors.
std::string spellOut(llvm::StringRef body) {
  std::string text = "func.func @f(%x: T) -> T {\n";
  text += body.str() + "\nreturn %x : T\n}";
  std::string result;
  for (char c : text)
    result += c == 'T' ? std::string("tensor<1x4x4x2xf32>") : std::string(1, c);
  return result;
}

TEST(KnownBoundsTest, OpsLimitTheirResults) {
  TestModel model(spellOut(R"(
    %0 = lathe.relu %x : (T) -> T loc("relu")
    %1 = lathe.clamp %x {min = -1.0 : f64, max = 6.0 : f64}
        : (T) -> T loc("clamp")
    %2 = lathe.add %0, %1 : (T, T) -> T loc("add"))"));
  auto check = [&](llvm::StringRef node, double low, double high) {
    RealInterval bounds = getKnownBounds(model.getValue(node));
    EXPECT_EQ(bounds.low, low) << node.str();
    EXPECT_EQ(bounds.high, high) << node.str();
  };
  check("relu", 0, infinity);
  check("clamp", -1, 6);
  check("add", -infinity, infinity);
  EXPECT_EQ(getKnownBounds(model.get().getArgument(0)).high, infinity);
}

/// The minimum of x * relu6(x + 3) / 6 is -0.375 at -1.5, that of
/// x * sigmoid(x) -0.278464543 at -1.278464543 (SciPy's minimize_scalar).
TEST(KnownBoundsTest, GatedValuesHaveAMinimum) {
  TestModel model(spellOut(R"(
    %0 = lathe.hard_sigmoid %x {alpha = 0.16666666666666666 : f64,
        beta = 0.5 : f64} : (T) -> T
    %1 = lathe.mul %0, %x : (T, T) -> T loc("hard_swish")
    %2 = lathe.sigmoid %x : (T) -> T
    %3 = lathe.mul %x, %2 : (T, T) -> T loc("swish")
    %4 = lathe.mul %x, %x : (T, T) -> T loc("square")
    %5 = lathe.mul %0, %2 : (T, T) -> T loc("product"))"));
  auto lowOf = [&](llvm::StringRef node) {
    return getKnownBounds(model.getValue(node)).low;
  };
  EXPECT_DOUBLE_EQ(lowOf("hard_swish"), -0.375);
  EXPECT_LT(lowOf("swish"), -0.278464543);
  EXPECT_GT(lowOf("swish"), -0.279);
  EXPECT_EQ(lowOf("square"), 0);
  EXPECT_EQ(lowOf("product"), -infinity);
}

TEST(KnownBoundsTest, MovedSelectedAndAveragedElementsKeepTheirBounds) {
  TestModel model(spellOut(R"(
    %0 = lathe.clamp %x {min = 1.0 : f64, max = 6.0 : f64} : (T) -> T
    %1 = lathe.sigmoid %x : (T) -> T
    %2 = lathe.transpose %0 {permutation = array<i64: 0, 2, 1, 3>}
        : (T) -> T loc("transpose")
    %3 = lathe.max_pool %2 {kernel = array<i64: 3, 3>,
        strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
        pads = array<i64: 1, 1, 1, 1>} : (T) -> T loc("max_pool")
    %4 = lathe.avg_pool %2 {kernel = array<i64: 3, 3>,
        strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
        pads = array<i64: 1, 1, 1, 1>} : (T) -> T loc("avg_pool")
    %5 = lathe.concat %0, %1 {axis = 3 : i64}
        : (T, T) -> tensor<1x4x4x4xf32> loc("concat")
    %6 = lathe.concat %0, %x {axis = 3 : i64}
        : (T, T) -> tensor<1x4x4x4xf32> loc("open")
    %7 = lathe.relu %3 : (T) -> T loc("relu")
    %8 = lathe.clamp %1 {min = 2.0 : f64, max = 3.0 : f64}
        : (T) -> T loc("beyond"))"));
  auto check = [&](llvm::StringRef node, double low, double high) {
    RealInterval bounds = getKnownBounds(model.getValue(node));
    EXPECT_EQ(bounds.low, low) << node.str();
    EXPECT_EQ(bounds.high, high) << node.str();
  };
  check("transpose", 1, 6);
  check("max_pool", 1, 6);
  check("avg_pool", 0, 6);
  check("concat", 0, 6);
  check("open", -infinity, infinity);
  check("relu", 1, 6);
  check("beyond", 2, 3);
}

} // namespace
