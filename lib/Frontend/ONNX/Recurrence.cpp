//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// RNN, GRU and LSTM. The products with the input are one matrix product for all
// steps; what depends on the step before runs in a loop, or without one where
// there is a single step.
//
//===----------------------------------------------------------------------===//

#include "Body.h"
#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

#include "lathe/Support/HostTensorAttr.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

namespace {

struct Activation {
  StringRef name;
  double alpha, beta;
};

/// An activation with the defaults of its parameters, and how many it has.
struct KnownActivation {
  Activation activation;
  unsigned numParameters;
};

} // namespace

static constexpr KnownActivation knownActivations[] = {
    {{"Affine", 1, 0}, 2},
    {{"Elu", 1, 0}, 1},
    {{"HardSigmoid", 0.2, 0.5}, 2},
    {{"LeakyRelu", 0.01, 0}, 1},
    {{"Relu", 0, 0}, 0},
    {{"ScaledTanh", 1, 1}, 2},
    {{"Sigmoid", 0, 0}, 0},
    {{"Softplus", 0, 0}, 0},
    {{"Softsign", 0, 0}, 0},
    {{"Tanh", 0, 0}, 0},
    {{"ThresholdedRelu", 1, 0}, 1},
};

/// The activations of all directions. Each takes the next of the parameters
/// that it has, as ONNX Runtime reads them.
static SmallVector<Activation> readActivations(NodeContext &node,
                                               ArrayRef<StringRef> defaults,
                                               size_t numDirections) {
  SmallVector<StringRef> names = node.getStrings("activations");
  SmallVector<double> alphas = node.getFloats("activation_alpha");
  SmallVector<double> betas = node.getFloats("activation_beta");
  if (names.empty())
    for (size_t i = 0; i < numDirections; ++i)
      llvm::append_range(names, defaults);
  if (names.size() != numDirections * defaults.size())
    (void)node.error("it has " + Twine(names.size()) + " activations, but " +
                     Twine(numDirections * defaults.size()) + " are needed");
  ArrayRef<double> nextAlpha = alphas, nextBeta = betas;
  auto take = [](ArrayRef<double> &list, double &parameter) {
    if (list.empty())
      return;
    parameter = list.front();
    list = list.drop_front();
  };
  SmallVector<Activation> activations;
  for (StringRef name : names) {
    auto known = llvm::find_if(knownActivations, [&](const auto &entry) {
      return name.equals_insensitive(entry.activation.name);
    });
    if (known == std::end(knownActivations)) {
      (void)node.error("activation '" + name + "' is not one of ONNX's");
      return {};
    }
    Activation activation = known->activation;
    if (known->numParameters > 0)
      take(nextAlpha, activation.alpha);
    if (known->numParameters > 1)
      take(nextBeta, activation.beta);
    activations.push_back(activation);
  }
  return activations;
}

/// The activation of `x`.
static Value activate(NodeContext &node, const Activation &function, Value x) {
  if (node.hasFailed())
    return {};
  Type element = getElement(x);
  auto scalar = [&](double value) { return node.createScalar(value, element); };
  llvm::APFloat alpha(function.alpha), beta(function.beta);
  StringRef name = function.name;
  if (name == "Sigmoid")
    return node.create<SigmoidOp>(x);
  if (name == "Tanh")
    return node.create<TanhOp>(x);
  if (name == "Relu")
    return node.create<ReluOp>(x);
  if (name == "Softplus")
    return node.create<SoftplusOp>(x);
  if (name == "Elu")
    return node.create<EluOp>(x, alpha);
  if (name == "LeakyRelu")
    return node.create<LeakyReluOp>(x, alpha);
  if (name == "HardSigmoid")
    return node.create<HardSigmoidOp>(x, alpha, beta);
  if (name == "Affine")
    return node.create<AddOp>(node.create<MulOp>(x, scalar(function.alpha)),
                              scalar(function.beta));
  if (name == "ScaledTanh")
    return node.create<MulOp>(
        node.create<TanhOp>(node.create<MulOp>(x, scalar(function.beta))),
        scalar(function.alpha));
  if (name == "Softsign")
    return node.create<DivOp>(
        x, node.create<AddOp>(node.create<AbsOp>(x), scalar(1)));
  // ThresholdedRelu
  Value above =
      node.create<CompareOp>(ComparePredicate::GT, x, scalar(function.alpha));
  return node.create<SelectOp>(above, x, scalar(0));
}

//===----------------------------------------------------------------------===//
// Parts of tensors
//===----------------------------------------------------------------------===//

