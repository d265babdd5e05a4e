//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Data/Preprocessing.h"
#include "DatasetKinds.h"
#include <cmath>
#include <cstring>

using namespace lathe;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::Twine;

namespace {
/// Where an image's extents are in the shape of a tensor.
struct ShapeOfImage {
  ImageLayout layout;
  int64_t channels, height, width;
};
} // namespace

/// Reads `shape` as an image: [1, C, H, W], [1, H, W, C] or the same without
/// the 1, C being 1 or 3. Where both would do it is NCHW, unless `layout` says
/// otherwise.
static std::optional<ShapeOfImage>
readShape(llvm::ArrayRef<int64_t> shape, std::optional<ImageLayout> layout) {
  if (shape.size() == 4 && shape.front() == 1)
    shape = shape.drop_front();
  if (shape.size() != 3)
    return std::nullopt;
  auto isChannels = [](int64_t extent) { return extent == 1 || extent == 3; };
  if (isChannels(shape[0]) && layout != ImageLayout::NHWC)
    return ShapeOfImage{ImageLayout::NCHW, shape[0], shape[1], shape[2]};
  if (isChannels(shape[2]) && layout != ImageLayout::NCHW)
    return ShapeOfImage{ImageLayout::NHWC, shape[2], shape[0], shape[1]};
  return std::nullopt;
}

/// Sets what the options leave open from the input.
void Preprocessing::fillFromInput() {
  std::optional<ShapeOfImage> shape = readShape(input.shape, options.layout);
  if (!options.layout)
    options.layout = shape ? shape->layout : ImageLayout::NCHW;
  if (!options.channels)
    options.channels =
        shape && shape->channels == 3 ? ChannelOrder::RGB : ChannelOrder::Gray;
  if (!options.resize)
    options.resize =
        shape && options.crop.empty() ? ImageResize::Cover : ImageResize::None;
  // Who says how pixels become values thinks of the real ones.
  isQuantized =
      input.quantization && isInteger(input.kind) && !options.type &&
      (options.scale || !options.mean.empty() || !options.std.empty());
  const bool isReal = isFloat(input.kind) || isQuantized;
  if (!options.scale)
    options.scale = isReal ? 1.0 / 255 : 1.0;
  if (options.mean.empty())
    options.mean = {input.kind == ElementKind::I8 && !isQuantized ? 128.0
                                                                  : 0.0};
  if (options.std.empty())
    options.std = {1.0};
  if (!shape)
    return;
  const bool keepsProportions = *options.resize == ImageResize::Cover ||
                                *options.resize == ImageResize::ShorterSide;
  if (options.crop.empty() && keepsProportions)
    options.crop = {shape->height, shape->width};
  if (!options.size.empty() || *options.resize == ImageResize::None)
    return;
  if (*options.resize == ImageResize::ShorterSide)
    options.size = {std::max(options.crop[0], options.crop[1])};
  else if (*options.resize == ImageResize::Cover)
    options.size = {options.crop[0], options.crop[1]};
  else
    options.size = {shape->height, shape->width};
}

/// Checks the completed options.
Error Preprocessing::checkCounts() const {
  auto complain = [&](const Twine &message) {
    return createStringError("input '" + input.name + "' of shape " +
                             formatShape(input.shape) + " " + message);
  };
  if (input.kind == ElementKind::Bool)
    return complain("holds bool, and an image has no such values");
  if (options.type && *options.type != input.kind)
    return complain("holds " + getName(input.kind) +
                    ", but the preprocessing gives " + getName(*options.type) +
                    "; leave out 'type'");
  if (*options.resize != ImageResize::None && options.size.empty())
    return complain("does not tell the size of an image; give 'size' in the "
                    "preprocessing file");
  const size_t channels = getNumChannels();
  std::optional<ShapeOfImage> shape = readShape(input.shape, options.layout);
  if (!shape && input.shape.size() >= 3)
    return complain("is no batch of one image; it must be [1, C, H, W] "
                    "('layout: nchw') or [1, H, W, C] ('nhwc') with C 1 or 3");
  if (shape && size_t(shape->channels) != channels)
    return complain("has " + Twine(shape->channels) +
                    " channels, but the preprocessing gives " +
                    Twine(channels) + "; change 'channels'");
  for (auto [name, list] :
       {std::pair("mean", &options.mean), std::pair("std", &options.std)})
    if (list->size() != 1 && list->size() != channels)
      return complain("needs one '" + Twine(name) + "' or one for each of " +
                      Twine(channels) + " channels, not " +
                      Twine(list->size()));
  return Error::success();
}

