//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// TfIdfVectorizer: counts of n-grams.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "LoopBuilder.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {

/// The n-grams of one length that are counted.
struct Grams {
  int64_t length = 0;
  /// Their items, one n-gram after the other, and where each is counted.
  SmallVector<int64_t> items, columns;
};

enum class Weighting { Count, Weight, Both };

/// What the attributes say.
struct Vectorizer {
  SmallVector<Grams> grams;
  int64_t columns = 0, maxSkip = 0;
  Weighting weighting = Weighting::Count;
  /// For each column.
  SmallVector<float> weights;
};

} // namespace

/// Splits the pool into the n-grams of each length; ngram_counts says where the
/// pool's n-grams of length 1, 2, … begin.
static LogicalResult readGrams(NodeContext &node, Vectorizer &vectorizer) {
  int64_t shortest = node.getInt("min_gram_length", 0);
  int64_t longest = node.getInt("max_gram_length", 0);
  SmallVector<int64_t> starts = node.getInts("ngram_counts");
  SmallVector<int64_t> columns = node.getInts("ngram_indexes");
  SmallVector<int64_t> pool = node.getInts("pool_int64s");
  if (shortest < 1 || longest < shortest)
    return node.error("the lengths of the n-grams must be from 1 to the "
                      "largest");
  size_t next = 0;
  for (auto [i, start] : llvm::enumerate(starts)) {
    int64_t size = static_cast<int64_t>(pool.size());
    int64_t end = i + 1 < starts.size() ? starts[i + 1] : size;
    Grams grams{static_cast<int64_t>(i) + 1, {}, {}};
    if (start < 0 || end < start || end > size ||
        (end - start) % grams.length != 0)
      return node.error("attribute 'ngram_counts' does not divide the pool "
                        "into n-grams");
    int64_t count = (end - start) / grams.length;
    if (next + count > columns.size())
      return node.error("attribute 'ngram_indexes' has fewer entries than the "
                        "pool has n-grams");
    grams.items.assign(pool.begin() + start, pool.begin() + end);
    grams.columns.assign(columns.begin() + next,
                         columns.begin() + next + count);
    next += count;
    if (grams.length >= shortest && grams.length <= longest && count > 0)
      vectorizer.grams.push_back(std::move(grams));
  }
  for (int64_t column : columns) {
    if (column < 0 || column > INT32_MAX)
      return node.error("attribute 'ngram_indexes' holds " + Twine(column));
    vectorizer.columns = std::max(vectorizer.columns, column + 1);
  }
  return node.checkTable(vectorizer.columns);
}

static LogicalResult readAttributes(NodeContext &node, Vectorizer &vectorizer) {
  if (node.hasAttribute("pool_strings"))
    return node.error("strings are not supported; map them to integers before "
                      "the model");
  vectorizer.weighting =
      node.getChoice<Weighting>("mode", "TF",
                                {{"TF", Weighting::Count},
                                 {"IDF", Weighting::Weight},
                                 {"TFIDF", Weighting::Both}});
  constexpr int64_t most = INT32_MAX;
  vectorizer.maxSkip =
      std::clamp<int64_t>(node.getInt("max_skip_count", 0), 0, most);
  if (failed(readGrams(node, vectorizer)))
    return failure();
  SmallVector<int64_t> columns = node.getInts("ngram_indexes");
  SmallVector<double> weights = node.getFloats("weights");
  if (!weights.empty() && weights.size() != columns.size())
    return node.error("there are " + Twine(weights.size()) + " weights for " +
                      Twine(columns.size()) + " n-grams");
  vectorizer.weights.assign(vectorizer.columns, 1);
  for (auto [column, weight] : llvm::zip(columns, weights))
    vectorizer.weights[column] = static_cast<float>(weight);
  return failure(node.hasFailed());
}

