//===- JitModuleTest.cpp - Models run in this process ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopModule.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <vector>

using namespace lathe;

namespace {

/// Buffers for test::getMatMulModule().
struct MatMulBuffers {
  std::vector<float> x, b, y;
  alignas(64) char arena[128];

  MatMulBuffers() : x(4 * 8), b(20), y(4 * 20, -1.0f) {
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(i % 7) / 4 - 0.6f;
    for (size_t i = 0; i < b.size(); ++i)
      b[i] = static_cast<float>(i) - 3.25f;
  }

  void expectResult() const {
    for (int m = 0; m < 4; ++m)
      for (int n = 0; n < 20; ++n) {
        double expected = test::getMatMulResult(x.data(), b.data(), m, n);
        EXPECT_NEAR(y[m * 20 + n], expected, 2e-6 * (std::abs(expected) + 4))
            << "row " << m << ", column " << n;
      }
  }
};

TEST(JitModule, MultipliesMatricesWithWeights) {
  auto jit = test::compile(test::getMatMulModule());
  ASSERT_TRUE(jit);
  MatMulBuffers buffers;
  EXPECT_EQ(llvm::cantFail(jit->run({buffers.x.data(), buffers.b.data(),
                                     buffers.y.data(), buffers.arena})),
            0);
  buffers.expectResult();
}

TEST(JitModule, ThreadsDoNotChangeTheResult) {
  MatMulBuffers serial, parallel;
  auto one = test::compile(test::getMatMulModule());
  NativeOptions options;
  options.maxThreads = 3; // does not divide the 8 iterations
  auto three = test::compile(test::getMatMulModule(), options);
  ASSERT_TRUE(one && three);
  llvm::cantFail(one->run(
      {serial.x.data(), serial.b.data(), serial.y.data(), serial.arena}));
  llvm::cantFail(three->run({parallel.x.data(), parallel.b.data(),
                             parallel.y.data(), parallel.arena}));
  parallel.expectResult();
  EXPECT_EQ(serial.y, parallel.y);
}

TEST(JitModule, ReturnsErrorCodesForBadPointers) {
  auto jit = test::compile(test::getMatMulModule());
  ASSERT_TRUE(jit);
  MatMulBuffers buffers;
  void *x = buffers.x.data(), *b = buffers.b.data(), *y = buffers.y.data();
  EXPECT_EQ(llvm::cantFail(jit->run({nullptr, b, y, buffers.arena})), 1);
  EXPECT_EQ(llvm::cantFail(jit->run({x, b, nullptr, buffers.arena})), 1);
  EXPECT_EQ(llvm::cantFail(jit->run({x, b, y, nullptr})), 1);
  EXPECT_EQ(llvm::cantFail(jit->run({x, b, y, buffers.arena + 32})), 2);
  EXPECT_EQ(buffers.y, std::vector<float>(80, -1.0f)) << "nothing written";
  auto tooFew = jit->run({x, b, y});
  EXPECT_EQ(llvm::toString(tooFew.takeError()),
            "the entry takes 4 pointers, not 3");
}

/// y = 2 * x + 0.1 in f32, x and y stored as `type`.
std::string getHalfModule(std::string type) {
  std::string memref = "memref<40x" + type + ">";
  std::string vector = "vector<8x" + type + ">";
  return R"mlir(
    func.func @net_run(%x: )mlir" +
         memref + ", %y: " + memref + R"mlir(,
                       %arena: memref<0xi8> {lathe.align = 1 : i64})
        attributes {lathe.entry, lathe.model = "net"} {
      %c0 = arith.constant 0 : index
      %c8 = arith.constant 8 : index
      %c40 = arith.constant 40 : index
      %two = arith.constant dense<2.0> : vector<8xf32>
      %tenth = arith.constant dense<0.1> : vector<8xf32>
      scf.for %i = %c0 to %c40 step %c8 {
        %v = vector.load %x[%i] : )mlir" +
         memref + ", " + vector + R"mlir(
        %f = arith.extf %v : )mlir" +
         vector + R"mlir( to vector<8xf32>
        %g = math.fma %f, %two, %tenth : vector<8xf32>
        %h = arith.truncf %g : vector<8xf32> to )mlir" +
         vector + R"mlir(
        vector.store %h, %y[%i] : )mlir" +
         memref + ", " + vector + R"mlir(
      }
      return
    })mlir";
}

