//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// If, Loop and Scan: operators with graphs inside.
//
//===----------------------------------------------------------------------===//

#include "Body.h"
#include "ConstantFolding.h"
#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"
#include "Sequence.h"

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;
using onnx::GraphProto;

static std::string getName(NodeContext &node, StringRef suffix) {
  SmallString<32> name(node.getNode().name());
  if (name.empty() && node.getNode().output_size())
    name = node.getNode().output(0);
  return (name + "_" + suffix).str();
}

static std::string describe(Value value) {
  std::string text;
  llvm::raw_string_ostream(text) << value.getType();
  return text;
}

/// The only element of `value` as a tensor of rank 0.
static Value toScalar(NodeContext &node, Value value) {
  if (!isTensor(value))
    return (void)node.error("its condition and its trip count must be tensors"),
           Value();
  return getRank(value) == 0 ? value : node.createReshape(value, {});
}

/// The tensors without their first dimension, of extent one.
static SmallVector<Value> dropFirst(NodeContext &node, ArrayRef<Value> values) {
  return llvm::map_to_vector(values, [&](Value value) {
    return node.createReshape(value, getShape(value).drop_front());
  });
}

/// One tensor of `elements` along a new first dimension.
static Value stack(NodeContext &node, ArrayRef<Value> elements) {
  SmallVector<Value> rows;
  for (Value element : elements) {
    if (node.isOpen(element))
      (void)node.error("what it stacks has an extent that is only known at run "
                       "time, which is not supported");
    SmallVector<int64_t> shape = {1};
    llvm::append_range(shape, getShape(element));
    rows.push_back(node.createReshape(element, shape));
  }
  return rows.size() == 1 ? rows.front()
                          : node.create<ConcatOp>(ValueRange(rows), 0);
}

/// `value`, or it in the opposite order of `permutation` that puts dimension
/// `axis` first.
static Value moveAxis(NodeContext &node, Value value, int64_t axis,
                      bool toFront) {
  if (axis == 0 || node.hasFailed())
    return value;
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, getRank(value)));
  auto first = permutation.begin();
  if (toFront)
    std::rotate(first, first + axis, first + axis + 1);
  else
    std::rotate(first, first + 1, first + axis + 1);
  return node.createTranspose(value, permutation);
}

namespace {

/// Holds back what is reported while it lives, until it is known to matter.
class HeldDiagnostics {
public:
  explicit HeldDiagnostics(MLIRContext *context) : context(context) {
    handler.emplace(context, [this](Diagnostic &diagnostic) {
      held.push_back(std::move(diagnostic));
      return success();
    });
  }

  bool empty() const { return held.empty(); }

  /// Forgets it.
  void drop() {
    handler.reset();
    held.clear();
  }

  /// Reports it, errors with `hint` behind them.
  void release(StringRef hint = "") {
    handler.reset();
    for (Diagnostic &diagnostic : held) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        diagnostic << hint;
      context->getDiagEngine().emit(std::move(diagnostic));
    }
    held.clear();
  }

private:
  MLIRContext *context;
  std::optional<ScopedDiagnosticHandler> handler;
  std::vector<Diagnostic> held;
};

} // namespace

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

