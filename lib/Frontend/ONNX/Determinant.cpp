//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Determinants.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "LoopBuilder.h"
#include "OperatorRegistry.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// Exchanges two rows of a matrix.
static void swapRows(LoopBuilder &loops, Memory matrix, Scalar a, Scalar b) {
  loops.forEach(matrix.getExtent(1), [&](Scalar column) {
    Scalar first = matrix.load({a, column}), second = matrix.load({b, column});
    matrix.store({a, column}, second);
    matrix.store({b, column}, first);
  });
}

/// The row from `column` down whose element of that column is largest.
static Scalar findPivot(LoopBuilder &loops, Memory matrix, Scalar column) {
  auto size = [&](Scalar row) {
    return loops.apply<math::AbsFOp>(matrix.load({row, column}));
  };
  return loops.fold(column + 1, loops.getIndex(matrix.getExtent(0)), column,
                    [&](Scalar row, Scalar best) {
                      return loops.select(size(row) > size(best), row, best);
                    });
}

/// Subtracts multiples of row `column` from those below, so that they have
/// zeros in that column.
static void eliminate(LoopBuilder &loops, Memory matrix, Scalar column) {
  Scalar extent = loops.getIndex(matrix.getExtent(0));
  Scalar pivot = matrix.load({column, column});
  Scalar zero = loops.getLike(pivot, 0);
  loops.forEach(column + 1, extent, [&](Scalar row) {
    // Without a pivot, the column is zero already.
    Scalar factor =
        loops.select(pivot == zero, zero, matrix.load({row, column}) / pivot);
    loops.forEach(column, extent, [&](Scalar i) {
      matrix.store({row, i},
                   matrix.load({row, i}) - factor * matrix.load({column, i}));
    });
  });
}

/// The product of the pivots of Gaussian elimination with partial pivoting;
/// each exchange of two rows changes its sign.
static LogicalResult convertDet(NodeContext &node) {
  Value input = node.getInput(0);
  ArrayRef<int64_t> shape = getShape(input);
  if (shape.size() < 2 || shape.back() != shape[shape.size() - 2])
    return node.error("the input must be a square matrix or a batch of them");
  if (!isa<FloatType>(getElement(input)))
    return node.error("the input must hold floats");
  int64_t extent = shape.back();
  bool isDouble = getElement(input).isF64();
  Type type = isDouble ? Type(node.getBuilder().getF64Type())
                       : Type(node.getBuilder().getF32Type());
  ArrayRef<int64_t> batch = shape.drop_back(2);
  LoopBuilder loops(node, "Det", {input},
                    RankedTensorType::get(batch, getElement(input)),
                    Scratch{{extent, extent}, type});
  Memory from = loops.getInput(0), to = loops.getOutput(0);
  Memory matrix = loops.getScratch(0);
  loops.forShape(batch, [&](ArrayRef<Scalar> position) {
    loops.forShape({extent, extent}, [&](ArrayRef<Scalar> place) {
      SmallVector<Scalar> source(position);
      llvm::append_range(source, place);
      matrix.store(place, from.load(source));
    });
    Scalar det = loops.fold(
        loops.getIndex(0), loops.getIndex(extent), loops.getConstant(type, 1),
        [&](Scalar column, Scalar product) {
          Scalar pivot = findPivot(loops, matrix, column);
          swapRows(loops, matrix, column, pivot);
          eliminate(loops, matrix, column);
          Scalar sign = loops.select(pivot == column, loops.getLike(product, 1),
                                     loops.getLike(product, -1));
          return product * sign * matrix.load({column, column});
        });
    to.store(position, det);
  });
  return node.setResults(loops.finish());
}

void lathe::frontend::addDeterminant(OperatorRegistry &registry) {
  registry.add("Det", {11}, 1, convertDet);
}
