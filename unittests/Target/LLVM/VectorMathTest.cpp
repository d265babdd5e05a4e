//===- VectorMathTest.cpp - Accuracy of vector functions ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compares each function on vectors of f32 with the C library's on f64, the
// independent source here.
//
//===----------------------------------------------------------------------===//

#include "LoopModule.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <vector>

using namespace lathe;

namespace {

constexpr int NumValues = 4096;
constexpr float Infinity = std::numeric_limits<float>::infinity();

/// A model that applies `op` to NumValues elements of `type`, 16 at a time.
std::string getUnaryModule(llvm::StringRef op) {
  return (R"mlir(
    func.func private @apply(%x: memref<4096xf32>, %y: memref<4096xf32>) {
      %c0 = arith.constant 0 : index
      %c16 = arith.constant 16 : index
      %c4096 = arith.constant 4096 : index
      scf.for %i = %c0 to %c4096 step %c16 {
        %v = vector.load %x[%i] : memref<4096xf32>, vector<16xf32>
        %r = )mlir" +
          op + R"mlir( %v : vector<16xf32>
        vector.store %r, %y[%i] : memref<4096xf32>, vector<16xf32>
      }
      return
    }
    func.func @net_run(%x: memref<4096xf32>, %y: memref<4096xf32>,
                       %arena: memref<0xi8> {lathe.align = 1 : i64})
        attributes {lathe.entry, lathe.model = "net"} {
      call @apply(%x, %y) : (memref<4096xf32>, memref<4096xf32>) -> ()
      return
    })mlir")
      .str();
}

std::vector<float> evaluate(llvm::StringRef op, std::vector<float> x) {
  x.resize(NumValues, 0.5f);
  std::vector<float> y(NumValues);
  if (auto jit = test::compile(getUnaryModule(op)))
    EXPECT_EQ(llvm::cantFail(jit->run({x.data(), y.data(), nullptr})), 0);
  return y;
}

struct Function {
  const char *op;
  double (*reference)(double);
  float first, last; ///< the range that is sampled
};

void PrintTo(const Function &function, std::ostream *os) { *os << function.op; }

class VectorMath : public testing::TestWithParam<Function> {};

TEST_P(VectorMath, IsAccurateToAFewUnitsInTheLastPlace) {
  const Function &function = GetParam();
  std::vector<float> x(NumValues);
  for (int i = 0; i < NumValues; ++i)
    x[i] =
        function.first + (function.last - function.first) * i / (NumValues - 1);
  std::vector<float> y = evaluate(function.op, x);
  double worst = 0;
  float worstAt = 0;
  for (int i = 0; i < NumValues; ++i) {
    double expected = function.reference(x[i]);
    double error = std::abs(y[i] - expected);
    if (expected != 0)
      error /= std::abs(expected);
    if (!(error <= worst)) {
      worst = error;
      worstAt = x[i];
    }
  }
  EXPECT_LE(worst, 3e-7) << "at " << worstAt;
}

TEST_P(VectorMath, KeepsInfinitiesAndNaN) {
  const Function &function = GetParam();
  std::vector<float> x = {Infinity, -Infinity, NAN,  100.0f, -100.0f,
                          1e30f,    -1e30f,    1.0f, -1.0f,  0.0f};
  std::vector<float> y = evaluate(function.op, x);
  for (size_t i = 0; i < x.size(); ++i) {
    float expected = function.reference(x[i]);
    if (std::isnan(expected))
      EXPECT_TRUE(std::isnan(y[i])) << "at " << x[i];
    else if (std::isinf(expected))
      EXPECT_EQ(y[i], expected) << "at " << x[i];
    else
      EXPECT_NEAR(y[i], expected, 3e-7 * std::abs(expected) + 1e-38)
          << "at " << x[i];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Functions, VectorMath,
    testing::Values(Function{"math.exp", std::exp, -86.9f, 88.72f},
                    Function{"math.expm1", std::expm1, -20, 20},
                    Function{"math.expm1", std::expm1, -0.01f, 0.01f},
                    Function{"math.log", std::log, 1e-3f, 1000},
                    Function{"math.log", std::log, 0.5f, 2},
                    Function{"math.log2", std::log2, 0.5f, 2},
                    Function{"math.log1p", std::log1p, -0.9f, 100},
                    Function{"math.log1p", std::log1p, -0.001f, 0.001f},
                    Function{"math.tanh", std::tanh, -10, 10},
                    Function{"math.tanh", std::tanh, -0.01f, 0.01f},
                    Function{"math.erf", std::erf, -4, 4},
                    Function{"math.erf", std::erf, -0.01f, 0.01f},
                    Function{"math.erfc", std::erfc, -4, 4},
                    Function{"math.asin", std::asin, -1, 1},
                    Function{"math.acos", std::acos, -1, 1},
                    Function{"math.sin", std::sin, -1000, 1000},
                    Function{"math.cos", std::cos, -1000, 1000},
                    Function{"math.tan", std::tan, -10, 10},
                    Function{"math.atan", std::atan, -10, 10},
                    Function{"math.cbrt", std::cbrt, -10, 10},
                    Function{"math.sinh", std::sinh, -10, 10},
                    Function{"math.asinh", std::asinh, -10, 10},
                    Function{"math.exp2", std::exp2, -120, 120}));

} // namespace
