//===- PlanReport.cpp - A plan to look at ---------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/PlanReport.h"

#include "llvm/Support/FormatVariadic.h"

using namespace lathe;
namespace json = llvm::json;
using llvm::StringRef;

static std::string formatMilliseconds(double seconds) {
  return llvm::formatv("{0:F3}", seconds * 1e3);
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

static void addDevices(const Plan &plan, HtmlPage &page) {
  std::vector<HtmlPage::Row> rows = {{{"device"},
                                      {"target"},
                                      {"computes, ms"},
                                      {"J, modelled"},
                                      {"weights, bytes"},
                                      {"times"}}};
  for (const PlanDevice &device : plan.devices)
    rows.push_back({{device.name},
                    {device.target},
                    {formatMilliseconds(device.computeSeconds)},
                    {llvm::formatv("{0:F6}", device.joules)},
                    {std::to_string(device.weightBytes)},
                    {device.timesFrom}});
  page.addTable(rows);
}

static void addComponents(const Plan &plan, HtmlPage &page) {
  std::vector<HtmlPage::Row> rows = {{{"component"},
                                      {"device"},
                                      {"kernels"},
                                      {"in 8 bits"},
                                      {"computes, ms"},
                                      {"arena, bytes"},
                                      {"weights, bytes"}}};
  for (const PlanComponent &component : plan.components)
    rows.push_back({{component.name},
                    {plan.devices[component.device].name},
                    {std::to_string(component.units.size())},
                    {std::to_string(component.int8Units.size())},
                    {formatMilliseconds(component.computeSeconds)},
                    {std::to_string(component.arenaBytes)},
                    {std::to_string(component.weightBytes)}});
  page.addTable(rows);
}

static void addTransfers(const Plan &plan, HtmlPage &page) {
  if (plan.transfers.empty())
    return;
  std::vector<HtmlPage::Row> rows = {
      {{"tensor"}, {"from"}, {"to"}, {"codec"}, {"bytes"}, {"ms"}}};
  for (const PlanTransfer &transfer : plan.transfers)
    rows.push_back({{transfer.tensor},
                    {plan.devices[transfer.from].name},
                    {plan.devices[transfer.to].name},
                    {transfer.codec},
                    {std::to_string(transfer.bytes)},
                    {formatMilliseconds(transfer.seconds)}});
  page.addTable(rows);
}

//===----------------------------------------------------------------------===//
// Charts
//===----------------------------------------------------------------------===//

static json::Object makePoint(double x, double y) {
  return json::Object{{"x", x}, {"y", y}};
}

/// The edges as one line with gaps, and a set of points for each device.
static void addGraph(const Plan &plan, const PlanPicture &picture,
                     HtmlPage &page) {
  json::Array lines;
  for (auto [from, to] : picture.edges) {
    const PlanPicture::Unit &a = picture.units[from], &b = picture.units[to];
    lines.push_back(makePoint(a.depth, a.lane));
    lines.push_back(makePoint(b.depth, b.lane));
    lines.push_back(json::Object{{"x", nullptr}, {"y", nullptr}});
  }
  json::Array datasets;
  for (auto [number, device] : llvm::enumerate(plan.devices)) {
    json::Array points;
    for (const PlanPicture::Unit &unit : picture.units)
      if (unit.device == number)
        points.push_back(makePoint(unit.depth, unit.lane));
    datasets.push_back(
        json::Object{{"label", device.name},
                     {"data", std::move(points)},
                     {"pointRadius", 5},
                     {"backgroundColor", getChartColor(number)}});
  }
  datasets.push_back(json::Object{{"label", "tensors"},
                                  {"data", std::move(lines)},
                                  {"type", "line"},
                                  {"pointRadius", 0},
                                  {"borderWidth", 1},
                                  {"borderColor", "#888888"}});
  page.addChart(
      json::Object{{"type", "scatter"},
                   {"data", json::Object{{"datasets", std::move(datasets)}}},
                   {"options", makeChartOptions("kernels before it", "")}},
      /*height=*/360);
}

static unsigned getNumRuns(const PlanPicture &picture) {
  unsigned count = 0;
  for (const PlanPicture::Task &task : picture.tasks)
    count = std::max(count, task.run + 1);
  return count;
}

/// The row of a device or its uplink.
static std::string getRow(const Plan &plan, unsigned device, bool isUplink) {
  return plan.devices[device].name + (isUplink ? ", sends" : "");
}

/// Those of `tasks` that `isIn` says, in ms.
static json::Array
makeBars(const Plan &plan, llvm::ArrayRef<PlanPicture::Task> tasks,
         llvm::function_ref<bool(const PlanPicture::Task &)> isIn) {
  json::Array bars;
  for (const PlanPicture::Task &task : tasks)
    if (isIn(task))
      bars.push_back(
          json::Object{{"x", json::Array{task.start * 1e3, task.end * 1e3}},
                       {"y", getRow(plan, task.device, task.isUplink)}});
  return bars;
}

static json::Object makeBarSet(const std::string &label, json::Array bars,
                               unsigned color) {
  return json::Object{{"label", label},
                      {"data", std::move(bars)},
                      {"grouped", false},
                      {"backgroundColor", getChartColor(color)}};
}

/// A row for each device and uplink that is at work; the colours are those of
/// devices or, of several runs, of runs.
static void addGantt(const Plan &plan, const PlanPicture &picture,
                     HtmlPage &page) {
  json::Array labels, rows, runs;
  for (unsigned device = 0; device < plan.devices.size(); ++device)
    for (bool isUplink : {false, true}) {
      json::Array bars =
          makeBars(plan, picture.tasks, [&](const PlanPicture::Task &task) {
            return task.device == device && task.isUplink == isUplink;
          });
      if (bars.empty())
        continue;
      std::string row = getRow(plan, device, isUplink);
      labels.push_back(row);
      rows.push_back(makeBarSet(row, std::move(bars), device));
    }
  for (unsigned run = 0; run < getNumRuns(picture); ++run)
    runs.push_back(makeBarSet("run " + std::to_string(run + 1),
                              makeBars(plan, picture.tasks,
                                       [&](const PlanPicture::Task &task) {
                                         return task.run == run;
                                       }),
                              run));
  json::Array datasets = std::move(runs.size() > 1 ? runs : rows);
  json::Object options = makeChartOptions("ms", "");
  options.insert({"indexAxis", "y"});
  int64_t height = 80 + 40 * static_cast<int64_t>(labels.size());
  page.addChart(
      json::Object{{"type", "bar"},
                   {"data", json::Object{{"labels", std::move(labels)},
                                         {"datasets", std::move(datasets)}}},
                   {"options", std::move(options)}},
      height);
}

static void addEnergy(const Plan &plan, HtmlPage &page) {
  json::Array labels, values, colors;
  for (auto [number, device] : llvm::enumerate(plan.devices)) {
    labels.push_back(device.name);
    values.push_back(device.joules);
    colors.push_back(getChartColor(number));
  }
  json::Array datasets{json::Object{{"label", "J for a run, radio included"},
                                    {"data", std::move(values)},
                                    {"backgroundColor", std::move(colors)}}};
  page.addChart(
      json::Object{{"type", "bar"},
                   {"data", json::Object{{"labels", std::move(labels)},
                                         {"datasets", std::move(datasets)}}},
                   {"options", makeChartOptions("", "J")}},
      /*height=*/240);
}

static void addFrontier(const Plan &plan, const PlanPicture &picture,
                        HtmlPage &page) {
  json::Array points;
  for (const PlanPicture::Point &point : picture.frontier)
    points.push_back(makePoint(point.latency * 1e3, point.joules));
  json::Array datasets{
      json::Object{{"label", "this plan"},
                   {"data", json::Array{makePoint(plan.latencySeconds * 1e3,
                                                  plan.joules)}},
                   {"pointRadius", 7},
                   {"backgroundColor", getChartColor(5)}},
      json::Object{{"label", "least energy for a latency"},
                   {"data", std::move(points)},
                   {"showLine", true},
                   {"stepped", "before"},
                   {"backgroundColor", getChartColor(0)},
                   {"borderColor", getChartColor(0)}}};
  page.addChart(
      json::Object{{"type", "scatter"},
                   {"data", json::Object{{"datasets", std::move(datasets)}}},
                   {"options", makeChartOptions("latency, ms", "J")}},
      /*height=*/280);
}

void lathe::addToPage(const Plan &plan, const PlanPicture &picture,
                      HtmlPage &page) {
  std::string summary = llvm::formatv(
      "{0} over {1}: {2} ms predicted with all in turn, {3} ms simulated side "
      "by side, {4:F6} J modelled; {5}.",
      plan.model, plan.network, formatMilliseconds(plan.latencySeconds),
      formatMilliseconds(plan.makespanSeconds), plan.joules,
      plan.isOptimal
          ? std::string("optimal")
          : llvm::formatv("no plan is better by more than {0:P}", plan.getGap())
                .str());
  page.addParagraph(summary);
  addDevices(plan, page);
  page.addHeading("Kernels by device");
  addGraph(plan, picture, page);
  unsigned numRuns = getNumRuns(picture);
  page.addHeading(numRuns > 1 ? llvm::formatv("{0} of {1} runs, side by side",
                                              numRuns, plan.simulation->runs)
                                    .str()
                              : "A run, side by side");
  addGantt(plan, picture, page);
  page.addHeading("Energy");
  addEnergy(plan, page);
  page.addHeading("Latency and energy");
  addFrontier(plan, picture, page);
  page.addHeading("Components");
  addComponents(plan, page);
  addTransfers(plan, page);
}
