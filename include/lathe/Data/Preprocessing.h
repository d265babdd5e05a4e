//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From a decoded image to the tensor that a model takes. docs/datasets.md
// describes the YAML file and the defaults.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DATA_PREPROCESSING_H
#define LATHE_DATA_PREPROCESSING_H

#include "lathe/Data/Image.h"
#include "lathe/Support/HostTensor.h"
#include "lathe/Support/TensorQuantization.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <optional>
#include <string>

namespace lathe {

/// An input of a model; all extents are known.
struct InputSpec {
  std::string name;
  ElementKind kind = ElementKind::F32;
  llvm::SmallVector<int64_t, 4> shape;
  /// What the model takes integers of this input for, if that is known.
  std::optional<TensorQuantization> quantization = std::nullopt;
};

/// `value` as the integer that ONNX's QuantizeLinear makes of it, before it is
/// limited to the range of the type.
double quantizeLinear(double value, const TensorQuantization &quantization);

enum class ImageResize {
  None,        ///< the image as it is
  Cover,       ///< keeps the proportions and just covers height and width
  Exact,       ///< height and width are given; proportions may change
  ShorterSide, ///< the shorter side is given; the longer keeps the proportions
  Letterbox    ///< fits into height and width; the rest is filled
};

/// Where a letterboxed image lies.
enum class LetterboxAlign {
  Center, ///< its sides rounded to nearest (Ultralytics)
  TopLeft ///< its sides rounded down (YOLOX)
};

enum class ChannelOrder { RGB, BGR, Gray };

enum class ImageLayout { NCHW, NHWC };

/// What the YAML file says. What it leaves open follows from the model's input.
struct PreprocessingOptions {
  std::optional<ChannelOrder> channels;
  std::optional<ImageLayout> layout;
  std::optional<ImageResize> resize;
  std::vector<int64_t> size; ///< shorter side, or height and width, in pixels
  bool antialias = true;
  std::vector<int64_t> crop; ///< height and width of the centre to keep
  LetterboxAlign align = LetterboxAlign::Center;
  int64_t fill = 114; ///< of a letterbox, 0 to 255
  std::optional<double> scale;
  std::vector<double> mean; ///< one, or one per channel
  std::vector<double> std;  ///< one, or one per channel
  std::optional<ElementKind> type;

  /// Reads YAML. Errors begin with FILE:LINE and end with the remedy.
  static llvm::Expected<PreprocessingOptions>
  parse(llvm::MemoryBufferRef buffer);
  static llvm::Expected<PreprocessingOptions> load(llvm::StringRef path);
};

/// How a pixel of the source image became one of the tensor: x of the tensor is
/// scaleX * x of the source + offsetX, in pixels from the left edge; y
/// likewise.
struct ImageGeometry {
  int64_t sourceHeight = 0;
  int64_t sourceWidth = 0;
  double scaleX = 1, scaleY = 1;
  double offsetX = 0, offsetY = 0;
};

/// How the pixels of an image become values: those of channel c of the tensor,
/// its index in dimension `axis`, are factors[c] * p + offsets[c], p being from
/// 0 to 255.
struct PixelScale {
  int64_t axis = 0;
  llvm::SmallVector<double, 3> factors, offsets;
};

/// Makes tensors for one input of a model.
class Preprocessing {
public:
  /// Fails if `options` contradict the input, or if the input is no image and
  /// they leave open what cannot be known then.
  static llvm::Expected<Preprocessing> get(const PreprocessingOptions &options,
                                           const InputSpec &input);

  /// The tensor of the input's shape and kind; the value of a pixel p (0 to
  /// 255) is (scale * p - mean) / std, for integers rounded to nearest (ties to
  /// even) and saturated. If the options have one of these three and no type,
  /// and it is known what the integers stand for, that value is quantized.
  /// Fails if the image comes out at another size than the
  /// input has. Sets `geometry` if there is one.
  llvm::Expected<HostTensor> apply(const Image &image,
                                   ImageGeometry *geometry = nullptr) const;

  /// What apply() does with pixels; none if the input is not f32, or not an
  /// image of its own.
  std::optional<PixelScale> getPixelScale() const;

private:
  Preprocessing() = default;

  llvm::Error checkCounts() const;
  void fillFromInput();
  HostTensor tabulate() const;
  llvm::Expected<Image> shape(const Image &image,
                              ImageGeometry &geometry) const;
  llvm::Expected<Image> crop(Image image, ImageGeometry &geometry) const;
  HostTensor convert(const Image &image) const;

  int64_t getNumChannels() const {
    return *options.channels == ChannelOrder::Gray ? 1 : 3;
  }

  InputSpec input;
  PreprocessingOptions options; ///< completed
  /// Whether what the options give is quantized for the input.
  bool isQuantized = false;
  /// The values of a channel's pixels, 256 for each channel of the tensor.
  HostTensor values;
};

} // namespace lathe

#endif // LATHE_DATA_PREPROCESSING_H
