//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_INTERRUPTS_H
#define LATHE_TOOLS_LATHE_INTERRUPTS_H

#include <functional>

namespace lathe::tool {

/// Lets the first Ctrl-C no longer end the program, but what this returns say
/// that there was one. The second ends it.
std::function<bool()> watchInterrupts();

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_INTERRUPTS_H
