//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Files that the tests write.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_UNITTESTS_DATA_TESTFILES_H
#define LATHE_UNITTESTS_DATA_TESTFILES_H

#include "lathe/Data/Dataset.h"
#include "llvm/ADT/SmallString.h"

namespace lathe {

/// A folder that is gone with the object.
class TestFolder {
public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder &) = delete;
  TestFolder &operator=(const TestFolder &) = delete;

  std::string getPath(llvm::StringRef name = "") const;
  /// Writes a file, in a folder that is made if `name` has one. Returns its
  /// path.
  std::string write(llvm::StringRef name, llvm::StringRef contents) const;

private:
  llvm::SmallString<128> path;
};

/// Pixel (y, x, c) is 31 y + 17 x + 59 c + 7 x y modulo 256.
Image makeTestImage(int64_t height, int64_t width);

/// `image` as a file.
std::string encodePng(const Image &image);
std::string encodeJpeg(const Image &image);
std::string encodePnm(const Image &image);

/// The message of an error, or "" for success.
std::string getMessage(llvm::Error error);
template <typename T> std::string getMessage(llvm::Expected<T> &expected) {
  return getMessage(expected.takeError());
}
template <typename T> std::string getMessage(llvm::Expected<T> &&expected) {
  return getMessage(expected.takeError());
}

/// Options for a model with one input "x".
DatasetOptions makeOptions(llvm::ArrayRef<int64_t> shape,
                           ElementKind kind = ElementKind::F32);

/// What `describe` says of each sample of `path`, and its label after a colon
/// if it has one; or the errors.
std::vector<std::string>
summarizeWith(llvm::StringRef path, const DatasetOptions &options,
              llvm::function_ref<std::string(const Sample &)> describe);

/// The message of opening `path`.
std::string getOpenError(llvm::StringRef path, const DatasetOptions &options);

} // namespace lathe

#endif // LATHE_UNITTESTS_DATA_TESTFILES_H
