//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linear models of ai.onnx.ml.
//
//===----------------------------------------------------------------------===//

#include "../Converters.h"
#include "../OperatorRegistry.h"
#include "Scores.h"
#include "Trees.h"

#include "lathe/Support/HostTensorAttr.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// samples * coefficients + intercepts, with a row of coefficients for each of
/// the scores.
static Value createLinear(NodeContext &node, Value samples,
                          ArrayRef<double> coefficients,
                          ArrayRef<double> intercepts) {
  if (node.hasFailed())
    return {};
  Type element = getElement(samples);
  int64_t features = getShape(samples)[1];
  int64_t rows = static_cast<int64_t>(coefficients.size()) / features;
  if (rows == 0 || static_cast<int64_t>(coefficients.size()) != rows * features)
    return (void)node.error("the " + Twine(coefficients.size()) +
                            " coefficients do not divide into rows of " +
                            Twine(features) + " features"),
           Value();
  if (!intercepts.empty() && static_cast<int64_t>(intercepts.size()) != rows)
    return (void)node.error("there are " + Twine(intercepts.size()) +
                            " intercepts for " + Twine(rows) + " scores"),
           Value();
  Value row = createRow(node, coefficients, element);
  Value matrix =
      node.createTranspose(node.createReshape(row, {rows, features}), {1, 0});
  Value bias;
  if (!intercepts.empty())
    bias = node.createReshape(createRow(node, intercepts, element), rows);
  return node.create<MatMulOp>(samples, matrix, bias);
}

static LogicalResult convertLinearRegressor(NodeContext &node) {
  Value samples = getSamples(node);
  PostTransform transform = getPostTransform(node);
  node.getInt("targets", 1); // The coefficients tell it.
  Value scores = createLinear(node, samples, node.getFloats("coefficients"),
                              node.getFloats("intercepts"));
  return setRegression(node, transform, scores);
}

static LogicalResult convertLinearClassifier(NodeContext &node) {
  Value samples = getSamples(node);
  ClassLabels labels(node, "classlabels_ints", "classlabels_strings");
  PostTransform transform = getPostTransform(node);
  node.getInt("multi_class", 0); // The coefficients tell it.
  Value scores = createLinear(node, samples, node.getFloats("coefficients"),
                              node.getFloats("intercepts"));
  if (node.hasFailed())
    return failure();
  int64_t columns = getShape(scores)[1];
  bool isBinary = columns == 1 && labels.size() == 2;
  if (!isBinary && columns != labels.size())
    return node.error("there are " + Twine(columns) + " scores for " +
                      Twine(labels.size()) + " labels");
  Value label =
      isBinary ? labels.getByThreshold(node, scores, 0, labels[0], labels[1])
               : labels.getLargest(node, scores);
  if (isBinary)
    scores = createOppositeScores(node, scores);
  return setClassification(node, label, transform, scores);
}

void lathe::frontend::addLinearModels(OperatorRegistry &registry) {
  registry.addInDomain(mlDomain, "LinearRegressor", {1, newestMlOpset}, 1,
                       convertLinearRegressor);
  registry
      .addInDomain(mlDomain, "LinearClassifier", {1, newestMlOpset}, 1,
                   convertLinearClassifier)
      .lacks("labels that are strings: the scores can be returned");
}
