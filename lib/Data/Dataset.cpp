//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Finds out what a path holds.
//
//===----------------------------------------------------------------------===//

#include "lathe/Data/Dataset.h"
#include "ByteSource.h"
#include "DatasetKinds.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

Dataset::~Dataset() = default;

static constexpr StringRef whatCanBeOpened =
    "give .npy, .npz, .pb or raw files, ONNX test data, a folder of JPEG or "
    "PNG images, CIFAR-10 or IDX";

//===----------------------------------------------------------------------===//
// What the kinds share
//===----------------------------------------------------------------------===//

Error lathe::makeFileError(StringRef path, const Twine &message) {
  return llvm::createFileError(path, llvm::createStringError(message));
}

std::string lathe::formatShape(llvm::ArrayRef<int64_t> shape) {
  return "[" +
         llvm::join(llvm::map_range(
                        shape, [](int64_t i) { return std::to_string(i); }),
                    ", ") +
         "]";
}

Expected<Folder> Folder::list(StringRef path) {
  Folder folder;
  folder.path = path.str();
  std::error_code code;
  for (llvm::sys::fs::directory_iterator it(path, code), end;
       it != end && !code; it.increment(code)) {
    StringRef name = llvm::sys::path::filename(it->path());
    if (name.starts_with("."))
      continue;
    (llvm::sys::fs::is_directory(it->path()) ? folder.folders : folder.files)
        .push_back(name.str());
  }
  if (code)
    return llvm::createFileError(path, code);
  llvm::sort(folder.files);
  llvm::sort(folder.folders);
  return folder;
}

std::string Folder::getPath(StringRef name) const {
  llvm::SmallString<128> result(path);
  llvm::sys::path::append(result, name);
  return result.str().str();
}

bool Folder::hasFile(StringRef name) const {
  return llvm::binary_search(files, name);
}

bool Folder::hasFolder(StringRef name) const {
  return llvm::binary_search(folders, name);
}

Expected<ImageInput> ImageInput::get(const DatasetOptions &options) {
  if (options.inputs.size() != 1)
    return llvm::createStringError(
        "images are for models with one input, and this one has " +
        Twine(options.inputs.size()) + "; use .npz files");
  const InputSpec &input = options.inputs.front();
  Expected<Preprocessing> preprocessing = Preprocessing::get(
      options.preprocessing.value_or(PreprocessingOptions()), input);
  if (!preprocessing)
    return preprocessing.takeError();
  return ImageInput(input.name, std::move(*preprocessing));
}

