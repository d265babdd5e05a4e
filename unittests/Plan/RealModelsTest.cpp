//===- RealModelsTest.cpp - Problems of models beside the checkout --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanProblem.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Partition/MinimumCut.h"

#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace lathe;

namespace {

/// A slow device and a fast one.
constexpr llvm::StringLiteral twoDevices = R"(
name: two
input: near
output: near
devices:
  - name: near
    target: aarch64
    power: { active: 2 W, source: made up }
    speed: { f32: 10 GFLOP/s, memory: 4 GB/s, source: made up }
  - name: far
    target: x86-64-v3
    power: { active: 35 W, source: made up }
    speed: { f32: 400 GFLOP/s, memory: 15 GB/s, source: made up }
links:
  - from: near
    to: far
    bandwidth: 5 MB/s
    rtt: 5 ms
    radio: { send-power: 3.5 W, source: made up }
    source: made up
  - from: far
    to: near
    bandwidth: 20 MB/s
    rtt: 5 ms
    source: made up
)";

Network loadTwoDevices() {
  llvm::SmallString<128> path;
  int file = -1;
  EXPECT_FALSE(
      llvm::sys::fs::createTemporaryFile("network", "yaml", file, path));
  llvm::raw_fd_ostream(file, /*shouldClose=*/true) << twoDevices;
  Network network = llvm::cantFail(loadNetwork(path));
  llvm::sys::fs::remove(path);
  return network;
}

/// Compares the least of latency and `joule` times energy. Whether both devices
/// compute then.
bool equalsCut(const partition::PlacementProblem &problem, double joule) {
  partition::MetricWeights weights = partition::MetricWeights::ofLatency();
  addWeights(weights, partition::MetricWeights::ofEnergy(problem), joule);
  auto oracle = llvm::cantFail(partition::PlacementOracle::create(problem));
  partition::OracleResult found = oracle.minimize(weights);
  partition::CutResult cut =
      llvm::cantFail(partition::minimizeByCut(problem, weights));
  EXPECT_TRUE(found.optimal);
  EXPECT_NEAR(found.objective, cut.objective, 1e-9 * cut.objective);
  double sum = llvm::cantFail(
      partition::computeWeightedSum(problem, found.placement, weights));
  EXPECT_NEAR(sum, found.objective, 1e-9 * sum);
  return !llvm::all_equal(cut.devices);
}

class RealModelsTest : public ::testing::TestWithParam<const char *> {};

TEST_P(RealModelsTest, TwoDevicesAreAMinimumCut) {
  std::string path = std::string(LATHE_MODELS "/") + GetParam() + ".onnx";
  if (!llvm::sys::fs::exists(path))
    GTEST_SKIP() << path << " is not there";
  DialectRegistry registry;
  registerLatheDialects(registry);
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = loadModel(path, {}, &context);
  ASSERT_TRUE(module);
  ASSERT_FALSE(simplifyGraph(*module));
  ModelUnits units = llvm::cantFail(ModelUnits::get(lookupModel(*module)));
  Network network = loadTwoDevices();

  partition::PlacementProblem problem;
  std::vector<UnitTimes> times;
  for (const NetworkDevice &device : network.devices)
    times.push_back(llvm::cantFail(getUnitTimes(
        *module, units, device, network, [](unsigned) { return false; })));
  addDevices(problem, network);
  addNodes(problem, units);
  addOptions(problem, units, network, times, partition::Precision::F32,
             /*byteShare=*/1, [](unsigned) { return true; });
  addTensors(problem, units, network);

  unsigned numSplit = 0;
  // From the least latency to the least energy, by slow links and fast ones.
  for (double speedup : {0.3, 1.0, 3.0, 10.0, 100.0}) {
    for (std::optional<partition::Link> &link : problem.links)
      if (link)
        link->bandwidth *= speedup;
    for (double joule : {0.0, 0.1, 10.0})
      numSplit += equalsCut(problem, joule);
  }
  EXPECT_GT(numSplit, 0u);
}

INSTANTIATE_TEST_SUITE_P(Shared, RealModelsTest,
                         ::testing::Values("yolo11n_320_f32",
                                           "mobilenet_v2_f32", "squeezenet_f32",
                                           "mlperf_ic_resnet8_int8"));

} // namespace
