//===- lathe.cpp - The driver ---------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "llvm/Support/InitLLVM.h"

using namespace lathe::tool;

/// Leaves our flags in --help: those of LLVM are for its developers.
static void hideFlagsOfLLVM() {
  for (auto &[name, option] : llvm::cl::getRegisteredOptions())
    if (name != "help" && name != "version")
      option->setHiddenFlag(llvm::cl::ReallyHidden);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::setBugReportMsg("This is a bug in Lathe. Please report it with the "
                        "command line and the model.\n");
  llvm::cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "lathe " LATHE_VERSION "\n"; });
  hideFlagsOfLLVM();
  llvm::cl::ParseCommandLineOptions(
      argc, argv,
      "Lathe turns a trained network down until it fits its machine.\n\n"
      "  Example: lathe compile model.onnx --target=cortex-m4 -o out\n\n"
      "  Exit status: 0 done; 1 the model or the flags are at fault; 2 a bug "
      "of "
      "Lathe\n");
  for (Command *command : Command::getAll())
    if (command->getSubCommand())
      return command->run();
  llvm::cl::PrintHelpMessage();
  return UserError;
}
