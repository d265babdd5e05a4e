//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Figures.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe;
using llvm::ArrayRef;

using Value = std::optional<double>;
using Model = const ModelEvaluation &;

/// What a classifier scored, if the model is one with labels.
template <typename Get> static Value getOfClassifier(Model model, Get get) {
  return model.classification ? get(*model.classification) : Value();
}

static Value getShare(int64_t part, int64_t whole) {
  return whole == 0 ? Value() : double(part) / double(whole);
}

static Value getTop1(Model model) {
  return getOfClassifier(model, [](const ClassificationMetrics &metrics) {
    return getShare(metrics.getNumTop1(), metrics.getNumSamples());
  });
}

/// Of five classes or fewer, the label is always among the first five.
static Value getTop5(Model model) {
  return getOfClassifier(model, [](const ClassificationMetrics &metrics) {
    return metrics.getNumClasses() > 5
               ? getShare(metrics.getNumTop5(), metrics.getNumSamples())
               : Value();
  });
}

static Value getPrecision(Model model) {
  return getOfClassifier(model, [](const ClassificationMetrics &metrics) {
    return Value(metrics.getMacroPrecision());
  });
}

static Value getRecall(Model model) {
  return getOfClassifier(model, [](const ClassificationMetrics &metrics) {
    return Value(metrics.getMacroRecall());
  });
}

static Value getF1(Model model) {
  return getOfClassifier(model, [](const ClassificationMetrics &metrics) {
    return Value(metrics.getMacroF1());
  });
}

static Value getLoss(Model model) {
  return model.hasRealScores && model.classification
             ? model.classification->getLoss()
             : Value();
}

static Value getAgreement(Model model) {
  return model.numAgreeing ? getShare(*model.numAgreeing, model.numSamples)
                           : Value();
}

static Value getMap(Model model) {
  return model.detection ? model.detection->getMeanAveragePrecision() : Value();
}

static Value getMap50(Model model) {
  return model.detection ? model.detection->getMeanAveragePrecision50()
                         : Value();
}

static Value getMatched(Model model) {
  return model.matches
             ? getShare(model.matches->numMatched, model.matches->numDetections)
             : Value();
}

static Value getSeconds(Model model) { return model.secondsPerRun; }

static Value getFileBytes(Model model) { return double(model.fileBytes); }

/// The evaluator has no plan of memory.
static Value getCompiled(int64_t bytes) {
  return bytes == 0 ? Value() : Value(double(bytes));
}

static Value getCode(Model model) { return getCompiled(model.codeBytes); }

static Value getWeights(Model model) { return getCompiled(model.weightsBytes); }

static Value getRam(Model model) { return getCompiled(model.ramBytes); }

ArrayRef<Figure> lathe::getFigures() {
  static constexpr Figure figures[] = {
      {"top1", "top-1 %", 100, 2, getTop1},
      {"top5", "top-5 %", 100, 2, getTop5},
      {"macro_precision", "precision %", 100, 2, getPrecision},
      {"macro_recall", "recall %", 100, 2, getRecall},
      {"macro_f1", "F1 %", 100, 2, getF1},
      {"loss", "loss", 1, 4, getLoss},
      {"agreement", "agrees %", 100, 2, getAgreement},
      {"map", "mAP %", 100, 2, getMap},
      {"map50", "mAP50 %", 100, 2, getMap50},
      {"matched", "matched %", 100, 2, getMatched},
      {"seconds", "ms", 1e3, 3, getSeconds},
      {"file_bytes", "file kB", 1e-3, 1, getFileBytes},
      {"code_bytes", "code kB", 1e-3, 1, getCode},
      {"weights_bytes", "weights kB", 1e-3, 1, getWeights},
      {"ram_bytes", "RAM kB", 1e-3, 1, getRam},
  };
  return figures;
}

std::string Figure::format(Model model) const {
  Value value = get(model);
  if (!value)
    return "-";
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format("%.*f", digits, *value * factor);
  return text;
}

llvm::SmallVector<const Figure *>
lathe::getFigures(ArrayRef<ModelEvaluation> models) {
  llvm::SmallVector<const Figure *> result;
  for (const Figure &figure : getFigures())
    if (llvm::any_of(
            models, [&](Model model) { return figure.get(model).has_value(); }))
      result.push_back(&figure);
  return result;
}

const Figure &lathe::getFigure(llvm::StringRef key) {
  return *llvm::find_if(
      getFigures(), [&](const Figure &figure) { return figure.key == key; });
}

std::vector<std::string>
lathe::getModelNames(ArrayRef<ModelEvaluation> models) {
  llvm::StringMap<int> counts;
  for (Model model : models)
    ++counts[model.name];
  std::vector<std::string> names;
  for (Model model : models)
    names.push_back(counts[model.name] == 1 ? model.name : model.path);
  return names;
}
