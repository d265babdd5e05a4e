//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The set of files that a compilation writes.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_COMMON_OUTPUTFILES_H
#define LATHE_TARGET_COMMON_OUTPUTFILES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <string>

namespace llvm {
class raw_ostream;
}

namespace lathe {

/// A file to be written: its path below the output folder, with `/` between the
/// parts, and its bytes.
struct OutputFile {
  std::string path;
  std::string contents;
  /// Writes the bytes instead, if set: those of a library are not to be copied.
  std::function<llvm::Error(llvm::raw_ostream &)> write = nullptr;
};

/// Writes `files` into the folder `directory`, which is created if it is
/// absent; other files in it stay. Either all files are in place afterwards or,
/// with an error that names the path and what to do, everything is as before:
/// the files are first written to a temporary folder inside `directory` and
/// then moved.
llvm::Error writeOutputFiles(llvm::StringRef directory,
                             llvm::ArrayRef<OutputFile> files);

/// Writes a single file in the same way, at any path. What is there and is no
/// file, such as a pipe, is written to as it is.
llvm::Error writeOutputFile(llvm::StringRef path, std::string contents);

} // namespace lathe

#endif // LATHE_TARGET_COMMON_OUTPUTFILES_H
