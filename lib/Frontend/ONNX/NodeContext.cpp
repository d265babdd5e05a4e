//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeContext.h"
#include "ConstantFolding.h"

#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;
using onnx::AttributeProto;

RankedTensorType lathe::frontend::getType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

ArrayRef<int64_t> lathe::frontend::getShape(Value value) {
  return getType(value).getShape();
}

int64_t lathe::frontend::getRank(Value value) {
  return getType(value).getRank();
}

Type lathe::frontend::getElement(Value value) {
  return getType(value).getElementType();
}

std::optional<HostTensor> lathe::frontend::getConstant(Value value) {
  ElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)))
    return std::nullopt;
  // As one number it may have the shape of anything.
  if (elements.isSplat() && elements.getNumElements() > mostTableElements)
    return std::nullopt;
  return toHostTensor(elements);
}

Type lathe::frontend::getElementTypeOfOnnx(MLIRContext *context,
                                           int32_t dataType) {
  std::optional<ElementKind> kind = getElementKindOfOnnx(dataType);
  return kind ? getElementType(context, *kind) : Type();
}

NodeContext::NodeContext(Model &model, const onnx::NodeProto &node,
                         int64_t opset, ArrayRef<Value> inputs,
                         ImportTables &tables, OpBuilder &builder, Location loc,
                         EmitError emitError, FixValue fixValue,
                         ImportGraph importGraph)
    : model(model), node(node), opset(opset), inputs(inputs), tables(tables),
      builder(builder), loc(loc), emitError(emitError), fixValue(fixValue),
      import(importGraph),
      placeholder(RankedTensorType::get({}, builder.getF32Type())) {}

