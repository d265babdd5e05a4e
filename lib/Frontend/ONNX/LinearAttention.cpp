//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LinearAttention, whose memory of the past is a matrix instead of all keys and
// values, and the short convolution that such models have in front of it.
//
//===----------------------------------------------------------------------===//

#include "Attention.h"
#include "Body.h"
#include "Converters.h"
#include "OperatorRegistry.h"

#include "lathe/Support/HostTensorAttr.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

//===----------------------------------------------------------------------===//
// CausalConvWithState
//===----------------------------------------------------------------------===//

/// Checks the shapes of data [N, C, L], weights [C, 1, K], a bias [C] and a
/// past [N, C, K - 1].
static LogicalResult checkCausalConv(NodeContext &node) {
  ArrayRef<int64_t> data = getShape(node.getInput(0)),
                    weight = getShape(node.getInput(1));
  if (data.size() != 3 || weight.size() != 3 || weight[0] != data[1] ||
      weight[1] != 1 || weight[2] < 1)
    return node.error("data of shape " + formatShape(data) +
                      " and weights of shape " + formatShape(weight) +
                      " do not go together; they must be NxCxL and Cx1xK");
  int64_t state[] = {data[0], data[1], weight[2] - 1};
  Value bias = node.getInput(2), past = node.getInput(3);
  if (bias && getShape(bias) != data.slice(1, 1))
    return node.error("the bias must have " + Twine(data[1]) + " elements");
  if (past && getShape(past) != ArrayRef(state))
    return node.error("the past state must have shape " + formatShape(state) +
                      ", not " + formatShape(getShape(past)));
  return success();
}

/// The last `size` elements of each channel of the past (null: zeros) followed
/// by `input`, where the past has `size` elements itself.
static Value createPresent(NodeContext &node, Value past, Value input,
                           int64_t size) {
  ArrayRef<int64_t> shape = getShape(input);
  int64_t length = shape[2];
  if (size == 0)
    return node.createConstant(HostTensor(*getElementKind(getElement(input)),
                                          {shape[0], shape[1], 0}));
  if (size <= length)
    return createPart(node, input, 2, length - size, size);
  if (past)
    return node.create<ConcatOp>(
        ValueRange{createPart(node, past, 2, length, size - length), input}, 2);
  int64_t low[] = {0, 0, size - length}, high[] = {0, 0, 0};
  return node.create<PadOp>(input, node.createScalar(0, getElement(input)), low,
                            high, PadMode::Constant);
}

static LogicalResult convertCausalConvWithState(NodeContext &node) {
  bool isActivated = node.getChoice<bool>(
      "activation", "none", {{"none", false}, {"silu", true}, {"swish", true}});
  if (node.hasFailed() || failed(checkCausalConv(node)))
    return failure();
  Value input = node.getInput(0), weight = node.getInput(1);
  int64_t channels = getShape(input)[1], before = getShape(weight)[2] - 1;
  Value past = before ? node.getInput(3) : Value();
  Value data = past ? node.create<ConcatOp>(ValueRange{past, input}, 2) : input;
  int64_t pads[] = {past ? 0 : before, 0}, one[] = {1};
  Value output = node.toChannelsFirst(node.create<ConvOp>(
      node.toChannelsLast(data), node.createTranspose(weight, {2, 1, 0}),
      node.getInput(2), one, one, pads, channels));
  if (isActivated)
    output = node.create<MulOp>(output, node.create<SigmoidOp>(output));
  return node.setResults({output, createPresent(node, past, input, before)});
}

//===----------------------------------------------------------------------===//
// LinearAttention
//===----------------------------------------------------------------------===//

namespace {

/// Converts one LinearAttention node. With a state S [N, heads, D, E], of key k
/// and value v of a step, decay g and rate b:
///   S' = exp(g) * S, or S
///   S = S' + k (x) v, or S' + b * k (x) (v - S'^T k)
///   output = scale * q^T S
/// (Yang et al., Gated Delta Networks, 2025, for the last and most general). It
/// is computed in float, whatever the type of the tensors, as ONNX asks.
class LinearAttention {
public:
  explicit LinearAttention(NodeContext &node) : node(node) {}

