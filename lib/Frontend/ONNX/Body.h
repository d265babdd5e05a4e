//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds the functions that lathe.if and lathe.loop run.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_BODY_H
#define LATHE_LIB_FRONTEND_ONNX_BODY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace lathe::frontend {

struct ImportTables;
class NodeContext;

/// A private function while it is built. `builder` stands in it from the
/// constructor until `finish`; what is not finished vanishes.
class Body {
public:
  /// Begins a function with a name like `name` for a graph of `node`.
  Body(NodeContext &node, llvm::StringRef name);
  ~Body();
  Body(const Body &) = delete;
  Body &operator=(const Body &) = delete;

  /// Adds an argument. All are added before the first value is imported.
  mlir::Value addArgument(mlir::Type type);
  /// Adds an argument for each slice along the first dimension of `scanned`,
  /// of the slices' type.
  llvm::SmallVector<mlir::Value> addSlices(mlir::ValueRange scanned);
  /// Adds an argument for each of `initial`, which the loop carries.
  llvm::SmallVector<mlir::Value> addCarried(mlir::ValueRange initial);
  /// Removes an argument that nothing uses.
  void removeArgument(mlir::Value argument);

  /// What `value` of the function around is in this one: what is computed from
  /// constants is computed again here, anything else becomes an argument.
  mlir::Value import(mlir::Value value);
  /// The values behind these arguments.
  llvm::ArrayRef<mlir::Value> getCaptured() const { return captured; }

  /// The value behind one of these arguments, or null.
  mlir::Value getOutside(mlir::BlockArgument argument) const;

  /// Where the op that runs the function is to be built.
  mlir::OpBuilder::InsertPoint getOutside() const { return outside; }

  /// Ends the function with a return of `results`, and leaves it.
  mlir::FlatSymbolRefAttr finish(mlir::ValueRange results);

private:
  mlir::Value cloneConstant(mlir::Value value);

  mlir::OpBuilder &builder;
  ImportTables &tables;
  mlir::OpBuilder::InsertPoint outside;
  mlir::func::FuncOp function;
  mlir::IRMapping imported;
  llvm::SmallVector<mlir::Value> captured;
  bool isFinished = false;
};

/// What a lathe.loop needs besides its body; what does not apply is left out.
struct LoopParts {
  mlir::Value tripCount, condition;
  llvm::SmallVector<mlir::Value> scanned, initial;
  std::optional<int64_t> bound;
  llvm::SmallVector<bool> reversedInputs, reversedOutputs;
};

/// Ends `body` with a return of `returned` (the condition if there is one, what
/// is carried, and the elements to stack), and builds the loop that runs it, or
/// computes it if all it depends on is constant. Returns its results.
llvm::SmallVector<mlir::Value> finishLoop(NodeContext &node, Body &body,
                                          const LoopParts &parts,
                                          llvm::ArrayRef<mlir::Value> returned);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_BODY_H
