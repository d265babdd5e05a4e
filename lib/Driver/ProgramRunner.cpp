//===- ProgramRunner.cpp - Run another program ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramRunner.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

llvm::Error lathe::runProgram(llvm::StringRef program,
                              llvm::ArrayRef<std::string> arguments,
                              llvm::StringRef log, llvm::StringRef purpose) {
  auto found = llvm::sys::findProgramByName(program);
  if (!found)
    return llvm::createStringError("'" + program + "' is needed to " + purpose +
                                   ", but is not installed");
  llvm::SmallVector<llvm::StringRef> words = {program};
  words.append(arguments.begin(), arguments.end());
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), log, log};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(*found, words, std::nullopt, redirects,
                                         0, 0, &message);
  if (status == 0)
    return llvm::Error::success();
  auto output = llvm::MemoryBuffer::getFile(log);
  if (output)
    message += (*output)->getBuffer();
  return llvm::createStringError("'" + program + "' failed (" +
                                 llvm::Twine(status) + "): " + message);
}