double lathe::quantizeLinear(double value,
                             const TensorQuantization &quantization) {
  const float quotient = float(value) / float(quantization.scale);
  return double(std::nearbyint(quotient)) + double(quantization.zeroPoint);
}

/// The values of pixels: row c of the result is for channel c of the tensor.
HostTensor Preprocessing::tabulate() const {
  const int64_t channels = getNumChannels();
  HostTensor table(input.kind, {channels, 256});
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = options.mean[options.mean.size() == 1 ? 0 : c];
    const double deviation = options.std[options.std.size() == 1 ? 0 : c];
    for (int64_t pixel = 0; pixel < 256; ++pixel) {
      double value = (*options.scale * pixel - mean) / deviation;
      if (isQuantized)
        value = quantizeLinear(value, *input.quantization);
      else if (!isFloat(input.kind))
        value = std::nearbyint(value);
      table.setDouble(c * 256 + pixel, value);
    }
  }
  return table;
}

Expected<Preprocessing> Preprocessing::get(const PreprocessingOptions &options,
                                           const InputSpec &input) {
  Preprocessing result;
  result.input = input;
  result.options = options;
  result.fillFromInput();
  if (Error error = result.checkCounts())
    return error;
  result.values = result.tabulate();
  return result;
}

/// Fits an image into a frame of the size asked for.
static Image letterbox(const Image &image, const PreprocessingOptions &options,
                       ImageGeometry &geometry) {
  const int64_t height = options.size[0], width = options.size[1];
  const double ratio =
      std::min(double(height) / image.height, double(width) / image.width);
  const bool centered = options.align == LetterboxAlign::Center;
  auto shrink = [&](int64_t extent, int64_t limit) {
    const double exact = extent * ratio;
    // Rounded ties to even, as Python's round().
    const int64_t rounded =
        int64_t(centered ? std::nearbyint(exact) : std::floor(exact));
    return std::clamp<int64_t>(rounded, 1, limit);
  };
  const int64_t innerHeight = shrink(image.height, height);
  const int64_t innerWidth = shrink(image.width, width);
  // Of an odd rest the smaller half is above and to the left.
  const int64_t top = centered ? (height - innerHeight) / 2 : 0;
  const int64_t left = centered ? (width - innerWidth) / 2 : 0;
  geometry.scaleY = double(innerHeight) / image.height;
  geometry.scaleX = double(innerWidth) / image.width;
  geometry.offsetY = top;
  geometry.offsetX = left;
  return padImage(
      resizeImage(image, innerHeight, innerWidth, options.antialias), top, left,
      height, width, options.fill);
}

/// Cuts the centre out, whose corner is rounded ties to even as in torchvision.
Expected<Image> Preprocessing::crop(Image image,
                                    ImageGeometry &geometry) const {
  if (options.crop.empty())
    return image;
  const int64_t height = options.crop[0], width = options.crop[1];
  if (image.height < height || image.width < width)
    return createStringError(
        "an image of " + Twine(image.width) + "x" + Twine(image.height) +
        " pixels is smaller than the crop of " + Twine(width) + "x" +
        Twine(height) + "; give a larger 'size' in the preprocessing file");
  const int64_t top = std::nearbyint((image.height - height) / 2.0);
  const int64_t left = std::nearbyint((image.width - width) / 2.0);
  geometry.offsetY -= top;
  geometry.offsetX -= left;
  return cropImage(image, top, left, height, width);
}

