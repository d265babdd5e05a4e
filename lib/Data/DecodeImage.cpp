//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// JPEG through libjpeg-turbo's TurboJPEG, PNG through libpng; binary PGM and
// PPM, whose format is a few lines, here.
//
//===----------------------------------------------------------------------===//

#include "lathe/Data/Image.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <csetjmp>
#include <cstring>
#include <png.h>
#include <turbojpeg.h>

using namespace lathe;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

static constexpr StringRef jpegMagic = "\xff\xd8\xff";
static constexpr StringRef pngMagic = "\x89PNG\r\n\x1a\n";

static Error checkSize(int64_t height, int64_t width) {
  if (height < 1 || width < 1)
    return createStringError("it has no pixels");
  if (height > maxImagePixels / width)
    return createStringError(Twine(width) + "x" + Twine(height) +
                             " pixels are too many");
  return Error::success();
}

//===----------------------------------------------------------------------===//
// JPEG
//===----------------------------------------------------------------------===//

static Error getJpegError(tjhandle decoder) {
  return createStringError(StringRef("JPEG: ") + tjGetErrorStr2(decoder));
}

/// Adobe's CMYK, as JPEG files have it, is inverted: 255 is no ink.
static Image convertCmyk(const Image &cmyk) {
  Image rgb(cmyk.height, cmyk.width, 3);
  const size_t count = cmyk.height * cmyk.width;
  for (size_t i = 0; i < count; ++i) {
    const unsigned black = cmyk.pixels[i * 4 + 3];
    for (size_t c = 0; c < 3; ++c)
      rgb.pixels[i * 3 + c] = (cmyk.pixels[i * 4 + c] * black + 127) / 255;
  }
  return rgb;
}

static Expected<Image> decodeJpeg(StringRef bytes) {
  tjhandle decoder = tjInitDecompress();
  if (!decoder)
    return getJpegError(nullptr);
  llvm::scope_exit destroy([&] { tjDestroy(decoder); });
  const auto *data = reinterpret_cast<const unsigned char *>(bytes.data());
  int width = 0, height = 0, subsampling = 0, colors = 0;
  if (tjDecompressHeader3(decoder, data, bytes.size(), &width, &height,
                          &subsampling, &colors))
    return getJpegError(decoder);
  if (Error error = checkSize(height, width))
    return error;
  const bool cmyk = colors == TJCS_CMYK || colors == TJCS_YCCK;
  const int format = cmyk                  ? TJPF_CMYK
                     : colors == TJCS_GRAY ? TJPF_GRAY
                                           : TJPF_RGB;
  Image image(height, width, tjPixelSize[format]);
  // Nonzero for warnings, too: what they tell of is damage, and the decoder
  // has made up the rest of the image.
  if (tjDecompress2(decoder, data, bytes.size(), image.pixels.data(), width,
                    /*pitch=*/0, height, format, TJFLAG_ACCURATEDCT))
    return getJpegError(decoder);
  return cmyk ? convertCmyk(image) : image;
}

//===----------------------------------------------------------------------===//
// PNG
//===----------------------------------------------------------------------===//

namespace {
/// What libpng's callbacks work on.
struct PngSource {
  StringRef bytes; ///< what is still to be read
  char message[128] = "";
};
} // namespace

[[noreturn]] static void onPngError(png_structp png, png_const_charp message) {
  auto *source = static_cast<PngSource *>(png_get_error_ptr(png));
  std::strncpy(source->message, message, sizeof(source->message) - 1);
  png_longjmp(png, 1);
}

static void onPngWarning(png_structp, png_const_charp) {}

static void readPng(png_structp png, png_bytep to, size_t size) {
  auto *source = static_cast<PngSource *>(png_get_io_ptr(png));
  if (source->bytes.size() < size)
    png_error(png, "the file is truncated");
  std::memcpy(to, source->bytes.data(), size);
  source->bytes = source->bytes.drop_front(size);
}

