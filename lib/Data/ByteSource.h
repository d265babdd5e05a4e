//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Files that are read piece by piece.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DATA_BYTESOURCE_H
#define LATHE_LIB_DATA_BYTESOURCE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace lathe {

/// Bytes at offsets. Compressed ones are decompressed from the beginning when
/// the offset goes back, so reading in order is fast. Errors name the file.
class ByteSource {
public:
  virtual ~ByteSource();

  /// Reads from `offset` on; fewer bytes than asked for at the end only.
  virtual llvm::Expected<size_t>
  readSome(uint64_t offset, llvm::MutableArrayRef<char> bytes) = 0;

  /// Reads as many bytes as `bytes` has; fewer are an error.
  llvm::Error read(uint64_t offset, llvm::MutableArrayRef<char> bytes);

  /// The first bytes, at most `size`.
  llvm::Expected<std::string> readBeginning(size_t size);

  /// The number of bytes. What an archive states may be a lie; reading tells.
  virtual llvm::Expected<uint64_t> getSize() = 0;

  /// The name for messages.
  llvm::StringRef getName() const { return name; }

protected:
  explicit ByteSource(llvm::StringRef name) : name(name) {}

private:
  std::string name;
};

/// A file as it is.
llvm::Expected<std::unique_ptr<ByteSource>> openFile(llvm::StringRef path);

/// What is in a file compressed by gzip, or the file as it is if it is not.
llvm::Expected<std::unique_ptr<ByteSource>> openGzip(llvm::StringRef path);

/// Member `member` of a ZIP archive.
llvm::Expected<std::unique_ptr<ByteSource>>
openZipMember(llvm::StringRef path, llvm::StringRef member);

/// The names of an archive's members, in its order.
llvm::Expected<std::vector<std::string>> listZip(llvm::StringRef path);

} // namespace lathe

#endif // LATHE_LIB_DATA_BYTESOURCE_H
