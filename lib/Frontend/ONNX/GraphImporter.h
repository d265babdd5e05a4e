//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds a function of lathe ops from a loaded model.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_GRAPHIMPORTER_H
#define LATHE_LIB_FRONTEND_ONNX_GRAPHIMPORTER_H

#include "Body.h"
#include "ImportTables.h"
#include "InputBinding.h"
#include "Model.h"
#include "NodeOrder.h"
#include "OperatorRegistry.h"

#include "lathe/Frontend/ONNX/Import.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/ADT/StringSet.h"
#include <set>

namespace lathe::frontend {

/// The versions of the operator sets that nodes are written in, by domain.
/// ONNX's own domain is the empty name.
class OpsetVersions {
public:
  OpsetVersions() = default;
  explicit OpsetVersions(
      const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>
          &imports);

  /// The version of `domain`'s operators, or none if it is not imported.
  std::optional<int64_t> find(llvm::StringRef domain) const;
  const std::map<std::string, int64_t> &getAll() const { return versions; }

private:
  std::map<std::string, int64_t> versions;
};

/// ONNX's own domain has two spellings; this is the empty one.
llvm::StringRef normalizeDomain(llvm::StringRef domain);

class NodeContext;

class GraphImporter {
public:
  /// Imports for `shapeBinding`, which is one of those in `options`, or null.
  GraphImporter(std::shared_ptr<Model> model, const ImportOptions &options,
                mlir::MLIRContext *context,
                const ImportOptions::ShapeBinding *shapeBinding = nullptr);

  /// Null after an error has been emitted. Attempts the import again as long as
  /// it turns out that inputs whose values are known must be fixed.
  mlir::OwningOpRef<mlir::ModuleOp> run();

  /// The name of the model, without the suffix of a binding.
  std::string getModelName() const;

private:
  /// The names that nodes can read, in a graph or in a function's body.
  struct Scope {
    Scope(const Nodes &nodes, OpsetVersions opsets)
        : nodes(nodes), opsets(std::move(opsets)) {}

    const Nodes &nodes;
    OpsetVersions opsets;
    llvm::StringMap<mlir::Value> values;
    /// Results that a node does not have, and the errors that reading them is.
    llvm::StringMap<std::string> refused;
    /// Tensors whose constants are built when they are first read.
    llvm::StringMap<const onnx::TensorProto *> initializers;
    llvm::StringMap<const onnx::SparseTensorProto *> sparseInitializers;
    /// Values of the attributes that a function's nodes refer to.
    llvm::StringMap<const onnx::AttributeProto *> attributes;
    /// In front of the names of a function's nodes: the name of the call.
    std::string prefix;
    /// How many functions and graphs deep this is.
    unsigned depth = 0;
    /// Whether what its nodes compute are layers.
    bool hasLayers = false;
    /// Where a graph inside another one reads what it does not define.
    Scope *outer = nullptr;
    /// The function that its nodes become, if not that of `outer`.
    Body *body = nullptr;

    bool contains(llvm::StringRef name) const {
      return values.contains(name) || initializers.contains(name) ||
             sparseInitializers.contains(name);
    }
    bool canRead(llvm::StringRef name) const {
      return contains(name) || (outer && outer->canRead(name));
    }
  };
  /// A node that is being imported.
  struct Call {
    const onnx::NodeProto &node;
    std::string name;
    int64_t opset;
  };

  /// A tensor that a node computes; that of a function's node has the call's
  /// name in front of its own.
  struct Layer {
    std::string tensor, node, op;
    mlir::Value value;
    /// How many come before it.
    size_t number;
    bool isInFunction;
  };
  /// The results of the function while they are collected.
  struct Results {
    llvm::SmallVector<mlir::Value> values;
    llvm::SmallVector<mlir::DictionaryAttr> attributes;
    llvm::StringSet<> names;
  };

  mlir::OwningOpRef<mlir::ModuleOp> attempt();

  mlir::LogicalResult error(const llvm::Twine &message);
  mlir::LogicalResult error(llvm::Error error);
  mlir::LogicalResult error(const Call &call, const llvm::Twine &message);

