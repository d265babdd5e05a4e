//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/ConstrainedSolver.h"

#include "ConstrainedSearch.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/SaveAndRestore.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::Twine;

double SolverResult::getGap() const {
  if (!found)
    return std::numeric_limits<double>::infinity();
  if (optimal || objective == lowerBound)
    return 0;
  return (objective - lowerBound) / std::abs(objective);
}

static Error verifyLimits(const PlacementProblem &problem,
                          const PlacementLimits &limits) {
  auto isLimit = [](double limit) { return limit >= 0; };
  if (!isLimit(limits.latency) || !isLimit(limits.totalEnergy) ||
      !isLimit(limits.noise) || !llvm::all_of(limits.energy, isLimit) ||
      !llvm::all_of(limits.memory, isLimit))
    return llvm::createStringError("a limit is negative or not a number");
  for (size_t size : {limits.energy.size(), limits.memory.size()})
    if (size != 0 && size != problem.devices.size())
      return llvm::createStringError(Twine(size) + " limits for " +
                                     Twine(problem.devices.size()) +
                                     " devices");
  return Error::success();
}

Expected<SolverResult> lathe::partition::solve(PlacementOracle &oracle,
                                               const MetricWeights &objective,
                                               const PlacementLimits &limits,
                                               const SolverOptions &options) {
  if (Error error = verifyLimits(oracle.getProblem(), limits))
    return error;
  return ConstrainedSearch(oracle, objective, limits, options).run();
}

namespace {

/// One of the limits: where it stands, what it limits, and its name.
struct NamedLimit {
  double *value;
  MetricWeights weights;
  std::string name;
};

} // namespace

/// `weights` of noise are those of its additive part alone.
static std::vector<NamedLimit> listLimits(const PlacementProblem &problem,
                                          PlacementLimits &limits) {
  std::vector<NamedLimit> list;
  auto add = [&](double &value, MetricWeights weights, const Twine &name) {
    if (std::isfinite(value))
      list.push_back({&value, std::move(weights), name.str()});
  };
  add(limits.latency, MetricWeights::ofLatency(), "latency");
  add(limits.totalEnergy, MetricWeights::ofEnergy(problem), "total energy");
  auto addAll = [&](llvm::SmallVectorImpl<double> &values,
                    llvm::SmallVector<double> MetricWeights::*metric,
                    const char *name) {
    for (auto [device, value] : llvm::enumerate(values)) {
      MetricWeights weights;
      (weights.*metric).assign(problem.devices.size(), 0);
      (weights.*metric)[device] = 1;
      add(value, std::move(weights),
          Twine(name) + " of '" + problem.devices[device].name + "'");
    }
  };
  addAll(limits.energy, &MetricWeights::energy, "energy");
  addAll(limits.memory, &MetricWeights::memory, "memory");
  MetricWeights noise;
  noise.noise = 1;
  add(limits.noise, std::move(noise), "noise");
  return list;
}

/// The least value of the limit's metric when the other limits stay; none if
/// they cannot be kept either.
static std::optional<double> findLeast(PlacementOracle &oracle,
                                       const NamedLimit &limit,
                                       const PlacementLimits &limits,
                                       const SolverOptions &options) {
  llvm::SaveAndRestore restored(*limit.value, PlacementLimits::unlimited);
  double given = restored.get();
  if (limit.weights.noise == 0 || oracle.getProblem().noiseTerms.empty()) {
    SolverResult result =
        llvm::cantFail(solve(oracle, limit.weights, limits, options));
    return result.found ? std::optional(result.objective) : std::nullopt;
  }
  // The noise is no sum, so its least value is found by halving: some placement
  // keeps `high`, none keeps `low`.
  SolverResult result =
      llvm::cantFail(solve(oracle, limit.weights, limits, options));
  if (!result.found)
    return std::nullopt;
  double low = given;
  double high = result.metrics.noise;
  for (unsigned step = 0; step < 20 && high - low > 1e-4 * high; ++step) {
    *limit.value = (low + high) / 2;
    result = llvm::cantFail(solve(oracle, limit.weights, limits, options));
    if (result.found)
      high = result.metrics.noise;
    else
      low = *limit.value;
  }
  return high;
}

Expected<std::string>
lathe::partition::explainInfeasibility(PlacementOracle &oracle,
                                       const PlacementLimits &limits,
                                       const SolverOptions &options) {
  if (Error error = verifyLimits(oracle.getProblem(), limits))
    return error;
  if (!oracle.minimize(MetricWeights::ofLatency(), options.oracle).feasible)
    return "the links allow no placement, whatever the limits";
  std::string message;
  llvm::raw_string_ostream stream(message);
  auto describe = [&](const NamedLimit &limit, double least) {
    stream << "limit on " << limit.name << ' '
           << llvm::format("%.6g", *limit.value) << ": at least "
           << llvm::format("%.6g", least) << " is needed";
  };
  PlacementLimits changed = limits;
  std::vector<NamedLimit> list = listLimits(oracle.getProblem(), changed);
  for (const NamedLimit &limit : list)
    if (std::optional<double> least =
            findLeast(oracle, limit, changed, options);
        least && *least > *limit.value) {
      if (!message.empty())
        stream << "; or ";
      describe(limit, *least);
    }
  if (!message.empty())
    return message;

  stream << "no limit is at fault alone";
  for (const NamedLimit &limit : list) {
    PlacementLimits alone;
    double least =
        llvm::cantFail(solve(oracle, limit.weights, alone, options)).objective;
    if (least > *limit.value) {
      stream << "; ";
      describe(limit, least);
      stream << " even without the others";
    }
  }
  return message;
}
