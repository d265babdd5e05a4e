//===- PlanSimulation.cpp - What happens when a plan runs -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlannerDetail.h"

#include <cmath>
#include <map>

using namespace lathe;
using namespace lathe::partition;

/// The runs of a chart, which is to be readable.
static constexpr unsigned maxDrawnRuns = 8;

/// The least of `sorted` that `share` of them (above 0, up to 1) do not exceed.
static double getPercentile(llvm::ArrayRef<double> sorted, double share) {
  auto rank = static_cast<size_t>(std::ceil(share * sorted.size()));
  return sorted[rank - 1];
}

llvm::Expected<SimulationResult> Planner::simulateRuns(unsigned numRuns,
                                                       double interval) const {
  SimulationOptions runs;
  runs.numRequests = numRuns;
  runs.interval = interval;
  runs.components = parts;
  return simulate(problem, result.placement, runs);
}

void Planner::describeSimulation(const SimulationResult &runs) {
  std::vector<double> latencies = runs.latencies;
  llvm::sort(latencies);
  PlanSimulation &described = planned.plan.simulation.emplace();
  described.runs = options.simulatedRuns;
  described.intervalSeconds = options.runInterval;
  described.leastSeconds = latencies.front();
  described.medianSeconds = getPercentile(latencies, 0.5);
  described.percentile95Seconds = getPercentile(latencies, 0.95);
  described.mostSeconds = latencies.back();
  described.runsPerSecond = runs.getThroughput();
  auto getShare = [&](double time) {
    return runs.getEnd() > 0 ? time / runs.getEnd() : 0;
  };
  for (double time : runs.deviceTime)
    described.deviceShares.push_back(getShare(time));
  for (double time : runs.uplinkTime)
    described.uplinkShares.push_back(getShare(time));
}

/// What happens when devices work side by side.
llvm::Error Planner::describeRun() {
  auto shown = simulateRuns(/*numRuns=*/1, /*interval=*/0);
  if (!shown)
    return shown.takeError();
  auto many = simulateRuns(/*numRuns=*/100, /*interval=*/0);
  if (!many)
    return many.takeError();
  Plan &plan = planned.plan;
  plan.makespanSeconds = shown->getMakespan();
  plan.requestsPerSecond = many->getThroughput();
  if (options.objective == PlanObjective::Makespan) {
    // The search has kernels run by themselves.
    plan.objective = plan.makespanSeconds;
    plan.bound = std::min(lowerBound, plan.objective);
    plan.isOptimal &= isProved(plan);
  }
  if (options.simulatedRuns > 0) {
    shown = simulateRuns(options.simulatedRuns, options.runInterval);
    if (!shown)
      return shown.takeError();
    describeSimulation(*shown);
  }
  if (!options.draws)
    return llvm::Error::success();
  drawUnits();
  drawTasks(*shown);
  return drawFrontier();
}

void Planner::drawTasks(const SimulationResult &runs) {
  std::map<std::pair<unsigned, bool>, size_t> last;
  std::vector<PlanPicture::Task> &tasks = planned.picture.tasks;
  for (const SimulatedTask &task : runs.tasks) {
    if (task.request >= maxDrawnRuns)
      continue;
    bool isUplink = task.kind == TaskKind::Send;
    auto [it, isFirst] =
        last.try_emplace({task.device, isUplink}, tasks.size());
    if (!isFirst && tasks[it->second].run == task.request &&
        tasks[it->second].end >= task.start) {
      tasks[it->second].end = task.end;
      continue;
    }
    it->second = tasks.size();
    tasks.push_back(
        {task.device, isUplink, task.start, task.end, task.request});
  }
}
