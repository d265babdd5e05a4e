//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EliminationModel.h"

#include "llvm/ADT/STLExtras.h"
#include <limits>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::BitVector;
using llvm::SmallVector;

/// A tensor with as many free consumers has indicators.
static constexpr unsigned manyConsumers = 5;
/// And one whose table would have more cells than this.
static constexpr double maxTableCells = 1 << 20;

EliminationModel::EliminationModel(const PlacementGraph &graph,
                                   const BitVector &labels, double maxCells,
                                   bool noiseTerms)
    : graph(graph) {
  variables.resize(graph.getNumVariables());
  fixedDevices.resize(graph.tensors.size());
  for (unsigned variable = 0; variable < variables.size(); ++variable)
    addVariable(variable, labels);
  for (unsigned tensor = 0; tensor < graph.tensors.size(); ++tensor)
    addTensor(tensor);
  for (unsigned term = 0; noiseTerms && term < graph.noiseTerms.size(); ++term)
    addNoiseTerm(term);
  std::vector<SmallVector<unsigned, 4>> scopes;
  for (const FactorShape &shape : shapes)
    scopes.push_back(shape.scope);
  order = computeMinFillOrder(domainSizes, scopes, maxCells);
}

void EliminationModel::addVariable(unsigned index, const BitVector &labels) {
  Variable &variable = variables[index];
  SmallVector<unsigned> own = graph.getLabels(index, labels);
  bool hasBoth = false;
  for (unsigned label : own) {
    unsigned device = graph.labelDevice[label];
    if (llvm::is_contained(variable.devices, device))
      hasBoth = true;
    else
      variable.devices.push_back(device);
  }
  size_t numDevices = variable.devices.size();
  if (numDevices > 1)
    variable.device = addDomain(numDevices);
  if (hasBoth)
    variable.precision = addDomain(2);
  variable.labels.assign(numDevices * (hasBoth ? 2 : 1), none);
  for (unsigned label : own) {
    size_t slot = llvm::find(variable.devices, graph.labelDevice[label]) -
                  variable.devices.begin();
    if (hasBoth && graph.labelPrecision[label] == Precision::Int8)
      slot += numDevices;
    variable.labels[slot] = label;
  }
  FactorShape shape{FactorKind::Node, index, 0, 0, {}};
  appendSource(index, shape.scope);
  if (!shape.scope.empty())
    shapes.push_back(std::move(shape));
}

void EliminationModel::appendSource(
    unsigned variable, llvm::SmallVectorImpl<unsigned> &scope) const {
  if (variables[variable].device != none)
    scope.push_back(variables[variable].device);
  if (variables[variable].precision != none)
    scope.push_back(variables[variable].precision);
}

bool EliminationModel::isTable(unsigned tensor,
                               ArrayRef<unsigned> consumers) const {
  const Variable &source = variables[graph.tensors[tensor].source];
  double cells = source.labels.size();
  for (unsigned consumer : consumers)
    cells *= variables[consumer].devices.size();
  return consumers.size() < manyConsumers && cells <= maxTableCells;
}

void EliminationModel::addTensor(unsigned tensor) {
  SmallVector<unsigned> free;
  for (unsigned consumer : graph.tensors[tensor].consumers) {
    if (variables[consumer].device != none)
      free.push_back(consumer);
    else if (unsigned device = variables[consumer].devices.front();
             !llvm::is_contained(fixedDevices[tensor], device))
      fixedDevices[tensor].push_back(device);
  }
  if (free.empty())
    return;
  if (!isTable(tensor, free)) {
    addIndicators(tensor, free);
    return;
  }
  FactorShape shape{FactorKind::Tensor, tensor, 0, 0, {}};
  appendSource(graph.tensors[tensor].source, shape.scope);
  for (unsigned consumer : free)
    shape.scope.push_back(variables[consumer].device);
  shapes.push_back(std::move(shape));
}

/// A node whose precision follows from its device is seen by that.
void EliminationModel::addNoiseTerm(unsigned term) {
  FactorShape shape{FactorKind::Noise, term, 0, 0, {}};
  for (unsigned node : graph.noiseTerms[term].nodes) {
    const Variable &variable = variables[node];
    auto isInt8 = [&](unsigned label) {
      return label != none && graph.labelPrecision[label] == Precision::Int8;
    };
    if (variable.precision != none)
      shape.scope.push_back(variable.precision);
    if (variable.device != none &&
        (variable.precision == none ||
         llvm::is_contained(variable.labels, none)) &&
        llvm::any_of(variable.labels, isInt8))
      shape.scope.push_back(variable.device);
  }
  if (!shape.scope.empty())
    shapes.push_back(std::move(shape));
}

void EliminationModel::addIndicators(unsigned tensor,
                                     ArrayRef<unsigned> consumers) {
  SmallVector<unsigned, 4> sourceScope;
  appendSource(graph.tensors[tensor].source, sourceScope);
  for (unsigned device = 0; device < graph.numDevices; ++device) {
    if (llvm::is_contained(fixedDevices[tensor], device))
      continue;
    SmallVector<unsigned> there;
    for (unsigned consumer : consumers)
      if (llvm::is_contained(variables[consumer].devices, device))
        there.push_back(consumer);
    if (there.empty())
      continue;
    if (there.size() == 1) {
      FactorShape shape{FactorKind::Destination, tensor, device, there.front(),
                        sourceScope};
      shape.scope.push_back(variables[there.front()].device);
      shapes.push_back(std::move(shape));
      continue;
    }
    unsigned indicator = addDomain(2);
    FactorShape send{FactorKind::Send, tensor, device, 0, sourceScope};
    send.scope.push_back(indicator);
    shapes.push_back(std::move(send));
    for (unsigned consumer : there)
      shapes.push_back({FactorKind::Reach,
                        tensor,
                        device,
                        consumer,
                        {variables[consumer].device, indicator}});
  }
}

