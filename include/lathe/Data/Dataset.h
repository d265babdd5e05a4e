//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Samples to calibrate a model with and to evaluate it on, read one by one.
// docs/datasets.md describes what can be opened.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DATA_DATASET_H
#define LATHE_DATA_DATASET_H

#include "lathe/Data/Preprocessing.h"
#include "lathe/Support/NamedTensors.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lathe {

/// An object in an image; the corners are in pixels of the source image, from
/// its upper left one.
struct Box {
  int64_t classIndex = 0;
  double left = 0, top = 0, right = 0, bottom = 0;
};

/// What a model is run on once.
struct Sample {
  /// The file, and the index within it if it holds several: "x.npy[3]".
  std::string name;
  /// A tensor for each input of the model, in the model's order.
  NamedTensors inputs;
  /// The class, from 0, if the data set knows it.
  std::optional<int64_t> label;
  /// The objects, if the data set is one for detection.
  std::optional<std::vector<Box>> boxes;
  /// For an image: where its pixels went.
  std::optional<ImageGeometry> geometry;
};

/// How to open a data set.
struct DatasetOptions {
  /// The model's inputs; at least one.
  std::vector<InputSpec> inputs;
  /// How images become tensors; without it as the input suggests.
  std::optional<PreprocessingOptions> preprocessing;
  /// A CSV file with the classes of an image folder; without it labels.csv in
  /// that folder, if there is one.
  std::string labelsPath;
};

/// A source of samples in an order that depends on the names of files only. It
/// keeps no more than one sample in memory. It may be used by one thread at a
/// time.
class Dataset {
public:
  virtual ~Dataset();

  /// Opens a file or a folder; what it is, its contents tell. Fails if it is
  /// nothing known, is empty, or does not fit the model's inputs as far as that
  /// shows without reading every sample.
  static llvm::Expected<std::unique_ptr<Dataset>>
  open(llvm::StringRef path, const DatasetOptions &options);

  /// What was recognized, for messages: "CIFAR-10".
  virtual llvm::StringRef getKind() const = 0;

  virtual int64_t getNumSamples() const = 0;

  /// Reads sample `index`, less than the number of samples. The error names the
  /// file.
  virtual llvm::Expected<Sample> read(int64_t index) = 0;

  /// Whether every sample has a label.
  virtual bool hasLabels() const { return false; }
  /// Whether every sample has boxes (none, maybe).
  virtual bool hasBoxes() const { return false; }

  /// The names of the classes by index, empty if the data set has none.
  virtual llvm::ArrayRef<std::string> getClassNames() const { return {}; }
};

} // namespace lathe

#endif // LATHE_DATA_DATASET_H