static LogicalResult convertIf(NodeContext &node) {
  const GraphProto *graphs[] = {node.getGraph("then_branch"),
                                node.getGraph("else_branch")};
  if (node.hasFailed())
    return failure();
  Value condition = toScalar(node, node.getInput(0));
  if (!condition)
    return failure();
  if (std::optional<HostTensor> known = getConstant(condition)) {
    auto results =
        node.importGraph(*graphs[known->getInt(0) != 0 ? 0 : 1], {}, nullptr);
    return failed(results) ? failure() : node.setResults(*results);
  }
  FlatSymbolRefAttr functions[2];
  SmallVector<Value> inputs[2], outputs[2];
  SmallVector<Type> types[2];
  for (unsigned i = 0; i < 2; ++i) {
    Body body(node, getName(node, i == 0 ? "then" : "else"));
    HeldDiagnostics diagnostics(node.getBuilder().getContext());
    auto results = node.importGraph(*graphs[i], {}, &body);
    if (failed(results) && node.fixInput(0))
      return failure();
    diagnostics.release("; this is in a branch whose condition is not known at "
                        "compile time: if it is never taken, fix the condition "
                        "with --bind");
    if (failed(results))
      return failure();
    outputs[i] = *results;
    types[i] = llvm::to_vector(ValueRange(*results).getTypes());
    functions[i] = body.finish(*results);
    inputs[i] = llvm::to_vector(body.getCaptured());
  }
  if (types[0] != types[1] && node.fixInput(0))
    return failure();
  if (outputs[0].size() != outputs[1].size())
    return node.error("its branches have " + Twine(outputs[0].size()) +
                      " and " + Twine(outputs[1].size()) + " outputs");
  for (auto [i, pair] : llvm::enumerate(llvm::zip(outputs[0], outputs[1])))
    if (auto [a, b] = pair; a.getType() != b.getType())
      return node.error(
          "output " + Twine(i) + " is " + describe(a) + " in one branch and " +
          describe(b) +
          " in the other, and a type that depends on data is "
          "not supported; fix the condition with --bind if it depends on an "
          "input that is known");
  auto branch =
      IfOp::create(node.getBuilder(), node.getLoc(), types[0], condition,
                   functions[0], functions[1], inputs[0], inputs[1]);
  return node.setResults(foldOrKeepAll(branch, node.getBuilder()));
}

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

namespace {

/// Converts one Loop node.
class LoopConverter {
public:
  explicit LoopConverter(NodeContext &node) : node(node) {}

  LogicalResult convert();

private:
  // More is no limit; exporters write the largest integer for that.
  static constexpr int64_t mostIterations = std::numeric_limits<int32_t>::max();
  // Code grows with each iteration that is written out.
  static constexpr int64_t mostUnrolled = 1024;

  LogicalResult readInputs();
  /// Builds a lathe.loop; leaves the reason in `problem` where that fails,
  /// unless it was emitted at a node of the body.
  LogicalResult buildLoop();
  LogicalResult checkOutputs(ArrayRef<Value> outputs);
  /// Imports the body once per iteration.
  LogicalResult unroll();
  Value asDeclared(Value scalar, unsigned input);

  LogicalResult fail(const Twine &reason) {
    problem = reason.str();
    return failure();
  }

  NodeContext &node;
  const GraphProto *graph = nullptr;
  Value tripCount, condition;
  /// The trip count, 0 if the first condition is false; none if it is not
  /// known.
  std::optional<int64_t> tripLimit;
  SmallVector<Value> initial;
  unsigned numStacked = 0;
  std::string problem;
};

} // namespace

LogicalResult LoopConverter::readInputs() {
  graph = node.getGraph("body");
  if (node.hasFailed())
    return failure();
  if (Value input = node.getInput(0))
    tripCount =
        node.castTo(toScalar(node, input), node.getBuilder().getI64Type());
  if (Value input = node.getInput(1))
    condition = toScalar(node, input);
  if (node.hasFailed())
    return failure();
  for (Value input :
       node.getInputs().drop_front(std::min<size_t>(2, node.getNumInputs()))) {
    if (!input)
      return node.error("a carried value has no initial value");
    initial.push_back(input);
  }
  if (std::optional<HostTensor> known = getConstant(tripCount)) {
    int64_t count = std::max<int64_t>(known->getInt(0), 0);
    tripCount = {};
    if (count <= mostIterations)
      tripLimit = count;
  }
  if (std::optional<HostTensor> known = getConstant(condition)) {
    condition = {};
    if (known->getInt(0) == 0) {
      tripLimit = 0;
      tripCount = {};
    }
  }
  int numOutputs = graph->output_size() - 1 - static_cast<int>(initial.size());
  if (numOutputs < 0 ||
      graph->input_size() != static_cast<int>(initial.size()) + 2)
    return node.error("its body does not have an input and an output for each "
                      "of the " +
                      Twine(initial.size()) + " carried values");
  numStacked = numOutputs;
  return success();
}

