//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_DESCRIPTION_TARGETYAML_H
#define LATHE_LIB_TARGET_DESCRIPTION_TARGETYAML_H

#include "lathe/Target/Description/TargetDescription.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace lathe {

/// Reads a target file on top of `target`: keys that the file lacks stay as
/// they are, lists are replaced whole. The errors are YAML's, with file and
/// line.
llvm::Error parseTarget(llvm::MemoryBufferRef file, TargetDescription &target);

} // namespace lathe

#endif // LATHE_LIB_TARGET_DESCRIPTION_TARGETYAML_H
