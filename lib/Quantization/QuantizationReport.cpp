//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/QuantizationReport.h"
#include "lathe/Quantization/ErrorMeasure.h"
#include "lathe/Support/HtmlPage.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <cmath>

using namespace lathe;
namespace json = llvm::json;
using llvm::StringRef;

/// The signal-to-noise ratio of a tensor by itself, in dB; none without noise.
static std::optional<double> getDecibels(const ActivationReport &activation) {
  double noise = activation.range.chosen.meanSquaredError;
  double signal = activation.values.meanSquare;
  if (noise <= 0 || signal <= 0)
    return std::nullopt;
  return 10 * std::log10(signal / noise);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static json::Value toValue(std::optional<double> value) {
  return value ? json::Value(*value) : json::Value(nullptr);
}

static json::Object toObject(const ActivationReport &activation) {
  const QuantizationParameters &parameters = activation.range.chosen.parameters;
  json::Array bars;
  for (uint64_t count : activation.values.bars)
    bars.push_back(static_cast<int64_t>(count));
  return json::Object{{"name", activation.name},
                      {"bits", static_cast<int64_t>(activation.numBits)},
                      {"min", activation.min},
                      {"max", activation.max},
                      {"method", describe(activation.range.chosen)},
                      {"scale", parameters.scale},
                      {"zero_point", parameters.zeroPoint},
                      {"low", parameters.getRange().low},
                      {"high", parameters.getRange().high},
                      {"clipped", activation.values.clipped},
                      {"sqnr_db", toValue(getDecibels(activation))},
                      {"output_sqnr_db_alone", toValue(activation.decibels)},
                      {"histogram", std::move(bars)}};
}

static json::Object toObject(const PrecisionTrial &trial, bool isScored) {
  json::Object object{{"predicted_sqnr_db", toDecibels(trial.predictedNoise)},
                      {"output_sqnr_db", toDecibels(trial.measured.noise)},
                      {"seconds", trial.measured.seconds},
                      {"constant_bytes", trial.measured.bytes},

                      {"fits", trial.fits}};
  if (isScored)
    object["score"] = trial.measured.score;
  return object;
}

/// A polynomial of the groups that are named in `groups`.
static json::Object toObject(const NoiseModelReport &report) {
  json::Array terms;
  for (const NoiseModel::Term &term : report.model.getTerms()) {
    json::Array layers;
    for (unsigned layer : term.layers)
      layers.push_back(static_cast<int64_t>(layer));
    terms.push_back(json::Object{{"groups", std::move(layers)},
                                 {"coefficient", term.coefficient}});
  }
  return json::Object{
      {"degree", static_cast<int64_t>(report.model.getDegree())},
      {"test_r2", toValue(report.testR2)},
      {"terms", std::move(terms)}};
}

static json::Object toObject(const MixedPrecisionReport &report) {
  json::Array groups, trials, models, modelled;
  for (const GroupReport &group : report.groups) {
    json::Object alone, divergences;
    for (const GroupError &error : group.alone) {
      alone[getName(error.precision)] = error.decibels;
      divergences[getName(error.precision)] = toValue(error.divergence);
    }
    groups.push_back(json::Object{
        {"name", group.name},
        {"activations", static_cast<int64_t>(group.numActivations)},
        {"chosen", getName(group.chosen)},
        {"output_sqnr_db_alone", std::move(alone)},
        {"output_kl_alone", std::move(divergences)}});
  }
  for (const PrecisionTrial &trial : report.trials)
    trials.push_back(
        toObject(trial, report.bound.kind == PrecisionBound::Kind::Score));
  for (size_t group : report.modelledGroups)
    modelled.push_back(report.groups[group].name);
  for (const NoiseModelReport &model : report.noiseModels)
    models.push_back(toObject(model));
  return json::Object{{"groups", std::move(groups)},
                      {"trials", std::move(trials)},
                      {"chosen_trial", static_cast<int64_t>(report.best)},
                      {"noise_model_groups", std::move(modelled)},
                      {"noise_models", std::move(models)}};
}

static json::Object toObject(const PostTrainingReport &report) {
  json::Array steps, activations, warnings;
  for (const StepReport &step : report.steps)
    steps.push_back(json::Object{{"name", step.name},
                                 {"output_sqnr_db", step.decibels},
                                 {"kept", step.isKept}});
  for (const ActivationReport &activation : report.activations)
    activations.push_back(toObject(activation));
  for (const std::string &warning : report.warnings)
    warnings.push_back(warning);
  json::Object object{{"calibrated", report.numCalibrated},
                      {"held_out", report.numHeldOut},
                      {"output_sqnr_db", report.decibels},
                      {"weights", report.numWeights},
                      {"steps", std::move(steps)},
                      {"activations", std::move(activations)},
                      {"warnings", std::move(warnings)}};
  if (report.mixed)
    object["mixed"] = toObject(*report.mixed);
  return object;
}

std::string lathe::toJSON(const QuantizationReport &report) {
  json::Array floats;
  for (const FloatOp &op : report.floatOps)
    floats.push_back(json::Object{{"name", op.name}, {"reason", op.reason}});
  json::Object object{{"model", report.model},
                      {"mode", getName(report.mode)},
                      {"constant_bytes_before", report.bytesBefore},
                      {"constant_bytes_after", report.bytesAfter},
                      {"float", std::move(floats)}};
  if (report.samples)
    object["samples"] = toObject(*report.samples);
  return llvm::formatv("{0:2}\n", json::Value(std::move(object)));
}

//===----------------------------------------------------------------------===//
// HTML
//===----------------------------------------------------------------------===//

static std::string format(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.4g", value);
  return text;
}

static std::string formatDecibels(std::optional<double> value) {
  return value ? llvm::formatv("{0:f1}", *value).str() : "";
}

/// Bars of one colour under `labels`.
static json::Value makeBars(json::Array labels, json::Array values, StringRef x,
                            StringRef y) {
  auto makeAxis = [](StringRef title) {
    return json::Object{
        {"title", json::Object{{"display", true}, {"text", title}}}};
  };
  return json::Object{
      {"type", "bar"},
      {"data", json::Object{{"labels", std::move(labels)},
                            {"datasets", json::Array{json::Object{
                                             {"data", std::move(values)},
                                             {"backgroundColor", "#0072b2"},
                                             {"categoryPercentage", 1},
                                             {"barPercentage", 0.95}}}}}},
      {"options",
       json::Object{
           {"maintainAspectRatio", false},
           {"animation", false},
           {"plugins",
            json::Object{{"legend", json::Object{{"display", false}}}}},
           {"scales", json::Object{{"x", makeAxis(x)}, {"y", makeAxis(y)}}}}}};
}

static void addSteps(const PostTrainingReport &report, HtmlPage &page) {
  page.addHeading("Steps");
  page.addParagraph(
      llvm::formatv("{0} samples calibrated; {1} others measured how far the "
                    "outputs are from those of the float model. A step is kept "
                    "if they come closer.",
                    report.numCalibrated, report.numHeldOut)
          .str());
  std::vector<HtmlPage::Row> rows = {{{"step"}, {"outputs, dB"}, {""}}};
  for (const StepReport &step : report.steps)
    rows.push_back({{step.name},
                    {llvm::formatv("{0:f2}", step.decibels)},
                    {step.isKept ? "kept" : "rolled back"}});
  page.addTable(rows);
  for (const std::string &warning : report.warnings)
    page.addParagraph("Warning: " + warning);
}

/// The activations by what each costs the outputs.
static void addCosts(const PostTrainingReport &report, HtmlPage &page) {
  json::Array labels, values;
  for (const ActivationReport &activation : report.activations) {
    if (!activation.decibels)
      continue;
    labels.push_back(activation.name);
    values.push_back(*activation.decibels);
  }
  if (labels.empty())
    return;
  page.addHeading("What each activation costs");
  page.addParagraph("The outputs' signal-to-noise ratio if it alone were "
                    "quantized: the lowest bars cost most.");
  page.addChart(makeBars(std::move(labels), std::move(values), "", "dB"),
                /*height=*/320);
}

static void addActivations(const PostTrainingReport &report, HtmlPage &page) {
  page.addHeading("Activations");
  std::vector<HtmlPage::Row> rows = {{{"tensor"},
                                      {"bits"},
                                      {"observed"},
                                      {"range"},
                                      {"method"},
                                      {"scale"},
                                      {"zero point"},
                                      {"cut off, %"},
                                      {"own, dB"},
                                      {"outputs alone, dB"}}};
  for (const ActivationReport &activation : report.activations) {
    const RangeCandidate &chosen = activation.range.chosen;
    RealInterval range = chosen.parameters.getRange();
    rows.push_back(
        {{activation.name},
         {std::to_string(activation.numBits)},
         {format(activation.min) + " to " + format(activation.max)},
         {format(range.low) + " to " + format(range.high)},
         {describe(chosen)},
         {format(chosen.parameters.scale)},
         {std::to_string(chosen.parameters.zeroPoint)},
         {format(100 * activation.values.clipped), activation.values.clipped},
         {formatDecibels(getDecibels(activation))},
         {formatDecibels(activation.decibels)}});
  }
  page.addTable(rows);
}

/// The choices of precisions that were tried, and what each group was given.
static void addPrecisions(const MixedPrecisionReport &report, HtmlPage &page) {
  page.addHeading("Mixed precision");
  page.addParagraph("The choices that were tried, each from what the ones "
                    "before turned out to be.");
  std::vector<HtmlPage::Row> trials = {{{"outputs predicted, dB"},
                                        {"measured, dB"},
                                        {"ms"},
                                        {"constants, bytes"},
                                        {""}}};
  for (auto [i, trial] : llvm::enumerate(report.trials))
    trials.push_back(
        {{formatDecibels(toDecibels(trial.predictedNoise))},
         {formatDecibels(toDecibels(trial.measured.noise))},
         {format(1e3 * trial.measured.seconds)},
         {std::to_string(static_cast<int64_t>(trial.measured.bytes))},
         {i == report.best ? "chosen"
          : trial.fits     ? ""
                           : "does not fit"}});
  page.addTable(trials);
  page.addParagraph("The outputs' signal-to-noise ratio, in dB, if an "
                    "activation, those with its parameters and the layers that "
                    "read them alone were computed so.");
  HtmlPage::Row titles = {{"activation"}, {"chosen"}};
  for (Precision precision : allPrecisions)
    titles.push_back({getName(precision).str()});
  std::vector<HtmlPage::Row> rows = {std::move(titles)};
  for (const GroupReport &group : report.groups) {
    HtmlPage::Row row = {{group.name}, {getName(group.chosen).str()}};
    for (Precision precision : allPrecisions) {
      const GroupError *found =
          llvm::find_if(group.alone, [&](const GroupError &error) {
            return error.precision == precision;
          });
      row.push_back(
          {found == group.alone.end() ? "" : formatDecibels(found->decibels)});
    }
    rows.push_back(std::move(row));
  }
  page.addTable(rows);
}

/// The histograms of the activations that cost most.
static void addHistograms(const PostTrainingReport &report, HtmlPage &page) {
  constexpr size_t most = 12;
  std::vector<std::pair<double, size_t>> order;
  for (auto [i, activation] : llvm::enumerate(report.activations))
    order.push_back({activation.decibels.value_or(
                         getDecibels(activation).value_or(HUGE_VAL)),
                     i});
  llvm::sort(order);
  if (order.size() > most)
    order.resize(most);
  page.addHeading("Histograms of those that cost most");
  for (auto [decibels, i] : order) {
    const ActivationReport &activation = report.activations[i];
    const ValueSummary &values = activation.values;
    RealInterval range = activation.range.chosen.parameters.getRange();
    page.addParagraph(activation.name + ", range " + format(range.low) +
                      " to " + format(range.high));
    json::Array labels, counts;
    double width =
        (values.high - values.low) / static_cast<double>(values.bars.size());
    for (auto [bar, count] : llvm::enumerate(values.bars)) {
      labels.push_back(
          format(values.low + (static_cast<double>(bar) + 0.5) * width));
      counts.push_back(static_cast<int64_t>(count));
    }
    page.addChart(
        makeBars(std::move(labels), std::move(counts), "value", "values"),
        /*height=*/180);
  }
}

llvm::Expected<std::string> lathe::toHTML(const QuantizationReport &report) {
  llvm::Expected<HtmlPage> page =
      HtmlPage::create(report.model + ": " + getName(report.mode).str());
  if (!page)
    return page.takeError();
  page->addParagraph(getDescription(report.mode));
  page->addTable(
      {{{""}, {"before"}, {"after"}, {"share, %"}},
       {{"constants, bytes"},
        {std::to_string(report.bytesBefore)},
        {std::to_string(report.bytesAfter)},
        {llvm::formatv("{0:f1}",
                       100.0 * static_cast<double>(report.bytesAfter) /
                           static_cast<double>(report.bytesBefore))}}});
  if (report.samples) {
    addSteps(*report.samples, *page);
    addCosts(*report.samples, *page);
    if (report.samples->mixed)
      addPrecisions(*report.samples->mixed, *page);
    addActivations(*report.samples, *page);
    addHistograms(*report.samples, *page);
  }
  page->addHeading("What computes in float");
  std::vector<HtmlPage::Row> rows = {{{"op"}, {"why"}}};
  for (const FloatOp &op : report.floatOps)
    rows.push_back({{op.name}, {op.reason}});
  if (report.floatOps.empty())
    page->addParagraph("Nothing.");
  else
    page->addTable(rows);
  std::string text;
  llvm::raw_string_ostream os(text);
  page->print(os);
  return text;
}
