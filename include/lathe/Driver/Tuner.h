//===- Tuner.h - Measure register tiles on this machine ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_TUNER_H
#define LATHE_DRIVER_TUNER_H

#include "lathe/Driver/Compiler.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <functional>

namespace lathe {

struct TuneOptions {
  /// `tiles` is of no meaning here.
  CodeOptions code;
  /// How long it may take.
  double seconds = 60;
  /// Called behind each round with its number and how many kernels have been
  /// faster with another tile so far.
  std::function<void(unsigned round, unsigned numFaster)> progress;
};

/// What came of it.
struct TuneSummary {
  /// Kernels with a register tile, equal ones counted once, and those for which
  /// a faster one was found.
  unsigned numKernels = 0, numFaster = 0;
  unsigned numRounds = 0;
  /// Of a call of the model with the tiles of the cost model, and expected with
  /// those that were found; both 0 if none was.
  double defaultSeconds = 0, seconds = 0;
};

/// Measures register tiles for the kernels of `module`, a model at the graph
/// level that stays as it is, on this machine, and enters the faster ones into
/// `table`. What that holds for these kernels is measured again; the rest
/// stays.
///
/// Whole models run, so that a kernel finds the caches as it will later. Each
/// round compiles one in which every kernel has another candidate, and runs it
/// in turns with one that has the tiles of the cost model. At the end the best
/// run together; entered is what saves at least 3 % and 0.1 us of a kernel's
/// time then.
///
/// Fails if the time is too short for one round, as lowering does, or if the
/// model does.
llvm::Expected<TuneSummary>
tuneModel(mlir::ModuleOp module, const TuneOptions &options, TileTable &table);

} // namespace lathe

#endif // LATHE_DRIVER_TUNER_H
