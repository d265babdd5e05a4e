//===- Tuner.cpp - Measure register tiles on this machine -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Tuner.h"
#include "TimedModel.h"

#include "lathe/Conversion/LoopsToLLVM/TimedKernels.h"
#include "lathe/Dialect/Lathe/Transforms/KernelTile.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/ModuleCopy.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Driver/SelfTest.h"
#include "lathe/Support/RunPasses.h"

#include <cmath>
#include <map>

using namespace mlir;
using namespace lathe;

namespace {

using Clock = TimedModel::Clock;

constexpr llvm::StringLiteral failure = "the model cannot be tuned";

/// Kernels of the same key, for which a tile is looked for.
struct TunedKernel {
  std::string description;
  RegisterTile standard; ///< by the cost model
  std::vector<RegisterTile> candidates;
  RegisterTile best;
  double bestShare = 1; ///< of the time with `standard` that `best` takes
};

/// A compiled model, and the keys of the kernels that it times; empty for those
/// that are not tuned.
struct Trial {
  std::unique_ptr<TimedModel> model;
  std::vector<std::string> keys;
};

/// Seconds that the kernels of a key take in a call of the model.
struct KernelCost {
  double standard = 0, tuned = 0;
  unsigned numCalls = 0;
};

class Tuner {
public:
  Tuner(const TuneOptions &options, TileTable &table)
      : options(options), table(table) {}

  llvm::Expected<TuneSummary> run(ModuleOp module);

private:
  using ChooseTile =
      llvm::function_ref<std::optional<RegisterTile>(const TunedKernel &)>;

  llvm::Error prepare(ModuleOp module);
  llvm::Expected<Trial> compile(std::shared_ptr<const TileTable> tiles);
  void addKernel(KernelOp kernel, StringRef key);
  llvm::Error runRounds();
  llvm::Error runRound(const TileTable &tiles);
  llvm::Error confirm();
  llvm::Error measure(Trial &trial, double seconds);
  std::map<StringRef, KernelCost> getCosts(Trial &trial);
  TileTable chooseTiles(ChooseTile choose) const;

  double getElapsed() const {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }

  /// The shares of the time for measuring in a round, and at the end.
  static constexpr double roundShare = 0.01, confirmShare = 0.15;

  const TuneOptions &options;
  TileTable &table;
  TuneSummary summary;
  LoweringOptions lowering;
  TileTarget target;
  Clock::time_point begin = Clock::now();
  ModuleBytes graph; ///< simplified
  SmallVector<HostTensor> inputs;
  NamedTensors outputs;
  std::map<std::string, TunedKernel, std::less<>> kernels; ///< by key
  Trial standard;          ///< with the tiles of the cost model
  double roundSeconds = 0; ///< that a round took at most
};

} // namespace

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

/// Simplifies the graph, once for all rounds, and makes what it runs on.
llvm::Error Tuner::prepare(ModuleOp module) {
  func::FuncOp model = lookupModel(module);
  if (!model)
    return llvm::make_error<DiagnosedError>();
  auto randomInputs = createRandomInputs(model);
  if (!randomInputs)
    return randomInputs.takeError();
  inputs = std::move(*randomInputs);
  llvm::Expected<NamedTensors> results = createOutputs(model);
  if (!results)
    return results.takeError();
  outputs = std::move(*results);

  llvm::Expected<TargetDescription> machine = getTarget("host");
  if (!machine)
    return machine.takeError();
  CodeOptions code = options.code;
  // It runs in buffers of its own, wherever the code will have them.
  code.io = IOMode::Arguments;
  code.tiles.clear();
  setLoweringOptions(lowering, *machine, code);
  target = {lowering.vectorBits, lowering.vectorRegisters, lowering.threads};

  llvm::Expected<ModuleBytes> imported = toBytes(module);
  if (!imported)
    return imported.takeError();
  ModuleCopy copy(**imported, failure);
  if (llvm::Error error = copy.check())
    return error;
  if (llvm::Error error = simplifyGraph(copy.get()))
    return copy.explain(std::move(error));
  return toBytes(copy.get()).moveInto(graph);
}

