//===- PlanDescription.cpp - What a plan says of itself -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlannerDetail.h"
#include "lathe/Partition/Frontier.h"
#include "lathe/Target/Common/CNames.h"

#include <map>

using namespace mlir;
using namespace lathe;
using namespace lathe::partition;

void Planner::describeDevices() {
  for (const auto &[index, device] : llvm::enumerate(network.devices)) {
    PlanDevice &described = planned.plan.devices.emplace_back();
    described.name = device.name;
    described.target = device.target.name;
    described.timesFrom = times[index].source;
    described.isMeasured = times[index].isMeasured;
    described.computeSeconds = result.metrics.deviceTime[index];
    described.joules = result.metrics.energy[index];
    described.weightBytes = static_cast<int64_t>(result.metrics.memory[index]);
  }
}

void Planner::describeTransfers() {
  for (const Crossing &crossing : result.placement.crossings) {
    const UnitTensor &tensor = units.tensors[crossing.tensor];
    unsigned from =
        tensor.source ? deviceOf[*tensor.source] : network.inputDevice;
    const PlacementTensor &sent = problem.tensors[crossing.tensor];
    auto cost = computeCrossingCost(problem, sent, partition::Precision::F32,
                                    from, crossing.destination, crossing.codec);
    planned.plan.transfers.push_back(
        {tensor.name, from, crossing.destination,
         getCodec(problem, crossing).str(),
         sent.codecs.empty()
             ? tensor.bytes
             : static_cast<int64_t>(sent.codecs[crossing.codec].bytes),
         cost->getTime()});
  }
}

void Planner::describeComponents(StringRef name) {
  CNameScope names;
  for (const lathe::Component &component : getComponents()) {
    PlanComponent &described = planned.plan.components.emplace_back();
    described.device = component.device;
    // Its functions have names of C, and its folder the same.
    described.name = names.claim(
        (name + "_" + network.devices[component.device].name).str());
    for (unsigned unit : component.units) {
      described.units.push_back(units.units[unit].name);
      if (units.units[unit].isInt8)
        described.int8Units.push_back(units.units[unit].name);
      described.computeSeconds += times[component.device].seconds[unit];
    }
    for (const PassedTensor &passed : component.inputs)
      described.inputs.push_back(passed.getName(units));
    for (const PassedTensor &passed : component.outputs)
      described.outputs.push_back(passed.getName(units));
    planned.components.push_back(
        extractComponent(model, units, component, described.name));
  }
}

void Planner::drawUnits() {
  PlanPicture &picture = planned.picture;
  for (auto [unit, device] : llvm::zip_equal(units.units, deviceOf))
    picture.units.push_back({unit.name, device, 0, 0});
  // Sources come before what reads them.
  for (const UnitTensor &tensor : units.tensors)
    for (unsigned reader :
         tensor.source ? tensor.consumers : std::vector<unsigned>()) {
      picture.edges.push_back({*tensor.source, reader});
      unsigned &depth = picture.units[reader].depth;
      depth = std::max(depth, picture.units[*tensor.source].depth + 1);
    }
  std::map<unsigned, unsigned> lanes;
  for (PlanPicture::Unit &unit : picture.units)
    unit.lane = lanes[unit.depth]++;
}

llvm::Error Planner::drawFrontier() {
  auto oracle = PlacementOracle::create(problem);
  if (!oracle)
    return oracle.takeError();
  auto points = computeFrontier(*oracle, getLimits(weightLimits, options));
  if (!points)
    return points.takeError();
  for (const FrontierPoint &point : *points)
    planned.picture.frontier.push_back({point.latency, point.energy});
  return llvm::Error::success();
}
