//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Resizing, cropping, padding and channels of images.
//
// The resizing is separable, first along rows, then along columns, as in Pillow
// (src/libImaging/Resample.c, "ImagingResample"), which torchvision's
// transforms use: output pixel i of n has its centre at (i + 0.5) * m / n in an
// input of m pixels and is the mean of the input pixels weighted by a triangle
// around that centre, of half-width max(1, m / n). Weights are normalized to a
// sum of 1 and rounded to 22 fractional bits; each of the two passes rounds to
// 8 bits.
//
//===----------------------------------------------------------------------===//

#include "lathe/Data/Image.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <cstring>

using namespace lathe;

static constexpr int weightBits = 22;

namespace {
/// One output pixel along an axis: the input pixels from `first` on, each times
/// one of `weights`.
struct Window {
  int64_t first = 0;
  std::vector<uint32_t> weights;
};
} // namespace

/// The windows of `to` output pixels over `from` input pixels.
static std::vector<Window> getWindows(int64_t from, int64_t to,
                                      bool antialias) {
  const double ratio = double(from) / to;
  const double halfWidth = antialias ? std::max(ratio, 1.0) : 1.0;
  std::vector<Window> windows(to);
  std::vector<double> weights;
  for (int64_t i = 0; i < to; ++i) {
    const double center = (i + 0.5) * ratio;
    // Pixels whose centres are inside the triangle.
    const int64_t first =
        std::max<int64_t>(std::floor(center - halfWidth + 0.5), 0);
    const int64_t last =
        std::min<int64_t>(std::floor(center + halfWidth + 0.5), from);
    weights.clear();
    double sum = 0;
    for (int64_t x = first; x < last; ++x) {
      const double distance = std::abs((x - center + 0.5) * (1.0 / halfWidth));
      weights.push_back(std::max(1.0 - distance, 0.0));
      sum += weights.back();
    }
    windows[i].first = first;
    for (double weight : weights)
      windows[i].weights.push_back(
          uint32_t(std::floor(weight * (1.0 / sum) * (1 << weightBits) + 0.5)));
  }
  return windows;
}

/// Rounds a sum of pixels times weights. Each weight is at most doubled by its
/// rounding, so 32 bits hold the sum.
static uint8_t roundSum(uint32_t sum) {
  return std::min((sum + (1u << (weightBits - 1))) >> weightBits, 255u);
}

static Image resizeRows(const Image &image, int64_t width, bool antialias) {
  Image result(image.height, width, image.channels);
  const std::vector<Window> windows = getWindows(image.width, width, antialias);
  for (int64_t y = 0; y < image.height; ++y) {
    uint8_t *to = result.getRow(y);
    for (const Window &window : windows)
      for (int64_t c = 0; c < image.channels; ++c) {
        const uint8_t *from =
            image.getRow(y) + window.first * image.channels + c;
        uint32_t sum = 0;
        for (uint32_t weight : window.weights) {
          sum += weight * *from;
          from += image.channels;
        }
        *to++ = roundSum(sum);
      }
  }
  return result;
}

static Image resizeColumns(const Image &image, int64_t height, bool antialias) {
  Image result(height, image.width, image.channels);
  const int64_t rowSize = image.width * image.channels;
  std::vector<uint32_t> sums(rowSize);
  int64_t y = 0;
  for (const Window &window : getWindows(image.height, height, antialias)) {
    llvm::fill(sums, 0);
    int64_t row = window.first;
    for (uint32_t weight : window.weights) {
      const uint8_t *from = image.getRow(row++);
      for (int64_t i = 0; i < rowSize; ++i)
        sums[i] += weight * from[i];
    }
    llvm::transform(sums, result.getRow(y++), roundSum);
  }
  return result;
}

Image lathe::resizeImage(const Image &image, int64_t height, int64_t width,
                         bool antialias) {
  Image result =
      width == image.width ? image : resizeRows(image, width, antialias);
  return height == image.height ? result
                                : resizeColumns(result, height, antialias);
}

Image lathe::cropImage(const Image &image, int64_t top, int64_t left,
                       int64_t height, int64_t width) {
  Image result(height, width, image.channels);
  for (int64_t y = 0; y < height; ++y)
    std::memcpy(result.getRow(y), image.getRow(top + y) + left * image.channels,
                width * image.channels);
  return result;
}

Image lathe::padImage(const Image &image, int64_t top, int64_t left,
                      int64_t height, int64_t width, uint8_t fill) {
  Image result(height, width, image.channels, fill);
  for (int64_t y = 0; y < image.height; ++y)
    std::memcpy(result.getRow(top + y) + left * image.channels, image.getRow(y),
                image.width * image.channels);
  return result;
}

Image lathe::convertChannels(const Image &image, int64_t channels) {
  if (channels == image.channels)
    return image;
  Image result(image.height, image.width, channels);
  const size_t count = image.height * image.width;
  for (size_t i = 0; i < count; ++i) {
    if (channels == 3) {
      std::memset(&result.pixels[i * 3], image.pixels[i], 3);
      continue;
    }
    // 0.299, 0.587 and 0.114 with 16 fractional bits, rounded; Pillow's
    // convert("L").
    const uint8_t *rgb = &image.pixels[i * 3];
    result.pixels[i] =
        (rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16;
  }
  return result;
}
