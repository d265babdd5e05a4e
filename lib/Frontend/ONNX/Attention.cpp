//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Attention and what stands around it in transformers. The operators have
// function bodies in ONNX, but those compute masks and shapes at run time.
//
//===----------------------------------------------------------------------===//

#include "Attention.h"
#include "Converters.h"
#include "LoopBuilder.h"
#include "OperatorRegistry.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

//===----------------------------------------------------------------------===//
// Heads
//===----------------------------------------------------------------------===//

/// [N, S, heads * D] as [N, heads, S, D].
static Value splitHeads(NodeContext &node, Value value, int64_t heads) {
  if (node.hasFailed() || getRank(value) == 4)
    return value;
  ArrayRef<int64_t> shape = getShape(value);
  if (shape.size() != 3 || heads < 1 || shape[2] % heads != 0)
    return (void)node.error("a tensor of shape " + formatShape(shape) +
                            " does not divide into " + Twine(heads) +
                            " heads; see q_num_heads and kv_num_heads"),
           Value();
  Value split =
      node.createReshape(value, {shape[0], shape[1], heads, shape[2] / heads});
  return node.createTranspose(split, {0, 2, 1, 3});
}

/// The inverse.
static Value joinHeads(NodeContext &node, Value value) {
  if (node.hasFailed())
    return {};
  ArrayRef<int64_t> shape = getShape(value);
  SmallVector<int64_t> joined = {shape[0], shape[2], shape[1] * shape[3]};
  return node.createReshape(node.createTranspose(value, {0, 2, 1, 3}), joined);
}

