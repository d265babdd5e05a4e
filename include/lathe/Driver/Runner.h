//===- Runner.h - Run a model on tensors ------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_RUNNER_H
#define LATHE_DRIVER_RUNNER_H

#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/OutputExtents.h"
#include "lathe/Support/NamedTensors.h"
#include "lathe/Target/Description/TargetDescription.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace lathe {

/// How a model is executed.
enum class RunBackend {
  /// Compiled in this process for the host.
  Native,
  /// By the reference evaluator, straight from the graph.
  Reference,
  /// As the emitted C, compiled by the host's C compiler.
  C
};

/// The inputs of `model` in its order, found in `given` by name; the only
/// tensor of a model with one input needs none. Fails if one is missing or of
/// another shape or type.
llvm::Expected<llvm::SmallVector<HostTensor>>
matchInputs(mlir::func::FuncOp model, const NamedTensors &given);

/// Tensors of zeros for the arguments of `model`, at the graph level, and for
/// its results, with their names and without its states.
llvm::Expected<NamedTensors> createZeroInputs(mlir::func::FuncOp model);
llvm::Expected<NamedTensors> createOutputs(mlir::func::FuncOp model);

/// The results of `model`, at the graph level, that hold the extents of others.
llvm::SmallVector<OutputExtents> getOutputExtents(mlir::func::FuncOp model);

/// Whether `module`, at the graph level, has tensors of quantized type.
bool isQuantized(mlir::ModuleOp module);

/// Makes `module`, at the graph level, what the reference evaluator is to run:
/// the integers of a quantized model are those that compiled code computes.
/// Other models stay as they are. Fails as simplifyGraph does.
llvm::Error prepareForEvaluator(mlir::ModuleOp module);

/// Runs `module`, at the graph level, on `inputs`, which are matched as
/// `matchInputs` does. The module is lowered in place. More inputs than the
/// model has are ignored.
llvm::Expected<NamedTensors>
runModel(mlir::ModuleOp module, const NamedTensors &inputs, RunBackend backend,
         const TargetDescription &target, const CodeOptions &code);

} // namespace lathe

#endif // LATHE_DRIVER_RUNNER_H
