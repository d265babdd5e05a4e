//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Matrix products.
//
//===----------------------------------------------------------------------===//

#include "MatMul.h"
#include "Activation.h"
#include "Converters.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

Value lathe::frontend::createMatMul(NodeContext &node, Value lhs, Value rhs) {
  if (node.hasFailed())
    return {};
  bool leftVector = getRank(lhs) == 1, rightVector = getRank(rhs) == 1;
  if (getRank(lhs) == 0 || getRank(rhs) == 0)
    return (void)node.error("a scalar cannot be multiplied as a matrix"),
           Value();
  if (leftVector)
    lhs = node.createReshape(lhs, {1, getShape(lhs)[0]});
  if (rightVector)
    rhs = node.createReshape(rhs, {getShape(rhs)[0], 1});
  Value product = node.create<MatMulOp>(lhs, rhs, Value());
  if (!product)
    return {};
  SmallVector<int64_t> shape(getShape(product));
  if (rightVector)
    shape.pop_back();
  if (leftVector)
    shape.erase(shape.end() - (rightVector ? 1 : 2));
  return node.createReshape(product, shape);
}

static LogicalResult convertMatMul(NodeContext &node) {
  return node.setResults(
      createMatMul(node, node.getInput(0), node.getInput(1)));
}

static Value scale(NodeContext &node, Value value, double factor) {
  if (factor == 1 || node.hasFailed())
    return value;
  return node.create<MulOp>(value,
                            node.createScalar(factor, getElement(value)));
}

/// Whether adding `addend` to [M, N] adds the same row of N to each row.
static bool isRow(Value addend, int64_t columns) {
  ArrayRef<int64_t> shape = getShape(addend);
  return !shape.empty() && shape.size() <= 2 && shape.back() == columns &&
         (shape.size() == 1 || shape.front() == 1);
}

/// alpha * lhs * rhs + beta * addend, each matrix transposed on request.
static Value createGemm(NodeContext &node) {
  Value lhs = node.getInput(0), rhs = node.getInput(1);
  Value addend = node.getInput(2);
  double alpha = node.getFloat("alpha", 1), beta = node.getFloat("beta", 1);
  if (node.getOpset() < 7)
    node.getBool("broadcast", false); // what fits is broadcast in any case
  if (getRank(lhs) != 2 || getRank(rhs) != 2)
    return (void)node.error("both factors must be matrices"), Value();
  if (node.getBool("transA", false))
    lhs = node.createTranspose(lhs, {1, 0});
  if (node.getBool("transB", false))
    rhs = node.createTranspose(rhs, {1, 0});
  if (node.hasFailed())
    return {};
  // The right factor holds the weights, where scaling happens once.
  rhs = scale(node, rhs, alpha);
  if (addend && beta != 0)
    addend = scale(node, addend, beta);
  else
    addend = {};
  if (node.hasFailed())
    return {};
  int64_t columns = getShape(rhs)[1];
  if (!addend || !isRow(addend, columns)) {
    Value product = node.create<MatMulOp>(lhs, rhs, Value());
    return addend ? node.create<AddOp>(product, addend) : product;
  }
  Value bias = node.createReshape(addend, {columns});
  return node.create<MatMulOp>(lhs, rhs, bias);
}

static LogicalResult convertGemm(NodeContext &node) {
  return node.setResults(createGemm(node));
}

//===----------------------------------------------------------------------===//
// Fused by ONNX Runtime's optimizer
//===----------------------------------------------------------------------===//

static LogicalResult convertFusedGemm(NodeContext &node) {
  Value result = createGemm(node);
  SmallVector<double> parameters;
  for (StringRef name : {"alpha", "beta", "gamma"}) {
    std::string attribute = ("activation_" + name).str();
    if (node.hasAttribute(attribute))
      parameters.push_back(node.getFloat(attribute, 0));
  }
  return node.setResults(createActivation(
      node, result, node.getString("activation", ""), parameters));
}

/// Swaps the last two dimensions on request. With `batch` the first dimension
/// stands between them: [M, batch…, K] becomes [batch…, M, K].
static Value transposeFactor(NodeContext &node, Value factor, bool last,
                             bool batch) {
  int64_t rank = getRank(factor);
  if ((!last && !batch) || rank < 2)
    return factor;
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (batch)
    std::rotate(permutation.begin(), permutation.begin() + 1,
                permutation.end() - 1);
  if (last)
    std::swap(permutation[rank - 2], permutation[rank - 1]);
  return node.createTranspose(factor, permutation);
}

/// alpha * lhs * rhs, each factor transposed on request.
static LogicalResult convertFusedMatMul(NodeContext &node) {
  double alpha = node.getFloat("alpha", 1);
  Value lhs =
      transposeFactor(node, node.getInput(0), node.getBool("transA", false),
                      node.getBool("transBatchA", false));
  Value rhs =
      transposeFactor(node, node.getInput(1), node.getBool("transB", false),
                      node.getBool("transBatchB", false));
  if (node.hasFailed())
    return failure();
  return node.setResults(createMatMul(node, lhs, scale(node, rhs, alpha)));
}

void lathe::frontend::addMatMul(OperatorRegistry &registry) {
  registry.add("MatMul", {1}, 2, convertMatMul);
  registry.add("Gemm", {1}, {2, 3}, convertGemm);
  registry.addInDomain("com.microsoft", "FusedGemm", {1}, {2, 3},
                       convertFusedGemm);
  registry.addInDomain("com.microsoft", "FusedMatMul", {1}, 2,
                       convertFusedMatMul);
}
