//===- SimulationFlags.h - Flags of simulated runs --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_SIMULATIONFLAGS_H
#define LATHE_TOOLS_LATHE_SIMULATIONFLAGS_H

#include "lathe/Plan/Planner.h"

#include "llvm/Support/CommandLine.h"

namespace lathe::tool {

/// The flags of `lathe partition` about runs that follow each other.
class SimulationFlags {
public:
  explicit SimulationFlags(llvm::cl::SubCommand &command);

  /// Fails if a value is out of range, or if --interval stands without
  /// --simulate.
  llvm::Error addTo(PlanOptions &options) const;

private:
  llvm::cl::opt<unsigned> runs;
  llvm::cl::opt<std::string> interval;
};

/// Prints what came of the simulation of `plan`, if there was one.
void printSimulation(const Plan &plan);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_SIMULATIONFLAGS_H
