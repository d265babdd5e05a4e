//===- Tune.h - lathe compile --tune ----------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_TUNE_H
#define LATHE_TOOLS_LATHE_TUNE_H

#include "lathe/Driver/Tuner.h"

#include "llvm/Support/CommandLine.h"

namespace lathe::tool {

/// `--tune`, and what it does before a model is compiled.
class Tuning {
public:
  explicit Tuning(llvm::cl::SubCommand &command);

  bool isGiven() const { return seconds.getNumOccurrences() != 0; }

  /// Fails if the flag's value is no time.
  llvm::Error check() const;

  /// Measures tiles for `module`, at the graph level, and writes them to the
  /// file that `code` names or, without one, to NAME.tiles.yaml, which it names
  /// then. What the file holds of other kernels stays in it.
  llvm::Error run(mlir::ModuleOp module, llvm::StringRef name, bool quiet,
                  CodeOptions &code);

  /// Prints what came of it.
  void printSummary(llvm::raw_ostream &os) const;

private:
  llvm::cl::opt<double> seconds;
  TuneSummary summary;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_TUNE_H
