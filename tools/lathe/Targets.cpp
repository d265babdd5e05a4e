//===- Targets.cpp - lathe targets ----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "lathe/Target/Description/TargetDescription.h"

namespace cl = llvm::cl;

namespace {

struct Targets : lathe::tool::Command {
  Targets()
      : Command("targets",
                "List the cores and boards that Lathe knows, or describe one",
                "lathe targets cortex-m4"),
        target(cl::Positional, cl::sub(getSubCommand()), cl::desc("[TARGET]")) {
  }

  lathe::tool::ExitStatus run() override {
    if (target.empty()) {
      lathe::printTargets(llvm::outs());
      return lathe::tool::Done;
    }
    auto description = lathe::getTarget(target);
    if (!description)
      return lathe::tool::reportError(description.takeError());
    lathe::printTarget(*description, llvm::outs());
    return lathe::tool::Done;
  }

  cl::opt<std::string> target;
} targets;

} // namespace
