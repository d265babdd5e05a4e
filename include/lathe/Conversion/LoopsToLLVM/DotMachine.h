//===- DotMachine.h - Whose dot products are used ---------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CONVERSION_LOOPSTOLLVM_DOTMACHINE_H
#define LATHE_CONVERSION_LOOPSTOLLVM_DOTMACHINE_H

namespace lathe {

/// The architecture whose instructions `lathe.dot` becomes.
enum class DotMachine { X86, AArch64 };

} // namespace lathe

#endif // LATHE_CONVERSION_LOOPSTOLLVM_DOTMACHINE_H
