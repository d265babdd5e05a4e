//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All trees in one loop: a walk through tables of as few bytes as their numbers
// need.
//
//===----------------------------------------------------------------------===//

#include "../LoopBuilder.h"
#include "Trees.h"

#include "lathe/Support/HostTensorAttr.h"

#include <limits>
#include <map>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {

/// The constants that the walk reads.
class TreeTables {
public:
  TreeTables(NodeContext &node, const Trees &trees, Type element)
      : node(node), trees(trees), element(element) {}

  void build();

  Value features, thresholds, whenTrue, whenFalse, flags, roots, targets,
      weights;
  /// How many weights each leaf has, at least one.
  int64_t width = 1;

private:
  /// Rows of weights, of which equal leaves share one. Returns each leaf's row.
  std::vector<int64_t> buildWeights();
  Value createNumbers(ArrayRef<int64_t> numbers,
                      std::optional<SmallVector<int64_t>> shape = {});
  Value createFloats(ArrayRef<double> numbers, ArrayRef<int64_t> shape);

  NodeContext &node;
  const Trees &trees;
  Type element;
};

/// Bits of a branch's flags.
enum BranchFlag : int64_t { AsksEqual = 1, IsTrueForNaN = 2 };

} // namespace

/// What leaves a target's weight as it is.
static double getNeutral(Aggregation aggregation) {
  switch (aggregation) {
  case Aggregation::Sum:
  case Aggregation::Average:
    return 0;
  case Aggregation::Min:
    return std::numeric_limits<double>::infinity();
  case Aggregation::Max:
    return -std::numeric_limits<double>::infinity();
  }
  llvm_unreachable("an aggregation is one of the four above");
}

Value TreeTables::createNumbers(ArrayRef<int64_t> numbers,
                                std::optional<SmallVector<int64_t>> shape) {
  int64_t most = numbers.empty() ? 0 : *llvm::max_element(numbers);
  ElementKind kind = most <= UINT8_MAX    ? ElementKind::UI8
                     : most <= UINT16_MAX ? ElementKind::UI16
                                          : ElementKind::I32;
  HostTensor tensor(
      kind, shape ? *shape
                  : SmallVector<int64_t>{static_cast<int64_t>(numbers.size())});
  for (auto [i, number] : llvm::enumerate(numbers))
    tensor.setInt(static_cast<int64_t>(i), number);
  return node.createConstant(tensor);
}

Value TreeTables::createFloats(ArrayRef<double> numbers,
                               ArrayRef<int64_t> shape) {
  HostTensor tensor(element.isF64() ? ElementKind::F64 : ElementKind::F32,
                    shape);
  for (auto [i, number] : llvm::enumerate(numbers))
    tensor.setDouble(static_cast<int64_t>(i), number);
  return node.createConstant(tensor);
}

std::vector<int64_t> TreeTables::buildWeights() {
  for (const Trees::Leaf &leaf : trees.leaves)
    width = std::max<int64_t>(width, leaf.size());
  using Row = std::vector<std::pair<int64_t, double>>;
  std::map<Row, int64_t> rows;
  std::vector<int64_t> rowOfLeaf, rowTargets;
  std::vector<double> rowWeights;
  for (const Trees::Leaf &leaf : trees.leaves) {
    Row row;
    for (const Trees::Weight &weight : leaf)
      row.emplace_back(weight.target, weight.value);
    row.resize(width, {0, getNeutral(trees.aggregation)});
    auto [found, isNew] = rows.try_emplace(row, rows.size());
    rowOfLeaf.push_back(found->second);
    if (!isNew)
      continue;
    for (auto [target, weight] : row) {
      rowTargets.push_back(target);
      rowWeights.push_back(weight);
    }
  }
  SmallVector<int64_t> shape = {static_cast<int64_t>(rows.size()), width};
  targets = createNumbers(rowTargets, shape);
  weights = createFloats(rowWeights, shape);
  return rowOfLeaf;
}

void TreeTables::build() {
  std::vector<int64_t> rowOfLeaf = buildWeights();
  int64_t numBranches = trees.branches.size();
  // Numbers from numBranches on are rows of weights.
  auto getNumber = [&](int64_t id) {
    return id < numBranches ? id : numBranches + rowOfLeaf[id - numBranches];
  };
  std::vector<int64_t> asked, yes, no, bits;
  std::vector<double> bounds;
  for (const Trees::Branch &branch : trees.branches) {
    asked.push_back(branch.feature);
    bounds.push_back(branch.threshold);
    yes.push_back(getNumber(branch.whenTrue));
    no.push_back(getNumber(branch.whenFalse));
    bits.push_back((branch.isEqual ? AsksEqual : 0) |
                   (branch.isTrueForNaN ? IsTrueForNaN : 0));
  }
  // Trees that are only leaves still need tables that are not empty.
  if (numBranches == 0) {
    asked = yes = no = bits = {0};
    bounds = {0};
  }
  features = createNumbers(asked);
  thresholds = createFloats(bounds, {static_cast<int64_t>(bounds.size())});
  whenTrue = createNumbers(yes);
  whenFalse = createNumbers(no);
  if (llvm::any_of(bits, [](int64_t flag) { return flag != 0; }))
    flags = createNumbers(bits);
  roots = createNumbers(llvm::map_to_vector(
      trees.roots, [&](int64_t id) { return getNumber(id); }));
}

