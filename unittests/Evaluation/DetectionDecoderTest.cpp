//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Evaluation/DetectionDecoder.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;

namespace {

DetectorOptions parse(llvm::StringRef text) {
  auto options = DetectorOptions::parse({text, "d.yaml"});
  if (options)
    return *options;
  ADD_FAILURE() << llvm::toString(options.takeError());
  return {};
}

std::string getParseError(llvm::StringRef text) {
  return llvm::toString(DetectorOptions::parse({text, "d.yaml"}).takeError());
}

std::string getShapeError(const DetectorOptions &options,
                          llvm::ArrayRef<int64_t> output) {
  return llvm::toString(
      DetectionDecoder::get(options, output, {1, 3, 32, 32}).takeError());
}

/// An image of 64 by 32 pixels at half its size in the middle of one of 32 by
/// 32.
ImageGeometry makeGeometry() {
  ImageGeometry geometry;
  geometry.sourceWidth = 64;
  geometry.sourceHeight = 32;
  geometry.scaleX = geometry.scaleY = 0.5;
  geometry.offsetY = 8;
  return geometry;
}

void expectBox(const Box &box, double left, double top, double right,
               double bottom) {
  EXPECT_DOUBLE_EQ(box.left, left);
  EXPECT_DOUBLE_EQ(box.top, top);
  EXPECT_DOUBLE_EQ(box.right, right);
  EXPECT_DOUBLE_EQ(box.bottom, bottom);
}

TEST(DetectionDecoderTest, YoloV8BoxesLieInTheSourceImage) {
  auto decoder = DetectionDecoder::get(parse("decoder: yolov8"), {1, 6, 3},
                                       {1, 3, 32, 32});
  ASSERT_TRUE(bool(decoder));
  EXPECT_EQ(decoder->getNumClasses(), 2);
  // Columns are places: one of class 1, one beyond the image, one of no class.
  const double output[] = {10, 31, 0, 16, 20, 0, 4,   8,   0,
                           8,  8,  0, 0,  .5, 0, .75, .25, 0};
  std::vector<Detection> found = decoder->decode(output, makeGeometry());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].classIndex, 1);
  EXPECT_EQ(found[0].score, 0.75);
  // (8, 12) to (12, 20) of the input.
  expectBox(found[0], 16, 8, 24, 24);
  EXPECT_EQ(found[1].classIndex, 0);
  // (27, 16) to (35, 24), cut at 64.
  expectBox(found[1], 54, 16, 64, 32);
}

TEST(DetectionDecoderTest, MultiLabelGivesAPlaceSeveralClasses) {
  auto decoder = DetectionDecoder::get(
      parse("decoder: yolov8\nmulti-label: true"), {1, 6, 1}, {1, 3, 32, 32});
  ASSERT_TRUE(bool(decoder));
  std::vector<Detection> found =
      decoder->decode({10, 16, 4, 4, 0.25, 0.5}, makeGeometry());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].classIndex, 1);
  EXPECT_EQ(found[1].classIndex, 0);
}

TEST(DetectionDecoderTest, YoloV5ScoreIsAProduct) {
  auto decoder = DetectionDecoder::get(parse("decoder: yolov5"), {1, 1, 7},
                                       {1, 3, 32, 32});
  ASSERT_TRUE(bool(decoder));
  std::vector<Detection> found =
      decoder->decode({10, 16, 4, 8, 0.5, 0.25, 0.5}, makeGeometry());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].score, 0.25);
  EXPECT_EQ(found[0].classIndex, 1);
  expectBox(found[0], 16, 8, 24, 24);
}

TEST(DetectionDecoderTest, YoloXCellsAreCountedGridByGrid) {
  // Grids of 2 by 2 cells and of 1.
  auto decoder = DetectionDecoder::get(
      parse("decoder: yolox\nstrides: [16, 32]"), {1, 5, 6}, {1, 3, 32, 32});
  ASSERT_TRUE(bool(decoder));
  std::vector<double> output(5 * 6);
  // Cell (1, 0) of the first grid: centre (24, 16), size (8, 4).
  const double first[] = {0.5, 1, std::log(0.5), std::log(0.25), 1, 0.5};
  llvm::copy(first, output.begin() + 6);
  // The second grid: centre (16, 16), size (32, 8).
  const double second[] = {0.5, 0.5, 0, std::log(0.25), 0.5, 0.5};
  llvm::copy(second, output.begin() + 4 * 6);
  std::vector<Detection> found = decoder->decode(output, makeGeometry());
  ASSERT_EQ(found.size(), 2u);
  expectBox(found[0], 40, 12, 56, 20);
  EXPECT_EQ(found[1].score, 0.25);
  expectBox(found[1], 0, 8, 64, 24);
}

TEST(DetectionDecoderTest, SuppressionKeepsOtherClassesAndTheLimit) {
  auto make = [](int64_t classIndex, double left, double score) {
    Detection detection;
    detection.classIndex = classIndex;
    detection.left = left;
    detection.right = left + 10;
    detection.bottom = 10;
    detection.score = score;
    return detection;
  };
  const std::vector<Detection> detections = {
      make(0, 0, 0.9),  make(0, 1, 0.8), // overlaps the first by 9 of 11
      make(1, 1, 0.7),                   // another class
      make(0, 5, 0.6),                   // overlaps the first by 5 of 15
      make(0, 30, 0.5),
  };
  std::vector<Detection> kept = suppressNonMaxima(detections, 0.5, 3);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[1].score, 0.7);
  EXPECT_EQ(kept[2].score, 0.6);
  EXPECT_EQ(suppressNonMaxima(detections, 0.3, 100).size(), 3u);
}

TEST(DetectionDecoderTest, FieldsOutOfTheirRangeAreErrors) {
  EXPECT_EQ(getParseError("decoder: yolov9"),
            "d.yaml:1: unknown enumerated scalar; docs/evaluating.md describes "
            "the fields");
  EXPECT_EQ(getParseError("output: x"),
            "d.yaml:1: missing required key 'decoder'; docs/evaluating.md "
            "describes the fields");
  EXPECT_EQ(getParseError("decoder: yolox\nstrides: [0]"),
            "d.yaml:1: 'strides' are positive: [8, 16, 32]; "
            "docs/evaluating.md describes the fields");
  EXPECT_EQ(getParseError("decoder: yolox\niou-threshold: 65"),
            "d.yaml:1: 'iou-threshold' is between 0 and 1; "
            "docs/evaluating.md describes the fields");
}

TEST(DetectionDecoderTest, OutputOfAnotherShapeIsAnError) {
  EXPECT_EQ(getShapeError(parse("decoder: yolov8"), {1, 1000}),
            "the detector's output has shape [1, 1000], not [1, 4 + classes, "
            "places] as yolov8 has it; choose another 'decoder' or 'output'");
  EXPECT_EQ(getShapeError(parse("decoder: yolov8\nclasses: 80"), {1, 6, 3}),
            "the detector's output has shape [1, 6, 3], which is one of 2 "
            "classes, but 'classes' is 80; mend it, or choose another "
            "'decoder'");
  EXPECT_EQ(getShapeError(parse("decoder: yolox"), {1, 22, 85}),
            "the detector's output has shape [1, 22, 85], but grids over 32x32 "
            "pixels have another number of cells; mend 'strides'");
}

} // namespace
