//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Many images in one file: CIFAR-10's binary format and IDX.
//
//===----------------------------------------------------------------------===//

#include "ByteSource.h"
#include "DatasetKinds.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// CIFAR-10: for each image a byte for its class and planes of red, green and
// blue, 32 by 32 each (https://www.cs.toronto.edu/~kriz/cifar.html).
//===----------------------------------------------------------------------===//

static constexpr int64_t cifarSide = 32;
static constexpr int64_t cifarPixels = cifarSide * cifarSide;
static constexpr int64_t cifarRecord = 1 + 3 * cifarPixels;

namespace {
class Cifar10 : public Dataset {
public:
  Cifar10(std::unique_ptr<ByteSource> source, int64_t count, ImageInput input)
      : source(std::move(source)), count(count), input(std::move(input)) {}

  StringRef getKind() const override { return "CIFAR-10"; }
  int64_t getNumSamples() const override { return count; }
  bool hasLabels() const override { return true; }

  Expected<Sample> read(int64_t index) override {
    std::vector<char> record(cifarRecord);
    if (Error error = source->read(index * cifarRecord, record))
      return error;
    Image image(cifarSide, cifarSide, 3);
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t i = 0; i < cifarPixels; ++i)
        image.pixels[i * 3 + c] = record[1 + c * cifarPixels + i];
    Sample sample;
    sample.name = (source->getName() + "[" + Twine(index) + "]").str();
    sample.label = uint8_t(record[0]);
    if (*sample.label > 9)
      return makeFileError(sample.name, "class " + Twine(*sample.label) +
                                            " is none of CIFAR-10's");
    if (Error error = input.set(sample, image))
      return error;
    return sample;
  }

private:
  std::unique_ptr<ByteSource> source;
  int64_t count;
  ImageInput input;
};
} // namespace

Expected<bool> lathe::isCifar10(StringRef path) {
  uint64_t size;
  if (std::error_code code = llvm::sys::fs::file_size(path, size))
    return llvm::createFileError(path, code);
  if (size == 0 || size % cifarRecord != 0)
    return false;
  Expected<std::unique_ptr<ByteSource>> source = openFile(path);
  if (!source)
    return source.takeError();
  for (uint64_t offset = 0; offset < size; offset += cifarRecord) {
    char label;
    if (Error error = (*source)->read(offset, {&label, 1}))
      return error;
    if (uint8_t(label) > 9)
      return false;
  }
  return true;
}

DatasetOrError lathe::openCifar10(StringRef path,
                                  const DatasetOptions &options) {
  Expected<ImageInput> input = ImageInput::get(options);
  if (!input)
    return input.takeError();
  uint64_t size;
  if (std::error_code code = llvm::sys::fs::file_size(path, size))
    return llvm::createFileError(path, code);
  Expected<std::unique_ptr<ByteSource>> source = openFile(path);
  if (!source)
    return source.takeError();
  return std::make_unique<Cifar10>(std::move(*source), size / cifarRecord,
                                   std::move(*input));
}

//===----------------------------------------------------------------------===//
// IDX: two zero bytes, the type of the elements (8: bytes), the rank, the
// extents as big-endian 32-bit numbers, the elements
// (http://yann.lecun.com/exdb/mnist/).
//===----------------------------------------------------------------------===//

namespace {
/// A file of bytes in IDX.
struct IdxFile {
  std::unique_ptr<ByteSource> source;
  llvm::SmallVector<int64_t, 3> shape;

  uint64_t getDataOffset() const { return 4 + 4 * shape.size(); }
};

class Idx : public Dataset {
public:
  Idx(IdxFile images, std::optional<IdxFile> labels, ImageInput input)
      : images(std::move(images)), labels(std::move(labels)),
        input(std::move(input)) {}

  StringRef getKind() const override { return "IDX"; }
  int64_t getNumSamples() const override { return images.shape[0]; }
  bool hasLabels() const override { return labels.has_value(); }

