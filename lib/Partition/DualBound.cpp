//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// At every point the potentials of the variables and what is left on the stars
// and in the pools add up to the costs of any labelling, so the sum of their
// least values is a bound. Where a variable has pulled from a star, the least
// of the star is 0 for each of its labels.
//
//===----------------------------------------------------------------------===//

#include "DualBound.h"

#include "llvm/ADT/STLExtras.h"
#include <limits>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::BitVector;

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// So many consumers are in a star, each of which doubles what it takes. With
/// two, the bounds of some random graphs of 1,142 nodes stay 1 % below their
/// optima; with three and more all reach them, as fast.
static constexpr unsigned maxConsumers = 4;

DualBound::DualBound(const PlacementGraph &graph, const CostTables &costs,
                     const BitVector &active)
    : graph(graph), costs(costs), earlier(graph.getNumVariables()),
      later(graph.getNumVariables()), leasts(graph.getNumVariables()),
      labelling(graph.getNumVariables()) {
  for (unsigned tensor = 0; tensor < graph.tensors.size(); ++tensor)
    addStars(tensor);
  sortEnds();
  for (unsigned label = 0; label < graph.labelDevice.size(); ++label)
    potentials.push_back(costs.getUnary(label));
  setActive(active);
  synchronized = true;
}

void DualBound::addStars(unsigned number) {
  const PlacementGraph::Tensor &tensor = graph.tensors[number];
  size_t numLabels = graph.getNumLabels(tensor.source);
  size_t size = numLabels * graph.numDevices;
  const double *table =
      costs.getCrossings(number, graph.firstLabel[tensor.source]);
  double *pool = nullptr;
  if (tensor.consumers.size() > maxConsumers)
    pool = shares.emplace_back(table, table + size).data();
  for (ArrayRef<unsigned> rest = tensor.consumers; !rest.empty();
       rest = rest.drop_front(std::min<size_t>(rest.size(), maxConsumers))) {
    Star &star = stars.emplace_back();
    star.tensor = number;
    star.source = tensor.source;
    llvm::append_range(star.consumers, rest.take_front(maxConsumers));
    star.table = table;
    if (pool) {
      star.table = star.share = shares.emplace_back(size, 0.0).data();
      star.pool = pool;
    }
    star.toSource.assign(numLabels, 0);
    star.toConsumers.assign(star.consumers.size() * graph.numDevices, 0);
  }
}

void DualBound::sortEnds() {
  std::vector<unsigned> positions(graph.order.size());
  for (auto [position, variable] : llvm::enumerate(graph.order))
    positions[variable] = position;
  for (auto [index, star] : llvm::enumerate(stars)) {
    unsigned last = 0;
    for (unsigned consumer : star.consumers)
      last = std::max(last, positions[consumer]);
    unsigned number = index;
    later[star.source].push_back({number, std::nullopt});
    for (auto [end, consumer] : llvm::enumerate(star.consumers)) {
      earlier[consumer].push_back({number, unsigned(end)});
      if (positions[consumer] != last)
        later[consumer].push_back({number, unsigned(end)});
    }
  }
}

void DualBound::setActive(const BitVector &active) {
  bool grows = false;
  activeLabels.resize(graph.getNumVariables());
  activeDevices.resize(graph.getNumVariables());
  movedLabels.resize(graph.getNumVariables());
  for (unsigned variable = 0; variable < graph.getNumVariables(); ++variable) {
    auto labels = graph.getLabels(variable, active);
    grows |= !llvm::all_of(labels, [&](unsigned label) {
      return llvm::is_contained(activeLabels[variable], label);
    });
    activeLabels[variable] = std::move(labels);
    activeDevices[variable].clear();
    for (unsigned label : activeLabels[variable])
      if (unsigned device = graph.labelDevice[label];
          !llvm::is_contained(activeDevices[variable], device))
        activeDevices[variable].push_back(device);
    movedLabels[variable].clear();
    for (unsigned label = graph.firstLabel[variable];
         label < graph.firstLabel[variable + 1]; ++label)
      if (llvm::is_contained(activeDevices[variable], graph.labelDevice[label]))
        movedLabels[variable].push_back(label);
    leasts[variable] = findLeast(variable);
  }
  if (grows)
    synchronized = false;
  labelBounds.assign(graph.labelDevice.size(), -infinity);
  bound = -infinity;
}

//===----------------------------------------------------------------------===//
// Stars
//===----------------------------------------------------------------------===//

