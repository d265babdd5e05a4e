//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_EVALUATION_SAMPLESELECTION_H
#define LATHE_EVALUATION_SAMPLESELECTION_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <vector>

namespace lathe {

/// Which samples of a data set to take.
class SampleSelection {
public:
  /// All of them.
  SampleSelection() = default;

  /// Reads `even` or `odd` (the samples 0, 2, 4 … or 1, 3, 5 …), or `A:B`, from
  /// sample A to before B, each of which may be left out.
  static llvm::Expected<SampleSelection> parse(llvm::StringRef text);

  /// Takes the first `count` of the selected samples only.
  void setLimit(int64_t count) { limit = count; }

  /// The indices among `count` samples, in order. Fails if there are none.
  llvm::Expected<std::vector<int64_t>> select(int64_t count) const;

private:
  int64_t first = 0, step = 1;
  std::optional<int64_t> end, limit;
};

} // namespace lathe

#endif // LATHE_EVALUATION_SAMPLESELECTION_H