/// Compiles the model with `tiles`, and those of the cost model for what these
/// lack.
llvm::Expected<Trial> Tuner::compile(std::shared_ptr<const TileTable> tiles) {
  ModuleCopy copy(*graph, failure);
  if (llvm::Error error = copy.check())
    return std::move(error);
  lowering.tileTable = std::move(tiles);
  if (llvm::Error error = planKernels(copy.get(), lowering))
    return copy.explain(std::move(error));
  func::FuncOp model = lookupModel(copy.get());
  for (auto kernel : model.getOps<KernelOp>())
    if (auto key = kernel->getAttrOfType<StringAttr>(tileKeyName))
      addKernel(kernel, key);
  int64_t arenaSize = getFootprint(model).arena;
  if (llvm::Error error = lowerToLoops(copy.get()))
    return copy.explain(std::move(error));
  Trial trial;
  for (func::CallOp call : getTimedCalls(copy.get())) {
    auto function = copy.get().lookupSymbol<func::FuncOp>(call.getCallee());
    auto key = function->getAttrOfType<StringAttr>(tileKeyName);
    trial.keys.push_back(key ? key.str() : "");
  }
  auto timed = TimedModel::create(copy.get(), inputs, outputs, arenaSize,
                                  options.code.threads);
  if (!timed)
    return copy.explain(timed.takeError());
  trial.model = std::move(*timed);
  return trial;
}

