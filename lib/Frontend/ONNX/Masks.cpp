//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators that select elements by their position: one-hot encodings, unit
// and triangular matrices. They compare with the numbers of the positions, so
// that they fuse with what is around them.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// `first`, `first` + 1, … along dimension `dim` of a shape of `rank`
/// dimensions whose others have extent 1.
static Value createNumbers(NodeContext &node, int64_t first, int64_t count,
                           int64_t dim, int64_t rank, Type element) {
  if (failed(node.checkTable(count)))
    return {};
  SmallVector<int64_t> shape(rank, 1);
  shape[dim] = count;
  auto numbers = llvm::to_vector(llvm::seq<int64_t>(first, first + count));
  return node.castTo(node.createConstant(shape, numbers), element);
}

//===----------------------------------------------------------------------===//
// One-hot encodings
//===----------------------------------------------------------------------===//

/// Element `index` of a tensor of rank 1, as a scalar.
static Value createElement(NodeContext &node, Value values, int64_t index) {
  const int64_t one = 1;
  return node.createReshape(
      node.create<SliceOp>(values, ArrayRef<int64_t>(index),
                           ArrayRef<int64_t>(one), ArrayRef<int64_t>(one)),
      {});
}

/// The integer type that indices are compared in.
static Type getIndexType(NodeContext &node, Value indices, double depth) {
  Builder &builder = node.getBuilder();
  Type element = getElement(indices);
  bool isNarrow = element.isInteger() &&
                  element.getIntOrFloatBitWidth() <= 32 &&
                  !element.isUnsignedInteger(32) && depth < (1 << 30);
  return isNarrow ? builder.getI32Type() : builder.getI64Type();
}

static LogicalResult convertOneHot(NodeContext &node) {
  Value indices = node.getInput(0), values = node.getInput(2);
  std::optional<double> depth = node.getNumber(1, "depth");
  int64_t rank = getRank(indices) + 1;
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), rank);
  if (!depth || node.hasFailed())
    return failure();
  if (!(*depth >= 1 && *depth < INT32_MAX))
    return node.error("the depth (input 1) must be positive");
  if (getShape(values) != ArrayRef<int64_t>(2))
    return node.error("the values (input 2) must be two, for off and on");
  int64_t count = static_cast<int64_t>(*depth);
  Type type = getIndexType(node, indices, *depth);
  Value numbers = node.castTo(indices, type);
  Value isNegative = node.create<CompareOp>(ComparePredicate::LT, numbers,
                                            node.createScalar(0, type));
  Value fromEnd =
      node.create<AddOp>(numbers, node.createScalar(double(count), type));
  Value fromFront = node.create<SelectOp>(isNegative, fromEnd, numbers);
  SmallVector<int64_t> shape(getShape(indices));
  shape.insert(shape.begin() + axis, 1);
  Value isHot = node.create<CompareOp>(
      ComparePredicate::EQ, node.createReshape(fromFront, shape),
      createNumbers(node, 0, count, axis, rank, type));
  return node.setResults(node.create<SelectOp>(
      isHot, createElement(node, values, 1), createElement(node, values, 0)));
}

/// 1 where the first of the largest elements along the axis is, 0 elsewhere.
static Value createHardmax(NodeContext &node, Value input, int64_t axis) {
  Value largest = node.create<ArgReduceOp>(input, ReduceKind::Max, axis,
                                           /*keep_dims=*/true,
                                           /*select_last=*/false);
  if (!largest)
    return {};
  Value isLargest = node.create<CompareOp>(
      ComparePredicate::EQ, largest,
      createNumbers(node, 0, getShape(input)[axis], axis, getRank(input),
                    getElement(largest)));
  return node.castTo(isLargest, getElement(input));
}

static LogicalResult convertHardmax(NodeContext &node) {
  Value input = node.getInput(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), getRank(input));
  if (node.hasFailed())
    return failure();
  return node.setResults(createHardmax(node, input, axis));
}

/// Before version 13, the dimensions from the axis on were taken as one.
static LogicalResult convertHardmaxOfMatrix(NodeContext &node) {
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 1), shape.size());
  if (node.hasFailed())
    return failure();
  Value matrix = node.createReshape(
      input, {ShapedType::getNumElements(shape.take_front(axis)),
              ShapedType::getNumElements(shape.drop_front(axis))});
  return node.setResults(
      node.createReshape(createHardmax(node, matrix, 1), shape));
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

static LogicalResult convertEyeLike(NodeContext &node) {
  Value input = node.getInput(0);
  int64_t diagonal = node.getInt("k", 0);
  int64_t dataType = node.getInt("dtype", 0);
  Type element = getElement(input);
  if (dataType != 0)
    element = getElementTypeOfOnnx(node.getBuilder().getContext(),
                                   static_cast<int32_t>(dataType));
  if (!element)
    return node.error("element type " + Twine(dataType) +
                      " of attribute 'dtype' is not supported");
  if (getRank(input) != 2)
    return node.error("the input must be a matrix");
  // Diagonals outside the matrix are all alike.
  diagonal = std::clamp<int64_t>(diagonal, INT32_MIN, INT32_MAX);
  Type i64 = node.getBuilder().getI64Type();
  ArrayRef<int64_t> shape = getShape(input);
  Value isOne = node.create<CompareOp>(
      ComparePredicate::EQ, createNumbers(node, diagonal, shape[0], 0, 2, i64),
      createNumbers(node, 0, shape[1], 1, 2, i64));
  return node.setResults(node.castTo(isOne, element));
}

/// Sets what is below (for the lower triangle, above) diagonal `k` to zero.
static LogicalResult convertTrilu(NodeContext &node) {
  Value input = node.getInput(0), diagonal = node.getInput(1);
  bool upper = node.getBool("upper", true);
  int64_t rank = getRank(input);
  if (rank < 2)
    return node.error("the input must be a matrix or a batch of them");
  Type i64 = node.getBuilder().getI64Type();
  ArrayRef<int64_t> shape = getShape(input).take_back(2);
  Value rows = createNumbers(node, 0, shape[0], 0, 2, i64);
  Value columns = createNumbers(node, 0, shape[1], 1, 2, i64);
  if (diagonal) {
    if (getType(diagonal).getNumElements() != 1)
      return node.error("the diagonal (input 1) must be one number");
    rows = node.create<AddOp>(
        rows, node.createReshape(node.castTo(diagonal, i64), {}));
  }
  Value isKept = node.create<CompareOp>(
      upper ? ComparePredicate::GE : ComparePredicate::LE, columns, rows);
  Value zero = node.createScalar(0, getElement(input));
  return node.setResults(node.create<SelectOp>(isKept, input, zero));
}

void lathe::frontend::addMasks(OperatorRegistry &registry) {
  registry.add("OneHot", {9}, 3, convertOneHot).needs("the depth");
  registry.add("Hardmax", {1, 12}, 1, convertHardmaxOfMatrix);
  registry.add("Hardmax", {13}, 1, convertHardmax);
  registry.add("EyeLike", {9}, 1, convertEyeLike);
  registry.add("Trilu", {14}, {1, 2}, convertTrilu);
}
