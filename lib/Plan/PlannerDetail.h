//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the parts of the planner share.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PLAN_PLANNERDETAIL_H
#define LATHE_LIB_PLAN_PLANNERDETAIL_H

#include "PlanProblem.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Partition/Simulator.h"

namespace lathe {

/// How a component of `device` is compiled: with what it is optimized for,
/// whether that is to see what it takes or to write it.
llvm::Expected<CodeOptions> chooseCode(mlir::ModuleOp component,
                                       const NetworkDevice &device);

/// Whether the bound on what `plan` has says that there is nothing better.
bool isProved(const Plan &plan);

/// Makes a plan of a model.
class Planner {
public:
  Planner(mlir::ModuleOp module, const Network &network,
          const PlanOptions &options)
      : module(module), network(network), options(options) {}

  /// Lets the plan have the least of what `other`, which made one, minimized:
  /// the two can be compared then.
  void minimizeLike(const Planner &other) { objective = other.objective; }

  llvm::Expected<PlannedModel> plan();

private:
  llvm::Error addTimes();
  llvm::Error addCodecs();
  llvm::Error createProblem();
  llvm::Error explain(partition::PlacementOracle &oracle,
                      const partition::PlacementLimits &limits);
  llvm::Error minimizeSum(const partition::PlacementLimits &limits);
  llvm::Error minimizeSideBySide(const partition::PlacementLimits &limits);
  llvm::Error writeProblem(const partition::NormalizedObjective &objective,
                           const partition::PlacementLimits &limits);
  llvm::Error solveProblem();
  llvm::Error solveWithinMemory();
  std::vector<Component> getComponents() const;
  llvm::Expected<Footprint> measure(const Component &component) const;
  void excludeLargestUnit(const Component &component);
  llvm::Expected<bool> tightenLimits();
  void describeObjective();
  void describeDevices();
  void describeTransfers();
  void describeComponents(llvm::StringRef name);
  llvm::Expected<partition::SimulationResult>
  simulateRuns(unsigned numRuns, double interval) const;
  void describeSimulation(const partition::SimulationResult &runs);
  llvm::Error describeRun();
  llvm::Error writeBook();
  void drawUnits();
  void drawTasks(const partition::SimulationResult &runs);
  llvm::Error drawFrontier();

  mlir::ModuleOp module;
  const Network &network;
  const PlanOptions &options;
  mlir::func::FuncOp model;
  ModelUnits units;
  std::vector<UnitTimes> times;
  partition::PlacementProblem problem;
  /// Of latency and energy: the same in all rounds, so that a bound stays one.
  std::optional<partition::NormalizedObjective> objective;
  partition::SolverResult result;
  /// Bytes of weights that each device may have.
  std::vector<double> weightLimits;
  /// Whether these are less than the network says.
  bool isTightened = false;
  /// The first solution's, which no memory for activations limited but that of
  /// single units.
  double lowerBound = 0;
  std::vector<unsigned> deviceOf;
  /// What devices run as one, in an order of sources before consumers.
  std::vector<partition::Component> parts;
  PlannedModel planned;
};

} // namespace lathe

#endif // LATHE_LIB_PLAN_PLANNERDETAIL_H
