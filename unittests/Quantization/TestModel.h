//===- TestModel.h - Models and samples of tests ----------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_UNITTESTS_QUANTIZATION_TESTMODEL_H
#define LATHE_UNITTESTS_QUANTIZATION_TESTMODEL_H

#include "lathe/Data/Dataset.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace lathe {

/// Samples for a model with the input "x", called "0", "1" and so on.
class TensorSamples : public Dataset {
public:
  explicit TensorSamples(std::vector<HostTensor> tensors)
      : tensors(std::move(tensors)) {}

  llvm::StringRef getKind() const override { return "tensors"; }
  int64_t getNumSamples() const override { return tensors.size(); }
  llvm::Expected<Sample> read(int64_t index) override;

  std::vector<HostTensor> tensors;
};

/// `numSamples` samples of `shape`, whose elements are pseudo-random multiples
/// of 1/64 from -1 on and below 1.
TensorSamples makeSamples(int64_t numSamples, llvm::ArrayRef<int64_t> shape);

/// A module that was given as text; its first function is the model.
class TestModel {
public:
  explicit TestModel(llvm::StringRef text);

  mlir::func::FuncOp get();
  /// The result of the op whose location is `node`.
  mlir::Value getValue(llvm::StringRef node);
  std::string print();

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace lathe

#endif // LATHE_UNITTESTS_QUANTIZATION_TESTMODEL_H
