//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NumPy's .npy and .npz: arrays of samples, of images, or one sample.
//
//===----------------------------------------------------------------------===//

#include "ByteSource.h"
#include "DatasetKinds.h"
#include "lathe/Support/NpyHeader.h"
#include "llvm/ADT/StringExtras.h"

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace {
/// An array in a file, of which slices are read.
struct Array {
  std::unique_ptr<ByteSource> source;
  NpyHeader header;

  uint64_t getSizeInBytes() const {
    return *getNumElements(header.shape) * getByteSize(header.kind);
  }

  /// Reads part `index` of `count` equal ones as a tensor of that shape.
  Expected<HostTensor> readPart(int64_t index, int64_t count,
                                llvm::ArrayRef<int64_t> shape) const;
};

/// Images in an array of bytes: [N, H, W], [N, H, W, C] or [N, C, H, W].
struct ImageArray {
  int64_t count, height, width, channels;
  bool planar;
};

/// Arrays with a sample for each of a model's inputs at every index.
class Arrays : public Dataset {
public:
  StringRef getKind() const override { return "arrays"; }
  int64_t getNumSamples() const override { return count; }
  bool hasLabels() const override { return labels.has_value(); }
  Expected<Sample> read(int64_t index) override;

  Error addInput(const InputSpec &input, Array array,
                 const DatasetOptions &options);
  Error setLabels(Array array);

private:
  Error readImage(int64_t index, Sample &sample) const;
  Error setCount(int64_t newCount, const Array &array);

  std::string path;
  std::vector<std::pair<InputSpec, Array>> inputs;
  /// How the only input becomes an image, if it is one.
  std::optional<std::pair<ImageArray, ImageInput>> image;
  std::optional<Array> labels;
  int64_t count = -1;
};
} // namespace

Expected<HostTensor> Array::readPart(int64_t index, int64_t count,
                                     llvm::ArrayRef<int64_t> shape) const {
  HostTensor tensor(header.kind, shape);
  llvm::MutableArrayRef<char> bytes = tensor.getMutableBytes();
  if (Error error = source->read(
          header.dataOffset + index * (getSizeInBytes() / count), bytes))
    return error;
  if (header.kind == ElementKind::Bool)
    for (char &byte : bytes)
      byte = byte != 0;
  return tensor;
}

/// Opens the array that `source` holds and sees that its elements are there.
static Expected<Array> openArray(std::unique_ptr<ByteSource> source) {
  Array array;
  StringRef name = source->getName();
  Expected<std::string> beginning = source->readBeginning(maxNpyHeaderSize);
  if (!beginning)
    return beginning.takeError();
  Expected<NpyHeader> header = parseNpyHeader({*beginning, name});
  if (!header)
    return header.takeError();
  if (header->fortranOrder && header->shape.size() > 1)
    return makeFileError(name, "the array is in Fortran's order; save "
                               "numpy.ascontiguousarray() of it");
  array.header = std::move(*header);
  std::optional<int64_t> elements = getNumElements(array.header.shape);
  if (!elements || *elements > (int64_t(1) << 48))
    return makeFileError(name, "the file is truncated: it lacks elements");
  if (*elements == 0)
    return makeFileError(name, "the array of shape " +
                                   formatShape(array.header.shape) +
                                   " has no elements");
  array.source = std::move(source);
  Expected<uint64_t> size = array.source->getSize();
  if (!size)
    return size.takeError();
  const uint64_t end = array.header.dataOffset + array.getSizeInBytes();
  if (*size < end)
    return makeFileError(name, "the file is truncated: it lacks elements");
  if (*size > end)
    return makeFileError(name, "data follow the last element");
  return array;
}

/// How many samples of `input` an array of that shape has: itself, with or
/// without the batch of one, or several along its first dimension. 0 if it does
/// not fit.
static int64_t countSamples(llvm::ArrayRef<int64_t> shape,
                            llvm::ArrayRef<int64_t> input) {
  if (shape == input ||
      (!input.empty() && input.front() == 1 && shape == input.drop_front()))
    return 1;
  if (shape.empty())
    return 0;
  if (shape.drop_front() == input)
    return shape.front();
  if (!input.empty() && input.front() > 0 &&
      shape.drop_front() == input.drop_front() &&
      shape.front() % input.front() == 0)
    return shape.front() / input.front();
  return 0;
}

