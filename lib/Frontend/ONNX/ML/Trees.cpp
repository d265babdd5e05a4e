//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Trees.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <map>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

SmallVector<double> frontend::getFloatsOrTensor(NodeContext &node,
                                                StringRef name) {
  SmallVector<double> values = node.getFloats(name);
  std::string asTensor = (name + "_as_tensor").str();
  if (!node.hasAttribute(asTensor))
    return values;
  if (std::optional<HostTensor> tensor = node.getTensor(asTensor))
    for (int64_t i = 0; i < tensor->getNumElements(); ++i)
      values.push_back(tensor->getDouble(i));
  return values;
}

Value frontend::getSamples(NodeContext &node) {
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  if (shape.empty() || shape.size() > 2 ||
      getType(input).getNumElements() == 0 || getElement(input).isInteger(1))
    return (void)node.error("the input must be a matrix of numbers with a row "
                            "for each sample"),
           Value();
  if (shape.size() == 1)
    input = node.createReshape(input, {1, shape[0]});
  if (node.hasFailed() || getElement(input).isF64())
    return input;
  return node.castTo(input, node.getBuilder().getF32Type());
}

//===----------------------------------------------------------------------===//
// One form for all branches
//===----------------------------------------------------------------------===//

/// The number below `value` among those of the type.
static double getNumberBelow(double value, Type element) {
  if (element.isF64())
    return std::nextafter(value, -HUGE_VAL);
  return std::nextafter(static_cast<float>(value), -HUGE_VALF);
}

Trees::Branch Trees::normalize(BranchMode mode, Branch branch, Type element) {
  // x < t is x <= u with the next number u below t.
  if (mode == BranchMode::Less || mode == BranchMode::GreaterEqual)
    branch.threshold = getNumberBelow(branch.threshold, element);
  branch.isEqual = mode == BranchMode::Equal || mode == BranchMode::NotEqual;
  bool isInverse = mode == BranchMode::GreaterEqual ||
                   mode == BranchMode::Greater || mode == BranchMode::NotEqual;
  if (!isInverse)
    return branch;
  std::swap(branch.whenTrue, branch.whenFalse);
  // NaN is different from all numbers in any case.
  branch.isTrueForNaN = !branch.isEqual && !branch.isTrueForNaN;
  return branch;
}

