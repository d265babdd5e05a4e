//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_NPYHEADER_H
#define LATHE_SUPPORT_NPYHEADER_H

#include "lathe/Support/ElementKind.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace lathe {

/// What the header of an .npy file says, for whoever reads the elements piece
/// by piece.
struct NpyHeader {
  ElementKind kind = ElementKind::F32;
  /// The first dimension varies fastest.
  bool fortranOrder = false;
  llvm::SmallVector<int64_t, 4> shape;
  /// Where the elements begin, in bytes from the beginning of the file.
  uint64_t dataOffset = 0;
};

/// The most bytes at the beginning of a file (of version 1) that its header is
/// in.
inline constexpr size_t maxNpyHeaderSize = (1 << 16) + 10;

/// Decodes the header of the .npy file that begins with `buffer`. Whether the
/// elements are all there is not known then.
llvm::Expected<NpyHeader> parseNpyHeader(llvm::MemoryBufferRef buffer);

} // namespace lathe

#endif // LATHE_SUPPORT_NPYHEADER_H
