//===- PreparedModel.h - A model to run many times --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_PREPAREDMODEL_H
#define LATHE_DRIVER_PREPAREDMODEL_H

#include "lathe/Driver/NativeCall.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Driver/StatefulEvaluator.h"

#include "mlir/IR/OwningOpRef.h"

namespace lathe {

/// A model that was made ready once and runs any number of times on this
/// machine, as evaluation and calibration do. One run goes on at a time.
class PreparedModel {
public:
  /// Prepares `module`, at the graph level and with one model. `backend` is
  /// Native, which compiles it for this processor, or Reference, for which
  /// `code` says nothing.
  static llvm::Expected<std::unique_ptr<PreparedModel>>
  create(mlir::OwningOpRef<mlir::ModuleOp> module, RunBackend backend,
         const CodeOptions &code);

  /// Names, kinds and shapes of the inputs, without states. The elements are of
  /// no meaning.
  const NamedTensors &getInputs() const { return inputs; }

  /// The outputs of the last run, which the next one overwrites, in copies too;
  /// before the first, zeros of the largest shapes there can be.
  const NamedTensors &getOutputs() const {
    return extents.empty() ? outputs : croppedOutputs;
  }

  /// Runs it on `given`, matched by name (see selectInput), and measures that.
  llvm::Error run(const NamedTensors &given);

  /// How long the last run took, without copying its inputs.
  double getSeconds() const { return seconds; }

  /// What the compiled model needs of memory; all zeros with the evaluator.
  const Footprint &getFootprint() const { return footprint; }
  /// The bytes of its instructions; 0 with the evaluator.
  uint64_t getCodeSize() const { return call ? call->getCodeSize() : 0; }

private:
  PreparedModel() = default;

  llvm::Error compile(mlir::ModuleOp module, const CodeOptions &code);
  llvm::Error copyInputs(const NamedTensors &given);
  llvm::Error evaluate();

  NamedTensors inputs, outputs;
  /// Where the elements of the inputs lie, which the compiled model knows.
  llvm::SmallVector<char *> inputData;
  /// The outputs whose extents depend on the data, and `outputs` cut to them.
  llvm::SmallVector<OutputExtents> extents;
  NamedTensors croppedOutputs;
  Footprint footprint;
  double seconds = 0;

  /// One of the two runs it.
  std::optional<NativeCall> call;
  std::optional<StatefulEvaluator> evaluator;
  /// What the evaluator runs.
  mlir::OwningOpRef<mlir::ModuleOp> graph;
};

/// Compiles a copy of the module in `bytes`, at the graph level and with one
/// model, for this machine. What that takes of memory in the copy's context is
/// free again afterwards. `failure` begins the messages of errors (see
/// ModuleCopy).
llvm::Expected<std::unique_ptr<PreparedModel>>
prepareCopy(const llvm::MemoryBuffer &bytes, llvm::StringRef failure,
            unsigned threads);

} // namespace lathe

#endif // LATHE_DRIVER_PREPAREDMODEL_H