  LogicalResult convert();

private:
  struct Step {
    Value output, state;
  };

  LogicalResult readSizes();
  LogicalResult checkGates();
  Value bySteps(Value value, ArrayRef<int64_t> shape);
  void readScanned();
  Value readState();
  Step runStep(ArrayRef<Value> inputs, Value state);
  Step runLoop(Value state);

  NodeContext &node;
  bool isGated = false, isDelta = false;
  int64_t batch = 0, steps = 0;
  /// The heads of keys and values, and how many of the queries share one.
  int64_t heads = 0, shared = 0;
  int64_t keyWidth = 0, valueWidth = 0;
  /// Queries [steps, batch, heads, shared, D], keys [… heads, D, 1], values
  /// [… heads, 1, E], and decay and rate, which broadcast to these.
  SmallVector<Value> scanned;
};

} // namespace

LogicalResult LinearAttention::readSizes() {
  int64_t queryHeads = node.getInt("q_num_heads", 0);
  heads = node.getInt("kv_num_heads", 0);
  node.getInt("chunk_size", 64); // A hint for other ways to compute it.
  ArrayRef<int64_t> query = getShape(node.getInput(0)),
                    key = getShape(node.getInput(1)),
                    value = getShape(node.getInput(2));
  if (heads < 1 || queryHeads < 1 || queryHeads > INT32_MAX ||
      queryHeads % heads != 0)
    return node.error("attribute 'q_num_heads' must be a multiple of "
                      "'kv_num_heads'");
  if (query.size() != 3 || key.size() != 3 || value.size() != 3 ||
      key.take_front(2) != query.take_front(2) ||
      value.take_front(2) != query.take_front(2) ||
      query[2] % queryHeads != 0 || value[2] % heads != 0 ||
      key[2] != query[2] / queryHeads * heads)
    return node.error("queries of shape " + formatShape(query) + ", keys of " +
                      formatShape(key) + " and values of " +
                      formatShape(value) + " do not go together with " +
                      Twine(queryHeads) + " and " + Twine(heads) + " heads");
  shared = queryHeads / heads;
  batch = query[0];
  steps = query[1];
  keyWidth = key[2] / heads;
  valueWidth = value[2] / heads;
  return success();
}

/// Checks decay and rate, which the update rule asks for or rules out.
LogicalResult LinearAttention::checkGates() {
  auto check = [&](unsigned index, bool isNeeded, StringRef what,
                   int64_t otherWidth) -> LogicalResult {
    Value value = node.getInput(index);
    if (!value != !isNeeded)
      return node.error("this update_rule " +
                        Twine(isNeeded ? "needs" : "has no") + " input '" +
                        what + "'");
    if (!value)
      return success();
    ArrayRef<int64_t> shape = getShape(value);
    if (shape.size() != 3 || shape[0] != batch || shape[1] != steps ||
        (shape[2] != heads && shape[2] != otherWidth))
      return node.error("input '" + what + "' of shape " + formatShape(shape) +
                        " does not go with " + Twine(heads) + " heads");
    return success();
  };
  if (failed(check(4, isGated, "decay", heads * keyWidth)))
    return failure();
  return check(5, isDelta, "beta", 1);
}

/// `value` [batch, steps, …] in float as [steps, batch, shape…].
Value LinearAttention::bySteps(Value value, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> split = {batch, steps};
  llvm::append_range(split, shape);
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, split.size()));
  std::swap(permutation[0], permutation[1]);
  Value wide = node.castTo(value, node.getBuilder().getF32Type());
  return node.createTranspose(node.createReshape(wide, split), permutation);
}

