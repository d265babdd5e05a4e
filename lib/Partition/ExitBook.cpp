//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Partition/ExitBook.h"

#include "LiveDevices.h"
#include "LowerEnvelope.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::BitVector;
using llvm::Error;
using llvm::Expected;

namespace {

class ExitWriter {
public:
  ExitWriter(const PlacementProblem &problem, BitVector behind,
             const PlacementLimits &limits, const ExitOptions &options)
      : behind(std::move(behind)), limits(limits), options(options),
        whole(problem), numTensors(problem.tensors.size()) {
    splitTensors();
    whenAllLeave = whole;
    whenNoneLeaves = whole;
    setShare(whenAllLeave, whole, 0);
    setShare(whenNoneLeaves, whole, 1);
  }

  Expected<ExitBook> write();

private:
  void splitTensors();
  void setShare(PlacementProblem &part, const PlacementProblem &original,
                double share) const;
  Error addPage(ArrayRef<unsigned> live);
  Expected<std::optional<unsigned>> findBest(LiveProblem &part,
                                             const PlacementProblem &original,
                                             PlacementOracle &oracle,
                                             double share);
  Expected<unsigned> addPlan(Placement placement);

  BitVector behind; ///< of nodes
  const PlacementLimits &limits;
  const ExitOptions &options;
  /// The problem, and after its tensors those that are read on both sides, once
  /// more, with their readers before the exit.
  PlacementProblem whole;
  size_t numTensors;
  std::vector<unsigned> readOnBothSides; ///< the tensors, in that order
  /// Tensors of the problem that cross for requests that go on.
  BitVector isForRest;
  PlacementProblem whenAllLeave, whenNoneLeaves;
  ExitBook book;
};

} // namespace

/// A tensor that is read on both sides crosses to those before the exit for
/// requests that leave, and to all for those that go on.
void ExitWriter::splitTensors() {
  isForRest.resize(numTensors);
  for (size_t index = 0; index < numTensors; ++index) {
    const PlacementTensor &tensor = whole.tensors[index];
    if (tensor.source && behind[*tensor.source]) {
      isForRest.set(index);
      continue;
    }
    auto isBehind = [&](unsigned node) { return behind[node]; };
    if (llvm::none_of(tensor.consumers, isBehind))
      continue;
    isForRest.set(index);
    PlacementTensor before = tensor;
    llvm::erase_if(before.consumers, isBehind);
    if (before.consumers.empty() && before.wantedDevices.empty())
      continue;
    // Its noise counts where it is whole.
    for (WireCodec &codec : before.codecs)
      codec.noise = 0;
    readOnBothSides.push_back(index);
    whole.tensors.push_back(std::move(before));
  }
}

/// Makes what `part` takes that of `original`, whose parts behind the exit run
/// for this share of the requests.
void ExitWriter::setShare(PlacementProblem &part,
                          const PlacementProblem &original,
                          double share) const {
  for (unsigned node : behind.set_bits())
    for (auto [option, full] : llvm::zip_equal(part.nodes[node].options,
                                               original.nodes[node].options)) {
      option.time = share * full.time;
      option.energy = share * full.energy;
    }
  for (unsigned index : isForRest.set_bits())
    part.tensors[index].frequency = share * original.tensors[index].frequency;
  for (size_t index = numTensors; index < part.tensors.size(); ++index)
    part.tensors[index].frequency =
        (1 - share) * original.tensors[index].frequency;
}

/// `placement` is one of `whole`.
Expected<unsigned> ExitWriter::addPlan(Placement placement) {
  // A tensor has one form for a device, that of the problem's own tensor.
  ExitPlan plan;
  plan.placement.options = placement.options;
  for (Crossing &crossing : placement.crossings)
    if (crossing.tensor < numTensors)
      plan.placement.crossings.push_back(crossing);
    else
      crossing.codec =
          findCrossing(placement, readOnBothSides[crossing.tensor - numTensors],
                       crossing.destination)
              ->codec;
  auto known = llvm::find_if(book.plans, [&](const ExitPlan &other) {
    return other.placement == plan.placement;
  });
  if (known != book.plans.end())
    return static_cast<unsigned>(known - book.plans.begin());
  Expected<PlacementMetrics> least = evaluate(whenAllLeave, placement);
  if (!least)
    return least.takeError();
  Expected<PlacementMetrics> most = evaluate(whenNoneLeaves, placement);
  if (!most)
    return most.takeError();
  plan.always = least->latency;
  plan.behind = most->latency - least->latency;
  book.plans.push_back(std::move(plan));
  return static_cast<unsigned>(book.plans.size() - 1);
}

