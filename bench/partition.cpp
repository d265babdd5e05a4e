//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Times the partitioning engine on synthetic problems and prints what it found:
//
//   lathe-partition-bench [first letters of a group]
//
// Times are in milliseconds, the gap is between the objective and the proved
// lower bound, in percent of the objective, or the word "proved".
//
//===----------------------------------------------------------------------===//

#include "partition-thesis.h"

#include "lathe/Partition/ConstrainedSolver.h"
#include "lathe/Partition/ExitBook.h"
#include "lathe/Partition/ParallelSolver.h"
#include "lathe/Partition/PlanBook.h"
#include "lathe/Partition/SyntheticProblems.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <cmath>

using namespace lathe::partition;
using llvm::outs;
using llvm::StringRef;

namespace {

class Stopwatch {
public:
  double getMilliseconds() const {
    return std::chrono::duration<double, std::milli>(Clock::now() - start)
        .count();
  }

private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now();
};

class Bench {
public:
  explicit Bench(StringRef filter) : filter(filter) {}

  bool wants(StringRef group) const { return group.starts_with(filter); }

  void startGroup(StringRef group, StringRef title) {
    outs() << "\n" << group << ": " << title << "\n";
    outs() << llvm::format("%-34s %5s %4s %6s %9s %9s %5s %5s %11s %8s\n",
                           "instance", "nodes", "dev.", "width", "prepare",
                           "solve", "sweep", "nodes", "objective", "gap %");
  }

  void solve(const std::string &name, const PlacementProblem &problem,
             const MetricWeights &weights, const OracleOptions &options = {}) {
    Stopwatch prepare;
    PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
    double prepareTime = prepare.getMilliseconds();
    Stopwatch stopwatch;
    OracleResult result = oracle.minimize(weights, options);
    double time = stopwatch.getMilliseconds();
    outs() << llvm::format(
        "%-34s %5u %4u %6u %9.2f %9.2f %5u %5u %11.6f %8s\n", name.c_str(),
        unsigned(problem.nodes.size()), unsigned(problem.devices.size()),
        result.statistics.treewidth, prepareTime, time,
        result.statistics.sweeps, result.statistics.searchNodes,
        result.objective, describe(result.optimal, result.getGap()).c_str());
    outs().flush();
  }

  void startLimits(StringRef group, StringRef title) {
    outs() << "\n" << group << ": " << title << "\n";
    outs() << llvm::format("%-40s %5s %4s %9s %6s %6s %11s %11s %8s\n",
                           "instance", "nodes", "dev.", "solve", "calls",
                           "nodes", "objective", "bound", "gap %");
  }

  void solve(const std::string &name, const PlacementProblem &problem,
             const MetricWeights &weights, const PlacementLimits &limits,
             const SolverOptions &options) {
    Stopwatch stopwatch;
    PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
    SolverResult result = llvm::cantFail(
        lathe::partition::solve(oracle, weights, limits, options));
    if (!result.found) {
      outs() << llvm::format("%-40s %5u %4u %9.2f %6u %6u  ", name.c_str(),
                             unsigned(problem.nodes.size()),
                             unsigned(problem.devices.size()),
                             stopwatch.getMilliseconds(), result.oracleCalls,
                             result.searchNodes)
             << (std::isinf(result.lowerBound)
                     ? "proved that nothing is within the limits\n"
                     : "nothing found\n");
      return;
    }
    outs() << llvm::format(
        "%-40s %5u %4u %9.2f %6u %6u %11.6f %11.6f %8s\n", name.c_str(),
        unsigned(problem.nodes.size()), unsigned(problem.devices.size()),
        stopwatch.getMilliseconds(), result.oracleCalls, result.searchNodes,
        result.objective, result.lowerBound,
        describe(result.optimal, result.getGap()).c_str());
    outs().flush();
  }

  void solve(const std::string &name, const PlacementProblem &problem,
             ParallelObjective objective, const PlacementLimits &limits = {}) {
    Stopwatch stopwatch;
    ParallelResult result =
        llvm::cantFail(solveParallel(problem, objective, limits));
    outs() << llvm::format(
        "%-40s %5u %4u %9.2f %6u %6u %11.6f %11.6f %8.4f\n", name.c_str(),
        unsigned(problem.nodes.size()), unsigned(problem.devices.size()),
        stopwatch.getMilliseconds(), result.oracleCalls, result.trials,
        result.value, result.lowerBound, 100 * result.getGap());
    outs().flush();
  }

private:
  /// A gap of 0.0000 % is not yet a proof.
  static std::string describe(bool isOptimal, double gap) {
    if (isOptimal)
      return "proved";
    return llvm::formatv("{0:e2}", 100 * gap).str();
  }

  StringRef filter;
};

} // namespace