LogicalResult NodeContext::error(const Twine &message) {
  if (!failed)
    emitError(message);
  failed = true;
  return failure();
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// The elements of an input that must be constant. Where it is not, but follows
/// from inputs whose values are known, the import is tried again with these.
std::optional<HostTensor>
NodeContext::getKnown(unsigned index, function_ref<std::string()> message) {
  Value input = getInput(index);
  std::optional<HostTensor> tensor = getConstant(input);
  if (!tensor && input && !failed && fixValue(input))
    failed = true;
  else if (!tensor)
    (void)error(message());
  return tensor;
}

bool NodeContext::fixInput(unsigned index) {
  Value input = getInput(index);
  if (failed || !input || getConstant(input) || !fixValue(input))
    return false;
  failed = true;
  return true;
}

const DynamicExtents *NodeContext::getExtents(unsigned index) const {
  auto found = tables.extents.find(getInput(index));
  return found == tables.extents.end() ? nullptr : &found->second;
}

std::optional<SmallVector<int64_t>> NodeContext::getIntegers(unsigned index,
                                                             StringRef what) {
  auto message = [&] {
    return ("the " + what + " (input " + Twine(index) +
            ") must be integers known at compile time; compute it from "
            "constants and shapes, or fix a model input it comes from with "
            "--bind")
        .str();
  };
  std::optional<HostTensor> tensor = getKnown(index, message);
  if (!tensor)
    return std::nullopt;
  if (lathe::isFloat(tensor->getKind())) {
    (void)error(message());
    return std::nullopt;
  }
  SmallVector<int64_t> values;
  for (int64_t i = 0; i < tensor->getNumElements(); ++i)
    values.push_back(tensor->getInt(i));
  return values;
}

std::optional<SmallVector<double>> NodeContext::getNumbers(unsigned index,
                                                           StringRef what) {
  std::optional<HostTensor> tensor = getKnown(index, [&] {
    return ("the " + what + " (input " + Twine(index) +
            ") must be known at compile time; compute it from constants and "
            "shapes, or fix a model input it comes from with --bind")
        .str();
  });
  if (!tensor)
    return std::nullopt;
  SmallVector<double> values;
  for (int64_t i = 0; i < tensor->getNumElements(); ++i)
    values.push_back(tensor->getDouble(i));
  return values;
}

std::optional<double> NodeContext::getNumber(unsigned index, StringRef what) {
  std::optional<SmallVector<double>> values = getNumbers(index, what);
  if (!values || values->size() == 1)
    return values ? std::optional(values->front()) : std::nullopt;
  (void)error("the " + what + " must be one element, not " +
              Twine(values->size()));
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

const AttributeProto *
NodeContext::findAttribute(StringRef name, AttributeProto::AttributeType type) {
  usedAttributes.insert(name);
  for (const AttributeProto &attribute : node.attribute()) {
    if (attribute.name() != name)
      continue;
    if (attribute.type() == type)
      return &attribute;
    (void)error("attribute '" + name + "' is of type " +
                AttributeProto::AttributeType_Name(attribute.type()) +
                ", but must be " + AttributeProto::AttributeType_Name(type));
  }
  return nullptr;
}

bool NodeContext::hasAttribute(StringRef name) {
  return llvm::any_of(node.attribute(), [&](const AttributeProto &attribute) {
    return attribute.name() == name;
  });
}

int64_t NodeContext::getInt(StringRef name, int64_t otherwise) {
  const AttributeProto *found = findAttribute(name, AttributeProto::INT);
  return found ? found->i() : otherwise;
}

double NodeContext::getFloat(StringRef name, double otherwise) {
  const AttributeProto *found = findAttribute(name, AttributeProto::FLOAT);
  // ONNX's defaults are floats as well.
  return static_cast<float>(found ? found->f() : otherwise);
}

StringRef NodeContext::getString(StringRef name, StringRef otherwise) {
  const AttributeProto *found = findAttribute(name, AttributeProto::STRING);
  return found ? StringRef(found->s()) : otherwise;
}

SmallVector<int64_t> NodeContext::getInts(StringRef name,
                                          ArrayRef<int64_t> otherwise) {
  const AttributeProto *found = findAttribute(name, AttributeProto::INTS);
  if (!found)
    return SmallVector<int64_t>(otherwise);
  return {found->ints().begin(), found->ints().end()};
}

SmallVector<double> NodeContext::getFloats(StringRef name,
                                           ArrayRef<double> otherwise) {
  const AttributeProto *found = findAttribute(name, AttributeProto::FLOATS);
  if (!found)
    return SmallVector<double>(otherwise);
  return {found->floats().begin(), found->floats().end()};
}

std::optional<HostTensor>
NodeContext::checkTensor(StringRef name, llvm::Expected<HostTensor> tensor) {
  if (tensor)
    return *tensor;
  (void)error("attribute '" + name + "': " + toString(tensor.takeError()));
  return std::nullopt;
}

std::optional<HostTensor> NodeContext::getTensor(StringRef name) {
  if (const auto *found = findAttribute(name, AttributeProto::TENSOR))
    return checkTensor(name, model.getTensor(found->t()));
  (void)error("attribute '" + name + "' is missing");
  return std::nullopt;
}

std::optional<HostTensor> NodeContext::getSparseTensor(StringRef name) {
  if (const auto *found = findAttribute(name, AttributeProto::SPARSE_TENSOR))
    return checkTensor(name, model.getTensor(found->sparse_tensor()));
  (void)error("attribute '" + name + "' is missing");
  return std::nullopt;
}

const onnx::GraphProto *NodeContext::getGraph(StringRef name) {
  if (const auto *found = findAttribute(name, AttributeProto::GRAPH))
    return &found->g();
  (void)error("attribute '" + name + "' is missing");
  return nullptr;
}

SmallVector<StringRef> NodeContext::getStrings(StringRef name) {
  const AttributeProto *found = findAttribute(name, AttributeProto::STRINGS);
  if (!found)
    return {};
  return {found->strings().begin(), found->strings().end()};
}

LogicalResult NodeContext::checkTable(double elements) {
  if (elements <= static_cast<double>(mostTableElements))
    return success();
  return error("it needs a table of more than " + Twine(mostTableElements) +
               " elements");
}

int64_t NodeContext::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  (void)error("axis " + Twine(axis) + " is not one of " + Twine(rank) +
              " dimensions");
  return 0;
}

SmallVector<int64_t> NodeContext::normalizeAxes(ArrayRef<int64_t> axes,
                                                int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes)
    result.push_back(normalizeAxis(axis, rank));
  llvm::sort(result);
  if (llvm::adjacent_find(result) != result.end())
    (void)error("an axis stands twice in the axes");
  return result;
}

std::optional<SmallVector<int64_t>> NodeContext::getAxes(int64_t asInput,
                                                         unsigned index) {
  if (opset >= asInput)
    return getInput(index) ? getIntegers(index, "axes") : std::nullopt;
  SmallVector<int64_t> axes = getInts("axes");
  return hasAttribute("axes") ? std::optional(axes) : std::nullopt;
}

