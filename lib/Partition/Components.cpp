//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Components.h"

#include "lathe/Partition/Simulator.h"

#include "llvm/ADT/STLExtras.h"
#include <map>
#include <tuple>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::Expected;
using llvm::SmallVector;

namespace {

/// Tensors, ascending.
using TensorSet = std::vector<unsigned>;

/// Finds what nodes have in common.
class ComponentFinder {
public:
  /// Needs verified data, and options within their range.
  ComponentFinder(const PlacementProblem &problem, ArrayRef<unsigned> options);

  std::vector<Component> getLevels() const;
  std::vector<Component> getParts() const;
  /// Fills in what each of all components depends on.
  void addPredecessors(std::vector<Component> &components) const;

private:
  /// What is less is computed before: of a device and level, what waits for
  /// less, and then what leads to more.
  using Key =
      std::tuple<unsigned, unsigned, size_t, ptrdiff_t, TensorSet, TensorSet>;

  unsigned getDevice(unsigned node) const {
    return problem.nodes[node].options[options[node]].device;
  }
  /// Whether nothing changes the device between the two nodes.
  bool areTogether(unsigned node, unsigned other) const {
    return getDevice(node) == getDevice(other) && levels[node] == levels[other];
  }
  bool leavesDevice(const PlacementTensor &tensor) const;
  std::vector<TensorSet> getWaits() const;
  std::vector<TensorSet> getLeads() const;
  std::vector<Component>
  group(llvm::function_ref<Key(unsigned node)> getKey) const;

  const PlacementProblem &problem;
  ArrayRef<unsigned> options;
  std::vector<unsigned> order; ///< of nodes
  /// Tensors that each node reads, and that it computes.
  std::vector<SmallVector<unsigned, 4>> inputs, results;
  std::vector<unsigned> levels; ///< of nodes
};

} // namespace

static void insert(TensorSet &set, ArrayRef<unsigned> others) {
  TensorSet merged;
  std::set_union(set.begin(), set.end(), others.begin(), others.end(),
                 std::back_inserter(merged));
  set = std::move(merged);
}

ComponentFinder::ComponentFinder(const PlacementProblem &problem,
                                 ArrayRef<unsigned> options)
    : problem(problem), options(options),
      order(llvm::cantFail(sortTopologically(problem))),
      inputs(problem.nodes.size()), results(problem.nodes.size()),
      levels(problem.nodes.size(), 0) {
  for (auto [index, tensor] : llvm::enumerate(problem.tensors)) {
    for (unsigned consumer : tensor.consumers)
      inputs[consumer].push_back(index);
    if (tensor.source)
      results[*tensor.source].push_back(index);
  }
  for (unsigned node : order)
    for (unsigned input : inputs[node]) {
      const PlacementTensor &tensor = problem.tensors[input];
      unsigned from = getSourceOption(problem, tensor, options).device;
      unsigned level = tensor.source ? levels[*tensor.source] : 0;
      levels[node] = std::max(levels[node], level + (from != getDevice(node)));
    }
}

bool ComponentFinder::leavesDevice(const PlacementTensor &tensor) const {
  return !getDestinations(problem, tensor, options).empty();
}

/// For each node, the tensors from other devices that it waits for, by itself
/// or through others of its device and level.
std::vector<TensorSet> ComponentFinder::getWaits() const {
  std::vector<TensorSet> waits(problem.nodes.size());
  for (unsigned node : order)
    for (unsigned input : inputs[node]) {
      const PlacementTensor &tensor = problem.tensors[input];
      if (getSourceOption(problem, tensor, options).device != getDevice(node))
        insert(waits[node], {input});
      else if (tensor.source && areTogether(*tensor.source, node))
        insert(waits[node], waits[*tensor.source]);
    }
  return waits;
}

/// For each node, the tensors for other devices that come from it, directly or
/// through others of its device and level.
std::vector<TensorSet> ComponentFinder::getLeads() const {
  std::vector<TensorSet> leads(problem.nodes.size());
  for (unsigned node : llvm::reverse(order))
    for (unsigned result : results[node]) {
      const PlacementTensor &tensor = problem.tensors[result];
      if (leavesDevice(tensor))
        insert(leads[node], {result});
      for (unsigned consumer : tensor.consumers)
        if (areTogether(node, consumer))
          insert(leads[node], leads[consumer]);
    }
  return leads;
}

void ComponentFinder::addPredecessors(
    std::vector<Component> &components) const {
  std::vector<unsigned> componentOf(problem.nodes.size());
  for (auto [index, component] : llvm::enumerate(components))
    for (unsigned node : component.nodes)
      componentOf[node] = index;
  for (auto [index, component] : llvm::enumerate(components)) {
    SmallVector<unsigned> &list = component.predecessors;
    list.clear();
    for (unsigned node : component.nodes)
      for (unsigned input : inputs[node])
        if (auto source = problem.tensors[input].source)
          if (componentOf[*source] != index)
            list.push_back(componentOf[*source]);
    llvm::sort(list);
    list.erase(llvm::unique(list), list.end());
  }
}