static SyntheticOptions withDevices(unsigned numDevices, unsigned seed = 1) {
  SyntheticOptions options;
  options.numDevices = numDevices;
  options.seed = seed;
  return options;
}

static void runLatency(Bench &bench) {
  bench.startGroup("latency", "least latency, one oracle call");
  MetricWeights latency = MetricWeights::ofLatency();
  for (unsigned numNodes : {500, 1100})
    bench.solve("chain", makeChainProblem(numNodes, withDevices(6)), latency);
  for (bool unrelated : {false, true})
    for (unsigned numDevices : {2, 3, 6, 20}) {
      SyntheticOptions options = withDevices(numDevices);
      options.unrelatedSpeeds = unrelated;
      bench.solve(unrelated ? "yolo, unrelated speeds" : "yolo",
                  makeYoloProblem(options), latency);
    }
}

/// Many seeds, as some of these are far harder than others.
static void runRandom(Bench &bench) {
  bench.startGroup("random",
                   "least latency, layered random graphs of 20 seeds");
  for (unsigned seed = 1; seed <= 20; ++seed)
    for (bool unrelated : {false, true}) {
      SyntheticOptions options = withDevices(6, seed);
      options.unrelatedSpeeds = unrelated;
      bench.solve("reach 40, seed " + std::to_string(seed) +
                      (unrelated ? ", unrelated" : ""),
                  makeRandomProblem(1142, 40, options),
                  MetricWeights::ofLatency());
    }
}

static void runGrowth(Bench &bench) {
  bench.startGroup("growth", "least latency, unrelated speeds");
  MetricWeights latency = MetricWeights::ofLatency();
  for (unsigned numDevices : {6, 20, 50})
    for (unsigned numNodes : {1000, 5000}) {
      SyntheticOptions options = withDevices(numDevices);
      options.unrelatedSpeeds = true;
      bench.solve("chain", makeChainProblem(numNodes, options), latency);
      bench.solve("yolo", makeYoloProblem(options, numNodes == 1000 ? 4 : 24),
                  latency);
      bench.solve("random, reach 40", makeRandomProblem(numNodes, 40, options),
                  latency);
    }
}

static void runNoise(Bench &bench) {
  bench.startLimits("noise", "least latency under a limit on noise, exact for "
                             "12 quantizable nodes, else to a gap of 0.5 %");
  for (unsigned numDevices : {1, 2, 3})
    for (unsigned degree : {1, 2, 3})
      for (double noise : {0.03, 0.06}) {
        SyntheticOptions options = withDevices(numDevices);
        options.numQuantizable = 12;
        PlacementProblem problem = makeYoloProblem(options);
        setPolynomialNoise(problem, degree, 12, 1);
        PlacementLimits limits;
        limits.noise = noise;
        bench.solve("yolo, 12, degree " + std::to_string(degree), problem,
                    MetricWeights::ofLatency(), limits, {});
      }
  SolverOptions nearly;
  nearly.targetGap = 0.005;
  for (unsigned numDevices : {1, 3, 6})
    for (unsigned degree : {1, 2})
      for (double noise : {0.5, 2.0}) {
        SyntheticOptions options = withDevices(numDevices);
        options.numQuantizable = 1000;
        PlacementProblem problem = makeYoloProblem(options);
        setPolynomialNoise(problem, degree, 3, 1);
        PlacementLimits limits;
        limits.noise = noise;
        bench.solve("yolo, all, degree " + std::to_string(degree), problem,
                    MetricWeights::ofLatency(), limits, nearly);
      }
}

static void runLimits(Bench &bench) {
  bench.startLimits("limits",
                    "least latency under limits on the memory of each "
                    "device, the energy of the first and noise, gap "
                    "0.1 %");
  SolverOptions nearly;
  nearly.targetGap = 0.001;
  nearly.maxOracleCalls = 500;
  for (unsigned numDevices : {3, 6})
    for (double memory : {150e6, 70e6})
      for (bool quantizes : {false, true}) {
        SyntheticOptions options = withDevices(numDevices);
        options.unrelatedSpeeds = true;
        options.numQuantizable = quantizes ? 1000 : 0;
        PlacementProblem problem = makeYoloProblem(options);
        PlacementLimits limits;
        limits.memory.assign(numDevices, memory);
        limits.energy.assign(numDevices, PlacementLimits::unlimited);
        limits.energy[0] = 10;
        limits.noise = 1;
        bench.solve(llvm::formatv("yolo, {0} MB{1}", memory / 1e6,
                                  quantizes ? ", all may be int8" : "")
                        .str(),
                    problem, MetricWeights::ofLatency(), limits, nearly);
      }
}

