//===- Commands.h - The verbs of the lathe driver ---------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_COMMANDS_H
#define LATHE_TOOLS_LATHE_COMMANDS_H

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace lathe::tool {

/// What the process returns.
enum ExitStatus {
  Done = 0,
  /// The input or the flags were at fault.
  UserError = 1,
  /// A bug of Lathe.
  InternalError = 2
};

/// A verb: its flags live in its file, which registers it by a static instance.
class Command {
public:
  /// `example` is a command line shown by --help.
  Command(llvm::StringRef name, llvm::StringRef description,
          llvm::StringRef example);
  virtual ~Command() = default;

  virtual ExitStatus run() = 0;

  llvm::cl::SubCommand &getSubCommand() { return subCommand; }
  static llvm::ArrayRef<Command *> getAll();

private:
  std::string help;
  llvm::cl::SubCommand subCommand;
};

/// Prints `error: …` on standard error, unless diagnostics have done so. The
/// status tells a CompilerBug from what a user can mend.
ExitStatus reportError(llvm::Error error);
ExitStatus reportError(const llvm::Twine &message);

/// Prints MLIR's diagnostics as `error: FILE: 'NODE': message`, without the IR,
/// while it lives.
class DiagnosticPrinter {
public:
  explicit DiagnosticPrinter(mlir::MLIRContext &context);
  ~DiagnosticPrinter();

private:
  mlir::MLIRContext &context;
  uint64_t handler;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_COMMANDS_H