void LinearAttention::readScanned() {
  double scale = node.getFloat("scale", 0);
  if (scale == 0)
    scale = 1 / std::sqrt(static_cast<double>(keyWidth));
  Value query = bySteps(node.getInput(0), {heads, shared, keyWidth});
  scanned = {
      node.create<MulOp>(
          query, node.createScalar(scale, node.getBuilder().getF32Type())),
      bySteps(node.getInput(1), {heads, keyWidth, 1}),
      bySteps(node.getInput(2), {heads, 1, valueWidth})};
  if (isGated) {
    int64_t width = getShape(node.getInput(4))[2] / heads;
    scanned.push_back(
        node.create<ExpOp>(bySteps(node.getInput(4), {heads, width, 1})));
  }
  if (isDelta) {
    int64_t rates = getShape(node.getInput(5))[2];
    scanned.push_back(bySteps(node.getInput(5), {rates, 1, 1}));
  }
}

/// The state before the first step; null after an error.
Value LinearAttention::readState() {
  int64_t shape[] = {batch, heads, keyWidth, valueWidth};
  Value past = node.getInput(3);
  if (!past)
    return node.createConstant(HostTensor(ElementKind::F32, shape));
  if (getShape(past) != ArrayRef(shape))
    return (void)node.error("the past state must have shape " +
                            formatShape(shape) + ", not " +
                            formatShape(getShape(past))),
           Value();
  return node.castTo(past, node.getBuilder().getF32Type());
}

/// One step on the slices of what is scanned.
LinearAttention::Step LinearAttention::runStep(ArrayRef<Value> inputs,
                                               Value state) {
  Value query = inputs[0], key = inputs[1], value = inputs[2];
  if (isGated)
    state = node.create<MulOp>(state, inputs[3]);
  if (isDelta) {
    Value row = node.createReshape(key, {batch, heads, 1, keyWidth});
    Value known = node.create<MatMulOp>(row, state, Value());
    value = node.create<MulOp>(inputs.back(), node.create<SubOp>(value, known));
  }
  state = node.create<AddOp>(state, node.create<MulOp>(key, value));
  return {node.create<MatMulOp>(query, state, Value()), state};
}

LinearAttention::Step LinearAttention::runLoop(Value state) {
  StringRef name = node.getNode().name();
  Body body(node, (name.empty() ? "linear_attention" : name.str()) + "_step");
  LoopParts parts;
  parts.bound = steps;
  parts.scanned = scanned;
  parts.initial = {state};
  SmallVector<Value> slices = body.addSlices(scanned);
  Step next = runStep(slices, body.addArgument(state.getType()));
  if (node.hasFailed())
    return {};
  SmallVector<Value> results =
      finishLoop(node, body, parts, {next.state, next.output});
  return {results[1], results[0]};
}

LogicalResult LinearAttention::convert() {
  std::pair<bool, bool> rule =
      node.getChoice<std::pair<bool, bool>>("update_rule", "gated_delta",
                                            {{"linear", {false, false}},
                                             {"gated", {true, false}},
                                             {"delta", {false, true}},
                                             {"gated_delta", {true, true}}});
  std::tie(isGated, isDelta) = rule;
  if (node.hasFailed() || failed(readSizes()) || failed(checkGates()))
    return failure();
  Value state = readState();
  readScanned();
  if (node.hasFailed())
    return failure();
  Step last;
  if (steps == 1) {
    auto slices = llvm::map_to_vector(scanned, [&](Value rows) {
      return node.createReshape(rows, getShape(rows).drop_front());
    });
    last = runStep(slices, state);
  } else {
    last = runLoop(state);
  }
  Type element = getElement(node.getInput(0));
  Type stateElement = getElement(node.getInput(node.getInput(3) ? 3 : 0));
  Value output = node.createReshape(
      last.output, {steps, batch, heads * shared * valueWidth});
  return node.setResults(
      {node.castTo(node.createTranspose(output, {1, 0, 2}), element),
       node.castTo(last.state, stateElement)});
}

static LogicalResult convertLinearAttention(NodeContext &node) {
  return LinearAttention(node).convert();
}

void lathe::frontend::addLinearAttention(OperatorRegistry &registry) {
  registry.add("CausalConvWithState", {27}, {2, 4}, convertCausalConvWithState);
  registry.add("LinearAttention", {27}, {3, 6}, convertLinearAttention);
}
