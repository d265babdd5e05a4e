//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Translations that lathe-translate adds with flags of its own.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_TRANSLATE_TRANSLATIONS_H
#define LATHE_TOOLS_LATHE_TRANSLATE_TRANSLATIONS_H

namespace lathe {

/// Registers `--lathe-to-c-package`: prints all files of a C package as one
/// text that split-file takes apart.
void registerToCPackageTranslation();

} // namespace lathe

#endif // LATHE_TOOLS_LATHE_TRANSLATE_TRANSLATIONS_H
