//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interrupts.h"

#include <csignal>

static volatile std::sig_atomic_t wasInterrupted = 0;

static void noteInterrupt(int) {
  wasInterrupted = 1;
  std::signal(SIGINT, SIG_DFL);
}

std::function<bool()> lathe::tool::watchInterrupts() {
  std::signal(SIGINT, noteInterrupt);
  return [] { return wasInterrupted != 0; };
}
