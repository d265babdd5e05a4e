//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a converter sees of the node it converts.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_NODECONTEXT_H
#define LATHE_LIB_FRONTEND_ONNX_NODECONTEXT_H

#include "ImportTables.h"
#include "Model.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Support/HostTensor.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringSet.h"

namespace lathe::frontend {

/// Emits an error about a node or its model.
using EmitError = llvm::function_ref<void(const llvm::Twine &message)>;

/// Asks that the inputs of the model which a value comes from be fixed to their
/// known values in another attempt. False if they are not known.
using FixValue = llvm::function_ref<bool(mlir::Value value)>;

class Body;

/// Imports a graph that is an attribute of a node, with `inputs` as its inputs,
/// and returns its outputs. Its ops are built where the builder is: in `body`,
/// by way of which outer values are read, or without one beside the node's own.
using ImportGraph =
    llvm::function_ref<mlir::FailureOr<llvm::SmallVector<mlir::Value>>(
        const onnx::GraphProto &graph, llvm::ArrayRef<mlir::Value> inputs,
        Body *body)>;

/// A node, its inputs as values, and the means to build its results.
///
/// Errors stick: the first one is emitted, and from then on getters answer with
/// their defaults, `create` with null values, and `setResults` with failure, so
/// that a converter checks only before it looks into a value it has created.
class NodeContext {
public:
  NodeContext(Model &model, const onnx::NodeProto &node, int64_t opset,
              llvm::ArrayRef<mlir::Value> inputs, ImportTables &tables,
              mlir::OpBuilder &builder, mlir::Location loc, EmitError emitError,
              FixValue fixValue, ImportGraph importGraph);

  const onnx::NodeProto &getNode() const { return node; }
  /// The version of the operator set that the node's domain has.
  int64_t getOpset() const { return opset; }

  /// Records an error; emits it if it is the first.
  mlir::LogicalResult error(const llvm::Twine &message);
  bool hasFailed() const { return failed; }

  //===--------------------------------------------------------------------===//
  // Inputs
  //===--------------------------------------------------------------------===//

  unsigned getNumInputs() const { return inputs.size(); }
  /// Input number `index`, or null if it is left out.
  mlir::Value getInput(unsigned index) const {
    return index < inputs.size() ? inputs[index] : mlir::Value();
  }
  llvm::ArrayRef<mlir::Value> getInputs() const { return inputs; }

  /// The extents of an input, or null if its shape says them. Only operators
  /// registered as OpenExtents::Handled have inputs with others.
  const DynamicExtents *getExtents(unsigned index) const;

  /// Whether a value has extents that are only known at run time.
  bool isOpen(mlir::Value value) const {
    return tables.extents.contains(value);
  }

  /// Whether the import is attempted again with the model's inputs fixed that
  /// an input comes from, because it is not constant and their values are
  /// known. Counts as an error that was emitted.
  bool fixInput(unsigned index);

  /// The TensorProto.DataType of an input, which says more than its value's
  /// type for elements that are held in a wider one.
  int32_t getDataType(unsigned index) const {
    return tables.getDataType(getInput(index));
  }

  /// The elements of an input that must be known at compile time, in row-major
  /// order, or an error that calls the input `what`.
  std::optional<llvm::SmallVector<int64_t>> getIntegers(unsigned index,
                                                        llvm::StringRef what);
  std::optional<llvm::SmallVector<double>> getNumbers(unsigned index,
                                                      llvm::StringRef what);
  /// The only element of such an input.
  std::optional<double> getNumber(unsigned index, llvm::StringRef what);

  //===--------------------------------------------------------------------===//
  // Attributes
  //===--------------------------------------------------------------------===//

  bool hasAttribute(llvm::StringRef name);
  /// Tells that an attribute says nothing that the converter needs to know.
  void ignoreAttribute(llvm::StringRef name) { usedAttributes.insert(name); }
  int64_t getInt(llvm::StringRef name, int64_t otherwise);
  bool getBool(llvm::StringRef name, bool otherwise) {
    return getInt(name, otherwise) != 0;
  }
  double getFloat(llvm::StringRef name, double otherwise);
  llvm::StringRef getString(llvm::StringRef name, llvm::StringRef otherwise);
  llvm::SmallVector<int64_t> getInts(llvm::StringRef name,
                                     llvm::ArrayRef<int64_t> otherwise = {});
  llvm::SmallVector<double> getFloats(llvm::StringRef name,
                                      llvm::ArrayRef<double> otherwise = {});
  llvm::SmallVector<llvm::StringRef> getStrings(llvm::StringRef name);
  /// The elements of a tensor attribute; an error if there is none.
  std::optional<HostTensor> getTensor(llvm::StringRef name);
  std::optional<HostTensor> getSparseTensor(llvm::StringRef name);

  /// The graph that an attribute is; an error if there is none.
  const onnx::GraphProto *getGraph(llvm::StringRef name);

  /// Imports a graph of this node; see ImportGraph. Errors are emitted at nodes
  /// of the graph.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  importGraph(const onnx::GraphProto &graph, llvm::ArrayRef<mlir::Value> inputs,
              Body *body) {
    return import(graph, inputs, body);
  }

  /// A string attribute that selects one of `choices`.
  template <typename T>
  T getChoice(llvm::StringRef name, llvm::StringRef otherwise,
              llvm::ArrayRef<std::pair<llvm::StringRef, T>> choices) {
    llvm::StringRef text = getString(name, otherwise);
    for (const auto &[choice, value] : choices)
      if (choice == text)
        return value;
    (void)error("attribute '" + name + "' has the value '" + text +
                "', which is not supported");
    return choices.front().second;
  }

