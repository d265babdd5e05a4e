//===- KernelCostTest.cpp - What loops are counted as ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Counts that follow from the source of a function alone: how often its parts
// are executed, and what an op becomes on which core.
//
//===----------------------------------------------------------------------===//

#include "lathe/Cost/KernelCost.h"
#include "lathe/Cost/CountableOpInterface.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace lathe;
using Class = InstructionClass;

namespace {

class KernelCostTest : public testing::Test {
protected:
  KernelCostTest() : context(getRegistry()) {}

  /// Counts @kernel of `body`, a function's arguments and what it does.
  FunctionCount count(const std::string &body,
                      const char *target = "cortex-m4") {
    constexpr const char *constants = R"(
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c10 = arith.constant 10 : index
      %zero = arith.constant 0 : i32
    )";
    std::string text = body;
    text.insert(text.find('{') + 1, constants);
    module = parseSourceString<ModuleOp>("func.func @kernel" + text, &context);
    llvm::Expected<TargetDescription> description = getTarget(target);
    if (!module || !description) {
      ADD_FAILURE() << "the test's source or target is wrong";
      return {};
    }
    return countInstructions(*module->getOps<func::FuncOp>().begin(),
                             InstructionSet(*description));
  }

  static DialectRegistry getRegistry() {
    DialectRegistry registry;
    registry
        .insert<LatheDialect, arith::ArithDialect, func::FuncDialect,
                math::MathDialect, memref::MemRefDialect, scf::SCFDialect>();
    registerCostModels(registry);
    return registry;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

constexpr const char *dotProduct = R"((
    %x: memref<10xi8>, %w: memref<10xi8>, %y: memref<1xi32>) {
  %sum = scf.for %i = %c0 to %c10 step %c1 iter_args(%acc = %zero) -> (i32) {
    %a = memref.load %x[%i] : memref<10xi8>
    %b = memref.load %w[%i] : memref<10xi8>
    %c = arith.extsi %a : i8 to i32
    %d = arith.extsi %b : i8 to i32
    %e = arith.muli %c, %d : i32
    %f = arith.addi %acc, %e : i32
    scf.yield %f : i32
  }
  memref.store %sum, %y[%c0] : memref<1xi32>
  return
})";

TEST_F(KernelCostTest, AProductAndItsSumAreOneInstruction) {
  InstructionCounts counts = count(dotProduct).instructions;
  EXPECT_EQ(counts[Class::Load], 20);
  EXPECT_EQ(counts[Class::MultiplyAccumulate], 10);
  EXPECT_EQ(counts[Class::Multiply], 0);
  EXPECT_EQ(counts[Class::Store], 1);
  EXPECT_EQ(counts[Class::Branch], 10);
}

TEST_F(KernelCostTest, ArmV6HasNoMultiplyAccumulate) {
  InstructionCounts counts = count(dotProduct, "cortex-m0plus").instructions;
  EXPECT_EQ(counts[Class::Multiply], 10);
  EXPECT_EQ(counts[Class::MultiplyAccumulate], 0);
}

TEST_F(KernelCostTest, BoundsThatDependOnCountersAreFollowed) {
  // 0 + 1 + … + 9 iterations.
  FunctionCount result = count(R"((%x: memref<10xi32>, %y: memref<10xi32>) {
    scf.for %i = %c0 to %c10 step %c1 {
      scf.for %j = %c0 to %i step %c1 {
        %a = memref.load %x[%j] : memref<10xi32>
        %b = memref.load %y[%j] : memref<10xi32>
        %c = arith.divsi %a, %b : i32
        memref.store %c, %y[%j] : memref<10xi32>
      }
    }
    return
  })");
  EXPECT_EQ(result.instructions[Class::Divide], 45);
  EXPECT_FALSE(result.dependsOnData);
}

TEST_F(KernelCostTest, BranchesOnCountersAreFollowed) {
  FunctionCount result = count(R"((%y: memref<10xi32>) {
    %c7 = arith.constant 7 : index
    scf.for %i = %c0 to %c10 step %c1 {
      %inside = arith.cmpi ult, %i, %c7 : index
      scf.if %inside {
        memref.store %zero, %y[%i] : memref<10xi32>
      }
    }
    return
  })");
  EXPECT_EQ(result.instructions[Class::Store], 7);
  EXPECT_FALSE(result.dependsOnData);
}

