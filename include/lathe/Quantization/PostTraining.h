//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Post-training quantization: a float model and samples of what it will see
// become a model of integers.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_POSTTRAINING_H
#define LATHE_QUANTIZATION_POSTTRAINING_H

#include "lathe/Quantization/Calibrator.h"
#include "lathe/Quantization/NoiseModel.h"
#include "lathe/Quantization/PrecisionSearch.h"
#include "lathe/Quantization/PrecisionStudy.h"
#include "lathe/Quantization/QuantizeGraph.h"
#include "lathe/Quantization/RangeEstimator.h"
#include "lathe/Quantization/ValueSummary.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace lathe {

/// How a model is quantized.
struct QuantizationSettings {
  /// Of each activation of the plan, in their order.
  std::vector<Precision> precisions;
  /// Which layers keep their weights as they are, in the order of the groups
  /// that they belong to; none if it is empty.
  llvm::SmallBitVector realLayers;
  /// Which of its candidates the range of each activation of the plan is, in
  /// their order.
  std::vector<size_t> ranges;
  WeightRange weightRange = WeightRange::MSE;
  /// Whether biases make up for what rounded weights add to means.
  bool correctsBiases = false;
  /// Weights rounded for their layers, biases included (see quantizeWeights);
  /// none if each is rounded alone.
  std::vector<std::optional<RoundedWeights>> roundedWeights;
};

/// What a model of mixed precision keeps to.
struct MixedPrecisionOptions {
  PrecisionBound bound;
  /// What groups may be computed in, beside integers of 8 bits.
  llvm::SmallVector<Precision> precisions;
  /// For a bound on it: how good the model is.
  std::function<llvm::Expected<double>(mlir::ModuleOp)> score;
};

struct PostTrainingOptions {
  /// Most of the samples calibrate, the others measure errors.
  CalibrationOptions calibration;
  /// What activations become, and constants that are no weights: 8 or 16 bits.
  QuantizedStorage activations = QuantizedStorage::int8();
  /// What of the graph becomes integers: with all of it, inputs and outputs do.
  PlanScope scope = PlanScope::Products;
  /// The one method for all ranges, instead of what measures best.
  std::optional<RangeMethod> range;
  /// If precisions are to be chosen.
  std::optional<MixedPrecisionOptions> mixed;
  /// Or if someone else chooses them. The study ends with the call.
  std::function<llvm::Expected<PrecisionMask>(PrecisionStudy &)>
      choosePrecisions;
  /// Is called while ranges are searched (see RangeSearchOptions).
  std::function<void(int64_t done, int64_t total)> searchProgress;
  /// Is called while the noise of precisions is measured.
  std::function<void(int64_t done, int64_t total)> precisionProgress;
  /// Whether to be content with the best model so far, once there is one.
  std::function<bool()> shouldStop;
};

/// What became of one activation.
struct ActivationReport {
  std::string name;
  unsigned numBits = 8;
  RangeChoice range;
  float min, max;
  ValueSummary values;
  /// The signal-to-noise ratio of the outputs, in dB, when it alone is
  /// quantized, with the others that have its parameters; none if that was not
  /// measured.
  std::optional<double> decibels;
};

/// What was tried.
struct StepReport {
  std::string name;
  /// The signal-to-noise ratio of the outputs on held-out samples, in dB.
  double decibels;
  bool isKept;
};

/// What the outputs are when a group alone is computed in a precision.
struct GroupError {
  Precision precision;
  /// Their signal-to-noise ratio.
  double decibels;
  /// The mean Kullback-Leibler divergence of a classifier's classes, in nats.
  std::optional<double> divergence;
};

/// What was found of a group of activations and the layers that read them.
struct GroupReport {
  std::string name; ///< of the first activation
  size_t numActivations;
  Precision chosen;
  /// In each precision that it may be computed in.
  llvm::SmallVector<GroupError, 4> alone;
};

/// How well a polynomial tells the noise of groups in 8 bits.
struct NoiseModelReport {
  NoiseModel model;
  /// The share of the variance explained of choices that it was not fitted to.
  std::optional<double> testR2;
};

struct MixedPrecisionReport {
  PrecisionBound bound;
  std::vector<GroupReport> groups;
  std::vector<PrecisionTrial> trials;
  size_t best = 0;
  /// Of the groups with most noise, by degree; by their numbers in
  /// `modelledGroups`.
  std::vector<size_t> modelledGroups;
  std::vector<NoiseModelReport> noiseModels;
};

struct PostTrainingReport {
  /// Notes a step with which the outputs `reached` a ratio, in dB. Whether it
  /// is to be kept: it is the first, or better than all before by more than
  /// `leastGain`.
  bool addStep(llvm::StringRef name, double reached, double leastGain = 0) {
    bool isKept = steps.empty() || reached > decibels + leastGain;
    steps.push_back({name.str(), reached, isKept});
    if (isKept)
      decibels = reached;
    return isKept;
  }

  std::vector<ActivationReport> activations;
  std::vector<StepReport> steps;
  std::optional<MixedPrecisionReport> mixed;
  int64_t numWeights = 0;
  int64_t numCalibrated = 0, numHeldOut = 0;
  /// Of the model that was chosen.
  double decibels = 0;
  std::vector<std::string> warnings;
};

struct PostTrainingResult {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  PostTrainingReport report;
};

/// Quantizes `module`, which holds one float model that was imported:
/// simplifies its graph, observes the activations on samples of `dataset`, and
/// puts lathe.quantize and lathe.dequantize into a copy where integers are to
/// be computed with. What might help is tried, and kept if the outputs on
/// held-out samples come closer to those of the float model.
llvm::Expected<PostTrainingResult>
quantizeAfterTraining(mlir::ModuleOp module, Dataset &dataset,
                      const PostTrainingOptions &options);

} // namespace lathe

#endif // LATHE_QUANTIZATION_POSTTRAINING_H