  /// An error if a table that a converter computes from extents or attributes
  /// has more than `mostTableElements`.
  mlir::LogicalResult checkTable(double elements);

  /// An axis counted from the front; an error if it is not one of `rank`.
  int64_t normalizeAxis(int64_t axis, int64_t rank);
  /// The same for several, sorted; an error if one stands twice.
  llvm::SmallVector<int64_t> normalizeAxes(llvm::ArrayRef<int64_t> axes,
                                           int64_t rank);

  /// Axes that are attribute `axes` before opset `asInput`, and from then on
  /// input number `index`. None if they are left out or an error occurred.
  std::optional<llvm::SmallVector<int64_t>> getAxes(int64_t asInput,
                                                    unsigned index);

  /// An error if the node has an attribute that no getter asked for.
  mlir::LogicalResult checkAttributesUsed();

  //===--------------------------------------------------------------------===//
  // Results
  //===--------------------------------------------------------------------===//

  /// Builds an op whose type is inferred, verifies it and folds it. `args` are
  /// those of the op's builder after the result type. Null after an error.
  template <typename OpTy, typename... Args>
  mlir::Value create(Args &&...args) {
    if (failed)
      return {};
    return finish(
        OpTy::create(builder, loc, placeholder, std::forward<Args>(args)...));
  }

  /// A constant with the elements of `tensor`.
  mlir::Value createConstant(const HostTensor &tensor);
  mlir::Value createConstant(llvm::ArrayRef<int64_t> shape,
                             llvm::ArrayRef<int64_t> values);
  /// A constant of rank 0.
  mlir::Value createScalar(double value, mlir::Type element);

  mlir::Value createReshape(mlir::Value value, llvm::ArrayRef<int64_t> shape);
  mlir::Value createTranspose(mlir::Value value,
                              llvm::ArrayRef<int64_t> permutation);
  /// The value with its second dimension moved to the end, or back.
  mlir::Value toChannelsLast(mlir::Value value);
  mlir::Value toChannelsFirst(mlir::Value value);
  /// A cast, if the value does not have the type already.
  mlir::Value castTo(mlir::Value value, mlir::Type element);

  /// States the TensorProto.DataType of a value that is held in a wider type.
  void setDataType(mlir::Value value, int32_t dataType) {
    if (value)
      tables.setDataType(value, dataType);
  }
  mlir::LogicalResult setResults(llvm::ArrayRef<mlir::Value> values);
  /// The same for results that may have dynamic extents. One whose extents
  /// turn out to be constant is cut to them.
  mlir::LogicalResult
  setResults(llvm::ArrayRef<mlir::Value> values,
             llvm::ArrayRef<std::optional<DynamicExtents>> extents);
  llvm::ArrayRef<mlir::Value> getResults() const { return results; }
  /// Those of the results; empty if all are known.
  llvm::ArrayRef<std::optional<DynamicExtents>> getResultExtents() const {
    return resultExtents;
  }

  /// Lets the node have no result number `index`, whose value in the results is
  /// null then; reading it is an error that says `why`.
  void refuseResult(unsigned index, const llvm::Twine &why) {
    refusals.emplace_back(index, why.str());
  }
  llvm::ArrayRef<std::pair<unsigned, std::string>> getRefusals() const {
    return refusals;
  }

  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::Location getLoc() const { return loc; }
  ImportTables &getTables() { return tables; }

private:
  std::optional<HostTensor> getKnown(unsigned index,
                                     llvm::function_ref<std::string()> message);
  const onnx::AttributeProto *
  findAttribute(llvm::StringRef name, onnx::AttributeProto::AttributeType type);
  std::optional<HostTensor> checkTensor(llvm::StringRef name,
                                        llvm::Expected<HostTensor> tensor);
  mlir::Value finish(mlir::Operation *op);

  Model &model;
  const onnx::NodeProto &node;
  int64_t opset;
  llvm::ArrayRef<mlir::Value> inputs;
  ImportTables &tables;
  mlir::OpBuilder &builder;
  mlir::Location loc;
  EmitError emitError;
  FixValue fixValue;
  ImportGraph import;
  mlir::Type placeholder;
  llvm::StringSet<> usedAttributes;
  llvm::SmallVector<mlir::Value, 1> results;
  llvm::SmallVector<std::pair<unsigned, std::string>, 0> refusals;
  llvm::SmallVector<std::optional<DynamicExtents>, 1> resultExtents;
  bool failed = false;
};

/// The type of a value that is not null.
mlir::RankedTensorType getType(mlir::Value value);
llvm::ArrayRef<int64_t> getShape(mlir::Value value);
int64_t getRank(mlir::Value value);
mlir::Type getElement(mlir::Value value);

/// The most elements of a table that is computed because a file says so,
/// without holding as many numbers itself.
inline constexpr int64_t mostTableElements = 1 << 25;

/// The elements of a constant; none for other values, and for splats that would
/// be larger than tables may be.
std::optional<HostTensor> getConstant(mlir::Value value);

/// The type of `type`'s elements in the dialect; null if Lathe has no tensors
/// of it.
mlir::Type getElementTypeOfOnnx(mlir::MLIRContext *context, int32_t dataType);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_NODECONTEXT_H
