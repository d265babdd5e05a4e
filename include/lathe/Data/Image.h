//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decoded images, and what is done to one before a model sees it.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DATA_IMAGE_H
#define LATHE_DATA_IMAGE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <cstdint>
#include <vector>

namespace lathe {

/// An image of 8 bits per channel: rows from the top, in a row the pixels from
/// the left, of a pixel its channels: gray (1), or red, green and blue (3).
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 3;
  std::vector<uint8_t> pixels;

  Image() = default;
  Image(int64_t height, int64_t width, int64_t channels, uint8_t value = 0)
      : height(height), width(width), channels(channels),
        pixels(height * width * channels, value) {}

  uint8_t *getRow(int64_t y) { return &pixels[y * width * channels]; }
  const uint8_t *getRow(int64_t y) const {
    return &pixels[y * width * channels];
  }
};

/// Images beyond this many pixels are refused: a file of a few bytes can claim
/// any size, and memory would be allocated for it.
inline constexpr int64_t maxImagePixels = int64_t(1) << 27;

/// Decodes a JPEG, PNG or binary PGM/PPM image, told apart by the contents.
/// Transparency is dropped, 16 bits per channel are scaled to 8, a palette is
/// looked up, CMYK becomes RGB; orientation (EXIF), gamma and colour profiles
/// are not applied, as in Pillow's convert("RGB"). The error names the buffer
/// and the reason; damaged and truncated images are errors.
llvm::Expected<Image> decodeImage(llvm::MemoryBufferRef buffer);

/// Reads and decodes the image in the file `path`.
llvm::Expected<Image> readImage(llvm::StringRef path);

/// Whether the extension of `path` is that of an image that can be decoded.
bool isImagePath(llvm::StringRef path);

/// `image` at another size by a triangle filter with half-pixel centres, at
/// least 1 by 1. With `antialias` the filter widens where the image shrinks,
/// and the result has the bits of Pillow's BILINEAR (up to version 12), which
/// torchvision uses;
/// without, it is the two by two nearest pixels, as OpenCV's INTER_LINEAR.
Image resizeImage(const Image &image, int64_t height, int64_t width,
                  bool antialias);

/// The part of `image` that begins at row `top` and column `left`. It must lie
/// inside.
Image cropImage(const Image &image, int64_t top, int64_t left, int64_t height,
                int64_t width);

/// `image` at row `top` and column `left` of one that is `fill` elsewhere. It
/// must lie inside.
Image padImage(const Image &image, int64_t top, int64_t left, int64_t height,
               int64_t width, uint8_t fill);

/// `image` with one channel (the luma of ITU-R BT.601) or three (equal ones of
/// a gray image).
Image convertChannels(const Image &image, int64_t channels);

} // namespace lathe

#endif // LATHE_DATA_IMAGE_H
