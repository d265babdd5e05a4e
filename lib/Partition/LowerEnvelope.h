//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The lower envelope of lines that are found one by one, each as the lowest at
// some place: corners are looked for where the lines of two known ones meet,
// until nothing is below (Eisner and Severance, "Mathematical techniques for
// efficient record segmentation in large shared databases", Journal of the ACM
// 23(4), 1976, section 3).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_LOWERENVELOPE_H
#define LATHE_LIB_PARTITION_LOWERENVELOPE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <vector>

namespace lathe::partition {

struct EnvelopeLine {
  double constant = 0, slope = 0;

  double at(double place) const { return constant + slope * place; }
};

/// Where `line`, by its number, is the lowest. `begin` is above `end`.
struct EnvelopePiece {
  double begin = 0, end = 0;
  unsigned line = 0;
};

/// Where lines are from.
struct LineSource {
  /// The number of the lowest line at a place; none if there is no line.
  llvm::function_ref<llvm::Expected<std::optional<unsigned>>(double)>
      findLowest;
  llvm::function_ref<EnvelopeLine(unsigned)> getLine;
};

/// The pieces from `begin` down to `end`, by falling place; neighbours have
/// different lines. Empty if there is no line. Fails as `source` does.
llvm::Expected<std::vector<EnvelopePiece>>
findLowerEnvelope(const LineSource &source, double begin, double end);

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_LOWERENVELOPE_H
