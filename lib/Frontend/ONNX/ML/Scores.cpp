//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scores.h"

#include "lathe/Support/HostTensorAttr.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

PostTransform frontend::getPostTransform(NodeContext &node) {
  return node.getChoice<PostTransform>(
      "post_transform", "NONE",
      {{"NONE", PostTransform::None},
       {"SOFTMAX", PostTransform::Softmax},
       {"LOGISTIC", PostTransform::Logistic},
       {"SOFTMAX_ZERO", PostTransform::SoftmaxZero},
       {"PROBIT", PostTransform::Probit}});
}

Value frontend::createRow(NodeContext &node, ArrayRef<double> numbers,
                          Type element) {
  std::optional<ElementKind> kind = getElementKind(element);
  if (node.hasFailed() || !kind)
    return {};
  HostTensor row(*kind, {1, static_cast<int64_t>(numbers.size())});
  for (auto [i, number] : llvm::enumerate(numbers))
    row.setDouble(static_cast<int64_t>(i), number);
  return node.createConstant(row);
}

Value frontend::createOppositeScores(NodeContext &node, Value scores) {
  return node.create<ConcatOp>(ValueRange{node.create<NegOp>(scores), scores},
                               1);
}

Value frontend::createComplementScores(NodeContext &node, Value scores) {
  if (node.hasFailed())
    return {};
  Value one = node.createScalar(1, getElement(scores));
  Value rest = node.create<SubOp>(one, scores);
  return node.create<ConcatOp>(ValueRange{rest, scores}, 1);
}

//===----------------------------------------------------------------------===//
// Transformations
//===----------------------------------------------------------------------===//

static Value createLogistic(NodeContext &node, Value scores) {
  Value one = node.createScalar(1, getElement(scores));
  Value power = node.create<ExpOp>(node.create<NegOp>(scores));
  return node.create<ReciprocalOp>(node.create<AddOp>(power, one));
}

/// Softmax in which scores of zero stay nearly zero: they count exp(-largest)
/// times their value.
static Value createSoftmaxZero(NodeContext &node, Value scores) {
  Type element = getElement(scores);
  Value largest = node.create<ReduceOp>(scores, ReduceKind::Max, 1,
                                        /*keep_dims=*/true);
  Value power = node.create<ExpOp>(node.create<SubOp>(scores, largest));
  Value small = node.create<MulOp>(
      scores, node.create<ExpOp>(node.create<NegOp>(largest)));
  Value isNonzero =
      node.create<CompareOp>(ComparePredicate::GT, node.create<AbsOp>(scores),
                             node.createScalar(1e-7, element));
  Value parts = node.create<SelectOp>(isNonzero, power, small);
  Value sum = node.create<ReduceOp>(parts, ReduceKind::Sum, 1,
                                    /*keep_dims=*/true);
  Value isEmpty = node.create<CompareOp>(ComparePredicate::EQ, sum,
                                         node.createScalar(0, element));
  return node.create<SelectOp>(isEmpty, node.createScalar(0.5, element),
                               node.create<DivOp>(parts, sum));
}

/// sqrt(2) erf^-1(2 s - 1), with the inverse approximated as ONNX Runtime does
/// (S. Winitzki, A handy approximation for the error function and its inverse,
/// 2008, equation 7 with a = 0.147).
static Value createProbit(NodeContext &node, Value scores) {
  Type element = getElement(scores);
  auto number = [&](double value) { return node.createScalar(value, element); };
  constexpr double a = 0.147;
  Value one = number(1);
  Value x = node.create<SubOp>(node.create<MulOp>(scores, number(2)), one);
  Value log =
      node.create<LogOp>(node.create<SubOp>(one, node.create<MulOp>(x, x)));
  Value half = node.create<AddOp>(node.create<MulOp>(log, number(0.5)),
                                  number(2 / (3.14159265358979323846 * a)));
  Value root = node.create<SqrtOp>(node.create<SubOp>(
      node.create<MulOp>(half, half), node.create<MulOp>(log, number(1 / a))));
  Value inverse =
      node.create<MulOp>(node.create<SignOp>(x),
                         node.create<SqrtOp>(node.create<SubOp>(root, half)));
  return node.create<MulOp>(inverse, number(std::sqrt(2.0)));
}

Value frontend::applyPostTransform(NodeContext &node, PostTransform transform,
                                   Value scores) {
  if (node.hasFailed())
    return {};
  switch (transform) {
  case PostTransform::None:
    return scores;
  case PostTransform::Softmax:
    return node.create<SoftmaxOp>(scores, 1, /*log=*/false);
  case PostTransform::Logistic:
    return createLogistic(node, scores);
  case PostTransform::SoftmaxZero:
    return createSoftmaxZero(node, scores);
  case PostTransform::Probit:
    return createProbit(node, scores);
  }
  llvm_unreachable("a transformation is one of the five above");
}

static Value createResult(NodeContext &node, PostTransform transform,
                          Value scores) {
  Value result = applyPostTransform(node, transform, scores);
  if (node.hasFailed())
    return {};
  return node.castTo(result, node.getBuilder().getF32Type());
}

LogicalResult frontend::setClassification(NodeContext &node, Value label,
                                          PostTransform transform,
                                          Value scores) {
  Value result = createResult(node, transform, scores);
  return node.hasFailed() ? failure() : node.setResults({label, result});
}

LogicalResult frontend::setRegression(NodeContext &node,
                                      PostTransform transform, Value scores) {
  Value result = createResult(node, transform, scores);
  return node.hasFailed() ? failure() : node.setResults(result);
}

//===----------------------------------------------------------------------===//
// Labels
//===----------------------------------------------------------------------===//

ClassLabels::ClassLabels(NodeContext &node, StringRef integers,
                         StringRef strings)
    : labels(node.getInts(integers)) {
  SmallVector<StringRef> names = node.getStrings(strings);
  numStrings = names.size();
  areStrings = !names.empty() && labels.empty();
  if (areStrings)
    node.refuseResult(0, "the labels are strings, which are not supported; use "
                         "the scores alone (--outputs), or train and export "
                         "the model with classes that are integers");
}

Value ClassLabels::getLargest(NodeContext &node, Value scores) const {
  if (areStrings || node.hasFailed())
    return {};
  Value index = node.create<ArgReduceOp>(scores, ReduceKind::Max, 1,
                                         /*keep_dims=*/false,
                                         /*select_last=*/false);
  bool isIndex = true;
  for (auto [i, label] : llvm::enumerate(labels))
    isIndex &= label == static_cast<int64_t>(i);
  if (isIndex)
    return index;
  Value table =
      node.createConstant(static_cast<int64_t>(labels.size()), labels);
  return node.create<GatherOp>(table, index, 0);
}

Value ClassLabels::getByThreshold(NodeContext &node, Value score,
                                  double threshold, int64_t first,
                                  int64_t second) const {
  if (areStrings || node.hasFailed())
    return {};
  Value isSecond =
      node.create<CompareOp>(ComparePredicate::GT, score,
                             node.createScalar(threshold, getElement(score)));
  Value label = node.create<SelectOp>(
      isSecond, node.createConstant(ArrayRef<int64_t>(), second),
      node.createConstant(ArrayRef<int64_t>(), first));
  return node.hasFailed() ? Value()
                          : node.createReshape(label, getShape(score)[0]);
}