/// `scalar`, or with one dimension if the body's input is declared so.
Value LoopConverter::asDeclared(Value scalar, unsigned input) {
  const onnx::TypeProto &type = graph->input(input).type();
  if (type.tensor_type().shape().dim_size() != 1)
    return scalar;
  return node.createReshape(scalar, {1});
}

LogicalResult LoopConverter::checkOutputs(ArrayRef<Value> outputs) {
  for (auto [i, before] : llvm::enumerate(initial))
    if (Value after = outputs[1 + i]; before.getType() != after.getType())
      return fail("carried value " + Twine(i) + " is " + describe(before) +
                  " before and " + describe(after) +
                  " after an iteration, and types that change are supported "
                  "only where the number of iterations is known at compile "
                  "time, at most " +
                  Twine(mostUnrolled));
  if (numStacked == 0 || tripLimit)
    return success();
  if (node.getInput(0))
    (void)node.getIntegers(0, "trip count, which decides the shape of output " +
                                  std::to_string(initial.size()) + ",");
  return fail("it has no trip count, which would decide the shape of output " +
              Twine(initial.size()));
}

LogicalResult LoopConverter::buildLoop() {
  OpBuilder &builder = node.getBuilder();
  for (auto [i, value] : llvm::enumerate(initial))
    if (!isTensor(value))
      return fail("carried value " + Twine(i) + " is " +
                  describeNoTensor(value) +
                  ", which is supported only where the number of iterations is "
                  "known at compile time, at most " +
                  Twine(mostUnrolled));
  Body body(node, getName(node, "body"));
  Value iteration =
      body.addArgument(RankedTensorType::get({}, builder.getI64Type()));
  SmallVector<Value> inputs = {
      asDeclared(iteration, 0),
      // An iteration runs only if the condition is true.
      asDeclared(node.createScalar(1, builder.getI1Type()), 1)};
  Value iterationInput = inputs[0];
  llvm::append_range(inputs, body.addCarried(initial));
  auto outputs = node.importGraph(*graph, inputs, &body);
  if (failed(outputs) || failed(checkOutputs(*outputs)))
    return failure();

  LoopParts parts;
  parts.tripCount = tripCount;
  parts.bound = tripLimit;
  parts.condition = condition;
  parts.initial = initial;
  SmallVector<Value> returned;
  Value goesOn = toScalar(node, outputs->front());
  if (!goesOn)
    return failure();
  std::optional<HostTensor> known = getConstant(goesOn);
  bool isWhile = condition || !known || known->getInt(0) == 0;
  if (isWhile)
    returned.push_back(goesOn);
  else if (!tripCount && !tripLimit)
    return fail("it has neither a trip count nor a condition that ends it");
  // A condition decides how much of what is stacked there is.
  bool isOpen = isWhile && numStacked != 0;
  bool counts = isOpen || !iterationInput.use_empty();
  if (counts) {
    Value one = node.createScalar(1, builder.getI64Type());
    returned.push_back(node.create<AddOp>(iteration, one));
  } else {
    if (iterationInput != iteration)
      iterationInput.getDefiningOp()->erase();
    body.removeArgument(iteration);
  }
  llvm::append_range(returned, ArrayRef(*outputs).drop_front());
  {
    // Constants beside the loop.
    OpBuilder::InsertionGuard guard(builder);
    builder.restoreInsertionPoint(body.getOutside());
    if (isWhile && !condition)
      parts.condition = node.createScalar(1, builder.getI1Type());
    if (counts)
      parts.initial.insert(parts.initial.begin(),
                           node.createScalar(0, builder.getI64Type()));
  }
  SmallVector<Value> results = finishLoop(node, body, parts, returned);
  ArrayRef<Value> values = ArrayRef(results).drop_front(counts ? 1 : 0);
  if (!isOpen)
    return node.setResults(values);
  Value count = node.createReshape(results[0], {1});
  SmallVector<std::optional<DynamicExtents>> extents(initial.size());
  for (Value rows : values.drop_front(initial.size())) {
    ExtentList list(node);
    list.addOpen(count, 0);
    list.add(getShape(rows).drop_front());
    extents.push_back(list.create());
  }
  return node.setResults(values, extents);
}