/// `size` indices of dimension `dim`, from `begin` on.
static Value slice(NodeContext &node, Value value, int64_t dim, int64_t begin,
                   int64_t size) {
  if (node.hasFailed() || getShape(value)[dim] == size)
    return value;
  SmallVector<int64_t> offsets(getRank(value)), sizes(getShape(value)),
      steps(getRank(value), 1);
  offsets[dim] = begin;
  sizes[dim] = size;
  return node.create<SliceOp>(value, offsets, sizes, steps);
}

/// Index `index` of dimension `dim`, which vanishes.
static Value pick(NodeContext &node, Value value, int64_t dim, int64_t index) {
  Value part = slice(node, value, dim, index, 1);
  if (node.hasFailed())
    return {};
  SmallVector<int64_t> shape(getShape(part));
  shape.erase(shape.begin() + dim);
  return node.createReshape(part, shape);
}

/// The tensors joined along a new dimension `dim`.
static Value join(NodeContext &node, ArrayRef<Value> values, int64_t dim) {
  if (node.hasFailed())
    return {};
  SmallVector<Value> parts;
  for (Value value : values) {
    SmallVector<int64_t> shape(getShape(value));
    shape.insert(shape.begin() + dim, 1);
    parts.push_back(node.createReshape(value, shape));
  }
  return parts.size() == 1 ? parts.front()
                           : node.create<ConcatOp>(ValueRange(parts), dim);
}

//===----------------------------------------------------------------------===//
// Recurrences
//===----------------------------------------------------------------------===//

namespace {

enum class Cell { RNN, GRU, LSTM };

/// The operands of one direction; what is absent is null.
struct Direction {
  bool reversed = false;
  ArrayRef<Activation> activations;
  /// [steps, batch, gates * hidden]: what the inputs and the biases give.
  Value projected;
  /// [hidden, gates * hidden], and [gates * hidden] for a GRU whose reset gate
  /// comes behind the product.
  Value recurrent, recurrentBias;
  /// [3 * hidden]: of the input, output and forget gate.
  Value peepholes;
  /// [batch, hidden]
  Value hidden, cell;
};

/// Converts one node.
class Recurrence {
public:
  Recurrence(NodeContext &node, Cell kind)
      : node(node), kind(kind), numGates(kind == Cell::RNN   ? 1
                                         : kind == Cell::GRU ? 3
                                                             : 4) {}

  LogicalResult convert();

private:
  /// Gives a value of the function around, or null, in the one being built.
  using Import = llvm::function_ref<Value(Value)>;
  /// The hidden state, and the cell's of an LSTM.
  struct State {
    Value hidden, cell;
  };

  LogicalResult readSizes();
  LogicalResult checkShape(unsigned input, ArrayRef<int64_t> shape,
                           StringRef what);
  void readLengths();
  Direction readDirection(int64_t index);
  Value readInitial(unsigned input, int64_t index);
  Value readBias(unsigned half, int64_t index);
  Value project(int64_t index, Value bias);

  State run(const Direction &direction, Value &outputs);
  State runLoop(const Direction &direction, Value &outputs);
  State runStep(const Direction &direction, Value x, Value mask, State state,
                Import import);
  State runRNN(const Direction &direction, Value x, State state, Import import);
  State runGRU(const Direction &direction, Value x, State state, Import import);
  State runLSTM(const Direction &direction, Value x, State state,
                Import import);
  Value activateClipped(const Activation &function, Value x);
  Value gate(Value gates, int64_t index, int64_t count = 1);
  Value multiply(Value lhs, Value rhs) { return node.create<MulOp>(lhs, rhs); }
  Value add(Value lhs, Value rhs) { return node.create<AddOp>(lhs, rhs); }
  Value oneMinus(Value value);

  bool wants(unsigned output) const {
    const onnx::NodeProto &proto = node.getNode();
    return static_cast<int>(output) < proto.output_size() &&
           !proto.output(output).empty();
  }

  NodeContext &node;
  Cell kind;
  int64_t numGates;
  int64_t steps = 0, batch = 0, numInputs = 0, hidden = 0, numDirections = 1;
  bool batchFirst = false, linearBeforeReset = false, coupled = false;
  std::optional<double> clip;
  Type element;
  SmallVector<Activation> activations;
  /// [steps, batch, inputs]
  Value input;
  /// [steps, batch, 1]: whether a sequence is that long; null if all are.
  Value mask;
};

} // namespace

LogicalResult Recurrence::checkShape(unsigned index, ArrayRef<int64_t> shape,
                                     StringRef what) {
  Value value = node.getInput(index);
  if (!value || getShape(value) == shape)
    return success();
  return node.error("the " + what + " (input " + Twine(index) +
                    ") must have shape " + formatShape(shape) + ", not " +
                    formatShape(getShape(value)));
}

