//===- Planner.h - Places a model in a network ------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PLAN_PLANNER_H
#define LATHE_PLAN_PLANNER_H

#include "lathe/Data/Dataset.h"
#include "lathe/Partition/PlanBook.h"
#include "lathe/Plan/ByteImages.h"
#include "lathe/Plan/Components.h"
#include "lathe/Plan/Network.h"
#include "lathe/Plan/Plan.h"
#include "lathe/Plan/PlanReport.h"
#include "lathe/Target/Common/OutputFiles.h"

#include "llvm/Support/JSON.h"

#include <functional>
#include <map>
#include <memory>

namespace lathe {

/// What is to be little.
enum class PlanObjective {
  /// Latency, all in turn, and energy.
  Latency,
  /// The time of one run whose devices and uplinks work side by side.
  Makespan,
  /// The time between the results of runs that follow each other.
  Throughput
};

/// "latency", "makespan", "throughput".
llvm::StringRef getName(PlanObjective objective);

/// A text that other solvers read.
enum class ProblemFormat {
  None,
  /// An integer program, CPLEX's LP.
  LP,
  /// A weighted constraint satisfaction problem, toulbar2's.
  WCSP
};

/// What energy of a device counts while its battery is low.
struct BatteryPrice {
  unsigned device = 0;
  double secondsPerJoule = 0; ///< at least 0
};

/// Samples of a model's inputs.
struct PlanSamples {
  std::shared_ptr<Dataset> dataset;
  /// Which of them, in an order; at least one.
  std::vector<int64_t> numbers;
  /// Is told how many of them are done, if it is anything.
  std::function<void(int64_t done, int64_t total)> progress;
};

struct PlanOptions {
  PlanObjective objective = PlanObjective::Latency;
  /// From 0 to 1: what a latency in parts of the span between the fastest plan
  /// and the one of least energy counts; energy counts the rest.
  double latencyWeight = 1;
  /// The most joules of a device, by its number.
  std::map<unsigned, double> deviceEnergy;
  /// Whether tensors of f32 may cross between components in 16 bits, which
  /// rounds them.
  bool sendsHalves = false;
  /// If given, tensors may cross in a run-length code, which is as long as
  /// these tell.
  std::optional<PlanSamples> runLengthSamples;
  /// Inputs that may cross as the bytes of images.
  std::vector<ByteImage> byteImages;
  /// Whether there is to be a book of plans for other bandwidths and devices.
  bool hasBook = false;
  /// The book has pages for each of these besides those where no energy counts.
  std::vector<BatteryPrice> bookPrices;
  /// The output with which requests may leave; the book then has a part for
  /// that. Empty for none.
  std::string bookExit;
  /// Classes of requests that the book is to have plans for, which differ in
  /// precisions.
  std::vector<partition::RequestClass> requestClasses;
  /// The book's part for them, which choosePrecisions() makes:
  /// only that knows of precisions. None if there are no classes.
  std::optional<llvm::json::Object> requestBook;
  /// Whether there is to be a picture of the plan, which takes some more plans.
  bool draws = false;
  /// How many runs that follow each other are to be simulated, 0 for none, and
  /// how long after the one before it each arrives (s, at least 0).
  unsigned simulatedRuns = 0;
  double runInterval = 0;
  /// What the problem is to be written as, for other solvers.
  ProblemFormat format = ProblemFormat::None;
};

/// A plan, and the models of its components in their order.
struct PlannedModel {
  Plan plan;
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> components;
  /// Empty unless asked for.
  PlanPicture picture;
  /// book.json, if there is to be one.
  std::string book;
  /// The problem of latency and energy that was solved, in the format asked
  /// for.
  std::string problem;
  /// What a one of its objective is, and what is to be added.
  double problemUnit = 1, problemOffset = 0;
};

/// Decides where the kernels of the only model of `module`, at the graph level,
/// run in `network`: an optimum of the predicted cost, or with a bound on it.
/// Each device's weights and activations fit its memory. `module` is
/// simplified. Fails if there is no such plan, saying which limit is at fault,
/// or as getUnitTimes and ModelUnits::get do.
llvm::Expected<PlannedModel> planModel(mlir::ModuleOp module,
                                       const Network &network,
                                       const PlanOptions &options);

/// Compiles the components of `planned` for their devices, fills in what they
/// take, and returns the files of the plan's folder: plan.json, and a folder
/// for each component with its code and, as COMPONENT.onnx, its model, where
/// ONNX can state that, else there is a warning. The modules are consumed.
/// Fails as emitFiles does, or if a component does not fit its device.
llvm::Expected<std::vector<OutputFile>> compilePlan(PlannedModel &planned,
                                                    const Network &network);

} // namespace lathe

#endif // LATHE_PLAN_PLANNER_H
