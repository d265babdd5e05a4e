//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHETRANSLATE_IMPORTONNX_H
#define LATHE_TOOLS_LATHETRANSLATE_IMPORTONNX_H

namespace lathe {

/// Registers `--import-onnx`, with flags for each of the import's options.
void registerImportONNXTranslation();

} // namespace lathe

#endif // LATHE_TOOLS_LATHETRANSLATE_IMPORTONNX_H
