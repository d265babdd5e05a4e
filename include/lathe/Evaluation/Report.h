//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The results of several models, side by side.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_EVALUATION_REPORT_H
#define LATHE_EVALUATION_REPORT_H

#include "lathe/Evaluation/Evaluator.h"
#include "lathe/Support/HtmlPage.h"

namespace lathe {

/// What models scored on a data set.
struct EvaluationReport {
  std::string dataset;
  /// How the models ran, for the heading: "native, 1 thread".
  std::string setting;
  std::vector<ModelEvaluation> models; ///< at least one
};

/// A table to read, of what there is to say.
void printTable(const EvaluationReport &report, llvm::raw_ostream &os);

/// A row a model, in base units: shares, seconds, bytes. What there is nothing
/// to say of is empty.
void printCSV(const EvaluationReport &report, llvm::raw_ostream &os);

/// The same, and the figures of each class and the confusion matrix.
void printJSON(const EvaluationReport &report, llvm::raw_ostream &os);

/// Adds the table, charts, and the confusion matrices to `page`.
void addToPage(const EvaluationReport &report, HtmlPage &page);

} // namespace lathe

#endif // LATHE_EVALUATION_REPORT_H
