//===- ReadYAML.h - Files in YAML with errors in a sentence -----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_READYAML_H
#define LATHE_SUPPORT_READYAML_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"

#include <string>

namespace lathe {

/// Reads the document of `input` into `value`. False if there is none, as in an
/// empty file or one that is no text: YAML would go on without a node, give
/// optional values their defaults, and crash where it reports an error.
template <typename T> bool readDocument(llvm::yaml::Input &input, T &value) {
  if (!input.setCurrentDocument() || !input.getCurrentNode())
    return false;
  llvm::yaml::EmptyContext context;
  llvm::yaml::yamlize(input, value, /*Required=*/true, context);
  return true;
}

/// Reads `file` into `value`, which has YAML traits. The error is
/// "FILE:LINE: message; remedy", and "FILE: otherwise; remedy" where YAML finds
/// nothing at all. A file of comments leaves `value` as it is with
/// `mayBeEmpty`.
template <typename T>
llvm::Error readYAML(llvm::MemoryBufferRef file, T &value,
                     const llvm::Twine &otherwise, const llvm::Twine &remedy,
                     bool mayBeEmpty = false) {
  std::string message;
  auto collect = [](const llvm::SMDiagnostic &diagnostic, void *context) {
    // What follows from the first error is of no interest.
    auto &first = *static_cast<std::string *>(context);
    if (first.empty())
      first =
          (diagnostic.getFilename() + ":" +
           llvm::Twine(diagnostic.getLineNo()) + ": " + diagnostic.getMessage())
              .str();
  };
  llvm::yaml::Input input(file, /*Ctxt=*/nullptr, collect, &message);
  bool isRead = readDocument(input, value);
  if (message.empty() && ((!isRead && !mayBeEmpty) || input.error()))
    message = (file.getBufferIdentifier() + ": " + otherwise).str();
  if (message.empty())
    return llvm::Error::success();
  return llvm::createStringError(message + "; " + remedy);
}

} // namespace lathe

#endif // LATHE_SUPPORT_READYAML_H
