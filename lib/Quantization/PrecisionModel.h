//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_QUANTIZATION_PRECISIONMODEL_H
#define LATHE_LIB_QUANTIZATION_PRECISIONMODEL_H

#include "lathe/Quantization/FakeQuantizedModel.h"
#include "lathe/Quantization/OutputParts.h"
#include "lathe/Quantization/PrecisionGroup.h"

#include <optional>

namespace lathe {

/// The integers that an activation becomes.
struct ActivationRanges {
  QuantizationParameters int8, int16;
};

/// Whether the weights of `layer` can be stored in blocks of 4 bits.
bool fitsBlocks(WeightedOpInterface layer);

/// How far outputs are from the original ones.
struct OutputError {
  /// The noise of each part of the outputs of each sample for a signal of 1.
  llvm::SmallVector<double, 1> shares;
  /// The mean Kullback-Leibler divergence of the classes, in nats, if the model
  /// has one output, rows of classes.
  std::optional<double> divergence;
};

/// A float model, compiled for this machine, whose groups can be rounded as
/// their precisions ask for, and the noise that this makes at the outputs for
/// some samples.
class PrecisionModel {
public:
  /// `ranges` has an entry for each value of `plan`. `samples` are inputs, one
  /// at least; what `model` makes of them is the original.
  static llvm::Expected<std::unique_ptr<PrecisionModel>>
  create(mlir::func::FuncOp model, const QuantizationPlan &plan,
         llvm::ArrayRef<PrecisionGroup> groups,
         llvm::ArrayRef<ActivationRanges> ranges, WeightRange weightRange,
         std::vector<NamedTensors> samples, unsigned threads);

  size_t getNumSamples() const { return samples.size(); }
  /// The parts of the outputs of `numSamples` samples.
  size_t countParts(size_t numSamples) const;

  /// Lets the next runs compute `group`, an index, in `precision`. All are
  /// float to begin with.
  void set(size_t group, Precision precision);

  /// The error over the first `numSamples` samples.
  llvm::Expected<OutputError> measure(size_t numSamples);

private:
  PrecisionModel(std::vector<NamedTensors> samples,
                 llvm::ArrayRef<PrecisionGroup> groups,
                 llvm::ArrayRef<ActivationRanges> ranges)
      : samples(std::move(samples)), groups(groups), ranges(ranges) {}
  llvm::Error recordOriginals();
  bool isClassifier() const;

  std::unique_ptr<FakeQuantizedModel> model;
  std::vector<NamedTensors> samples, originals;
  std::vector<TensorParts> parts;
  /// Whether classes have logits, not probabilities.
  bool areLogits = false;
  llvm::ArrayRef<PrecisionGroup> groups;
  llvm::ArrayRef<ActivationRanges> ranges;
};

} // namespace lathe

#endif // LATHE_LIB_QUANTIZATION_PRECISIONMODEL_H
