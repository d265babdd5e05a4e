//===- FakeQuantizedModel.h - Quantization in float -------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_FAKEQUANTIZEDMODEL_H
#define LATHE_QUANTIZATION_FAKEQUANTIZEDMODEL_H

#include "lathe/Dialect/Lathe/IR/LatheInterfaces.h"
#include "lathe/Driver/PreparedModel.h"
#include "lathe/Quantization/QuantizationParameters.h"

namespace lathe {

/// What the constant weights of an op may be instead, of their type.
struct WeightAlternatives {
  WeightedOpInterface op;
  llvm::SmallVector<HostTensor, 2> alternatives;
};

/// A clone of a float model, compiled for this machine, in which chosen values
/// are what lathe.quantize and lathe.dequantize would leave of them. The
/// parameters are data, so that any choice of them, for integers of up to 16
/// bits, runs without compiling anew; and so are weights chosen. All else stays
/// float.
class FakeQuantizedModel {
public:
  /// Compiles a clone of `model`, at the graph level, which is not changed.
  /// `values` are distinct f32 values of the function's body, or arguments. To
  /// begin with each is left as it is, and all weights are.
  static llvm::Expected<std::unique_ptr<FakeQuantizedModel>>
  create(mlir::func::FuncOp model, llvm::ArrayRef<mlir::Value> values,
         unsigned threads, llvm::ArrayRef<WeightAlternatives> weights = {});

  /// Lets the next runs round value number `index` as `parameters` say, or
  /// leave it as it is.
  void set(size_t index,
           const std::optional<QuantizationParameters> &parameters);

  /// Lets the next runs multiply by that alternative of entry `index` of the
  /// weights, or by what the op has.
  void setWeights(size_t index, std::optional<size_t> alternative);

  /// Runs it on the inputs of the model (see PreparedModel), by their names.
  llvm::Error run(const NamedTensors &inputs);

  /// The outputs of the last run, which the next one overwrites, in copies too.
  const NamedTensors &getOutputs() const { return prepared->getOutputs(); }

private:
  FakeQuantizedModel(std::unique_ptr<PreparedModel> prepared,
                     std::string parameterName, size_t numValues,
                     size_t numWeights);

  std::unique_ptr<PreparedModel> prepared;
  /// The input that holds a row for each value: the scale, or 0 for one that is
  /// left as it is, and the range of the integers less the zero point; and one
  /// for each of the weights: one more than the number of the alternative, or
  /// 0.
  std::string parameterName;
  HostTensor parameters;
  size_t numValues;
};

} // namespace lathe

#endif // LATHE_QUANTIZATION_FAKEQUANTIZEDMODEL_H
