//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the parts of the C printer share: state of the file and of the
// function being printed.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CCONTEXT_H
#define LATHE_LIB_TARGET_C_CCONTEXT_H

#include "CExpr.h"
#include "CHelpers.h"
#include "CInlining.h"
#include "lathe/Target/Common/CNames.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/MapVector.h"

namespace lathe {

/// State of the file being printed.
struct CFile {
  /// Bits of a printed index: 32 if no memref or constant needs more.
  unsigned indexWidth = 32;
  CHelpers helpers;
  /// Whether LATHE_KERNEL is in use.
  bool hasKernels = false;
  bool needsMath = false;
  bool needsString = false;
  /// Set by the first diagnostic; nothing is printed from then on.
  bool failed = false;
  CNameScope scope;
  /// The C names of functions and globals.
  llvm::DenseMap<mlir::StringAttr, std::string> symbols;

  /// The width of an index in `module`.
  static unsigned chooseIndexWidth(mlir::ModuleOp module);
};

/// An index that is a sum of constant multiples of values.
struct LinearIndex {
  llvm::SmallMapVector<mlir::Value, int64_t, 4> terms;
  int64_t constant = 0;

  /// Adds `factor` times `value`; a constant `value` adds to `constant`.
  void add(mlir::OpFoldResult value, int64_t factor);
  bool isZero() const { return terms.empty() && constant == 0; }
};

/// How C reaches the elements of a memref.
struct CBuffer {
  /// The pointer or array variable that reaches it.
  std::string pointer;
  /// The element type as stored, with its sign where C's differs.
  mlir::Type elementType;
  /// Elements from what `pointer` points at to the memref's element 0.
  LinearIndex offset;
  /// Elements from the allocation's start, which a reinterpret_cast counts
  /// from, to what `pointer` points at: the offset in an argument's type.
  int64_t pointerOffset = 0;
};

/// State of the function being printed.
struct CFunction {
  CFunction(CFile &file, mlir::func::FuncOp op) : file(file), plan(op) {}

  CFile &file;
  InlinePlan plan;
  llvm::DenseMap<mlir::Value, std::string> variables;
  llvm::DenseMap<mlir::Value, CBuffer> buffers;

  CType getType(mlir::Value value);
  /// Reports that C has no form for `op`, because of `reason`.
  void reportUnsupported(mlir::Operation *op, const llvm::Twine &reason);
};

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CCONTEXT_H
