//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A request is a graph of tasks: nodes, and for each crossing an encoding, a
// sending and a decoding. All requests have the same graph.
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Simulator.h"

#include "llvm/ADT/STLExtras.h"
#include <queue>
#include <set>
#include <tuple>

using namespace lathe::partition;
using llvm::Expected;
using llvm::SmallVector;

namespace {

struct Task {
  Task(TaskKind kind, unsigned index, unsigned device, double duration)
      : kind(kind), index(index), device(device), duration(duration) {}

  TaskKind kind;
  unsigned index;
  unsigned device;
  double duration;
  /// After the end, until what waits for it can see it.
  double delay = 0;
  SmallVector<unsigned, 4> next;
  unsigned numInputs = 0;
  /// The longest way to the end of the request.
  double remaining = 0;
};

class Simulator {
public:
  Simulator(const PlacementProblem &problem, const Placement &placement)
      : problem(problem), placement(placement) {
    buildTasks();
    computeRemaining();
  }

  SimulationResult run(unsigned numRequests);

private:
  /// When, what: 0 is a task that ends, 1 an arrival; request, task.
  using Event = std::tuple<double, unsigned, unsigned, unsigned>;
  /// Lowest first: request, less the longest way left, task.
  using Waiting = std::tuple<unsigned, double, unsigned>;

  void buildTasks();
  void addCrossing(unsigned number, std::vector<unsigned> &arrivals);
  void computeRemaining();
  void connect(unsigned from, unsigned to) {
    tasks[from].next.push_back(to);
    ++tasks[to].numInputs;
  }
  /// The device's processor, or behind those its uplink.
  unsigned getResource(const Task &task) const {
    return task.device +
           (task.kind == TaskKind::Send ? problem.devices.size() : 0);
  }
  void startNext(unsigned resource, double now);

  const PlacementProblem &problem;
  const Placement &placement;
  std::vector<Task> tasks; ///< nodes first
  std::vector<std::set<Waiting>> waiting;
  std::vector<bool> isBusy;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
  SimulationResult result;
};

} // namespace

double SimulationResult::getThroughput() const {
  auto [first, last] =
      std::minmax_element(finishTimes.begin(), finishTimes.end());
  if (finishTimes.size() < 2 || *first == *last)
    return finishTimes.size() / *last;
  return (finishTimes.size() - 1) / (*last - *first);
}

/// Adds the tasks of a crossing and notes the one that ends it.
void Simulator::addCrossing(unsigned number, std::vector<unsigned> &arrivals) {
  const Crossing &crossing = placement.crossings[number];
  const PlacementTensor &tensor = problem.tensors[crossing.tensor];
  NodeOption source = getSourceOption(problem, tensor, placement.options);
  CrossingCost cost =
      *computeCrossingCost(problem, tensor, source.precision, source.device,
                           crossing.destination, crossing.codec);
  unsigned first = tasks.size();
  auto add = [&](TaskKind kind, unsigned device, double duration) {
    tasks.emplace_back(kind, number, device, duration);
    if (tasks.size() - 1 > first)
      connect(tasks.size() - 2, tasks.size() - 1);
  };
  if (cost.encodeTime > 0)
    add(TaskKind::Encode, source.device, cost.encodeTime);
  add(TaskKind::Send, source.device, cost.sendTime);
  tasks.back().delay = cost.roundTripTime;
  if (cost.decodeTime > 0)
    add(TaskKind::Decode, crossing.destination, cost.decodeTime);
  if (tensor.source)
    connect(*tensor.source, first);
  arrivals.push_back(tasks.size() - 1);
}

