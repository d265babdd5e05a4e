//===- ModuleCopy.cpp - A module in a context of its own ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/ModuleCopy.h"

#include "lathe/Driver/Loader.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace lathe;

llvm::Expected<ModuleBytes> lathe::toBytes(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (failed(writeBytecodeToFile(module, os)))
    return llvm::make_error<DiagnosedError>();
  auto bytes = llvm::WritableMemoryBuffer::getNewUninitMemBuffer(
      text.size(), "model", llvm::Align(64));
  if (!bytes)
    return llvm::createStringError(
        "there is no memory for a copy of the model");
  llvm::copy(text, bytes->getBufferStart());
  return bytes;
}

ModuleCopy::ModuleCopy(const llvm::MemoryBuffer &bytes, StringRef failure)
    : failure(failure), handler(&context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error &&
            diagnosed.empty())
          diagnosed = diagnostic.str();
        return success();
      }) {
  DialectRegistry registry;
  registerLatheDialects(registry);
  context.appendDialectRegistry(registry);
  auto source = std::make_shared<llvm::SourceMgr>();
  source->AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBuffer(bytes.getMemBufferRef(),
                                       /*RequiresNullTerminator=*/false),
      llvm::SMLoc());
  module = parseSourceFile<ModuleOp>(
      source, ParserConfig(&context, /*verifyAfterParse=*/false));
}

llvm::Error ModuleCopy::check() {
  return module ? llvm::Error::success()
                : explain(llvm::make_error<DiagnosedError>());
}

llvm::Error ModuleCopy::explain(llvm::Error error) {
  return llvm::handleErrors(
      std::move(error), [&](std::unique_ptr<DiagnosedError>) {
        return llvm::createStringError(failure + ": " + diagnosed);
      });
}
