//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tensors whose extents depend on the data.
//
//===----------------------------------------------------------------------===//

#include "DynamicExtents.h"
#include "NodeContext.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

void ExtentList::add(int64_t extent) { sources.push_back({Value(), extent}); }

void ExtentList::add(ArrayRef<int64_t> extents) {
  for (int64_t extent : extents)
    add(extent);
}

void ExtentList::addOpen(Value extents, int64_t dim) {
  sources.push_back({extents, dim});
}

void ExtentList::addOf(unsigned index, int64_t dim) {
  const DynamicExtents *extents = node.getExtents(index);
  if (extents && extents->isOpen[dim])
    addOpen(extents->actual, dim);
  else
    add(getShape(node.getInput(index))[dim]);
}

void ExtentList::addOf(unsigned index, int64_t begin, int64_t end) {
  for (int64_t dim = begin; dim < end; ++dim)
    addOf(index, dim);
}

std::optional<DynamicExtents> ExtentList::create() {
  DynamicExtents extents;
  // The tensors to pick from, one behind the other.
  SmallVector<Value> pools;
  SmallVector<int64_t> known, picks, starts;
  int64_t length = 0;
  for (const Source &source : sources) {
    extents.isOpen.push_back(static_cast<bool>(source.extents));
    if (!source.extents) {
      known.push_back(source.number);
    } else if (!llvm::is_contained(pools, source.extents)) {
      pools.push_back(source.extents);
      starts.push_back(length);
      length += getShape(source.extents)[0];
    }
  }
  if (pools.empty() || node.hasFailed())
    return std::nullopt;
  int64_t nextKnown = length;
  for (const Source &source : sources) {
    auto pool = llvm::find(pools, source.extents);
    picks.push_back(source.extents
                        ? starts[pool - pools.begin()] + source.number
                        : nextKnown++);
  }
  bool isWhole = known.empty() && pools.size() == 1 &&
                 llvm::equal(picks, llvm::seq<int64_t>(0, length));
  if (!known.empty())
    pools.push_back(node.createConstant({int64_t(known.size())}, known));
  extents.actual =
      pools.size() == 1 ? pools.front() : node.create<ConcatOp>(pools, 0);
  if (!isWhole)
    extents.actual = node.create<GatherOp>(
        extents.actual, node.createConstant({int64_t(picks.size())}, picks), 0);
  return extents;
}

std::optional<unsigned> frontend::findOpen(ArrayRef<Value> inputs,
                                           const ExtentTable &table) {
  for (auto [index, input] : llvm::enumerate(inputs))
    if (input && table.contains(input))
      return index;
  return std::nullopt;
}

std::optional<std::string> frontend::findMismatch(ArrayRef<Value> inputs,
                                                  const ExtentTable &table) {
  std::optional<unsigned> first = findOpen(inputs, table);
  if (!first)
    return std::nullopt;
  const DynamicExtents &extents = table.at(inputs[*first]);
  ArrayRef<int64_t> shape = getShape(inputs[*first]);
  for (auto [index, input] : llvm::enumerate(inputs)) {
    if (!input)
      continue;
    auto open = table.find(input);
    if (open != table.end()) {
      if (open->second.actual != extents.actual || getShape(input) != shape)
        return "input " + std::to_string(*first) + " and input " +
               std::to_string(index) +
               " have extents that are only known at run time, and nothing "
               "says that they are equal";
      continue;
    }
    int64_t missing = static_cast<int64_t>(shape.size()) - getRank(input);
    for (auto [dim, extent] : llvm::enumerate(getShape(input)))
      if (missing < 0 || (extent != 1 && (extents.isOpen[dim + missing] ||
                                          extent != shape[dim + missing])))
        return "input " + std::to_string(*first) +
               " has an extent that is only known at run time, and input " +
               std::to_string(index) + " is not broadcast to its shape";
  }
  return std::nullopt;
}