TEST_F(KernelCostTest, BranchesOnDataAreTakenInHalfOfTheCases) {
  FunctionCount result = count(R"((%x: memref<10xi32>, %y: memref<10xi32>) {
    scf.for %i = %c0 to %c10 step %c1 {
      %a = memref.load %x[%i] : memref<10xi32>
      %positive = arith.cmpi sgt, %a, %zero : i32
      scf.if %positive {
        memref.store %a, %y[%i] : memref<10xi32>
      }
    }
    return
  })");
  EXPECT_EQ(result.instructions[Class::Store], 5);
  EXPECT_TRUE(result.dependsOnData);
}

TEST_F(KernelCostTest, WhatDoesNotChangeLeavesLoops) {
  InstructionCounts counts = count(R"((
      %x: memref<10xi32>, %y: memref<10x10xi32>) {
    scf.for %i = %c0 to %c10 step %c1 {
      scf.for %j = %c0 to %c10 step %c1 {
        %a = memref.load %x[%i] : memref<10xi32>
        memref.store %a, %y[%i, %j] : memref<10x10xi32>
      }
    }
    return
  })")
                                 .instructions;
  // The other ones belong to what the outer loop counts in memory.
  EXPECT_LT(counts[Class::Load], 50);
  EXPECT_GE(counts[Class::Store], 100);
}

TEST_F(KernelCostTest, HalfAMillionIterationsThatDifferAreSampled) {
  FunctionCount result = count(R"((%y: memref<1000x1000xi32>) {
    %c1000 = arith.constant 1000 : index
    scf.for %i = %c0 to %c1000 step %c1 {
      scf.for %j = %c0 to %c1000 step %c1 {
        %inside = arith.cmpi ult, %j, %i : index
        scf.if %inside {
          memref.store %zero, %y[%i, %j] : memref<1000x1000xi32>
        }
      }
    }
    return
  })");
  EXPECT_NEAR(result.instructions[Class::Store], 499500, 5000);
}

constexpr const char *rescaling = R"((%x: i32, %y: memref<1xi32>) {
  %factor = arith.constant 12345 : i32
  %r = lathe.rescale %x, %factor {shift = 32 : i64, offset = 2147483648 : i64}
       : i32
  memref.store %r, %y[%c0] : memref<1xi32>
  return
})";

TEST_F(KernelCostTest, RescalingIsOneInstructionWithTheDSPExtension) {
  InstructionCounts dsp = count(rescaling).instructions;
  EXPECT_EQ(dsp[Class::MultiplyLong], 1);
  EXPECT_EQ(dsp[Class::ALU], 0);
  InstructionCounts plain = count(rescaling, "cortex-m3").instructions;
  EXPECT_EQ(plain[Class::MultiplyLong], 1);
  EXPECT_GT(plain[Class::ALU], 0);
}

TEST_F(KernelCostTest, ProductsOfPairsGrowWithTheirBlocks) {
  InstructionCounts counts = count(R"((
      %x: memref<40xi32>, %w: memref<16x20x2xi32>, %b: memref<64xi32>,
      %sums: memref<128xi32>) {
    %c16 = arith.constant 16 : index
    lathe.window_dot %c16 blocks %x[%c0] step %c1, %w[%c0], %b[%c0], %sums
      {form = #lathe<window_form pairs>, lanes = 2 : i64, depth = 40 : i64,
         block_weights = 40 : i64}
      : memref<40xi32>, memref<16x20x2xi32>, memref<64xi32>, memref<128xi32>
    return
  })")
                                 .instructions;
  // Two pixels, four channels, two products each: 8 for a word.
  EXPECT_EQ(counts[Class::DualMultiply], 16 * 20 * 8);
}

constexpr const char *bytes = R"((
    %x: memref<80xi8>, %w: memref<16x40x4xi8>, %b: memref<64xi32>,
    %sums: memref<128xi32>) {
  %c16 = arith.constant 16 : index
  lathe.window_dot %c16 blocks %x[%c0] step %c1, %w[%c0], %b[%c0], %sums
    {form = #lathe<window_form bytes>, lanes = 2 : i64, depth = 40 : i64,
         block_weights = 160 : i64}
    : memref<80xi8>, memref<16x40x4xi8>, memref<64xi32>, memref<128xi32>
  return
})";

TEST_F(KernelCostTest, ProductsOfBytesAreOneInstructionWhereTheCoreHasSums) {
  // Two pixels, four channels.
  constexpr double products = 16 * 40 * 8;
  InstructionCounts fused = count(bytes, "cortex-m3").instructions;
  EXPECT_EQ(fused[Class::MultiplyAccumulate], products);
  InstructionCounts apart = count(bytes, "cortex-m0plus").instructions;
  EXPECT_EQ(apart[Class::Multiply], products);
  EXPECT_GT(apart[Class::ALU], products);
}