/// The number of the best plan if this share of the requests goes on; none if
/// there is none. `oracle` is that of `part`, which was `original` before any
/// share was set.
Expected<std::optional<unsigned>>
ExitWriter::findBest(LiveProblem &part, const PlacementProblem &original,
                     PlacementOracle &oracle, double share) {
  setShare(part.problem, original, share);
  Expected<SolverResult> found =
      solve(oracle, MetricWeights::ofLatency(), limits, options.solver);
  if (!found)
    return found.takeError();
  if (!found->found)
    return std::nullopt;
  Expected<unsigned> plan =
      addPlan(part.getOriginal(std::move(found->placement)));
  if (!plan)
    return plan.takeError();
  // Within a limit on noise, one tensor might have crossed in two forms.
  double latency = book.plans[*plan].getLatency(1 - share);
  book.isExact &= found->optimal && latency <= found->objective * (1 + 1e-9);
  return *plan;
}

Error ExitWriter::addPage(ArrayRef<unsigned> live) {
  ExitPage &page = book.pages.emplace_back();
  page.live.assign(live.begin(), live.end());
  std::optional<LiveProblem> part = restrictTo(whole, live);
  if (!part)
    return Error::success();
  const PlacementProblem original = part->problem;
  Expected<PlacementOracle> oracle = PlacementOracle::create(part->problem);
  if (!oracle)
    return oracle.takeError();
  auto findBestFor = [&](double share) {
    return findBest(*part, original, *oracle, share);
  };
  auto getLine = [&](unsigned plan) {
    return EnvelopeLine{book.plans[plan].always, book.plans[plan].behind};
  };
  Expected<std::vector<EnvelopePiece>> pieces =
      findLowerEnvelope({findBestFor, getLine}, 1, 1 - options.maxProbability);
  if (!pieces)
    return pieces.takeError();
  for (const EnvelopePiece &piece : *pieces)
    page.regions.push_back({1 - piece.begin, 1 - piece.end, piece.line});
  return Error::success();
}

Expected<ExitBook> ExitWriter::write() {
  for (const llvm::SmallVector<unsigned> &live :
       listLiveSets(whole.devices.size(), options.needed))
    if (Error error = addPage(live))
      return std::move(error);
  return std::move(book);
}

static Error verifyExit(const PlacementProblem &problem,
                        ArrayRef<unsigned> behind) {
  for (unsigned node : behind)
    if (node >= problem.nodes.size())
      return llvm::createStringError("node " + llvm::Twine(node) +
                                     ", behind the exit, does not exist");
  for (const PlacementTensor &tensor : problem.tensors) {
    if (!tensor.source || !llvm::is_contained(behind, *tensor.source))
      continue;
    for (unsigned consumer : tensor.consumers)
      if (!llvm::is_contained(behind, consumer))
        return llvm::createStringError("node '" + problem.nodes[consumer].name +
                                       "' is not behind the exit and reads '" +
                                       tensor.name + "', which is");
  }
  return Error::success();
}

static Error verifyOptions(const PlacementLimits &limits,
                           const ExitOptions &options) {
  auto isFinite = [](double limit) { return std::isfinite(limit); };
  if (isFinite(limits.latency) || isFinite(limits.totalEnergy) ||
      llvm::any_of(limits.energy, isFinite))
    return llvm::createStringError(
        "limits of latency and energy depend on how many requests leave, which "
        "a book leaves open");
  if (!(options.maxProbability >= 0 && options.maxProbability < 1))
    return llvm::createStringError(
        "the probability of leaving is from 0 on and below 1");
  return Error::success();
}

Expected<ExitBook> lathe::partition::computeExitBook(
    const PlacementProblem &problem, ArrayRef<unsigned> behind,
    const PlacementLimits &limits, const ExitOptions &options) {
  if (Error error = verify(problem))
    return std::move(error);
  if (Error error = verifyExit(problem, behind))
    return std::move(error);
  if (Error error = verifyOptions(limits, options))
    return std::move(error);
  BitVector isBehind(problem.nodes.size());
  for (unsigned node : behind)
    isBehind.set(node);
  return ExitWriter(problem, std::move(isBehind), limits, options).write();
}
