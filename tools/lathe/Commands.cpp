//===- Commands.cpp - The verbs of the lathe driver -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "lathe/Support/RunPasses.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace lathe::tool;

static SmallVectorImpl<Command *> &commands() {
  static SmallVector<Command *> list;
  return list;
}

Command::Command(StringRef name, StringRef description, StringRef example)
    : help((description + "\n\n  Example: " + example).str()),
      subCommand(name, help) {
  commands().push_back(this);
}

ArrayRef<Command *> Command::getAll() { return commands(); }

ExitStatus lathe::tool::reportError(const Twine &message) {
  llvm::WithColor::error(llvm::errs()) << message << "\n";
  return UserError;
}

ExitStatus lathe::tool::reportError(llvm::Error error) {
  ExitStatus status = UserError;
  llvm::handleAllErrors(
      std::move(error), [](const DiagnosedError &) {},
      [&](const CompilerBug &bug) {
        reportError(bug.message());
        status = InternalError;
      },
      [](const llvm::ErrorInfoBase &other) { reportError(other.message()); });
  return status;
}

/// Prints a location the way users know it: the file and, unless the message
/// names it itself, the ONNX node.
static void printLocation(Location loc, bool printsNode, raw_ostream &os) {
  if (auto file = dyn_cast<FileLineColLoc>(loc)) {
    os << file.getFilename().strref();
    if (file.getLine() != 0)
      os << ":" << file.getLine() << ":" << file.getColumn();
    os << ": ";
  } else if (auto name = dyn_cast<NameLoc>(loc)) {
    printLocation(name.getChildLoc(), printsNode, os);
    if (printsNode)
      os << "'" << name.getName().strref() << "': ";
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    if (!fused.getLocations().empty())
      printLocation(fused.getLocations().back(), printsNode, os);
  }
}

static LogicalResult print(Diagnostic &diagnostic) {
  raw_ostream &os = llvm::errs();
  switch (diagnostic.getSeverity()) {
  case DiagnosticSeverity::Error:
    llvm::WithColor::error(os);
    break;
  case DiagnosticSeverity::Warning:
    llvm::WithColor::warning(os);
    break;
  case DiagnosticSeverity::Note:
  case DiagnosticSeverity::Remark:
    llvm::WithColor::note(os);
    break;
  }
  std::string message = diagnostic.str();
  bool namesNode = StringRef(message).starts_with("node '");
  printLocation(diagnostic.getLocation(), !namesNode, os);
  os << message << "\n";
  return success();
}

DiagnosticPrinter::DiagnosticPrinter(MLIRContext &context)
    : context(context),
      handler(context.getDiagEngine().registerHandler(print)) {}

DiagnosticPrinter::~DiagnosticPrinter() {
  context.getDiagEngine().eraseHandler(handler);
}
