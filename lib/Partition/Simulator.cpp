//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A request is a graph of tasks: nodes or components, and for each crossing an
// encoding, a sending and a decoding. All requests have the same graph.
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Simulator.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>
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
  Simulator(const PlacementProblem &problem, const Placement &placement,
            const SimulationOptions &options)
      : problem(problem), placement(placement), options(options),
        taskOf(problem.nodes.size()) {
    if (options.components.empty())
      addNodes();
    else
      addComponents();
    connectTasks();
    computeRemaining();
  }

  SimulationResult run();

private:
  enum class EventKind : uint8_t { TaskEnd, TensorArrival, RequestArrival };
  /// When, what, request, task; a request's arrival is of no task.
  using Event = std::tuple<double, EventKind, unsigned, unsigned>;
  /// Lowest first: request, less the longest way left, task.
  using Waiting = std::tuple<unsigned, double, unsigned>;

  void addComponents();
  void addNodes();
  void connectTasks();
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
  void makeReady(unsigned request, unsigned index) {
    waiting[getResource(tasks[index])].emplace(request, -tasks[index].remaining,
                                               index);
  }
  void startNext(unsigned resource, double now);
  void handle(const Event &event);

  const PlacementProblem &problem;
  const Placement &placement;
  const SimulationOptions &options;
  std::vector<unsigned> taskOf; ///< each node's
  std::vector<Task> tasks;      ///< what computes first
  /// Inputs that are not there yet: request by request, of each task.
  std::vector<unsigned> missing;
  std::vector<std::set<Waiting>> waiting;
  std::vector<bool> isBusy;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
  SimulationResult result;
};

} // namespace

double SimulationResult::getEnd() const {
  return *llvm::max_element(finishTimes);
}

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
    connect(taskOf[*tensor.source], first);
  arrivals.push_back(tasks.size() - 1);
}

void Simulator::addComponents() {
  for (auto [index, component] : llvm::enumerate(options.components)) {
    double duration = 0;
    for (unsigned node : component.nodes) {
      duration += problem.nodes[node].options[placement.options[node]].time;
      taskOf[node] = index;
    }
    tasks.emplace_back(TaskKind::Compute, index, component.device, duration);
  }
}

void Simulator::addNodes() {
  for (auto [index, node] : llvm::enumerate(problem.nodes)) {
    const NodeOption &option = node.options[placement.options[index]];
    tasks.emplace_back(TaskKind::Compute, index, option.device, option.time);
    taskOf[index] = index;
  }
}

void Simulator::connectTasks() {
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
      unsigned task = taskOf[consumer], device = tasks[task].device;
      if (device != source.device)
        connect(arrivalAt[device], task);
      else if (tensor.source && taskOf[*tensor.source] != task)
        connect(taskOf[*tensor.source], task);
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
  auto &times =
      task.kind == TaskKind::Send ? result.uplinkTime : result.deviceTime;
  times[task.device] += task.duration;
  events.emplace(now + task.duration, EventKind::TaskEnd, request, index);
}

void Simulator::handle(const Event &event) {
  auto [now, kind, request, index] = event;
  if (kind == EventKind::RequestArrival) {
    for (index = 0; index < tasks.size(); ++index)
      if (tasks[index].numInputs == 0)
        makeReady(request, index);
    return;
  }
  const Task &task = tasks[index];
  if (kind == EventKind::TaskEnd) {
    isBusy[getResource(task)] = false;
    if (task.delay > 0) {
      events.emplace(now + task.delay, EventKind::TensorArrival, request,
                     index);
      return;
    }
  }
  result.finishTimes[request] = now;
  for (unsigned next : task.next)
    if (--missing[size_t(request) * tasks.size() + next] == 0)
      makeReady(request, next);
}

SimulationResult Simulator::run() {
  waiting.resize(2 * problem.devices.size());
  isBusy.assign(2 * problem.devices.size(), false);
  result.deviceTime.assign(problem.devices.size(), 0);
  result.uplinkTime.assign(problem.devices.size(), 0);
  result.finishTimes.assign(options.numRequests, 0);
  for (unsigned request = 0; request < options.numRequests; ++request) {
    for (const Task &task : tasks)
      missing.push_back(task.numInputs);
    events.emplace(request * options.interval, EventKind::RequestArrival,
                   request, 0);
  }
  while (!events.empty()) {
    // All that happens at one time, before anything new is started.
    double now = std::get<0>(events.top());
    while (!events.empty() && std::get<0>(events.top()) == now) {
      Event event = events.top();
      events.pop();
      handle(event);
    }
    for (unsigned resource = 0; resource < waiting.size(); ++resource)
      startNext(resource, now);
  }
  for (unsigned request = 0; request < options.numRequests; ++request)
    result.latencies.push_back(result.finishTimes[request] -
                               request * options.interval);
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
  if (!std::isfinite(options.interval * options.numRequests) ||
      options.interval < 0)
    return llvm::createStringError(
        "the interval between requests is negative or not finite");
  return Simulator(problem, placement, options).run();
}
