//===- PlanReport.h - A plan to look at -------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PLAN_PLANREPORT_H
#define LATHE_PLAN_PLANREPORT_H

#include "lathe/Plan/Plan.h"
#include "lathe/Support/HtmlPage.h"

namespace lathe {

/// What a report shows of a plan beyond plan.json.
struct PlanPicture {
  /// A unit, where it is drawn: by how many units come before it on the longest
  /// way, and by its place among those of the same depth.
  struct Unit {
    std::string name;
    unsigned device = 0;
    unsigned depth = 0, lane = 0;
  };
  /// What a device, or its uplink, does from `start` to `end` (s) of a run in
  /// which they work side by side.
  struct Task {
    unsigned device = 0;
    bool isUplink = false;
    double start = 0, end = 0;
    unsigned run = 0;
  };
  /// The best energy (J) for a latency (s).
  struct Point {
    double latency = 0, joules = 0;
  };
  std::vector<Unit> units;
  /// From unit to unit.
  std::vector<std::pair<unsigned, unsigned>> edges;
  /// By start; what of a run follows at once is one task. Of one run, or of the
  /// first ones of those that were simulated.
  std::vector<Task> tasks;
  std::vector<Point> frontier;
};

/// Appends tables of the devices, components and transfers, the graph coloured
/// by device, a Gantt chart of the simulated run or runs, the energy of each
/// device, and the frontier of latency and energy.
void addToPage(const Plan &plan, const PlanPicture &picture, HtmlPage &page);

} // namespace lathe

#endif // LATHE_PLAN_PLANREPORT_H
