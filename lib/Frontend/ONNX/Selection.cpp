//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators that select elements by their values, so that the extent of the
// result is only known at run time.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "OperatorRegistry.h"
#include "Sorting.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// Fills rows `begin` and up of a result, which is seen as having `shape`, with
/// zeros: what is not selected is there, but empty.
static void clearRest(LoopBuilder &loops, Memory memory, unsigned axis,
                      Scalar begin) {
  Scalar zero =
      loops.getConstant(memory.getComputeType(), 0, memory.isUnsignedInteger());
  loops.forRows(memory.getShape(), axis, [&](auto at) {
    loops.forEach(begin, loops.getIndex(memory.getExtent(axis)),
                  [&](Scalar i) { memory.store(at(i), zero); });
  });
}

/// The type tensor<extent x i64>.
static RankedTensorType getIntegers(NodeContext &node, int64_t extent) {
  return RankedTensorType::get(extent, node.getBuilder().getI64Type());
}

//===----------------------------------------------------------------------===//
// NonZero
//===----------------------------------------------------------------------===//

/// The places of the elements of a constant that are not zero.
static Value findNonZero(NodeContext &node, const HostTensor &tensor,
                         ArrayRef<int64_t> strides) {
  SmallVector<int64_t> found;
  for (int64_t i = 0; i < tensor.getNumElements(); ++i)
    if (tensor.getDouble(i) != 0)
      found.push_back(i);
  SmallVector<int64_t> places;
  for (auto [dim, stride] : llvm::enumerate(strides)) {
    int64_t extent = tensor.getRank() == 0 ? 1 : tensor.getShape()[dim];
    for (int64_t i : found)
      places.push_back(i / stride % extent);
  }
  return node.createConstant({int64_t(strides.size()), int64_t(found.size())},
                             places);
}

static LogicalResult convertNonZero(NodeContext &node) {
  Value input = node.getInput(0);
  SmallVector<int64_t> shape(getShape(input));
  if (shape.empty())
    shape.push_back(1);
  int64_t rank = shape.size(), elements = ShapedType::getNumElements(shape);
  SmallVector<int64_t> strides(rank, 1);
  for (int64_t dim = rank - 1; dim > 0; --dim)
    strides[dim - 1] = strides[dim] * std::max<int64_t>(shape[dim], 1);
  if (std::optional<HostTensor> known = getConstant(input))
    return node.setResults(findNonZero(node, *known, strides));

  Type i64 = node.getBuilder().getI64Type();
  LoopBuilder loops(
      node, "NonZero", {node.createReshape(input, elements)},
      {RankedTensorType::get({rank, elements}, i64), getIntegers(node, 1)});
  Memory from = loops.getInput(0), to = loops.getOutput(0);
  Scalar count = loops.fold(loops.getIndex(0), loops.getIndex(elements),
                            loops.getIndex(0), [&](Scalar i, Scalar count) {
                              Scalar element = from.load(i);
                              Scalar isFound =
                                  element != loops.getLike(element, 0);
                              loops.when(isFound, [&] {
                                for (int64_t dim = 0; dim < rank; ++dim)
                                  to.store({loops.getIndex(dim), count},
                                           i / loops.getIndex(strides[dim]) %
                                               loops.getIndex(shape[dim]));
                              });
                              return loops.select(isFound, count + 1, count);
                            });
  clearRest(loops, to, 1, count);
  loops.getOutput(1).store(loops.getIndex(0), count);
  SmallVector<Value> results = loops.finish();
  ExtentList extents(node);
  extents.add(rank);
  extents.addOpen(results[1], 0);
  return node.setResults(results[0], extents.create());
}

//===----------------------------------------------------------------------===//
// Compress
//===----------------------------------------------------------------------===//

