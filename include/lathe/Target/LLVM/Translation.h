//===- Translation.h - Translations for lathe-translate ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_LLVM_TRANSLATION_H
#define LATHE_TARGET_LLVM_TRANSLATION_H

#include "lathe/Target/LLVM/NativeModule.h"

#include <functional>

namespace lathe {

/// What a translation needs beside the module; the tool owns the flags.
struct TranslationFlags {
  std::string target = "x86-64-v3"; ///< as `TargetSpec::parse` reads it
  NativeOptions native;
};

/// Registers `lathe-to-llvmir` and `lathe-to-asm`, which take a module at the
/// loop level and write optimized LLVM IR or assembly without the weights.
/// `getFlags` is called when a translation runs.
void registerToNativeTranslations(
    std::function<TranslationFlags()> getFlags = {});

} // namespace lathe

#endif // LATHE_TARGET_LLVM_TRANSLATION_H
