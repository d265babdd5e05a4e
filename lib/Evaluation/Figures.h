//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The figures of a model, each stated once for all forms of the report.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_EVALUATION_FIGURES_H
#define LATHE_LIB_EVALUATION_FIGURES_H

#include "lathe/Evaluation/Evaluator.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace lathe {

struct Figure {
  /// In CSV and JSON, in base units.
  llvm::StringLiteral key;
  /// Above the column of a table to read, with the unit there.
  llvm::StringLiteral title;
  /// From the base unit to that one, and digits behind the point.
  double factor;
  int digits;
  /// None if the model has no such figure.
  std::optional<double> (*get)(const ModelEvaluation &);

  /// As a table to read has it; "-" for none.
  std::string format(const ModelEvaluation &model) const;
};

/// All figures, in the order of the columns.
llvm::ArrayRef<Figure> getFigures();

/// Those that one of `models` has.
llvm::SmallVector<const Figure *>
getFigures(llvm::ArrayRef<ModelEvaluation> models);

/// The figure with that key.
const Figure &getFigure(llvm::StringRef key);

/// The names of the models, or their paths where names are equal.
std::vector<std::string> getModelNames(llvm::ArrayRef<ModelEvaluation> models);

} // namespace lathe

#endif // LATHE_LIB_EVALUATION_FIGURES_H
