//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Scopes are sorted by position in the order, so the variable of a bucket has
// the largest stride and the one that is eliminated last has stride 1 in every
// table that has it. Rows along that one are what the inner loops run over.
//
//===----------------------------------------------------------------------===//

#include "BucketElimination.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <limits>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::SmallVector;

BucketElimination::BucketElimination(ArrayRef<unsigned> domainSizes,
                                     ArrayRef<unsigned> order)
    : domainSizes(domainSizes), order(order), positions(order.size()),
      buckets(order.size()) {
  for (auto [position, variable] : llvm::enumerate(order))
    positions[variable] = position;
  if (!domainSizes.empty())
    row.resize(*llvm::max_element(domainSizes));
}

double *BucketElimination::addFactor(llvm::SmallVectorImpl<unsigned> &scope) {
  llvm::sort(scope, [&](unsigned a, unsigned b) {
    return positions[a] < positions[b];
  });
  Factor factor;
  factor.scope.assign(scope.begin(), scope.end());
  for (unsigned variable : ArrayRef(scope).drop_front())
    factor.stride *= domainSizes[variable];
  factor.values.reset(new double[factor.stride * domainSizes[scope.front()]]);
  double *values = factor.values.get();
  buckets[scope.front()].push_back(std::move(factor));
  return values;
}

std::vector<unsigned> BucketElimination::minimize() {
  for (unsigned variable : order)
    eliminate(variable);
  std::vector<unsigned> assignment(order.size(), 0);
  for (unsigned variable : llvm::reverse(order))
    assignment[variable] = findBest(variable, assignment);
  return assignment;
}

SmallVector<BucketElimination::Operand, 8>
BucketElimination::makeOperands(unsigned variable,
                                ArrayRef<unsigned> scope) const {
  // Those along the rows first.
  SmallVector<Operand, 8> operands;
  SmallVector<Operand, 8> constants;
  for (const Factor &factor : buckets[variable]) {
    Operand operand;
    operand.values = factor.values.get();
    operand.firstStride = factor.stride;
    operand.strides.assign(scope.size(), 0);
    size_t stride = 1;
    size_t dimension = scope.size();
    for (unsigned other : llvm::reverse(ArrayRef(factor.scope).drop_front())) {
      while (scope[--dimension] != other)
        ;
      operand.strides[dimension] = stride;
      stride *= domainSizes[other];
    }
    operand.hasLast = operand.strides.back() != 0;
    (operand.hasLast ? operands : constants).push_back(std::move(operand));
  }
  llvm::append_range(operands, constants);
  return operands;
}

/// Writes to `out` the least over the bucket's variable of the operands' sum.
void BucketElimination::computeRow(ArrayRef<Operand> operands,
                                   unsigned domainSize, unsigned length,
                                   double *out) {
  unsigned numRows =
      llvm::find_if(operands, [](const Operand &o) { return !o.hasLast; }) -
      operands.begin();
  std::fill_n(out, length, std::numeric_limits<double>::infinity());
  for (unsigned value = 0; value < domainSize; ++value) {
    double constant = 0;
    for (const Operand &operand : operands.drop_front(numRows))
      constant += operand.values[value * operand.firstStride];
    auto get = [&](unsigned index) {
      return operands[index].values + value * operands[index].firstStride;
    };
    const double *a = get(0);
    if (numRows == 1) {
      for (unsigned i = 0; i < length; ++i)
        out[i] = std::min(out[i], constant + a[i]);
      continue;
    }
    const double *b = get(1);
    if (numRows == 2) {
      for (unsigned i = 0; i < length; ++i)
        out[i] = std::min(out[i], constant + a[i] + b[i]);
      continue;
    }
    double *sum = row.data();
    for (unsigned i = 0; i < length; ++i)
      sum[i] = constant + a[i] + b[i];
    for (unsigned index = 2; index < numRows; ++index) {
      const double *c = get(index);
      for (unsigned i = 0; i < length; ++i)
        sum[i] += c[i];
    }
    for (unsigned i = 0; i < length; ++i)
      out[i] = std::min(out[i], sum[i]);
  }
}

void BucketElimination::eliminate(unsigned variable) {
  SmallVector<unsigned, 8> scope;
  for (const Factor &factor : buckets[variable])
    for (unsigned other : ArrayRef(factor.scope).drop_front())
      if (!llvm::is_contained(scope, other))
        scope.push_back(other);
  if (scope.empty())
    return;
  double *out = addFactor(scope);
  SmallVector<Operand, 8> operands = makeOperands(variable, scope);
  unsigned length = domainSizes[scope.back()];
  SmallVector<unsigned, 8> counters(scope.size() - 1, 0);
  while (true) {
    computeRow(operands, domainSizes[variable], length, out);
    out += length;
    size_t dimension = counters.size();
    while (dimension > 0) {
      unsigned size = domainSizes[scope[--dimension]];
      bool wraps = ++counters[dimension] == size;
      for (Operand &operand : operands) {
        operand.values += operand.strides[dimension];
        if (wraps)
          operand.values -= operand.strides[dimension] * size;
      }
      if (!wraps)
        break;
      counters[dimension] = 0;
      if (dimension == 0)
        return;
    }
    if (counters.empty())
      return;
  }
}

unsigned BucketElimination::findBest(unsigned variable,
                                     ArrayRef<unsigned> assignment) const {
  std::vector<double> sums(domainSizes[variable], 0);
  for (const Factor &factor : buckets[variable]) {
    size_t offset = 0;
    for (unsigned other : ArrayRef(factor.scope).drop_front())
      offset = offset * domainSizes[other] + assignment[other];
    for (auto [value, sum] : llvm::enumerate(sums))
      sum += factor.values[offset + value * factor.stride];
  }
  return llvm::min_element(sums) - sums.begin();
}
