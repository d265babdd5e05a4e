//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_SCORECOMMAND_H
#define LATHE_TOOLS_LATHE_SCORECOMMAND_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace lathe::tool {

/// Runs `command`, in the shell, with the path of `module` as an ONNX file
/// behind it, and returns the last word that it prints, which is a number.
/// Fails, with what it printed, if it is none or the command fails.
llvm::Expected<double> runScoreCommand(llvm::StringRef command,
                                       mlir::ModuleOp module);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_SCORECOMMAND_H
