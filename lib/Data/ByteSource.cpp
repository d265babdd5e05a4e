//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ByteSource.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include <zip.h>
#include <zlib.h>

using namespace lathe;
using llvm::createFileError;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

ByteSource::~ByteSource() = default;

Error ByteSource::read(uint64_t offset, llvm::MutableArrayRef<char> bytes) {
  Expected<size_t> got = readSome(offset, bytes);
  if (!got)
    return got.takeError();
  if (*got != bytes.size())
    return createFileError(name, createStringError("the file is truncated"));
  return Error::success();
}

Expected<std::string> ByteSource::readBeginning(size_t size) {
  std::string bytes(size, '\0');
  Expected<size_t> got = readSome(0, {bytes.data(), bytes.size()});
  if (!got)
    return got.takeError();
  bytes.resize(*got);
  return bytes;
}

//===----------------------------------------------------------------------===//
// Plain files
//===----------------------------------------------------------------------===//

namespace {
class FileSource : public ByteSource {
public:
  FileSource(StringRef path, llvm::sys::fs::file_t file)
      : ByteSource(path), file(file) {}
  ~FileSource() override { (void)llvm::sys::fs::closeFile(file); }

  Expected<size_t> readSome(uint64_t offset,
                            llvm::MutableArrayRef<char> bytes) override {
    size_t have = 0;
    while (have < bytes.size()) {
      Expected<size_t> got = llvm::sys::fs::readNativeFileSlice(
          file, bytes.drop_front(have), offset + have);
      if (!got)
        return createFileError(getName(), got.takeError());
      if (*got == 0)
        break;
      have += *got;
    }
    return have;
  }

  Expected<uint64_t> getSize() override {
    llvm::sys::fs::file_status status;
    if (std::error_code code = llvm::sys::fs::status(file, status))
      return createFileError(getName(), code);
    return status.getSize();
  }

private:
  llvm::sys::fs::file_t file;
};
} // namespace

Expected<std::unique_ptr<ByteSource>> lathe::openFile(StringRef path) {
  Expected<llvm::sys::fs::file_t> file =
      llvm::sys::fs::openNativeFileForRead(path);
  if (!file)
    return createFileError(path, file.takeError());
  return std::make_unique<FileSource>(path, *file);
}

//===----------------------------------------------------------------------===//
// gzip
//===----------------------------------------------------------------------===//

namespace {
class GzipSource : public ByteSource {
public:
  GzipSource(StringRef path, gzFile file) : ByteSource(path), file(file) {}
  ~GzipSource() override { gzclose(file); }

  Expected<size_t> readSome(uint64_t offset,
                            llvm::MutableArrayRef<char> bytes) override {
    if (gztell(file) != int64_t(offset) &&
        gzseek(file, offset, SEEK_SET) != int64_t(offset))
      return getError();
    const size_t got = gzfread(bytes.data(), 1, bytes.size(), file);
    int code = Z_OK;
    gzerror(file, &code);
    // Z_BUF_ERROR is a stream that ends early, which is for the caller to see.
    if (got < bytes.size() && code != Z_OK && code != Z_BUF_ERROR)
      return getError();
    return got;
  }

  /// Decompresses all of it, as the format does not state it for all sizes.
  Expected<uint64_t> getSize() override {
    std::vector<char> bytes(1 << 16);
    uint64_t size = 0;
    for (size_t got = bytes.size(); got == bytes.size(); size += got) {
      Expected<size_t> some = readSome(size, bytes);
      if (!some)
        return some.takeError();
      got = *some;
    }
    return size;
  }

private:
  Error getError() const {
    int code = Z_OK;
    const char *message = gzerror(file, &code);
    return createFileError(
        getName(), createStringError(StringRef("gzip: ") +
                                     (code == Z_OK ? "cannot seek" : message)));
  }

  gzFile file;
};
} // namespace

Expected<std::unique_ptr<ByteSource>> lathe::openGzip(StringRef path) {
  gzFile file = gzopen(path.str().c_str(), "rb");
  if (!file)
    return createFileError(path, llvm::errnoAsErrorCode());
  return std::make_unique<GzipSource>(path, file);
}

