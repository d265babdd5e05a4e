//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Evaluation/Report.h"
#include "Figures.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

using namespace lathe;
using llvm::raw_ostream;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

void lathe::printTable(const EvaluationReport &report, raw_ostream &os) {
  os << report.models.front().numSamples << " samples of " << report.dataset
     << "; " << report.setting << "\n\n";
  std::vector<std::vector<std::string>> columns;
  columns.push_back(getModelNames(report.models));
  columns.front().insert(columns.front().begin(), "model");
  for (const Figure *figure : getFigures(report.models)) {
    columns.emplace_back(1, figure->title.str());
    for (const ModelEvaluation &model : report.models)
      columns.back().push_back(figure->format(model));
  }
  std::vector<size_t> widths;
  for (const std::vector<std::string> &column : columns)
    widths.push_back(llvm::max_element(column, [](StringRef a, StringRef b) {
                       return a.size() < b.size();
                     })->size());
  for (size_t row = 0; row <= report.models.size(); ++row) {
    for (auto [i, column] : llvm::enumerate(columns)) {
      if (i == 0)
        os << llvm::left_justify(column[row], widths[i]);
      else
        os << "  " << llvm::right_justify(column[row], widths[i]);
    }
    os << "\n";
  }
}

//===----------------------------------------------------------------------===//
// CSV
//===----------------------------------------------------------------------===//

/// A field of a CSV file, as RFC 4180 quotes it.
static std::string quote(StringRef text) {
  std::string quoted = "\"";
  for (char c : text)
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

void lathe::printCSV(const EvaluationReport &report, raw_ostream &os) {
  os << "model,samples";
  for (const Figure &figure : getFigures())
    os << "," << figure.key;
  os << "\n";
  std::vector<std::string> names = getModelNames(report.models);
  for (auto [name, model] : llvm::zip_equal(names, report.models)) {
    os << quote(name) << "," << model.numSamples;
    for (const Figure &figure : getFigures()) {
      os << ",";
      if (std::optional<double> value = figure.get(model))
        os << llvm::format("%.10g", *value);
    }
    os << "\n";
  }
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static void printClassification(const ClassificationMetrics &metrics,
                                llvm::json::OStream &json) {
  json.attribute("correct", metrics.getNumTop1());
  json.attribute("correct_top5", metrics.getNumTop5());
  json.attributeArray("classes", [&] {
    for (const ClassScores &scores : metrics.getClasses())
      json.object([&] {
        json.attribute("class", scores.classIndex);
        json.attribute("samples", scores.numSamples);
        json.attribute("predictions", scores.numPredictions);
        json.attribute("correct", scores.numCorrect);
        json.attribute("precision", scores.getPrecision());
        json.attribute("recall", scores.getRecall());
        json.attribute("f1", scores.getF1());
      });
  });
  // Label, prediction, and how often; -1 is no prediction.
  json.attributeArray("confusion", [&] {
    for (const auto &[pair, count] : metrics.getConfusion())
      json.value(llvm::json::Array{pair.first, pair.second, count});
  });
}

static void printDetection(const DetectionMetrics &metrics,
                           llvm::json::OStream &json) {
  json.attribute("objects", metrics.getNumObjects());
  json.attribute("detections", metrics.getNumDetections());
  json.attributeArray("average_precision", [&] {
    for (const auto &entry : metrics.getAveragePrecisions())
      json.object([&] {
        json.attribute("class", entry.first);
        json.attributeArray("at_iou_50_to_95", [&] {
          for (double precision : entry.second)
            json.value(precision);
        });
      });
  });
}

void lathe::printJSON(const EvaluationReport &report, raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  std::vector<std::string> names = getModelNames(report.models);
  json.object([&] {
    json.attribute("dataset", report.dataset);
    json.attribute("setting", report.setting);
    json.attributeArray("models", [&] {
      for (auto [name, model] : llvm::zip_equal(names, report.models))
        json.object([&, &name = name, &model = model] {
          json.attribute("model", name);
          json.attribute("samples", model.numSamples);
          for (const Figure &figure : getFigures())
            if (std::optional<double> value = figure.get(model))
              json.attribute(figure.key, *value);
          if (model.numAgreeing)
            json.attribute("agreeing", *model.numAgreeing);
          if (model.matches) {
            json.attribute("matches_looked_for", model.matches->numDetections);
            json.attribute("matches_found", model.matches->numMatched);
          }
          if (model.classification)
            printClassification(*model.classification, json);
          if (model.detection)
            printDetection(*model.detection, json);
        });
    });
  });
  os << "\n";
}
