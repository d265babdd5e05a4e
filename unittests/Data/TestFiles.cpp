//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestFiles.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <png.h>
#include <turbojpeg.h>

using namespace lathe;
using llvm::StringRef;

TestFolder::TestFolder() {
  EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("lathe-data", path));
}

TestFolder::~TestFolder() { llvm::sys::fs::remove_directories(path); }

std::string TestFolder::getPath(StringRef name) const {
  llvm::SmallString<128> result(path);
  llvm::sys::path::append(result, name);
  return result.str().str();
}

std::string TestFolder::write(StringRef name, StringRef contents) const {
  std::string file = getPath(name);
  EXPECT_FALSE(
      llvm::sys::fs::create_directories(llvm::sys::path::parent_path(file)));
  std::error_code code;
  llvm::raw_fd_ostream os(file, code);
  EXPECT_FALSE(code) << file;
  os << contents;
  return file;
}

Image lathe::makeTestImage(int64_t height, int64_t width) {
  Image image(height, width, 3);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < 3; ++c)
        image.getRow(y)[x * 3 + c] = 31 * y + 17 * x + 59 * c + 7 * x * y;
  return image;
}

std::string lathe::encodePng(const Image &image) {
  png_image header = {};
  header.version = PNG_IMAGE_VERSION;
  header.width = image.width;
  header.height = image.height;
  header.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::string bytes(size, '\0');
  EXPECT_TRUE(png_image_write_to_memory(&header, bytes.data(), &size, 0,
                                        image.pixels.data(), 0, nullptr));
  bytes.resize(size);
  return bytes;
}

std::string lathe::encodeJpeg(const Image &image) {
  tjhandle encoder = tjInitCompress();
  unsigned char *bytes = nullptr;
  unsigned long size = 0;
  const bool gray = image.channels == 1, cmyk = image.channels == 4;
  EXPECT_EQ(tjCompress2(encoder, image.pixels.data(), image.width, 0,
                        image.height,
                        gray   ? TJPF_GRAY
                        : cmyk ? TJPF_CMYK
                               : TJPF_RGB,
                        &bytes, &size, gray ? TJSAMP_GRAY : TJSAMP_444,
                        /*quality=*/100, TJFLAG_ACCURATEDCT),
            0);
  std::string result(reinterpret_cast<char *>(bytes), size);
  tjFree(bytes);
  tjDestroy(encoder);
  return result;
}

std::string lathe::encodePnm(const Image &image) {
  std::string bytes = image.channels == 1 ? "P5" : "P6";
  bytes += "\n# a comment\n" + std::to_string(image.width) + " " +
           std::to_string(image.height) + "\n255\n";
  bytes.append(image.pixels.begin(), image.pixels.end());
  return bytes;
}

std::string lathe::getMessage(llvm::Error error) {
  return llvm::toString(std::move(error));
}

DatasetOptions lathe::makeOptions(llvm::ArrayRef<int64_t> shape,
                                  ElementKind kind) {
  DatasetOptions options;
  options.inputs.push_back({"x", kind, llvm::SmallVector<int64_t, 4>(shape)});
  return options;
}

std::vector<std::string>
lathe::summarizeWith(StringRef path, const DatasetOptions &options,
                     llvm::function_ref<std::string(const Sample &)> describe) {
  llvm::Expected<std::unique_ptr<Dataset>> dataset =
      Dataset::open(path, options);
  if (!dataset)
    return {getMessage(dataset)};
  std::vector<std::string> result;
  for (int64_t i = 0; i < (*dataset)->getNumSamples(); ++i) {
    llvm::Expected<Sample> sample = (*dataset)->read(i);
    if (!sample) {
      result.push_back(getMessage(sample));
      continue;
    }
    EXPECT_EQ(sample->label.has_value(), (*dataset)->hasLabels());
    EXPECT_EQ(sample->boxes.has_value(), (*dataset)->hasBoxes());
    std::string text = describe(*sample);
    if (sample->label)
      text += ":" + std::to_string(*sample->label);
    result.push_back(text);
  }
  return result;
}

std::string lathe::getOpenError(StringRef path, const DatasetOptions &options) {
  return getMessage(Dataset::open(path, options));
}
