//===- Options.h - Flags that several verbs share ---------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_OPTIONS_H
#define LATHE_TOOLS_LATHE_OPTIONS_H

#include "lathe/Driver/Compiler.h"
#include "lathe/Frontend/ONNX/ImportOptions.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/CommandLine.h"

namespace lathe::tool {

/// The flags that say how a model is specialized while it is imported.
class ImportFlags {
public:
  explicit ImportFlags(llvm::cl::SubCommand &command);

  /// The import options that the flags make, or what is wrong with one.
  llvm::Expected<ImportOptions> getImportOptions() const;

  /// Prints the flags as a shell reads them.
  void print(llvm::raw_ostream &os) const;

private:
  llvm::cl::list<std::string> shapes, dims, reshapes, bindings, outputs;
};

/// The flags that say how a model is read, but for the model.
class ReadFlags {
public:
  explicit ReadFlags(llvm::cl::SubCommand &command);

  /// The import options that the flags make, or what is wrong with one.
  llvm::Expected<ImportOptions> getImportOptions() const;

  /// Prints the flags as a shell reads them.
  void print(llvm::raw_ostream &os) const;

private:
  ImportFlags import;
  llvm::cl::list<std::string> states;
  llvm::cl::opt<std::string> name;
};

/// One model and the flags that say how it is read.
class ModelFlags {
public:
  explicit ModelFlags(llvm::cl::SubCommand &command);

  llvm::Expected<ImportOptions> getImportOptions() const {
    return flags.getImportOptions();
  }

  /// The flags that were given beside the model, as a shell reads them; empty
  /// if there are none.
  std::string getGiven() const;

  /// The model that the flags describe; null after an error was printed.
  mlir::OwningOpRef<mlir::ModuleOp> load(mlir::MLIRContext &context) const;

  /// Prints the model and the flags as a shell reads them.
  void print(llvm::raw_ostream &os) const;

  llvm::cl::opt<std::string> model;

private:
  ReadFlags flags;
};

/// `--threads`
class ThreadsFlag {
public:
  explicit ThreadsFlag(llvm::cl::SubCommand &command);

  /// The number of threads, at least 1, or what is wrong.
  llvm::Expected<unsigned> get() const;

private:
  llvm::cl::opt<unsigned> threads;
};

/// `--threads`, `--no-winograd` and `--tiles`, which every command has that
/// compiles.
class CodeFlags {
public:
  explicit CodeFlags(llvm::cl::SubCommand &command);

  /// What the flags say, or what is wrong with one.
  llvm::Expected<CodeOptions> get() const;

private:
  ThreadsFlag threads;
  llvm::cl::opt<bool> noWinograd;
  llvm::cl::opt<std::string> tiles;
};

/// Where inputs and outputs are.
class IOFlag {
public:
  explicit IOFlag(llvm::cl::SubCommand &command);

  bool isGiven() const { return io.getNumOccurrences() != 0; }
  IOMode get() const { return io; }

private:
  llvm::cl::opt<IOMode> io;
};

/// The flag of verbs that take code for microcontrollers.
class ObjectiveFlag {
public:
  explicit ObjectiveFlag(llvm::cl::SubCommand &command);

  bool isGiven() const { return objective.getNumOccurrences() != 0; }
  Objective get() const { return objective; }

private:
  llvm::cl::opt<Objective> objective;
};

/// Fails if `code` asks for what C does not have.
llvm::Error refuseForC(const CodeOptions &code);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_OPTIONS_H
