//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bucket elimination for a sum of tables (Dechter 1999, elim-mpe): exact, in
// time proportional to the cells of the tables.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_BUCKETELIMINATION_H
#define LATHE_LIB_PARTITION_BUCKETELIMINATION_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <vector>

namespace lathe::partition {

class BucketElimination {
public:
  /// `order` has every variable once.
  BucketElimination(llvm::ArrayRef<unsigned> domainSizes,
                    llvm::ArrayRef<unsigned> order);

  /// Sorts `scope` in the order of elimination and returns a table for it to be
  /// filled, row-major: the last variable varies fastest.
  double *addFactor(llvm::SmallVectorImpl<unsigned> &scope);

  /// Returns for each variable its value in a least sum; among equal values of
  /// a variable the lowest.
  std::vector<unsigned> minimize();

private:
  struct Factor {
    llvm::SmallVector<unsigned, 8> scope;
    std::unique_ptr<double[]> values;
    /// Of the variable that is eliminated first.
    size_t stride = 1;
  };
  /// One that is joined with others: a stride for each variable of their joint
  /// scope, 0 for those that it lacks.
  struct Operand {
    const double *values;
    size_t firstStride;
    llvm::SmallVector<size_t, 8> strides;
    bool hasLast;
  };

  void eliminate(unsigned variable);
  llvm::SmallVector<Operand, 8>
  makeOperands(unsigned variable, llvm::ArrayRef<unsigned> scope) const;
  void computeRow(llvm::ArrayRef<Operand> operands, unsigned domainSize,
                  unsigned length, double *out);
  unsigned findBest(unsigned variable,
                    llvm::ArrayRef<unsigned> assignment) const;

  llvm::ArrayRef<unsigned> domainSizes;
  llvm::ArrayRef<unsigned> order;
  std::vector<unsigned> positions;
  /// By the variable that is eliminated first.
  std::vector<llvm::SmallVector<Factor, 4>> buckets;
  std::vector<double> row;
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_BUCKETELIMINATION_H