LogicalResult Recurrence::readSizes() {
  input = node.getInput(0);
  element = getElement(input);
  Value recurrent = node.getInput(2);
  if (getRank(input) != 3 || getRank(recurrent) != 3 ||
      !isa<FloatType>(element))
    return node.error("the data and the recurrent weights must be floats with "
                      "three dimensions");
  numDirections = getShape(recurrent)[0];
  hidden = getShape(recurrent)[2];
  if (node.getInt("hidden_size", hidden) != hidden)
    return node.error("hidden_size is not that of the recurrent weights");
  batchFirst = node.getBool("layout", false);
  if (batchFirst)
    input = node.createTranspose(input, {1, 0, 2});
  if (node.hasFailed())
    return failure();
  ArrayRef<int64_t> shape = getShape(input);
  steps = shape[0];
  batch = shape[1];
  numInputs = shape[2];
  int64_t rows = numGates * hidden;
  SmallVector<int64_t> states = {numDirections, batch, hidden};
  if (batchFirst)
    std::swap(states[0], states[1]);
  if (failed(checkShape(1, {numDirections, rows, numInputs}, "weights")) ||
      failed(
          checkShape(2, {numDirections, rows, hidden}, "recurrent weights")) ||
      failed(checkShape(3, {numDirections, 2 * rows}, "biases")) ||
      failed(checkShape(4, {batch}, "lengths")) ||
      failed(checkShape(5, states, "first hidden state")) ||
      failed(checkShape(6, states, "first cell state")) ||
      failed(checkShape(7, {numDirections, 3 * hidden}, "peepholes")))
    return failure();
  for (Value value : node.getInputs())
    if (value && value != node.getInput(4) && getElement(value) != element)
      return node.error("the inputs differ in type");
  return success();
}

/// Masks the steps behind the end of each sequence.
void Recurrence::readLengths() {
  Value lengths = node.getInput(4);
  if (!lengths || node.hasFailed())
    return;
  if (std::optional<HostTensor> known = getConstant(lengths))
    if (llvm::all_of(llvm::seq<int64_t>(0, batch),
                     [&](int64_t i) { return known->getInt(i) >= steps; }))
      return;
  if (failed(node.checkTable(steps)))
    return;
  auto indices = llvm::to_vector(llvm::seq<int64_t>(0, steps));
  Value step = node.createConstant({steps, 1, 1}, indices);
  lengths = node.castTo(node.createReshape(lengths, {1, batch, 1}),
                        node.getBuilder().getI64Type());
  mask = node.create<CompareOp>(ComparePredicate::LT, step, lengths);
}

/// A state of direction `index` before the first step.
Value Recurrence::readInitial(unsigned input, int64_t index) {
  if (Value given = node.getInput(input))
    return pick(node, given, batchFirst ? 1 : 0, index);
  std::optional<ElementKind> kind = getElementKind(element);
  if (failed(node.checkTable(double(batch) * double(hidden))))
    return {};
  return node.createConstant(HostTensor(*kind, {batch, hidden}));
}

/// The biases of the inputs (half 0) or of the hidden state (1); null without.
Value Recurrence::readBias(unsigned half, int64_t index) {
  if (!node.getInput(3))
    return {};
  return slice(node, pick(node, node.getInput(3), 0, index), 0,
               half * numGates * hidden, numGates * hidden);
}

/// The products of all inputs with the weights of direction `index`.
Value Recurrence::project(int64_t index, Value bias) {
  Value weights = pick(node, node.getInput(1), 0, index);
  Value rows = node.createReshape(input, {steps * batch, numInputs});
  Value product =
      node.create<MatMulOp>(rows, node.createTranspose(weights, {1, 0}), bias);
  return node.createReshape(product, {steps, batch, numGates * hidden});
}