Error ImageInput::set(Sample &sample, const Image &image) const {
  Expected<HostTensor> tensor =
      preprocessing.apply(image, &sample.geometry.emplace());
  if (!tensor)
    return llvm::createFileError(sample.name, tensor.takeError());
  sample.inputs.set(name, std::move(*tensor));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

namespace {
enum class FileKind { Image, Array, TensorProto, Cifar10, Raw, Idx };
} // namespace

/// A file of the kind for messages.
static StringRef describe(FileKind kind) {
  switch (kind) {
  case FileKind::Image:
    return "an image";
  case FileKind::Array:
    return "an array";
  case FileKind::TensorProto:
    return "an ONNX tensor";
  case FileKind::Cifar10:
    return "CIFAR-10";
  case FileKind::Raw:
    return "a raw tensor";
  case FileKind::Idx:
    break;
  }
  return "IDX";
}

/// What `path` is by its name, as far as that tells. Names of raw and packed
/// files are their only mark.
static Expected<std::optional<FileKind>> getKindByName(StringRef path) {
  StringRef extension = llvm::sys::path::extension(path);
  if (isImagePath(path))
    return FileKind::Image;
  if (extension == ".npy" || extension == ".npz")
    return FileKind::Array;
  if (extension == ".pb")
    return FileKind::TensorProto;
  if (extension == ".raw")
    return FileKind::Raw;
  if (isIdxImages(path))
    return FileKind::Idx;
  if (extension != ".bin")
    return std::nullopt;
  Expected<bool> cifar = isCifar10(path);
  if (!cifar)
    return cifar.takeError();
  return *cifar ? FileKind::Cifar10 : FileKind::Raw;
}

/// What a file that was named itself is: by its name or by its first bytes.
static Expected<FileKind> getKindOfFile(StringRef path) {
  Expected<std::unique_ptr<ByteSource>> source = openGzip(path);
  if (!source)
    return source.takeError();
  Expected<std::string> magic = (*source)->readBeginning(6);
  if (!magic)
    return magic.takeError();
  if (magic->empty())
    return makeFileError(path, "the file is empty");
  if (*magic == "\x93NUMPY" || StringRef(*magic).starts_with("PK\x03\x04"))
    return FileKind::Array;
  Expected<std::optional<FileKind>> kind = getKindByName(path);
  if (!kind)
    return kind.takeError();
  if (*kind)
    return **kind;
  if (StringRef(*magic).starts_with(StringRef("\0\0\x08", 3)))
    return FileKind::Idx;
  if (StringRef(*magic).starts_with("\xff\xd8\xff") ||
      StringRef(*magic).starts_with("\x89PNG"))
    return FileKind::Image;
  return makeFileError(path, "this is no data set; " + whatCanBeOpened);
}

static DatasetOrError openKind(FileKind kind, StringRef path,
                               const DatasetOptions &options) {
  switch (kind) {
  case FileKind::Image:
    return openImage(path, options);
  case FileKind::Array:
    return openArrays(path, options);
  case FileKind::TensorProto:
    return openTensorProto(path, options);
  case FileKind::Cifar10:
    return openCifar10(path, options);
  case FileKind::Raw:
    return openRaw(path, options);
  case FileKind::Idx:
    break;
  }
  return openIdx(path, options);
}

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

namespace {
/// Files of one kind after another. Only the one that was read last is open.
class Files : public Dataset {
public:
  Files(FileKind fileKind, const DatasetOptions &options)
      : fileKind(fileKind), options(options) {}

  StringRef getKind() const override { return kind; }
  int64_t getNumSamples() const override { return ends.back(); }
  bool hasLabels() const override { return labeled; }

  /// Adds a file, after it was opened to count its samples.
  Error add(StringRef path) {
    DatasetOrError file = openKind(fileKind, path, options);
    if (!file)
      return file.takeError();
    kind = (*file)->getKind();
    labeled &= (*file)->hasLabels();
    ends.push_back((ends.empty() ? 0 : ends.back()) + (*file)->getNumSamples());
    paths.push_back(path.str());
    return Error::success();
  }

  Expected<Sample> read(int64_t index) override {
    const size_t file = llvm::upper_bound(ends, index) - ends.begin();
    if (!current || file != currentFile) {
      DatasetOrError opened = openKind(fileKind, paths[file], options);
      if (!opened)
        return opened.takeError();
      current = std::move(*opened);
      currentFile = file;
    }
    const int64_t first = file == 0 ? 0 : ends[file - 1];
    // The file may have become another one meanwhile.
    if (current->getNumSamples() != ends[file] - first)
      return makeFileError(paths[file], "the file has changed");
    return current->read(index - first);
  }

private:
  FileKind fileKind;
  DatasetOptions options;
  StringRef kind;
  bool labeled = true;
  std::vector<std::string> paths;
  std::vector<int64_t> ends; ///< for each file the index behind its last sample
  std::unique_ptr<Dataset> current;
  size_t currentFile = 0;
};
} // namespace

/// The kind that all data files of a folder have, none without such files, and
/// those files. What is no data (notes, lists) is passed over.
static Expected<std::optional<FileKind>>
findKind(const Folder &folder, std::vector<std::string> &paths) {
  std::optional<FileKind> result;
  for (const std::string &name : folder.files) {
    const std::string path = folder.getPath(name);
    Expected<std::optional<FileKind>> kind = getKindByName(path);
    if (!kind)
      return kind.takeError();
    if (!*kind)
      continue;
    if (result && *result != **kind)
      return makeFileError(folder.path,
                           "it mixes kinds: '" +
                               llvm::sys::path::filename(paths.back()) +
                               "' is " + describe(*result) + ", '" + name +
                               "' is " + describe(**kind) +
                               "; keep one kind in the folder, or open a file");
    result = *kind;
    paths.push_back(path);
  }
  return result;
}

/// The folder itself or those in it that hold input_0.pb, test_data_set_2
/// before test_data_set_10.
static std::vector<std::string> findOnnxDataSets(const Folder &folder) {
  if (folder.hasFile("input_0.pb"))
    return {folder.path};
  std::vector<std::string> names;
  llvm::copy_if(folder.folders, std::back_inserter(names), [](StringRef name) {
    return name.starts_with("test_data_set_");
  });
  llvm::sort(names,
             [](StringRef a, StringRef b) { return a.compare_numeric(b) < 0; });
  for (std::string &name : names)
    name = folder.getPath(name);
  return names;
}

static DatasetOrError openFiles(FileKind kind,
                                llvm::ArrayRef<std::string> paths,
                                const DatasetOptions &options) {
  auto files = std::make_unique<Files>(kind, options);
  for (const std::string &path : paths)
    if (Error error = files->add(path))
      return error;
  return files;
}

static DatasetOrError openFolder(StringRef path,
                                 const DatasetOptions &options) {
  Expected<Folder> folder = Folder::list(path);
  if (!folder)
    return folder.takeError();
  if (std::vector<std::string> sets = findOnnxDataSets(*folder); !sets.empty())
    return openOnnxDataSets(std::move(sets), options);
  if (folder->hasFolder("images") && folder->hasFolder("labels"))
    return openYoloFolder(*folder, options);
  if (Error error = checkImageFormats(*folder))
    return error;
  std::vector<std::string> paths;
  Expected<std::optional<FileKind>> kind = findKind(*folder, paths);
  if (!kind)
    return kind.takeError();
  if (!*kind && !folder->folders.empty())
    return openImagesByClass(*folder, options);
  if (!*kind)
    return makeFileError(path, "the folder has no data; " + whatCanBeOpened);
  if (**kind != FileKind::Image)
    return openFiles(**kind, paths, options);
  for (const std::string &name : folder->folders) {
    Expected<Folder> inner = Folder::list(folder->getPath(name));
    if (!inner)
      return inner.takeError();
    if (llvm::any_of(inner->files, isImagePath))
      return makeFileError(path, "it mixes images and folders of images ('" +
                                     name +
                                     "'); move each image into the folder of "
                                     "its class");
  }
  return openFlatImages(*folder, options);
}

/// Whether `path` is a folder with images directly in it.
static bool isFlatImages(StringRef path) {
  Expected<Folder> folder = Folder::list(path);
  if (!folder) {
    llvm::consumeError(folder.takeError());
    return false;
  }
  return llvm::any_of(folder->files, isImagePath);
}

DatasetOrError Dataset::open(StringRef path, const DatasetOptions &options) {
  if (options.inputs.empty())
    return llvm::createStringError("the model has no inputs to give data to");
  if (!options.labelsPath.empty() && !isFlatImages(path))
    return makeFileError(options.labelsPath,
                         "a file of labels is for one folder of images, and '" +
                             path + "' is none");
  if (llvm::sys::fs::is_directory(path))
    return openFolder(path, options);
  Expected<FileKind> kind = getKindOfFile(path);
  if (!kind)
    return kind.takeError();
  return openKind(*kind, path, options);
}
