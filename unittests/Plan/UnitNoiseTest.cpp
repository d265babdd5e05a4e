//===- UnitNoiseTest.cpp - The noise of units in 8 bits -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UnitNoise.h"
#include "PlanProblem.h"
#include "lathe/Driver/Loader.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace lathe;

namespace {

/// Three products that read what a fourth one computes, and their sum.
constexpr llvm::StringLiteral fan = R"(
func.func @m(%x: tensor<1x4xf32> {lathe.name = "x"}) -> (tensor<1x4xf32> {lathe.name = "y"}) {
  %w = lathe.constant dense<1.0> : tensor<4x4xf32>
  %0 = lathe.matmul %x, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %1 = lathe.matmul %0, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %2 = lathe.matmul %0, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %3 = lathe.matmul %0, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %4 = lathe.add %1, %2 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %5 = lathe.add %4, %3 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %5 : tensor<1x4xf32>
}
)";

/// Noise that adds up: of two parts of the outputs, each value and each layer
/// its own.
class AdditiveStudy : public PrecisionStudy {
public:
  using PrecisionStudy::PrecisionStudy;

  llvm::Expected<SmallVector<double, 1>> simulate(const PrecisionMask &mask,
                                                  bool) override {
    SmallVector<double, 1> shares = {0, 0};
    for (unsigned value : mask.values.set_bits()) {
      shares[0] += 1 + value;
      shares[1] += 0.5;
    }
    for (unsigned layer : mask.layers.set_bits())
      shares[1] += 10 + layer;
    return shares;
  }
  llvm::Expected<StudiedModel> build(const PrecisionMask &) override {
    return llvm::createStringError("not asked for");
  }
};

class UnitNoiseTest : public ::testing::Test {
protected:
  UnitNoiseTest() {
    DialectRegistry registry;
    registerLatheDialects(registry);
    context.appendDialectRegistry(registry);
    module = parseSourceString<ModuleOp>(fan, &context);
    model = lookupModel(*module);
    units = llvm::cantFail(ModelUnits::get(model));
    QuantizationPlan plan = QuantizationPlan::get(model, PlanScope::Whole);
    std::vector<WeightedOpInterface> layers;
    model.walk([&](WeightedOpInterface op) { layers.push_back(op); });
    study.emplace(model, std::move(plan), std::move(layers));
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp model;
  ModelUnits units;
  std::optional<AdditiveStudy> study;
};

TEST_F(UnitNoiseTest, SumIsThatOfTheMask) {
  UnitNoise noise(*study, units);
  llvm::SmallBitVector quantizable(units.units.size());
  for (unsigned unit = 0; unit < units.units.size(); ++unit)
    quantizable[unit] = noise.isQuantizable(unit);
  ASSERT_TRUE(quantizable.all());
  int64_t calls = 0;
  ASSERT_FALSE(noise.measure([&](int64_t done, int64_t total) {
    EXPECT_EQ(done, ++calls);
    EXPECT_LE(done, total);
  }));

  partition::PlacementProblem problem;
  problem.devices.emplace_back().name = "only";
  problem.resetLinks();
  addNodes(problem, units);
  for (partition::PlacementNode &node : problem.nodes)
    for (auto precision :
         {partition::Precision::F32, partition::Precision::Int8})
      node.options.push_back({0, precision, 1, 1, 1, 0});
  addTensors(problem, units, Network());
  for (partition::PlacementTensor &tensor : problem.tensors)
    addCodec(tensor, int8Codec, 0.25);

  // Near each mask the sum is the geometric mean of its parts, whatever
  // readers of the shared tensor it has: first ones, the last, all.
  llvm::SmallBitVector none(units.tensors.size());
  unsigned numExact = 0, numMasks = 1u << units.units.size();
  for (unsigned bits = 1; bits < numMasks; ++bits) {
    llvm::SmallBitVector int8(units.units.size());
    for (unsigned unit = 0; unit < units.units.size(); ++unit)
      int8[unit] = bits >> unit & 1;
    auto shares = llvm::cantFail(
        study->simulate(noise.getMask(int8, none), /*isQuick=*/false));
    noise.linearize(shares, getMeanNoise(shares));
    noise.addTo(problem);
    partition::Placement placement;
    for (unsigned unit = 0; unit < units.units.size(); ++unit)
      placement.options.push_back(int8[unit]);
    double sum = llvm::cantFail(evaluate(problem, placement)).noise;
    EXPECT_GE(sum, getMeanNoise(shares) * (1 - 1e-12));
    numExact += std::abs(sum - getMeanNoise(shares)) < 1e-9 * sum;
  }
  // Not where the first and the last of three readers are in 8 bits, and the
  // one between them is not.
  EXPECT_GT(numExact, numMasks / 2);
  EXPECT_LT(numExact, numMasks - 1);
}

TEST_F(UnitNoiseTest, TensorsHaveTheirOwn) {
  UnitNoise noise(*study, units);
  llvm::SmallBitVector no(units.units.size()), tensors(units.tensors.size());
  EXPECT_EQ(noise.findValue(0), 0u);
  tensors.set(0);
  PrecisionMask mask = noise.getMask(no, tensors);
  EXPECT_TRUE(mask.values.test(0));
  EXPECT_EQ(mask.values.count(), 1u);
  EXPECT_TRUE(mask.layers.none());
}

} // namespace