static std::optional<ImageArray> readAsImages(const NpyHeader &header) {
  llvm::ArrayRef<int64_t> shape = header.shape;
  if (header.kind != ElementKind::UI8)
    return std::nullopt;
  auto isChannels = [](int64_t extent) { return extent == 1 || extent == 3; };
  if (shape.size() == 3)
    return ImageArray{shape[0], shape[1], shape[2], 1, false};
  if (shape.size() == 4 && isChannels(shape[3]))
    return ImageArray{shape[0], shape[1], shape[2], shape[3], false};
  if (shape.size() == 4 && isChannels(shape[1]))
    return ImageArray{shape[0], shape[2], shape[3], shape[1], true};
  return std::nullopt;
}

/// Whether `kind` holds the real numbers that the integers of `input` stand for.
static bool isToBeQuantized(ElementKind kind, const InputSpec &input) {
  return isFloat(kind) && isInteger(input.kind) && input.quantization;
}

/// The integers of `input` for real numbers.
static HostTensor quantize(const HostTensor &real, const InputSpec &input) {
  HostTensor stored(input.kind, real.getShape());
  for (int64_t i = 0; i < real.getNumElements(); ++i)
    stored.setDouble(i, quantizeLinear(real.getDouble(i), *input.quantization));
  return stored;
}

Error Arrays::setCount(int64_t newCount, const Array &array) {
  if (count >= 0 && count != newCount)
    return makeFileError(array.source->getName(),
                         "it has " + Twine(newCount) + " samples, but '" +
                             inputs.front().second.source->getName() +
                             "' has " + Twine(count));
  count = newCount;
  return Error::success();
}

Error Arrays::addInput(const InputSpec &input, Array array,
                       const DatasetOptions &options) {
  const NpyHeader &header = array.header;
  const int64_t samples = countSamples(header.shape, input.shape);
  // NumPy has no bfloat16; its bits may come as uint16.
  const bool sameKind =
      header.kind == input.kind ||
      (header.kind == ElementKind::UI16 && input.kind == ElementKind::BF16);
  std::optional<ImageArray> images = readAsImages(header);
  if (images && options.inputs.size() == 1 &&
      (options.preprocessing || !sameKind || samples == 0)) {
    if (images->height > maxImagePixels / images->width)
      return makeFileError(array.source->getName(), "its images are too large");
    Expected<ImageInput> imageInput = ImageInput::get(options);
    if (!imageInput)
      return imageInput.takeError();
    image.emplace(*images, std::move(*imageInput));
    count = images->count;
    inputs.emplace_back(input, std::move(array));
    return Error::success();
  }
  if (samples == 0)
    return makeFileError(
        array.source->getName(),
        "its shape is " + formatShape(header.shape) + ", but input '" +
            input.name + "' takes " + formatShape(input.shape) +
            "; give an array of this shape, or of samples along a first "
            "dimension");
  if (!sameKind && !isToBeQuantized(header.kind, input))
    return makeFileError(array.source->getName(),
                         "it holds " + getName(header.kind) + ", but input '" +
                             input.name + "' takes " + getName(input.kind) +
                             "; convert it with astype()");
  if (Error error = setCount(samples, array))
    return error;
  inputs.emplace_back(input, std::move(array));
  return Error::success();
}

Error Arrays::setLabels(Array array) {
  llvm::ArrayRef<int64_t> shape = array.header.shape;
  if (!isInteger(array.header.kind) || *getNumElements(shape) != count ||
      shape.empty() || shape.front() != count)
    return makeFileError(array.source->getName(),
                         "it has shape " + formatShape(shape) + " and holds " +
                             getName(array.header.kind) + ", but labels are " +
                             Twine(count) + " integers, one for each sample");
  labels = std::move(array);
  return Error::success();
}

/// Reads the image at `index` and makes the input of it.
Error Arrays::readImage(int64_t index, Sample &sample) const {
  const auto &[array, input] = *image;
  const int64_t height = array.height, width = array.width;
  const int64_t channels = array.channels, pixels = height * width;
  Expected<HostTensor> bytes =
      inputs.front().second.readPart(index, count, {height * width * channels});
  if (!bytes)
    return bytes.takeError();
  llvm::ArrayRef<uint8_t> from = bytes->data<uint8_t>();
  Image decoded(height, width, channels);
  if (!array.planar)
    decoded.pixels.assign(from.begin(), from.end());
  else
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < pixels; ++i)
        decoded.pixels[i * channels + c] = from[c * pixels + i];
  return input.set(sample, decoded);
}

