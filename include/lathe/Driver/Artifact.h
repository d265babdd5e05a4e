//===- Artifact.h - Run what was compiled -----------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_ARTIFACT_H
#define LATHE_DRIVER_ARTIFACT_H

#include "lathe/Support/NamedTensors.h"
#include "lathe/Target/Common/ModelInterface.h"
#include "lathe/Target/Description/TargetDescription.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace lathe {

/// What the manifest of a folder that `lathe compile` wrote says of a model.
struct CompiledModel {
  struct Tensor {
    std::string name, identifier;
    ElementKind kind;
    llvm::SmallVector<int64_t> shape;
    /// Bytes from the start of the arena, for what is in it.
    std::optional<int64_t> offset;
    /// The output whose actual extents it holds; empty for other tensors.
    std::string dimsOf;
    /// The node that computes an output of `lathe compile --dump-layers`.
    std::optional<LayerInterface> layer;
  };
  /// A call of a kernel, which the hook of a package in C is called around.
  struct Layer {
    std::string kernel;
    /// ONNX nodes that it computes; none for a copy.
    std::vector<std::string> nodes;
  };
  /// Of its shape binding; empty without one.
  std::string suffix;
  int64_t arenaSize = 0, arenaAlign = 1;
  std::vector<Tensor> inputs, outputs, states;
  /// In the order of the calls; none of code that is not C.
  std::vector<Layer> layers;
};

/// A folder that `lathe compile` wrote, as its manifest describes it. If it has
/// shape bindings, it has no inputs and outputs until one of them is selected.
struct Artifact : CompiledModel {
  std::string directory;
  std::string name, target;
  /// To be compiled or linked, relative to the directory.
  std::vector<std::string> files, libraries;
  /// For a compiler of C.
  std::vector<std::string> flags;
  int64_t weightsSize = 0;
  bool ioInArena = false;
  /// The models to select one of; none if there is one model alone.
  std::vector<CompiledModel> bindings;

  /// The name of the model's functions, without `_run` or `_reset`.
  std::string getFunctionName() const {
    return suffix.empty() ? name : name + "_" + suffix;
  }

  /// The artifact with the first binding whose inputs have the shapes of those
  /// in `inputs`; the same artifact if there are no bindings. Fails with a list
  /// of the bindings if none has.
  llvm::Expected<Artifact> select(const NamedTensors &inputs) const;

  /// Whether `path` is a folder with a manifest.
  static bool isArtifact(llvm::StringRef path);

  /// Reads the manifest in the folder at `path`.
  static llvm::Expected<Artifact> load(llvm::StringRef path);
};

/// What is measured while an artifact runs.
struct ArtifactRun {
  NamedTensors outputs;
  /// Instructions under emulation, where the machine has a timer that counts
  /// them; bytes of stack used at most.
  std::optional<uint64_t> instructions, stack;
};

/// Selects the binding that `inputs` fit, if there are bindings. Then builds
/// `artifact` with the C compiler of `target`, the one it was compiled
/// for, and the runner of runtime/, runs it on `inputs` here or, where it is
/// foreign, under QEMU, and returns its outputs. Fails if a program that is
/// needed is not installed, with its name.
llvm::Expected<ArtifactRun> runArtifact(const Artifact &artifact,
                                        const TargetDescription &target,
                                        const NamedTensors &inputs);

/// The outputs in the file at `path`, a copy of the arena after a run of
/// `artifact` elsewhere. Fails if the outputs are not in the arena, or if the
/// file does not have its size.
llvm::Expected<NamedTensors> readArena(const Artifact &artifact,
                                       llvm::StringRef path);

/// The folder with the sources of runtime/: beside the installed program, or in
/// the source tree.
std::string getRuntimeDirectory();

} // namespace lathe

#endif // LATHE_DRIVER_ARTIFACT_H
