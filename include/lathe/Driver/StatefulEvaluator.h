//===- StatefulEvaluator.h - Evaluate call after call -----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_STATEFULEVALUATOR_H
#define LATHE_DRIVER_STATEFULEVALUATOR_H

#include "lathe/Support/HostTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"

namespace lathe {

/// The reference evaluator as a compiled model behaves: what `lathe.state`
/// marks is zero before the first call, and then what the call before left
/// there.
class StatefulEvaluator {
public:
  explicit StatefulEvaluator(mlir::func::FuncOp model) : model(model) {}

  /// Runs the model on `inputs`, which are its arguments without the states,
  /// and returns its results without them. Fails as `evaluate` does, and if
  /// there are fewer or more inputs.
  llvm::Expected<llvm::SmallVector<HostTensor>>
  run(llvm::ArrayRef<HostTensor> inputs);

private:
  llvm::Error clear();

  mlir::func::FuncOp model;
  /// In the order of `getStates`; empty before the first call.
  llvm::SmallVector<HostTensor> values;
};

} // namespace lathe

#endif // LATHE_DRIVER_STATEFULEVALUATOR_H
