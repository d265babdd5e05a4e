//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From a function of lathe ops to an ONNX model.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/ONNX/Export.h"

#include "ConverterRegistry.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Support/HostTensorAttr.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::exporter;

const ConverterRegistry &ConverterRegistry::get() {
  static const ConverterRegistry registry = [] {
    ConverterRegistry registry;
    addActivations(registry);
    addDataMovement(registry);
    addElementwise(registry);
    addQuantization(registry);
    addReductions(registry);
    addResize(registry);
    addSpatial(registry);
    return registry;
  }();
  return registry;
}

/// Whether `op` does with quantized numbers what it would do with the integers
/// that store them.
static bool takesStoredIntegers(Operation *op) {
  if (isa<QuantizeOp, DequantizeOp, StorageCastOp, func::FuncOp>(op))
    return true;
  auto quantization = dyn_cast<QuantizationOpInterface>(op);
  return quantization &&
         quantization.getQuantizationKind() == QuantizationKind::SameParameters;
}

/// Checks that ONNX has tensors of the types of `values`.
static LogicalResult checkTypes(Operation *op, ValueRange values) {
  bool takesStored = takesStoredIntegers(op);
  for (Type type : values.getTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape() ||
        !getElementKind(takesStored ? getStoredElement(tensor.getElementType())
                                    : tensor.getElementType()))
      return op->emitError("a value of type ")
             << type << " cannot be written to ONNX";
  }
  return success();
}

namespace {
/// Exports one function.
class FunctionExporter {
public:
  FunctionExporter(func::FuncOp function, StringRef graphName)
      : function(function), graph(graphName), tensors(graph) {}

  FailureOr<std::string> run();

private:
  /// Exports the ops of `block` but for its terminator.
  LogicalResult exportBody(Block &block);
  LogicalResult exportOp(Operation *op);
  LogicalResult exportKernel(KernelOp kernel);
  void addInputs();
  void addOutputs(Operation *terminator);

  func::FuncOp function;
  GraphBuilder graph;
  LazyTensors tensors;
  SmallVector<std::string> outputNames;
};
} // namespace

static std::string getTensorName(StringAttr attribute, StringRef otherwise,
                                 unsigned index) {
  return attribute ? attribute.str() : (otherwise + Twine(index)).str();
}

void FunctionExporter::addInputs() {
  for (BlockArgument argument : function.getArguments()) {
    unsigned index = argument.getArgNumber();
    std::string name = getTensorName(
        function.getArgAttrOfType<StringAttr>(index, "lathe.name"), "input",
        index);
    graph.addInput(name, getKind(argument), getShape(argument));
    tensors.define(argument, name, getIdentity(getRank(argument)));
  }
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    outputNames.push_back(graph.reserveOutput(
        getTensorName(function.getResultAttrOfType<StringAttr>(i, "lathe.name"),
                      "output", i)));
}

void FunctionExporter::addOutputs(Operation *terminator) {
  for (auto [value, name] : llvm::zip(terminator->getOperands(), outputNames))
    graph.addOutput(name, tensors.get(value, getIdentity(getRank(value)), name),
                    getKind(value), getShape(value));
}

LogicalResult FunctionExporter::exportKernel(KernelOp kernel) {
  Block &body = kernel.getBody().front();
  for (auto [argument, input] :
       llvm::zip(body.getArguments(), kernel.getInputs()))
    tensors.defineAlias(argument, input);
  if (failed(exportBody(body)))
    return failure();
  for (auto [result, yielded] :
       llvm::zip(kernel.getOutputs(), body.getTerminator()->getOperands()))
    tensors.defineAlias(result, yielded);
  return success();
}

LogicalResult FunctionExporter::exportOp(Operation *op) {
  if (failed(checkTypes(op, op->getOperands())) ||
      failed(checkTypes(op, op->getResults())))
    return failure();
  if (auto kernel = dyn_cast<KernelOp>(op))
    return exportKernel(kernel);
  const Converter *convert =
      ConverterRegistry::get().find(op->getName().getStringRef());
  if (!convert)
    return op->emitError("cannot be written to ONNX");
  OpContext context(graph, tensors, op);
  return (*convert)(op, context);
}

LogicalResult FunctionExporter::exportBody(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(exportOp(&op)))
      return failure();
  return success();
}

FailureOr<std::string> FunctionExporter::run() {
  if (!function.getBody().hasOneBlock())
    return function.emitError("a function with control flow cannot be written "
                              "to ONNX");
  if (failed(checkTypes(function, function.getArguments())))
    return failure();
  Block &body = function.getBody().front();
  addInputs();
  if (failed(exportBody(body)))
    return failure();
  addOutputs(body.getTerminator());
  std::optional<std::string> bytes = graph.finish();
  if (!bytes)
    return function.emitError(
        "the model is larger than the 2 GiB that an ONNX file can have");
  return *std::move(bytes);
}

FailureOr<std::string> lathe::exportONNX(ModuleOp module,
                                         const ExportOptions &options) {
  // The others are bodies of ops, which cannot be written.
  auto functions = llvm::make_filter_range(
      module.getOps<func::FuncOp>(),
      [](func::FuncOp function) { return !function.isPrivate(); });
  if (!llvm::hasSingleElement(functions) || (*functions.begin()).isExternal())
    return module.emitError("expected one function, at the graph or the "
                            "kernel level");
  func::FuncOp function = *functions.begin();
  StringRef name =
      options.graphName.empty() ? function.getName() : options.graphName;
  return FunctionExporter(function, name).run();
}
