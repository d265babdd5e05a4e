//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes the files of a compilation all or none.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Common/OutputFiles.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace lathe {

static Error makeError(std::error_code code, StringRef action, StringRef path) {
  return createStringError(
      code, "cannot " + action + " '" + path + "': " + code.message() +
                "; check the path, its permissions and "
                "the space left, or choose another output");
}

/// The folders that creating `directory` adds, innermost first.
static SmallVector<std::string> getMissingFolders(StringRef directory) {
  SmallVector<std::string> missing;
  while (!directory.empty() && !sys::fs::exists(directory)) {
    missing.push_back(directory.str());
    directory = sys::path::parent_path(directory);
  }
  return missing;
}

namespace {

/// Moves files into a folder and, unless told that all went well, back out.
class Transaction {
public:
  Transaction(StringRef staging, StringRef target)
      : staging(staging), target(target) {}
  ~Transaction();

  /// Moves the file `path` from the staging folder to the target folder.
  Error move(StringRef path);
  void commit() { committed = true; }

private:
  SmallString<256> join(StringRef folder, const Twine &path) const {
    SmallString<256> result(folder);
    sys::path::append(result, path);
    return result;
  }

  StringRef staging;
  StringRef target;
  SmallVector<std::string> moved;
  SmallVector<std::string> replaced;
  SmallVector<std::string> created;
  bool committed = false;
};

} // namespace

Transaction::~Transaction() {
  if (committed)
    return;
  for (const std::string &path : moved)
    sys::fs::remove(join(target, path));
  for (const std::string &folder : created)
    sys::fs::remove(folder);
  for (const std::string &path : replaced)
    sys::fs::rename(join(staging, path + ".old"), join(target, path));
}

Error Transaction::move(StringRef path) {
  SmallString<256> from = join(staging, path), to = join(target, path);
  llvm::append_range(created, getMissingFolders(sys::path::parent_path(to)));
  if (std::error_code code =
          sys::fs::create_directories(sys::path::parent_path(to)))
    return makeError(code, "create the folder of", to);
  if (sys::fs::is_directory(to))
    return makeError(std::make_error_code(std::errc::is_a_directory), "replace",
                     to);
  if (sys::fs::exists(to)) {
    if (std::error_code code =
            sys::fs::rename(to, join(staging, path + ".old")))
      return makeError(code, "replace", to);
    replaced.push_back(path.str());
  }
  if (std::error_code code = sys::fs::rename(from, to))
    return makeError(code, "write", to);
  moved.push_back(path.str());
  return Error::success();
}

static Error writeFile(StringRef path, const OutputFile &file) {
  if (std::error_code code =
          sys::fs::create_directories(sys::path::parent_path(path)))
    return makeError(code, "create the folder of", path);
  std::error_code code;
  raw_fd_ostream os(path, code, sys::fs::OF_None);
  if (code)
    return makeError(code, "write", path);
  auto write = [&]() -> Error {
    if (file.write)
      return file.write(os);
    os << file.contents;
    return Error::success();
  };
  Error error = write();
  os.close();
  if (os.has_error()) {
    code = os.error();
    os.clear_error();
    return joinErrors(std::move(error), makeError(code, "write", path));
  }
  return error;
}

Error writeOutputFiles(StringRef directory, ArrayRef<OutputFile> files) {
  SmallString<256> target(directory);
  sys::path::remove_dots(target, /*remove_dot_dot=*/false);
  while (target.size() > 1 && sys::path::is_separator(target.back()))
    target.pop_back();
  if (sys::fs::exists(target) && !sys::fs::is_directory(target))
    return makeError(std::make_error_code(std::errc::not_a_directory),
                     "write a folder at", target);

  SmallVector<std::string> created = getMissingFolders(target);
  scope_exit removeCreated([&] {
    for (const std::string &folder : created)
      sys::fs::remove(folder);
  });
  if (std::error_code code = sys::fs::create_directories(target))
    return makeError(code, "create the folder", target);

  // Inside the target, since moving a file is atomic within a file system only
  // and the parent may not be writable.
  SmallString<256> prefix = target, staging;
  std::error_code code = sys::fs::make_absolute(prefix);
  sys::path::append(prefix, ".lathe");
  // A relative prefix would be taken below the system's temporary folder.
  if (!code)
    code = sys::fs::createUniqueDirectory(prefix, staging);
  if (code)
    return makeError(code, "create a temporary folder in", target);
  scope_exit removeStaging([&] { sys::fs::remove_directories(staging); });

  for (const OutputFile &file : files) {
    SmallString<256> path(staging);
    sys::path::append(path, file.path);
    if (Error error = writeFile(path, file))
      return error;
  }
  Transaction transaction(staging, target);
  for (const OutputFile &file : files)
    if (Error error = transaction.move(file.path))
      return error;
  transaction.commit();
  removeCreated.release();
  return Error::success();
}

Error writeOutputFile(StringRef path, std::string contents) {
  SmallString<256> absolute(path);
  if (std::error_code code = sys::fs::make_absolute(absolute))
    return makeError(code, "write", path);
  OutputFile file{sys::path::filename(absolute).str(), std::move(contents)};
  // A device or a pipe, such as /dev/stdout, must not become a file.
  sys::fs::file_status status;
  if (!sys::fs::status(absolute, status) && !sys::fs::is_regular_file(status) &&
      !sys::fs::is_directory(status))
    return writeFile(absolute, file);
  return writeOutputFiles(sys::path::parent_path(absolute), file);
}

} // namespace lathe
