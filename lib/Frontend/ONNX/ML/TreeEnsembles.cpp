//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The operators of ai.onnx.ml that are tree ensembles.
//
//===----------------------------------------------------------------------===//

#include "../Converters.h"
#include "../OperatorRegistry.h"
#include "Scores.h"
#include "Trees.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

static Aggregation getAggregation(NodeContext &node) {
  return node.getChoice<Aggregation>("aggregate_function", "SUM",
                                     {{"SUM", Aggregation::Sum},
                                      {"AVERAGE", Aggregation::Average},
                                      {"MIN", Aggregation::Min},
                                      {"MAX", Aggregation::Max}});
}

/// Adds the base values, one for all columns or one for each.
static Value addBase(NodeContext &node, Value scores, ArrayRef<double> base) {
  if (base.empty() || node.hasFailed())
    return scores;
  int64_t columns = getShape(scores)[1];
  if (base.size() != 1 && static_cast<int64_t>(base.size()) != columns)
    return (void)node.error("there are " + Twine(base.size()) +
                            " base values for " + Twine(columns) + " scores"),
           Value();
  return node.create<AddOp>(scores, createRow(node, base, getElement(scores)));
}

/// The class that all weights are for, if they are for one class of two.
static std::optional<int64_t> getOnlyClass(const Trees &trees,
                                           int64_t numLabels) {
  std::optional<int64_t> only;
  for (const Trees::Leaf &leaf : trees.leaves)
    for (const Trees::Weight &weight : leaf) {
      if (only && *only != weight.target)
        return std::nullopt;
      only = weight.target;
    }
  bool isOneOfTwo = numLabels == 2 && only && *only >= 0 && *only < 2;
  return isOneOfTwo ? only : std::nullopt;
}

static bool hasNegativeWeight(const Trees &trees) {
  return llvm::any_of(trees.leaves, [](const Trees::Leaf &leaf) {
    return llvm::any_of(leaf, [](const auto &w) { return w.value < 0; });
  });
}

/// A single score, that of the second class. If it is a sum of weights that are
/// not negative, it is its probability; else its sign decides. What stands for
/// the first class follows ONNX Runtime: nothing where the weights name the
/// second one.
static LogicalResult convertBinary(NodeContext &node, Trees &trees,
                                   int64_t onlyClass, Value samples,
                                   const ClassLabels &labels,
                                   PostTransform transform,
                                   ArrayRef<double> base) {
  for (Trees::Leaf &leaf : trees.leaves)
    for (Trees::Weight &weight : leaf)
      weight.target = 0;
  trees.numTargets = 1;
  Type element = getElement(samples);
  Value score =
      addBase(node, trees.evaluate(node, samples, element), base.take_back(1));
  bool isSigned = hasNegativeWeight(trees);
  Value label = labels.getByThreshold(node, score, isSigned ? 0 : 0.5,
                                      labels[0], labels[1]);
  if (node.hasFailed())
    return failure();
  Value scores;
  if (onlyClass == 1 && base.size() < 2) {
    SmallVector<double> zeros(getShape(score)[0], 0);
    Value none =
        node.createReshape(createRow(node, zeros, element), getShape(score));
    scores = node.create<ConcatOp>(ValueRange{none, score}, 1);
  } else if (isSigned || transform == PostTransform::Logistic) {
    scores = createOppositeScores(node, score);
  } else {
    scores = createComplementScores(node, score);
    transform = PostTransform::None;
  }
  return setClassification(node, label, transform, scores);
}

static LogicalResult convertClassifier(NodeContext &node) {
  Value samples = getSamples(node);
  ClassLabels labels(node, "classlabels_int64s", "classlabels_strings");
  PostTransform transform = getPostTransform(node);
  SmallVector<double> base = getFloatsOrTensor(node, "base_values");
  if (node.hasFailed())
    return failure();
  Type element = getElement(samples);
  std::optional<Trees> trees = Trees::get(node, "class", element);
  if (!trees)
    return failure();
  if (labels.size() < 2)
    return node.error("a classifier needs labels for at least two classes");
  trees->numTargets = labels.size();
  if (auto onlyClass = getOnlyClass(*trees, labels.size()))
    return convertBinary(node, *trees, *onlyClass, samples, labels, transform,
                         base);
  Value scores = addBase(node, trees->evaluate(node, samples, element), base);
  Value label = labels.getLargest(node, scores);
  return setClassification(node, label, transform, scores);
}

static LogicalResult convertRegressor(NodeContext &node) {
  Value samples = getSamples(node);
  PostTransform transform = getPostTransform(node);
  SmallVector<double> base = getFloatsOrTensor(node, "base_values");
  int64_t numTargets = node.getInt("n_targets", 1);
  Aggregation aggregation = getAggregation(node);
  if (node.hasFailed())
    return failure();
  if (numTargets < 1 || numTargets > INT32_MAX)
    return node.error("attribute 'n_targets' must be positive");
  Type element = getElement(samples);
  std::optional<Trees> trees = Trees::get(node, "target", element);
  if (!trees)
    return failure();
  trees->numTargets = numTargets;
  trees->aggregation = aggregation;
  Value scores = addBase(node, trees->evaluate(node, samples, element), base);
  return setRegression(node, transform, scores);
}

static LogicalResult convertTreeEnsemble(NodeContext &node) {
  Value samples = getSamples(node);
  constexpr Aggregation aggregations[] = {Aggregation::Average,
                                          Aggregation::Sum, Aggregation::Min,
                                          Aggregation::Max};
  constexpr PostTransform transforms[] = {
      PostTransform::None, PostTransform::Softmax, PostTransform::Logistic,
      PostTransform::SoftmaxZero, PostTransform::Probit};
  int64_t aggregation = node.getInt("aggregate_function", 1);
  int64_t transform = node.getInt("post_transform", 0);
  int64_t numTargets = node.getInt("n_targets", 1);
  if (aggregation < 0 || aggregation > 3 || transform < 0 || transform > 4 ||
      numTargets < 1 || numTargets > INT32_MAX)
    return node.error("attribute 'aggregate_function', 'post_transform' or "
                      "'n_targets' has a value that does not exist");
  if (node.hasFailed())
    return failure();
  Type element = getElement(samples);
  std::optional<Trees> trees = Trees::getOfVersion5(node, element);
  if (!trees)
    return failure();
  trees->numTargets = numTargets;
  trees->aggregation = aggregations[aggregation];
  Value scores = trees->evaluate(node, samples, element);
  Value result = applyPostTransform(node, transforms[transform], scores);
  if (node.hasFailed())
    return failure();
  return node.setResults(node.castTo(result, getElement(node.getInput(0))));
}

void lathe::frontend::addTreeEnsembles(OperatorRegistry &registry) {
  registry
      .addInDomain(mlDomain, "TreeEnsembleClassifier", {1, newestMlOpset}, 1,
                   convertClassifier)
      .lacks("labels that are strings: the scores can be returned");
  registry.addInDomain(mlDomain, "TreeEnsembleRegressor", {1, newestMlOpset}, 1,
                       convertRegressor);
  registry.addInDomain(mlDomain, "TreeEnsemble", {5, newestMlOpset}, 1,
                       convertTreeEnsemble);
}