namespace {

/// Builds the walk.
class TreeWalk {
public:
  TreeWalk(NodeContext &node, const Trees &trees, const TreeTables &tables,
           Value samples, Type element)
      : trees(trees), hasFlags(static_cast<bool>(tables.flags)),
        width(tables.width),
        loops(node, "Trees", getInputs(tables, samples),
              RankedTensorType::get({getShape(samples)[0], trees.numTargets},
                                    element)) {}

  Value build();

private:
  enum Input {
    Samples,
    Features,
    Thresholds,
    Yes,
    No,
    Roots,
    Targets,
    Weights,
    Flags
  };

  static SmallVector<Value> getInputs(const TreeTables &tables, Value samples) {
    SmallVector<Value> inputs = {
        samples,          tables.features, tables.thresholds, tables.whenTrue,
        tables.whenFalse, tables.roots,    tables.targets,    tables.weights};
    if (tables.flags)
      inputs.push_back(tables.flags);
    return inputs;
  }

  Scalar read(Input table, ArrayRef<Scalar> at) {
    return loops.getInput(table).load(at);
  }
  Scalar readIndex(Input table, ArrayRef<Scalar> at) {
    return loops.toIndex(read(table, at));
  }
  /// Whether `sample` takes the way of a yes at `branch`.
  Scalar getAnswer(Scalar sample, Scalar branch);
  /// The row of weights that `sample` ends at.
  Scalar findLeaf(Scalar sample, Scalar root);
  void addWeights(Scalar sample, Scalar row);

  const Trees &trees;
  bool hasFlags;
  int64_t width;
  LoopBuilder loops;
};

} // namespace

Scalar TreeWalk::getAnswer(Scalar sample, Scalar branch) {
  Scalar value = read(Samples, {sample, readIndex(Features, {branch})});
  Scalar threshold = read(Thresholds, {branch});
  Scalar answer = value <= threshold;
  if (!hasFlags)
    return answer;
  Scalar flags = readIndex(Flags, {branch});
  Scalar asksEqual = (flags % 2) != 0;
  Scalar isTrueForNaN = flags >= static_cast<double>(IsTrueForNaN);
  return loops.select(asksEqual, value == threshold, answer) |
         (isTrueForNaN & (value != value));
}

Scalar TreeWalk::findLeaf(Scalar sample, Scalar root) {
  double numBranches = static_cast<double>(trees.branches.size());
  using Scalars = LoopBuilder::Scalars;
  Scalars leaf = loops.repeatWhile(
      root, [&](ArrayRef<Scalar> at) { return at[0] < numBranches; },
      [&](ArrayRef<Scalar> at) -> Scalars {
        return {loops.select(getAnswer(sample, at[0]), readIndex(Yes, at[0]),
                             readIndex(No, at[0]))};
      });
  return leaf[0] - numBranches;
}

void TreeWalk::addWeights(Scalar sample, Scalar row) {
  Memory scores = loops.getOutput(0);
  loops.forEach(width, [&](Scalar i) {
    SmallVector<Scalar> place = {sample, readIndex(Targets, {row, i})};
    Scalar weight = read(Weights, {row, i}), score = scores.load(place);
    switch (trees.aggregation) {
    case Aggregation::Sum:
    case Aggregation::Average:
      return scores.store(place, score + weight);
    case Aggregation::Min:
      return scores.store(place, loops.min(score, weight));
    case Aggregation::Max:
      return scores.store(place, loops.max(score, weight));
    }
  });
}

Value TreeWalk::build() {
  Memory scores = loops.getOutput(0);
  Scalar neutral =
      loops.getConstant(scores.getComputeType(), getNeutral(trees.aggregation));
  loops.forEach(scores.getExtent(0), [&](Scalar sample) {
    loops.forEach(scores.getExtent(1),
                  [&](Scalar i) { scores.store({sample, i}, neutral); });
    loops.forEach(trees.roots.size(), [&](Scalar tree) {
      addWeights(sample, findLeaf(sample, readIndex(Roots, {tree})));
    });
  });
  return loops.finish().front();
}

Value Trees::evaluate(NodeContext &node, Value samples, Type element) const {
  if (node.hasFailed() || failed(verify(node, getShape(samples)[1])))
    return {};
  TreeTables tables(node, *this, element);
  tables.build();
  if (node.hasFailed())
    return {};
  Value scores = TreeWalk(node, *this, tables, samples, element).build();
  if (aggregation != Aggregation::Average)
    return scores;
  double count = static_cast<double>(roots.size());
  return node.create<DivOp>(scores, node.createScalar(count, element));
}
