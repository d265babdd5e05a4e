//===- Layers.h - Compare every tensor of a model ---------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where does a model go wrong? Its layers are the tensors that its nodes
// compute, as an import with ImportOptions::keepLayers returns them; each is
// compared with a reference in the order of the nodes, and the first that
// departs names the culprit.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_LAYERS_H
#define LATHE_DRIVER_LAYERS_H

#include "lathe/Driver/Artifact.h"
#include "lathe/Support/Compare.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"

namespace lathe {

/// A tensor that a node of the ONNX model computes.
struct Layer {
  std::string tensor;
  LayerInterface origin;
};

/// The layers among the results of `model`, at the graph level, in the order of
/// the nodes; none if it was not imported with them.
std::vector<Layer> getLayers(mlir::func::FuncOp model);

/// The same for the outputs of what was compiled.
std::vector<Layer> getLayers(const Artifact &artifact);

/// What the layers should be.
class LayerReference {
public:
  explicit LayerReference(NamedTensors tensors);

  /// Reads an .npz, .npy or .pb file, or all of those (and .tensorproto) in a
  /// folder and the folders inside it. A tensor that its file does not name has
  /// the file's path in the folder as its name, without the extension. Fails if
  /// there are no tensors.
  static llvm::Expected<LayerReference> read(llvm::StringRef path);

  /// The tensor of that name, or else the only one whose name is the same but
  /// for characters other than letters and digits, as not all of them can be in
  /// the name of a file. Null if there is none.
  const HostTensor *find(llvm::StringRef name) const;

private:
  NamedTensors tensors;
  /// Names by simplified name; empty where several have it.
  llvm::StringMap<std::string> simplified;
};

/// A layer and how it compares.
struct ComparedLayer {
  Layer layer;
  /// "1x3x8x8xf32", of the layer as computed.
  std::string type;
  /// None if the reference does not have it.
  std::optional<Comparison> comparison;

  bool departs() const { return comparison && !comparison->passed(); }
  /// "'relu1' of node 'relu' (Relu), 1x3x8x8xf32: " and how it compares.
  void print(llvm::raw_ostream &os) const;
};

/// All layers of a model, compared.
struct LayerComparison {
  std::vector<ComparedLayer> layers;

  size_t getNumCompared() const;
  size_t getNumDeparting() const;
  /// The first layer that departs from the reference, or null.
  const ComparedLayer *getFirstDeparting() const;

  /// A line for each layer, with the largest and the mean difference.
  void printTable(llvm::raw_ostream &os) const;
  /// The first layer that departs, and how many do.
  void printSummary(llvm::raw_ostream &os) const;
};

/// Compares those of the tensors `actual` that are `layers`.
LayerComparison compareLayers(llvm::ArrayRef<Layer> layers,
                              const NamedTensors &actual,
                              const LayerReference &reference,
                              const Tolerance &tolerance);

/// Compares one tensor; NumPy has no bfloat16, so that the reference may hold
/// its bits as uint16.
Comparison compareWithFile(const HostTensor &actual, const HostTensor &expected,
                           const Tolerance &tolerance);

/// Finds where a fault begins that shows only where ops are fused: the first of
/// `numLayers` layers, of which the last departs, that departs in a model that
/// ends there. `departs` runs such a model; it is called a number of times that
/// is logarithmic in that of layers.
llvm::Expected<size_t> findFirstDepartingEnd(
    size_t numLayers,
    llvm::function_ref<llvm::Expected<bool>(size_t layer)> departs);

} // namespace lathe

#endif // LATHE_DRIVER_LAYERS_H
