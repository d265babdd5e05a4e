//===- ProgramRunner.h - Run another program --------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DRIVER_PROGRAMRUNNER_H
#define LATHE_LIB_DRIVER_PROGRAMRUNNER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace lathe {

/// Runs `program`, found as a shell finds it, without input; what it prints
/// goes to the file `log`. Fails with that if its status is not 0, and with
/// what it is for (`purpose`, as "run this") if there is no such program.
llvm::Error runProgram(llvm::StringRef program,
                       llvm::ArrayRef<std::string> arguments,
                       llvm::StringRef log, llvm::StringRef purpose);

} // namespace lathe

#endif // LATHE_LIB_DRIVER_PROGRAMRUNNER_H
