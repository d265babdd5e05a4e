//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestFiles.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

using namespace lathe;
using llvm::StringRef;
using testing::Test;

namespace {

using Pixels = std::vector<uint8_t>;

llvm::Expected<Image> decode(StringRef bytes) {
  return decodeImage({bytes, "picture"});
}

/// The pixels of a PNG file that Pillow 13.0 wrote, given as hexadecimal
/// digits.
Pixels decodeHex(StringRef digits, int64_t channels) {
  llvm::Expected<Image> image = decode(llvm::fromHex(digits));
  if (!image) {
    ADD_FAILURE() << getMessage(image);
    return {};
  }
  EXPECT_EQ(image->channels, channels);
  return image->pixels;
}

TEST(DecodeImage, LosslessFormatsGiveThePixels) {
  Image gray = convertChannels(makeTestImage(5, 7), 1);
  for (const Image &image : {makeTestImage(5, 7), gray})
    for (const std::string &bytes : {encodePng(image), encodePnm(image)}) {
      llvm::Expected<Image> decoded = decode(bytes);
      ASSERT_TRUE(bool(decoded)) << getMessage(decoded);
      EXPECT_EQ(decoded->height, 5);
      EXPECT_EQ(decoded->width, 7);
      EXPECT_EQ(decoded->pixels, image.pixels);
    }
}

TEST(DecodeImage, PngPalettesAreLookedUp) {
  EXPECT_EQ(decodeHex("89504e470d0a1a0a0000000d494844520000000300000001020300"
                      "0000668efc2700000009504c54450a141ec8643200ff0081523b10"
                      "0000000a49444154789c6368010000860085bcf5cdd60000000049"
                      "454e44ae426082",
                      3),
            (Pixels{0, 255, 0, 10, 20, 30, 200, 100, 50}));
}

TEST(DecodeImage, PngOf16BitsIsScaledTo8) {
  EXPECT_EQ(decodeHex("89504e470d0a1a0a0000000d494844520000000300000001100000"
                      "00006e1b972b0000000f49444154789c6360606868f8ff1f000684"
                      "02ff4660deb60000000049454e44ae426082",
                      1),
            (Pixels{0, 128, 255}));
}

TEST(DecodeImage, PngOf1BitIsBlackAndWhite) {
  EXPECT_EQ(decodeHex("89504e470d0a1a0a0000000d494844520000000300000001010000"
                      "0000339b29190000000a49444154789c6358000000a200a1dc8db1"
                      "cc0000000049454e44ae426082",
                      1),
            (Pixels{255, 0, 255}));
}

TEST(DecodeImage, PngTransparencyIsDropped) {
  EXPECT_EQ(decodeHex("89504e470d0a1a0a0000000d494844520000000200000001080600"
                      "0000f4227f8a0000001149444154789c6364646266606666fe0f00"
                      "015401106030080f0000000049454e44ae426082",
                      3),
            (Pixels{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(decodeHex("89504e470d0a1a0a0000000d494844520000000200000001080400"
                      "00005e2bb7010000000d49444154789c63e06438f11f0002b801d1"
                      "dba47ea50000000049454e44ae426082",
                      1),
            (Pixels{9, 200}));
}

TEST(DecodeImage, JpegIsNearThePixels) {
  Image color(16, 24, 3), gray(16, 24, 1);
  for (size_t i = 0; i < gray.pixels.size(); ++i) {
    gray.pixels[i] = i % 24 * 10;
    for (size_t c = 0; c < 3; ++c)
      color.pixels[i * 3 + c] = c == 1 ? 200 : i % 24 * 10;
  }
  for (const Image &image : {color, gray}) {
    llvm::Expected<Image> decoded = decode(encodeJpeg(image));
    ASSERT_TRUE(bool(decoded)) << getMessage(decoded);
    EXPECT_EQ(decoded->channels, image.channels);
    ASSERT_EQ(decoded->pixels.size(), image.pixels.size());
    for (size_t i = 0; i < image.pixels.size(); ++i)
      EXPECT_NEAR(decoded->pixels[i], image.pixels[i], 3) << i;
  }
}

TEST(DecodeImage, JpegOfCmykBecomesRgb) {
  Image cmyk(8, 8, 4, 200);
  for (size_t i = 3; i < cmyk.pixels.size(); i += 4)
    cmyk.pixels[i] = 100;
  llvm::Expected<Image> decoded = decode(encodeJpeg(cmyk));
  ASSERT_TRUE(bool(decoded)) << getMessage(decoded);
  EXPECT_EQ(decoded->channels, 3);
  // 200 * 100 / 255, as both are inverted.
  for (uint8_t pixel : decoded->pixels)
    EXPECT_NEAR(pixel, 78, 2);
}

TEST(DecodeImage, DamageIsAnErrorThatNamesTheFileAndTheReason) {
  EXPECT_EQ(getMessage(decode("")), "'picture': the file is empty");
  EXPECT_EQ(getMessage(decode("GIF89a")),
            "'picture': it is no JPEG, PNG or binary PGM or PPM image; "
            "convert it");
  EXPECT_EQ(getMessage(decode("P5\n2 2\n255\nabc")),
            "'picture': PNM: the file is truncated");
  EXPECT_EQ(getMessage(decode("P5\n2 2\n65535\nabc")),
            "'picture': PNM: its maximum is 65535, and only 255 is supported");
  EXPECT_EQ(getMessage(decode("P6\n2 x")),
            "'picture': PNM: its header is damaged");
  EXPECT_EQ(getMessage(decode("P6\n2000000 2000000\n255\n")),
            "'picture': 2000000x2000000 pixels are too many");
  EXPECT_EQ(getMessage(decode("P6\n0 4\n255\n")),
            "'picture': it has no pixels");
}

TEST(DecodeImage, EveryTruncationOfAFileIsAnError) {
  const Image image = makeTestImage(16, 16);
  const std::string jpeg = encodeJpeg(image);
  for (size_t size = 0; size + 1 < jpeg.size(); ++size)
    EXPECT_NE(getMessage(decode(StringRef(jpeg).take_front(size))), "") << size;
  const std::string png = encodePng(image);
  for (size_t size = 0; size < png.size(); ++size)
    EXPECT_NE(getMessage(decode(StringRef(png).take_front(size))), "") << size;
}

TEST(DecodeImage, ChangedBytesOfAPngAreAnError) {
  std::string png = encodePng(makeTestImage(16, 16));
  // In the pixels: the checksum tells.
  png[png.size() - 30] ^= 0x10;
  EXPECT_EQ(StringRef(getMessage(decode(png))).take_front(16),
            "'picture': PNG: ");
}

TEST(DecodeImage, AnyChangedByteLeavesAnImageOrAnError) {
  const Image image = makeTestImage(16, 16);
  for (const std::string &bytes :
       {encodeJpeg(image), encodePng(image), encodePnm(image)})
    for (size_t at = 0; at < bytes.size(); ++at)
      for (char change : {'\x01', '\x80', '\xff'}) {
        std::string changed = bytes;
        changed[at] ^= change;
        llvm::Expected<Image> decoded = decode(changed);
        if (!decoded)
          EXPECT_EQ(StringRef(getMessage(decoded)).take_front(11),
                    "'picture': ");
        else
          EXPECT_EQ(int64_t(decoded->pixels.size()),
                    decoded->height * decoded->width * decoded->channels);
      }
}

TEST(DecodeImage, AMissingFileIsNamed) {
  EXPECT_EQ(getMessage(readImage("/no/such.png")),
            "'/no/such.png': No such file or directory");
}

} // namespace
