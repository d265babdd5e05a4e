//===- Targets.cpp - lathe targets ----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"

#include "lathe/Target/Description/TargetDescription.h"

namespace {

struct Targets : lathe::tool::Command {
  Targets()
      : Command("targets", "List the cores and boards that Lathe knows",
                "lathe targets") {}

  lathe::tool::ExitStatus run() override {
    lathe::printTargets(llvm::outs());
    return lathe::tool::Done;
  }
} targets;

} // namespace
