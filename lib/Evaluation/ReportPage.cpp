//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The page with charts.
//
//===----------------------------------------------------------------------===//

#include "Figures.h"
#include "lathe/Evaluation/Report.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"

using namespace lathe;
namespace json = llvm::json;
using llvm::ArrayRef;
using llvm::StringRef;

/// Beyond this many classes a matrix cannot be read.
static constexpr int64_t mostClassesOfMatrix = 50;

static void addFigures(const EvaluationReport &report,
                       ArrayRef<std::string> names, HtmlPage &page) {
  llvm::SmallVector<const Figure *> figures = getFigures(report.models);
  std::vector<HtmlPage::Row> rows(1, {{"model"}});
  for (const Figure *figure : figures)
    rows.front().push_back({figure->title.str()});
  for (auto [name, model] : llvm::zip_equal(names, report.models)) {
    rows.push_back({{name}});
    for (const Figure *figure : figures)
      rows.back().push_back({figure->format(model)});
  }
  page.addTable(rows);
}

/// The value in the unit of the table.
static json::Value getValue(const Figure &figure,
                            const ModelEvaluation &model) {
  std::optional<double> value = figure.get(model);
  return value ? json::Value(*value * figure.factor) : json::Value(nullptr);
}

/// Bars of the figures that are shares, for each model.
static void addShares(const EvaluationReport &report,
                      ArrayRef<std::string> names, HtmlPage &page) {
  json::Array labels, datasets;
  for (const Figure *figure : getFigures(report.models))
    if (StringRef(figure->title).ends_with("%"))
      labels.push_back(figure->title);
  for (auto [i, model] : llvm::enumerate(report.models)) {
    json::Array values;
    for (const Figure *figure : getFigures(report.models))
      if (StringRef(figure->title).ends_with("%"))
        values.push_back(getValue(*figure, model));
    datasets.push_back(json::Object{{"label", names[i]},
                                    {"data", std::move(values)},
                                    {"backgroundColor", getChartColor(i)}});
  }
  json::Object options = makeChartOptions("", "%");
  options.getObject("scales")->getObject("y")->insert({"min", 0});
  options.getObject("scales")->getObject("y")->insert({"max", 100});
  page.addChart(
      json::Object{{"type", "bar"},
                   {"data", json::Object{{"labels", std::move(labels)},
                                         {"datasets", std::move(datasets)}}},
                   {"options", std::move(options)}},
      /*height=*/320);
}

/// A point for each model at two of its figures.
static void addScatter(const EvaluationReport &report,
                       ArrayRef<std::string> names, StringRef x, StringRef y,
                       HtmlPage &page) {
  json::Array datasets;
  for (auto [i, model] : llvm::enumerate(report.models)) {
    if (!getFigure(x).get(model) || !getFigure(y).get(model))
      continue;
    datasets.push_back(json::Object{
        {"label", names[i]},
        {"data",
         json::Array{json::Object{{"x", getValue(getFigure(x), model)},
                                  {"y", getValue(getFigure(y), model)}}}},
        {"pointRadius", 6},
        {"backgroundColor", getChartColor(i)}});
  }
  if (datasets.empty())
    return;
  page.addChart(
      json::Object{{"type", "scatter"},
                   {"data", json::Object{{"datasets", std::move(datasets)}}},
                   {"options",
                    makeChartOptions(getFigure(x).title, getFigure(y).title)}},
      /*height=*/280);
}

/// How often samples of a row's class were put into a column's.
static void addMatrix(const ClassificationMetrics &metrics, HtmlPage &page) {
  std::vector<ClassScores> classes = metrics.getClasses();
  std::vector<HtmlPage::Row> rows(1, {{"label \\ predicted"}});
  for (const ClassScores &column : classes)
    rows.front().push_back({std::to_string(column.classIndex)});
  for (const ClassScores &row : classes) {
    rows.push_back({{std::to_string(row.classIndex)}});
    for (const ClassScores &column : classes) {
      auto found =
          metrics.getConfusion().find({row.classIndex, column.classIndex});
      if (found == metrics.getConfusion().end())
        rows.back().push_back({""});
      else
        rows.back().push_back({std::to_string(found->second),
                               double(found->second) / double(row.numSamples)});
    }
  }
  page.addTable(rows);
}