//===----------------------------------------------------------------------===//
// ZIP
//===----------------------------------------------------------------------===//

namespace {
struct DiscardArchive {
  void operator()(zip_t *archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, DiscardArchive>;

struct CloseMember {
  void operator()(zip_file_t *file) const { zip_fclose(file); }
};
using Member = std::unique_ptr<zip_file_t, CloseMember>;

class ZipMemberSource : public ByteSource {
public:
  ZipMemberSource(StringRef path, Archive archive, const zip_stat_t &stat)
      : ByteSource((path + "(" + stat.name + ")").str()),
        archive(std::move(archive)), index(stat.index), size(stat.size),
        stored(stat.comp_method == ZIP_CM_STORE) {}

  Expected<size_t> readSome(uint64_t offset,
                            llvm::MutableArrayRef<char> bytes) override {
    if (Error error = seek(offset))
      return error;
    return readOn(bytes);
  }

  Expected<uint64_t> getSize() override { return size; }

private:
  Error makeError(const char *message) const {
    return createFileError(getName(), createStringError(message));
  }

  Expected<size_t> readOn(llvm::MutableArrayRef<char> bytes) {
    size_t have = 0;
    while (have < bytes.size()) {
      const int64_t got =
          zip_fread(member.get(), bytes.data() + have, bytes.size() - have);
      if (got < 0) {
        Error error = makeError(zip_file_strerror(member.get()));
        member.reset();
        return error;
      }
      if (got == 0)
        break;
      have += got;
    }
    position += have;
    return have;
  }

  /// Compressed members have no other way than to read up to the offset.
  Error seek(uint64_t offset) {
    if (member && stored && offset != position &&
        zip_fseek(member.get(), offset, SEEK_SET) == 0)
      position = offset;
    if (!member || offset < position) {
      member.reset(zip_fopen_index(archive.get(), index, 0));
      position = 0;
    }
    if (!member)
      return makeError(zip_strerror(archive.get()));
    std::vector<char> skipped(1 << 16);
    while (position < offset) {
      Expected<size_t> got =
          readOn({skipped.data(),
                  std::min<size_t>(skipped.size(), offset - position)});
      if (!got)
        return got.takeError();
      if (*got == 0)
        return makeError("the file is truncated");
    }
    return Error::success();
  }

  Archive archive;
  uint64_t index;
  uint64_t size;
  bool stored;   ///< not compressed
  Member member; ///< destroyed before the archive
  uint64_t position = 0;
};
} // namespace

static Expected<Archive> openArchive(StringRef path) {
  int code = 0;
  Archive archive(zip_open(path.str().c_str(), ZIP_RDONLY, &code));
  if (archive)
    return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  // It begins like an archive; the directory is at the end.
  std::string message = code == ZIP_ER_NOZIP ? "the file is truncated"
                                             : zip_error_strerror(&error);
  zip_error_fini(&error);
  return createFileError(path, createStringError(message));
}

Expected<std::unique_ptr<ByteSource>> lathe::openZipMember(StringRef path,
                                                           StringRef member) {
  Expected<Archive> archive = openArchive(path);
  if (!archive)
    return archive.takeError();
  constexpr zip_uint64_t valid =
      ZIP_STAT_NAME | ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD;
  zip_stat_t stat;
  if (zip_stat(archive->get(), member.str().c_str(), ZIP_FL_ENC_RAW, &stat) ||
      (stat.valid & valid) != valid)
    return createFileError(path,
                           createStringError("it has no member " + member));
  return std::make_unique<ZipMemberSource>(path, std::move(*archive), stat);
}

Expected<std::vector<std::string>> lathe::listZip(StringRef path) {
  Expected<Archive> archive = openArchive(path);
  if (!archive)
    return archive.takeError();
  std::vector<std::string> names;
  const int64_t count = zip_get_num_entries(archive->get(), 0);
  for (int64_t i = 0; i < count; ++i)
    if (const char *name = zip_get_name(archive->get(), i, ZIP_FL_ENC_RAW))
      names.push_back(name);
  return names;
}
