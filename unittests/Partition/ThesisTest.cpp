//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/ConstrainedSolver.h"
#include "lathe/Partition/ParallelSolver.h"
#include "lathe/Partition/SyntheticProblems.h"
#include "gtest/gtest.h"

using namespace lathe::partition;

namespace {

SolverResult findFastest(const ThesisOptions &options, double noise) {
  PlacementProblem problem = makeThesisProblem(options);
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  PlacementLimits limits;
  limits.noise = noise;
  return llvm::cantFail(solve(oracle, MetricWeights::ofLatency(), limits));
}

double getProvedLatency(const ThesisOptions &options, double noise) {
  SolverResult result = findFastest(options, noise);
  EXPECT_TRUE(result.found);
  EXPECT_TRUE(result.optimal);
  return result.objective;
}

TEST(ThesisTest, TensorsOfTheModelAreThoseOfYolo) {
  PlacementProblem problem = makeThesisProblem({});
  std::vector<double> outputs;
  for (const PlacementTensor &tensor : problem.tensors)
    if (!tensor.wantedDevices.empty())
      outputs.push_back(tensor.bytes);
  EXPECT_EQ(problem.tensors.front().bytes, 4 * 3 * 640 * 640);
  EXPECT_EQ(outputs, std::vector<double>({4 * 116 * 8400, 4 * 32 * 160 * 160}));
}

TEST(ThesisTest, LeastLatenciesAreThePublishedOnes) {
  struct {
    double noise;
    double latencies[2]; // s: device; device and edge server
  } published[] = {{0, {5.3285, 3.6455}},
                   {0.05, {4.0243, 2.7579}},
                   {0.1, {3.8214, 2.5146}},
                   {0.5, {3.7257, 2.4204}}};
  for (const auto &row : published)
    for (unsigned numDevices : {1, 2}) {
      ThesisOptions options;
      options.numDevices = numDevices;
      double expected = row.latencies[numDevices - 1];
      EXPECT_NEAR(getProvedLatency(options, row.noise), expected,
                  0.1 * expected)
          << numDevices << " devices, noise " << row.noise;
    }
}

TEST(ThesisTest, BytesForTheImageGainWhatTheyShould) {
  struct {
    unsigned numDevices;
    double before; // s
    double after;
  } expected[] = {{2, 3.488, 2.78}, {3, 1.25, 0.54}};
  for (const auto &row : expected) {
    ThesisOptions options;
    options.numDevices = row.numDevices;
    EXPECT_NEAR(getProvedLatency(options, 0), row.before, 0.005);
    options.sendsByteImage = true;
    EXPECT_NEAR(getProvedLatency(options, 0), row.after, 0.005);
  }
}

TEST(ThesisTest, MakespanGainsMore) {
  ThesisOptions options;
  options.quantizes = false;
  options.sendsByteImage = true;
  ParallelResult result = llvm::cantFail(
      solveParallel(makeThesisProblem(options), ParallelObjective::Makespan));
  EXPECT_LT(result.value, 0.9 * getProvedLatency(options, 0));
  EXPECT_LT(result.getGap(), 0.1);
}

} // namespace