LogicalResult LoopConverter::unroll() {
  OpBuilder &builder = node.getBuilder();
  SmallVector<Value> carried = initial;
  SmallVector<SmallVector<Value>> elements(numStacked);
  for (int64_t i = 0; !tripLimit || i < *tripLimit; ++i) {
    if (i == mostUnrolled)
      return node.error(problem);
    SmallVector<Value> inputs = {
        asDeclared(node.createScalar(i, builder.getI64Type()), 0),
        asDeclared(node.createScalar(1, builder.getI1Type()), 1)};
    llvm::append_range(inputs, carried);
    auto outputs = node.importGraph(*graph, inputs, /*body=*/nullptr);
    if (failed(outputs))
      return failure();
    ArrayRef<Value> rest = ArrayRef(*outputs).drop_front();
    carried.assign(rest.begin(), rest.begin() + carried.size());
    for (auto [list, element] :
         llvm::zip(elements, rest.drop_front(carried.size())))
      list.push_back(element);
    if (tripLimit && i + 1 == *tripLimit)
      break;
    std::optional<HostTensor> goesOn =
        getConstant(toScalar(node, outputs->front()));
    if (!goesOn)
      return node.error(problem);
    if (goesOn->getInt(0) == 0)
      break;
  }
  for (const SmallVector<Value> &list : elements) {
    if (list.empty())
      return node.error("it never iterates, so the shapes of what it stacks "
                        "are not known; leave the node out");
    if (llvm::any_of(list, [&](Value element) {
          return element.getType() != list.front().getType() ||
                 !isTensor(element);
        }))
      return node.error("what it stacks changes its shape from iteration to "
                        "iteration");
    carried.push_back(stack(node, list));
  }
  return node.setResults(carried);
}

LogicalResult LoopConverter::convert() {
  if (failed(readInputs()))
    return failure();
  if (tripLimit == 1 && !condition)
    return unroll();
  HeldDiagnostics diagnostics(node.getBuilder().getContext());
  LogicalResult built = buildLoop();
  // Another attempt may be under way already.
  if (failed(built) && ((problem.empty() && diagnostics.empty()) ||
                        node.fixInput(0) || node.fixInput(1)))
    return failure();
  // What cannot be a loop, for its shapes or because it needs the number of the
  // iteration at compile time, may still be so many copies of the body.
  bool mayUnroll = failed(built) && !node.hasFailed() && !condition &&
                   !tripCount &&
                   tripLimit.value_or(mostUnrolled) <= mostUnrolled;
  if (mayUnroll) {
    if (problem.empty())
      problem = "its body cannot be compiled as a loop, and how often it runs "
                "is not known at compile time, so it cannot be unrolled either";
    diagnostics.drop();
    return unroll();
  }
  bool isReported = !diagnostics.empty();
  diagnostics.release();
  return succeeded(built) || isReported ? built : node.error(problem);
}

