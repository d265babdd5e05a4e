//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The pointers that the loads and stores of a function need.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_COST_ADDRESSES_H
#define LATHE_LIB_COST_ADDRESSES_H

#include "lathe/Cost/Instructions.h"

#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"

namespace lathe::cost {

/// A sum of values with factors, and a constant. The values are what integer
/// sums and products by constants lead to: counters of loops, quotients.
struct LinearForm {
  /// Ordered by their addresses, which only tells forms apart.
  llvm::SmallVector<std::pair<mlir::Value, int64_t>, 4> terms;
  int64_t constant = 0;

  void add(const LinearForm &other, int64_t factor);
};

LinearForm getLinearForm(mlir::Value value);

/// Whether all that takes `value`, an index, is part of an address, or of other
/// sums and products for addresses.
bool isForAddressesOnly(mlir::Value value);

/// The memory that a load or store of one element reads or writes, behind
/// views, and the bytes from its beginning; no memory for other ops.
struct Access {
  mlir::Value memory;
  LinearForm bytes;
};
Access getAccess(mlir::Operation *op);

/// The memory that a chain of views begins with.
mlir::Value getRootMemory(mlir::Value memory);

/// Loads and stores that one pointer reaches: they differ by constants.
struct Pointer {
  mlir::Value memory;
  LinearForm first; ///< the lowest
  int64_t last = 0; ///< the constant of the highest
  unsigned accesses = 0;
};

/// The pointers of accesses that happen together, each within `reach` bytes.
llvm::SmallVector<Pointer> groupByPointer(llvm::ArrayRef<Access> accesses,
                                          int64_t reach);

} // namespace lathe::cost

#endif // LATHE_LIB_COST_ADDRESSES_H
