//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the classifiers and regressors of ai.onnx.ml have in common: the
// functions that are applied to scores, and labels.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_ML_SCORES_H
#define LATHE_LIB_FRONTEND_ONNX_ML_SCORES_H

#include "../NodeContext.h"

namespace lathe::frontend {

/// Attribute 'post_transform'.
enum class PostTransform { None, Softmax, Logistic, SoftmaxZero, Probit };
PostTransform getPostTransform(NodeContext &node);

/// Scores [N, classes] after the transformation.
mlir::Value applyPostTransform(NodeContext &node, PostTransform transform,
                               mlir::Value scores);

/// Ends the conversion of a classifier: its results are `label` [N] and the
/// transformed scores [N, classes], which are f32 whatever the samples are.
llvm::LogicalResult setClassification(NodeContext &node, mlir::Value label,
                                      PostTransform transform,
                                      mlir::Value scores);
/// Ends the conversion of a regressor: its result is the transformed scores.
llvm::LogicalResult setRegression(NodeContext &node, PostTransform transform,
                                  mlir::Value scores);

/// [-s, s] of scores s [N, 1].
mlir::Value createOppositeScores(NodeContext &node, mlir::Value scores);
/// [1 - s, s].
mlir::Value createComplementScores(NodeContext &node, mlir::Value scores);

/// A row of numbers, one for each column of `like`.
mlir::Value createRow(NodeContext &node, llvm::ArrayRef<double> numbers,
                      mlir::Type element);

/// The names of a classifier's classes.
class ClassLabels {
public:
  /// Reads attributes `integers` and `strings`. Strings are no tensors of
  /// Lathe: there is no result 0 then.
  ClassLabels(NodeContext &node, llvm::StringRef integers,
              llvm::StringRef strings);

  int64_t size() const { return areStrings ? numStrings : labels.size(); }
  bool exist() const { return !areStrings; }

  /// The labels [N] of the largest of the scores in each row of [N, classes].
  mlir::Value getLargest(NodeContext &node, mlir::Value scores) const;
  /// The second label where score [N, 1] is more than `threshold`, else the
  /// first.
  mlir::Value getByThreshold(NodeContext &node, mlir::Value score,
                             double threshold, int64_t first,
                             int64_t second) const;
  int64_t operator[](size_t i) const { return areStrings ? 0 : labels[i]; }

private:
  llvm::SmallVector<int64_t> labels;
  bool areStrings;
  int64_t numStrings;
};

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_ML_SCORES_H
