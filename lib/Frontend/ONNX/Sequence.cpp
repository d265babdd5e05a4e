//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators that make and take apart sequences and optionals.
//
//===----------------------------------------------------------------------===//

#include "Sequence.h"
#include "Converters.h"
#include "DataMovement.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Value lathe::frontend::createSequence(OpBuilder &builder, Location loc,
                                      ValueRange elements) {
  auto type = TupleType::get(builder.getContext(), elements.getTypes());
  return UnrealizedConversionCastOp::create(builder, loc, type, elements)
      .getResult(0);
}

Value lathe::frontend::createEmptyOptional(OpBuilder &builder, Location loc) {
  return UnrealizedConversionCastOp::create(builder, loc, builder.getNoneType(),
                                            ValueRange())
      .getResult(0);
}

ValueRange lathe::frontend::getElements(Value sequence) {
  return sequence.getDefiningOp<UnrealizedConversionCastOp>().getInputs();
}

/// The elements of the node's first input, or an error if it is no sequence.
static FailureOr<SmallVector<Value>> getSequence(NodeContext &node) {
  if (isSequence(node.getInput(0)))
    return llvm::to_vector(getElements(node.getInput(0)));
  return node.error("the input must be a sequence");
}

static LogicalResult setSequence(NodeContext &node, ValueRange elements) {
  return node.setResults(
      createSequence(node.getBuilder(), node.getLoc(), elements));
}

/// The position that input number `index` states, counted from the front;
/// `otherwise` without one. An error if it is not one of `count`.
static FailureOr<int64_t> getPosition(NodeContext &node, unsigned index,
                                      int64_t count, int64_t otherwise) {
  int64_t position = otherwise;
  if (node.getInput(index)) {
    auto stated = node.getIntegers(index, "position");
    if (!stated)
      return failure();
    if (stated->size() != 1)
      return node.error("the position (input " + Twine(index) +
                        ") must be one number");
    position = stated->front();
  }
  if (position >= -count && position < count)
    return position < 0 ? position + count : position;
  return node.error("position " + Twine(position) + " is not one of " +
                    Twine(count) + " in the sequence");
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

static LogicalResult convertSequenceConstruct(NodeContext &node) {
  if (!llvm::all_of(node.getInputs(),
                    [](Value input) { return input && isTensor(input); }))
    return node.error("the inputs must be tensors");
  return setSequence(node, node.getInputs());
}

static LogicalResult convertSequenceEmpty(NodeContext &node) {
  // Tensors of any type may be inserted later; their own says which they have.
  (void)node.getInt("dtype", 0);
  return setSequence(node, {});
}

static LogicalResult convertSequenceLength(NodeContext &node) {
  FailureOr<SmallVector<Value>> elements = getSequence(node);
  if (failed(elements))
    return failure();
  return node.setResults(
      node.createConstant({}, {static_cast<int64_t>(elements->size())}));
}

static LogicalResult convertSequenceAt(NodeContext &node) {
  FailureOr<SmallVector<Value>> elements = getSequence(node);
  if (failed(elements))
    return failure();
  auto position =
      getPosition(node, 1, static_cast<int64_t>(elements->size()), 0);
  if (failed(position))
    return failure();
  return node.setResults((*elements)[*position]);
}

static LogicalResult convertSequenceErase(NodeContext &node) {
  FailureOr<SmallVector<Value>> elements = getSequence(node);
  if (failed(elements))
    return failure();
  auto position =
      getPosition(node, 1, static_cast<int64_t>(elements->size()), -1);
  if (failed(position))
    return failure();
  elements->erase(elements->begin() + *position);
  return setSequence(node, *elements);
}

static LogicalResult convertSequenceInsert(NodeContext &node) {
  FailureOr<SmallVector<Value>> elements = getSequence(node);
  if (failed(elements))
    return failure();
  if (!isTensor(node.getInput(1)))
    return node.error("what is inserted (input 1) must be a tensor");
  // One more position than there are elements: behind the last. A negative one
  // counts from the elements' end, though, not from there.
  int64_t count = static_cast<int64_t>(elements->size());
  FailureOr<int64_t> position = count;
  if (node.getInput(2)) {
    auto stated = node.getIntegers(2, "position");
    if (!stated)
      return failure();
    bool isEnd = stated->size() == 1 && stated->front() == count;
    if (!isEnd)
      position = getPosition(node, 2, count, 0);
  }
  if (failed(position))
    return failure();
  elements->insert(elements->begin() + *position, node.getInput(1));
  return setSequence(node, *elements);
}

//===----------------------------------------------------------------------===//
// Tensors to sequences and back
//===----------------------------------------------------------------------===//

/// `shape` without dimension `axis`.
static SmallVector<int64_t> eraseDim(ArrayRef<int64_t> shape, int64_t axis) {
  SmallVector<int64_t> result(shape);
  result.erase(result.begin() + axis);
  return result;
}

/// `shape` with another dimension, of extent 1, that becomes number `axis`.
static SmallVector<int64_t> insertDim(ArrayRef<int64_t> shape, int64_t axis) {
  SmallVector<int64_t> result(shape);
  result.insert(result.begin() + axis, 1);
  return result;
}

// Code grows with each part.
static constexpr int64_t mostParts = 1 << 16;

/// The extents that input 1 states, one for all parts but the last or one for
/// each, or 1 for all.
static FailureOr<SmallVector<int64_t>> getPartExtents(NodeContext &node,
                                                      int64_t extent) {
  int64_t each = 1;
  if (node.getInput(1)) {
    auto stated = node.getIntegers(1, "parts' extents");
    if (!stated)
      return failure();
    if (getRank(node.getInput(1)) > 0)
      return *stated;
    each = stated->front();
  }
  if (each < 1)
    return node.error("the parts' extent is " + Twine(each) +
                      ", but must be at least 1");
  if (llvm::divideCeil(extent, each) > mostParts)
    return node.error("an extent of " + Twine(extent) +
                      " makes a sequence of more than " + Twine(mostParts) +
                      " parts, which is not supported");
  SmallVector<int64_t> extents;
  for (int64_t left = extent; left > 0; left -= each)
    extents.push_back(std::min(left, each));
  return extents;
}

static LogicalResult convertSplitToSequence(NodeContext &node) {
  Value input = node.getInput(0);
  bool keepDims = node.getBool("keepdims", true) || node.getInput(1);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), getRank(input));
  if (node.hasFailed())
    return failure();
  auto extents = getPartExtents(node, getShape(input)[axis]);
  if (failed(extents))
    return failure();
  auto parts = splitAxis(node, input, axis, *extents);
  if (failed(parts) || node.hasFailed())
    return failure();
  if (!keepDims)
    for (Value &part : *parts)
      part = node.createReshape(part, eraseDim(getShape(part), axis));
  return node.hasFailed() ? failure() : setSequence(node, *parts);
}