/// The height and width that an image is resized to without a frame. What
/// follows from the proportions is rounded down, as in torchvision.
static std::pair<int64_t, int64_t>
getResizedExtents(const Image &image, const PreprocessingOptions &options) {
  llvm::ArrayRef<int64_t> size = options.size;
  if (*options.resize == ImageResize::Exact)
    return {size[0], size[1]};
  const bool byHeight = *options.resize == ImageResize::Cover
                            ? size[0] * image.width >= size[1] * image.height
                            : image.height <= image.width;
  if (byHeight)
    return {size[0], size[0] * image.width / image.height};
  return {size.back() * image.height / image.width, size.back()};
}

/// Resizes and crops.
Expected<Image> Preprocessing::shape(const Image &image,
                                     ImageGeometry &geometry) const {
  geometry = ImageGeometry();
  geometry.sourceHeight = image.height;
  geometry.sourceWidth = image.width;
  if (*options.resize == ImageResize::Letterbox)
    return crop(letterbox(image, options, geometry), geometry);
  if (*options.resize == ImageResize::None)
    return crop(image, geometry);
  const auto [height, width] = getResizedExtents(image, options);
  if (height > maxImagePixels / width)
    return createStringError("an image of " + Twine(image.width) + "x" +
                             Twine(image.height) + " pixels would become " +
                             Twine(width) + "x" + Twine(height) +
                             "; its proportions are too extreme");
  geometry.scaleY = double(height) / image.height;
  geometry.scaleX = double(width) / image.width;
  return crop(resizeImage(image, height, width, options.antialias), geometry);
}

/// Looks the pixels up and lays them out.
HostTensor Preprocessing::convert(const Image &image) const {
  HostTensor tensor(input.kind, input.shape);
  const int64_t channels = image.channels;
  const int64_t count = image.height * image.width;
  const bool planar = *options.layout == ImageLayout::NCHW;
  const bool reversed = *options.channels == ChannelOrder::BGR;
  visitElementType(input.kind, [&](auto zero) {
    using T = decltype(zero);
    llvm::ArrayRef<T> table = values.data<T>();
    T *to = tensor.mutableData<T>().data();
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t source = reversed ? channels - 1 - c : c;
      for (int64_t i = 0; i < count; ++i)
        to[planar ? c * count + i : i * channels + c] =
            table[c * 256 + image.pixels[i * channels + source]];
    }
  });
  return tensor;
}

std::optional<PixelScale> Preprocessing::getPixelScale() const {
  std::optional<ShapeOfImage> shape = readShape(input.shape, options.layout);
  if (!shape || input.kind != ElementKind::F32)
    return std::nullopt;
  PixelScale scale;
  const auto rank = static_cast<int64_t>(input.shape.size());
  scale.axis = shape->layout == ImageLayout::NCHW ? rank - 3 : rank - 1;
  for (int64_t c = 0; c < shape->channels; ++c) {
    const double mean = options.mean[options.mean.size() == 1 ? 0 : c];
    const double deviation = options.std[options.std.size() == 1 ? 0 : c];
    scale.factors.push_back(*options.scale / deviation);
    scale.offsets.push_back(-mean / deviation);
  }
  return scale;
}

Expected<HostTensor> Preprocessing::apply(const Image &image,
                                          ImageGeometry *geometry) const {
  ImageGeometry local;
  Expected<Image> shaped = shape(convertChannels(image, getNumChannels()),
                                 geometry ? *geometry : local);
  if (!shaped)
    return shaped.takeError();
  std::optional<ShapeOfImage> wanted = readShape(input.shape, options.layout);
  const bool fits =
      wanted
          ? shaped->height == wanted->height && shaped->width == wanted->width
          : int64_t(shaped->pixels.size()) == *getNumElements(input.shape);
  if (!fits)
    return createStringError(
        "an image of " + Twine(image.width) + "x" + Twine(image.height) +
        " pixels becomes one of " + Twine(shaped->width) + "x" +
        Twine(shaped->height) + " with " + Twine(shaped->channels) +
        " channels, but input '" + input.name + "' has shape " +
        formatShape(input.shape) +
        "; give 'resize' and 'size' in the preprocessing file");
  return convert(*shaped);
}