unsigned EliminationModel::getDevice(unsigned index,
                                     ArrayRef<unsigned> assignment) const {
  const Variable &variable = variables[index];
  return variable
      .devices[variable.device == none ? 0 : assignment[variable.device]];
}

unsigned EliminationModel::getLabel(unsigned index,
                                    ArrayRef<unsigned> assignment) const {
  const Variable &variable = variables[index];
  unsigned slot = variable.device == none ? 0 : assignment[variable.device];
  if (variable.precision == none)
    return variable.labels[slot];
  bool isInt8 = assignment[variable.precision] == 1;
  return variable.labels[slot + (isInt8 ? variable.devices.size() : 0)];
}

double
EliminationModel::computeTensorCost(unsigned tensor, const double *crossings,
                                    ArrayRef<unsigned> assignment) const {
  SmallVector<unsigned, manyConsumers> reached(
      ArrayRef<unsigned>{fixedDevices[tensor]});
  double cost = 0;
  for (unsigned consumer : graph.tensors[tensor].consumers) {
    if (variables[consumer].device == none)
      continue;
    unsigned device = getDevice(consumer, assignment);
    if (llvm::is_contained(reached, device))
      continue;
    reached.push_back(device);
    cost += crossings[device];
  }
  return cost;
}

double EliminationModel::computeCost(const FactorShape &shape,
                                     const CostTables &costs,
                                     const BitVector *allowed,
                                     ArrayRef<unsigned> assignment) const {
  if (shape.kind == FactorKind::Reach)
    return assignment[shape.scope.back()] == 0 &&
                   getDevice(shape.consumer, assignment) == shape.device
               ? costs.getForbidden()
               : 0;
  if (shape.kind == FactorKind::Noise) {
    const NoiseTerm &term = graph.noiseTerms[shape.variable];
    bool applies = llvm::all_of(term.nodes, [&](unsigned node) {
      unsigned label = getLabel(node, assignment);
      return label != none && graph.labelPrecision[label] == Precision::Int8;
    });
    return applies ? costs.getNoiseTermWeight() * term.coefficient : 0;
  }
  bool isNode = shape.kind == FactorKind::Node;
  unsigned source =
      isNode ? shape.variable : graph.tensors[shape.variable].source;
  unsigned label = getLabel(source, assignment);
  // The node's own factor rules out labels that do not exist.
  if (label == none)
    return isNode ? std::numeric_limits<double>::infinity() : 0;
  if (isNode) {
    double cost = costs.getUnary(label);
    if (allowed && !allowed->test(label))
      return std::numeric_limits<double>::infinity();
    for (unsigned tensor : graph.outputs[source])
      for (unsigned device : fixedDevices[tensor])
        cost += costs.getCrossings(tensor, label)[device];
    return cost;
  }
  const double *crossings = costs.getCrossings(shape.variable, label);
  switch (shape.kind) {
  case FactorKind::Send:
    return assignment[shape.scope.back()] == 1 ? crossings[shape.device] : 0;
  case FactorKind::Destination:
    return getDevice(shape.consumer, assignment) == shape.device
               ? crossings[shape.device]
               : 0;
  default:
    return computeTensorCost(shape.variable, crossings, assignment);
  }
}

void EliminationModel::fill(const FactorShape &shape, ArrayRef<unsigned> scope,
                            const CostTables &costs, const BitVector *allowed,
                            std::vector<unsigned> &assignment,
                            double *values) const {
  for (unsigned variable : scope)
    assignment[variable] = 0;
  while (true) {
    *values++ = computeCost(shape, costs, allowed, assignment);
    size_t dimension = scope.size();
    while (dimension > 0) {
      unsigned variable = scope[--dimension];
      if (++assignment[variable] < domainSizes[variable])
        break;
      assignment[variable] = 0;
      if (dimension == 0)
        return;
    }
  }
}

std::vector<unsigned>
EliminationModel::decode(ArrayRef<unsigned> assignment) const {
  std::vector<unsigned> labels;
  for (unsigned variable = 0; variable < variables.size(); ++variable)
    labels.push_back(getLabel(variable, assignment));
  return labels;
}

std::vector<unsigned>
EliminationModel::minimize(const CostTables &costs,
                           const BitVector &allowed) const {
  BucketElimination elimination(domainSizes, order.variables);
  std::vector<unsigned> assignment(domainSizes.size(), 0);
  for (const FactorShape &shape : shapes) {
    SmallVector<unsigned, 4> scope(shape.scope);
    double *values = elimination.addFactor(scope);
    fill(shape, scope, costs, &allowed, assignment, values);
  }
  return decode(elimination.minimize());
}

void EliminationModel::forEachFactor(const CostTables &costs,
                                     FactorFunction function) const {
  std::vector<unsigned> assignment(domainSizes.size(), 0);
  for (const FactorShape &shape : shapes) {
    size_t size = 1;
    for (unsigned variable : shape.scope)
      size *= domainSizes[variable];
    std::vector<double> values(size);
    fill(shape, shape.scope, costs, nullptr, assignment, values.data());
    function(shape.scope, values);
  }
}

double EliminationModel::computeConstant(const CostTables &costs) const {
  double sum = 0;
  for (unsigned index = 0; index < variables.size(); ++index)
    if (variables[index].device == none && variables[index].precision == none)
      sum +=
          computeCost({FactorKind::Node, index, 0, 0, {}}, costs, nullptr, {});
  return sum;
}
