//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NumPy's .npz, a ZIP archive of .npy files, through libzip.
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/TensorIO.h"
#include "llvm/ADT/Twine.h"
#include <vector>
#include <zip.h>

using namespace lathe;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::MemoryBufferRef;
using llvm::StringRef;

namespace {
struct CloseArchive {
  void operator()(zip_t *archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;

struct CloseMember {
  void operator()(zip_file_t *file) const { zip_fclose(file); }
};
using Member = std::unique_ptr<zip_file_t, CloseMember>;

/// The error of a libzip call that reports through a zip_error_t of its own.
class ZipError {
public:
  ZipError() { zip_error_init(&error); }
  ~ZipError() { zip_error_fini(&error); }
  ZipError(const ZipError &) = delete;
  ZipError &operator=(const ZipError &) = delete;

  zip_error_t *get() { return &error; }
  Error toError() { return createStringError(zip_error_strerror(&error)); }

private:
  zip_error_t error;
};
} // namespace

static Error getError(const Archive &archive) {
  return createStringError(zip_strerror(archive.get()));
}

/// Reads member `index` of the archive whole.
static Expected<std::vector<char>> readMember(const Archive &archive,
                                              uint64_t index) {
  zip_stat_t stat;
  if (zip_stat_index(archive.get(), index, 0, &stat))
    return getError(archive);
  Member member(zip_fopen_index(archive.get(), index, 0));
  if (!member)
    return getError(archive);
  // The size that the directory states may be a lie, so room grows with what
  // really comes out.
  std::vector<char> bytes;
  constexpr size_t chunk = 1 << 20;
  for (;;) {
    const size_t have = bytes.size();
    bytes.resize(have + chunk);
    const int64_t got = zip_fread(member.get(), bytes.data() + have, chunk);
    if (got < 0)
      return createStringError(zip_file_strerror(member.get()));
    bytes.resize(have + got);
    if (got == 0)
      return bytes;
  }
}

static Expected<NamedTensors> decodeNpz(StringRef contents) {
  // libzip takes an empty file for an empty archive.
  if (!contents.starts_with("PK"))
    return createStringError("not an .npz file");
  ZipError zipError;
  zip_source_t *source = zip_source_buffer_create(
      contents.data(), contents.size(), /*freep=*/0, zipError.get());
  if (!source)
    return zipError.toError();
  Archive archive(zip_open_from_source(source, ZIP_RDONLY, zipError.get()));
  if (!archive) {
    zip_source_free(source);
    // It begins like an archive; the directory is at the end.
    if (zip_error_code_zip(zipError.get()) == ZIP_ER_NOZIP)
      return createStringError("the file is truncated");
    return zipError.toError();
  }

  NamedTensors tensors;
  const int64_t count = zip_get_num_entries(archive.get(), 0);
  for (int64_t index = 0; index < count; ++index) {
    const char *memberName = zip_get_name(archive.get(), index, ZIP_FL_ENC_RAW);
    if (!memberName)
      return getError(archive);
    StringRef name = memberName;
    Expected<std::vector<char>> bytes = readMember(archive, index);
    if (!bytes)
      return llvm::createFileError(name, bytes.takeError());
    Expected<HostTensor> tensor =
        parseNpy(MemoryBufferRef({bytes->data(), bytes->size()}, name));
    if (!tensor)
      return tensor.takeError();
    name.consume_back(".npy");
    tensors.set(name, std::move(*tensor));
  }
  return tensors;
}

Expected<NamedTensors> lathe::parseNpz(MemoryBufferRef buffer) {
  Expected<NamedTensors> tensors = decodeNpz(buffer.getBuffer());
  if (!tensors)
    return llvm::createFileError(buffer.getBufferIdentifier(),
                                 tensors.takeError());
  return tensors;
}

/// Adds a file to the archive, which reads `contents` when it is closed.
static Error addMember(const Archive &archive, StringRef name,
                       StringRef contents) {
  zip_source_t *source = zip_source_buffer(archive.get(), contents.data(),
                                           contents.size(), /*freep=*/0);
  if (!source)
    return getError(archive);
  const int64_t index =
      zip_file_add(archive.get(), name.str().c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return getError(archive);
  }
  // 1 January 1980, the earliest date of the format: no clock in the output.
  constexpr uint16_t date = (0 << 9) | (1 << 5) | 1;
  if (zip_set_file_compression(archive.get(), index, ZIP_CM_STORE, 0) ||
      zip_file_set_dostime(archive.get(), index, /*dostime=*/0, date, 0))
    return getError(archive);
  return Error::success();
}

static Error encodeNpz(StringRef path, const NamedTensors &tensors) {
  // libzip writes no archive without members but deletes the file, and an
  // empty one is no use to anybody.
  if (tensors.empty())
    return createStringError("there are no tensors to write");
  ZipError zipError;
  int code = 0;
  Archive archive(
      zip_open(path.str().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!archive) {
    zip_error_set(zipError.get(), code, errno);
    return zipError.toError();
  }
  std::vector<std::string> files;
  files.reserve(tensors.size());
  for (const auto &[name, tensor] : tensors) {
    files.push_back(serializeNpy(tensor));
    if (Error error = addMember(archive, name + ".npy", files.back()))
      return error;
  }
  if (zip_close(archive.get()))
    return getError(archive);
  (void)archive.release();
  return Error::success();
}

Error lathe::writeNpz(StringRef path, const NamedTensors &tensors) {
  if (Error error = encodeNpz(path, tensors))
    return llvm::createFileError(path, std::move(error));
  return Error::success();
}
