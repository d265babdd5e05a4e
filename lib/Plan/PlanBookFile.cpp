//===- PlanBookFile.cpp - book.json ---------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanBookFile.h"
#include "PlannerDetail.h"
#include "lathe/Partition/ExitBook.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace lathe;
using namespace lathe::partition;
using llvm::json::Array;
using llvm::json::Object;

namespace {

/// Writes the parts that books have in common.
class BookPrinter {
public:
  explicit BookPrinter(const PlacementProblem &problem) : problem(problem) {}

  Array getDevices(llvm::ArrayRef<unsigned> devices) const;
  /// The device of each unit, and the forms of tensors.
  Object getPlan(const Placement &placement) const;
  Object getEnergies(llvm::ArrayRef<double> energies) const;

private:
  Array getUnitDevices(const Placement &placement) const;
  Array getCodecs(const Placement &placement) const;

  const PlacementProblem &problem;
};

} // namespace

Array BookPrinter::getDevices(llvm::ArrayRef<unsigned> devices) const {
  Array names;
  for (unsigned device : devices)
    names.push_back(problem.devices[device].name);
  return names;
}

/// The device of each unit.
Array BookPrinter::getUnitDevices(const Placement &placement) const {
  Array names;
  for (auto [node, option] : llvm::zip_equal(problem.nodes, placement.options))
    names.push_back(problem.devices[node.options[option].device].name);
  return names;
}

/// The forms of tensors that have a choice of them.
Array BookPrinter::getCodecs(const Placement &placement) const {
  Array codecs;
  for (const Crossing &crossing : placement.crossings) {
    const PlacementTensor &tensor = problem.tensors[crossing.tensor];
    if (!tensor.codecs.empty())
      codecs.push_back(
          Object{{"tensor", tensor.name},
                 {"to", problem.devices[crossing.destination].name},
                 {"codec", tensor.codecs[crossing.codec].name}});
  }
  return codecs;
}

Object BookPrinter::getPlan(const Placement &placement) const {
  return Object{{"devices", getUnitDevices(placement)},
                {"codecs", getCodecs(placement)}};
}

/// By device, in J.
Object BookPrinter::getEnergies(llvm::ArrayRef<double> energies) const {
  Object named;
  for (auto [device, joules] : llvm::zip_equal(problem.devices, energies))
    named[device.name] = joules;
  return named;
}

static Array getRegions(llvm::ArrayRef<BookRegion> regions) {
  Array written;
  for (const BookRegion &region : regions)
    written.push_back(Object{
        {"from", region.from}, {"to", region.to}, {"plan", region.plan}});
  return written;
}

/// Devices on which the model's inputs arise and its outputs are wanted.
static llvm::SmallVector<unsigned> getNeeded(const Network &network) {
  llvm::SmallVector<unsigned> needed = {network.inputDevice};
  if (network.outputDevice != network.inputDevice)
    needed.push_back(network.outputDevice);
  return needed;
}

/// One level at which no energy counts, and one for each that is given.
static std::vector<BatteryLevel> getLevels(llvm::ArrayRef<BatteryPrice> prices,
                                           size_t numDevices) {
  std::vector<BatteryLevel> levels(1);
  for (const BatteryPrice &price : prices) {
    BatteryLevel &level = levels.emplace_back();
    level.prices.assign(numDevices, 0);
    level.prices[price.device] = price.secondsPerJoule;
  }
  return levels;
}

static Object getPrices(const PlacementProblem &problem,
                        const BatteryLevel &level) {
  Object prices;
  for (auto [device, price] : llvm::zip(problem.devices, level.prices))
    if (price > 0)
      prices[device.name] = price;
  return prices;
}

/// The units of `placement` in 8 bits.
static Array getInt8Units(const PlacementProblem &problem,
                          const Placement &placement) {
  Array names;
  for (auto [node, option] : llvm::zip_equal(problem.nodes, placement.options))
    if (node.options[option].precision == partition::Precision::Int8)
      names.push_back(node.name);
  return names;
}

llvm::Expected<Object>
lathe::makeRequestBook(const PlacementProblem &problem, const Network &network,
                       llvm::ArrayRef<RequestClass> classes,
                       const PlacementLimits &limits) {
  BookOptions range;
  range.needed = getNeeded(network);
  range.classes.assign(classes.begin(), classes.end());
  range.solver.targetGap = 1e-3;
  auto book = computeBook(problem, limits, range);
  if (!book)
    return book.takeError();
  BookPrinter printer(problem);
  Array names, described, plans, pages;
  for (const PlacementNode &node : problem.nodes)
    names.push_back(node.name);
  for (const RequestClass &requests : classes)
    described.push_back(
        Object{{"name", requests.name}, {"noise", requests.noise}});
  for (const BookPlan &plan : book->plans) {
    Object entry = printer.getPlan(plan.placement);
    entry["int8_units"] = getInt8Units(problem, plan.placement);
    entry["fixed_seconds"] = plan.fixed;
    entry["sending_seconds"] = plan.sending;
    plans.push_back(std::move(entry));
  }
  for (const BookPage &page : book->pages)
    pages.push_back(Object{{"live", printer.getDevices(page.live)},
                           {"class", classes[page.requestClass].name},
                           {"regions", getRegions(page.regions)}});
  return Object{{"units", std::move(names)},
                {"exact", book->isExact},
                {"classes", std::move(described)},
                {"plans", std::move(plans)},
                {"pages", std::move(pages)}};
}

