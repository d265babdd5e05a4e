//===- Plan.cpp - plan.json -----------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/Plan.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe;
namespace json = llvm::json;

/// The format's version: readers refuse another one.
static constexpr int64_t planVersion = 1;

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static json::Value toJSON(const PlanDevice &device) {
  return json::Object{{"name", device.name},
                      {"target", device.target},
                      {"times_from", device.timesFrom},
                      {"measured", device.isMeasured},
                      {"compute_seconds", device.computeSeconds},
                      {"joules", device.joules},
                      {"weight_bytes", device.weightBytes}};
}

static json::Value toJSON(const PlanComponent &component) {
  return json::Object{{"name", component.name},
                      {"device", component.device},
                      {"units", component.units},
                      {"int8_units", component.int8Units},
                      {"inputs", component.inputs},
                      {"outputs", component.outputs},
                      {"compute_seconds", component.computeSeconds},
                      {"arena_bytes", component.arenaBytes},
                      {"weight_bytes", component.weightBytes}};
}

static json::Value toJSON(const PlanTransfer &transfer) {
  return json::Object{
      {"tensor", transfer.tensor}, {"from", transfer.from},
      {"to", transfer.to},         {"codec", transfer.codec},
      {"bytes", transfer.bytes},   {"seconds", transfer.seconds}};
}

static json::Value toJSON(const PlanPrecision &precision) {
  json::Object object{{"noise", precision.noise},
                      {"objective", precision.objective}};
  if (precision.bound)
    object["bound"] = *precision.bound;
  return object;
}

static json::Value toJSON(const PlanSimulation &simulation) {
  return json::Object{{"runs", simulation.runs},
                      {"interval_seconds", simulation.intervalSeconds},
                      {"least_seconds", simulation.leastSeconds},
                      {"median_seconds", simulation.medianSeconds},
                      {"percentile_95_seconds", simulation.percentile95Seconds},
                      {"most_seconds", simulation.mostSeconds},
                      {"runs_per_second", simulation.runsPerSecond},
                      {"device_shares", simulation.deviceShares},
                      {"uplink_shares", simulation.uplinkShares}};
}

template <typename T> static json::Array toArray(const std::vector<T> &list) {
  json::Array array;
  for (const T &element : list)
    array.push_back(toJSON(element));
  return array;
}

