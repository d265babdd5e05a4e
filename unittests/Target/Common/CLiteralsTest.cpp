//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tests of numbers as C source.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Common/CLiterals.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/bit.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstdlib>
#include <limits>

using namespace lathe;

TEST(CLiterals, FloatsAreShortAndMarked) {
  EXPECT_EQ(formatCFloat(0.0f), "0.0f");
  EXPECT_EQ(formatCFloat(-0.0f), "-0.0f");
  EXPECT_EQ(formatCFloat(1.0f), "1.0f");
  EXPECT_EQ(formatCFloat(0.1f), "0.1f");
  EXPECT_EQ(formatCFloat(1e-7f), "1e-07f");
  EXPECT_EQ(formatCFloat(16777216.0f), "16777216.0f");
  EXPECT_EQ(formatCFloat(0.1), "0.1");
  EXPECT_EQ(formatCFloat(3.0), "3.0");
  EXPECT_EQ(formatCFloat(INFINITY), "INFINITY");
  EXPECT_EQ(formatCFloat(-INFINITY), "-INFINITY");
  EXPECT_EQ(formatCFloat(std::nanf("")), "NAN");
  EXPECT_EQ(formatCFloat(double(-INFINITY)), "-HUGE_VAL");
}

TEST(CLiterals, FloatsRoundTrip) {
  uint32_t bits = 1;
  for (int i = 0; i < 100000; ++i) {
    bits = bits * 1664525u + 1013904223u; // Numerical Recipes' generator
    float value = llvm::bit_cast<float>(bits);
    if (!std::isfinite(value))
      continue;
    std::string text = formatCFloat(value);
    EXPECT_EQ(std::strtof(text.c_str(), nullptr), value) << text;
  }
  for (double value :
       {std::numeric_limits<double>::min(), std::numeric_limits<double>::max(),
        std::numeric_limits<double>::denorm_min(), M_PI})
    EXPECT_EQ(std::strtod(formatCFloat(value).c_str(), nullptr), value);
}

TEST(CLiterals, IntegersFitTheirConstants) {
  EXPECT_EQ(formatCInteger(-5), "-5");
  EXPECT_EQ(formatCInteger(INT32_MIN), "INT32_MIN");
  EXPECT_EQ(formatCInteger(int64_t(INT32_MAX) + 1), "2147483648LL");
  EXPECT_EQ(formatCInteger(INT64_MIN), "INT64_MIN");
  EXPECT_EQ(formatCUnsigned(7), "7u");
  EXPECT_EQ(formatCUnsigned(UINT64_MAX), "18446744073709551615ULL");
}

TEST(CLiterals, StorageTypesKnowTheirSign) {
  mlir::MLIRContext context;
  mlir::Builder b(&context);
  EXPECT_EQ(getCStorageType(b.getIntegerType(8)), "int8_t");
  EXPECT_EQ(getCStorageType(b.getIntegerType(8, /*isSigned=*/false)),
            "uint8_t");
  EXPECT_EQ(getCStorageType(b.getI1Type()), "uint8_t");
  EXPECT_EQ(getCStorageType(b.getF16Type()), "uint16_t");
  EXPECT_EQ(getCStorageType(b.getF64Type()), "double");
  EXPECT_EQ(getCStorageType(b.getIntegerType(24)), "");
  EXPECT_EQ(getCStorageSize(b.getI1Type()), 1u);
  EXPECT_EQ(getCStorageSize(b.getBF16Type()), 2u);
  EXPECT_EQ(getCStorageSize(b.getIndexType()), 0u);
}