TEST_F(KernelCostTest, ARestOfAVectorTakesAsManyProductsAsAWholeOne) {
  InstructionCounts counts = count(R"((
      %x: memref<80xi8>, %w: memref<4x2x40xi8>, %b: memref<8xi32>,
      %sums: memref<16xi32>) {
    %c4 = arith.constant 4 : index
    %c40 = arith.constant 40 : index
    lathe.window_dot %c4 blocks %x[%c0] step %c40, %w[%c0], %b[%c0], %sums
      {form = #lathe<window_form vectors>, lanes = 2 : i64, depth = 40 : i64,
         block_weights = 80 : i64}
      : memref<80xi8>, memref<4x2x40xi8>, memref<8xi32>, memref<16xi32>
    return
  })",
                                   "cortex-m55")
                                 .instructions;
  // Two pixels, two channels; 16, 16 and 8 elements.
  EXPECT_EQ(counts[Class::VectorMultiply], 4 * 3 * 4);
}

TEST_F(KernelCostTest, AProductOfHalvesServesBothPixels) {
  auto countHalves = [&](StringRef weights) {
    std::string text = llvm::formatv(R"((
        %x: memref<40xi32>, %w: memref<32x{0}xi8>, %b: memref<64xi32>,
        %sums: memref<128xi32>) {{
      %c32 = arith.constant 32 : index
      lathe.window_dot %c32 blocks %x[%c0] step %c0, %w[%c0], %b[%c0], %sums
        {{form = #lathe<window_form halves>, lanes = 2 : i64, depth = 40 : i64,
         block_weights = {0} : i64}
        : memref<40xi32>, memref<32x{0}xi8>, memref<64xi32>, memref<128xi32>
      return
    })",
                                     weights);
    return count(text, "cortex-m0plus").instructions;
  };
  InstructionCounts few = countHalves("90"), many = countHalves("95");
  // Two channels.
  EXPECT_EQ(few[Class::Multiply], 32 * 40 * 2);
  // Each segment is one byte of the weights, and is summed by itself.
  EXPECT_EQ(many[Class::Multiply], few[Class::Multiply]);
  EXPECT_GT(many[Class::ALU], few[Class::ALU] + 32 * 18);
}

TEST_F(KernelCostTest, OneRegisterIndexesTheWeightsOfFourChannels) {
  InstructionCounts counts = count(R"((
      %x: memref<1x42xi8>, %w: memref<2x4x42xi8>, %b: memref<8xi32>,
      %sums: memref<8xi32>) {
    %c2 = arith.constant 2 : index
    lathe.window_dot %c2 blocks %x[%c0] step %c0, %w[%c0], %b[%c0], %sums
      {form = #lathe<window_form halves>, lanes = 1 : i64, depth = 42 : i64,
       block_weights = 168 : i64}
      : memref<1x42xi8>, memref<2x4x42xi8>, memref<8xi32>, memref<8xi32>
    return
  })",
                                   "cortex-m0plus")
                                 .instructions;
  EXPECT_EQ(counts[Class::Multiply], 2 * 4 * 42);
  // The data of four products are loaded once.
  EXPECT_LT(counts[Class::Load], 1.5 * 2 * 4 * 42);
}

TEST_F(KernelCostTest, JoinedBytesAreReadAndWrittenOneByOne) {
  InstructionCounts counts = count(R"((
      %x: memref<48xi8>, %words: memref<48xi32>, %lane: index) {
    lathe.join_bytes %x[%c0], %words[%c0], %lane {count = 48 : i64}
      : memref<48xi8>, memref<48xi32>
    return
  })",
                                   "cortex-m0plus")
                                 .instructions;
  // Only the second pixel reads the words.
  EXPECT_EQ(counts[Class::Load], 48 * 1.5);
  EXPECT_EQ(counts[Class::Store], 48);
}

constexpr const char *requantization = R"((
    %sums: memref<36xi32>, %factors: memref<18xi32>, %y: memref<36xi8>) {
  %c18 = arith.constant 18 : index
  lathe.rescale_sums %c18, %sums, %factors[%c0], %y[%c0, %c18]
    {lanes = 2 : i64, zero_point = -128 : i64, low = -128 : i64,
     high = 127 : i64}
    : memref<36xi32>, memref<18xi32>, memref<36xi8>
  return
})";