std::string Plan::print() const {
  json::Object object{
      {"lathe_plan", planVersion},
      {"model", model},
      {"network", network},
      {"inputs", inputs},
      {"outputs", outputs},
      {"input_device", inputDevice},
      {"output_device", outputDevice},
      {"objective_name", objectiveName},
      {"latency_weight", latencyWeight},
      {"energy_weight", energyWeight},
      {"latency_seconds", latencySeconds},
      {"joules", joules},
      {"makespan_seconds", makespanSeconds},
      {"requests_per_second", requestsPerSecond},
      {"objective", objective},
      {"bound", bound},
      {"gap", getGap()},
      {"optimal", isOptimal},
      {"devices", toArray(devices)},
      {"components", toArray(components)},
      {"transfers", toArray(transfers)},
  };
  if (precision)
    object["precision"] = toJSON(*precision);
  if (simulation)
    object["simulation"] = toJSON(*simulation);
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::formatv("{0:2}\n", json::Value(std::move(object)));
  return text;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace lathe {

/// Found by llvm::json through the arguments' namespace, like those below.
static bool fromJSON(const json::Value &value, PlanDevice &device,
                     json::Path where) {
  json::ObjectMapper object(value, where);
  return object && object.map("name", device.name) &&
         object.map("target", device.target) &&
         object.map("times_from", device.timesFrom) &&
         object.map("measured", device.isMeasured) &&
         object.map("compute_seconds", device.computeSeconds) &&
         object.map("joules", device.joules) &&
         object.map("weight_bytes", device.weightBytes);
}

static bool fromJSON(const json::Value &value, PlanComponent &component,
                     json::Path where) {
  json::ObjectMapper object(value, where);
  return object && object.map("name", component.name) &&
         object.map("device", component.device) &&
         object.map("units", component.units) &&
         object.map("int8_units", component.int8Units) &&
         object.map("inputs", component.inputs) &&
         object.map("outputs", component.outputs) &&
         object.map("compute_seconds", component.computeSeconds) &&
         object.map("arena_bytes", component.arenaBytes) &&
         object.map("weight_bytes", component.weightBytes);
}

static bool fromJSON(const json::Value &value, PlanPrecision &precision,
                     json::Path where) {
  json::ObjectMapper object(value, where);
  return object && object.map("noise", precision.noise) &&
         object.map("objective", precision.objective) &&
         object.map("bound", precision.bound);
}

static bool fromJSON(const json::Value &value, PlanSimulation &simulation,
                     json::Path where) {
  json::ObjectMapper object(value, where);
  return object && object.map("runs", simulation.runs) &&
         object.map("interval_seconds", simulation.intervalSeconds) &&
         object.map("least_seconds", simulation.leastSeconds) &&
         object.map("median_seconds", simulation.medianSeconds) &&
         object.map("percentile_95_seconds", simulation.percentile95Seconds) &&
         object.map("most_seconds", simulation.mostSeconds) &&
         object.map("runs_per_second", simulation.runsPerSecond) &&
         object.map("device_shares", simulation.deviceShares) &&
         object.map("uplink_shares", simulation.uplinkShares);
}

static bool fromJSON(const json::Value &value, PlanTransfer &transfer,
                     json::Path where) {
  json::ObjectMapper object(value, where);
  return object && object.map("tensor", transfer.tensor) &&
         object.map("from", transfer.from) && object.map("to", transfer.to) &&
         object.map("codec", transfer.codec) &&
         object.map("bytes", transfer.bytes) &&
         object.map("seconds", transfer.seconds);
}

static bool fromJSON(const json::Value &value, Plan &plan, json::Path where) {
  json::ObjectMapper object(value, where);
  int64_t version = 0;
  if (!object || !object.map("lathe_plan", version))
    return false;
  if (version != planVersion) {
    where.field("lathe_plan").report("another version of Lathe wrote this");
    return false;
  }
  return object.map("model", plan.model) &&
         object.map("network", plan.network) &&
         object.map("inputs", plan.inputs) &&
         object.map("outputs", plan.outputs) &&
         object.map("input_device", plan.inputDevice) &&
         object.map("output_device", plan.outputDevice) &&
         object.map("objective_name", plan.objectiveName) &&
         object.map("latency_weight", plan.latencyWeight) &&
         object.map("energy_weight", plan.energyWeight) &&
         object.map("latency_seconds", plan.latencySeconds) &&
         object.map("joules", plan.joules) &&
         object.map("makespan_seconds", plan.makespanSeconds) &&
         object.map("requests_per_second", plan.requestsPerSecond) &&
         object.map("precision", plan.precision) &&
         object.map("simulation", plan.simulation) &&
         object.map("objective", plan.objective) &&
         object.map("bound", plan.bound) &&
         object.map("optimal", plan.isOptimal) &&
         object.map("devices", plan.devices) &&
         object.map("components", plan.components) &&
         object.map("transfers", plan.transfers);
}

} // namespace lathe

static std::string getPlanFile(llvm::StringRef directory) {
  llvm::SmallString<128> file(directory);
  llvm::sys::path::append(file, Plan::fileName);
  return file.str().str();
}

bool Plan::isPlan(llvm::StringRef path) {
  return llvm::sys::fs::exists(getPlanFile(path));
}

/// Whether what the plan says of its devices by number is there.
static bool namesDevices(const Plan &plan) {
  size_t count = plan.devices.size();
  auto isComponentRight = [&](const PlanComponent &component) {
    return component.device < count;
  };
  auto isTransferRight = [&](const PlanTransfer &transfer) {
    return transfer.from < count && transfer.to < count;
  };
  bool isSimulationRight =
      !plan.simulation || (plan.simulation->deviceShares.size() == count &&
                           plan.simulation->uplinkShares.size() == count);
  return isSimulationRight && plan.inputDevice < count &&
         plan.outputDevice < count &&
         llvm::all_of(plan.components, isComponentRight) &&
         llvm::all_of(plan.transfers, isTransferRight);
}

llvm::Expected<Plan> Plan::load(llvm::StringRef path) {
  std::string file = getPlanFile(path);
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError(file + ": " + buffer.getError().message());
  llvm::Expected<json::Value> value = json::parse((*buffer)->getBuffer());
  if (!value)
    return llvm::createStringError(
        file + ": is not JSON: " + llvm::toString(value.takeError()));
  Plan plan;
  json::Path::Root root("plan");
  if (!fromJSON(*value, plan, root))
    return llvm::createStringError(file + ": " +
                                   llvm::toString(root.getError()));
  if (!namesDevices(plan))
    return llvm::createStringError(
        file +
        ": a component or transfer is of a device that is not listed, or "
        "the simulation of other devices");
  return plan;
}
