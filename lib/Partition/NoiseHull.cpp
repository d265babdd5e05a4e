//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NoiseHull.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::SmallVector;

/// The least additive noise of a node's options of one precision; infinite if
/// there are none.
static double findLeastNoise(const PlacementNode &node, Precision precision) {
  double least = std::numeric_limits<double>::infinity();
  for (const NodeOption &option : node.options)
    if (option.precision == precision &&
        (!node.pinnedDevice || *node.pinnedDevice == option.device))
      least = std::min(least, option.noise);
  return least;
}

std::optional<NoiseHull> NoiseHull::create(const PlacementProblem &problem,
                                           double limit) {
  llvm::BitVector isInTerm(problem.nodes.size());
  for (const NoiseTerm &term : problem.noiseTerms)
    for (unsigned node : term.nodes)
      isInTerm.set(node);
  NoiseHull hull;
  hull.numProblemNodes = problem.nodes.size();
  SmallVector<double> base;
  SmallVector<double> added;
  double fixed = 0;
  std::vector<unsigned> places(problem.nodes.size(), ~0u);
  for (auto [index, node] : llvm::enumerate(problem.nodes)) {
    double plain = findLeastNoise(node, Precision::F32);
    double coarse = findLeastNoise(node, Precision::Int8);
    if (!isInTerm[index] && coarse <= plain) {
      fixed += coarse;
    } else if (!isInTerm[index] && !std::isfinite(coarse)) {
      fixed += plain;
    } else {
      places[index] = hull.nodes.size();
      hull.nodes.push_back(index);
      base.push_back(plain);
      added.push_back(coarse);
    }
    if (hull.nodes.size() > maxNodes)
      return std::nullopt;
  }
  if (hull.nodes.empty())
    return std::nullopt;

  for (unsigned set = 0; set < 1u << hull.nodes.size(); ++set) {
    double noise = fixed;
    for (unsigned i = 0; i < hull.nodes.size(); ++i)
      noise += set >> i & 1 ? added[i] : base[i];
    for (const NoiseTerm &term : problem.noiseTerms)
      if (llvm::all_of(term.nodes,
                       [&](unsigned node) { return set >> places[node] & 1; }))
        noise += term.coefficient;
    if (noise <= limit + 1e-9 * limit)
      hull.sets.push_back(set);
  }
  return hull;
}

namespace {

/// minimise sum_j |error_j| where the sets, in shares that add up to 1, and the
/// errors make up the point. Its prices are the inequality: no set has more of
/// it than some, and the point has.
class HullProgram {
public:
  HullProgram(ArrayRef<unsigned> sets, ArrayRef<double> point)
      : sets(sets), numRows(point.size() + 1), inverse(numRows * numRows, 0),
        right(point), basis(numRows) {
    right.push_back(1);
    for (size_t row = 0; row < numRows; ++row)
      inverse[row * numRows + row] = 1;
    // All errors are in the basis, the last row has an artificial column.
    for (size_t row = 0; row < numRows; ++row)
      basis[row] = sets.size() + row;
  }

  /// The prices of the nodes, all 0 if the point is a mixture of sets.
  SmallVector<double> run();

private:
  double getCell(unsigned set, size_t row) const {
    return row + 1 == numRows ? 1 : set >> row & 1;
  }
  SmallVector<double> getPrices() const;
  bool improve(ArrayRef<double> prices);

  ArrayRef<unsigned> sets;
  size_t numRows;
  std::vector<double> inverse;
  SmallVector<double> right;
  std::vector<size_t> basis;
};

} // namespace

/// Errors cost 1, the artificial column of the last row more than all of them.
SmallVector<double> HullProgram::getPrices() const {
  SmallVector<double> prices(numRows, 0);
  for (size_t row = 0; row < numRows; ++row) {
    if (basis[row] < sets.size())
      continue;
    double cost = basis[row] + 1 == sets.size() + numRows ? 2.0 * numRows : 1;
    for (size_t k = 0; k < numRows; ++k)
      prices[k] += cost * inverse[row * numRows + k];
  }
  return prices;
}

bool HullProgram::improve(ArrayRef<double> prices) {
  size_t column = sets.size();
  double least = -1e-9;
  for (size_t i = 0; i < sets.size(); ++i) {
    double cost = -prices.back();
    for (size_t row = 0; row + 1 < numRows; ++row)
      if (sets[i] >> row & 1)
        cost -= prices[row];
    if (cost < least) {
      least = cost;
      column = i;
    }
  }
  if (column == sets.size())
    return false;
  SmallVector<double> entering(numRows, 0);
  for (size_t row = 0; row < numRows; ++row)
    for (size_t k = 0; k < numRows; ++k)
      entering[row] += inverse[row * numRows + k] * getCell(sets[column], k);
  size_t leaving = numRows;
  for (size_t row = 0; row < numRows; ++row)
    if (entering[row] > 1e-10 &&
        (leaving == numRows ||
         right[row] * entering[leaving] < right[leaving] * entering[row]))
      leaving = row;
  if (leaving == numRows)
    return false;
  basis[leaving] = column;
  double factor = 1 / entering[leaving];
  for (size_t k = 0; k < numRows; ++k)
    inverse[leaving * numRows + k] *= factor;
  right[leaving] *= factor;
  for (size_t row = 0; row < numRows; ++row) {
    if (row == leaving)
      continue;
    for (size_t k = 0; k < numRows; ++k)
      inverse[row * numRows + k] -=
          entering[row] * inverse[leaving * numRows + k];
    right[row] = std::max(0.0, right[row] - entering[row] * right[leaving]);
  }
  return true;
}