/// Copies the slices of `data` along `axis` that the condition selects.
static LogicalResult compress(NodeContext &node, Value data, int64_t axis) {
  Value condition = node.getInput(1);
  SmallVector<int64_t> shape(getShape(data));
  int64_t extent = std::min(shape[axis], getShape(condition)[0]);
  if (std::optional<HostTensor> known = getConstant(condition)) {
    SmallVector<int64_t> selected;
    for (int64_t i = 0; i < extent; ++i)
      if (known->getInt(i) != 0)
        selected.push_back(i);
    return node.setResults(node.create<GatherOp>(
        data, node.createConstant({int64_t(selected.size())}, selected), axis));
  }
  shape[axis] = extent;
  LoopBuilder loops(
      node, "Compress", {data, condition},
      {RankedTensorType::get(shape, getElement(data)), getIntegers(node, 1)});
  Memory from = loops.getInput(0), selects = loops.getInput(1);
  Memory to = loops.getOutput(0);
  Scalar count = loops.fold(loops.getIndex(0), loops.getIndex(extent),
                            loops.getIndex(0), [&](Scalar i, Scalar count) {
                              Scalar isSelected = selects.load(i);
                              loops.when(isSelected, [&] {
                                loops.forRows(shape, axis, [&](auto at) {
                                  to.store(at(count), from.load(at(i)));
                                });
                              });
                              return loops.select(isSelected, count + 1, count);
                            });
  clearRest(loops, to, axis, count);
  loops.getOutput(1).store(loops.getIndex(0), count);
  SmallVector<Value> results = loops.finish();
  ExtentList extents(node);
  for (int64_t dim = 0; dim < static_cast<int64_t>(shape.size()); ++dim) {
    if (dim == axis)
      extents.addOpen(results[1], 0);
    else
      extents.add(shape[dim]);
  }
  return node.setResults(results[0], extents.create());
}

static LogicalResult convertCompress(NodeContext &node) {
  Value data = node.getInput(0), condition = node.getInput(1);
  if (getRank(condition) != 1 || !getElement(condition).isInteger(1))
    return node.error("the condition (input 1) must be a row of bools");
  // Without an axis the input is taken as one row.
  if (!node.hasAttribute("axis"))
    return compress(
        node, node.createReshape(data, getType(data).getNumElements()), 0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), getRank(data));
  if (node.hasFailed())
    return failure();
  return compress(node, data, axis);
}

//===----------------------------------------------------------------------===//
// Unique
//===----------------------------------------------------------------------===//

namespace {

/// Finds the different ones among the rows of a matrix.
class UniqueRows {
public:
  UniqueRows(LoopBuilder &loops)
      : loops(loops), rows(loops.getInput(0)), order(loops.getScratch(0)),
        groups(loops.getScratch(1)), firsts(loops.getScratch(2)),
        numbers(loops.getScratch(3)), counts(loops.getScratch(4)) {}

  /// Writes the results, groups in the order of their rows or else of their
  /// first occurrence.
  void build(bool isSorted);

private:
  Scalar isBefore(Scalar a, Scalar b);
  Scalar findGroups(Scalar sortedRow);
  void numberGroups();
  void writeResults(Scalar count);

  LoopBuilder &loops;
  Memory rows;
  /// The rows in their order; the group of each row; for each group its first
  /// row, its number among the results, and how many rows it has.
  Memory order, groups, firsts, numbers, counts;
};

} // namespace

/// Whether row `a` comes before row `b`, by the first element that differs.
Scalar UniqueRows::isBefore(Scalar a, Scalar b) {
  Type i32 = loops.getBuilder().getI32Type();
  if (rows.getExtent(1) == 1)
    return isSmaller(rows.load({a, loops.getIndex(0)}),
                     rows.load({b, loops.getIndex(0)}));
  Scalar equal = loops.getInteger(i32, 0);
  Scalar decided =
      loops
          .repeatWhile(
              {loops.getIndex(0), equal},
              [&](ArrayRef<Scalar> state) {
                return (state[0] < loops.getIndex(rows.getExtent(1))) &
                       (state[1] == 0);
              },
              [&](ArrayRef<Scalar> state) -> LoopBuilder::Scalars {
                Scalar x = rows.load({a, state[0]});
                Scalar y = rows.load({b, state[0]});
                Scalar larger = loops.select(isLarger(x, y),
                                             loops.getInteger(i32, -1), equal);
                return {state[0] + 1,
                        loops.select(isSmaller(x, y), loops.getInteger(i32, 1),
                                     larger)};
              })
          .back();
  return decided == 1;
}

/// Numbers the groups of equal rows in their order, counts their rows, and
/// returns how many there are.
Scalar UniqueRows::findGroups(Scalar sortedRow) {
  Scalar zero = loops.getIndex(0), one = loops.getIndex(1);
  auto at = [&](Scalar place) {
    return loops.toIndex(order.load({sortedRow, place}));
  };
  return loops.fold(zero, loops.getIndex(rows.getExtent(0)), zero,
                    [&](Scalar place, Scalar count) {
                      Scalar row = at(place),
                             previous = at(loops.max(place - 1, zero));
                      Scalar isNew = (place == zero) | isBefore(previous, row);
                      Scalar next = loops.select(isNew, count + 1, count);
                      Scalar group = next - one;
                      groups.store(row, group);
                      loops.when(
                          isNew,
                          [&] {
                            firsts.store(group, row);
                            numbers.store(group, group);
                            counts.store(group, one);
                          },
                          [&] { counts.store(group, counts.load(group) + 1); });
                      return next;
                    });
}

