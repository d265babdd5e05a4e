//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Samples that are stored as tensors: ONNX's test data, and bare elements.
//
//===----------------------------------------------------------------------===//

#include "ByteSource.h"
#include "DatasetKinds.h"
#include "lathe/Support/TensorIO.h"
#include "llvm/Support/FileSystem.h"

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

/// The tensors of `given` that the inputs need, checked; the error names
/// `path`.
static Expected<Sample> makeSample(StringRef path, const NamedTensors &given,
                                   llvm::ArrayRef<InputSpec> inputs) {
  Sample sample;
  sample.name = path.str();
  for (const InputSpec &input : inputs) {
    Expected<HostTensor> tensor = selectInput(
        given, input.name, inputs.size() == 1, input.kind, input.shape);
    if (!tensor)
      return llvm::createFileError(path, tensor.takeError());
    sample.inputs.set(input.name, std::move(*tensor));
  }
  return sample;
}

namespace {
/// Folders with input_0.pb …, a sample each.
class OnnxDataSets : public Dataset {
public:
  OnnxDataSets(std::vector<std::string> folders, std::vector<InputSpec> inputs)
      : folders(std::move(folders)), inputs(std::move(inputs)) {}

  StringRef getKind() const override { return "ONNX test data"; }
  int64_t getNumSamples() const override { return folders.size(); }

  Expected<Sample> read(int64_t index) override {
    std::vector<std::string> names;
    for (const InputSpec &input : inputs)
      names.push_back(input.name);
    Expected<NamedTensors> tensors =
        readDataSet(folders[index], "input", names);
    if (!tensors)
      return tensors.takeError();
    return makeSample(folders[index], *tensors, inputs);
  }

private:
  std::vector<std::string> folders;
  std::vector<InputSpec> inputs;
};

/// One .pb file, for a model with one input.
class TensorProtoFile : public Dataset {
public:
  TensorProtoFile(StringRef path, InputSpec input)
      : path(path), input(std::move(input)) {}

  StringRef getKind() const override { return "ONNX tensor"; }
  int64_t getNumSamples() const override { return 1; }

  Expected<Sample> read(int64_t) override {
    Expected<NamedTensors> tensors = readTensors(path);
    if (!tensors)
      return tensors.takeError();
    // Whatever the file calls it.
    NamedTensors only;
    only.set("", tensors->begin()->second);
    return makeSample(path, only, input);
  }

private:
  std::string path;
  InputSpec input;
};

/// A file of bare elements, sample after sample.
class RawFile : public Dataset {
public:
  RawFile(std::unique_ptr<ByteSource> source, int64_t count, InputSpec input)
      : source(std::move(source)), count(count), input(std::move(input)) {}

  StringRef getKind() const override { return "raw tensors"; }
  int64_t getNumSamples() const override { return count; }

  Expected<Sample> read(int64_t index) override {
    HostTensor tensor(input.kind, input.shape);
    llvm::MutableArrayRef<char> bytes = tensor.getMutableBytes();
    if (Error error = source->read(index * bytes.size(), bytes))
      return error;
    if (input.kind == ElementKind::Bool)
      for (char &byte : bytes)
        byte = byte != 0;
    Sample sample;
    sample.name = (source->getName() + "[" + Twine(index) + "]").str();
    sample.inputs.set(input.name, std::move(tensor));
    return sample;
  }

private:
  std::unique_ptr<ByteSource> source;
  int64_t count;
  InputSpec input;
};
} // namespace

DatasetOrError lathe::openOnnxDataSets(std::vector<std::string> folders,
                                       const DatasetOptions &options) {
  return std::make_unique<OnnxDataSets>(std::move(folders), options.inputs);
}

/// Fails unless the model has one input, as files of kind `what` need.
static Error checkSingleInput(StringRef path, StringRef what,
                              const DatasetOptions &options) {
  if (options.inputs.size() == 1)
    return Error::success();
  return makeFileError(path, what + " has one input, and the model has " +
                                 Twine(options.inputs.size()) +
                                 "; use an .npz file or a folder with "
                                 "input_0.pb, input_1.pb …");
}

DatasetOrError lathe::openTensorProto(StringRef path,
                                      const DatasetOptions &options) {
  if (Error error = checkSingleInput(path, "a .pb file", options))
    return error;
  return std::make_unique<TensorProtoFile>(path, options.inputs[0]);
}

DatasetOrError lathe::openRaw(StringRef path, const DatasetOptions &options) {
  if (Error error = checkSingleInput(path, "a file of elements", options))
    return error;
  const InputSpec &input = options.inputs[0];
  uint64_t size;
  if (std::error_code code = llvm::sys::fs::file_size(path, size))
    return llvm::createFileError(path, code);
  const uint64_t sampleSize =
      *getNumElements(input.shape) * getByteSize(input.kind);
  if (size == 0)
    return makeFileError(path, "the file is empty");
  if (sampleSize == 0 || size % sampleSize != 0)
    return makeFileError(
        path, "its " + Twine(size) +
                  " bytes are neither whole tensors of input '" + input.name +
                  "' (" + Twine(sampleSize) +
                  " bytes each) nor images of CIFAR-10 (3073 bytes each); "
                  "the file is truncated, or of another type or shape");
  Expected<std::unique_ptr<ByteSource>> source = openFile(path);
  if (!source)
    return source.takeError();
  return std::make_unique<RawFile>(std::move(*source), size / sampleSize,
                                   input);
}
