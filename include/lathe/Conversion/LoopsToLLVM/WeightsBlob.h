//===- WeightsBlob.h - A model's constants, outside its code ----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CONVERSION_LOOPSTOLLVM_WEIGHTSBLOB_H
#define LATHE_CONVERSION_LOOPSTOLLVM_WEIGHTSBLOB_H

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>

namespace llvm {
class raw_ostream;
}

namespace lathe {

/// The constants of a model as one block of bytes that lives outside its code.
/// Holds references to the attributes, not copies of them: the MLIRContext
/// must outlive it.
struct WeightsBlob {
  /// Bytes to which the block and every constant in it are aligned: a cache
  /// line, and the widest vector register.
  static constexpr uint64_t alignment = 64;

  struct Segment {
    uint64_t offset; ///< in bytes from the start of the block
    uint64_t size;   ///< in bytes
    mlir::ElementsAttr value;
  };

  std::string symbol;                  ///< name of the symbol at its start
  uint64_t size = 0;                   ///< in bytes
  llvm::SmallVector<Segment> segments; ///< by ascending offset, disjoint

  bool empty() const { return size == 0; }

  /// Bytes of the constants, without padding.
  uint64_t getConstantBytes() const;

  /// Calls `emit` with consecutive pieces that make up the whole block,
  /// padding included. Elements are little endian, bools one byte each.
  void forEachPiece(llvm::function_ref<void(llvm::StringRef)> emit) const;

  /// Writes the whole block.
  void write(llvm::raw_ostream &os) const;
};

} // namespace lathe

#endif // LATHE_CONVERSION_LOOPSTOLLVM_WEIGHTSBLOB_H
