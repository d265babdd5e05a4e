//===- StreamPlan.h - How a chain of kernels runs by rows -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_TRANSFORMS_STREAMPLAN_H
#define LATHE_LIB_DIALECT_LATHE_TRANSFORMS_STREAMPLAN_H

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/IR/RowsInterface.h"
#include "lathe/Dialect/Lathe/IR/Streams.h"

#include "llvm/ADT/MapVector.h"

namespace lathe {

/// What a kernel reads by rows and what it reads whole.
struct KernelRows {
  /// For each input the rows that a row of the result needs, or none.
  llvm::SmallVector<std::optional<RowWindow>> windows;
  /// What computes the rows; null if every op computes an element from the
  /// elements at the same place.
  mlir::Operation *root = nullptr;
};

/// How `kernel` can be computed a few rows at a time, if it can.
std::optional<KernelRows> getKernelRows(KernelOp kernel);

/// What happens in each step to one tensor of a stream: a kernel computes rows
/// of it, or, if there is padding around an input, rows of that are copied.
struct StreamStage {
  /// What the stage computes or copies.
  mlir::Value tensor;
  /// Null for a copy.
  KernelOp kernel;
  KernelRows reads;
  /// The rows of each step, and the number of those in memory.
  Bands bands;
  int64_t lines = 0;
  /// What rows around the tensor hold, if any are read.
  mlir::TypedAttr padding;

  /// What the kernel reads; nothing for a copy.
  mlir::ValueRange getInputs() const {
    KernelOp op = kernel;
    return op ? mlir::ValueRange(op.getInputs()) : mlir::ValueRange();
  }
};

/// A chain of kernels as stages of one stream.
class StreamPlan {
public:
  /// Plans `kernels`, in their order, so that each step computes `rows` rows of
  /// the last one's result. None if they are no chain that can run by rows.
  static std::optional<StreamPlan> create(llvm::ArrayRef<KernelOp> kernels,
                                          int64_t rows);

  /// The bytes of line buffers and of what a stage needs beside them.
  int64_t getScratchBytes() const;
  /// By how many bytes the result is ever ahead of what is needed of `input`;
  /// none if a kernel needs all of it.
  std::optional<int64_t> getWriteLead(mlir::Value input) const;
  /// About how many instructions more it takes than to run kernel after kernel.
  double getOverhead() const;

  /// Replaces the kernels by one that runs them in turn.
  void build();

private:
  /// A kernel that reads a tensor by rows, and how.
  struct Reader {
    StreamStage *stage;
    /// None if it needs all of the tensor.
    std::optional<RowWindow> window;
  };

  bool addKernel(KernelOp kernel);
  bool isInternal(KernelOp kernel) const;
  llvm::SmallVector<Reader> getReaders(mlir::Value tensor);
  bool planRows(StreamStage &stage);
  bool readsInputRows(const StreamStage &stage) const;
  bool isCopied(mlir::Value input) const;
  bool planInput(mlir::Value input);
  int64_t getDelay() const;
  mlir::Value buildRows(mlir::OpBuilder &builder, const StreamStage &reader,
                        mlir::Value source, const RowWindow &window);
  void buildStage(mlir::OpBuilder &builder, const StreamStage &stage);
  KernelOp buildBand(mlir::OpBuilder &builder, const StreamStage &stage,
                     llvm::ArrayRef<mlir::Value> inputs);

  /// In the order of a step.
  std::vector<StreamStage> stages;
  /// What kernels of the chain read of others.
  llvm::SetVector<mlir::Value> inputs;
  /// While the stream is built: the rows or lines of each tensor.
  llvm::DenseMap<mlir::Value, mlir::Value> built;
};

} // namespace lathe

#endif // LATHE_LIB_DIALECT_LATHE_TRANSFORMS_STREAMPLAN_H
