//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The kinds of data sets, one function for each, and what they share.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DATA_DATASETKINDS_H
#define LATHE_LIB_DATA_DATASETKINDS_H

#include "lathe/Data/Dataset.h"
#include "llvm/ADT/StringMap.h"

namespace lathe {

/// What a folder holds, names sorted; hidden files are left out.
struct Folder {
  std::string path;
  std::vector<std::string> files;
  std::vector<std::string> folders;

  static llvm::Expected<Folder> list(llvm::StringRef path);

  /// The path of `name` in this folder.
  std::string getPath(llvm::StringRef name) const;
  bool hasFile(llvm::StringRef name) const;
  bool hasFolder(llvm::StringRef name) const;
};

/// "PATH: MESSAGE" as an error, the way createFileError writes it.
llvm::Error makeFileError(llvm::StringRef path, const llvm::Twine &message);

/// "[1, 3, 224, 224]"
std::string formatShape(llvm::ArrayRef<int64_t> shape);

/// The one input of a model that takes images.
class ImageInput {
public:
  /// Fails if the model has several inputs, or none for images.
  static llvm::Expected<ImageInput> get(const DatasetOptions &options);

  /// Sets the input of `sample` to `image`. The error names the sample.
  llvm::Error set(Sample &sample, const Image &image) const;

private:
  ImageInput(llvm::StringRef name, Preprocessing preprocessing)
      : name(name), preprocessing(std::move(preprocessing)) {}

  std::string name;
  Preprocessing preprocessing;
};

using DatasetOrError = llvm::Expected<std::unique_ptr<Dataset>>;

/// One image.
DatasetOrError openImage(llvm::StringRef path, const DatasetOptions &options);
/// Images in a folder, with classes from a CSV file or without.
DatasetOrError openFlatImages(const Folder &folder,
                              const DatasetOptions &options);
/// Images in a folder for each class.
DatasetOrError openImagesByClass(const Folder &folder,
                                 const DatasetOptions &options);
/// images/NAME.jpg … and labels/NAME.txt …
DatasetOrError openYoloFolder(const Folder &folder,
                              const DatasetOptions &options);
/// Images and labels in CIFAR-10's binary format.
DatasetOrError openCifar10(llvm::StringRef path, const DatasetOptions &options);
/// Images in IDX, gzip or not, with the file of labels beside it.
DatasetOrError openIdx(llvm::StringRef path, const DatasetOptions &options);
/// .npy and .npz
DatasetOrError openArrays(llvm::StringRef path, const DatasetOptions &options);
/// A file of bare elements.
DatasetOrError openRaw(llvm::StringRef path, const DatasetOptions &options);
/// A serialized ONNX TensorProto.
DatasetOrError openTensorProto(llvm::StringRef path,
                               const DatasetOptions &options);
/// Folders with input_0.pb …
DatasetOrError openOnnxDataSets(std::vector<std::string> folders,
                                const DatasetOptions &options);

/// Fails for an image in a format that cannot be decoded, which would be passed
/// over otherwise.
llvm::Error checkImageFormats(const Folder &folder);

/// Whether the file's size and labels are those of CIFAR-10's binary format.
llvm::Expected<bool> isCifar10(llvm::StringRef path);

/// Whether a file of that name is one of IDX's images or labels.
bool isIdxImages(llvm::StringRef path);
bool isIdxLabels(llvm::StringRef path);

/// The rows of a CSV file "file,class[,name]".
struct LabelTable {
  std::string path;
  llvm::StringMap<int64_t> classes;
  std::vector<std::string> names; ///< by class; empty if there are none
};
llvm::Expected<LabelTable> readLabelTable(llvm::StringRef path);

/// The boxes of a YOLO label file for an image of that size. Without the file
/// there are none.
llvm::Expected<std::vector<Box>> readYoloLabels(llvm::StringRef path,
                                                int64_t height, int64_t width);

} // namespace lathe

#endif // LATHE_LIB_DATA_DATASETKINDS_H