static llvm::Error addBandwidths(const PlacementProblem &problem,
                                 const PlacementLimits &limits,
                                 const BookOptions &range, Object &written) {
  auto book = computeBook(problem, limits, range);
  if (!book)
    return book.takeError();
  BookPrinter printer(problem);
  Array plans, pages;
  for (const BookPlan &plan : book->plans) {
    Object entry = printer.getPlan(plan.placement);
    entry["fixed_seconds"] = plan.fixed;
    entry["sending_seconds"] = plan.sending;
    entry["fixed_joules"] = printer.getEnergies(plan.fixedEnergy);
    entry["sending_joules"] = printer.getEnergies(plan.sendingEnergy);
    plans.push_back(std::move(entry));
  }
  for (const BookPage &page : book->pages)
    pages.push_back(
        Object{{"live", printer.getDevices(page.live)},
               {"prices", getPrices(problem, range.levels[page.batteryLevel])},
               {"regions", getRegions(page.regions)}});
  written["exact"] = book->isExact;
  written["plans"] = std::move(plans);
  written["pages"] = std::move(pages);
  return llvm::Error::success();
}

/// The units that `output` does not need: those that run for requests that do
/// not leave with it. Fails if it is no output or needs all.
static llvm::Expected<std::vector<unsigned>>
findBehind(const ModelUnits &units, llvm::StringRef output) {
  llvm::BitVector isNeeded(units.units.size());
  std::string known;
  bool isOutput = false;
  // Sources come before what reads them.
  for (const UnitTensor &tensor : llvm::reverse(units.tensors)) {
    if (!tensor.outputs.empty()) {
      known = tensor.name + (known.empty() ? "" : ", ") + known;
      isOutput |= tensor.name == output;
    }
    if (!tensor.source)
      continue;
    auto isRead = [&](unsigned unit) { return isNeeded[unit]; };
    if ((tensor.name == output && !tensor.outputs.empty()) ||
        llvm::any_of(tensor.consumers, isRead))
      isNeeded.set(*tensor.source);
  }
  if (!isOutput)
    return llvm::createStringError("--book-exit: the model has no output '" +
                                   output + "'; it has " + known);
  isNeeded.flip();
  if (isNeeded.none())
    return llvm::createStringError(
        "--book-exit: '" + output +
        "' needs all of the model, so nothing is left out by leaving with it");
  return std::vector<unsigned>(isNeeded.set_bits_begin(),
                               isNeeded.set_bits_end());
}

static llvm::Error addExit(const PlacementProblem &problem,
                           const ModelUnits &units, llvm::StringRef output,
                           const PlacementLimits &limits,
                           const ExitOptions &range, Object &written) {
  auto behind = findBehind(units, output);
  if (!behind)
    return behind.takeError();
  auto book = computeExitBook(problem, *behind, limits, range);
  if (!book)
    return book.takeError();
  BookPrinter printer(problem);
  Array unitNames, plans, pages;
  for (unsigned unit : *behind)
    unitNames.push_back(units.units[unit].name);
  for (const ExitPlan &plan : book->plans) {
    Object entry = printer.getPlan(plan.placement);
    entry["always_seconds"] = plan.always;
    entry["behind_seconds"] = plan.behind;
    plans.push_back(std::move(entry));
  }
  for (const ExitPage &page : book->pages)
    pages.push_back(Object{{"live", printer.getDevices(page.live)},
                           {"regions", getRegions(page.regions)}});
  written["exit"] = Object{{"output", output},
                           {"behind", std::move(unitNames)},
                           {"exact", book->isExact},
                           {"plans", std::move(plans)},
                           {"pages", std::move(pages)}};
  return llvm::Error::success();
}

/// book.json: for each set of devices that are there and each price of energy,
/// which plan is best between which factors of all bandwidths; and with an
/// early exit, which one between which probabilities of leaving.
llvm::Error Planner::writeBook() {
  Array unitNames;
  for (const ModelUnit &unit : units.units)
    unitNames.push_back(unit.name);
  Object written{{"lathe_book", 1},
                 {"model", planned.plan.model},
                 {"network", network.name},
                 {"units", std::move(unitNames)}};
  BookOptions range;
  range.needed = getNeeded(network);
  range.levels = getLevels(options.bookPrices, network.devices.size());
  if (llvm::Error error = addBandwidths(
          problem, getLimits(weightLimits, options), range, written))
    return error;
  if (!options.bookExit.empty()) {
    ExitOptions exits;
    exits.needed = range.needed;
    if (llvm::Error error =
            addExit(problem, units, options.bookExit,
                    getLimits(weightLimits, options), exits, written))
      return error;
  }
  if (options.requestBook)
    written["requests"] = Object(*options.requestBook);
  llvm::raw_string_ostream(planned.book)
      << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(written)));
  return llvm::Error::success();
}