/// Fills in `sums` for the sets of consumers but for the one left out, and
/// returns their number.
unsigned DualBound::sumConsumers(const Star &star,
                                 std::optional<unsigned> without) {
  sums.assign(graph.numDevices, 0);
  for (unsigned number = 0; number < star.consumers.size(); ++number) {
    if (number == without)
      continue;
    size_t size = sums.size();
    sums.resize(2 * size, infinity);
    const double *moved = &star.toConsumers[size_t(number) * graph.numDevices];
    for (size_t set = 0; set < size; set += graph.numDevices)
      for (unsigned device : activeDevices[star.consumers[number]])
        sums[size + set + device] = sums[set + device] - moved[device];
  }
  return sums.size() / graph.numDevices;
}

/// Fills in `leastCosts` for a label of the source.
void DualBound::divideConsumers(const Star &star, unsigned row,
                                unsigned numSets) {
  const double *table = star.table + size_t(row) * graph.numDevices;
  groupCosts.assign(numSets, infinity);
  leastCosts.assign(numSets, infinity);
  leastCosts[0] = 0;
  for (unsigned set = 1; set < numSets; ++set) {
    const double *costs = &sums[size_t(set) * graph.numDevices];
    for (unsigned device = 0; device < graph.numDevices; ++device)
      groupCosts[set] =
          std::min(groupCosts[set], table[device] + costs[device]);
    // The first one's group, and what is left.
    unsigned first = set & -set, others = set ^ first;
    for (unsigned rest = others;; rest = (rest - 1) & others) {
      leastCosts[set] =
          std::min(leastCosts[set], groupCosts[set ^ rest] + leastCosts[rest]);
      if (rest == 0)
        break;
    }
  }
}

/// The least with a crossing to `device` for one of the sets from `firstSet`
/// on.
double DualBound::getLeastWith(const Star &star, unsigned row, unsigned device,
                               unsigned firstSet, unsigned numSets) const {
  double least = infinity;
  for (unsigned set = firstSet; set < numSets; ++set)
    least = std::min(least, sums[size_t(set) * graph.numDevices + device] +
                                leastCosts[numSets - 1 - set]);
  return least + star.table[size_t(row) * graph.numDevices + device] -
         star.toSource[row];
}

void DualBound::takePool(const Star &star) {
  size_t first = graph.firstLabel[star.source];
  for (unsigned label : activeLabels[star.source])
    for (unsigned device = 0; device < graph.numDevices; ++device) {
      size_t entry = (label - first) * graph.numDevices + device;
      star.share[entry] += star.pool[entry];
      star.pool[entry] = 0;
    }
}

/// As many crossings as there are consumers may become cheaper at once.
void DualBound::returnToPool(const Star &star) {
  unsigned numSets = sumConsumers(star, std::nullopt);
  auto numConsumers = static_cast<double>(star.consumers.size());
  size_t first = graph.firstLabel[star.source];
  for (unsigned label : activeLabels[star.source]) {
    unsigned row = label - first;
    divideConsumers(star, row, numSets);
    for (unsigned device = 0; device < graph.numDevices; ++device) {
      size_t entry = size_t(row) * graph.numDevices + device;
      double rest = getLeastWith(star, row, device, 1, numSets) / numConsumers;
      double spare = std::min(star.share[entry], rest);
      if (spare <= 0)
        continue;
      star.share[entry] -= spare;
      star.pool[entry] += spare;
    }
  }
}

void DualBound::pullToConsumer(Star &star, unsigned number) {
  if (star.pool)
    takePool(star);
  unsigned numSets = sumConsumers(star, number);
  unsigned consumer = star.consumers[number];
  double *moved = &star.toConsumers[size_t(number) * graph.numDevices];
  llvm::SmallVector<double, 64> least(graph.numDevices, infinity);
  for (unsigned label : activeLabels[star.source]) {
    unsigned row = label - graph.firstLabel[star.source];
    divideConsumers(star, row, numSets);
    for (unsigned device : activeDevices[consumer])
      least[device] =
          std::min(least[device], getLeastWith(star, row, device, 0, numSets));
  }
  // The potentials rise by what was moved rises by.
  for (unsigned label : movedLabels[consumer]) {
    unsigned device = graph.labelDevice[label];
    potentials[label] += least[device] - moved[device];
  }
  for (unsigned device : activeDevices[consumer])
    moved[device] = least[device];
  if (star.pool)
    returnToPool(star);
}

