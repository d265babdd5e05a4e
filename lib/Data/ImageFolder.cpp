//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Folders of images: without classes, with classes in a CSV file, a folder for
// each class, or with YOLO's boxes.
//
//===----------------------------------------------------------------------===//

#include "DatasetKinds.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

namespace {
struct ImageFile {
  std::string path;
  std::optional<int64_t> label;
  std::string boxesPath; ///< empty without boxes
};

class ImageFiles : public Dataset {
public:
  ImageFiles(StringRef kind, ImageInput input, std::vector<ImageFile> files,
             std::vector<std::string> classNames = {})
      : kind(kind), input(std::move(input)), files(std::move(files)),
        classNames(std::move(classNames)) {}

  StringRef getKind() const override { return kind; }
  int64_t getNumSamples() const override { return files.size(); }
  bool hasLabels() const override { return files.front().label.has_value(); }
  bool hasBoxes() const override { return !files.front().boxesPath.empty(); }
  llvm::ArrayRef<std::string> getClassNames() const override {
    return classNames;
  }

  Expected<Sample> read(int64_t index) override {
    const ImageFile &file = files[index];
    Expected<Image> image = readImage(file.path);
    if (!image)
      return image.takeError();
    Sample sample;
    sample.name = file.path;
    sample.label = file.label;
    if (Error error = input.set(sample, *image))
      return error;
    if (hasBoxes()) {
      Expected<std::vector<Box>> boxes =
          readYoloLabels(file.boxesPath, image->height, image->width);
      if (!boxes)
        return boxes.takeError();
      sample.boxes = std::move(*boxes);
    }
    return sample;
  }

private:
  StringRef kind; ///< a literal
  ImageInput input;
  std::vector<ImageFile> files; ///< not empty
  std::vector<std::string> classNames;
};
} // namespace

Error lathe::checkImageFormats(const Folder &folder) {
  static constexpr StringRef undecoded[] = {".bmp",  ".gif",  ".webp", ".tif",
                                            ".tiff", ".heic", ".avif", ".jp2"};
  for (StringRef name : folder.files) {
    StringRef extension = llvm::sys::path::extension(name);
    if (llvm::any_of(undecoded, [&](StringRef known) {
          return extension.equals_insensitive(known);
        }))
      return makeFileError(folder.getPath(name),
                           "it is no JPEG, PNG or binary PGM or PPM image; "
                           "convert it");
  }
  return Error::success();
}

static Expected<std::vector<ImageFile>> getImages(const Folder &folder) {
  if (Error error = checkImageFormats(folder))
    return error;
  std::vector<ImageFile> images;
  for (StringRef name : folder.files)
    if (isImagePath(name))
      images.push_back({folder.getPath(name), std::nullopt, ""});
  return images;
}

DatasetOrError lathe::openImage(StringRef path, const DatasetOptions &options) {
  Expected<ImageInput> input = ImageInput::get(options);
  if (!input)
    return input.takeError();
  return std::make_unique<ImageFiles>(
      "image", std::move(*input),
      std::vector<ImageFile>{{path.str(), std::nullopt, ""}});
}

/// Gives each image its class. Every image must have one, and every row of the
/// table its image.
static Error setLabels(std::vector<ImageFile> &images,
                       const LabelTable &table) {
  llvm::StringSet<> names;
  for (ImageFile &image : images) {
    StringRef name = llvm::sys::path::filename(image.path);
    auto found = table.classes.find(name);
    if (found == table.classes.end())
      return makeFileError(table.path,
                           "it has no line for the image '" + name +
                               "'; add one, or move the image away");
    image.label = found->second;
    names.insert(name);
  }
  std::string missing;
  for (const auto &row : table.classes)
    if (!names.contains(row.first()) &&
        (missing.empty() || row.first() < missing))
      missing = row.first().str();
  if (!missing.empty())
    return makeFileError(table.path,
                         "there is no image '" + missing +
                             "'; remove its line, or add the image");
  return Error::success();
}