/// The keys or values of the past before those of now.
static Value appendToPast(NodeContext &node, Value past, Value now) {
  if (!past)
    return now;
  return node.create<ConcatOp>(ValueRange{past, now}, 2);
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

namespace {

/// Which keys a query attends: all that `allowed` (bool) has, and those that
/// `bias` (floats, to be added) does not make minus infinity. Null: all.
struct Mask {
  Value allowed, bias;
  /// Whether every query attends a key, whatever the inputs hold.
  bool hasEveryRow = true;
};

/// The keys that a query may attend by their distance.
struct Window {
  /// The first position that is too far to the left or right is one beyond;
  /// none: there is no bound.
  std::optional<int64_t> left, right;

  bool allows(int64_t query, int64_t key) const {
    return (!left || query - key <= *left) && (!right || key - query <= *right);
  }
};

/// Builds the mask of attention of `queries` to `keys`.
class MaskBuilder {
public:
  MaskBuilder(NodeContext &node, int64_t queries, int64_t keys, Type element)
      : node(node), queries(queries), keys(keys), element(element) {}

  /// Adds input 'attn_mask', which may cover only the first keys.
  void addMask(Value stated);
  /// Adds a window where the first query has the position `offset`.
  void addWindow(const Window &window, int64_t offset);
  /// Adds one where the last query has the position `lengths[n]` - 1 in each
  /// batch n, and bounds the keys by that.
  void addLengths(const Window &window, Value lengths);

  Mask mask;

private:
  void restrict(Value allowed);
  /// For each query and key `compute` of their positions, as [S, T].
  Value createTable(function_ref<int64_t(int64_t, int64_t)> compute);

  NodeContext &node;
  int64_t queries, keys;
  Type element;
};

} // namespace

void MaskBuilder::restrict(Value allowed) {
  mask.allowed =
      mask.allowed ? node.create<AndOp>(mask.allowed, allowed) : allowed;
}

Value MaskBuilder::createTable(
    function_ref<int64_t(int64_t, int64_t)> compute) {
  if (failed(node.checkTable(double(queries) * double(keys))))
    return {};
  SmallVector<int64_t> table;
  for (int64_t query = 0; query < queries; ++query)
    for (int64_t key = 0; key < keys; ++key)
      table.push_back(compute(query, key));
  return node.createConstant({queries, keys}, table);
}

void MaskBuilder::addMask(Value stated) {
  if (!stated || node.hasFailed())
    return;
  ArrayRef<int64_t> shape = getShape(stated);
  if (shape.empty() || shape.size() > 4 || shape.back() > keys)
    return (void)node.error("a mask of shape " + formatShape(shape) +
                            " does not fit " + Twine(keys) + " keys");
  bool isBool = getElement(stated).isInteger(1);
  if (shape.back() < keys && shape.back() != 1) {
    SmallVector<int64_t> low(shape.size(), 0), high = low;
    high.back() = keys - shape.back();
    double outside = isBool ? 0 : -std::numeric_limits<double>::infinity();
    stated = node.create<PadOp>(stated,
                                node.createScalar(outside, getElement(stated)),
                                low, high, PadMode::Constant);
  }
  mask.hasEveryRow = false;
  if (isBool)
    restrict(stated);
  else
    mask.bias = node.castTo(stated, element);
}

void MaskBuilder::addWindow(const Window &window, int64_t offset) {
  if ((!window.left && !window.right) || node.hasFailed() ||
      failed(node.checkTable(double(queries) * double(keys))))
    return;
  HostTensor table(ElementKind::Bool, {queries, keys});
  bool isNeeded = false;
  for (int64_t query = 0; query < queries; ++query) {
    bool isEmpty = true;
    for (int64_t key = 0; key < keys; ++key) {
      bool isAllowed = window.allows(query + offset, key);
      table.setInt(query * keys + key, isAllowed);
      isEmpty &= !isAllowed;
      isNeeded |= !isAllowed;
    }
    mask.hasEveryRow &= !isEmpty;
  }
  if (isNeeded)
    restrict(node.createConstant(table));
}

void MaskBuilder::addLengths(const Window &window, Value lengths) {
  if (node.hasFailed())
    return;
  if (getRank(lengths) != 1 || !getElement(lengths).isInteger(64))
    return (void)node.error("nonpad_kv_seqlen must be a vector of int64");
  mask.hasEveryRow = false;
  Value length = node.createReshape(lengths, {getShape(lengths)[0], 1, 1, 1});
  auto compare = [&](ComparePredicate predicate,
                     function_ref<int64_t(int64_t, int64_t)> bound) {
    restrict(node.create<CompareOp>(predicate, length, createTable(bound)));
  };
  compare(ComparePredicate::GT, [](int64_t, int64_t key) { return key; });
  // Query i has the position i + length - queries.
  if (window.left)
    compare(ComparePredicate::LE, [&](int64_t query, int64_t key) {
      return key + *window.left + queries - query;
    });
  if (window.right)
    compare(ComparePredicate::GE, [&](int64_t query, int64_t key) {
      return key - *window.right + queries - query;
    });
}

/// `scores` plus the mask's bias, and minus infinity where it does not allow.
static Value applyMask(NodeContext &node, const Mask &mask, Value scores) {
  if (mask.bias)
    scores = node.create<AddOp>(scores, mask.bias);
  if (!mask.allowed || node.hasFailed())
    return scores;
  Value none = node.createScalar(-std::numeric_limits<double>::infinity(),
                                 getElement(scores));
  return node.create<SelectOp>(mask.allowed, scores, none);
}

/// Zero in the rows of `probabilities` whose mask allows no key: their softmax
/// is not a number.
static Value clearEmptyRows(NodeContext &node, const Mask &mask,
                            Value probabilities) {
  if (mask.hasEveryRow || node.hasFailed())
    return probabilities;
  Type element = getElement(probabilities);
  Value bias = mask.bias;
  Value zero = node.createScalar(0, element);
  Value none =
      node.createScalar(-std::numeric_limits<double>::infinity(), element);
  if (bias)
    bias = node.castTo(bias, element);
  if (mask.allowed)
    bias = node.create<SelectOp>(mask.allowed, bias ? bias : zero, none);
  if (node.hasFailed())
    return {};
  int64_t last = getRank(bias) - 1;
  Value largest =
      node.create<ReduceOp>(bias, ReduceKind::Max, last, /*keep_dims=*/true);
  Value isAttending =
      node.create<CompareOp>(ComparePredicate::GT, largest, none);
  return node.create<SelectOp>(isAttending, probabilities, zero);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

namespace {
struct AttentionNode {
  /// [N, heads, S, D]
  Value query, key, value;
  double softcap = 0;
  int64_t precision = 0, outputMode = 0;
  /// The position of the first query.
  int64_t offset = 0;
};
} // namespace

Value lathe::frontend::multiplyHeads(NodeContext &node, Value lhs, Value rhs) {
  if (node.hasFailed())
    return {};
  SmallVector<int64_t> left(getShape(lhs)), right(getShape(rhs));
  if (left[1] == right[1])
    return node.create<MatMulOp>(lhs, rhs, Value());
  Value grouped = node.createReshape(
      lhs, {left[0], right[1], left[1] / right[1], left[2], left[3]});
  Value shared =
      node.createReshape(rhs, {right[0], right[1], 1, right[2], right[3]});
  Value product = node.create<MatMulOp>(grouped, shared, Value());
  return node.createReshape(product, {left[0], left[1], left[2], right[3]});
}

/// The window of the attributes; causal attention does not look to the right.
static Window getWindow(NodeContext &node) {
  bool isCausal = node.getBool("is_causal", false);
  int64_t left = node.getInt("left_window_size", -1);
  int64_t right = node.getInt("right_window_size", -1);
  if (std::min(left, right) < -1 || std::max(left, right) > INT32_MAX)
    (void)node.error("a window's size must be -1 or not negative");
  Window window;
  if (left >= 0)
    window.left = left;
  if (right >= 0)
    window.right = right;
  if (isCausal)
    window.right = 0;
  return window;
}

LogicalResult lathe::frontend::checkHeads(NodeContext &node, Value queries,
                                          Value keys, Value values) {
  if (node.hasFailed())
    return failure();
  ArrayRef<int64_t> query = getShape(queries), key = getShape(keys),
                    value = getShape(values);
  if (query.size() != 4 || key.size() != 4 || value.size() != 4)
    return node.error("queries, keys and values must all have 3 or 4 "
                      "dimensions");
  if (query[0] != key[0] || query[3] != key[3] ||
      key.take_front(3) != value.take_front(3) || key[1] == 0 ||
      query[1] % key[1] != 0)
    return node.error("queries of shape " + formatShape(query) + ", keys of " +
                      formatShape(key) + " and values of " +
                      formatShape(value) + " do not go together");
  if (!isa<FloatType>(getElement(queries)))
    return node.error("the elements must be floats");
  return success();
}

/// Softmax in the stated precision.
static Value createProbabilities(NodeContext &node, Value scores,
                                 const Mask &mask, int64_t precision) {
  if (node.hasFailed())
    return {};
  Type element = getElement(scores), precise = element;
  if (precision != 0)
    precise = getElementTypeOfOnnx(node.getBuilder().getContext(), precision);
  if (!isa_and_nonnull<FloatType>(precise))
    return (void)node.error("attribute 'softmax_precision' is not a float "
                            "type"),
           Value();
  Value softmax = node.create<SoftmaxOp>(node.castTo(scores, precise), 3,
                                         /*log=*/false);
  return clearEmptyRows(node, mask, node.castTo(softmax, element));
}

/// The inputs by heads, those of the past included, and the attributes.
static AttentionNode readAttention(NodeContext &node) {
  int64_t queryHeads = node.getInt("q_num_heads", 0);
  int64_t keyHeads = node.getInt("kv_num_heads", 0);
  Value pastKey = node.getInput(4), pastValue = node.getInput(5);
  AttentionNode attention;
  if (!pastKey != !pastValue || (pastKey && node.getInput(6)))
    (void)node.error("past keys and values must be given together, and not "
                     "with nonpad_kv_seqlen");
  if (pastKey && getRank(pastKey) == 4)
    attention.offset = getShape(pastKey)[2];
  attention.query = splitHeads(node, node.getInput(0), queryHeads);
  attention.key =
      appendToPast(node, pastKey, splitHeads(node, node.getInput(1), keyHeads));
  attention.value = appendToPast(node, pastValue,
                                 splitHeads(node, node.getInput(2), keyHeads));
  attention.softcap = node.getFloat("softcap", 0);
  attention.precision = node.getInt("softmax_precision", 0);
  attention.outputMode = node.getInt("qk_matmul_output_mode", 0);
  if (attention.outputMode < 0 || attention.outputMode > 3)
    (void)node.error("attribute 'qk_matmul_output_mode' must be from 0 to 3");
  return attention;
}

/// The mask that input 'attn_mask' and the window of the attributes make.
static Mask createMask(NodeContext &node, const AttentionNode &attention) {
  Window window = getWindow(node);
  MaskBuilder builder(node, getShape(attention.query)[2],
                      getShape(attention.key)[2], getElement(attention.query));
  builder.addMask(node.getInput(3));
  if (Value lengths = node.getInput(6))
    builder.addLengths(window, lengths);
  else
    builder.addWindow(window, attention.offset);
  return builder.mask;
}

/// cap * tanh(scores / cap), if there is a cap.
static Value capScores(NodeContext &node, Value scores, double cap) {
  if (!(cap > 0) || node.hasFailed())
    return scores;
  Value bound = node.createScalar(cap, getElement(scores));
  Value part = node.create<TanhOp>(node.create<DivOp>(scores, bound));
  return node.create<MulOp>(part, bound);
}

/// Scaled dot-product attention (Vaswani et al., Attention is all you need,
/// 2017, equation 1), with what ONNX adds to it. Results: the output, all keys
/// and values, and the scores of the stage that 'qk_matmul_output_mode'
/// selects.
static LogicalResult convertAttention(NodeContext &node) {
  AttentionNode attention = readAttention(node);
  if (failed(checkHeads(node, attention.query, attention.key, attention.value)))
    return failure();
  Type element = getElement(attention.query);
  double width = static_cast<double>(getShape(attention.query)[3]);
  double scale = node.getFloat("scale", 1 / std::sqrt(width));
  Mask mask = createMask(node, attention);
  Value scaled =
      node.create<MulOp>(attention.query, node.createScalar(scale, element));
  Value raw = multiplyHeads(node, scaled,
                            node.createTranspose(attention.key, {0, 1, 3, 2}));
  Value capped = capScores(node, raw, attention.softcap);
  if (node.hasFailed())
    return failure();
  Value masked = applyMask(node, mask, capped);
  Value probabilities =
      createProbabilities(node, masked, mask, attention.precision);
  Value output = multiplyHeads(node, probabilities, attention.value);
  if (getRank(node.getInput(0)) == 3)
    output = joinHeads(node, output);
  Value stages[] = {raw, capped, masked, probabilities};
  return node.setResults(
      {output, attention.key, attention.value, stages[attention.outputMode]});
}

//===----------------------------------------------------------------------===//
// RotaryEmbedding
//===----------------------------------------------------------------------===//

Value lathe::frontend::createPart(NodeContext &node, Value value, int64_t dim,
                                  int64_t begin, int64_t size) {
  if (node.hasFailed())
    return {};
  SmallVector<int64_t> sizes(getShape(value)), offsets(sizes.size(), 0);
  SmallVector<int64_t> steps(sizes.size(), 1);
  offsets[dim] = begin;
  sizes[dim] = size;
  return node.create<SliceOp>(value, offsets, sizes, steps);
}

/// Cosines or sines, [N, S, D / 2], shaped to go with the input's heads.
static Value getRotations(NodeContext &node, unsigned input, bool headsFirst,
                          int64_t half) {
  Value cache = node.getInput(input), positions = node.getInput(3);
  if (positions)
    cache = node.create<GatherOp>(cache, positions, 0);
  if (node.hasFailed())
    return {};
  ArrayRef<int64_t> shape = getShape(cache);
  if (shape.size() != 3 || shape[2] != half)
    return (void)node.error("the cosines and sines must have " + Twine(half) +
                            " columns for each position"),
           Value();
  return node.createReshape(
      cache, headsFirst ? ArrayRef<int64_t>{shape[0], 1, shape[1], half}
                        : ArrayRef<int64_t>{shape[0], shape[1], 1, half});
}

/// Rotates pairs of elements by an angle that depends on the position (Su et
/// al., RoFormer, 2021, section 3.2).
static LogicalResult convertRotaryEmbedding(NodeContext &node) {
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  bool isInterleaved = node.getBool("interleaved", false);
  int64_t heads = node.getInt("num_heads", 0);
  int64_t rotated = node.getInt("rotary_embedding_dim", 0);
  bool headsFirst = shape.size() == 4;
  if (shape.size() != 3 && !headsFirst)
    return node.error("the input must have 3 or 4 dimensions");
  Value split = input;
  if (!headsFirst) {
    if (heads < 1 || shape[2] % heads != 0)
      return node.error("attribute 'num_heads' must divide the " +
                        Twine(shape[2]) + " channels");
    split = node.createReshape(input,
                               {shape[0], shape[1], heads, shape[2] / heads});
  }
  if (node.hasFailed())
    return failure();
  SmallVector<int64_t> whole(getShape(split));
  if (rotated == 0)
    rotated = whole[3];
  if (rotated < 0 || rotated > whole[3] || rotated % 2 != 0)
    return node.error("attribute 'rotary_embedding_dim' must be even and at "
                      "most " +
                      Twine(whole[3]));
  int64_t half = rotated / 2;
  Value cosines = getRotations(node, 1, headsFirst, half);
  Value sines = getRotations(node, 2, headsFirst, half);
  Value first, second, turned = createPart(node, split, 3, 0, rotated);
  SmallVector<int64_t> turnedShape = {whole[0], whole[1], whole[2], rotated};
  SmallVector<int64_t> part = {whole[0], whole[1], whole[2], half};
  if (isInterleaved) {
    Value pairs =
        node.createReshape(turned, {whole[0], whole[1], whole[2], half, 2});
    first = node.createReshape(createPart(node, pairs, 4, 0, 1), part);
    second = node.createReshape(createPart(node, pairs, 4, 1, 1), part);
  } else {
    first = createPart(node, turned, 3, 0, half);
    second = createPart(node, turned, 3, half, half);
  }
  Value real = node.create<SubOp>(node.create<MulOp>(cosines, first),
                                  node.create<MulOp>(sines, second));
  Value imaginary = node.create<AddOp>(node.create<MulOp>(sines, first),
                                       node.create<MulOp>(cosines, second));
  if (isInterleaved) {
    part.push_back(1);
    real = node.createReshape(real, part);
    imaginary = node.createReshape(imaginary, part);
  }
  Value joined =
      node.create<ConcatOp>(ValueRange{real, imaginary}, isInterleaved ? 4 : 3);
  Value result = node.createReshape(joined, turnedShape);
  if (rotated < whole[3])
    result = node.create<ConcatOp>(
        ValueRange{result,
                   createPart(node, split, 3, rotated, whole[3] - rotated)},
        3);
  return node.setResults(node.createReshape(result, shape));
}

//===----------------------------------------------------------------------===//
// TensorScatter
//===----------------------------------------------------------------------===//

/// Writes the update into a cache from a position of each batch on.
static LogicalResult convertTensorScatter(NodeContext &node) {
  Value cache = node.getInput(0), update = node.getInput(1);
  Value begins = node.getInput(2);
  bool isCircular = node.getChoice<bool>(
      "mode", "linear", {{"linear", false}, {"circular", true}});
  ArrayRef<int64_t> shape = getShape(cache), part = getShape(update);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -2), shape.size());
  if (node.hasFailed())
    return failure();
  bool fits = axis > 0 && shape.size() == part.size() &&
              getElement(cache) == getElement(update);
  for (size_t i = 0; fits && i < shape.size(); ++i)
    fits = static_cast<int64_t>(i) == axis ? part[i] <= shape[i]
                                           : part[i] == shape[i];
  if (!fits)
    return node.error("an update of shape " + formatShape(part) +
                      " does not fit a cache of shape " + formatShape(shape) +
                      " along axis " + Twine(axis));
  if (begins && (getShape(begins) != shape.take_front(1) ||
                 !getElement(begins).isInteger(64)))
    return node.error("write_indices must be one int64 for each of the batch");
  SmallVector<Value> inputs = {cache, update};
  if (begins)
    inputs.push_back(begins);
  LoopBuilder loops(node, "TensorScatter", inputs, getType(cache));
  Memory from = loops.getInput(0), to = loops.getOutput(0);
  loops.forShape(shape,
                 [&](ArrayRef<Scalar> at) { to.store(at, from.load(at)); });
  loops.forShape(part, [&](ArrayRef<Scalar> at) {
    SmallVector<Scalar> place(at);
    if (begins) {
      Scalar begin =
          loops.toIndexWithin(loops.getInput(2).load({at[0]}), shape[axis]);
      double extent = static_cast<double>(shape[axis]);
      Scalar shifted = at[axis] + begin;
      place[axis] = isCircular
                        ? shifted % extent
                        : loops.min(shifted, loops.getIndex(shape[axis] - 1));
    }
    to.store(place, loops.getInput(1).load(at));
  });
  return node.setResults(loops.finish());
}

void lathe::frontend::addAttention(OperatorRegistry &registry) {
  registry.add("Attention", {23}, {3, 7}, convertAttention);
  registry.add("RotaryEmbedding", {23}, {3, 4}, convertRotaryEmbedding);
  registry.add("TensorScatter", {24}, {2, 3}, convertTensorScatter);
}