TEST_F(KernelCostTest, SumsAreRescaledAsTheCoreMultiplies) {
  EXPECT_EQ(count(requantization).instructions[Class::MultiplyLong], 36);
  InstructionCounts thumb1 =
      count(requantization, "cortex-m0plus").instructions;
  // Four products of halves each.
  EXPECT_EQ(thumb1[Class::Multiply], 36 * 4);
  EXPECT_EQ(thumb1[Class::MultiplyLong], 0);
  std::string small(requantization);
  small.replace(small.find("high = 127"), 0, "small_sums, ");
  InstructionCounts fewer = count(small, "cortex-m0plus").instructions;
  EXPECT_EQ(fewer[Class::Multiply], 36 * 4);
  EXPECT_LT(fewer[Class::ALU], 0.6 * thumb1[Class::ALU]);
  InstructionCounts helium = count(requantization, "cortex-m55").instructions;
  // Four channels at a time.
  EXPECT_EQ(helium[Class::VectorMultiply], 5 * 8);
}

TEST_F(KernelCostTest, FiltersOfARowComputeEightChannelsAtATime) {
  InstructionCounts counts = count(R"((
      %ring: memref<488xi8>, %w: memref<2x3x3x8xi8>, %b: memref<16xi32>,
      %factors: memref<15xi32>, %y: memref<120xi8>) {
    lathe.filter_pixels %ring[%c0], %w, %b, %factors, %y[%c0]
      {row_bytes = 150 : i64, channels = 15 : i64, pixels = 8 : i64,
       step = 15 : i64, zero_point = -128 : i64, low = -128 : i64,
       high = 127 : i64}
      : memref<488xi8>, memref<2x3x3x8xi8>, memref<16xi32>, memref<15xi32>,
        memref<120xi8>
    return
  })",
                                   "cortex-m55")
                                 .instructions;
  // Nine products of eight channels, two vectors a pixel.
  EXPECT_GT(counts[Class::VectorMultiply], 8 * 2 * 9);
  EXPECT_EQ(counts[Class::Call], 1);
}

TEST_F(KernelCostTest, FiltersOfPlanesComputePairsOfColumns) {
  auto countFilter = [&](int columns) {
    std::string text = llvm::formatv(R"((
        %x: memref<1x8x8x16xi8>, %plane: memref<100xi8>,
        %w: memref<16x3x3xi8>, %b: memref<16xi32>, %factors: memref<16xi32>,
        %y: memref<1x8x8x16xi8>) {{
      lathe.filter_planes %x[%c0], %plane, %w, %b, %factors, %y[%c0]
        {{form = #lathe<window_form halves>, channels = 16 : i64, rows = 8 : i64,
         columns = 8 : i64, plane_rows = 10 : i64, row_size = 10 : i64,
         top = 1 : i64, left = 1 : i64, padding = 0 : i64,
         result_rows = 8 : i64, result_columns = {0} : i64,
         row_stride = 1 : i64, stride = 1 : i64, zero_point = -128 : i64,
         low = -128 : i64, high = 127 : i64}
        : memref<1x8x8x16xi8>, memref<100xi8>, memref<16x3x3xi8>,
          memref<16xi32>, memref<16xi32>, memref<1x8x8x16xi8>
      return
    })",
                                     columns);
    return count(text, "cortex-m0plus").instructions[Class::Multiply];
  };
  // Nine products and four of the requantization, in sixteen channels.
  EXPECT_EQ(countFilter(8), 16 * 8 * 8 * (9 + 4));
  EXPECT_EQ(countFilter(7), countFilter(8));
}

constexpr const char *floats = R"((%x: f32, %y: memref<1xf32>) {
  %a = arith.mulf %x, %x : f32
  %b = arith.addf %a, %x : f32
  memref.store %b, %y[%c0] : memref<1xf32>
  return
})";

TEST_F(KernelCostTest, FloatsAreFunctionsWithoutAUnit) {
  llvm::Expected<TargetDescription> unit = getTarget("cortex-m4");
  llvm::Expected<TargetDescription> none = getTarget("cortex-m4+nofp");
  ASSERT_TRUE(unit && none);
  InstructionCounts fused = count(floats).instructions;
  EXPECT_EQ(fused[Class::FloatMultiplyAccumulate], 1);
  EXPECT_LT(fused.getInstructions(*unit->costs, unit->floatUnit), 10);
  InstructionCounts apart = count(floats, "cortex-m4+nofp").instructions;
  EXPECT_EQ(apart[Class::FloatMultiply], 1);
  EXPECT_EQ(apart[Class::FloatAdd], 1);
  EXPECT_GT(apart.getInstructions(*none->costs, none->floatUnit), 50);
  EXPECT_GT(apart.getCycles(*none->costs, none->floatUnit),
            apart.getInstructions(*none->costs, none->floatUnit));
}

} // namespace
