//===- Partition.h - Code in parts that are compiled apart ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM compiles a module on one thread. Kernels are functions of their own that
// are never inlined, so a module can be divided among threads without worse
// code. How it is divided depends on the module alone: with any number of
// cores, and on any machine, the same objects come out.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_LLVM_PARTITION_H
#define LATHE_TARGET_LLVM_PARTITION_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <vector>

namespace llvm {
class Function;
class Module;
} // namespace llvm

namespace lathe {

/// Functions that are compiled together: the exported ones, or one that is not
/// inlined; and all that they may inline or refer to.
using FunctionGroup = llvm::SmallVector<const llvm::Function *, 4>;

struct PartitionOptions {
  /// Instructions of LLVM IR below which a part is not worth its thread.
  uint64_t minInstructions = 5000;
  unsigned maxParts = 16;
};

/// A module divided into parts of about equally many instructions.
class Partition {
public:
  explicit Partition(llvm::Module &code, const PartitionOptions &options = {});

  unsigned getNumParts() const { return parts.size(); }

  /// The groups of a part, in the order of the module. The exported functions
  /// are in the first. Groups share what several of them refer to.
  llvm::ArrayRef<FunctionGroup> getPart(unsigned part) const {
    return parts[part];
  }

  /// Calls `take` with the bitcode of each part. Kernels and variables become
  /// hidden symbols called `MODEL.NAME`, so that those of several models do
  /// not clash in one program; what one part alone refers to stays internal.
  /// The module is of no further use.
  void split(llvm::StringRef model,
             llvm::function_ref<void(llvm::SmallVector<char, 0> bitcode)> take);

private:
  llvm::Module &code;
  std::vector<std::vector<FunctionGroup>> parts;
};

} // namespace lathe

#endif // LATHE_TARGET_LLVM_PARTITION_H
