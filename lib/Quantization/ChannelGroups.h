//===- ChannelGroups.h - Channels that are scaled together ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_QUANTIZATION_CHANNELGROUPS_H
#define LATHE_LIB_QUANTIZATION_CHANNELGROUPS_H

#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Quantization/TensorStatistics.h"
#include "lathe/Support/HostTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include <limits>
#include <optional>

namespace lathe {

/// The weights of a convolution or of a product with one matrix, [..., inputs
/// of a group, outputs].
class LayerWeights {
public:
  LayerWeights(WeightedOpInterface op, const HostTensor &weights,
               int64_t numChannels);

  /// The input channel that weight number `index` reads.
  size_t getInput(int64_t index) const {
    int64_t output = index % outputs, input = index / outputs % inputs;
    return output / groupOutputs * inputs + input;
  }
  /// The group of input channel `channel`.
  size_t getGroup(size_t channel) const { return channel / inputs; }
  /// Whether an output reads one input.
  bool isDepthwise() const { return inputs == 1; }
  /// The sum of the squares of the weights that read `channel`.
  double getColumnSquare(size_t channel) const { return squares[channel]; }

  /// With the weights that read channel c divided by `factors`[c], and 8-bit
  /// integers with a scale for each output: for each group, the squares of the
  /// steps of all its outputs, summed up for each place in the window.
  std::vector<double> getRoundingSquares(llvm::ArrayRef<double> factors) const;

  WeightedOpInterface op;

private:
  int64_t inputs, outputs, groupOutputs, numTaps;
  std::vector<double> squares;
  /// The greatest magnitude of the weights between each input of a group and
  /// each output: [inputs, outputs].
  std::vector<double> magnitudes;
};

/// Activations whose channels, the last dimension, can only be multiplied by
/// the same factors, all above 0, so that the model goes on computing the same.
struct ChannelGroup {
  size_t numChannels = 0;
  /// Those that are to be quantized; at least one.
  llvm::SmallVector<const TensorStatistics *> members;
  /// Layers that compute them, and layers that read them.
  llvm::SmallVector<WeightedOpInterface> producers;
  llvm::SmallVector<LayerWeights, 0> consumers;
  /// Other ops that compute them and can multiply constants of theirs.
  llvm::SmallVector<ChannelFactorOpInterface> absorbers;
  /// Of what each consumer reads; none if that is not to be quantized.
  llvm::DenseMap<mlir::Operation *, const TensorStatistics *> statisticsOf;
  /// The least upper bound of the limits from 0 on in between.
  double limit = std::numeric_limits<double>::infinity();
};

/// Finds the groups of `model`, a simplified float graph, in the order of their
/// first values.
std::vector<ChannelGroup> findChannelGroups(
    mlir::func::FuncOp model,
    llvm::function_ref<const TensorStatistics *(mlir::Value)> getStatistics);

/// The elements of a constant, or of what is computed from constants alone.
std::optional<HostTensor> readConstant(mlir::Value value);

} // namespace lathe

#endif // LATHE_LIB_QUANTIZATION_CHANNELGROUPS_H