/// Adds one to the result's element of each n-gram that the items from `start`
/// on, `step` apart, make.
static void countAt(LoopBuilder &loops, const Grams &grams, Memory items,
                    Memory columns, ArrayRef<Scalar> row, Scalar start,
                    Scalar step) {
  Memory from = loops.getInput(0), to = loops.getOutput(0);
  auto at = [&](Scalar last) {
    SmallVector<Scalar> place(row);
    place.push_back(last);
    return place;
  };
  loops.forEach(columns.getExtent(0), [&](Scalar gram) {
    Scalar isEqual =
        loops.fold(loops.getIndex(0), loops.getIndex(grams.length),
                   loops.getBool(true), [&](Scalar i, Scalar before) {
                     Scalar item = loops.cast(from.load(at(start + i * step)),
                                              loops.getBuilder().getI64Type());
                     return before & (item == items.load({gram, i}));
                   });
    loops.when(isEqual, [&] {
      SmallVector<Scalar> place = at(loops.toIndex(columns.load(gram)));
      to.store(place, to.load(place) + 1);
    });
  });
}

/// Counts the n-grams of one length, whose items may be up to maxSkip apart.
static void count(LoopBuilder &loops, const Grams &grams, Memory items,
                  Memory columns, ArrayRef<Scalar> row, int64_t length,
                  int64_t maxSkip) {
  // A single item has no distances.
  int64_t last = grams.length - 1;
  int64_t farthest = last == 0 ? 0 : std::min(maxSkip, (length - 1) / last - 1);
  if (length <= last)
    return;
  loops.forEach(loops.getIndex(1), loops.getIndex(farthest + 2),
                [&](Scalar step) {
                  Scalar end = loops.getIndex(length) - step * double(last);
                  loops.forEach(loops.getIndex(0), end, [&](Scalar start) {
                    countAt(loops, grams, items, columns, row, start, step);
                  });
                });
}

static LogicalResult convertTfIdfVectorizer(NodeContext &node) {
  Value input = node.getInput(0);
  Vectorizer vectorizer;
  if (failed(readAttributes(node, vectorizer)))
    return failure();
  ArrayRef<int64_t> shape = getShape(input);
  if (shape.empty() || shape.size() > 2 || !getElement(input).isInteger())
    return node.error("the input must be a row of integers or a batch of them");
  SmallVector<int64_t> result(shape.drop_back());
  result.push_back(vectorizer.columns);
  SmallVector<Value> inputs = {
      input, node.createConstant(HostTensor::get<float>(vectorizer.columns,
                                                        vectorizer.weights))};
  for (const Grams &grams : vectorizer.grams) {
    int64_t count = static_cast<int64_t>(grams.columns.size());
    inputs.push_back(node.createConstant({count, grams.length}, grams.items));
    inputs.push_back(node.createConstant(count, grams.columns));
  }
  LoopBuilder loops(
      node, "TfIdfVectorizer", inputs,
      RankedTensorType::get(result, node.getBuilder().getF32Type()));
  Memory weights = loops.getInput(1), to = loops.getOutput(0);
  loops.forShape(result, [&](ArrayRef<Scalar> place) {
    to.store(place, loops.getConstant(to.getComputeType(), 0));
  });
  loops.forShape(shape.drop_back(), [&](ArrayRef<Scalar> row) {
    for (auto [i, grams] : llvm::enumerate(vectorizer.grams))
      count(loops, grams, loops.getInput(2 + 2 * i), loops.getInput(3 + 2 * i),
            row, shape.back(), vectorizer.maxSkip);
  });
  if (vectorizer.weighting != Weighting::Count)
    loops.forShape(result, [&](ArrayRef<Scalar> place) {
      Scalar counted = to.load(place), weight = weights.load(place.back());
      Scalar zero = loops.getLike(counted, 0);
      to.store(place, vectorizer.weighting == Weighting::Both
                          ? counted * weight
                          : loops.select(counted > zero, weight, zero));
    });
  return node.setResults(loops.finish());
}

void lathe::frontend::addTfIdfVectorizer(OperatorRegistry &registry) {
  registry.add("TfIdfVectorizer", {9}, 1, convertTfIdfVectorizer)
      .lacks("strings");
}
