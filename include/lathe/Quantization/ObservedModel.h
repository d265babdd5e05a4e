//===- ObservedModel.h - A model that shows its tensors ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_OBSERVEDMODEL_H
#define LATHE_QUANTIZATION_OBSERVEDMODEL_H

#include "lathe/Driver/ModuleCopy.h"
#include "lathe/Driver/PreparedModel.h"

namespace lathe {

/// A clone of a model, compiled for this machine, whose outputs are chosen
/// values of the model.
class ObservedModel {
public:
  /// Compiles a clone of `model`, at the graph level, which is not changed.
  /// `values` are distinct values of the function's body, or arguments. States
  /// stay states, and are zeros before the first run.
  static llvm::Expected<std::unique_ptr<ObservedModel>>
  create(mlir::func::FuncOp model, llvm::ArrayRef<mlir::Value> values,
         unsigned threads);

  /// Runs it on `inputs` (see PreparedModel).
  llvm::Error run(const NamedTensors &inputs) { return prepared->run(inputs); }

  /// The tensors of the values, in their order, that the last run gave. The
  /// next run overwrites them.
  llvm::SmallVector<HostTensor> getTensors() const;

private:
  explicit ObservedModel(std::unique_ptr<PreparedModel> prepared)
      : prepared(std::move(prepared)) {}

  std::unique_ptr<PreparedModel> prepared;
};

/// The module of `model` as bytes, its function returning `values` and its
/// states. They have no locations, so that they are the same wherever the model
/// was read from.
llvm::Expected<ModuleBytes>
createObservedModule(mlir::func::FuncOp model,
                     llvm::ArrayRef<mlir::Value> values);

/// What messages call a value: "node 'Conv_3'", "input 'x'".
std::string describeValue(mlir::Value value);

} // namespace lathe

#endif // LATHE_QUANTIZATION_OBSERVEDMODEL_H
