//===- PrecisionPlanner.cpp - What runs in 8 bits, and where --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/PrecisionPlanner.h"
#include "PlanBookFile.h"
#include "PlanProblem.h"
#include "UnitNoise.h"

#include "lathe/Partition/ParallelSolver.h"
#include "lathe/Partition/Simulator.h"

#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::partition;

namespace {

/// Models are built at most so often, and precisions chosen.
constexpr size_t mostTrials = 10, mostChoices = 24;
/// So many that gain less than this, in parts of what is minimized, are enough.
constexpr size_t mostInVain = 3;
constexpr double leastGain = 1e-3;

/// What the engine chose under a limit on the sum of noise.
struct PrecisionChoice {
  PrecisionMask mask;
  SolverResult result;
  /// Units in 8 bits, and tensors that cross so.
  llvm::SmallBitVector units, tensors;
};

/// A choice that was simulated or built, and whether it keeps the limit.
struct Seen {
  PrecisionMask mask;
  bool fits = false;
};

class PrecisionPlanner {
public:
  PrecisionPlanner(PrecisionStudy &study, const Network &network,
                   const PlanOptions &options, const PrecisionLimit &limit,
                   PrecisionPlanReport &report)
      : study(study), network(network), options(options), limit(limit),
        report(report) {}

  llvm::Expected<PrecisionMask> choose();

private:
  llvm::Error prepare();
  llvm::Expected<std::vector<UnitTimes>>
  getTimes(ModuleOp module, llvm::function_ref<bool(unsigned unit)> isInt8);
  llvm::Error addProblem();
  void addCodecs();
  llvm::Error explain(double noise);
  llvm::Error findObjective();
  llvm::Expected<SolverResult> minimize(const PlacementProblem &instance,
                                        double mostNoise) const;
  PrecisionChoice makeChoice(SolverResult result) const;
  llvm::Expected<std::optional<PrecisionChoice>>
  solveWithin(double mostNoise) const;
  llvm::Expected<std::optional<PrecisionChoice>>
  solveIn(partition::Precision precision, double mostNoise) const;
  llvm::Error tryUniform();
  llvm::Error adaptTimes(const PrecisionChoice &choice, ModuleOp built);
  llvm::Expected<double> measure(const Placement &placement) const;
  void restoreTimes();
  llvm::Error findBound();
  llvm::Expected<bool> attempt(const PrecisionChoice &choice, bool adapts,
                               double predictedNoise);
  llvm::Expected<bool> consider(const PrecisionChoice &choice, bool adapts);
  llvm::Error approach();
  llvm::Error goFurther();
  llvm::Error bisect();
  bool hasFit() const {
    return !report.trials.empty() && report.trials[report.best].fits;
  }
  bool isDone() const { return report.trials.size() >= mostTrials; }
  bool isStuck() const {
    return hasFit() && report.trials.size() > lastGain + mostInVain;
  }
  static bool isBetter(const PrecisionPlanTrial &a, const PrecisionPlanTrial &b,
                       double gain);
  llvm::Error failToFit() const;

