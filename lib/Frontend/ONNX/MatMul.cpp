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

#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// A vector is a matrix of one row on the left and of one column on the right;
/// that dimension is dropped from the product.
static LogicalResult convertMatMul(NodeContext &node) {
  Value lhs = node.getInput(0), rhs = node.getInput(1);
  bool leftVector = getRank(lhs) == 1, rightVector = getRank(rhs) == 1;
  if (getRank(lhs) == 0 || getRank(rhs) == 0)
    return node.error("a scalar cannot be multiplied as a matrix");
  if (leftVector)
    lhs = node.createReshape(lhs, {1, getShape(lhs)[0]});
  if (rightVector)
    rhs = node.createReshape(rhs, {getShape(rhs)[0], 1});
  Value product = node.create<MatMulOp>(lhs, rhs, Value());
  if (!product)
    return failure();
  SmallVector<int64_t> shape(getShape(product));
  if (rightVector)
    shape.pop_back();
  if (leftVector)
    shape.erase(shape.end() - (rightVector ? 1 : 2));
  return node.setResults(node.createReshape(product, shape));
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
static LogicalResult convertGemm(NodeContext &node) {
  Value lhs = node.getInput(0), rhs = node.getInput(1);
  Value addend = node.getInput(2);
  double alpha = node.getFloat("alpha", 1), beta = node.getFloat("beta", 1);
  if (node.getOpset() < 7)
    node.getBool("broadcast", false); // what fits is broadcast in any case
  if (getRank(lhs) != 2 || getRank(rhs) != 2)
    return node.error("both factors must be matrices");
  if (node.getBool("transA", false))
    lhs = node.createTranspose(lhs, {1, 0});
  if (node.getBool("transB", false))
    rhs = node.createTranspose(rhs, {1, 0});
  if (node.hasFailed())
    return failure();
  // The right factor holds the weights, where scaling happens once.
  rhs = scale(node, rhs, alpha);
  if (addend && beta != 0)
    addend = scale(node, addend, beta);
  else
    addend = {};
  if (node.hasFailed())
    return failure();
  int64_t columns = getShape(rhs)[1];
  if (!addend || !isRow(addend, columns)) {
    Value product = node.create<MatMulOp>(lhs, rhs, Value());
    return node.setResults(addend ? node.create<AddOp>(product, addend)
                                  : product);
  }
  Value bias = node.createReshape(addend, {columns});
  return node.setResults(node.create<MatMulOp>(lhs, rhs, bias));
}

void lathe::frontend::addMatMul(OperatorRegistry &registry) {
  registry.add("MatMul", {1}, 2, convertMatMul);
  registry.add("Gemm", {1}, {2, 3}, convertGemm);
}
