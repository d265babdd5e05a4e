//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds the protobuf of an ONNX model.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_ONNX_GRAPHBUILDER_H
#define LATHE_LIB_TARGET_ONNX_GRAPHBUILDER_H

#include "lathe/Support/HostTensor.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace onnx {
class ModelProto;
} // namespace onnx

namespace lathe::exporter {

/// An attribute of a node.
struct NodeAttribute {
  NodeAttribute(llvm::StringRef name, double value)
      : name(name), value(value) {}
  NodeAttribute(llvm::StringRef name, llvm::StringRef value)
      : name(name), value(value.str()) {}
  NodeAttribute(llvm::StringRef name, llvm::ArrayRef<int64_t> value)
      : name(name), value(value.vec()) {}
  template <typename IntT,
            std::enable_if_t<std::is_integral_v<IntT>, bool> = true>
  NodeAttribute(llvm::StringRef name, IntT value)
      : name(name), value(static_cast<int64_t>(value)) {}

  llvm::StringRef name;
  std::variant<int64_t, double, std::string, std::vector<int64_t>> value;
};

/// The names of the tensors that a node reads; an empty one is left out.
using Inputs = llvm::ArrayRef<std::string>;

/// Adds nodes and tensors to a graph in topological order. Tensors are known by
/// their names, which are made unique, as those of nodes are.
class GraphBuilder {
public:
  explicit GraphBuilder(llvm::StringRef graphName);
  ~GraphBuilder();

  void addInput(llvm::StringRef name, ElementKind kind,
                llvm::ArrayRef<int64_t> shape);

  /// Keeps `name` for an output. Answers with the name the output can have.
  std::string reserveOutput(llvm::StringRef name);
  /// Makes `tensor` the output whose name was reserved as `name`.
  void addOutput(llvm::StringRef name, const std::string &tensor,
                 ElementKind kind, llvm::ArrayRef<int64_t> shape);

  std::string addInitializer(llvm::StringRef name, const HostTensor &tensor);

  /// Stores the initializer `name` of i8, all of whose elements are in [-8, 7],
  /// in four bits.
  void storeInFourBits(llvm::StringRef name);

  /// Adds a node of one output, which gets the node's name.
  std::string addNode(llvm::StringRef type, llvm::StringRef name, Inputs inputs,
                      llvm::ArrayRef<NodeAttribute> attributes = {});

  /// Adds a node that gives `tensor` another shape.
  std::string addReshape(llvm::StringRef name, std::string tensor,
                         llvm::ArrayRef<int64_t> shape);

  /// Adds a constant of one dimension.
  std::string addInts(llvm::StringRef name, llvm::ArrayRef<int64_t> values);

  /// Notes that the graph needs at least this version of ONNX's operators.
  void requireOpset(int64_t version);

  /// The serialized model, or none if it is too large for a protobuf.
  std::optional<std::string> finish();

private:
  std::string addNodeTo(std::string output, llvm::StringRef type,
                        llvm::StringRef name, Inputs inputs,
                        llvm::ArrayRef<NodeAttribute> attributes);

  std::unique_ptr<onnx::ModelProto> model;
  llvm::StringSet<> tensorNames;
  llvm::StringSet<> nodeNames;
  /// What nodes give, and so can be renamed to the name of an output.
  llvm::StringSet<> nodeResults;
  /// The names of outputs for the results that become outputs.
  llvm::StringMap<std::string> outputNames;
  int64_t opset = 18;
};

} // namespace lathe::exporter

#endif // LATHE_LIB_TARGET_ONNX_GRAPHBUILDER_H