  PrecisionStudy &study;
  const Network &network;
  const PlanOptions &options;
  const PrecisionLimit &limit;
  PrecisionPlanReport &report;
  ModelUnits units;
  std::optional<UnitNoise> noise;
  PlacementProblem problem;
  /// With what units take in models of one precision.
  std::vector<PlacementNode> firstNodes;
  PlacementLimits limits;
  /// The same for all choices, so that these can be compared.
  std::optional<NormalizedObjective> objective;
  /// By how much what was built last is noisier than what was simulated.
  double builtFactor = 1;
  const Seen *findSeen(const PrecisionMask &mask) const {
    const auto *known = llvm::find_if(
        seen, [&](const Seen &other) { return other.mask == mask; });
    return known == seen.end() ? nullptr : known;
  }
  llvm::SmallVector<Seen, 0> seen;
  /// Of the model that is in 8 bits wherever it can be.
  double int8Noise = 0;
  /// How many times the noise that is allowed the sum may be.
  double allowance = 1;
  PrecisionMask best;
  /// The last trial that was worth it.
  size_t lastGain = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// The problem
//===----------------------------------------------------------------------===//

/// What the units take in `module`, a model of the same nodes, where `isInt8`
/// says which of them are in 8 bits.
llvm::Expected<std::vector<UnitTimes>>
PrecisionPlanner::getTimes(ModuleOp module,
                           llvm::function_ref<bool(unsigned)> isInt8) {
  std::vector<UnitTimes> times;
  for (const NetworkDevice &device : network.devices) {
    if (!device.profile.empty() && device.int8Profile.empty())
      return llvm::createStringError(
          "device '" + device.name +
          "' has a profile of the model in float alone; give it an "
          "'int8-profile', too, of what lathe quantize makes of the model, or "
          "'speed' instead of both");
    auto found = getUnitTimes(module, units, device, network, isInt8);
    if (!found)
      return found.takeError();
    times.push_back(std::move(*found));
  }
  return times;
}

/// A tensor that could be an activation of 8 bits can cross as one, whatever
/// computes and reads it. As it is, it has its bytes in any precision.
void PrecisionPlanner::addCodecs() {
  if (options.sendsHalves)
    addHalves(problem, units);
  for (auto [number, tensor] : llvm::enumerate(problem.tensors)) {
    if (tensor.codecs.empty())
      addCodec(tensor, PlanTransfer::rawCodec, 1);
    if (noise->findValue(number))
      addCodec(tensor, int8Codec, 0.25);
  }
  // Images lose nothing as bytes.
  auto isImage = [&](Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument &&
           llvm::any_of(options.byteImages, [&](const ByteImage &image) {
             return image.input == argument.getArgNumber();
           });
  };
  for (auto [tensor, added] : llvm::zip_equal(units.tensors, problem.tensors))
    if (isImage(tensor.value))
      addCodec(added, byteCodec, 0.25);
}

llvm::Error PrecisionPlanner::addProblem() {
  auto module = study.getModel()->getParentOfType<ModuleOp>();
  auto floatTimes = getTimes(module, [](unsigned) { return false; });
  if (!floatTimes)
    return floatTimes.takeError();
  auto int8 = study.build(study.getMask(true));
  if (!int8)
    return int8.takeError();
  int8Noise = int8->noise;
  auto int8Times = getTimes(*int8->module, [](unsigned) { return true; });
  if (!int8Times)
    return int8Times.takeError();
  addDevices(problem, network);
  addNodes(problem, units);
  addOptions(problem, units, network, *floatTimes, partition::Precision::F32,
             /*byteShare=*/1, [](unsigned) { return true; });
  addOptions(problem, units, network, *int8Times, partition::Precision::Int8,
             /*byteShare=*/0.25,
             [&](unsigned unit) { return noise->isQuantizable(unit); });
  if (llvm::Error error = checkRoom(problem))
    return error;
  firstNodes = problem.nodes;
  addTensors(problem, units, network);
  addCodecs();
  limits = getLimits(getWeightLimits(network), options);
  return llvm::Error::success();
}

llvm::Error PrecisionPlanner::prepare() {
  auto found = ModelUnits::get(study.getModel());
  if (!found)
    return found.takeError();
  units = std::move(*found);
  noise.emplace(study, units);
  if (llvm::Error error = addProblem())
    return error;
  report.numUnits = units.units.size();
  for (unsigned unit = 0; unit < units.units.size(); ++unit)
    report.numQuantizable += noise->isQuantizable(unit);
  if (llvm::Error error = noise->measure(limit.progress))
    return error;
  auto shares = study.simulate(study.getMask(true), /*isQuick=*/false);
  if (!shares)
    return shares.takeError();
  noise->linearize(*shares, getMeanNoise(*shares));
  noise->addTo(problem);
  return findObjective();
}

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

/// Where what is minimized is latency and energy, what counts how much.
llvm::Error PrecisionPlanner::findObjective() {
  if (options.objective != PlanObjective::Latency)
    return llvm::Error::success();
  auto oracle = PlacementOracle::create(problem);
  if (!oracle)
    return oracle.takeError();
  if (llvm::Error error =
          getObjective(problem, network, options, *oracle, limits)
              .moveInto(objective))
    return error;
  return objective ? llvm::Error::success()
                   : explain(PlacementLimits::unlimited);
}

/// Nothing is found if nothing is within the limits.
llvm::Expected<SolverResult>
PrecisionPlanner::minimize(const PlacementProblem &instance,
                           double mostNoise) const {
  PlacementLimits all = limits;
  all.noise = mostNoise;
  if (options.objective != PlanObjective::Latency)
    return solveSideBySide(instance, options.objective, all);
  auto oracle = PlacementOracle::create(instance);
  if (!oracle)
    return oracle.takeError();
  SolverOptions solver;
  solver.targetGap = 1e-5;
  auto found = solve(*oracle, objective->weights, all, solver);
  if (found) {
    found->objective -= objective->offset;
    found->lowerBound -= objective->offset;
  }
  return found;
}

PrecisionChoice PrecisionPlanner::makeChoice(SolverResult result) const {
  PrecisionChoice choice;
  choice.units.resize(units.units.size());
  choice.tensors.resize(units.tensors.size());
  for (auto [unit, node] : llvm::enumerate(problem.nodes))
    if (node.options[result.placement.options[unit]].precision ==
        partition::Precision::Int8)
      choice.units.set(unit);
  for (const Crossing &crossing : result.placement.crossings)
    if (getCodec(problem, crossing) == int8Codec)
      choice.tensors.set(crossing.tensor);
  choice.mask = noise->getMask(choice.units, choice.tensors);
  choice.result = std::move(result);
  return choice;
}

/// None if nothing is within the limits.
llvm::Expected<std::optional<PrecisionChoice>>
PrecisionPlanner::solveWithin(double mostNoise) const {
  auto found = minimize(problem, mostNoise);
  if (!found)
    return found.takeError();
  if (!found->found)
    return std::nullopt;
  return makeChoice(std::move(*found));
}

/// The best of those with all units in `precision` that can be.
llvm::Expected<std::optional<PrecisionChoice>>
PrecisionPlanner::solveIn(partition::Precision precision,
                          double mostNoise) const {
  PlacementProblem uniform = problem;
  for (PlacementNode &node : uniform.nodes) {
    auto isOther = [&](const NodeOption &option) {
      return option.precision != precision;
    };
    if (!llvm::all_of(node.options, isOther))
      llvm::erase_if(node.options, isOther);
  }
  auto found = minimize(uniform, mostNoise);
  if (!found)
    return found.takeError();
  if (!found->found)
    return std::nullopt;
  for (auto [number, node, whole] : llvm::zip_equal(
           found->placement.options, uniform.nodes, problem.nodes)) {
    const NodeOption &chosen = node.options[number];
    number = llvm::find_if(whole.options,
                           [&](const NodeOption &option) {
                             return option.device == chosen.device &&
                                    option.precision == chosen.precision;
                           }) -
             whole.options.begin();
  }
  return makeChoice(std::move(*found));
}

/// Why nothing is within the limits.
llvm::Error PrecisionPlanner::explain(double mostNoise) {
  auto oracle = PlacementOracle::create(problem);
  if (!oracle)
    return oracle.takeError();
  PlacementLimits all = limits;
  all.noise = mostNoise;
  auto reason = explainInfeasibility(*oracle, all);
  if (!reason)
    return reason.takeError();
  return llvm::createStringError("no plan keeps the limits: " + *reason);
}

/// Whether `a` keeps the limit and has less than `b` by more than `gain`, in
/// parts of what that has, or `b` does not keep it.
bool PrecisionPlanner::isBetter(const PrecisionPlanTrial &a,
                                const PrecisionPlanTrial &b, double gain) {
  if (a.fits && b.fits)
    return a.objective < b.objective - gain * std::abs(b.objective);
  return a.fits;
}

/// Lets units take what they take in models of one precision.
void PrecisionPlanner::restoreTimes() {
  for (auto [node, first] : llvm::zip_equal(problem.nodes, firstNodes))
    for (auto [option, old] : llvm::zip_equal(node.options, first.options)) {
      option.time = old.time;
      option.energy = old.energy;
    }
}

/// Lets units take what they take in `built`, which `choice` became: more than
/// in a model of one precision where what they read or compute has to be made
/// wider or narrower. That stays, though it depends on a unit's neighbours:
/// without it, the next choice would cut as much.
llvm::Error PrecisionPlanner::adaptTimes(const PrecisionChoice &choice,
                                         ModuleOp built) {
  auto times =
      getTimes(built, [&](unsigned unit) { return choice.units.test(unit); });
  if (!times)
    return times.takeError();
  for (auto [unit, node] : llvm::enumerate(problem.nodes)) {
    auto precision = choice.units.test(unit) ? partition::Precision::Int8
                                             : partition::Precision::F32;
    for (NodeOption &option : node.options) {
      if (option.precision != precision)
        continue;
      option.time = (*times)[option.device].seconds[unit];
      option.energy = option.time * network.devices[option.device].activePower;
    }
  }
  return llvm::Error::success();
}

/// What is minimized of `placement`.
llvm::Expected<double>
PrecisionPlanner::measure(const Placement &placement) const {
  if (options.objective == PlanObjective::Latency) {
    auto sum = computeWeightedSum(problem, placement, objective->weights);
    if (!sum)
      return sum.takeError();
    return *sum - objective->offset;
  }
  if (options.objective == PlanObjective::Makespan) {
    auto run = simulate(problem, placement);
    if (!run)
      return run.takeError();
    return run->getMakespan();
  }
  auto metrics = evaluate(problem, placement);
  if (!metrics)
    return metrics.takeError();
  return computePeriod(*metrics);
}

/// Builds and measures `choice`. Lets the times be right for it if `adapts`.
/// Whether it keeps the limit.
llvm::Expected<bool> PrecisionPlanner::attempt(const PrecisionChoice &choice,
                                               bool adapts,
                                               double predictedNoise) {
  auto built = study.build(choice.mask);
  if (!built)
    return built.takeError();
  std::vector<PlacementNode> nodes = problem.nodes;
  if (llvm::Error error = adaptTimes(choice, *built->module))
    return std::move(error);
  PrecisionPlanTrial trial;
  trial.numInt8 = choice.units.count();
  trial.numTensors = choice.tensors.count();
  trial.predictedNoise = predictedNoise;
  trial.noise = built->noise;
  if (llvm::Error error =
          measure(choice.result.placement).moveInto(trial.objective))
    return std::move(error);
  if (!adapts)
    problem.nodes = std::move(nodes);
  if (limit.score) {
    auto score = limit.score(*built->module);
    if (!score)
      return score.takeError();
    trial.score = *score;
    trial.fits = *score >= limit.leastScore;
  } else {
    trial.fits = built->noise <= *limit.noise;
  }
  const size_t number = report.trials.size();
  report.trials.push_back(trial);
  const PrecisionPlanTrial &known = report.trials[report.best];
  if (number == 0 || isBetter(trial, known, leastGain))
    lastGain = number;
  if (number == 0 || isBetter(trial, known, 0)) {
    report.best = number;
    best = choice.mask;
  }
  return trial.fits;
}

/// Simulates `choice` and, if that keeps the limit, builds and measures it.
/// Lets the sum and times be right for it if `adapts`. Whether it keeps the
/// limit.
llvm::Expected<bool> PrecisionPlanner::consider(const PrecisionChoice &choice,
                                                bool adapts) {
  auto shares = study.simulate(choice.mask, /*isQuick=*/false);
  if (!shares)
    return shares.takeError();
  const double simulated = getMeanNoise(*shares);
  double known = simulated * builtFactor;
  bool fits = known <= *limit.noise;
  const bool wasBuilt = fits;
  if (fits) {
    if (llvm::Error error = attempt(choice, adapts, known).moveInto(fits))
      return std::move(error);
    known = report.trials.back().noise;
  }
  seen.push_back({choice.mask, fits});
  // Next to nothing says nothing of what else there could be.
  if (known < 0.01 * *limit.noise)
    return fits;
  if (wasBuilt)
    builtFactor = known / simulated;
  if (!adapts)
    return fits;
  noise->linearize(*shares, known);
  noise->addTo(problem);
  auto metrics = evaluate(problem, choice.result.placement);
  if (!metrics)
    return metrics.takeError();
  if (metrics->noise > 0)
    noise->scale(known / metrics->noise);
  noise->addTo(problem);
  return fits;
}

/// Tries all units in float, and all in 8 bits: no other choice is to be worse.
llvm::Error PrecisionPlanner::tryUniform() {
  auto tryIn = [&](partition::Precision precision, double mostNoise,
                   std::optional<double> known) -> llvm::Error {
    auto choice = solveIn(precision, mostNoise);
    if (!choice)
      return choice.takeError();
    if (!*choice || findSeen((*choice)->mask))
      return llvm::Error::success();
    auto fits = attempt(**choice, /*adapts=*/false,
                        known.value_or((*choice)->result.metrics.noise));
    if (fits)
      seen.push_back({(*choice)->mask, *fits});
    return fits.takeError();
  };
  // In float, what crosses in 8 bits is noise.
  if (llvm::Error error =
          tryIn(partition::Precision::F32, *limit.noise, std::nullopt))
    return error;
  return int8Noise <= *limit.noise
             ? tryIn(partition::Precision::Int8, PlacementLimits::unlimited,
                     int8Noise)
             : llvm::Error::success();
}

/// Looks for the best choice within the limit on noise. Each one says how far
/// the sum is off near it.
llvm::Error PrecisionPlanner::approach() {
  if (llvm::Error error = tryUniform())
    return error;
  double tightness = 1;
  for (size_t i = 0; i < mostChoices && !isDone() && !isStuck(); ++i) {
    auto found = solveWithin(*limit.noise * tightness);
    if (!found)
      return found.takeError();
    const std::optional<PrecisionChoice> &choice = *found;
    if (!choice && i == 0)
      return explain(*limit.noise);
    if (!choice)
      break;
    if (!findSeen(choice->mask)) {
      if (auto fits = consider(*choice, /*adapts=*/true); !fits)
        return fits.takeError();
      continue;
    }
    if (hasFit())
      break;
    tightness *= 0.8;
  }
  return llvm::Error::success();
}

/// Looks for better ones of whose noise the sum says too much: by how much it
/// may, is found by bisection.
llvm::Error PrecisionPlanner::goFurther() {
  double low = 1, high = 4;
  while (hasFit() && !isDone() && high > 1.05 * low) {
    const double middle = std::sqrt(low * high);
    auto found = solveWithin(*limit.noise * middle);
    if (!found)
      return found.takeError();
    const std::optional<PrecisionChoice> &choice = *found;
    const Seen *known = choice ? findSeen(choice->mask) : nullptr;
    bool fits = known && known->fits;
    if (choice && !known)
      if (llvm::Error error =
              consider(*choice, /*adapts=*/false).moveInto(fits))
        return error;
    (fits ? low : high) = middle;
  }
  allowance = low;
  return llvm::Error::success();
}

/// Finds the most noise with which the score is good enough.
llvm::Error PrecisionPlanner::bisect() {
  auto isGoodEnough = [&](double mostNoise) -> llvm::Expected<bool> {
    auto found = solveWithin(mostNoise);
    if (!found)
      return found.takeError();
    if (!*found)
      return false;
    const PrecisionChoice &choice = **found;
    if (const Seen *known = findSeen(choice.mask))
      return known->fits;
    auto fits = attempt(choice, /*adapts=*/false, choice.result.metrics.noise);
    if (fits)
      seen.push_back({choice.mask, *fits});
    return fits;
  };
  auto fits = isGoodEnough(PlacementLimits::unlimited);
  if (!fits)
    return fits.takeError();
  if (report.trials.empty())
    return explain(PlacementLimits::unlimited);
  if (*fits)
    return llvm::Error::success();
  double high = report.trials.front().predictedNoise, low = 1e-4 * high;
  while (!isDone() && high > 1.05 * low) {
    const double middle = std::sqrt(low * high);
    fits = isGoodEnough(middle);
    if (!fits)
      return fits.takeError();
    (*fits ? low : high) = middle;
  }
  return llvm::Error::success();
}

/// What a choice has at the least whose noise is in sum what may be, without
/// what it takes to change precisions. No bound is known where the sum is so
/// far off that it forbids the best choice.
llvm::Error PrecisionPlanner::findBound() {
  auto found = minimize(problem, *limit.noise * allowance);
  if (!found)
    return found.takeError();
  if (found->found && found->lowerBound <= report.trials[report.best].objective)
    report.bound = found->lowerBound;
  return llvm::Error::success();
}

llvm::Error PrecisionPlanner::failToFit() const {
  std::string message;
  llvm::raw_string_ostream os(message);
  os << "none of " << report.trials.size()
     << " models with some units in 8 bits ";
  if (limit.score)
    os << llvm::format("reaches a score of %.6g; ask for less",
                       limit.leastScore);
  else
    os << llvm::format("keeps to noise of %.4g; allow more", *limit.noise);
  os << ", or leave the model in float";
  return llvm::createStringError(message);
}

llvm::Expected<PrecisionMask> PrecisionPlanner::choose() {
  if (llvm::Error error = prepare())
    return std::move(error);
  if (llvm::Error error = limit.score ? bisect() : approach())
    return std::move(error);
  if (!limit.score)
    if (llvm::Error error = goFurther())
      return std::move(error);
  if (!hasFit())
    return failToFit();
  restoreTimes();
  if (!limit.score)
    if (llvm::Error error = findBound())
      return std::move(error);
  if (!options.requestClasses.empty())
    if (llvm::Error error =
            makeRequestBook(problem, network, options.requestClasses, limits)
                .moveInto(report.requestBook))
      return std::move(error);
  return best;
}

llvm::Expected<PrecisionMask>
lathe::choosePrecisions(PrecisionStudy &study, const Network &network,
                        const PlanOptions &options, const PrecisionLimit &limit,
                        PrecisionPlanReport &report) {
  return PrecisionPlanner(study, network, options, limit, report).choose();
}
