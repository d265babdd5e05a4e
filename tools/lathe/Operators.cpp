//===- Operators.cpp - lathe operators ------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "lathe/Frontend/ONNX/Import.h"

#include "llvm/Support/raw_ostream.h"

namespace {

struct Operators : lathe::tool::Command {
  Operators()
      : Command("operators", "List the operators of ONNX that Lathe imports",
                "lathe operators") {}

  lathe::tool::ExitStatus run() override {
    lathe::printOperatorTable(llvm::outs());
    return lathe::tool::Done;
  }
} operators;

} // namespace