DatasetOrError lathe::openFlatImages(const Folder &folder,
                                     const DatasetOptions &options) {
  Expected<ImageInput> input = ImageInput::get(options);
  if (!input)
    return input.takeError();
  Expected<std::vector<ImageFile>> images = getImages(folder);
  if (!images)
    return images.takeError();
  std::string labels = options.labelsPath;
  if (labels.empty() && folder.hasFile("labels.csv"))
    labels = folder.getPath("labels.csv");
  if (labels.empty())
    return std::make_unique<ImageFiles>("image folder", std::move(*input),
                                        std::move(*images));
  Expected<LabelTable> table = readLabelTable(labels);
  if (!table)
    return table.takeError();
  if (Error error = setLabels(*images, *table))
    return error;
  return std::make_unique<ImageFiles>("image folder with labels",
                                      std::move(*input), std::move(*images),
                                      std::move(table->names));
}

/// The classes of folders with these names, which are sorted: their numbers if
/// all of them are numbers, else their places.
static std::vector<int64_t> getClasses(llvm::ArrayRef<std::string> names) {
  std::vector<int64_t> classes;
  for (StringRef name : names) {
    unsigned number;
    if (name.getAsInteger(10, number) || number >= (1 << 20))
      break;
    classes.push_back(number);
  }
  if (classes.size() == names.size())
    return classes;
  classes.resize(names.size());
  for (size_t i = 0; i < names.size(); ++i)
    classes[i] = i;
  return classes;
}

DatasetOrError lathe::openImagesByClass(const Folder &folder,
                                        const DatasetOptions &options) {
  Expected<ImageInput> input = ImageInput::get(options);
  if (!input)
    return input.takeError();
  const std::vector<int64_t> classes = getClasses(folder.folders);
  std::vector<std::string> names(*llvm::max_element(classes) + 1);
  std::vector<ImageFile> images;
  for (size_t i = 0; i < classes.size(); ++i) {
    Expected<Folder> inner = Folder::list(folder.getPath(folder.folders[i]));
    if (!inner)
      return inner.takeError();
    Expected<std::vector<ImageFile>> own = getImages(*inner);
    if (!own)
      return own.takeError();
    if (own->empty())
      return makeFileError(inner->path, "this class has no image; remove the "
                                        "folder, or add JPEG or PNG files");
    for (ImageFile &image : *own) {
      image.label = classes[i];
      images.push_back(std::move(image));
    }
    names[classes[i]] = folder.folders[i];
  }
  return std::make_unique<ImageFiles>("image folders by class",
                                      std::move(*input), std::move(images),
                                      std::move(names));
}

DatasetOrError lathe::openYoloFolder(const Folder &folder,
                                     const DatasetOptions &options) {
  Expected<ImageInput> input = ImageInput::get(options);
  if (!input)
    return input.takeError();
  Expected<Folder> imageFolder = Folder::list(folder.getPath("images"));
  if (!imageFolder)
    return imageFolder.takeError();
  Expected<Folder> labelFolder = Folder::list(folder.getPath("labels"));
  if (!labelFolder)
    return labelFolder.takeError();
  Expected<std::vector<ImageFile>> images = getImages(*imageFolder);
  if (!images)
    return images.takeError();
  if (images->empty())
    return makeFileError(imageFolder->path, "there is no JPEG or PNG image");
  llvm::StringSet<> stems;
  for (ImageFile &image : *images) {
    StringRef stem = llvm::sys::path::stem(image.path);
    stems.insert(stem);
    image.boxesPath = labelFolder->getPath((stem + ".txt").str());
  }
  size_t labeled = 0;
  for (StringRef name : labelFolder->files) {
    // A list of classes lies there in some data sets.
    if (!name.consume_back(".txt") || name == "classes")
      continue;
    if (!stems.contains(name))
      return makeFileError(labelFolder->getPath((name + ".txt").str()),
                           "there is no image of this name in '" +
                               imageFolder->path + "'");
    ++labeled;
  }
  if (labeled == 0)
    return makeFileError(labelFolder->path,
                         "there is no NAME.txt for any image");
  return std::make_unique<ImageFiles>("YOLO folder", std::move(*input),
                                      std::move(*images));
}