LogicalResult NodeContext::checkAttributesUsed() {
  // Up to opset 5 it told which inputs an operator may overwrite.
  if (opset < 6)
    usedAttributes.insert("consumed_inputs");
  for (const AttributeProto &attribute : node.attribute())
    if (!usedAttributes.contains(attribute.name()))
      return error("attribute '" + attribute.name() +
                   "' is not one that the operator has in this version");
  return success();
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// Gives `op` its inferred result type and verifies it. What is wrong is
/// returned without the name of the op, which the user has not written.
static std::optional<std::string> inferAndVerify(Operation *op) {
  std::string message;
  ScopedDiagnosticHandler capture(op->getContext(),
                                  [&](Diagnostic &diagnostic) {
                                    if (message.empty())
                                      message = diagnostic.str();
                                    return success();
                                  });
  auto infer = cast<InferTypeOpInterface>(op);
  SmallVector<Type, 1> types;
  if (succeeded(infer.inferReturnTypes(
          op->getContext(), op->getLoc(), op->getOperands(),
          op->getAttrDictionary(), op->getPropertiesStorage(), op->getRegions(),
          types))) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(types.front()).getShape();
    if (isTooLarge(shape))
      return "the result has shape " + formatShape(shape) +
             ", which is too large";
    op->getResult(0).setType(types.front());
    if (succeeded(verify(op, /*verifyRecursively=*/false)))
      return std::nullopt;
  }
  StringRef text = message;
  if (text.consume_front("'" + op->getName().getStringRef().str() + "' op "))
    return text.str();
  return message;
}

Value NodeContext::finish(Operation *op) {
  if (std::optional<std::string> message = inferAndVerify(op)) {
    op->erase();
    (void)error(*message);
    return {};
  }
  Value value = foldOrKeep(op, builder);
  // Nothing behind the importer has to think of tensors without elements:
  // they are constants, which only concatenations read, and drop.
  Operation *kept = value.getDefiningOp();
  if (!kept || isa<ConstantOp, ConcatOp>(kept) || !readsNothing(kept))
    return value;
  return (void)error("an input without elements is not supported"), Value();
}

Value NodeContext::createConstant(const HostTensor &tensor) {
  if (failed)
    return {};
  StringRef name = node.output_size() ? StringRef(node.output(0)) : "constant";
  return ConstantOp::create(builder, loc,
                            toElementsAttr(tensor, builder.getContext(), name));
}

Value NodeContext::createConstant(ArrayRef<int64_t> shape,
                                  ArrayRef<int64_t> values) {
  return createConstant(HostTensor::get<int64_t>(shape, values));
}

Value NodeContext::createScalar(double value, Type element) {
  std::optional<ElementKind> kind = getElementKind(element);
  if (!kind)
    return (void)error("elements of this type are not supported"), Value();
  HostTensor tensor(*kind, {});
  tensor.setDouble(0, value);
  return createConstant(tensor);
}

Value NodeContext::createReshape(Value value, ArrayRef<int64_t> shape) {
  return create<ReshapeOp>(value, shape);
}

Value NodeContext::createTranspose(Value value, ArrayRef<int64_t> permutation) {
  return create<TransposeOp>(value, permutation);
}

Value NodeContext::toChannelsLast(Value value) {
  if (failed)
    return {};
  int64_t rank = getRank(value);
  if (rank < 3)
    return (void)error("the input has " + Twine(rank) +
                       " dimensions, but needs a batch, a channel and at "
                       "least one spatial dimension"),
           Value();
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::rotate(permutation.begin() + 1, permutation.begin() + 2,
              permutation.end());
  return createTranspose(value, permutation);
}

Value NodeContext::toChannelsFirst(Value value) {
  if (failed)
    return {};
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, getRank(value)));
  std::rotate(permutation.begin() + 1, permutation.end() - 1,
              permutation.end());
  return createTranspose(value, permutation);
}

Value NodeContext::castTo(Value value, Type element) {
  if (failed || getElement(value) == element)
    return value;
  return create<CastOp>(value, element);
}

LogicalResult NodeContext::setResults(ArrayRef<Value> values) {
  if (failed)
    return failure();
  results.assign(values.begin(), values.end());
  return success();
}

LogicalResult
NodeContext::setResults(ArrayRef<Value> values,
                        ArrayRef<std::optional<DynamicExtents>> extents) {
  if (failed)
    return failure();
  results.assign(values.begin(), values.end());
  resultExtents.assign(extents.begin(), extents.end());
  for (auto [value, open] : llvm::zip(results, resultExtents)) {
    std::optional<HostTensor> known =
        value && open ? getConstant(open->actual) : std::nullopt;
    if (!known)
      continue;
    SmallVector<int64_t> offsets(getRank(value), 0), steps(getRank(value), 1);
    SmallVector<int64_t> sizes;
    for (int64_t dim = 0; dim < getRank(value); ++dim)
      sizes.push_back(known->getInt(dim));
    value = create<SliceOp>(value, offsets, sizes, steps);
    open.reset();
  }
  return failure(failed);
}