void DualBound::pullToSource(Star &star) {
  if (star.pool)
    takePool(star);
  unsigned numSets = sumConsumers(star, std::nullopt);
  for (unsigned label : activeLabels[star.source]) {
    unsigned row = label - graph.firstLabel[star.source];
    divideConsumers(star, row, numSets);
    potentials[label] += leastCosts.back() - star.toSource[row];
    star.toSource[row] = leastCosts.back();
  }
  if (star.pool)
    returnToPool(star);
}

//===----------------------------------------------------------------------===//
// Variables
//===----------------------------------------------------------------------===//

double DualBound::findLeast(unsigned variable) const {
  double least = infinity;
  for (unsigned label : activeLabels[variable])
    least = std::min(least, potentials[label]);
  return least;
}

/// After a variable has pulled from its stars on one side.
void DualBound::updateBounds(unsigned variable, ArrayRef<End> pulled) {
  double least = findLeast(variable);
  total += least - leasts[variable];
  for (End end : pulled) {
    total -= stars[end.star].least;
    stars[end.star].least = 0;
  }
  leasts[variable] = least;
  if (!synchronized)
    return;
  for (unsigned label : activeLabels[variable])
    labelBounds[label] =
        std::max(labelBounds[label], total - least + potentials[label]);
}

/// Moves a part `gamma` of the potentials to each of the stars.
void DualBound::push(unsigned variable, ArrayRef<End> ends, double gamma) {
  // A star that reads the variable sees the device alone, so only the least of
  // its labels can go.
  llvm::SmallVector<double, 64> least(graph.numDevices, infinity);
  llvm::SmallVector<double, 64> whole;
  for (unsigned label : activeLabels[variable]) {
    double &value = least[graph.labelDevice[label]];
    value = std::min(value, potentials[label]);
    whole.push_back(potentials[label]);
  }
  for (End end : ends) {
    Star &star = stars[end.star];
    star.least = gamma * leasts[variable];
    if (!end.consumer) {
      for (auto [label, value] : llvm::zip(activeLabels[variable], whole)) {
        star.toSource[label - graph.firstLabel[variable]] -= gamma * value;
        potentials[label] -= gamma * value;
      }
      continue;
    }
    double *moved = &star.toConsumers[size_t(*end.consumer) * graph.numDevices];
    for (unsigned device : activeDevices[variable])
      moved[device] -= gamma * least[device];
    for (unsigned label : movedLabels[variable])
      potentials[label] -= gamma * least[graph.labelDevice[label]];
  }
  leasts[variable] *= 1 - gamma * static_cast<double>(ends.size());
}

void DualBound::visit(unsigned variable, ArrayRef<End> pulled,
                      ArrayRef<End> pushed) {
  for (End end : pulled)
    if (end.consumer)
      pullToConsumer(stars[end.star], *end.consumer);
    else
      pullToSource(stars[end.star]);
  updateBounds(variable, pulled);
  if (!pushed.empty())
    push(variable, pushed,
         1 / static_cast<double>(std::max(pulled.size(), pushed.size())));
}

/// By the potentials and the stars whose sources have their labels.
unsigned DualBound::chooseLabel(unsigned variable) const {
  unsigned best = activeLabels[variable].front();
  double least = infinity;
  for (unsigned label : activeLabels[variable]) {
    unsigned device = graph.labelDevice[label];
    double sum = potentials[label];
    for (End end : earlier[variable]) {
      if (!end.consumer)
        continue;
      const Star &star = stars[end.star];
      sum -=
          star.toConsumers[size_t(*end.consumer) * graph.numDevices + device];
      ArrayRef<unsigned> consumers = graph.tensors[star.tensor].consumers;
      bool isThere = llvm::any_of(consumers, [&](unsigned consumer) {
        return labelling[consumer] != ~0u &&
               graph.labelDevice[labelling[consumer]] == device;
      });
      if (!isThere)
        sum += costs.getCrossings(star.tensor, labelling[star.source])[device];
    }
    if (sum < least) {
      least = sum;
      best = label;
    }
  }
  return best;
}

void DualBound::sweep() {
  auto sumLeasts = [&] {
    total = 0;
    for (double least : leasts)
      total += least;
    for (const Star &star : stars)
      total += star.least;
  };
  sumLeasts();
  llvm::fill(labelling, ~0u);
  for (unsigned variable : graph.order) {
    labelling[variable] = chooseLabel(variable);
    visit(variable, earlier[variable], later[variable]);
  }
  // All stars have been pulled from.
  synchronized = true;
  sumLeasts();
  for (unsigned variable : llvm::reverse(graph.order))
    visit(variable, later[variable], earlier[variable]);
  bound = std::max(bound, total);
}