/// Numbers the groups by the first occurrence of their rows.
void UniqueRows::numberGroups() {
  loops.fold(loops.getIndex(0), loops.getIndex(rows.getExtent(0)),
             loops.getIndex(0), [&](Scalar row, Scalar count) {
               Scalar group = loops.toIndex(groups.load(row));
               Scalar isFirst = loops.toIndex(firsts.load(group)) == row;
               loops.when(isFirst, [&] { numbers.store(group, count); });
               return loops.select(isFirst, count + 1, count);
             });
}

void UniqueRows::writeResults(Scalar count) {
  Memory values = loops.getOutput(0), indices = loops.getOutput(1);
  Memory inverse = loops.getOutput(2);
  loops.forEach(loops.getIndex(0), count, [&](Scalar group) {
    Scalar number = loops.toIndex(numbers.load(group));
    Scalar first = loops.toIndex(firsts.load(group));
    indices.store(number, first);
    loops.getOutput(3).store(number, counts.load(group));
    loops.forEach(rows.getExtent(1), [&](Scalar i) {
      values.store({number, i}, rows.load({first, i}));
    });
  });
  loops.forEach(rows.getExtent(0), [&](Scalar row) {
    inverse.store(row, numbers.load(loops.toIndex(groups.load(row))));
  });
  for (unsigned output : {0, 1, 3})
    clearRest(loops, loops.getOutput(output), 0, count);
  loops.getOutput(4).store(loops.getIndex(0), count);
}

void UniqueRows::build(bool isSorted) {
  fillNumbers(loops, order, rows.getExtent(0));
  Scalar sortedRow =
      sortNumbers(loops, order, loops.getIndex(rows.getExtent(0)),
                  [&](Scalar a, Scalar b) { return isBefore(a, b); });
  Scalar count = findGroups(sortedRow);
  if (!isSorted)
    numberGroups();
  writeResults(count);
}

/// Slices are compared as rows of a matrix, so the axis goes to the front.
static LogicalResult convertUnique(NodeContext &node) {
  Value input = node.getInput(0);
  bool isSorted = node.getBool("sorted", true);
  Type element = getElement(input);
  // As numbers, false comes before true.
  if (element.isInteger(1))
    input = node.castTo(input, node.getBuilder().getI8Type());
  if (!node.hasAttribute("axis"))
    input = node.createReshape(input, getType(input).getNumElements());
  if (node.hasFailed())
    return failure();
  int64_t rank = getRank(input);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), rank);
  if (node.hasFailed())
    return failure();
  auto exchange = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::rotate(exchange.begin(), exchange.begin() + axis,
              exchange.begin() + axis + 1);
  Value moved = node.createTranspose(input, exchange);
  if (node.hasFailed())
    return failure();
  ArrayRef<int64_t> shape = getShape(moved);
  int64_t count = shape[0];
  int64_t size = ShapedType::getNumElements(shape.drop_front());
  if (count > INT32_MAX)
    return node.error("the input is too large");
  Scratch row = {{count}, node.getBuilder().getI32Type()};
  RankedTensorType numbers = getIntegers(node, count);
  LoopBuilder loops(node, "Unique", {node.createReshape(moved, {count, size})},
                    {RankedTensorType::get({count, size}, getElement(input)),
                     numbers, numbers, numbers, getIntegers(node, 1)},
                    {getSortScratch(node, count), row, row, row, row});
  UniqueRows(loops).build(isSorted);
  SmallVector<Value> results = loops.finish();

  SmallVector<int64_t> back(rank);
  for (auto [to, from] : llvm::enumerate(exchange))
    back[from] = to;
  Value values = node.castTo(
      node.createTranspose(node.createReshape(results[0], shape), back),
      element);
  ExtentList extents(node), counted(node);
  counted.addOpen(results[4], 0);
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (dim == axis)
      extents.addOpen(results[4], 0);
    else
      extents.add(getShape(input)[dim]);
  }
  std::optional<DynamicExtents> open = counted.create();
  return node.setResults({values, results[1], results[2], results[3]},
                         {extents.create(), open, std::nullopt, open});
}

void lathe::frontend::addSelections(OperatorRegistry &registry) {
  registry.add("NonZero", {9}, 1, convertNonZero);
  registry.add("Compress", {9}, 2, convertCompress);
  registry.add("Unique", {11}, 1, convertUnique);
}
