//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/PlanBook.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <numeric>

using namespace lathe::partition;
using llvm::Error;
using llvm::Expected;

/// Beyond this many devices there are no pages for sets.
static constexpr size_t maxDevicesOfSets = 6;

namespace {

/// The problem of some devices, and where its options are in the whole one.
struct Part {
  PlacementProblem problem;
  std::vector<llvm::SmallVector<unsigned>> original;
};

/// Fills a book page by page.
class BookWriter {
public:
  BookWriter(const PlacementProblem &problem, const PlacementLimits &limits,
             const BookOptions &options)
      : problem(problem), limits(limits), options(options) {}

  Expected<PlanBook> write();

private:
  std::vector<llvm::SmallVector<unsigned>> listSets() const;
  std::optional<Part> restrictTo(llvm::ArrayRef<unsigned> live) const;
  Error addPage(llvm::ArrayRef<unsigned> live);
  /// The number of the best plan where bandwidths are those of the problem
  /// divided by `slowness`; none if there is no placement.
  Expected<std::optional<unsigned>> findPlan(PlacementOracle &oracle,
                                             const Part &part, double slowness);
  Expected<unsigned> addPlan(Placement placement);
  Error addRegions(PlacementOracle &oracle, const Part &part, double begin,
                   unsigned first, double end, unsigned last,
                   std::vector<BookRegion> &regions);

  const PlacementProblem &problem;
  const PlacementLimits &limits;
  const BookOptions &options;
  PlanBook book;
};

} // namespace

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

/// The sets of devices that are there, all of them first.
std::vector<llvm::SmallVector<unsigned>> BookWriter::listSets() const {
  llvm::SmallVector<unsigned> others;
  for (unsigned device = 0; device < problem.devices.size(); ++device)
    if (!llvm::is_contained(options.needed, device))
      others.push_back(device);
  auto without = [&](llvm::function_ref<bool(size_t)> isGone) {
    llvm::SmallVector<unsigned> live(options.needed);
    for (auto [index, device] : llvm::enumerate(others))
      if (!isGone(index))
        live.push_back(device);
    llvm::sort(live);
    return live;
  };
  std::vector<llvm::SmallVector<unsigned>> sets;
  if (problem.devices.size() <= maxDevicesOfSets) {
    for (size_t gone = 0; gone < size_t(1) << others.size(); ++gone)
      sets.push_back(without([&](size_t i) { return (gone >> i & 1) != 0; }));
    return sets;
  }
  sets.push_back(without([](size_t) { return false; }));
  for (size_t gone = 0; gone < others.size(); ++gone)
    sets.push_back(without([&](size_t i) { return i == gone; }));
  return sets;
}

