//===- CodeSize.h - What a C compiler makes of a model ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_CODESIZE_H
#define LATHE_DRIVER_CODESIZE_H

#include "lathe/Target/Common/OutputFiles.h"
#include "lathe/Target/Description/TargetDescription.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lathe {

/// The most stack that a call of a model takes.
struct StackUsage {
  /// Of the model's functions, along the path that needs most; none if the
  /// compiler says nothing of it.
  std::optional<int64_t> bytes;
  /// Why `bytes` is none, or what it leaves out; empty if that is all.
  std::string note;
};

/// Bytes that a compiler made of the C code of a model.
struct CodeSize {
  /// Instructions and tables, without weights.
  int64_t code = 0;
  StackUsage stack;
};

/// Compiles `files`, a folder of C as emitFiles makes it, in a temporary folder
/// with `compiler`, or if that is empty with the one of `target`, by the
/// target's flags and -O2, or -Os for `smallCode`. Fails if the compiler is not
/// installed or fails.
llvm::Expected<CodeSize> measureCode(llvm::ArrayRef<OutputFile> files,
                                     const TargetDescription &target,
                                     llvm::StringRef compiler, bool smallCode);

/// The most stack of a path through `graph`, which GCC's -fcallgraph-info=su
/// wrote: a file in the language of VCG. Functions without a figure are not the
/// model's, and go into the note.
StackUsage findDeepestStack(llvm::StringRef graph);

} // namespace lathe

#endif // LATHE_DRIVER_CODESIZE_H
