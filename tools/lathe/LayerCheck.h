//===- LayerCheck.h - lathe run --compare-layers ----------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_LAYERCHECK_H
#define LATHE_TOOLS_LATHE_LAYERCHECK_H

#include "Commands.h"

#include "lathe/Driver/Layers.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Frontend/ONNX/ImportOptions.h"

namespace lathe::tool {

/// Compares every tensor of a model with a reference, and says on standard
/// output which is the first to depart.
class LayerCheck {
public:
  struct Settings {
    /// An ONNX file, or a folder that lathe compile wrote.
    std::string model;
    ImportOptions import;
    NamedTensors inputs;
    /// A file or folder of arrays, or an ONNX model for the reference
    /// evaluator; `model` when empty.
    std::string reference;
    Tolerance tolerance;
    RunBackend backend = RunBackend::Native;
    TargetDescription target;
    CodeOptions code;
    /// Whether to print no table.
    bool quiet = false;
  };

  LayerCheck(Settings settings, mlir::MLIRContext &context)
      : settings(std::move(settings)), context(context) {}

  /// Imports, compiles and runs the model. If its layers agree, the outputs of
  /// the model without them are compared as well, since operators are only
  /// fused there.
  ExitStatus checkModel();

  /// Compares what `artifact` computed.
  ExitStatus checkArtifact(const Artifact &artifact,
                           const NamedTensors &outputs);

  /// All tensors of the model, after one of the above.
  const NamedTensors &getResults() const { return results; }

private:
  mlir::OwningOpRef<mlir::ModuleOp> load(llvm::StringRef path,
                                         const ImportOptions &options);
  llvm::Expected<NamedTensors> run(mlir::ModuleOp module);
  llvm::Expected<NamedTensors> evaluate(mlir::ModuleOp module);
  llvm::Expected<LayerReference> getReference(mlir::ModuleOp model);
  ExitStatus report(llvm::ArrayRef<Layer> layers,
                    const LayerReference &reference);
  ExitStatus checkFused(const LayerReference &reference);
  llvm::Expected<LayerComparison> runFused(const LayerReference &reference,
                                           llvm::ArrayRef<std::string> outputs);
  llvm::Error locateFault(const ComparedLayer &departing,
                          const LayerReference &reference);

  Settings settings;
  mlir::MLIRContext &context;
  NamedTensors results;
  LayerComparison comparison;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_LAYERCHECK_H
