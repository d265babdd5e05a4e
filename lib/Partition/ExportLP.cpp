//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/Export.h"

#include "LinearLimit.h"
#include "Weighing.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include <cmath>

using namespace lathe::partition;
using llvm::raw_ostream;
using llvm::Twine;

namespace {

using CrossingFunction =
    llvm::function_ref<void(const std::string &name, const NodeOption &source,
                            unsigned destination, const CrossingCost &cost)>;

class LPWriter {
public:
  LPWriter(const PlacementProblem &problem, raw_ostream &os)
      : problem(problem), os(os) {}

  void write(const MetricWeights &weights,
             llvm::ArrayRef<LinearLimit> linearLimits);

private:
  void writeTerm(double coefficient, const std::string &name) {
    os << (coefficient < 0 ? " - " : " + ")
       << llvm::format("%.17g", std::abs(coefficient)) << ' ' << name << '\n';
  }
  void writeSum(const MetricWeights &weights);
  void writeChoices();
  void writeTensor(unsigned index);
  void writePairs(unsigned index, unsigned consumer);
  void writeArrival(unsigned index, unsigned option, unsigned device,
                    const std::string &needed);
  void writeBinaries();
  static std::string nameOption(unsigned node, unsigned option) {
    return ("o" + Twine(node) + "_" + Twine(option)).str();
  }
  static std::string nameCrossing(unsigned tensor, unsigned option,
                                  unsigned device, unsigned codec) {
    return ("z" + Twine(tensor) + "_" + Twine(option) + "_" + Twine(device) +
            "_" + Twine(codec))
        .str();
  }
  static std::string namePair(unsigned tensor, unsigned consumer,
                              unsigned option, unsigned device) {
    return ("p" + Twine(tensor) + "_" + Twine(consumer) + "_" + Twine(option) +
            "_" + Twine(device))
        .str();
  }
  /// The options of the source; an input has one.
  llvm::SmallVector<NodeOption> getSourceOptions(unsigned tensor) const;
  /// All crossings that are possible.
  void forEachCrossing(CrossingFunction function) const;

  const PlacementProblem &problem;
  raw_ostream &os;
};

} // namespace

llvm::SmallVector<NodeOption> LPWriter::getSourceOptions(unsigned index) const {
  const PlacementTensor &tensor = problem.tensors[index];
  if (tensor.source)
    return problem.nodes[*tensor.source].options;
  return {getSourceOption(problem, tensor, {})};
}

void LPWriter::forEachCrossing(CrossingFunction function) const {
  for (auto [index, tensor] : llvm::enumerate(problem.tensors))
    for (auto [number, option] : llvm::enumerate(getSourceOptions(index)))
      for (unsigned to = 0; to < problem.devices.size(); ++to)
        for (unsigned codec = 0; codec < getNumCodecs(tensor); ++codec) {
          if (to == option.device)
            continue;
          if (auto cost = computeCrossingCost(problem, tensor, option.precision,
                                              option.device, to, codec))
            function(nameCrossing(index, number, to, codec), option, to, *cost);
        }
}

void LPWriter::writeSum(const MetricWeights &given) {
  const MetricWeights weights = withoutIdlePower(problem, given);
  for (auto [node, entry] : llvm::enumerate(problem.nodes))
    for (auto [number, option] : llvm::enumerate(entry.options))
      if (double cost = weighOption(option, node, weights))
        writeTerm(cost, nameOption(node, number));
  forEachCrossing([&](const std::string &name, const NodeOption &source,
                      unsigned to, const CrossingCost &cost) {
    if (double sum = weighCrossing(cost, source.device, to, weights))
      writeTerm(sum, name);
  });
}

void LPWriter::writeChoices() {
  for (auto [node, entry] : llvm::enumerate(problem.nodes)) {
    for (unsigned option = 0; option < entry.options.size(); ++option)
      writeTerm(1, nameOption(node, option));
    os << " = 1\n";
    for (auto [number, option] : llvm::enumerate(entry.options))
      if (entry.pinnedDevice && *entry.pinnedDevice != option.device) {
        writeTerm(1, nameOption(node, number));
        os << " = 0\n";
      }
  }
}