/// Notes the kernel, of the first model, and the tiles to measure for it.
void Tuner::addKernel(KernelOp kernel, StringRef key) {
  if (standard.model || kernels.count(key))
    return;
  TunedKernel &tuned = kernels[key.str()];
  tuned.description = describeLoops(kernel);
  tuned.standard = tuned.best = getRegisterTile(kernel);
  // What was the fastest earlier probably still is.
  if (const TileEntry *entry = table.find(key, target))
    tuned.candidates.push_back(entry->tile);
  for (RegisterTile tile : rankRegisterTiles(*getRowGrid(kernel, target)))
    if (!llvm::is_contained(tuned.candidates, tile))
      tuned.candidates.push_back(tile);
  llvm::erase(tuned.candidates, tuned.standard);
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

/// Runs `trial` and the standard in turns, so that both meet the machine in the
/// same state.
llvm::Error Tuner::measure(Trial &trial, double seconds) {
  // The first run of a turn finds the other's data in the caches, and is none
  // of the fastest; more runs than the most would tell nothing more.
  constexpr size_t runsOfTurn = 5, leastRuns = 10, mostRuns = 5000;
  TimedModel *models[] = {standard.model.get(), trial.model.get()};
  for (TimedModel *model : models)
    model->clearTimes();
  Clock::time_point start = Clock::now();
  std::chrono::duration<double> limit(seconds);
  while (trial.model->getNumRuns() < leastRuns ||
         (trial.model->getNumRuns() < mostRuns && Clock::now() - start < limit))
    for (TimedModel *model : models)
      for (size_t i = 0; i < runsOfTurn; ++i)
        if (llvm::Error error = model->run())
          return error;
  return llvm::Error::success();
}

/// The times of the kernels by their keys.
std::map<StringRef, KernelCost> Tuner::getCosts(Trial &trial) {
  std::map<StringRef, KernelCost> costs;
  auto add = [&](Trial &model, double KernelCost::*seconds) {
    for (auto [key, times] :
         llvm::zip_equal(model.keys, model.model->getKernelTimes()))
      costs[key].*seconds += times.getLowerQuartile();
  };
  add(standard, &KernelCost::standard);
  add(trial, &KernelCost::tuned);
  for (StringRef key : trial.keys)
    ++costs[key].numCalls;
  costs.erase("");
  return costs;
}

/// A table with the tiles that `choose` returns for kernels.
TileTable Tuner::chooseTiles(ChooseTile choose) const {
  TileTable tiles;
  for (const auto &[key, kernel] : kernels)
    if (std::optional<RegisterTile> tile = choose(kernel))
      tiles.set({key, kernel.description, target, *tile});
  return tiles;
}

/// Compiles the model with `tiles` and keeps those that are faster than any
/// before.
llvm::Error Tuner::runRound(const TileTable &tiles) {
  double start = getElapsed();
  llvm::Expected<Trial> trial =
      compile(std::make_shared<const TileTable>(tiles));
  if (!trial)
    return trial.takeError();
  if (llvm::Error error = measure(*trial, roundShare * options.seconds))
    return error;
  for (const auto &[key, cost] : getCosts(*trial)) {
    TunedKernel &kernel = kernels.find(key)->second;
    const TileEntry *entry = tiles.find(key, target);
    double share = cost.tuned / cost.standard;
    if (entry && share < kernel.bestShare) {
      kernel.bestShare = share;
      kernel.best = entry->tile;
    }
  }
  roundSeconds = std::max(roundSeconds, getElapsed() - start);
  return llvm::Error::success();
}

/// Measures one candidate of each kernel after the other, until none is left or
/// the time, less what the end takes, is over.
llvm::Error Tuner::runRounds() {
  for (size_t round = 0;; ++round) {
    TileTable tiles = chooseTiles(
        [&](const TunedKernel &kernel) -> std::optional<RegisterTile> {
          if (round < kernel.candidates.size())
            return kernel.candidates[round];
          return std::nullopt;
        });
    if (tiles.getEntries().empty())
      return llvm::Error::success();
    // A round, and the same once more with longer measuring.
    double needed = (getElapsed() + 2 * roundSeconds) / (1 - confirmShare);
    if (needed > options.seconds) {
      if (round != 0)
        return llvm::Error::success();
      return llvm::createStringError(
          "%g seconds are too few to tune this model; pass --tune=%g or more",
          options.seconds, std::ceil(2 * needed));
    }
    if (llvm::Error error = runRound(tiles))
      return error;
    ++summary.numRounds;
    if (options.progress)
      options.progress(summary.numRounds,
                       llvm::count_if(kernels, [](const auto &entry) {
                         return entry.second.best != entry.second.standard;
                       }));
  }
}

/// Compiles and measures the best together, and enters into the table what
/// still is faster.
llvm::Error Tuner::confirm() {
  // Seconds: several times what reading the clock takes.
  constexpr double mostShare = 0.97, leastSaving = 1e-7;
  for (const auto &[key, kernel] : kernels)
    table.remove(key, target);
  TileTable tiles =
      chooseTiles([](const TunedKernel &kernel) -> std::optional<RegisterTile> {
        if (kernel.best != kernel.standard)
          return kernel.best;
        return std::nullopt;
      });
  if (tiles.getEntries().empty())
    return llvm::Error::success();
  llvm::Expected<Trial> trial =
      compile(std::make_shared<const TileTable>(tiles));
  if (!trial)
    return trial.takeError();
  if (llvm::Error error = measure(*trial, confirmShare * options.seconds))
    return error;
  summary.defaultSeconds = summary.seconds =
      standard.model->getTimes().getLowerQuartile();
  for (const auto &[key, cost] : getCosts(*trial)) {
    const TileEntry *entry = tiles.find(key, target);
    double saved = (cost.standard - cost.tuned) / cost.numCalls;
    if (!entry || cost.tuned > mostShare * cost.standard || saved < leastSaving)
      continue;
    TileEntry found = *entry;
    found.microseconds = 1e6 * cost.tuned / cost.numCalls;
    found.defaultMicroseconds = 1e6 * cost.standard / cost.numCalls;
    table.set(std::move(found));
    ++summary.numFaster;
    summary.seconds -= cost.standard - cost.tuned;
  }
  return llvm::Error::success();
}

llvm::Expected<TuneSummary> Tuner::run(ModuleOp module) {
  if (llvm::Error error = prepare(module))
    return std::move(error);
  double start = getElapsed();
  if (llvm::Error error =
          compile(std::make_shared<const TileTable>()).moveInto(standard))
    return std::move(error);
  roundSeconds = getElapsed() - start;
  summary.numKernels = kernels.size();
  if (llvm::Error error = runRounds())
    return std::move(error);
  if (llvm::Error error = confirm())
    return std::move(error);
  return summary;
}

llvm::Expected<TuneSummary> lathe::tuneModel(ModuleOp module,
                                             const TuneOptions &options,
                                             TileTable &table) {
  return Tuner(options, table).run(module);
}