static LogicalResult convertConcatFromSequence(NodeContext &node) {
  FailureOr<SmallVector<Value>> elements = getSequence(node);
  if (failed(elements))
    return failure();
  if (elements->empty())
    return node.error("the sequence is empty");
  if (llvm::any_of(*elements, [&](Value e) { return node.isOpen(e); }))
    return node.error("an element of the sequence has an extent that is only "
                      "known at run time");
  bool isStacked = node.getBool("new_axis", false);
  int64_t elementRank = getRank(elements->front());
  if (!llvm::all_of(*elements,
                    [&](Value e) { return getRank(e) == elementRank; }))
    return node.error("the elements of the sequence differ in rank");
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0),
                                    elementRank + (isStacked ? 1 : 0));
  if (node.hasFailed())
    return failure();
  if (isStacked)
    for (Value &element : *elements)
      element = node.createReshape(element, insertDim(getShape(element), axis));
  return node.setResults(node.create<ConcatOp>(*elements, axis));
}

/// Runs the node's graph on each element, beside the elements of other
/// sequences at the same place, and tensors.
static LogicalResult convertSequenceMap(NodeContext &node) {
  const onnx::GraphProto *graph = node.getGraph("body");
  FailureOr<SmallVector<Value>> first = getSequence(node);
  if (failed(first) || node.hasFailed())
    return failure();
  for (Value input : node.getInputs())
    if (!input || isEmptyOptional(input) ||
        (isSequence(input) && getElements(input).size() != first->size()))
      return node.error("the inputs must be tensors, and sequences of the same "
                        "length");
  SmallVector<SmallVector<Value>> results(graph->output_size());
  for (size_t i = 0; i < first->size(); ++i) {
    auto inputs = llvm::map_to_vector(node.getInputs(), [&](Value input) {
      return isSequence(input) ? getElements(input)[i] : input;
    });
    auto outputs = node.importGraph(*graph, inputs, /*body=*/nullptr);
    if (failed(outputs))
      return failure();
    if (!llvm::all_of(*outputs, isTensor))
      return node.error("what its body computes must be tensors");
    for (auto [elements, output] : llvm::zip(results, *outputs))
      elements.push_back(output);
  }
  return node.setResults(llvm::map_to_vector(results, [&](auto &elements) {
    return createSequence(node.getBuilder(), node.getLoc(), elements);
  }));
}

//===----------------------------------------------------------------------===//
// Optionals
//===----------------------------------------------------------------------===//

static LogicalResult convertOptional(NodeContext &node) {
  node.ignoreAttribute("type");
  Value element = node.getInput(0);
  return node.setResults(
      element ? element
              : createEmptyOptional(node.getBuilder(), node.getLoc()));
}

static LogicalResult convertOptionalHasElement(NodeContext &node) {
  Value optional = node.getInput(0);
  HostTensor result(ElementKind::Bool, {});
  result.setInt(0, optional && !isEmptyOptional(optional));
  return node.setResults(node.createConstant(result));
}

static LogicalResult convertOptionalGetElement(NodeContext &node) {
  if (isEmptyOptional(node.getInput(0)))
    return node.error("the optional has no element");
  return node.setResults(node.getInput(0));
}

void lathe::frontend::addSequences(OperatorRegistry &registry) {
  auto add = [&](StringRef name, int64_t since, Inputs inputs,
                 Converter converter) {
    registry.add(name, {since}, inputs, converter, OpenExtents::Handled)
        .takeSequences();
  };
  add("SequenceConstruct", 11, {1, Inputs::any}, convertSequenceConstruct);
  add("SequenceEmpty", 11, 0, convertSequenceEmpty);
  add("SequenceLength", 11, 1, convertSequenceLength);
  add("SequenceAt", 11, 2, convertSequenceAt);
  add("SequenceErase", 11, {1, 2}, convertSequenceErase);
  add("SequenceInsert", 11, {2, 3}, convertSequenceInsert);
  add("SequenceMap", 17, {1, Inputs::any}, convertSequenceMap);
  add("ConcatFromSequence", 11, 1, convertConcatFromSequence);
  add("Optional", 15, {0, 1}, convertOptional);
  add("OptionalHasElement", 15, {0, 1}, convertOptionalHasElement);
  add("OptionalGetElement", 15, 1, convertOptionalGetElement);
  registry.add("SplitToSequence", {11}, {1, 2}, convertSplitToSequence);
}