  // GraphImporter.cpp: the function around the nodes.
  mlir::LogicalResult checkVersions();
  mlir::LogicalResult collectInitializers(Scope &scope,
                                          const onnx::GraphProto &graph);
  mlir::LogicalResult addInputs(Scope &scope, mlir::func::FuncOp function);
  /// Fails if the graph declares its output `name` with elements of another
  /// type than those of `type`.
  mlir::LogicalResult checkDeclaredType(llvm::StringRef name,
                                        const onnx::ValueInfoProto *output,
                                        mlir::RankedTensorType type);
  /// Warns if it is declared with another shape than that of `type`, which is
  /// taken.
  void checkDeclaredShape(const onnx::ValueInfoProto &output,
                          mlir::RankedTensorType type);
  mlir::LogicalResult addResults(Scope &scope, mlir::func::FuncOp function);
  void addResult(llvm::StringRef name, mlir::Value value, Results &results);
  llvm::SmallVector<const Layer *> selectLayers(llvm::StringSet<> &taken);
  static mlir::DictionaryAttr describe(const Layer &layer,
                                       mlir::Builder &builder);
  mlir::LogicalResult connectStates(mlir::func::FuncOp function);
  /// The value that an option or an earlier attempt fixes an input to.
  std::optional<llvm::Expected<HostTensor>>
  getFixedValue(llvm::StringRef input, mlir::RankedTensorType type) const;
  llvm::SmallVector<std::string> getOutputNames() const;
  void annotateModule(mlir::ModuleOp module) const;

  // NodeImporter.cpp: the nodes.
  mlir::LogicalResult importNodes(Scope &scope,
                                  llvm::ArrayRef<std::string> outputs);
  mlir::LogicalResult importNode(Scope &scope, const Call &call);
  void keepLayers(Scope &scope, const Call &call);
  mlir::LogicalResult convert(Scope &scope, const Call &call,
                              const OperatorRegistry::Entry &entry,
                              llvm::ArrayRef<mlir::Value> inputs);
  mlir::LogicalResult checkTensors(const Call &call,
                                   llvm::ArrayRef<mlir::Value> inputs);
  mlir::LogicalResult checkExtents(const Call &call,
                                   const OperatorRegistry::Entry &entry,
                                   llvm::ArrayRef<mlir::Value> inputs);
  void addResults(Scope &scope, const NodeContext &context,
                  const OperatorRegistry::Entry &entry);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  importGraph(Scope &outer, const Call &call, const onnx::GraphProto &graph,
              llvm::ArrayRef<mlir::Value> inputs, Body *body);
  mlir::LogicalResult chargeExpansion(const Call &call, unsigned size);
  mlir::LogicalResult
  expandFunction(Scope &scope, const Call &call,
                 const onnx::FunctionProto &function,
                 llvm::ArrayRef<mlir::Value> inputs,
                 llvm::ArrayRef<onnx::AttributeProto> defaults, bool hasLayers);
  mlir::LogicalResult
  bindAttributes(const Call &call, const onnx::FunctionProto &function,
                 llvm::ArrayRef<onnx::AttributeProto> defaults, Scope &scope);
  const onnx::FunctionProto *findFunction(const onnx::NodeProto &node) const;
  bool fixInputsOf(mlir::Value value);
  const HostTensor *getKnown(llvm::StringRef input) const;
  mlir::LogicalResult reportUnsupported(const Call &call,
                                        const OperatorRegistry::Entries *known);
  mlir::LogicalResult readInputs(Scope &scope, const Call &call,
                                 llvm::SmallVectorImpl<mlir::Value> &inputs);
  /// Fails if `value` is no tensor, or has extents that are only known at run
  /// time.
  mlir::LogicalResult checkClosed(mlir::Value value, llvm::StringRef name);
  mlir::FailureOr<mlir::Value> readOuterTensor(Scope &scope,
                                               llvm::StringRef name);
  mlir::FailureOr<mlir::Value> readTensor(Scope &scope, llvm::StringRef name);
  mlir::FailureOr<mlir::Value> addConstant(llvm::StringRef name,
                                           llvm::Expected<HostTensor> tensor,
                                           int32_t dataType);

  std::shared_ptr<Model> model;
  const ImportOptions &options;
  const ImportOptions::ShapeBinding *shapeBinding;
  mlir::OpBuilder builder;
  /// Inputs that are fixed to the values that they are known to have.
  std::set<std::string> fixedInputs;
  bool wantsAnotherAttempt = false;
  /// How many inputs the model has that have no initializer.
  size_t numInputs = 0;
  ImportTables tables;
  /// The model's functions by domain and name.
  std::map<std::pair<std::string, std::string>, const onnx::FunctionProto *>
      functions;
  /// How many nodes and initializers of functions and of graphs inside nodes
  /// may still come.
  unsigned expansionBudget = 0;
  /// The functions of graphs that are being imported, from the outermost.
  llvm::SmallVector<Body *> bodies;
  /// With ImportOptions::keepLayers: what nodes computed so far, and how many
  /// tensors inside branches and loops are no layers.
  std::vector<Layer> layers;
  size_t numLeftOut = 0;
};

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_GRAPHIMPORTER_H
