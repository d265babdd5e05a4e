//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_MIXEDPRECISIONFLAGS_H
#define LATHE_TOOLS_LATHE_MIXEDPRECISIONFLAGS_H

#include "QualityFlags.h"

#include "lathe/Quantization/PostTraining.h"

#include "llvm/Support/CommandLine.h"

namespace lathe::tool {

/// The flags of mode `mixed`: the bound, and what may be chosen.
class MixedPrecisionFlags {
public:
  explicit MixedPrecisionFlags(llvm::cl::SubCommand &command);

  /// The name of one that was given; empty if none was.
  llvm::StringRef getGiven() const;

  /// What they say. `floatBytes` are those of the float model's constants.
  /// Fails if not exactly one bound was given.
  llvm::Expected<MixedPrecisionOptions> get(int64_t floatBytes) const;

private:
  llvm::Expected<PrecisionBound> getBound(int64_t floatBytes) const;
  llvm::Expected<double> getLargestSize(int64_t floatBytes) const;

  QualityFlags quality;
  llvm::cl::opt<double> maxLatency;
  llvm::cl::opt<std::string> maxSize;
  llvm::cl::list<std::string> precisions;
};

/// Prints the choices that were tried and how often each precision was chosen.
void printMixedPrecision(const MixedPrecisionReport &report,
                         llvm::raw_ostream &os);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_MIXEDPRECISIONFLAGS_H