/// The tensor arrives in some form if `needed` is 1, or always if it is empty.
void LPWriter::writeArrival(unsigned index, unsigned option, unsigned device,
                            const std::string &needed) {
  const PlacementTensor &tensor = problem.tensors[index];
  NodeOption source = getSourceOptions(index)[option];
  bool isPossible = false;
  for (unsigned codec = 0; codec < getNumCodecs(tensor); ++codec)
    if (computeCrossingCost(problem, tensor, source.precision, source.device,
                            device, codec)) {
      writeTerm(1, nameCrossing(index, option, device, codec));
      isPossible = true;
    }
  if (!needed.empty())
    os << " - 1 " << needed << " >= 0\n";
  else if (isPossible)
    os << " >= 1\n";
  else
    os << " + 0 " << nameOption(0, 0) << " >= 1\n";
}

/// The pairs of the source's option and the consumer's device: as often as
/// either is chosen.
void LPWriter::writePairs(unsigned index, unsigned consumer) {
  const PlacementTensor &tensor = problem.tensors[index];
  auto options = getSourceOptions(index);
  unsigned numDevices = problem.devices.size();
  for (unsigned option = 0; option < options.size(); ++option) {
    for (unsigned device = 0; device < numDevices; ++device)
      writeTerm(1, namePair(index, consumer, option, device));
    if (tensor.source)
      os << " - 1 " << nameOption(*tensor.source, option) << " = 0\n";
    else
      os << " = 1\n";
  }
  for (unsigned device = 0; device < numDevices; ++device) {
    for (unsigned option = 0; option < options.size(); ++option)
      writeTerm(1, namePair(index, consumer, option, device));
    for (auto [number, option] :
         llvm::enumerate(problem.nodes[consumer].options))
      if (option.device == device)
        writeTerm(-1, nameOption(consumer, number));
    os << " = 0\n";
  }
  for (auto [number, option] : llvm::enumerate(options))
    for (unsigned device = 0; device < numDevices; ++device)
      if (device != option.device)
        writeArrival(index, number, device,
                     namePair(index, consumer, number, device));
}

void LPWriter::writeTensor(unsigned index) {
  const PlacementTensor &tensor = problem.tensors[index];
  for (unsigned consumer : tensor.consumers)
    writePairs(index, consumer);
  for (auto [number, option] : llvm::enumerate(getSourceOptions(index)))
    for (unsigned device : tensor.wantedDevices)
      if (device != option.device)
        writeArrival(index, number, device,
                     tensor.source ? nameOption(*tensor.source, number) : "");
}

void LPWriter::writeBinaries() {
  for (auto [node, entry] : llvm::enumerate(problem.nodes))
    for (unsigned option = 0; option < entry.options.size(); ++option)
      os << ' ' << nameOption(node, option) << '\n';
  forEachCrossing([&](const std::string &name, const NodeOption &, unsigned,
                      const CrossingCost &) { os << ' ' << name << '\n'; });
}

void LPWriter::write(const MetricWeights &weights,
                     llvm::ArrayRef<LinearLimit> linearLimits) {
  os << "Minimize\n obj:\n";
  writeSum(weights);
  os << "Subject To\n";
  writeChoices();
  for (unsigned tensor = 0; tensor < problem.tensors.size(); ++tensor)
    writeTensor(tensor);
  for (const LinearLimit &limit : linearLimits) {
    writeSum(limit.weights);
    os << " <= " << llvm::format("%.17g", limit.bound) << '\n';
  }
  os << "Binary\n";
  writeBinaries();
  os << "End\n";
}

llvm::Error lathe::partition::exportLP(const PlacementProblem &problem,
                                       const MetricWeights &weights,
                                       const PlacementLimits &limits,
                                       raw_ostream &os) {
  if (llvm::Error error = verify(problem))
    return error;
  auto linearLimits = makeLinearLimits(problem, limits);
  bool hasTerms = !problem.noiseTerms.empty();
  if (hasTerms && (std::isfinite(limits.noise) || weights.noiseTerms != 0))
    return llvm::createStringError(
        "products in the noise cannot be written as a linear program");
  if (std::isfinite(limits.noise)) {
    LinearLimit noise;
    noise.weights.noise = 1;
    noise.bound = limits.noise;
    linearLimits.push_back(std::move(noise));
  }
  LPWriter(problem, os).write(weights, linearLimits);
  return llvm::Error::success();
}
