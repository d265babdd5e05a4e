//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Golden numbers are from Python's fractions and 60-digit decimals.
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/FixedPoint.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;
using Integers = llvm::SmallVector<int32_t>;

namespace {

TEST(FixedPointTest, RoundsHalvesToEven) {
  EXPECT_EQ(roundHalfEven(0.5), 0);
  EXPECT_EQ(roundHalfEven(1.5), 2);
  EXPECT_EQ(roundHalfEven(-0.5), 0);
  EXPECT_EQ(roundHalfEven(-1.5), -2);
  EXPECT_EQ(roundHalfEven(2.25), 2);
  EXPECT_EQ(roundHalfEven(-2.75), -3);
}

TEST(FixedPointTest, FactorsBelowOneAreFractionsOfThirtyOneBits) {
  Requantization result = Requantization::get({0.0123, 0.5, 0.99});
  EXPECT_EQ(result.exponent, 0u);
  EXPECT_EQ(result.multipliers, (Integers{26414049, 1073741824, 2126008812}));
}

TEST(FixedPointTest, FactorOfOneIsTheLargestMultiplier) {
  Requantization result = Requantization::get({1.0});
  EXPECT_EQ(result.exponent, 0u);
  EXPECT_EQ(result.multipliers, (Integers{INT32_MAX}));
  // It still returns every number below 2^30 unchanged.
  EXPECT_EQ(result.apply((1 << 30) - 1, 0), (1 << 30) - 1);
  EXPECT_EQ(result.apply(1 - (1 << 30), 0), 1 - (1 << 30));
}

TEST(FixedPointTest, LargestFactorSetsTheExponentOfAll) {
  Requantization result = Requantization::get({1.5, 0.001});
  EXPECT_EQ(result.exponent, 1u);
  EXPECT_EQ(result.multipliers, (Integers{1610612736, 1073742}));
  EXPECT_EQ(result.apply(3, 0), 5); // 4.5, halves up
  EXPECT_EQ(result.apply(-3, 0), -4);
  Requantization five = Requantization::get({5.0});
  EXPECT_EQ(five.exponent, 3u);
  EXPECT_EQ(five.multipliers, (Integers{1342177280}));
}

TEST(FixedPointTest, HugeFactorsSaturateWithoutOverflow) {
  Requantization result = Requantization::get({0x1p40});
  EXPECT_EQ(result.exponent, 30u);
  EXPECT_GT(result.apply(1, 0), 1 << 29);
  EXPECT_LT(result.apply(INT32_MIN, 0), -(int64_t(1) << 60));
}

TEST(FixedPointTest, FactorsForWideDataHaveFifteenBitsEach) {
  WideRequantization result = WideRequantization::get(
      {0.0123, 0.5, 0.99, 1.0, 1.5, 0.9999999, 0x1p-48, 0x1p-49, 0});
  EXPECT_EQ(result.multipliers, (Integers{25795, 16384, 32440, 16384, 24576,
                                          16384, 16384, 8192, 0}));
  EXPECT_EQ(result.shifts,
            (llvm::SmallVector<unsigned>{21, 15, 15, 14, 14, 14, 62, 62, 1}));
  EXPECT_EQ(result.apply(123456789012, 0), 1518520294);
  EXPECT_EQ(result.apply(-123456789012, 0), -1518520294);
  EXPECT_EQ(result.apply((int64_t(1) << 47) - 1, 2), 139328739082239);
  EXPECT_EQ(result.apply(3, 4), 5); // 4.5, halves up
  EXPECT_EQ(result.apply(-3, 4), -4);
  EXPECT_EQ(result.apply(32767, 3), 32767);
  EXPECT_EQ(WideRequantization::get({1e9}).multipliers, (Integers{32767}));
}

TEST(FixedPointTest, OneShiftForAllFactorsChangesNoResult) {
  WideRequantization each = WideRequantization::get({0.0123, 0.0009, 0.4});
  WideRequantization unified = each;
  constexpr int64_t largest = int64_t(1) << 36;
  ASSERT_TRUE(unified.unifyShifts(largest));
  EXPECT_EQ(unified.shifts, (llvm::SmallVector<unsigned>{25, 25, 25}));
  for (int64_t value = -largest; value <= largest; value += 123456789)
    for (size_t channel = 0; channel < 3; ++channel)
      EXPECT_EQ(unified.apply(value, channel), each.apply(value, channel));
}

TEST(FixedPointTest, FactorsTooFarApartKeepTheirShifts) {
  // 2^17 apart, which 15 and 32 bits cannot be.
  WideRequantization far = WideRequantization::get({0x1p-20, 0x1p-3});
  EXPECT_FALSE(far.unifyShifts(1000));
  EXPECT_EQ(far.multipliers, (Integers{16384, 16384}));
  // 2^24 times 2^38 has no room for a sign and the half that is added.
  WideRequantization wide = WideRequantization::get({0x1p-13, 0x1p-3});
  EXPECT_FALSE(wide.unifyShifts(int64_t(1) << 38));
  EXPECT_TRUE(wide.unifyShifts((int64_t(1) << 38) - 1));
}

TEST(FixedPointTest, FactorsOfASumStayBelowTwentyTwoBits) {
  SumScaling one = SumScaling::get(1, 0.5);
  EXPECT_EQ(one.shift, 20u);
  EXPECT_EQ(one.lhs, 1 << 20);
  EXPECT_EQ(one.rhs, 1 << 19);
  EXPECT_EQ(one.apply(2, 1), 3); // 2.5, halves up
  EXPECT_EQ(one.apply(-2, -1), -2);
  // 4 * 2^20 is 2^22 itself, which is too large.
  SumScaling four = SumScaling::get(4, 0.25);
  EXPECT_EQ(four.shift, 19u);
  EXPECT_EQ(four.lhs, 1 << 21);
  EXPECT_EQ(four.apply(255, 255), 1084);
  SumScaling huge = SumScaling::get(1e9, 1e9);
  EXPECT_EQ(huge.shift, 0u);
  EXPECT_GT(huge.apply(255, 255), 0);
}

TEST(FixedPointTest, ExponentialIsThatOfTheDecimalExpansion) {
  EXPECT_EQ(computeExp(0), 1);
  EXPECT_EQ(computeExp(1), 0x1.5bf0a8b145769p+1);
  EXPECT_EQ(computeExp(-1), 0x1.78b56362cef38p-2);
  EXPECT_EQ(computeExp(0.5), 0x1.a61298e1e069cp+0);
  EXPECT_EQ(computeExp(-20.25), 0x1.b93de1e27ca3bp-30);
  EXPECT_EQ(computeExp(700), 0x1.d945df4f8ec8ep+1009);
  EXPECT_EQ(computeExp(-700), 0x1.14f2b0fb9307fp-1010);
  EXPECT_EQ(computeExp(-1e9), 0);
  EXPECT_TRUE(std::isinf(computeExp(1e9)));
  EXPECT_TRUE(std::isnan(computeExp(std::nan(""))));
}

// Expected numbers: mpmath with 50 digits.
TEST(FixedPointTest, LogarithmAndErrorFunctionAreNearlyExact) {
  auto expectNear = [](double actual, double expected) {
    EXPECT_NEAR(actual, expected, std::abs(expected) * 0x1p-48);
  };
  expectNear(computeLog(2.0), 0.6931471805599453);
  expectNear(computeLog(1e-300), -690.7755278982137);
  expectNear(computeLog(0.99), -0.01005033585350145);
  expectNear(computeLog(1.5), 0.4054651081081644);
  expectNear(computeLog(12345.678), 9.421061321291832);
  expectNear(computeErf(1e-08), 1.1283791670955126e-08);
  expectNear(computeErf(0.1), 0.1124629160182849);
  expectNear(computeErf(0.5), 0.5204998778130465);
  expectNear(computeErf(1.0), 0.8427007929497149);
  expectNear(computeErf(-2.5), -0.999593047982555);
  expectNear(computeErf(4.0), 0.9999999845827421);
  EXPECT_EQ(computeLog(1), 0);
  EXPECT_TRUE(std::isinf(computeLog(0)));
  EXPECT_TRUE(std::isnan(computeLog(-1)));
  EXPECT_EQ(computeErf(0), 0);
  EXPECT_EQ(computeErf(7), 1);
  EXPECT_EQ(computeErf(-7), -1);
}

TEST(FixedPointTest, UnaryTableHoldsTheRoundedFunction) {
  UnaryTable table =
      getUnaryTable({1.0 / 16, 128, 0, 255}, {1.0 / 256, 0, 0, 255},
                    [](double x) { return 1 / (1 + computeExp(-x)); });
  EXPECT_EQ(table[0], 0);
  EXPECT_EQ(table[100], 38);
  EXPECT_EQ(table[128], 128);
  EXPECT_EQ(table[129], 132);
  EXPECT_EQ(table[200], 253);
  EXPECT_EQ(table[255], 255); // 255.9 saturates.
}

TEST(FixedPointTest, SignedTableBeginsAtTheLowestInteger) {
  UnaryTable table =
      getUnaryTable({0.5, 10}, {0.5, -3}, [](double x) { return x; });
  EXPECT_EQ(table[0], -128); // -141 saturates.
  EXPECT_EQ(table[128 + 10], -3);
  EXPECT_EQ(table[255], 114);
}

TEST(FixedPointTest, TableLimitsItsEntriesAndMapsNaNToTheZeroPoint) {
  UnaryTable table = getUnaryTable({1, 0}, {1, 5, -100, 90},
                                   [](double x) { return x < 0 ? NAN : x; });
  EXPECT_EQ(table[0], 5);
  EXPECT_EQ(table[128 + 80], 85);
  EXPECT_EQ(table[255], 90);
}

static double sigmoid(double x) { return 1 / (1 + computeExp(-x)); }

TEST(FixedPointTest, WideTableHoldsTheEndsOfLines) {
  QuantizationParameters from(8.0 / 32768, 0, -32768, 32767);
  QuantizationParameters to(1.0 / 32768, 0, -32768, 32767);
  WideUnaryTable table = getWideUnaryTable(from, to, sigmoid);
  EXPECT_EQ(table.entries.size(), 513u);
  EXPECT_EQ(table.entries[0], 11);
  EXPECT_EQ(table.entries[100], 248);
  EXPECT_EQ(table.entries[256], 16384);
  EXPECT_EQ(table.entries[257], 16640);
  EXPECT_EQ(table.entries[300], 26155);
  EXPECT_EQ(table.entries[512], 32757);
  EXPECT_EQ(interpolate(table, 0), 11);
  EXPECT_EQ(interpolate(table, 12345), 222);
  EXPECT_EQ(interpolate(table, 32768), 16384);
  EXPECT_EQ(interpolate(table, 32769), 16386);
  EXPECT_EQ(interpolate(table, 40000), 27981);
  EXPECT_EQ(interpolate(table, 65535), 32757);
  EXPECT_NEAR(getInterpolationError(table, from, to, sigmoid), 1.2648312, 1e-6);
  // Sixteen times as many lines have the same ends, and are closer in between.
  WideUnaryTable fine = getWideUnaryTable(from, to, sigmoid, finestLines);
  EXPECT_EQ(fine.entries.size(), 8193u);
  for (size_t i = 0; i < table.entries.size(); ++i)
    EXPECT_EQ(fine.entries[16 * i], table.entries[i]);
  EXPECT_EQ(interpolate(fine, 32769), 16386);
  // What rounding leaves.
  EXPECT_LT(getInterpolationError(fine, from, to, sigmoid), 1.0);
}

TEST(FixedPointTest, InterpolationErrorTellsThatLinesDoNotFit) {
  QuantizationParameters numbers(1, 0, -32768, 32767);
  auto getError = [&](llvm::function_ref<double(double)> function) {
    return getInterpolationError(getWideUnaryTable(numbers, numbers, function),
                                 numbers, numbers, function);
  };
  EXPECT_EQ(getError([](double x) { return x; }), 0);
  // Half of the step, which lies between two entries.
  EXPECT_EQ(getError([](double x) { return x < 100 ? 0 : 1000; }), 500);
}

TEST(FixedPointTest, SoftmaxTableDecaysFromTwoToTheTwentyTwo) {
  UnaryTable table = getSoftmaxTable(0.0625);
  EXPECT_EQ(table[0], 4194304);
  EXPECT_EQ(table[1], 3940184);
  EXPECT_EQ(table[17], 1449513);
  EXPECT_EQ(table[100], 8097);
  EXPECT_EQ(table[255], 1);
}

} // namespace