void Simulator::buildTasks() {
  for (auto [index, node] : llvm::enumerate(problem.nodes)) {
    const NodeOption &option = node.options[placement.options[index]];
    tasks.emplace_back(TaskKind::Compute, index, option.device, option.time);
  }
  std::vector<unsigned> arrivals;
  for (unsigned number = 0; number < placement.crossings.size(); ++number)
    addCrossing(number, arrivals);
  size_t number = 0;
  for (auto [index, tensor] : llvm::enumerate(problem.tensors)) {
    NodeOption source = getSourceOption(problem, tensor, placement.options);
    std::vector<unsigned> arrivalAt(problem.devices.size(), ~0u);
    for (; number < placement.crossings.size() &&
           placement.crossings[number].tensor == index;
         ++number)
      arrivalAt[placement.crossings[number].destination] = arrivals[number];
    for (unsigned consumer : tensor.consumers) {
      unsigned device = tasks[consumer].device;
      if (device != source.device)
        connect(arrivalAt[device], consumer);
      else if (tensor.source)
        connect(*tensor.source, consumer);
    }
  }
}

void Simulator::computeRemaining() {
  std::vector<unsigned> order;
  std::vector<unsigned> numInputs;
  for (unsigned index = 0; index < tasks.size(); ++index) {
    numInputs.push_back(tasks[index].numInputs);
    if (numInputs.back() == 0)
      order.push_back(index);
  }
  for (size_t i = 0; i < order.size(); ++i)
    for (unsigned next : tasks[order[i]].next)
      if (--numInputs[next] == 0)
        order.push_back(next);
  for (unsigned index : llvm::reverse(order)) {
    Task &task = tasks[index];
    for (unsigned next : task.next)
      task.remaining = std::max(task.remaining, tasks[next].remaining);
    task.remaining += task.duration + task.delay;
  }
}

void Simulator::startNext(unsigned resource, double now) {
  if (isBusy[resource] || waiting[resource].empty())
    return;
  auto [request, remaining, index] = *waiting[resource].begin();
  waiting[resource].erase(waiting[resource].begin());
  isBusy[resource] = true;
  const Task &task = tasks[index];
  result.tasks.push_back(
      {task.kind, request, task.index, task.device, now, now + task.duration});
  events.emplace(now + task.duration, 0, request, index);
}

SimulationResult Simulator::run(unsigned numRequests) {
  waiting.resize(2 * problem.devices.size());
  isBusy.assign(2 * problem.devices.size(), false);
  result.finishTimes.assign(numRequests, 0);
  std::vector<unsigned> missing;
  for (unsigned request = 0; request < numRequests; ++request)
    for (unsigned index = 0; index < tasks.size(); ++index) {
      missing.push_back(tasks[index].numInputs);
      if (missing.back() == 0)
        waiting[getResource(tasks[index])].emplace(
            request, -tasks[index].remaining, index);
    }
  for (unsigned resource = 0; resource < waiting.size(); ++resource)
    startNext(resource, 0);
  while (!events.empty()) {
    // All that happens at one time, before anything new is started.
    double now = std::get<0>(events.top());
    while (!events.empty() && std::get<0>(events.top()) == now) {
      auto [time, isArrival, request, index] = events.top();
      events.pop();
      const Task &task = tasks[index];
      if (!isArrival)
        isBusy[getResource(task)] = false;
      if (!isArrival && task.delay > 0) {
        events.emplace(now + task.delay, 1, request, index);
        continue;
      }
      result.finishTimes[request] = now;
      for (unsigned next : task.next)
        if (--missing[size_t(request) * tasks.size() + next] == 0)
          waiting[getResource(tasks[next])].emplace(
              request, -tasks[next].remaining, next);
    }
    for (unsigned resource = 0; resource < waiting.size(); ++resource)
      startNext(resource, now);
  }
  return std::move(result);
}

Expected<SimulationResult>
lathe::partition::simulate(const PlacementProblem &problem,
                           const Placement &placement,
                           const SimulationOptions &options) {
  if (auto metrics = evaluate(problem, placement); !metrics)
    return metrics.takeError();
  if (options.numRequests == 0)
    return llvm::createStringError("there are no requests to simulate");
  return Simulator(problem, placement).run(options.numRequests);
}