  Expected<Sample> read(int64_t index) override {
    Image image(images.shape[1], images.shape[2], 1);
    const uint64_t size = image.pixels.size();
    if (Error error = images.source->read(
            images.getDataOffset() + index * size,
            {reinterpret_cast<char *>(image.pixels.data()), size}))
      return error;
    Sample sample;
    sample.name = (images.source->getName() + "[" + Twine(index) + "]").str();
    if (labels) {
      char label;
      if (Error error = labels->source->read(labels->getDataOffset() + index,
                                             {&label, 1}))
        return error;
      sample.label = uint8_t(label);
    }
    if (Error error = input.set(sample, image))
      return error;
    return sample;
  }

private:
  IdxFile images;
  std::optional<IdxFile> labels;
  ImageInput input;
};
} // namespace

static constexpr StringRef imagesSuffixes[] = {"images-idx3-ubyte",
                                               "images.idx3-ubyte"};
static constexpr StringRef labelsSuffixes[] = {"labels-idx1-ubyte",
                                               "labels.idx1-ubyte"};

bool lathe::isIdxImages(StringRef path) {
  path.consume_back(".gz");
  return llvm::any_of(imagesSuffixes,
                      [&](StringRef suffix) { return path.ends_with(suffix); });
}

bool lathe::isIdxLabels(StringRef path) {
  path.consume_back(".gz");
  return llvm::any_of(labelsSuffixes,
                      [&](StringRef suffix) { return path.ends_with(suffix); });
}

/// Opens a file of bytes of that rank and sees that they are all there.
static Expected<IdxFile> openIdxFile(StringRef path, size_t rank) {
  Expected<std::unique_ptr<ByteSource>> source = openGzip(path);
  if (!source)
    return source.takeError();
  std::vector<char> header(4 + 4 * rank);
  if (Error error = (*source)->read(0, header))
    return error;
  if (header[0] != 0 || header[1] != 0 || header[2] != 8 ||
      size_t(header[3]) != rank)
    return makeFileError(path, "it is no IDX file of bytes with " +
                                   Twine(rank) + " dimensions");
  IdxFile file;
  uint64_t size = 1;
  for (size_t i = 0; i < rank; ++i) {
    const int64_t extent = llvm::support::endian::read32be(&header[4 + 4 * i]);
    file.shape.push_back(extent);
    if (extent == 0)
      return makeFileError(path, "it has no elements");
    if (extent > (int64_t(1) << 40) / int64_t(size))
      return makeFileError(path, "its extents are too large");
    size *= extent;
  }
  file.source = std::move(*source);
  Expected<uint64_t> got = file.source->getSize();
  if (!got)
    return got.takeError();
  if (*got < file.getDataOffset() + size)
    return makeFileError(path, "the file is truncated");
  if (*got > file.getDataOffset() + size)
    return makeFileError(path, "data follow the last element");
  return file;
}

/// The path of the labels of the images in `path`, or "" if there are none.
static std::string findIdxLabels(StringRef path) {
  StringRef stem = path;
  stem.consume_back(".gz");
  for (StringRef suffix : imagesSuffixes) {
    if (!stem.consume_back(suffix))
      continue;
    for (StringRef labels : labelsSuffixes)
      for (StringRef compression : {"", ".gz"})
        if (std::string candidate = (stem + labels + compression).str();
            llvm::sys::fs::exists(candidate))
          return candidate;
  }
  return "";
}

DatasetOrError lathe::openIdx(StringRef path, const DatasetOptions &options) {
  if (isIdxLabels(path))
    return makeFileError(path, "these are labels; open the file of images");
  Expected<ImageInput> input = ImageInput::get(options);
  if (!input)
    return input.takeError();
  Expected<IdxFile> images = openIdxFile(path, 3);
  if (!images)
    return images.takeError();
  if (images->shape[1] > maxImagePixels / images->shape[2])
    return makeFileError(path, "its images are too large");
  std::optional<IdxFile> labels;
  if (std::string labelsPath = findIdxLabels(path); !labelsPath.empty()) {
    Expected<IdxFile> opened = openIdxFile(labelsPath, 1);
    if (!opened)
      return opened.takeError();
    if (opened->shape[0] != images->shape[0])
      return makeFileError(labelsPath, "it has " + Twine(opened->shape[0]) +
                                           " labels for " +
                                           Twine(images->shape[0]) + " images");
    labels = std::move(*opened);
  }
  return std::make_unique<Idx>(std::move(*images), std::move(labels),
                               std::move(*input));
}
