//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a converter sees of the op it converts.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_ONNX_OPCONTEXT_H
#define LATHE_LIB_TARGET_ONNX_OPCONTEXT_H

#include "KindSet.h"
#include "LazyTensors.h"

#include "mlir/IR/Operation.h"

namespace lathe::exporter {

llvm::ArrayRef<int64_t> getShape(mlir::Value value);
int64_t getRank(mlir::Value value);
/// The kind of a value's elements, which the exporter has checked to be one.
/// `element`, or the type that stores it if it is quantized.
mlir::Type getStoredElement(mlir::Type element);
/// The kind of what is stored.
ElementKind getKind(mlir::Value value);

/// Adds the nodes of one op. The node that gives the op's result has the op's
/// name; nodes and constants besides it have names that begin with it.
class OpContext {
public:
  OpContext(GraphBuilder &graph, LazyTensors &tensors, mlir::Operation *op);

  mlir::LogicalResult error(const llvm::Twine &message);
  GraphBuilder &getGraph() { return graph; }
  LazyTensors &getTensors() { return tensors; }
  llvm::StringRef getName() const { return name; }

  //===--------------------------------------------------------------------===//
  // Inputs
  //===--------------------------------------------------------------------===//

  /// The tensor of `value` with its dimensions in `layout`, or in their own
  /// order. A null value gives the empty name of an input that is left out.
  std::string get(mlir::Value value, llvm::ArrayRef<int64_t> layout);
  std::string get(mlir::Value value);

  /// The layout in which `value` exists.
  Layout getLayout(mlir::Value value) const;

  /// Constants.
  std::string createInts(llvm::StringRef label, llvm::ArrayRef<int64_t> values);
  std::string createScalar(llvm::StringRef label, ElementKind kind,
                           double value);

  //===--------------------------------------------------------------------===//
  // Nodes
  //===--------------------------------------------------------------------===//

  /// Adds a node besides the one that gives the result.
  std::string create(llvm::StringRef type, Inputs inputs,
                     llvm::ArrayRef<NodeAttribute> attributes = {});
  std::string createCast(const std::string &tensor, ElementKind from,
                         ElementKind to);

  /// Adds the node that gives the op's result, with its dimensions in `layout`
  /// or in their own order.
  mlir::LogicalResult setResult(llvm::StringRef type, Inputs inputs,
                                llvm::ArrayRef<NodeAttribute> attributes,
                                llvm::ArrayRef<int64_t> layout);
  mlir::LogicalResult setResult(llvm::StringRef type, Inputs inputs,
                                llvm::ArrayRef<NodeAttribute> attributes = {});
  /// The same for an operator that gives elements of `kind`, which are cast to
  /// the result's.
  mlir::LogicalResult setResultIn(ElementKind kind, llvm::StringRef type,
                                  Inputs inputs,
                                  llvm::ArrayRef<NodeAttribute> attributes,
                                  llvm::ArrayRef<int64_t> layout);

  /// The kind in which an operator of `type`, which takes `kinds`, computes on
  /// elements of `kind`: `kind`, or f32 in place of other floats. None, after
  /// an error, for integers that it does not take.
  std::optional<ElementKind> getComputedKind(llvm::StringRef type,
                                             KindSet kinds, ElementKind kind);

  /// Adds an operator that takes `kinds` on `inputs`, whose elements have the
  /// kind of `like`, and makes it the op's result.
  mlir::LogicalResult compute(llvm::StringRef type, KindSet kinds,
                              mlir::Value like,
                              llvm::MutableArrayRef<std::string> inputs,
                              llvm::ArrayRef<NodeAttribute> attributes,
                              llvm::ArrayRef<int64_t> layout);

  /// Makes the operator, which takes `kinds`, of the op's operands, which
  /// broadcast.
  mlir::LogicalResult
  computeElementwise(llvm::StringRef type, KindSet kinds,
                     llvm::ArrayRef<NodeAttribute> attributes = {});

  /// The op's operands for an elementwise operator, all in one layout.
  llvm::SmallVector<std::string> getOperands(Layout &layout);

private:
  GraphBuilder &graph;
  LazyTensors &tensors;
  mlir::Operation *op;
  std::string name;
};

} // namespace lathe::exporter

#endif // LATHE_LIB_TARGET_ONNX_OPCONTEXT_H
