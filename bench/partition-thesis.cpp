//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "partition-thesis.h"

#include "lathe/Partition/NormalizedObjective.h"
#include "lathe/Partition/ParallelSolver.h"
#include "lathe/Partition/SyntheticProblems.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe::partition;
using llvm::outs;

/// Bounds on the mean absolute difference of outputs.
static constexpr double noises[] = {0, 0.05, 0.1, 0.5};
static constexpr double latencyWeights[] = {1, 0.5, 0};

/// Measured (s): by noise, by weight of latency, by number of devices.
static constexpr double publishedLatencies[4][3][3] = {
    {{5.3285, 3.6455, 1.7286},
     {5.3285, 3.6551, 1.9050},
     {5.3285, 5.1731, 2.1144}},
    {{4.0243, 2.7579, 1.7477},
     {4.0243, 2.6873, 1.9779},
     {4.0243, 2.6833, 2.5658}},
    {{3.8214, 2.5146, 1.7519},
     {3.8214, 2.4910, 1.9737},
     {3.8214, 2.4862, 2.5640}},
    {{3.7257, 2.4204, 1.7531},
     {3.7257, 2.4208, 1.9175},
     {3.7257, 2.4229, 2.4977}}};

/// In J, at the least energy, noise of 0 and 0.5; by number of devices.
static constexpr double publishedEnergies[2][3] = {{15.38, 14.94, 6.97},
                                                   {10.71, 9.71, 6.46}};

/// The optimum of the thesis' model (s): device and edge server, least latency,
/// 12 layers in int8.
static constexpr double publishedInt8Optimum = 2.4255;

namespace {

struct ThesisCell {
  double latency = 0; ///< s
  double energy = 0;  ///< J
  bool isProved = false;
};

} // namespace

/// Of equals, the faster plan.
static ThesisCell solveCell(const ThesisOptions &options, double noise,
                            double latencyWeight) {
  PlacementProblem problem = makeThesisProblem(options);
  PlacementOracle oracle = llvm::cantFail(PlacementOracle::create(problem));
  PlacementLimits limits;
  limits.noise = noise;
  // Nothing in int8 keeps every limit.
  ObjectiveExtremes extremes = *llvm::cantFail(computeExtremes(oracle, limits));
  NormalizedObjective objective =
      normalize(problem, extremes, latencyWeight, 1 - latencyWeight);
  SolverResult result =
      llvm::cantFail(solve(oracle, objective.weights, limits));
  if (latencyWeight == 0)
    return {extremes.maxLatency, extremes.minEnergy, result.optimal};
  double fastest = objective.weights.latency * extremes.minLatency +
                   objective.weights.energy.front() * extremes.maxEnergy;
  if (fastest <= result.objective * (1 + 1e-9))
    return {extremes.minLatency, extremes.maxEnergy, result.optimal};
  return {result.metrics.latency, result.metrics.getTotalEnergy(),
          result.optimal};
}

static ThesisCell solveCell(unsigned numDevices, double noise,
                            double latencyWeight) {
  ThesisOptions options;
  options.numDevices = numDevices;
  return solveCell(options, noise, latencyWeight);
}

static void printBeside(double published, double ours) {
  outs() << llvm::format("  %8.4f %8.4f %+6.1f %%", published, ours,
                         100 * (ours / published - 1));
}

static void printHeader(const char *name) {
  outs() << llvm::format("%-18s  %-26s  %-26s  %-26s\n", name, "device",
                         "device, edge", "device, edge, cloud");
}

static void runCells() {
  outs() << "\nthesis: published latency, ours (s), difference\n";
  printHeader("noise, weight");
  unsigned numProved = 0;
  for (auto [row, noise] : llvm::enumerate(noises))
    for (auto [column, weight] : llvm::enumerate(latencyWeights)) {
      outs() << llvm::format("%-10g %-7g", noise, weight);
      for (unsigned numDevices : {1, 2, 3}) {
        ThesisCell cell = solveCell(numDevices, noise, weight);
        printBeside(publishedLatencies[row][column][numDevices - 1],
                    cell.latency);
        numProved += cell.isProved;
      }
      outs() << "\n";
    }
  outs() << numProved << " of 36 proved\n";
}