TEST(JitModule, StoresHalfAndComputesSingle) {
  auto jit = test::compile(getHalfModule("f16"));
  ASSERT_TRUE(jit);
  std::vector<_Float16> x(40), y(40);
  for (int i = 0; i < 40; ++i)
    x[i] = static_cast<_Float16>(i * 1.5f - 20);
  EXPECT_EQ(llvm::cantFail(jit->run({x.data(), y.data(), nullptr})), 0);
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(static_cast<float>(y[i]),
              static_cast<float>(static_cast<_Float16>(
                  std::fma(static_cast<float>(x[i]), 2.0f, 0.1f))));
}

/// The nearest bf16 of `value`, ties to even, by trying both neighbours.
uint16_t roundToBFloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  auto toFloat = [](uint16_t half) {
    uint32_t wide = uint32_t(half) << 16;
    float result;
    std::memcpy(&result, &wide, sizeof(result));
    return static_cast<double>(result);
  };
  uint16_t low = bits >> 16, high = low + 1;
  double toLow = std::abs(value - toFloat(low));
  double toHigh = std::abs(value - toFloat(high));
  if (toLow == toHigh)
    return low % 2 == 0 ? low : high;
  return toLow < toHigh ? low : high;
}

TEST(JitModule, StoresBFloat16AndComputesSingle) {
  auto jit = test::compile(getHalfModule("bf16"));
  ASSERT_TRUE(jit);
  std::vector<uint16_t> x(40), y(40);
  for (int i = 0; i < 40; ++i)
    x[i] = roundToBFloat16(i * 1.5f - 20);
  EXPECT_EQ(llvm::cantFail(jit->run({x.data(), y.data(), nullptr})), 0);
  for (int i = 0; i < 40; ++i) // 1.5 * i - 20 is exact in bf16
    EXPECT_EQ(y[i], roundToBFloat16(std::fma(i * 1.5f - 20, 2.0f, 0.1f)));
}

TEST(JitModule, CallsTheCLibraryForScalars) {
  auto jit = test::compile(R"mlir(
    func.func @net_run(%x: memref<1xf32>, %y: memref<3xf32>,
                       %arena: memref<0xi8> {lathe.align = 1 : i64})
        attributes {lathe.entry, lathe.model = "net"} {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %v = memref.load %x[%c0] : memref<1xf32>
      %e = math.exp %v : f32
      %t = math.tanh %v : f32
      %p = math.powf %v, %v : f32
      memref.store %e, %y[%c0] : memref<3xf32>
      memref.store %t, %y[%c1] : memref<3xf32>
      memref.store %p, %y[%c2] : memref<3xf32>
      return
    })mlir");
  ASSERT_TRUE(jit);
  float x = 1.25f, y[3];
  EXPECT_EQ(llvm::cantFail(jit->run({&x, y, nullptr})), 0);
  EXPECT_FLOAT_EQ(y[0], std::exp(1.25));
  EXPECT_FLOAT_EQ(y[1], std::tanh(1.25));
  EXPECT_FLOAT_EQ(y[2], std::pow(1.25, 1.25));
}

TEST(JitModule, ReportsAModuleWithoutEntry) {
  test::LoopModule module("func.func private @f() { return }");
  auto jit = JitModule::create(module.get());
  ASSERT_FALSE(jit);
  EXPECT_EQ(llvm::toString(jit.takeError()),
            "a module to run needs an entry");
}

} // namespace
