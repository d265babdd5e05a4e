//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What other solvers make of the exports, where they are installed.
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Export.h"

#include "TestProblems.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "gtest/gtest.h"

using namespace lathe::partition;
using namespace lathe::test;

namespace {

/// Runs `program` and returns what it wrote.
std::string runProgram(llvm::StringRef program,
                       llvm::ArrayRef<llvm::StringRef> arguments) {
  llvm::SmallString<128> output;
  EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("lathe", "out", output));
  llvm::SmallVector<llvm::StringRef> all = {program};
  llvm::append_range(all, arguments);
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(), output.str(),
                                                llvm::StringRef()};
  llvm::sys::ExecuteAndWait(program, all, std::nullopt, redirects,
                            /*SecondsToWait=*/60);
  auto buffer = llvm::MemoryBuffer::getFile(output);
  std::string text = buffer ? (*buffer)->getBuffer().str() : "";
  llvm::sys::fs::remove(output);
  return text;
}

/// The number behind `label`, none if it is not there.
std::optional<double> findNumber(llvm::StringRef text, llvm::StringRef label) {
  size_t place = text.find(label);
  if (place == llvm::StringRef::npos)
    return std::nullopt;
  double value = 0;
  llvm::StringRef rest = text.substr(place + label.size()).ltrim();
  if (rest.take_while([](char c) { return !isspace(c); }).getAsDouble(value))
    return std::nullopt;
  return value;
}

llvm::SmallString<128>
writeFile(llvm::StringRef suffix,
          llvm::function_ref<void(llvm::raw_ostream &)> write) {
  llvm::SmallString<128> path;
  int file = 0;
  EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("lathe", suffix, file, path));
  llvm::raw_fd_ostream os(file, /*shouldClose=*/true);
  write(os);
  return path;
}

TEST(ExportTest, Toulbar2FindsTheSameOptimum) {
  auto program = llvm::sys::findProgramByName("toulbar2");
  if (!program)
    GTEST_SKIP() << "toulbar2 is not installed";
  for (unsigned seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    SyntheticOptions options;
    options.seed = seed;
    options.numQuantizable = 10;
    options.unrelatedSpeeds = true;
    PlacementProblem problem = makeRandomProblem(60, 10, options);
    MetricWeights weights = makeWeights(problem, seed);
    double unit = 1e-7;
    double constant = 0;
    auto path = writeFile("wcsp", [&](llvm::raw_ostream &os) {
      constant = llvm::cantFail(exportWCSP(problem, weights, unit, os));
    });
    std::string text = runProgram(*program, {path});
    llvm::sys::fs::remove(path);
    std::optional<double> optimum = findNumber(text, "Optimum:");
    ASSERT_TRUE(optimum) << text;
    PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
    OracleResult result = oracle.minimize(weights);
    EXPECT_NEAR(constant + unit * *optimum, result.objective, 300 * unit);
  }
}

TEST(ExportTest, CbcFindsTheSameOptimumUnderLimits) {
  auto program = llvm::sys::findProgramByName("cbc");
  if (!program)
    GTEST_SKIP() << "cbc is not installed";
  unsigned numLimited = 0;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    SyntheticOptions options;
    options.seed = seed;
    options.numQuantizable = 10;
    options.unrelatedSpeeds = true;
    options.halfCodec = seed % 2 == 0;
    PlacementProblem problem = makeRandomProblem(25, 10, options);
    PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
    PlacementLimits limits;
    limits.noise = 0.05;
    limits.totalEnergy = 14;
    limits.memory = {PlacementLimits::unlimited, PlacementLimits::unlimited,
                     4e6};
    MetricWeights latency = MetricWeights::ofLatency();
    auto path = writeFile("lp", [&](llvm::raw_ostream &os) {
      llvm::cantFail(exportLP(problem, latency, limits, os));
    });
    std::string text =
        runProgram(*program, {path, "ratioGap", "0", "allowableGap", "1e-9",
                              "solve", "quit"});
    llvm::sys::fs::remove(path);
    SolverResult result = llvm::cantFail(solve(oracle, latency, limits));
    std::optional<double> optimum = findNumber(text, "Objective value:");
    ASSERT_EQ(optimum.has_value(), result.found) << text;
    if (!optimum)
      continue;
    EXPECT_TRUE(result.optimal);
    // CBC prints eight digits and allows 1e-6 of a violation.
    EXPECT_NEAR(*optimum, result.objective, 1e-5);
    numLimited += result.objective > oracle.minimize(latency).objective + 1e-3;
  }
  // The limits matter.
  EXPECT_GT(numLimited, 3u);
}

TEST(ExportTest, RefusesWhatTheFormatsDoNotHave) {
  PlacementProblem problem = makeChainProblem(3, {});
  std::string text;
  llvm::raw_string_ostream os(text);
  EXPECT_EQ(
      llvm::toString(
          exportWCSP(problem, MetricWeights::ofLatency(), 0, os).takeError()),
      "the unit of costs is not above 0");
  problem.noiseTerms = {{{0, 1}, 1}};
  PlacementLimits limits;
  limits.noise = 1;
  EXPECT_EQ(
      llvm::toString(exportLP(problem, MetricWeights::ofLatency(), limits, os)),
      "products in the noise cannot be written as a linear program");
}

} // namespace
