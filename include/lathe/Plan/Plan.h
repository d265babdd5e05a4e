//===- Plan.h - Which device runs what of a model ---------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The plan that `lathe partition` writes and whatever runs it reads: plan.json.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PLAN_PLAN_H
#define LATHE_PLAN_PLAN_H

#include "lathe/Support/NamedTensors.h"

#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace lathe {

/// A device of a plan, and what it is predicted to take of a run.
struct PlanDevice {
  std::string name;
  /// A target's name, as in "cortex-m4".
  std::string target;
  /// Where the times of kernels are from, and whether they were measured.
  std::string timesFrom;
  bool isMeasured = false;
  double computeSeconds = 0;
  double joules = 0;
  /// Of weights.
  int64_t weightBytes = 0;
};

/// A part of the model that one device runs without waiting.
struct PlanComponent {
  /// The name of its functions, and of its folder in the plan's.
  std::string name;
  /// Among the plan's devices.
  unsigned device = 0;
  /// Names of units, in their order, and of those that compute in 8 bits.
  std::vector<std::string> units, int8Units;
  /// Names of tensors.
  std::vector<std::string> inputs, outputs;
  double computeSeconds = 0;
  /// Of what was compiled: activations with scratch, weights.
  int64_t arenaBytes = 0, weightBytes = 0;
};

/// A tensor that crosses from one device to another, once.
struct PlanTransfer {
  std::string tensor;
  unsigned from = 0, to = 0;
  /// How it is sent: one of those below.
  std::string codec;
  /// On the way; of a run-length code the mean that samples had.
  int64_t bytes = 0;
  double seconds = 0;

  /// As it is, rounded to 16 bits, and both in a run-length code.
  static constexpr llvm::StringLiteral rawCodec = "raw", halfCodec = "f16",
                                       runLengthCodec = "rle",
                                       halfRunLengthCodec = "f16-rle";
  static bool isHalf(llvm::StringRef codec) {
    return codec == halfCodec || codec == halfRunLengthCodec;
  }
  bool isRunLength() const {
    return codec == runLengthCodec || codec == halfRunLengthCodec;
  }
  /// What the components that pass it on call it.
  std::string getPassedName() const {
    return getPassedName(tensor, isHalf(codec));
  }
  static std::string getPassedName(llvm::StringRef tensor, bool isHalf) {
    return (tensor + (isHalf ? "_f16" : "")).str();
  }
};

/// What was decided on precisions before the model was placed.
struct PlanPrecision {
  /// At the outputs for a signal of 1, on samples held out.
  double noise = 0;
  /// What was minimized over precisions and placements together, and what it is
  /// at the least where noise is a sum over units, if that is known
  /// (PrecisionPlanReport::bound).
  double objective = 0;
  std::optional<double> bound;
};

/// What came of a simulation of runs that follow each other.
struct PlanSimulation {
  unsigned runs = 0;
  /// How long after the one before it each arrives.
  double intervalSeconds = 0;
  /// From the arrival of a run to its end: those of the fastest and of the
  /// slowest run, and what half and 95 % of the runs do not exceed.
  double leastSeconds = 0, medianSeconds = 0, percentile95Seconds = 0,
         mostSeconds = 0;
  double runsPerSecond = 0;
  /// For each device, in parts of the time until all runs are done: how long it
  /// and its uplink are at work.
  std::vector<double> deviceShares, uplinkShares;
};

struct Plan {
  std::string model, network;
  /// In an order in which components come after those that they read from.
  std::vector<PlanComponent> components;
  std::vector<PlanDevice> devices;
  std::vector<PlanTransfer> transfers;
  unsigned inputDevice = 0, outputDevice = 0;
  /// Names of the model's inputs and outputs.
  std::vector<std::string> inputs, outputs;
  /// "latency", "makespan" or "throughput".
  std::string objectiveName;
  /// Weights of latency and energy, each by its span, from 0 to 1.
  double latencyWeight = 1, energyWeight = 0;
  /// Predicted, all in turn.
  double latencySeconds = 0, joules = 0;
  /// Simulated, devices and uplinks side by side: of one run, and of runs that
  /// are all there at the start.
  double makespanSeconds = 0, requestsPerSecond = 0;
  /// If runs that follow each other were to be simulated.
  std::optional<PlanSimulation> simulation;
  /// If a float model was to be in 8 bits in part.
  std::optional<PlanPrecision> precision;
  /// What was minimized, the best bound on it, and whether they are equal.
  double objective = 0, bound = 0;
  bool isOptimal = false;

  /// In parts of the objective.
  double getGap() const {
    return objective > 0 ? (objective - bound) / objective : 0;
  }

  /// plan.json.
  std::string print() const;

  static constexpr llvm::StringLiteral fileName = "plan.json";
  /// Whether the folder at `path` has a plan.
  static bool isPlan(llvm::StringRef path);
  /// Reads the plan of the folder at `path`. Fails, naming the file, if it is
  /// not one.
  static llvm::Expected<Plan> load(llvm::StringRef path);
};

/// Runs the components of `plan`, which is that of the folder at `path`, on
/// this machine in turn, those of microcontrollers under emulation, and returns
/// the model's outputs. Fails as runArtifact does, or if an input is missing.
llvm::Expected<NamedTensors> runPlan(const Plan &plan, llvm::StringRef path,
                                     const NamedTensors &inputs);

} // namespace lathe

#endif // LATHE_PLAN_PLAN_H