static void runEnergies() {
  outs() << "\nthesis: published energy at weight 0, ours (J), difference\n";
  printHeader("noise");
  for (auto [row, noise] : llvm::enumerate(llvm::ArrayRef({0.0, 0.5}))) {
    outs() << llvm::format("%-18g", noise);
    for (unsigned numDevices : {1, 2, 3})
      printBeside(publishedEnergies[row][numDevices - 1],
                  solveCell(numDevices, noise, 0).energy);
    outs() << "\n";
  }
}

/// For each bound on noise.
static void printEdgeCells(const ThesisOptions &options, size_t weightIndex) {
  for (auto [row, noise] : llvm::enumerate(noises))
    printBeside(publishedLatencies[row][weightIndex][1],
                solveCell(options, noise, latencyWeights[weightIndex]).latency);
  outs() << "\n";
}

/// What is not published and not fitted to other cells: how bytes count beside
/// products.
static void runSensitivity() {
  outs() << "\nthesis: device and edge, weight 1, noise 0, 0.05, 0.1, 0.5, by "
            "products for each byte\n";
  for (double productsPerByte : {1, 2, 5, 10, 20}) {
    ThesisOptions options;
    options.numDevices = 2;
    options.productsPerByte = productsPerByte;
    outs() << llvm::format("%-18g", productsPerByte);
    printEdgeCells(options, 0);
  }
}

/// The same cells if the edge server's gain by int8 is fitted as well, to the
/// published optimum.
static void runFittedEdge() {
  ThesisOptions options;
  options.numDevices = 2;
  double low = 0.5;
  double high = 0.7;
  while (high - low > 1e-6) {
    options.edgeInt8Part = (low + high) / 2;
    bool isSlow = solveCell(options, 0.5, 1).latency > publishedInt8Optimum;
    (isSlow ? high : low) = *options.edgeInt8Part;
  }
  outs() << llvm::format("\nthesis: the same if int8 leaves %.3f of the edge "
                         "server's time, so that the optimum is %.4f s\n",
                         *options.edgeInt8Part, publishedInt8Optimum);
  for (auto [index, weight] : llvm::enumerate(latencyWeights)) {
    outs() << llvm::format("weight %-11g", weight);
    printEdgeCells(options, index);
  }
  outs() << "least energy at noise 0.5 (J):";
  printBeside(publishedEnergies[1][1], solveCell(options, 0.5, 0).energy);
  outs() << "\n";
}

static void printImproved(const char *name, const ThesisOptions &options) {
  PlacementProblem problem = makeThesisProblem(options);
  ThesisCell fastest = solveCell(options, PlacementLimits::unlimited, 1);
  ThesisCell thriftiest = solveCell(options, PlacementLimits::unlimited, 0);
  ParallelResult parallel =
      llvm::cantFail(solveParallel(problem, ParallelObjective::Makespan));
  outs() << llvm::format("%u %-5s %-24s %9.4f %8s %9.3f %9.4f %9.4f\n",
                         options.numDevices, options.quantizes ? "int8" : "f32",
                         name, fastest.latency,
                         fastest.isProved ? "proved" : "", thriftiest.energy,
                         parallel.value, parallel.lowerBound);
}

/// Each row can do what those above it can. No bound on noise: all 12 nodes are
/// within 0.5, and what f16 and int8 lose on links is not in it.
static void runImproved() {
  outs() << "\nthesis: with what it lacks\n"
         << llvm::format("%-32s %9s %8s %9s %9s %9s\n",
                         "devices, kernels, on links", "latency", "", "least J",
                         "makespan", "bound");
  for (bool quantizes : {false, true})
    for (unsigned numDevices : {2, 3}) {
      ThesisOptions options;
      options.numDevices = numDevices;
      options.quantizes = quantizes;
      printImproved("as computed", options);
      options.sendsByteImage = true;
      printImproved("image of u8", options);
      options.sendsHalves = true;
      printImproved("others of f16", options);
      options.sendsInt8 = true;
      printImproved("others of f16 or int8", options);
    }
}

void runThesis() {
  runCells();
  runEnergies();
  runSensitivity();
  runFittedEdge();
  runImproved();
}