static std::optional<BranchMode> getMode(StringRef name) {
  for (auto [mode, text] : {std::pair(BranchMode::LessEqual, "BRANCH_LEQ"),
                            std::pair(BranchMode::Less, "BRANCH_LT"),
                            std::pair(BranchMode::GreaterEqual, "BRANCH_GTE"),
                            std::pair(BranchMode::Greater, "BRANCH_GT"),
                            std::pair(BranchMode::Equal, "BRANCH_EQ"),
                            std::pair(BranchMode::NotEqual, "BRANCH_NEQ")})
    if (name == text)
      return mode;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Versions 1 and 3
//===----------------------------------------------------------------------===//

namespace {

/// A node's tree and its number there.
using NodeId = std::pair<int64_t, int64_t>;

/// The attributes of nodes, one entry for each.
struct NodeTable {
  explicit NodeTable(NodeContext &node)
      : trees(node.getInts("nodes_treeids")),
        ids(node.getInts("nodes_nodeids")),
        features(node.getInts("nodes_featureids")),
        whenTrue(node.getInts("nodes_truenodeids")),
        whenFalse(node.getInts("nodes_falsenodeids")),
        tracksTrue(node.getInts("nodes_missing_value_tracks_true")),
        modes(node.getStrings("nodes_modes")),
        thresholds(getFloatsOrTensor(node, "nodes_values")) {
    getFloatsOrTensor(node, "nodes_hitrates"); // Statistics of the training.
  }

  bool isConsistent() const {
    size_t size = ids.size();
    return size > 0 && trees.size() == size && features.size() == size &&
           whenTrue.size() == size && whenFalse.size() == size &&
           modes.size() == size && thresholds.size() == size &&
           (tracksTrue.empty() || tracksTrue.size() == size);
  }

  SmallVector<int64_t> trees, ids, features, whenTrue, whenFalse, tracksTrue;
  SmallVector<StringRef> modes;
  SmallVector<double> thresholds;
};

/// Numbers the nodes: branches first, then leaves.
class NodeNumbers {
public:
  /// An error if a node stands twice.
  LogicalResult add(NodeContext &node, const NodeTable &table);

  std::optional<int64_t> find(int64_t tree, int64_t id) const {
    auto found = numbers.find({tree, id});
    return found == numbers.end() ? std::nullopt : std::optional(found->second);
  }

  int64_t numBranches = 0, numLeaves = 0;

private:
  // Any number may be one, those too that a DenseMap keeps for itself.
  std::map<NodeId, int64_t> numbers;
};

} // namespace

LogicalResult NodeNumbers::add(NodeContext &node, const NodeTable &table) {
  numBranches = llvm::count_if(table.modes,
                               [](StringRef mode) { return mode != "LEAF"; });
  int64_t branch = 0;
  for (auto [tree, id, mode] : llvm::zip(table.trees, table.ids, table.modes)) {
    int64_t number = mode == "LEAF" ? numBranches + numLeaves++ : branch++;
    if (!numbers.try_emplace({tree, id}, number).second)
      return node.error("node " + Twine(id) + " of tree " + Twine(tree) +
                        " stands twice");
  }
  return success();
}

/// Adds the branches, and the first node of each tree as its root.
static LogicalResult addNodes(NodeContext &node, const NodeTable &table,
                              const NodeNumbers &numbers, Type element,
                              Trees &trees) {
  trees.leaves.resize(numbers.numLeaves);
  std::optional<int64_t> lastTree;
  for (size_t i = 0; i < table.ids.size(); ++i) {
    int64_t tree = table.trees[i];
    if (tree != lastTree)
      trees.roots.push_back(*numbers.find(tree, table.ids[i]));
    lastTree = tree;
    if (table.modes[i] == "LEAF")
      continue;
    auto whenTrue = numbers.find(tree, table.whenTrue[i]);
    auto whenFalse = numbers.find(tree, table.whenFalse[i]);
    std::optional<BranchMode> mode = getMode(table.modes[i]);
    if (!whenTrue || !whenFalse || !mode)
      return node.error("node " + Twine(table.ids[i]) + " of tree " +
                        Twine(tree) +
                        " has a child or a mode that does not exist");
    Trees::Branch branch{table.features[i], table.thresholds[i], *whenTrue,
                         *whenFalse};
    branch.isTrueForNaN = !table.tracksTrue.empty() && table.tracksTrue[i] != 0;
    trees.branches.push_back(Trees::normalize(*mode, branch, element));
  }
  return success();
}

std::optional<Trees> Trees::get(NodeContext &node, StringRef prefix,
                                Type element) {
  NodeTable table(node);
  auto getInts = [&](StringRef suffix) {
    return node.getInts((prefix + suffix).str());
  };
  SmallVector<int64_t> ids = getInts("_ids"), nodes = getInts("_nodeids"),
                       treeIds = getInts("_treeids");
  SmallVector<double> weights =
      getFloatsOrTensor(node, (prefix + "_weights").str());
  if (node.hasFailed())
    return std::nullopt;
  if (!table.isConsistent() || ids.size() != nodes.size() ||
      ids.size() != treeIds.size() || ids.size() != weights.size())
    return (void)node.error("the attributes that describe nodes or weights "
                            "differ in length or are empty"),
           std::nullopt;
  NodeNumbers numbers;
  Trees trees;
  if (failed(numbers.add(node, table)) ||
      failed(addNodes(node, table, numbers, element, trees)))
    return std::nullopt;
  for (size_t i = 0; i < ids.size(); ++i) {
    auto leaf = numbers.find(treeIds[i], nodes[i]);
    if (!leaf)
      return (void)node.error("a weight belongs to node " + Twine(nodes[i]) +
                              " of tree " + Twine(treeIds[i]) +
                              ", which does not exist"),
             std::nullopt;
    // Weights of branches are statistics.
    if (*leaf >= numbers.numBranches)
      trees.leaves[*leaf - numbers.numBranches].push_back({ids[i], weights[i]});
  }
  // All leaves are tables of as many weights as one has.
  size_t width = 0;
  for (const Trees::Leaf &leaf : trees.leaves)
    width = std::max<size_t>(width, leaf.size());
  if (failed(node.checkTable(double(width) * double(trees.leaves.size()))))
    return std::nullopt;
  return trees;
}

//===----------------------------------------------------------------------===//
// Version 5
//===----------------------------------------------------------------------===//

namespace {

/// The attributes of TreeEnsemble.
struct EnsembleTable {
  explicit EnsembleTable(NodeContext &node);
  bool isConsistent() const;

  SmallVector<int64_t> features, whenTrue, whenFalse, trueLeafs, falseLeafs,
      tracksTrue, targets, roots;
  std::vector<double> modes, splits, weights, members;
};

} // namespace

static std::vector<double> readTensor(NodeContext &node, StringRef name) {
  std::vector<double> values;
  if (std::optional<HostTensor> tensor = node.getTensor(name))
    for (int64_t i = 0; i < tensor->getNumElements(); ++i)
      values.push_back(tensor->getDouble(i));
  return values;
}

EnsembleTable::EnsembleTable(NodeContext &node)
    : features(node.getInts("nodes_featureids")),
      whenTrue(node.getInts("nodes_truenodeids")),
      whenFalse(node.getInts("nodes_falsenodeids")),
      trueLeafs(node.getInts("nodes_trueleafs")),
      falseLeafs(node.getInts("nodes_falseleafs")),
      tracksTrue(node.getInts("nodes_missing_value_tracks_true")),
      targets(node.getInts("leaf_targetids")),
      roots(node.getInts("tree_roots")), modes(readTensor(node, "nodes_modes")),
      splits(readTensor(node, "nodes_splits")),
      weights(readTensor(node, "leaf_weights")) {
  if (node.hasAttribute("membership_values"))
    members = readTensor(node, "membership_values");
  if (node.hasAttribute("nodes_hitrates"))
    readTensor(node, "nodes_hitrates"); // Statistics of the training.
}

bool EnsembleTable::isConsistent() const {
  size_t size = features.size();
  return size > 0 && whenTrue.size() == size && whenFalse.size() == size &&
         trueLeafs.size() == size && falseLeafs.size() == size &&
         modes.size() == size && splits.size() == size &&
         (tracksTrue.empty() || tracksTrue.size() == size) &&
         targets.size() == weights.size() && !roots.empty();
}

/// A branch that asks whether a feature is one of `members` is a chain of
/// branches that ask for one each: the first is number `first`, those that
/// follow are appended.
static void addMembership(Trees &trees, int64_t first, Trees::Branch branch,
                          ArrayRef<double> members) {
  branch.isEqual = true;
  int64_t at = first, otherwise = branch.whenFalse;
  for (auto [i, member] : llvm::enumerate(members)) {
    bool isLast = i + 1 == members.size();
    int64_t next = static_cast<int64_t>(trees.branches.size());
    branch.threshold = member;
    branch.whenFalse = isLast ? otherwise : next;
    trees.branches[at] = branch;
    if (!isLast)
      trees.branches.emplace_back();
    at = next;
  }
}

/// The values up to the next NaN, which ends a set of members.
static SmallVector<double> takeMembers(ArrayRef<double> &members) {
  SmallVector<double> taken;
  while (!members.empty()) {
    double value = members.consume_front();
    if (std::isnan(value))
      break;
    taken.push_back(value);
  }
  return taken;
}

std::optional<Trees> Trees::getOfVersion5(NodeContext &node, Type element) {
  EnsembleTable table(node);
  if (node.hasFailed())
    return std::nullopt;
  int64_t size = table.features.size(), numLeaves = table.targets.size();
  auto isBound = [](ArrayRef<int64_t> values, int64_t bound) {
    return llvm::all_of(values, [&](int64_t v) { return v >= 0 && v < bound; });
  };
  int64_t most = std::max(size, numLeaves);
  if (!table.isConsistent() || !isBound(table.roots, size) ||
      !isBound(table.whenTrue, most) || !isBound(table.whenFalse, most))
    return (void)node.error("the attributes that describe nodes, leaves or "
                            "roots differ in length, are empty, or name what "
                            "does not exist"),
           std::nullopt;
  Trees trees;
  trees.branches.resize(size);
  for (auto [target, weight] : llvm::zip(table.targets, table.weights))
    trees.leaves.push_back({{target, weight}});
  // Leaves have negative numbers until it is known how many branches there are.
  auto getChild = [](int64_t id, int64_t isLeaf) {
    return isLeaf ? -1 - id : id;
  };
  ArrayRef<double> members = table.members;
  for (int64_t i = 0; i < size; ++i) {
    Branch branch{table.features[i], table.splits[i],
                  getChild(table.whenTrue[i], table.trueLeafs[i]),
                  getChild(table.whenFalse[i], table.falseLeafs[i])};
    branch.isTrueForNaN = !table.tracksTrue.empty() && table.tracksTrue[i] != 0;
    constexpr BranchMode modes[] = {
        BranchMode::LessEqual, BranchMode::Less,  BranchMode::GreaterEqual,
        BranchMode::Greater,   BranchMode::Equal, BranchMode::NotEqual};
    constexpr int64_t membership = 6;
    int64_t mode = static_cast<int64_t>(table.modes[i]);
    SmallVector<double> set;
    if (mode == membership)
      set = takeMembers(members);
    if (mode < 0 || mode > membership || (mode == membership && set.empty()))
      return (void)node.error("node " + Twine(i) +
                              " has a mode that does not exist, or a set "
                              "without members"),
             std::nullopt;
    if (mode == membership)
      addMembership(trees, i, branch, set);
    else
      trees.branches[i] = normalize(modes[mode], branch, element);
  }
  int64_t numBranches = trees.branches.size();
  for (Branch &branch : trees.branches)
    for (int64_t *child : {&branch.whenTrue, &branch.whenFalse})
      if (*child < 0)
        *child = numBranches - 1 - *child;
  for (int64_t root : table.roots)
    trees.roots.push_back(root);
  return trees;
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

LogicalResult Trees::verify(NodeContext &node, int64_t numFeatures) const {
  int64_t numBranches = branches.size();
  int64_t numNodes = numBranches + static_cast<int64_t>(leaves.size());
  for (const Branch &branch : branches)
    if (branch.feature < 0 || branch.feature >= numFeatures ||
        std::max(branch.whenTrue, branch.whenFalse) >= numNodes)
      return node.error("a branch asks for feature " + Twine(branch.feature) +
                        " of " + Twine(numFeatures) +
                        ", or has a child that does not exist");
  for (const Leaf &leaf : leaves)
    for (const Weight &weight : leaf)
      if (weight.target < 0 || weight.target >= numTargets)
        return node.error("a leaf has a weight for target " +
                          Twine(weight.target) + " of " + Twine(numTargets));
  // Every walk ends: depth first, no branch is met again below itself.
  enum State : uint8_t { New, Open, Done };
  std::vector<State> states(numBranches, New);
  for (int64_t root : roots) {
    SmallVector<int64_t> stack = {root};
    while (!stack.empty()) {
      int64_t at = stack.back();
      if (at >= numBranches || states[at] != New) {
        if (at < numBranches)
          states[at] = Done;
        stack.pop_back();
        continue;
      }
      states[at] = Open;
      for (int64_t child : {branches[at].whenTrue, branches[at].whenFalse}) {
        if (child < numBranches && states[child] == Open)
          return node.error("a tree's branch is below itself");
        stack.push_back(child);
      }
    }
  }
  return success();
}