Direction Recurrence::readDirection(int64_t index) {
  Direction direction;
  size_t count = activations.size() / numDirections;
  direction.activations = ArrayRef(activations).slice(index * count, count);
  Value bias = readBias(0, index);
  if (linearBeforeReset)
    direction.recurrentBias = readBias(1, index);
  else if (bias)
    bias = add(bias, readBias(1, index));
  direction.projected = project(index, bias);
  direction.recurrent =
      node.createTranspose(pick(node, node.getInput(2), 0, index), {1, 0});
  if (Value peepholes = node.getInput(7))
    direction.peepholes = pick(node, peepholes, 0, index);
  direction.hidden = readInitial(5, index);
  if (kind == Cell::LSTM)
    direction.cell = readInitial(6, index);
  return direction;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

Value Recurrence::activateClipped(const Activation &function, Value x) {
  if (clip)
    x = node.create<ClampOp>(x, llvm::APFloat(-*clip), llvm::APFloat(*clip));
  return activate(node, function, x);
}

Value Recurrence::gate(Value gates, int64_t index, int64_t count) {
  if (node.hasFailed())
    return {};
  return slice(node, gates, getRank(gates) - 1, index * hidden, count * hidden);
}

Value Recurrence::oneMinus(Value value) {
  return node.create<SubOp>(node.createScalar(1, element), value);
}

// Ht = f(Xt*(Wi^T) + Ht-1*(Ri^T) + Wbi + Rbi)
Recurrence::State Recurrence::runRNN(const Direction &direction, Value x,
                                     State state, Import import) {
  Value product =
      node.create<MatMulOp>(state.hidden, import(direction.recurrent), Value());
  return {activateClipped(direction.activations[0], add(product, x)), {}};
}

// Gates z, r, h:
//   zt = f(…), rt = f(…)
//   ht = g(Xt*(Wh^T) + (rt (.) Ht-1)*(Rh^T) + Rbh + Wbh), or with
//   linear_before_reset g(Xt*(Wh^T) + rt (.) (Ht-1*(Rh^T) + Rbh) + Wbh)
//   Ht = (1 - zt) (.) ht + zt (.) Ht-1
Recurrence::State Recurrence::runGRU(const Direction &direction, Value x,
                                     State state, Import import) {
  Value h = state.hidden, weights = import(direction.recurrent);
  Value product, candidate;
  if (linearBeforeReset)
    product =
        node.create<MatMulOp>(h, weights, import(direction.recurrentBias));
  else
    product = node.create<MatMulOp>(h, gate(weights, 0, 2), Value());
  Value gates = activateClipped(direction.activations[0],
                                add(gate(product, 0, 2), gate(x, 0, 2)));
  Value update = gate(gates, 0), reset = gate(gates, 1);
  if (linearBeforeReset)
    candidate = multiply(reset, gate(product, 2));
  else
    candidate =
        node.create<MatMulOp>(multiply(reset, h), gate(weights, 2), Value());
  candidate =
      activateClipped(direction.activations[1], add(candidate, gate(x, 2)));
  return {add(multiply(oneMinus(update), candidate), multiply(update, h)), {}};
}

// Gates i, o, f, c, where P are the peepholes:
//   it = f(… + Pi (.) Ct-1), ft = f(… + Pf (.) Ct-1), or 1 - it if coupled
//   Ct = ft (.) Ct-1 + it (.) g(…)
//   ot = f(… + Po (.) Ct)
//   Ht = ot (.) h(Ct)
Recurrence::State Recurrence::runLSTM(const Direction &direction, Value x,
                                      State state, Import import) {
  ArrayRef<Activation> functions = direction.activations;
  Value gates = add(
      node.create<MatMulOp>(state.hidden, import(direction.recurrent), Value()),
      x);
  Value peepholes = import(direction.peepholes);
  auto look = [&](Value sum, int64_t index, Value cell) {
    return peepholes ? add(sum, multiply(gate(peepholes, index), cell)) : sum;
  };
  Value in = activateClipped(functions[0], look(gate(gates, 0), 0, state.cell));
  Value forget = coupled ? oneMinus(in)
                         : activateClipped(functions[0],
                                           look(gate(gates, 2), 2, state.cell));
  Value candidate = activateClipped(functions[1], gate(gates, 3));
  Value cell = add(multiply(forget, state.cell), multiply(in, candidate));
  Value out = activateClipped(functions[0], look(gate(gates, 1), 1, cell));
  return {multiply(out, activate(node, functions[2], cell)), cell};
}

/// One step on `x` [batch, gates * hidden]. Where `mask` [batch, 1] is false
/// the state stays.
Recurrence::State Recurrence::runStep(const Direction &direction, Value x,
                                      Value mask, State state, Import import) {
  State next = kind == Cell::RNN   ? runRNN(direction, x, state, import)
               : kind == Cell::GRU ? runGRU(direction, x, state, import)
                                   : runLSTM(direction, x, state, import);
  if (!mask)
    return next;
  next.hidden = node.create<SelectOp>(mask, next.hidden, state.hidden);
  if (next.cell)
    next.cell = node.create<SelectOp>(mask, next.cell, state.cell);
  return next;
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

Recurrence::State Recurrence::runLoop(const Direction &direction,
                                      Value &outputs) {
  Body body(node, (node.getNode().name().empty() ? "recurrence"
                                                 : node.getNode().name()) +
                      "_step");
  LoopParts parts;
  parts.bound = steps;
  parts.scanned = {direction.projected};
  parts.initial = {direction.hidden};
  if (direction.cell)
    parts.initial.push_back(direction.cell);
  if (mask)
    parts.scanned.push_back(mask);
  parts.reversedInputs.assign(parts.scanned.size(), direction.reversed);
  parts.reversedOutputs.assign(wants(0) ? 1 : 0, direction.reversed);

  SmallVector<Value> slices = body.addSlices(parts.scanned);
  SmallVector<Value> states = body.addCarried(parts.initial);
  State next = runStep(
      direction, slices[0], mask ? slices[1] : Value(),
      {states[0], direction.cell ? states[1] : Value()},
      [&](Value value) { return value ? body.import(value) : Value(); });
  SmallVector<Value> returned = {next.hidden};
  if (next.cell)
    returned.push_back(next.cell);
  if (wants(0))
    returned.push_back(
        mask ? node.create<SelectOp>(slices[1], next.hidden,
                                     node.createScalar(0, element))
             : next.hidden);
  if (node.hasFailed())
    return {};
  SmallVector<Value> results = finishLoop(node, body, parts, returned);
  if (wants(0))
    outputs = results.back();
  return {results[0], direction.cell ? results[1] : Value()};
}

/// Runs one direction; `outputs` [steps, batch, hidden] if they are wanted.
Recurrence::State Recurrence::run(const Direction &direction, Value &outputs) {
  if (node.hasFailed())
    return {};
  if (steps != 1)
    return runLoop(direction, outputs);
  Value step = mask ? pick(node, mask, 0, 0) : Value();
  State last = runStep(direction, pick(node, direction.projected, 0, 0), step,
                       {direction.hidden, direction.cell},
                       [](Value value) { return value; });
  Value output = last.hidden;
  if (mask)
    output = node.create<SelectOp>(step, output, node.createScalar(0, element));
  outputs = join(node, output, 0);
  return last;
}

LogicalResult Recurrence::convert() {
  if (failed(readSizes()))
    return failure();
  static constexpr StringRef defaults[] = {"Sigmoid", "Tanh", "Tanh"};
  ArrayRef<StringRef> functions = defaults;
  functions = kind == Cell::LSTM  ? functions
              : kind == Cell::GRU ? functions.take_front(2)
                                  : functions.take_back(1);
  int64_t reversed = node.getChoice<int64_t>(
      "direction", "forward",
      {{"forward", 0}, {"reverse", 1}, {"bidirectional", 2}});
  if (numDirections != (reversed == 2 ? 2 : 1))
    return node.error("the weights are for " + Twine(numDirections) +
                      " directions");
  activations = readActivations(node, functions, numDirections);
  if (node.hasAttribute("clip"))
    clip = node.getFloat("clip", 0);
  if (kind == Cell::GRU)
    linearBeforeReset = node.getBool("linear_before_reset", false);
  if (kind == Cell::LSTM)
    coupled = node.getBool("input_forget", false);
  readLengths();
  if (node.hasFailed())
    return failure();

  SmallVector<Value> outputs, hiddens, cells;
  for (int64_t i = 0; i < numDirections; ++i) {
    Direction direction = readDirection(i);
    direction.reversed = reversed == 1 || i == 1;
    Value output;
    State last = run(direction, output);
    if (node.hasFailed())
      return failure();
    if (wants(0))
      outputs.push_back(batchFirst ? node.createTranspose(output, {1, 0, 2})
                                   : output);
    hiddens.push_back(last.hidden);
    if (last.cell)
      cells.push_back(last.cell);
  }
  int64_t stateDim = batchFirst ? 1 : 0;
  SmallVector<Value> results = {
      wants(0) ? join(node, outputs, batchFirst ? 2 : 1) : Value(),
      join(node, hiddens, stateDim)};
  if (kind == Cell::LSTM)
    results.push_back(join(node, cells, stateDim));
  return node.setResults(results);
}

template <Cell kind> static LogicalResult convertCell(NodeContext &node) {
  return Recurrence(node, kind).convert();
}

void lathe::frontend::addRecurrences(OperatorRegistry &registry) {
  registry.add("RNN", {7}, {3, 6}, convertCell<Cell::RNN>);
  registry.add("GRU", {7}, {3, 6}, convertCell<Cell::GRU>);
  registry.add("LSTM", {7}, {3, 8}, convertCell<Cell::LSTM>);
}
