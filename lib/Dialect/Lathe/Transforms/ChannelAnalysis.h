//===- ChannelAnalysis.h - What channels hold and who needs them *- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_TRANSFORMS_CHANNELANALYSIS_H
#define LATHE_LIB_DIALECT_LATHE_TRANSFORMS_CHANNELANALYSIS_H

#include "lathe/Dialect/Lathe/IR/LatheInterfaces.h"
#include "lathe/Support/HostTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include <optional>

namespace lathe {

inline mlir::RankedTensorType typeOf(mlir::Value tensor) {
  return mlir::cast<mlir::RankedTensorType>(tensor.getType());
}

/// The constant integer weights and bias of a product.
class ProductConstants {
public:
  /// None if `op` has weights that are not constant, of other elements than
  /// integers, with a zero point, or in an order that is not known.
  static std::optional<ProductConstants> get(WeightedOpInterface op);

  int64_t getNumOutputs() const { return outputs; }
  int64_t getNumInputs() const { return numInputs; }
  /// Whether an output reads one input channel, the one of the same number.
  bool isDepthwise() const { return inputs == 1 && numInputs == outputs; }
  /// Whether the input channels are in several groups of more than one.
  bool isGrouped() const { return inputs != numInputs && !isDepthwise(); }
  /// The input and output channel of weight number `index`.
  int64_t getInput(int64_t index) const {
    return getOutput(index) / groupOutputs * inputs + index / outputs % inputs;
  }
  int64_t getOutput(int64_t index) const { return index % outputs; }

  HostTensor weights;
  /// Zeros where the op has none.
  llvm::SmallVector<int64_t, 0> bias;

private:
  ProductConstants(HostTensor weights, int64_t numInputs);

  /// Of a group, all, of all groups, and outputs of a group.
  int64_t inputs, numInputs, outputs, groupOutputs;
};

/// Finds what each channel of the values of a function, one block of ops, lies
/// between for all inputs, op by op.
class ChannelRangeAnalysis {
public:
  explicit ChannelRangeAnalysis(mlir::func::FuncOp function);

  llvm::ArrayRef<IntegerRange> get(mlir::Value value) const {
    return ranges.at(value);
  }

private:
  void visit(mlir::Operation &op);
  ChannelRanges getProductRanges(WeightedOpInterface op) const;

  llvm::DenseMap<mlir::Value, ChannelRanges> ranges;
};

/// Finds the channels of a function's values that something needs: a result, an
/// op that mixes channels, or a weight that is not zero. Values whose channels
/// can only go together are in one class.
class ChannelLiveness {
public:
  explicit ChannelLiveness(mlir::func::FuncOp function);

  /// The channels of `value` to keep, in ascending order: at least one.
  llvm::SmallVector<int64_t> getKept(mlir::Value value) const;
  /// Whether a channel of `value` can go.
  bool hasDead(mlir::Value value) const;

private:
  struct Product {
    WeightedOpInterface op;
    ProductConstants constants;
  };
  void tie(mlir::Operation &op);
  void collect(mlir::Operation &op);
  llvm::BitVector &getLive(mlir::Value value);
  void keepAll(mlir::Value value) { getLive(value).set(); }
  bool markInputs(const Product &product);

  llvm::EquivalenceClasses<mlir::Value> classes;
  /// By leader: of so many channels that those of all members are repetitions
  /// of them, the live ones.
  llvm::DenseMap<mlir::Value, llvm::BitVector> live;
  llvm::SmallVector<Product, 0> products;
};

} // namespace lathe

#endif // LATHE_LIB_DIALECT_LATHE_TRANSFORMS_CHANNELANALYSIS_H
