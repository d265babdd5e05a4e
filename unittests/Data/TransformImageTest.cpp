//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The expected pixels are those of Pillow 10.4's Image.resize(BILINEAR) and
// convert("L"), and of OpenCV 5.0's resize(INTER_LINEAR), on the same image.
//
//===----------------------------------------------------------------------===//

#include "TestFiles.h"
#include "llvm/Support/CRC.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

using Pixels = std::vector<uint8_t>;

TEST(TransformImage, ShrinkingHasPillowsBits) {
  EXPECT_EQ(resizeImage(makeTestImage(5, 7), 2, 3, /*antialias=*/true).pixels,
            (Pixels{52, 111, 168, 102, 150, 163, 145, 156, 120, 126, 168, 169,
                    143, 112, 103, 124, 115, 124}));
}

TEST(TransformImage, StretchingRowsAndShrinkingColumnsHasPillowsBits) {
  EXPECT_EQ(resizeImage(makeTestImage(5, 7), 3, 9, /*antialias=*/true).pixels,
            (Pixels{13,  72,  131, 26,  85,  144, 43,  102, 161, 58,  117, 176,
                    73,  132, 191, 89,  148, 207, 104, 163, 161, 120, 179, 128,
                    133, 192, 142, 62,  121, 180, 83,  142, 201, 107, 166, 200,
                    131, 177, 160, 155, 157, 74,  179, 181, 98,  171, 126, 90,
                    170, 87,  89,  191, 108, 110, 111, 170, 229, 139, 198, 159,
                    171, 165, 94,  171, 93,  66,  90,  40,  99,  123, 73,  132,
                    95,  105, 164, 79,  138, 148, 107, 166, 78}));
}

TEST(TransformImage, OneAxisHasPillowsBits) {
  EXPECT_EQ(resizeImage(makeTestImage(5, 7), 5, 3, /*antialias=*/true).pixels,
            (Pixels{15,  74,  133, 51,  110, 169, 87,  146, 205, 52,  111, 170,
                    103, 162, 206, 154, 213, 71,  89,  148, 207, 155, 199, 92,
                    221, 79,  83,  126, 185, 189, 192, 85,  84,  87,  91,  150,
                    163, 167, 116, 78,  77,  121, 99,  158, 126}));
}

TEST(TransformImage, LargeImagesHavePillowsBits) {
  const Image image = makeTestImage(150, 201);
  for (auto [height, width, crc] :
       {std::tuple(64, 64, 0xfefa104du), std::tuple(224, 300, 0x6f760374u),
        std::tuple(149, 17, 0xc9280627u), std::tuple(1, 1, 0x427015cau)})
    EXPECT_EQ(llvm::crc32(
                  resizeImage(image, height, width, /*antialias=*/true).pixels),
              crc)
        << height << " by " << width;
}

TEST(TransformImage, WithoutAntialiasingItIsOpenCVsLinear) {
  const Pixels expected = {38,  97,  156, 90,  149, 208, 142, 201, 68,
                           127, 186, 202, 156, 23,  82,  57,  116, 153};
  const Image image =
      resizeImage(makeTestImage(5, 7), 2, 3, /*antialias=*/false);
  ASSERT_EQ(image.pixels.size(), expected.size());
  // OpenCV's weights have 11 bits.
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(image.pixels[i], expected[i], 1) << i;
}

TEST(TransformImage, GrayIsPillowsLuma) {
  EXPECT_EQ(convertChannels(makeTestImage(5, 7), 1).pixels,
            (Pixels{48,  65,  82,  99,  116, 133, 150, 79, 103, 127, 151, 175,
                    170, 194, 110, 141, 172, 174, 205, 86, 117, 141, 179, 188,
                    76,  114, 75,  113, 172, 188, 83,  51, 96,  141, 157}));
}

TEST(TransformImage, CroppingAndPaddingMovePixels) {
  const Image image = makeTestImage(5, 7);
  const Image cropped = cropImage(image, 1, 2, 2, 3);
  const Image padded = padImage(cropped, 1, 2, 5, 7, 114);
  for (int64_t y = 0; y < 5; ++y)
    for (int64_t x = 0; x < 7; ++x) {
      const bool inside = y >= 1 && y < 3 && x >= 2 && x < 5;
      EXPECT_EQ(padded.getRow(y)[x * 3], inside ? image.getRow(y)[x * 3] : 114);
    }
}

} // namespace