/// Reads the header and asks for 8 bits of gray or RGB. False on an error. As
/// libpng leaves by longjmp, nothing here has a destructor.
static bool readPngHeader(png_structp png, png_infop info) {
  if (setjmp(png_jmpbuf(png)))
    return false;
  png_read_info(png, info);
  png_set_scale_16(png);
  png_set_expand(png);
  png_set_strip_alpha(png);
  (void)png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return true;
}

/// Reads the rows, to the end of the file. False on an error.
static bool readPngRows(png_structp png, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png)))
    return false;
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

static Expected<Image> decodePng(StringRef bytes) {
  PngSource source;
  source.bytes = bytes;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source,
                                           onPngError, onPngWarning);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  llvm::scope_exit destroy(
      [&] { png_destroy_read_struct(&png, &info, nullptr); });
  if (!info)
    return createStringError("PNG: libpng cannot be started");
  png_set_read_fn(png, &source, readPng);
  if (!readPngHeader(png, info))
    return createStringError(StringRef("PNG: ") + source.message);
  const int64_t height = png_get_image_height(png, info);
  const int64_t width = png_get_image_width(png, info);
  if (Error error = checkSize(height, width))
    return error;
  Image image(height, width, png_get_channels(png, info));
  std::vector<png_bytep> rows;
  for (int64_t y = 0; y < height; ++y)
    rows.push_back(image.getRow(y));
  if (!readPngRows(png, rows.data()))
    return createStringError(StringRef("PNG: ") + source.message);
  return image;
}

//===----------------------------------------------------------------------===//
// PGM and PPM
//===----------------------------------------------------------------------===//

/// Reads a number of the header, before which blanks and comments may stand.
static bool consumeNumber(StringRef &bytes, int64_t &number) {
  for (bytes = bytes.ltrim(); bytes.starts_with("#"); bytes = bytes.ltrim())
    bytes = bytes.drop_until([](char c) { return c == '\n'; });
  return !bytes.consumeInteger(10, number);
}

static Expected<Image> decodePnm(StringRef bytes) {
  const int64_t channels = bytes[1] == '5' ? 1 : 3;
  bytes = bytes.drop_front(2);
  int64_t width, height, maximum;
  if (!consumeNumber(bytes, width) || !consumeNumber(bytes, height) ||
      !consumeNumber(bytes, maximum) || bytes.empty() ||
      !llvm::isSpace(bytes.front()))
    return createStringError("PNM: its header is damaged");
  if (maximum != 255)
    return createStringError("PNM: its maximum is " + Twine(maximum) +
                             ", and only 255 is supported");
  if (Error error = checkSize(height, width))
    return error;
  bytes = bytes.drop_front();
  if (bytes.size() < size_t(height * width * channels))
    return createStringError("PNM: the file is truncated");
  Image image(height, width, channels);
  std::memcpy(image.pixels.data(), bytes.data(), image.pixels.size());
  return image;
}

//===----------------------------------------------------------------------===//
// Any of them
//===----------------------------------------------------------------------===//

Expected<Image> lathe::decodeImage(llvm::MemoryBufferRef buffer) {
  auto decode = [](StringRef bytes) -> Expected<Image> {
    if (bytes.empty())
      return createStringError("the file is empty");
    if (bytes.starts_with(jpegMagic))
      return decodeJpeg(bytes);
    if (bytes.starts_with(pngMagic))
      return decodePng(bytes);
    if (bytes.starts_with("P5") || bytes.starts_with("P6"))
      return decodePnm(bytes);
    return createStringError(
        "it is no JPEG, PNG or binary PGM or PPM image; convert it");
  };
  Expected<Image> image = decode(buffer.getBuffer());
  if (!image)
    return llvm::createFileError(buffer.getBufferIdentifier(),
                                 image.takeError());
  return image;
}

Expected<Image> lathe::readImage(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (std::error_code code = file.getError())
    return llvm::createFileError(path, code);
  return decodeImage(**file);
}

bool lathe::isImagePath(StringRef path) {
  StringRef extension = llvm::sys::path::extension(path);
  for (StringRef known : {".jpg", ".jpeg", ".png", ".ppm", ".pgm"})
    if (extension.equals_insensitive(known))
      return true;
  return false;
}
