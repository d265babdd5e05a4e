//===- SimulationFlags.cpp - Flags of simulated runs ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SimulationFlags.h"

#include "lathe/Support/Quantity.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace cl = llvm::cl;
using namespace lathe;
using namespace lathe::tool;

/// More runs of a large plan would take gigabytes.
static constexpr unsigned maxRuns = 100000;

SimulationFlags::SimulationFlags(cl::SubCommand &command)
    : runs("simulate", cl::sub(command), cl::value_desc("N"),
           cl::desc("Simulate N runs, from 1 to 100000, that follow each "
                    "other: latencies, and how busy devices and uplinks are")),
      interval("interval", cl::sub(command), cl::value_desc("time"),
               cl::desc("How far apart the simulated runs arrive, such as "
                        "20ms (default 0: all are there at the start)")) {}

llvm::Error SimulationFlags::addTo(PlanOptions &options) const {
  bool isGiven = runs.getNumOccurrences() > 0;
  if (isGiven && (runs < 1 || runs > maxRuns))
    return llvm::createStringError("--simulate is from 1 to " +
                                   llvm::Twine(maxRuns));
  options.simulatedRuns = runs;
  if (interval.getNumOccurrences() == 0)
    return llvm::Error::success();
  if (!isGiven)
    return llvm::createStringError(
        "--interval goes with --simulate=N, whose runs it sets apart");
  llvm::Expected<double> seconds = parseQuantity(interval, Dimension::Seconds);
  if (!seconds)
    return llvm::createStringError("--interval: " +
                                   llvm::toString(seconds.takeError()));
  // Beyond that, times between runs hide what a run takes.
  if (*seconds > 1e6)
    return llvm::createStringError("--interval is at most 1000000 s");
  options.runInterval = *seconds;
  return llvm::Error::success();
}

void lathe::tool::printSimulation(const Plan &plan) {
  if (!plan.simulation)
    return;
  const PlanSimulation &simulation = *plan.simulation;
  llvm::outs() << llvm::formatv(
      "runs     {0} simulated, {1:F3} ms apart: {2:F2} per second; {3:F3} ms "
      "least, {4:F3} ms median, {5:F3} ms for 95 %, {6:F3} ms most\n"
      "busy     ",
      simulation.runs, simulation.intervalSeconds * 1e3,
      simulation.runsPerSecond, simulation.leastSeconds * 1e3,
      simulation.medianSeconds * 1e3, simulation.percentile95Seconds * 1e3,
      simulation.mostSeconds * 1e3);
  llvm::ListSeparator comma(", ");
  for (auto [device, share, uplink] : llvm::zip_equal(
           plan.devices, simulation.deviceShares, simulation.uplinkShares))
    llvm::outs() << llvm::StringRef(comma)
                 << llvm::formatv("{0} {1:P}, its uplink {2:P}", device.name,
                                  share, uplink);
  llvm::outs() << "\n";
}
