//===- RunPasses.cpp - Run passes for a user ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/RunPasses.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace lathe;

char DiagnosedError::ID = 0;
char CompilerBug::ID = 0;

void DiagnosedError::log(raw_ostream &os) const { os << "failed as reported"; }

std::error_code DiagnosedError::convertToErrorCode() const {
  return llvm::inconvertibleErrorCode();
}

void CompilerBug::log(raw_ostream &os) const {
  os << "this is a bug in Lathe, not in the model: " << what
     << "; please report it with the command line";
  if (!reproducer.empty())
    os << " and '" << reproducer
       << "', which has the model and is replayed by lathe-opt "
          "--run-reproducer";
}

std::error_code CompilerBug::convertToErrorCode() const {
  return llvm::inconvertibleErrorCode();
}

namespace {

/// The file of a reproducer; none if its path is empty.
class ReproducerFile : public ReproducerStream {
public:
  ReproducerFile() = default;
  ReproducerFile(int descriptor, StringRef path)
      : path(path), file(std::make_unique<llvm::raw_fd_ostream>(
                        descriptor, /*shouldClose=*/true)) {}
  ~ReproducerFile() override {
    // A full disk is no reason to die of: what there is of it is reported.
    if (file && file->has_error())
      file->clear_error();
  }

  StringRef description() override { return path; }
  raw_ostream &os() override { return file ? *file : llvm::nulls(); }

private:
  std::string path;
  std::unique_ptr<llvm::raw_fd_ostream> file;
};

/// One run of a pass manager. Errors are held back until it is known what they
/// mean.
class PassRun {
public:
  PassRun(PassManager &passes, ModuleOp module)
      : passes(passes), module(module), context(module.getContext()) {}

  llvm::Error run();

private:
  /// MLIR calls this when a pass has failed or crashed.
  std::unique_ptr<ReproducerStream> fail();
  LogicalResult handle(Diagnostic &diagnostic);
  /// An error that tells a user nothing: the conversion driver adds it to the
  /// pattern's own, or says it where there is no pattern.
  static bool isFromConversionDriver(const Diagnostic &error) {
    return StringRef(error.str()).starts_with("failed to legalize");
  }

  PassManager &passes;
  ModuleOp module;
  MLIRContext *context;
  SmallVector<Diagnostic> errors;
  bool hasFailed = false, isBug = false;
  /// What MLIR says about a failure, and where the reproducer is.
  std::string summary, reproducer;
};

} // namespace

std::unique_ptr<ReproducerStream> PassRun::fail() {
  hasFailed = true;
  // Verified last, since after a crash, which is silent, anything may be there.
  isBug =
      llvm::all_of(errors, isFromConversionDriver) || failed(verify(module));
  int descriptor;
  SmallString<64> path;
  if (!isBug || llvm::sys::fs::createTemporaryFile("lathe-reproducer", "mlir",
                                                   descriptor, path))
    return std::make_unique<ReproducerFile>();
  reproducer = path.str().str();
  return std::make_unique<ReproducerFile>(descriptor, path);
}

LogicalResult PassRun::handle(Diagnostic &diagnostic) {
  if (hasFailed) {
    for (Diagnostic &note : diagnostic.getNotes())
      summary = note.str();
    return success();
  }
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
    return failure();
  errors.push_back(std::move(diagnostic));
  return success();
}

llvm::Error PassRun::run() {
  passes.enableCrashReproducerGeneration([&](std::string &) { return fail(); });
  {
    ScopedDiagnosticHandler handler(
        context, [&](Diagnostic &diagnostic) { return handle(diagnostic); });
    if (succeeded(passes.run(module)))
      return llvm::Error::success();
  }
  if (isBug) {
    // "Pipeline failed while executing [...]: reproducer generated at `...`"
    std::string what = StringRef(summary).rsplit(": ").first.str();
    if (!errors.empty())
      what += ": " + errors.front().str();
    return llvm::make_error<CompilerBug>(what, reproducer);
  }
  for (Diagnostic &error : errors)
    if (!isFromConversionDriver(error))
      context->getDiagEngine().emit(std::move(error));
  return llvm::make_error<DiagnosedError>();
}

llvm::Error lathe::runPasses(PassManager &passes, ModuleOp module) {
  return PassRun(passes, module).run();
}