/// None if a node, an input or an output needs a device that is gone.
std::optional<Part>
BookWriter::restrictTo(llvm::ArrayRef<unsigned> live) const {
  Part part{problem, {}};
  auto isLive = [&](unsigned device) {
    return llvm::is_contained(live, device);
  };
  for (PlacementNode &node : part.problem.nodes) {
    llvm::SmallVector<unsigned> &original = part.original.emplace_back();
    llvm::SmallVector<NodeOption> kept;
    for (auto [index, option] : llvm::enumerate(node.options))
      if (isLive(option.device)) {
        kept.push_back(option);
        original.push_back(index);
      }
    if (kept.empty() || (node.pinnedDevice && !isLive(*node.pinnedDevice)))
      return std::nullopt;
    node.options = std::move(kept);
  }
  for (const PlacementTensor &tensor : problem.tensors)
    if ((!tensor.source && !isLive(tensor.inputDevice)) ||
        !llvm::all_of(tensor.wantedDevices, isLive))
      return std::nullopt;
  // At the largest bandwidths, so that others take more time, never less.
  for (std::optional<Link> &link : part.problem.links)
    if (link)
      link->bandwidth *= options.maxFactor;
  return part;
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

Expected<unsigned> BookWriter::addPlan(Placement placement) {
  auto known = llvm::find_if(book.plans, [&](const BookPlan &plan) {
    return plan.placement == placement;
  });
  if (known != book.plans.end())
    return static_cast<unsigned>(known - book.plans.begin());
  Expected<PlacementMetrics> metrics = evaluate(problem, placement);
  if (!metrics)
    return metrics.takeError();
  BookPlan plan;
  plan.sending = std::accumulate(metrics->uplinkTime.begin(),
                                 metrics->uplinkTime.end(), 0.0);
  plan.fixed = metrics->latency - plan.sending;
  plan.placement = std::move(placement);
  book.plans.push_back(std::move(plan));
  return static_cast<unsigned>(book.plans.size() - 1);
}

Expected<std::optional<unsigned>> BookWriter::findPlan(PlacementOracle &oracle,
                                                       const Part &part,
                                                       double slowness) {
  MetricWeights weights = MetricWeights::ofLatency();
  // Sending takes that much longer than in the oracle's problem.
  weights.uplinkLoad.assign(problem.devices.size(),
                            std::max(slowness * options.maxFactor - 1, 0.0));
  Expected<SolverResult> found = solve(oracle, weights, limits, options.solver);
  if (!found)
    return found.takeError();
  if (!found->found)
    return std::nullopt;
  book.isExact &= found->optimal;
  Placement placement = std::move(found->placement);
  for (auto [option, original] :
       llvm::zip_equal(placement.options, part.original))
    option = original[option];
  Expected<unsigned> plan = addPlan(std::move(placement));
  if (!plan)
    return plan.takeError();
  return *plan;
}

/// Appends the regions between `begin`, where `first` is best, and `end`, where
/// `last` is, by falling slowness: rising factors.
Error BookWriter::addRegions(PlacementOracle &oracle, const Part &part,
                             double begin, unsigned first, double end,
                             unsigned last, std::vector<BookRegion> &regions) {
  auto add = [&](double from, double to, unsigned plan) {
    if (!regions.empty() && regions.back().plan == plan)
      regions.back().to = 1 / to;
    else
      regions.push_back({1 / from, 1 / to, plan});
  };
  if (first == last) {
    add(begin, end, first);
    return Error::success();
  }
  double moreFixed = book.plans[last].fixed - book.plans[first].fixed;
  double lessSending = book.plans[first].sending - book.plans[last].sending;
  // Where both are best all the way, they are the same line but for rounding.
  double corner = lessSending != 0 ? moreFixed / lessSending : begin;
  if (!(corner < begin && corner > end)) {
    add(begin, end, corner >= begin ? last : first);
    return Error::success();
  }
  Expected<std::optional<unsigned>> found = findPlan(oracle, part, corner);
  if (!found)
    return found.takeError();
  double known = book.plans[first].getLatency(1 / corner);
  if (!*found ||
      book.plans[**found].getLatency(1 / corner) >= known * (1 - 1e-12)) {
    add(begin, corner, first);
    add(corner, end, last);
    return Error::success();
  }
  if (Error error =
          addRegions(oracle, part, begin, first, corner, **found, regions))
    return error;
  return addRegions(oracle, part, corner, **found, end, last, regions);
}

Error BookWriter::addPage(llvm::ArrayRef<unsigned> live) {
  BookPage &page = book.pages.emplace_back();
  page.live.assign(live.begin(), live.end());
  std::optional<Part> part = restrictTo(live);
  if (!part)
    return Error::success();
  Expected<PlacementOracle> oracle = PlacementOracle::create(part->problem);
  if (!oracle)
    return oracle.takeError();
  double slow = 1 / options.minFactor, fast = 1 / options.maxFactor;
  Expected<std::optional<unsigned>> first = findPlan(*oracle, *part, slow);
  if (!first)
    return first.takeError();
  if (!*first)
    return Error::success();
  Expected<std::optional<unsigned>> last = findPlan(*oracle, *part, fast);
  if (!last)
    return last.takeError();
  return addRegions(*oracle, *part, slow, **first, fast,
                    last->value_or(**first), page.regions);
}

Expected<PlanBook> BookWriter::write() {
  if (!(options.minFactor > 0 && options.minFactor < options.maxFactor))
    return llvm::createStringError(
        "the factors of bandwidths are above 0, the least one first");
  auto isFinite = [](double limit) { return std::isfinite(limit); };
  if (isFinite(limits.latency) || isFinite(limits.totalEnergy) ||
      llvm::any_of(limits.energy, isFinite))
    return llvm::createStringError("limits of latency and energy depend on the "
                                   "bandwidth, which a book leaves open");
  for (const llvm::SmallVector<unsigned> &live : listSets())
    if (Error error = addPage(live))
      return std::move(error);
  return std::move(book);
}

Expected<PlanBook>
lathe::partition::computeBook(const PlacementProblem &problem,
                              const PlacementLimits &limits,
                              const BookOptions &options) {
  if (Error error = verify(problem))
    return std::move(error);
  return BookWriter(problem, limits, options).write();
}
