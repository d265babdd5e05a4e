//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an import knows besides the IR that it has built.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_IMPORTTABLES_H
#define LATHE_LIB_FRONTEND_ONNX_IMPORTTABLES_H

#include "DynamicExtents.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace lathe::frontend {

struct ImportTables {
  /// The extents of values that only run time knows.
  ExtentTable extents;

  /// The TensorProto.DataType of a value's elements, which for constants and
  /// inputs is the model's, even if they are held in a wider type.
  int32_t getDataType(mlir::Value value) const;
  void setDataType(mlir::Value value, int32_t dataType);

  /// Makes an identifier of C like `name` that no function has.
  std::string makeSymbol(llvm::StringRef name);

  /// Drops what is known about a function that is going to be erased. Others
  /// may come to lie where it and its values did.
  void forget(mlir::func::FuncOp function);

private:
  /// Of the values that are held in a wider type.
  llvm::DenseMap<mlir::Value, int32_t> narrowTypes;
  /// The functions' names, and for each the next number to tell others like it
  /// by.
  llvm::StringMap<unsigned> symbols;
};

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_IMPORTTABLES_H
