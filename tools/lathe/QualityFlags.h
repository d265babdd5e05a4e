//===- QualityFlags.h - How much a model may lose ---------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_QUALITYFLAGS_H
#define LATHE_TOOLS_LATHE_QUALITYFLAGS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <optional>

namespace lathe::tool {

/// `--max-noise` and `--min-sqnr`, and `--min-score` with `--eval-cmd`: what a
/// model of fewer bits has to keep of the float model.
class QualityFlags {
public:
  /// `use` is what stands before each flag's description.
  QualityFlags(llvm::cl::SubCommand &command, llvm::StringRef use);

  /// The name of the first flag that was given; empty if none was.
  llvm::StringRef getGiven() const;

  /// How many bounds the flags are.
  unsigned countBounds() const;

  /// Fails if a number is none that can be a bound, or if a score or the
  /// command for it is missing.
  llvm::Error check() const;

  /// The most noise for a signal of 1, if that is what is bounded.
  std::optional<double> getNoise() const;

  /// The least score, if that is what is bounded, and what gives it.
  std::optional<double> getLeastScore() const;
  std::function<llvm::Expected<double>(mlir::ModuleOp)> getScore() const;

private:
  std::string noiseText, ratioText, scoreText, commandText;
  llvm::cl::opt<double> maxNoise, minSQNR, minScore;
  llvm::cl::opt<std::string> evalCommand;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_QUALITYFLAGS_H