static LogicalResult convertLoop(NodeContext &node) {
  return LoopConverter(node).convert();
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

namespace {

/// A scan along first dimensions.
struct Scan {
  const GraphProto *graph = nullptr;
  LoopParts parts;

  FailureOr<SmallVector<Value>> build(NodeContext &node) const;
  FailureOr<SmallVector<Value>> buildOnce(NodeContext &node) const;
};

} // namespace

/// Without a loop.
FailureOr<SmallVector<Value>> Scan::buildOnce(NodeContext &node) const {
  SmallVector<Value> inputs = parts.initial;
  llvm::append_range(inputs, dropFirst(node, parts.scanned));
  if (node.hasFailed())
    return failure();
  auto results = node.importGraph(*graph, inputs, nullptr);
  if (failed(results))
    return failure();
  for (Value &element :
       MutableArrayRef(*results).drop_front(parts.initial.size()))
    element = stack(node, element);
  return results;
}

FailureOr<SmallVector<Value>> Scan::build(NodeContext &node) const {
  if (*parts.bound == 1 && !parts.tripCount)
    return buildOnce(node);
  Body body(node, getName(node, "body"));
  SmallVector<Value> slices = body.addSlices(parts.scanned);
  SmallVector<Value> inputs = body.addCarried(parts.initial);
  llvm::append_range(inputs, slices);
  auto outputs = node.importGraph(*graph, inputs, &body);
  if (failed(outputs))
    return failure();
  for (auto [i, pair] : llvm::enumerate(llvm::zip(parts.initial, *outputs)))
    if (auto [before, after] = pair; before.getType() != after.getType())
      return node.error("state " + Twine(i) + " is " + describe(before) +
                        " before and " + describe(after) +
                        " after an iteration");
  return finishLoop(node, body, parts, *outputs);
}

/// What an attribute says of each of `count` tensors; zeros without it.
static SmallVector<int64_t> getForEach(NodeContext &node, StringRef name,
                                       size_t count) {
  SmallVector<int64_t> given = node.getInts(name);
  if (!given.empty() && given.size() != count)
    (void)node.error("attribute '" + name + "' has " + Twine(given.size()) +
                     " elements for " + Twine(count) + " tensors");
  given.resize(count);
  return given;
}

/// The same for an attribute that has 1 for the reverse order.
static SmallVector<bool> getDirections(NodeContext &node, StringRef name,
                                       size_t count) {
  return llvm::map_to_vector(getForEach(node, name, count),
                             [](int64_t flag) { return flag != 0; });
}

/// Reads the graph, and splits `inputs` into states and what is scanned.
static LogicalResult readScan(NodeContext &node, ArrayRef<Value> inputs,
                              Scan &scan) {
  scan.graph = node.getGraph("body");
  int64_t numScanned = node.getInt("num_scan_inputs", 0);
  if (node.hasFailed())
    return failure();
  if (numScanned < 1 || numScanned > static_cast<int64_t>(inputs.size()) ||
      llvm::is_contained(inputs, Value()))
    return node.error("num_scan_inputs is " + Twine(numScanned) + ", and " +
                      Twine(inputs.size()) + " inputs are given");
  size_t numStates = inputs.size() - numScanned;
  if (scan.graph->input_size() != static_cast<int>(inputs.size()) ||
      scan.graph->output_size() < static_cast<int>(numStates))
    return node.error("its body does not have an input for each of the " +
                      Twine(inputs.size()) +
                      " states and slices, and an output for each state");
  scan.parts.initial = llvm::to_vector(inputs.take_front(numStates));
  scan.parts.scanned = llvm::to_vector(inputs.drop_front(numStates));
  return success();
}

/// Finds the number of iterations.
static LogicalResult setLength(NodeContext &node, Scan &scan) {
  for (Value rows : scan.parts.scanned) {
    if (getRank(rows) == 0)
      return node.error("a scalar cannot be scanned");
    int64_t length = getShape(rows)[0];
    if (scan.parts.bound.value_or(length) != length)
      return node.error("what it scans has " + Twine(*scan.parts.bound) +
                        " and " + Twine(length) + " slices");
    scan.parts.bound = length;
  }
  return success();
}

static LogicalResult convertScan(NodeContext &node) {
  Scan scan;
  if (failed(readScan(node, node.getInputs(), scan)))
    return failure();
  LoopParts &parts = scan.parts;
  size_t numStacked = scan.graph->output_size() - parts.initial.size();
  SmallVector<int64_t> inputAxes =
      getForEach(node, "scan_input_axes", parts.scanned.size());
  SmallVector<int64_t> outputAxes =
      getForEach(node, "scan_output_axes", numStacked);
  parts.reversedInputs =
      getDirections(node, "scan_input_directions", parts.scanned.size());
  parts.reversedOutputs =
      getDirections(node, "scan_output_directions", numStacked);
  if (node.hasFailed())
    return failure();
  for (auto [rows, axis] : llvm::zip(parts.scanned, inputAxes))
    rows = moveAxis(node, rows, node.normalizeAxis(axis, getRank(rows)),
                    /*toFront=*/true);
  if (node.hasFailed() || failed(setLength(node, scan)))
    return failure();
  FailureOr<SmallVector<Value>> results = scan.build(node);
  if (failed(results) || node.hasFailed())
    return failure();
  for (auto [rows, axis] :
       llvm::zip(MutableArrayRef(*results).drop_front(parts.initial.size()),
                 outputAxes))
    rows = moveAxis(node, rows, node.normalizeAxis(axis, getRank(rows)),
                    /*toFront=*/false);
  return node.setResults(*results);
}

/// Element `index` along the first dimension.
static Value getRow(NodeContext &node, Value value, int64_t index) {
  if (node.hasFailed())
    return {};
  ArrayRef<int64_t> shape = getShape(value);
  SmallVector<int64_t> offsets(shape.size()), sizes(shape),
      steps(shape.size(), 1);
  offsets[0] = index;
  sizes[0] = 1;
  Value row = node.create<SliceOp>(value, offsets, sizes, steps);
  return node.createReshape(row, shape.drop_front());
}

// Code grows with each iteration that is written out.
static constexpr int64_t mostCopies = 1024;

/// In opset 8 everything has a batch dimension in front, whose elements are
/// scanned one by one.
static LogicalResult convertBatchedScan(NodeContext &node) {
  Scan batch;
  if (node.getNumInputs() < 2 ||
      failed(readScan(node, node.getInputs().drop_front(), batch)))
    return node.error("it has nothing to scan");
  batch.parts.reversedInputs =
      getDirections(node, "directions", batch.parts.scanned.size());
  if (node.hasFailed())
    return failure();
  ArrayRef<int64_t> first = getShape(batch.parts.scanned[0]);
  if (first.empty() || first[0] < 1 || first[0] > mostCopies)
    return node.error("the batch must have from 1 to " + Twine(mostCopies) +
                      " elements");
  int64_t size = first[0];
  for (Value value :
       llvm::concat<Value>(batch.parts.initial, batch.parts.scanned))
    if (getRank(value) == 0 || getShape(value)[0] != size)
      return node.error("an input does not have the batch dimension of " +
                        Twine(size));
  SmallVector<SmallVector<Value>> results;
  for (int64_t i = 0; i < size; ++i) {
    Scan scan = batch;
    for (Value &value :
         llvm::concat<Value>(scan.parts.initial, scan.parts.scanned))
      value = getRow(node, value, i);
    if (node.hasFailed() || failed(setLength(node, scan)))
      return failure();
    if (Value lengths = node.getInput(0))
      scan.parts.tripCount =
          getRow(node, node.castTo(lengths, node.getBuilder().getI64Type()), i);
    FailureOr<SmallVector<Value>> outputs = scan.build(node);
    if (failed(outputs))
      return failure();
    results.resize(outputs->size());
    for (auto [list, output] : llvm::zip(results, *outputs))
      list.push_back(output);
  }
  SmallVector<Value> joined;
  for (ArrayRef<Value> list : results)
    joined.push_back(stack(node, list));
  return node.setResults(joined);
}

void lathe::frontend::addControlFlow(OperatorRegistry &registry) {
  registry.add("If", {1}, 1, convertIf)
      .lacks("branches that differ in type where the condition is not known at "
             "compile time");
  registry.add("Loop", {1}, {0, Inputs::any}, convertLoop)
      .takeSequences()
      .lacks("carried values that change their shape, and sequences, where the "
             "trip count is not known at compile time");
  registry.add("Scan", {8, 8}, {0, Inputs::any}, convertBatchedScan);
  registry.add("Scan", {9}, {1, Inputs::any}, convertScan);
}
