//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decision trees as ai.onnx.ml states them, brought to one form.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_ML_TREES_H
#define LATHE_LIB_FRONTEND_ONNX_ML_TREES_H

#include "../NodeContext.h"

namespace lathe::frontend {

/// How a tree's node compares a feature with its threshold.
enum class BranchMode {
  LessEqual,
  Less,
  GreaterEqual,
  Greater,
  Equal,
  NotEqual
};

/// How the weights of all trees for one target become one number.
enum class Aggregation { Sum, Average, Min, Max };

/// A set of trees that all samples pass through.
///
/// A node is either a branch or a leaf; nodes of both kinds are told apart by
/// their numbers: those from `branches.size()` on are leaves.
struct Trees {
  struct Branch {
    int64_t feature;
    double threshold;
    int64_t whenTrue, whenFalse;
    /// Whether x == threshold is asked instead of x <= threshold.
    bool isEqual = false;
    /// Whether the answer is true for NaN.
    bool isTrueForNaN = false;
  };
  struct Weight {
    int64_t target;
    double value;
  };
  using Leaf = llvm::SmallVector<Weight, 1>;

  std::vector<Branch> branches;
  std::vector<Leaf> leaves;
  std::vector<int64_t> roots;
  int64_t numTargets = 1;
  Aggregation aggregation = Aggregation::Sum;

  /// The branch that asks what `mode` says, as LessEqual or Equal with the
  /// children swapped where needed. Thresholds are of the type `element`.
  static Branch normalize(BranchMode mode, Branch branch, mlir::Type element);

  /// The trees of a TreeEnsembleClassifier or TreeEnsembleRegressor, whose
  /// attributes about weights begin with `prefix`: 'class' or 'target'.
  /// Thresholds are of the type `element`. None after an error.
  static std::optional<Trees> get(NodeContext &node, llvm::StringRef prefix,
                                  mlir::Type element);
  /// Those of a TreeEnsemble.
  static std::optional<Trees> getOfVersion5(NodeContext &node,
                                            mlir::Type element);

  /// The aggregated weights [N, targets] of the samples [N, features].
  mlir::Value evaluate(NodeContext &node, mlir::Value samples,
                       mlir::Type element) const;

  /// An error if a branch asks for a feature that the samples have not, or
  /// trees do not end in leaves.
  mlir::LogicalResult verify(NodeContext &node, int64_t numFeatures) const;
};

/// Input 0 as a matrix with a row for each sample, of floats: f64 stays, other
/// types become f32.
mlir::Value getSamples(NodeContext &node);

/// The elements of attribute `name`, or of `name`_as_tensor.
llvm::SmallVector<double> getFloatsOrTensor(NodeContext &node,
                                            llvm::StringRef name);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_ML_TREES_H
