//===- Tune.cpp - lathe compile --tune ------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tune.h"

#include "lathe/Target/Common/OutputFiles.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

#include <cmath>

using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;
using llvm::StringRef;

Tuning::Tuning(cl::SubCommand &command)
    : seconds("tune", cl::sub(command), cl::value_desc("seconds"),
              cl::desc("Measure register tiles of the model's kernels on this "
                       "machine for as long, write the faster ones to the "
                       "file of --tiles (default: NAME.tiles.yaml), and "
                       "compile with them")) {}

llvm::Error Tuning::check() const {
  if (std::isfinite(seconds) && seconds > 0)
    return llvm::Error::success();
  return llvm::createStringError(
      "--tune takes the seconds to measure for, as in --tune=60, not %g",
      seconds.getValue());
}

/// The table of the file, or an empty one if there is no file yet.
static llvm::Expected<TileTable> loadIfExists(StringRef path) {
  return llvm::sys::fs::exists(path) ? TileTable::load(path) : TileTable();
}

/// Fails now as writing the file would after minutes: no file is written.
static llvm::Error checkWritable(StringRef path) {
  llvm::SmallString<256> absolute(path);
  if (std::error_code code = llvm::sys::fs::make_absolute(absolute))
    return llvm::createFileError(path, code);
  return writeOutputFiles(llvm::sys::path::parent_path(absolute), {});
}

llvm::Error Tuning::run(mlir::ModuleOp module, StringRef name, bool quiet,
                        CodeOptions &code) {
  if (code.tiles.empty())
    code.tiles = (name + ".tiles.yaml").str();
  llvm::Expected<TileTable> table = loadIfExists(code.tiles);
  if (!table)
    return table.takeError();
  if (llvm::Error error = checkWritable(code.tiles))
    return error;
  TuneOptions options;
  options.code = code;
  options.seconds = seconds;
  bool showsProgress = !quiet && llvm::errs().is_displayed();
  if (showsProgress)
    options.progress = [](unsigned round, unsigned numFaster) {
      llvm::errs() << "\rtuning, round " << round << ": " << numFaster
                   << " kernels faster ";
    };
  llvm::Expected<TuneSummary> result = tuneModel(module, options, *table);
  if (showsProgress)
    llvm::errs() << "\n";
  if (!result)
    return result.takeError();
  summary = *result;
  std::string text;
  llvm::raw_string_ostream os(text);
  table->print(os);
  return writeOutputFile(code.tiles, std::move(text));
}

void Tuning::printSummary(llvm::raw_ostream &os) const {
  os << "  tiles    a faster one for " << summary.numFaster << " of "
     << summary.numKernels << " kernels, after " << summary.numRounds
     << " rounds";
  if (summary.numFaster != 0)
    os << llvm::format("; expected are %.4g ms, %.1f %% less",
                       1e3 * summary.seconds,
                       100 * (1 - summary.seconds / summary.defaultSeconds));
  os << "\n";
}
