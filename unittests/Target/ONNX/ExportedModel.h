//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exports IR given as text, for the tests of the exporter.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_UNITTESTS_TARGET_ONNX_EXPORTEDMODEL_H
#define LATHE_UNITTESTS_TARGET_ONNX_EXPORTEDMODEL_H

#include "lathe/Support/HostTensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include <onnx/onnx_pb.h>
#include <vector>

namespace lathe::testing {

/// IR, and the ONNX model that is made of it.
class ExportedModel {
public:
  /// Parses and exports `text`. What goes wrong fails the test.
  explicit ExportedModel(llvm::StringRef text);
  ~ExportedModel();

  const std::string &getBytes() const { return bytes; }
  const onnx::GraphProto &getGraph() const { return model.graph(); }
  int64_t getOpset() const { return model.opset_import(0).version(); }

  /// The operators of the nodes, in their order, with spaces between them.
  std::string getOperators() const;

  /// The initializer called `name`; empty, and a failed test, if there is none.
  HostTensor getInitializer(llvm::StringRef name) const;

  /// Checks that the reference evaluator gives the same for the IR and for what
  /// the importer makes of the model. Inputs are made up.
  void expectSameResults();

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string bytes;
  onnx::ModelProto model;
};

} // namespace lathe::testing

#endif // LATHE_UNITTESTS_TARGET_ONNX_EXPORTEDMODEL_H
