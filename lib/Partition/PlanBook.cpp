//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/PlanBook.h"

#include "LiveDevices.h"
#include "LowerEnvelope.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace lathe::partition;
using llvm::Error;
using llvm::Expected;

double BookPlan::getCost(const BatteryLevel &level, double factor) const {
  double cost = getLatency(factor);
  for (auto [device, price] : llvm::enumerate(level.prices))
    cost += price * getEnergy(device, factor);
  return cost;
}

namespace {

/// Fills a book page by page.
class BookWriter {
public:
  BookWriter(const PlacementProblem &problem, const PlacementLimits &limits,
             const BookOptions &options)
      : problem(problem), slower(problem), limits(limits), options(options) {
    divideBandwidths(slower, 2);
  }

  Error verifyOptions() const;
  Expected<PlanBook> write();

private:
  void divideBandwidths(PlacementProblem &part, double slowness) const;
  Error addPages(llvm::ArrayRef<unsigned> live);
  Expected<std::vector<BookRegion>> listRegions(LiveProblem &part,
                                                PlacementOracle &oracle,
                                                const RequestClass &kind,
                                                const BatteryLevel &level);
  Expected<unsigned> addPlan(Placement placement);

  const PlacementProblem &problem;
  PlacementProblem slower; ///< at half of the bandwidths
  const PlacementLimits &limits;
  const BookOptions &options;
  PlanBook book;
};

} // namespace

/// Makes the bandwidths of `part` those of the problem divided by `slowness`.
void BookWriter::divideBandwidths(PlacementProblem &part,
                                  double slowness) const {
  for (auto [link, original] : llvm::zip_equal(part.links, problem.links))
    if (link)
      link->bandwidth = original->bandwidth / slowness;
}

Expected<unsigned> BookWriter::addPlan(Placement placement) {
  auto known = llvm::find_if(book.plans, [&](const BookPlan &plan) {
    return plan.placement == placement;
  });
  if (known != book.plans.end())
    return static_cast<unsigned>(known - book.plans.begin());
  Expected<PlacementMetrics> metrics = evaluate(problem, placement);
  if (!metrics)
    return metrics.takeError();
  PlacementMetrics slow = llvm::cantFail(evaluate(slower, placement));
  BookPlan plan;
  plan.sending = slow.latency - metrics->latency;
  plan.fixed = metrics->latency - plan.sending;
  for (auto [atOne, atTwo] : llvm::zip_equal(metrics->energy, slow.energy)) {
    plan.sendingEnergy.push_back(atTwo - atOne);
    plan.fixedEnergy.push_back(atOne - plan.sendingEnergy.back());
  }
  plan.placement = std::move(placement);
  book.plans.push_back(std::move(plan));
  return static_cast<unsigned>(book.plans.size() - 1);
}

/// By rising factors. `oracle` is that of `part`.
Expected<std::vector<BookRegion>>
BookWriter::listRegions(LiveProblem &part, PlacementOracle &oracle,
                        const RequestClass &kind, const BatteryLevel &level) {
  MetricWeights weights = MetricWeights::ofLatency();
  weights.energy = level.prices;
  PlacementLimits within = limits;
  within.noise = std::min(within.noise, kind.noise);
  auto findBest = [&](double slowness) -> Expected<std::optional<unsigned>> {
    divideBandwidths(part.problem, slowness);
    Expected<SolverResult> found =
        solve(oracle, weights, within, options.solver);
    if (!found)
      return found.takeError();
    if (!found->found)
      return std::nullopt;
    book.isExact &= found->optimal;
    Expected<unsigned> plan =
        addPlan(part.getOriginal(std::move(found->placement)));
    if (!plan)
      return plan.takeError();
    return *plan;
  };
  auto getLine = [&](unsigned plan) {
    double atOne = book.plans[plan].getCost(level, 1);
    double slope = book.plans[plan].getCost(level, 0.5) - atOne;
    return EnvelopeLine{atOne - slope, slope};
  };
  Expected<std::vector<EnvelopePiece>> pieces = findLowerEnvelope(
      {findBest, getLine}, 1 / options.minFactor, 1 / options.maxFactor);
  if (!pieces)
    return pieces.takeError();
  std::vector<BookRegion> regions;
  for (const EnvelopePiece &piece : *pieces)
    regions.push_back({1 / piece.begin, 1 / piece.end, piece.line});
  return regions;
}

Error BookWriter::addPages(llvm::ArrayRef<unsigned> live) {
  std::optional<LiveProblem> part = restrictTo(problem, live);
  std::optional<PlacementOracle> oracle;
  if (part) {
    Expected<PlacementOracle> created = PlacementOracle::create(part->problem);
    if (!created)
      return created.takeError();
    oracle.emplace(std::move(*created));
  }
  for (auto [classNumber, kind] : llvm::enumerate(options.classes))
    for (auto [levelNumber, level] : llvm::enumerate(options.levels)) {
      BookPage page;
      page.live.assign(live.begin(), live.end());
      page.requestClass = classNumber;
      page.batteryLevel = levelNumber;
      if (part)
        if (Error error =
                listRegions(*part, *oracle, kind, level).moveInto(page.regions))
          return error;
      book.pages.push_back(std::move(page));
    }
  return Error::success();
}

Error BookWriter::verifyOptions() const {
  if (!(options.minFactor > 0 && options.minFactor < options.maxFactor))
    return llvm::createStringError(
        "the factors of bandwidths are above 0, the least one first");
  auto isFinite = [](double limit) { return std::isfinite(limit); };
  if (isFinite(limits.latency) || isFinite(limits.totalEnergy) ||
      llvm::any_of(limits.energy, isFinite))
    return llvm::createStringError("limits of latency and energy depend on the "
                                   "bandwidth, which a book leaves open");
  if (options.classes.empty() || options.levels.empty())
    return llvm::createStringError(
        "a book has a class of requests and a level of batteries at least");
  auto isPrice = [&](double price) { return price >= 0 && isFinite(price); };
  for (const BatteryLevel &level : options.levels)
    if (!llvm::all_of(level.prices, isPrice) ||
        (!level.prices.empty() &&
         level.prices.size() != problem.devices.size()))
      return llvm::createStringError(
          "the prices of energy at a level of batteries are at least 0, one "
          "for each device");
  return Error::success();
}

Expected<PlanBook> BookWriter::write() {
  for (const llvm::SmallVector<unsigned> &live :
       listLiveSets(problem.devices.size(), options.needed))
    if (Error error = addPages(live))
      return std::move(error);
  return std::move(book);
}

Expected<PlanBook>
lathe::partition::computeBook(const PlacementProblem &problem,
                              const PlacementLimits &limits,
                              const BookOptions &options) {
  if (Error error = verify(problem))
    return std::move(error);
  BookWriter writer(problem, limits, options);
  if (Error error = writer.verifyOptions())
    return std::move(error);
  return writer.write();
}
