//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_QUANTIZATION_POSTTRAININGRUN_H
#define LATHE_LIB_QUANTIZATION_POSTTRAININGRUN_H

#include "HeldOut.h"
#include "PrecisionModel.h"
#include "lathe/Quantization/PostTraining.h"
#include "lathe/Quantization/RangeSearch.h"

#include "mlir/IR/OwningOpRef.h"

namespace lathe {

/// The samples that each group alone is measured with.
inline constexpr size_t samplesAlone = 8;

/// A model as some settings make it.
struct QuantizedModel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::SmallVector<QuantizedWeights> weights;
};

/// Tries what might help, and keeps the best (see quantizeAfterTraining).
class PostTraining {
public:
  PostTraining(mlir::ModuleOp module, Dataset &dataset,
               const PostTrainingOptions &options)
      : original(module), module(module), dataset(dataset), options(options),
        calibration(options.calibration) {}

  llvm::Expected<PostTrainingResult> run();

private:
  // PostTraining.cpp
  QuantizationPlan getPlan(mlir::func::FuncOp model) const {
    return QuantizationPlan::get(model, options.scope, realOutputs);
  }
  void divideSamples();
  llvm::Error observe();
  void keepMixedOutputs();
  void findChoices(const QuantizationPlan &plan);
  llvm::DenseMap<mlir::Value, const TensorStatistics *>
  getStatistics(const QuantizationPlan &plan) const;
  QuantizationSettings getFirstSettings() const;
  llvm::Error equalize();
  llvm::Error chooseRanges(QuantizationSettings &settings);
  std::vector<int64_t> chooseSome(int64_t most) const;
  llvm::Expected<std::vector<NamedTensors>>
  readInputs(std::vector<int64_t> samples);
  llvm::Expected<std::vector<size_t>> searchRanges();
  llvm::Error widenDominant();
  llvm::Error roundWeights(QuantizationSettings &settings);
  llvm::Error attempt(llvm::StringRef name,
                      const QuantizationSettings &settings,
                      double leastGain = 0);

  // PrecisionStudy.cpp
  class Study;
  llvm::Error studyPrecisions();

  // MixedPrecision.cpp
  llvm::Error choosePrecisions();
  llvm::Expected<std::unique_ptr<PrecisionModel>>
  createPrecisionModel(const QuantizationPlan &plan,
                       llvm::ArrayRef<PrecisionGroup> groups);
  llvm::Expected<std::vector<PrecisionOptions>>
  measureOptions(PrecisionModel &noiseModel,
                 llvm::ArrayRef<PrecisionGroup> groups);
  llvm::Error fitNoise(PrecisionModel &noiseModel,
                       llvm::ArrayRef<PrecisionOptions> groupOptions);
  llvm::Expected<PrecisionMeasurement>
  measurePrecisions(const QuantizationSettings &settings,
                    std::optional<HeldOutResult> known);

  // BuildQuantized.cpp
  ActivationParameters chooseActivations(const QuantizationPlan &plan,
                                         const QuantizationSettings &settings);
  QuantizedModel build(const QuantizationSettings &settings);
  llvm::Error finish(mlir::ModuleOp quantized) const;

  /// Whether to be content with the best so far, of which there is one.
  bool isStopped() const {
    return options.shouldStop && options.shouldStop() && !report.steps.empty();
  }
  /// Whether precisions are chosen tensor by tensor.
  bool isMixed() const { return options.mixed || options.choosePrecisions; }
  bool isWide() const { return options.activations.getNumBits() > 8; }

  mlir::ModuleOp original;
  /// What is to be quantized: the original, or the same with other channels.
  mlir::ModuleOp module;
  mlir::OwningOpRef<mlir::ModuleOp> equalized;
  Dataset &dataset;
  const PostTrainingOptions &options;
  /// With the samples that are not held out.
  CalibrationOptions calibration;
  std::optional<HeldOut> heldOut;
  /// Outputs that stay real because their parts cannot share a scale.
  llvm::SmallVector<unsigned> realOutputs;
  /// Of the values of the plan, in their order.
  std::vector<TensorStatistics> statistics;
  /// What there is to choose from for each of them.
  std::vector<RangeChoice> choices;
  /// Their ranges in 16 bits.
  std::vector<RangeCandidate> wideRanges;
  /// The integers they become in a model whose precisions are searched for.
  std::vector<ActivationRanges> activationRanges;
  /// What a search found for them; empty if there was none.
  std::vector<FoundRange> searched;
  QuantizationSettings best;
  /// What was measured of that.
  HeldOutResult bestResult;
  PostTrainingReport report;
  /// Those of the last calibration.
  std::vector<std::string> calibrationWarnings;
};

} // namespace lathe

#endif // LATHE_LIB_QUANTIZATION_POSTTRAININGRUN_H