/// The pairs of classes that were confused most often.
static void addConfusions(const ClassificationMetrics &metrics,
                          HtmlPage &page) {
  constexpr size_t mostRows = 20;
  struct Pair {
    int64_t label, prediction, count;
  };
  std::vector<Pair> pairs;
  for (const auto &[classes, count] : metrics.getConfusion())
    if (classes.first != classes.second)
      pairs.push_back({classes.first, classes.second, count});
  llvm::sort(pairs, [](const Pair &a, const Pair &b) {
    return std::tie(b.count, a.label, a.prediction) <
           std::tie(a.count, b.label, b.prediction);
  });
  if (pairs.size() > mostRows)
    pairs.resize(mostRows);
  std::vector<HtmlPage::Row> rows = {{{"label"}, {"predicted"}, {"samples"}}};
  for (const Pair &pair : pairs)
    rows.push_back({{std::to_string(pair.label)},
                    {std::to_string(pair.prediction)},
                    {std::to_string(pair.count)}});
  page.addParagraph("The classes that are confused most often");
  page.addTable(rows);
}

static void addClassifier(StringRef name, const ClassificationMetrics &metrics,
                          HtmlPage &page) {
  page.addHeading("Confusion: " + name.str());
  if (metrics.getNumClasses() <= mostClassesOfMatrix)
    addMatrix(metrics, page);
  else
    addConfusions(metrics, page);
}

/// Bars for the classes of all models, as wide as `get` says of each. `get`
/// returns the values of a model by class.
static void addClassBars(
    const EvaluationReport &report, ArrayRef<std::string> names,
    StringRef title,
    llvm::function_ref<std::map<int64_t, double>(const ModelEvaluation &)> get,
    HtmlPage &page) {
  std::map<int64_t, json::Array> values;
  for (const ModelEvaluation &model : report.models)
    for (const auto &[index, value] : get(model))
      values[index];
  if (values.empty() || values.size() > 2 * mostClassesOfMatrix)
    return;
  json::Array labels, datasets;
  for (const auto &[index, list] : values)
    labels.push_back(index);
  for (auto [i, model] : llvm::enumerate(report.models)) {
    std::map<int64_t, double> found = get(model);
    json::Array data;
    for (const auto &[index, list] : values)
      data.push_back(found.count(index) ? json::Value(100 * found[index])
                                        : json::Value(nullptr));
    datasets.push_back(json::Object{{"label", names[i]},
                                    {"data", std::move(data)},
                                    {"backgroundColor", getChartColor(i)}});
  }
  page.addHeading(title);
  page.addChart(
      json::Object{{"type", "bar"},
                   {"data", json::Object{{"labels", std::move(labels)},
                                         {"datasets", std::move(datasets)}}},
                   {"options", makeChartOptions("class", "%")}},
      /*height=*/280);
}

static std::map<int64_t, double> getRecalls(const ModelEvaluation &model) {
  std::map<int64_t, double> result;
  if (model.classification)
    for (const ClassScores &scores : model.classification->getClasses())
      if (scores.numSamples > 0)
        result[scores.classIndex] = scores.getRecall();
  return result;
}

/// The mean over the thresholds.
static std::map<int64_t, double> getPrecisions(const ModelEvaluation &model) {
  std::map<int64_t, double> result;
  if (!model.detection)
    return result;
  for (const auto &[index, values] : model.detection->getAveragePrecisions()) {
    double sum = 0;
    for (double value : values)
      sum += value;
    result[index] = sum / double(values.size());
  }
  return result;
}

void lathe::addToPage(const EvaluationReport &report, HtmlPage &page) {
  std::vector<std::string> names = getModelNames(report.models);
  page.addParagraph(std::to_string(report.models.front().numSamples) +
                    " samples of " + report.dataset + "; " + report.setting);
  addFigures(report, names, page);
  addShares(report, names, page);
  for (StringRef quality : {"top1", "map"}) {
    addScatter(report, names, "seconds", quality, page);
    addScatter(report, names, "file_bytes", quality, page);
  }
  addClassBars(report, names, "Recall of each class", getRecalls, page);
  addClassBars(report, names, "Average precision of each class", getPrecisions,
               page);
  for (auto [name, model] : llvm::zip_equal(names, report.models))
    if (model.classification)
      addClassifier(name, *model.classification, page);
}
