//===- QuantityTest.cpp - Numbers with units ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/Quantity.h"

#include "gtest/gtest.h"

using namespace lathe;

namespace {

double parse(llvm::StringRef text, Dimension dimension) {
  llvm::Expected<double> value = parseQuantity(text, dimension);
  EXPECT_TRUE(static_cast<bool>(value)) << text.str();
  if (value)
    return *value;
  llvm::consumeError(value.takeError());
  return -1;
}

std::string fail(llvm::StringRef text, Dimension dimension) {
  llvm::Expected<double> value = parseQuantity(text, dimension);
  EXPECT_FALSE(static_cast<bool>(value)) << text.str();
  return value ? "" : llvm::toString(value.takeError());
}

TEST(QuantityTest, UnitsWithPrefixes) {
  EXPECT_DOUBLE_EQ(parse("256 KiB", Dimension::Bytes), 262144);
  EXPECT_DOUBLE_EQ(parse("1.5MB", Dimension::Bytes), 1.5e6);
  EXPECT_DOUBLE_EQ(parse("5 ms", Dimension::Seconds), 0.005);
  EXPECT_DOUBLE_EQ(parse("0.7 Mbit/s", Dimension::BytesPerSecond), 87500);
  EXPECT_DOUBLE_EQ(parse("33.5 mW", Dimension::Watts), 0.0335);
  EXPECT_DOUBLE_EQ(parse("77 nJ/bit", Dimension::JoulesPerByte), 616e-9);
  EXPECT_DOUBLE_EQ(parse("0.2 \xc2\xb5J/B", Dimension::JoulesPerByte), 2e-7);
  EXPECT_DOUBLE_EQ(parse("2 ms/J", Dimension::SecondsPerJoule), 0.002);
  EXPECT_DOUBLE_EQ(parse("4e1 GFLOP/s", Dimension::OperationsPerSecond), 4e10);
  EXPECT_DOUBLE_EQ(parse("1e-3 J", Dimension::Joules), 1e-3);
  EXPECT_DOUBLE_EQ(parse("64MHz", Dimension::Hertz), 64e6);
  EXPECT_EQ(parse("0", Dimension::Seconds), 0);
}

TEST(QuantityTest, OthersSayWhatIsWrong) {
  EXPECT_EQ(fail("5", Dimension::BytesPerSecond),
            "'5' has no unit; give bytes per second, such as 5 MB/s");
  EXPECT_EQ(fail("5 MB", Dimension::BytesPerSecond),
            "'5 MB' has another unit; give bytes per second, such as 5 MB/s");
  EXPECT_EQ(fail("-5 ms", Dimension::Seconds),
            "'-5 ms' is not a number from 0 on; give a time, such as 5 ms");
  EXPECT_EQ(fail("fast", Dimension::OperationsPerSecond),
            "'fast' does not begin with a number; give operations per second, "
            "such as 40 GFLOP/s");
  // Neither a prefix nor a unit is left out, and case tells them apart.
  EXPECT_NE(fail("5 M", Dimension::Watts), "");
  EXPECT_NE(fail("5 Ms", Dimension::Watts), "");
  EXPECT_NE(fail("", Dimension::Watts), "");
  EXPECT_NE(fail("1e999 W", Dimension::Watts), "");
}

} // namespace
