//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScoreCommand.h"

#include "lathe/Target/ONNX/Export.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace lathe;

static llvm::Expected<SmallString<128>> createTemporary(StringRef extension) {
  SmallString<128> path;
  if (std::error_code code =
          llvm::sys::fs::createTemporaryFile("lathe", extension, path))
    return llvm::createStringError("no temporary file: " + code.message());
  return path;
}

static llvm::Error writeModel(ModuleOp module, StringRef path) {
  FailureOr<std::string> bytes = exportONNX(module);
  if (failed(bytes))
    return llvm::createStringError("the model cannot be written as ONNX");
  std::error_code code;
  llvm::raw_fd_ostream os(path, code);
  if (!code) {
    os << *bytes;
    os.close();
    code = os.error();
  }
  if (code)
    return llvm::createStringError(path + ": " + code.message());
  return llvm::Error::success();
}

/// Runs `command` with `argument` in the shell; what it prints goes to the file
/// `output`.
static llvm::Error runInShell(StringRef command, StringRef argument,
                              StringRef output) {
  std::string script = (command + " \"$0\"").str();
  std::optional<StringRef> redirects[] = {StringRef(""), output, std::nullopt};
  std::string message;
  int status =
      llvm::sys::ExecuteAndWait("/bin/sh", {"sh", "-c", script, argument},
                                std::nullopt, redirects, 0, 0, &message);
  if (status == 0)
    return llvm::Error::success();
  return llvm::createStringError("--eval-cmd: '" + command +
                                 "' ended with status " + Twine(status) +
                                 (message.empty() ? "" : ": " + message));
}

llvm::Expected<double> tool::runScoreCommand(StringRef command,
                                             ModuleOp module) {
  llvm::Expected<SmallString<128>> model = createTemporary("onnx");
  if (!model)
    return model.takeError();
  llvm::FileRemover removesModel(*model);
  llvm::Expected<SmallString<128>> output = createTemporary("txt");
  if (!output)
    return output.takeError();
  llvm::FileRemover removesOutput(*output);
  if (llvm::Error error = writeModel(module, *model))
    return std::move(error);
  if (llvm::Error error = runInShell(command, *model, *output))
    return std::move(error);
  auto buffer = llvm::MemoryBuffer::getFile(*output);
  if (!buffer)
    return llvm::createStringError(*output + ": " +
                                   buffer.getError().message());
  StringRef text = (*buffer)->getBuffer().trim();
  StringRef last = text.substr(text.find_last_of(" \t\r\n") + 1);
  double score;
  if (last.getAsDouble(score))
    return llvm::createStringError("--eval-cmd: the last word that '" +
                                   command +
                                   "' prints must be a number, but "
                                   "it is '" +
                                   last + "'");
  return score;
}