SmallVector<double> HullProgram::run() {
  // Errors below 0 are not needed: from the artificial column, with no set at
  // all, the point is reached by errors above 0.
  SmallVector<double> prices = getPrices();
  for (unsigned step = 0; step < 50 * numRows && improve(prices); ++step)
    prices = getPrices();
  prices.pop_back();
  return prices;
}

/// An inequality on sets: the weights of a set's nodes add up to no more than
/// the bound.
struct NoiseHull::Inequality {
  SmallVector<double> weights;
  double bound;

  double getSum(unsigned set) const {
    double sum = 0;
    for (size_t i = 0; i < weights.size(); ++i)
      if (set >> i & 1)
        sum += weights[i];
    return sum;
  }
};

/// Sets that agree with `values` in the bits of `mask`.
static std::vector<unsigned> selectSets(ArrayRef<unsigned> sets, unsigned mask,
                                        unsigned values) {
  std::vector<unsigned> selected;
  for (unsigned set : sets)
    if ((set & mask) == (values & mask))
      selected.push_back(set);
  return selected;
}

/// For the sets that agree with the point where it is whole.
std::optional<NoiseHull::Inequality>
NoiseHull::separateFace(ArrayRef<double> point, unsigned whole,
                        unsigned values) const {
  SmallVector<double> broken;
  for (size_t i = 0; i < nodes.size(); ++i)
    if (!(whole >> i & 1))
      broken.push_back(point[i]);
  std::vector<unsigned> face = selectSets(sets, whole, values);
  if (broken.empty() || face.empty())
    return std::nullopt;
  // Only the other bits of its sets differ.
  std::vector<unsigned> packed;
  for (unsigned set : face) {
    unsigned bits = 0;
    for (size_t i = 0, k = 0; i < nodes.size(); ++i)
      if (!(whole >> i & 1))
        bits |= (set >> i & 1) << k++;
    packed.push_back(bits);
  }
  SmallVector<double> prices = HullProgram(packed, broken).run();
  Inequality inequality;
  double value = 0;
  double norm = 0;
  for (size_t i = 0, k = 0; i < nodes.size(); ++i) {
    inequality.weights.push_back(whole >> i & 1 ? 0 : prices[k++]);
    value += inequality.weights[i] * point[i];
    norm += std::abs(inequality.weights[i]);
  }
  inequality.bound = -std::numeric_limits<double>::infinity();
  for (unsigned set : face)
    inequality.bound = std::max(inequality.bound, inequality.getSum(set));
  if (value <= inequality.bound + 1e-7 * norm)
    return std::nullopt;
  return inequality;
}

/// Makes an inequality of the face hold for all sets, one node after another,
/// each with the weight that leaves no more room than is needed (sequential
/// lifting: Padberg, "On the facial structure of set packing polyhedra", Math.
/// Programming 5, 1973).
void NoiseHull::lift(Inequality &inequality, unsigned whole,
                     unsigned values) const {
  for (size_t i = 0; i < nodes.size(); ++i) {
    unsigned bit = 1u << i;
    if (!(whole & bit))
      continue;
    whole &= ~bit;
    double highest = -std::numeric_limits<double>::infinity();
    for (unsigned set : selectSets(sets, whole | bit, values ^ bit))
      highest = std::max(highest, inequality.getSum(set));
    if (!std::isfinite(highest))
      continue;
    double room = inequality.bound - highest;
    bool isIn = values & bit;
    inequality.weights[i] = isIn ? -room : room;
    if (isIn)
      inequality.bound -= room;
  }
}

std::optional<LinearLimit>
NoiseHull::separate(ArrayRef<double> quantized) const {
  SmallVector<double> point;
  unsigned whole = 0;
  unsigned values = 0;
  for (auto [index, node] : llvm::enumerate(nodes)) {
    double share = quantized[node];
    point.push_back(share);
    if (std::abs(share - std::round(share)) < 1e-7)
      whole |= 1u << index;
    if (share > 0.5)
      values |= 1u << index;
  }
  std::optional<Inequality> inequality = separateFace(point, whole, values);
  if (!inequality)
    return std::nullopt;
  lift(*inequality, whole, values);
  LinearLimit limit;
  limit.bound = inequality->bound;
  limit.weights.quantized.assign(numProblemNodes, 0);
  for (size_t i = 0; i < nodes.size(); ++i)
    limit.weights.quantized[nodes[i]] = inequality->weights[i];
  for (double weight : inequality->weights)
    limit.scale = std::max(limit.scale, std::abs(weight));
  return limit;
}
