//===- PrecisionPlanner.h - What runs in 8 bits, and where ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Precisions for a network of devices: which units of a float model run in 8
// bits is decided together with where they run, under a bound on the noise at
// the outputs. What is left to decide of the model that this gives, a plan does
// (Planner.h).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PLAN_PRECISIONPLANNER_H
#define LATHE_PLAN_PRECISIONPLANNER_H

#include "lathe/Plan/Planner.h"
#include "lathe/Quantization/PrecisionStudy.h"

namespace lathe {

/// What a model of several precisions keeps to: a noise, or a score.
struct PrecisionLimit {
  /// At the outputs for a signal of 1, at most.
  std::optional<double> noise;
  /// Or what `score` makes of it, at least.
  double leastScore = 0;
  std::function<llvm::Expected<double>(mlir::ModuleOp)> score;
  /// Is called while the noise of units is measured.
  std::function<void(int64_t done, int64_t total)> progress;
};

/// Precisions that were built and measured.
struct PrecisionPlanTrial {
  /// Units in 8 bits, and tensors that cross between devices in 8 bits by their
  /// own choice.
  size_t numInt8 = 0, numTensors = 0;
  /// For a signal of 1: by the sum that was limited, and of the model.
  double predictedNoise = 0, noise = 0;
  double score = 0;
  /// What is minimized, of the placement that they were chosen with.
  double objective = 0;
  bool fits = false;
};

/// How precisions were chosen.
struct PrecisionPlanReport {
  size_t numUnits = 0, numQuantizable = 0;
  std::vector<PrecisionPlanTrial> trials;
  size_t best = 0;
  /// Of the model that came of it in the end, for a signal of 1.
  double noise = 0;
  /// What the objective is at the least of precisions and placements whose
  /// noise is in sum what may be, if to change precisions takes nothing. None
  /// for a score, and where the sum is too far off.
  std::optional<double> bound;
  /// For the classes of requests, if there are some (PlanOptions::requestBook).
  std::optional<llvm::json::Object> requestBook;
};

/// Chooses which units of the model of `study` run in 8 bits, such that it can
/// be placed over `network` with the least of what `options`, whose objective
/// is latency and energy, say, and keeps `limit`. A unit in 8 bits reads
/// integers of 8 bits and has such weights; its noise is measured alone, and
/// that of several is the sum, less what they share by reading the same tensor.
/// What a choice is off by corrects the next one. Fails if no choice keeps to
/// the limits, or as getUnitTimes does.
llvm::Expected<PrecisionMask> choosePrecisions(PrecisionStudy &study,
                                               const Network &network,
                                               const PlanOptions &options,
                                               const PrecisionLimit &limit,
                                               PrecisionPlanReport &report);

} // namespace lathe

#endif // LATHE_PLAN_PRECISIONPLANNER_H
