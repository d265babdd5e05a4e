//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The weights of a model: their names, bytes and C arrays.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CWEIGHTS_H
#define LATHE_LIB_TARGET_C_CWEIGHTS_H

#include "lathe/Target/C/CEmitter.h"
#include "lathe/Target/Common/CNames.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"

namespace lathe {

/// A weight and the C identifier of its array.
struct CWeight {
  mlir::memref::GlobalOp global;
  std::string name;
  /// Where the linker is to put it; wherever it likes if empty.
  std::string section;

  mlir::MemRefType getType() { return global.getType(); }
  int64_t getSizeInBytes();
  /// What the address must be a multiple of.
  int64_t getAlignment();
};

/// The weights of `module` in order, named after their ONNX initializers, with
/// `prefix` before each name; the names are taken in `scope` and differ from
/// those in `avoid`. Emits a diagnostic and fails if a global is not a constant
/// with a value that C has a type for.
mlir::FailureOr<std::vector<CWeight>> collectWeights(mlir::ModuleOp module,
                                                     llvm::StringRef prefix,
                                                     CNameScope &scope,
                                                     const CNameScope &avoid);

/// Gives `weights` the sections that `sections` say. Emits a diagnostic and
/// fails at a pattern that is none, or that matches no weight.
mlir::LogicalResult placeWeights(mlir::ModuleOp module,
                                 llvm::ArrayRef<WeightSection> sections,
                                 std::vector<CWeight> &weights);

/// The elements of `weight` as they lie in the target's memory, little-endian.
/// They are `storage`'s unless the weight's own bytes are just that.
llvm::ArrayRef<char> getWeightBytes(CWeight &weight,
                                    llvm::SmallVectorImpl<char> &storage);

/// `const float name[size]`
std::string declareWeight(CWeight &weight);

/// Prints the definition of `weight`, with `storage class` before it.
void printWeight(CWeight &weight, llvm::StringRef storageClass,
                 llvm::raw_ostream &os);

/// Prints `bytes`, elements of `elementType`, as the lines of an initializer.
void printElements(llvm::ArrayRef<char> bytes, mlir::Type elementType,
                   llvm::raw_ostream &os);

/// True if printing `bytes` uses the macros of <math.h>: one is not finite.
bool hasNonFinite(llvm::ArrayRef<char> bytes, mlir::Type elementType);

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CWEIGHTS_H
