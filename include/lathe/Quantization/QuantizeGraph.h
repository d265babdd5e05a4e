//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What of a float graph becomes integers, and the graph that says so: each
// value that integer arithmetic reads or writes goes through lathe.quantize and
// lathe.dequantize, and each weight is stored as integers.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_QUANTIZEGRAPH_H
#define LATHE_QUANTIZATION_QUANTIZEGRAPH_H

#include "lathe/Dialect/Lathe/IR/LatheInterfaces.h"
#include "lathe/Quantization/QuantizationParameters.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include <optional>

namespace lathe {

/// How much of a graph becomes integers.
enum class PlanScope {
  Products, ///< All up to the last products; what follows costs little.
  Whole     ///< All that can, with inputs and outputs.
};

/// The activations of a float graph that become integers.
///
/// Ops with an integer form (IntegerFormOpInterface) and functions of one
/// tensor (RealFunctionOpInterface) read and write integers. In between stay
/// real: what a limit behind an op cuts off (conv, relu), and the steps of a
/// function of one tensor (x * sigmoid(x)), which becomes one table. Elements
/// that are only moved keep their integers.
class QuantizationPlan {
public:
  /// The outputs of the numbers `realOutputs` stay real whatever the scope is.
  static QuantizationPlan get(mlir::func::FuncOp model,
                              PlanScope scope = PlanScope::Products,
                              llvm::ArrayRef<unsigned> realOutputs = {});

  /// The values, in the order of their definition, arguments first.
  llvm::ArrayRef<mlir::Value> getValues() const { return values.getArrayRef(); }

  /// The value whose parameters `value`, one of them, should have: a
  /// concatenation that alone reads it, else the value itself.
  mlir::Value getParameterSource(mlir::Value value) const {
    auto found = joined.find(value);
    return found == joined.end() ? value : found->second;
  }

private:
  llvm::SetVector<mlir::Value> values;
  llvm::DenseMap<mlir::Value, mlir::Value> joined;

  friend class PlanBuilder;
};

/// Of each activation that is to be quantized.
using ActivationParameters =
    llvm::MapVector<mlir::Value, QuantizationParameters>;

/// Lets all that uses the values of `parameters` use what is left of them after
/// `lathe.quantize`.
void quantizeActivations(const ActivationParameters &parameters);

/// Weights that became integers.
struct QuantizedWeights {
  WeightedOpInterface op;
  /// What they were.
  HostTensor real;
  /// Of the integers, for each output channel.
  std::vector<double> scales;
};

/// Weights of a layer that were rounded already: integers times a scale for
/// each output channel.
struct RoundedWeights {
  /// As the layer has them, the last dimension being the output channels.
  HostTensor values;
  std::vector<double> scales;
  /// What to add to the bias of each output channel.
  std::vector<double> biasChanges;
};

/// Stores the constant weights of each op that reads quantized data as integers
/// of `weights`, with a scale for each output channel, and constant operands of
/// other such ops as integers of `constants`, with one scale. Returns the
/// former. Ops that `staysReal` is true for keep what they have. `rounded` is
/// empty or has an entry for each of those returned, in their order, to be
/// stored instead.
llvm::SmallVector<QuantizedWeights>
quantizeWeights(mlir::func::FuncOp model, const QuantizedStorage &weights,
                const QuantizedStorage &constants, WeightRange method,
                llvm::function_ref<bool(mlir::Operation *)> staysReal,
                llvm::ArrayRef<std::optional<RoundedWeights>> rounded = {});

/// Adds `changes` to the constant bias of `op`, or gives it one of them. False
/// if the bias is no constant.
bool addToBias(WeightedOpInterface op, llvm::ArrayRef<double> changes);

/// Takes from each bias what the rounding of the weights adds to the mean of
/// the sums: with the mean input of each channel, the error of the weights
/// times that (Nagel et al., "Data-Free Quantization Through Weight
/// Equalization and Bias Correction", ICCV 2019, section 4.2, with means of
/// samples). `getMeans` gives them for data before it was quantized, or
/// nothing. Returns the number of biases that changed.
int64_t correctBiases(
    llvm::ArrayRef<QuantizedWeights> weights,
    llvm::function_ref<std::optional<llvm::SmallVector<double>>(mlir::Value)>
        getMeans);

/// The quantized type of an activation of 8 or 16 bits.
mlir::quant::UniformQuantizedType
getQuantizedType(mlir::MLIRContext *context,
                 const QuantizationParameters &parameters);

} // namespace lathe

#endif // LATHE_QUANTIZATION_QUANTIZEGRAPH_H