std::vector<Component>
ComponentFinder::group(llvm::function_ref<Key(unsigned node)> getKey) const {
  std::map<Key, Component> byKey;
  for (unsigned node : order) {
    Component &component = byKey[getKey(node)];
    component.device = getDevice(node);
    component.level = levels[node];
    component.nodes.push_back(node);
  }
  std::vector<Component> components;
  for (auto &entry : byKey)
    components.push_back(std::move(entry.second));
  addPredecessors(components);
  return components;
}

std::vector<Component> ComponentFinder::getLevels() const {
  return group([&](unsigned node) {
    return Key(levels[node], getDevice(node), 0, 0, {}, {});
  });
}

std::vector<Component> ComponentFinder::getParts() const {
  std::vector<TensorSet> waits = getWaits(), leads = getLeads();
  return group([&](unsigned node) {
    return Key(levels[node], getDevice(node), waits[node].size(),
               -static_cast<ptrdiff_t>(leads[node].size()), waits[node],
               leads[node]);
  });
}

std::vector<Component>
lathe::partition::computeComponents(const PlacementProblem &problem,
                                    ArrayRef<unsigned> options) {
  return ComponentFinder(problem, options).getLevels();
}

std::vector<Component>
lathe::partition::splitComponents(const PlacementProblem &problem,
                                  ArrayRef<unsigned> options) {
  return ComponentFinder(problem, options).getParts();
}

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

namespace {

/// Joins components as far as the makespan allows it.
class ComponentJoiner {
public:
  ComponentJoiner(const PlacementProblem &problem, const Placement &placement,
                  double tolerance)
      : problem(problem), placement(placement), tolerance(tolerance),
        finder(problem, placement.options) {}

  std::vector<Component> choose();

private:
  SimulationResult simulateRun(ArrayRef<Component> components) const {
    SimulationOptions options;
    options.components = components;
    return llvm::cantFail(simulate(problem, placement, options));
  }
  bool isFast(ArrayRef<Component> components) const {
    return simulateRun(components).getMakespan() <= limit;
  }
  void sortByStart(std::vector<Component> &components,
                   const SimulationResult &run) const;
  void join(std::vector<Component> &components) const;

  const PlacementProblem &problem;
  const Placement &placement;
  double tolerance;
  ComponentFinder finder;
  double limit = 0; ///< on the makespan (s)
};

} // namespace

static auto getPlace(const Component &component) {
  return std::make_pair(component.level, component.device);
}

/// By level and device, and those of one as they ran, in which sources come
/// before consumers.
void ComponentJoiner::sortByStart(std::vector<Component> &components,
                                  const SimulationResult &run) const {
  std::map<std::pair<unsigned, unsigned>, std::vector<Component>> byPlace;
  for (const SimulatedTask &task : run.tasks)
    if (task.kind == TaskKind::Compute) {
      const Component &component = components[task.index];
      byPlace[getPlace(component)].push_back(component);
    }
  components.clear();
  for (const auto &entry : byPlace)
    llvm::append_range(components, entry.second);
}

/// Joins neighbours of one level and device. As no tensor comes back to these,
/// and others do not run between them, there is no cycle.
void ComponentJoiner::join(std::vector<Component> &components) const {
  for (size_t index = 0; index + 1 < components.size();) {
    if (getPlace(components[index]) != getPlace(components[index + 1])) {
      ++index;
      continue;
    }
    std::vector<Component> joined = components;
    llvm::append_range(joined[index].nodes, joined[index + 1].nodes);
    joined.erase(joined.begin() + index + 1);
    if (isFast(joined))
      components = std::move(joined);
    else
      ++index;
  }
}

std::vector<Component> ComponentJoiner::choose() {
  std::vector<Component> parts = finder.getParts();
  SimulationResult run = simulateRun(parts);
  limit = run.getMakespan() * (1 + tolerance);
  std::vector<Component> levels = finder.getLevels();
  if (isFast(levels))
    return levels;
  sortByStart(parts, run);
  join(parts);
  finder.addPredecessors(parts);
  return parts;
}

Expected<std::vector<Component>>
lathe::partition::chooseComponents(const PlacementProblem &problem,
                                   const Placement &placement,
                                   double tolerance) {
  if (auto metrics = evaluate(problem, placement); !metrics)
    return metrics.takeError();
  return ComponentJoiner(problem, placement, tolerance).choose();
}