Expected<Sample> Arrays::read(int64_t index) {
  Sample sample;
  sample.name =
      (inputs.front().second.source->getName() + "[" + Twine(index) + "]")
          .str();
  if (labels) {
    Expected<HostTensor> label = labels->readPart(index, count, {});
    if (!label)
      return label.takeError();
    sample.label = label->getInt(0);
    if (*sample.label < 0)
      return makeFileError(labels->source->getName(),
                           "the label of sample " + Twine(index) + " is " +
                               Twine(*sample.label) + "; classes begin at 0");
  }
  if (image) {
    if (Error error = readImage(index, sample))
      return error;
    return sample;
  }
  for (const auto &[input, array] : inputs) {
    Expected<HostTensor> tensor = array.readPart(index, count, input.shape);
    if (!tensor)
      return tensor.takeError();
    sample.inputs.set(input.name, isToBeQuantized(tensor->getKind(), input)
                                      ? quantize(*tensor, input)
                                      : tensor->reinterpret(input.kind));
  }
  return sample;
}

//===----------------------------------------------------------------------===//
// Which array of an archive is what
//===----------------------------------------------------------------------===//

namespace {
/// The names of an archive's arrays by what they are for.
struct ArchiveRoles {
  std::vector<std::string> inputs; ///< as the model's
  std::string labels;              ///< empty if there are none
};
} // namespace

static constexpr StringRef labelNames[] = {"labels", "label", "targets",
                                           "target", "y",     "y_test"};

/// Finds the inputs by their names. The only input of a model may have any name
/// if nothing but it and labels are there; in the archives that Keras has
/// (x_train, y_train, x_test, y_test) it is x_test.
static Expected<ArchiveRoles> assignRoles(StringRef path,
                                          llvm::ArrayRef<std::string> names,
                                          const DatasetOptions &options) {
  ArchiveRoles roles;
  for (StringRef name : labelNames) {
    const bool isInput =
        llvm::any_of(options.inputs, [&](const InputSpec &input) {
          return input.name == name;
        });
    if (!isInput && llvm::is_contained(names, name)) {
      roles.labels = name.str();
      break;
    }
  }
  std::string missing;
  for (const InputSpec &input : options.inputs) {
    if (llvm::is_contained(names, input.name))
      roles.inputs.push_back(input.name);
    else
      missing = input.name;
  }
  if (missing.empty())
    return roles;
  std::vector<std::string> others;
  for (const std::string &name : names)
    if (name != roles.labels)
      others.push_back(name);
  if (options.inputs.size() == 1 && others.size() == 1)
    roles.inputs = others;
  else if (options.inputs.size() == 1 && llvm::is_contained(names, "x_test"))
    roles.inputs = {"x_test"};
  else
    return makeFileError(
        path,
        "it has no array '" + missing + "' for that input; it has " +
            (names.empty() ? std::string("none") : llvm::join(names, ", ")));
  return roles;
}

static DatasetOrError openNpz(StringRef path, const DatasetOptions &options) {
  Expected<std::vector<std::string>> members = listZip(path);
  if (!members)
    return members.takeError();
  std::vector<std::string> names;
  for (StringRef member : *members)
    if (member.consume_back(".npy"))
      names.push_back(member.str());
  Expected<ArchiveRoles> roles = assignRoles(path, names, options);
  if (!roles)
    return roles.takeError();
  auto open = [&](StringRef name) -> Expected<Array> {
    Expected<std::unique_ptr<ByteSource>> source =
        openZipMember(path, (name + ".npy").str());
    if (!source)
      return source.takeError();
    return openArray(std::move(*source));
  };
  auto dataset = std::make_unique<Arrays>();
  for (size_t i = 0; i < options.inputs.size(); ++i) {
    Expected<Array> array = open(roles->inputs[i]);
    if (!array)
      return array.takeError();
    if (Error error =
            dataset->addInput(options.inputs[i], std::move(*array), options))
      return error;
  }
  if (roles->labels.empty())
    return dataset;
  Expected<Array> labels = open(roles->labels);
  if (!labels)
    return labels.takeError();
  if (Error error = dataset->setLabels(std::move(*labels)))
    return error;
  return dataset;
}

DatasetOrError lathe::openArrays(StringRef path,
                                 const DatasetOptions &options) {
  Expected<std::unique_ptr<ByteSource>> source = openFile(path);
  if (!source)
    return source.takeError();
  Expected<std::string> magic = (*source)->readBeginning(2);
  if (!magic)
    return magic.takeError();
  if (*magic == "PK")
    return openNpz(path, options);
  if (options.inputs.size() != 1)
    return makeFileError(path, "an .npy file has one input's samples, and the "
                               "model has " +
                                   Twine(options.inputs.size()) +
                                   " inputs; use an .npz file");
  Expected<Array> array = openArray(std::move(*source));
  if (!array)
    return array.takeError();
  auto dataset = std::make_unique<Arrays>();
  if (Error error =
          dataset->addInput(options.inputs[0], std::move(*array), options))
    return error;
  return dataset;
}