static void runParallel(Bench &bench) {
  bench.startLimits("parallel", "least makespan, least period ('nodes' are "
                                "trials of the local search)");
  for (unsigned numDevices : {2, 3, 6}) {
    SyntheticOptions options = withDevices(numDevices);
    options.unrelatedSpeeds = true;
    PlacementProblem problem = makeYoloProblem(options);
    bench.solve("yolo, makespan", problem, ParallelObjective::Makespan);
    bench.solve("yolo, period", problem, ParallelObjective::Period);
    PlacementLimits limits;
    limits.memory.assign(numDevices, 150e6);
    limits.energy.assign(numDevices, PlacementLimits::unlimited);
    limits.energy[0] = 10;
    bench.solve("yolo, makespan, limits", problem, ParallelObjective::Makespan,
                limits);
    bench.solve("yolo, period, limits", problem, ParallelObjective::Period,
                limits);
  }
}

static void startBooks(StringRef group, StringRef title) {
  outs() << "\n"
         << group << ": " << title << "\n"
         << llvm::format("%-28s %5s %4s %9s %6s %8s %8s\n", "instance", "nodes",
                         "dev.", "ms", "plans", "pages", "regions");
}

template <typename Book>
static void printBook(const char *name, const PlacementProblem &problem,
                      double milliseconds, const Book &book) {
  size_t numRegions = 0;
  for (const auto &page : book.pages)
    numRegions += page.regions.size();
  outs() << llvm::format(
      "%-28s %5u %4u %9.1f %6u %8u %8u%s\n", name,
      unsigned(problem.nodes.size()), unsigned(problem.devices.size()),
      milliseconds, unsigned(book.plans.size()), unsigned(book.pages.size()),
      unsigned(numRegions), book.isExact ? "" : ", not all proved");
  outs().flush();
}

static void runBook(const Bench &) {
  startBooks("book", "least latencies for bandwidths from 0.01 to 100 times, "
                     "and each set of devices");
  for (unsigned numDevices : {3, 5, 6, 10}) {
    SyntheticOptions shape = withDevices(numDevices);
    shape.unrelatedSpeeds = true;
    PlacementProblem problem = makeYoloProblem(shape);
    BookOptions options;
    options.needed = {0};
    Stopwatch stopwatch;
    PlanBook book = llvm::cantFail(computeBook(problem, {}, options));
    printBook("yolo", problem, stopwatch.getMilliseconds(), book);
  }
  for (unsigned numDevices : {3, 6}) {
    SyntheticOptions shape = withDevices(numDevices);
    shape.unrelatedSpeeds = true;
    BookOptions options;
    options.needed = {0};
    for (double price : {0.1, 1.0}) {
      BatteryLevel &level = options.levels.emplace_back();
      level.prices.assign(numDevices, 0);
      level.prices[0] = price;
    }
    PlacementProblem problem = makeYoloProblem(shape);
    Stopwatch stopwatch;
    PlanBook book = llvm::cantFail(computeBook(problem, {}, options));
    printBook("yolo, 3 levels", problem, stopwatch.getMilliseconds(), book);
    if (numDevices > 3)
      continue;
    shape.numQuantizable = 12;
    problem = makeYoloProblem(shape);
    setPolynomialNoise(problem, 2, 12, 1);
    options.classes = {
        {"any", PlacementLimits::unlimited}, {"fine", 0.06}, {"finer", 0.03}};
    stopwatch = Stopwatch();
    book = llvm::cantFail(computeBook(problem, {}, options));
    printBook("yolo, 3 classes, 3 levels", problem, stopwatch.getMilliseconds(),
              book);
  }
}

/// The first half of the nodes is before the exit, which they all lead to.
static void runExit(const Bench &) {
  startBooks("exit", "least expected latencies for probabilities of an early "
                     "exit from 0 to 0.99");
  for (unsigned numDevices : {3, 6}) {
    SyntheticOptions shape = withDevices(numDevices);
    shape.unrelatedSpeeds = true;
    PlacementProblem problem = makeYoloProblem(shape);
    std::vector<unsigned> behind = llvm::cantFail(sortTopologically(problem));
    behind.erase(behind.begin(), behind.begin() + behind.size() / 2);
    ExitOptions options;
    options.needed = {0};
    Stopwatch stopwatch;
    ExitBook book =
        llvm::cantFail(computeExitBook(problem, behind, {}, options));
    printBook("yolo", problem, stopwatch.getMilliseconds(), book);
  }
}

int main(int argc, char **argv) {
  Bench bench(argc > 1 ? argv[1] : "");
  if (bench.wants("latency"))
    runLatency(bench);
  if (bench.wants("random"))
    runRandom(bench);
  if (bench.wants("growth"))
    runGrowth(bench);
  if (bench.wants("noise"))
    runNoise(bench);
  if (bench.wants("limits"))
    runLimits(bench);
  if (bench.wants("parallel"))
    runParallel(bench);
  if (bench.wants("book"))
    runBook(bench);
  if (bench.wants("exit"))
    runExit(bench);
  if (bench.wants("thesis"))
    runThesis();
  return 0;
}
