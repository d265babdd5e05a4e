//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Evaluation/Detection.h"
#include "PseudoRandom.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

Detection makeDetection(int64_t classIndex, double left, double top,
                        double width, double height, double score = 0) {
  Detection result;
  result.classIndex = classIndex;
  result.left = left;
  result.top = top;
  result.right = left + width;
  result.bottom = top + height;
  result.score = score;
  return result;
}

/// `box` moved and resized a little.
Detection shake(const Box &box, int64_t classIndex, PseudoRandom &random) {
  double delta[4];
  for (double &d : delta)
    d = double(random.below(9) - 4);
  Detection result = makeDetection(
      classIndex, box.left + delta[0], box.top + delta[1],
      box.right - box.left + delta[2], box.bottom - box.top + delta[3]);
  result.score = double(random.below(64)) / 64;
  return result;
}

Detection anywhere(int64_t classIndex, PseudoRandom &random) {
  const double left = double(random.below(100));
  const double top = double(random.below(100));
  const double width = double(10 + random.below(60));
  const double height = double(10 + random.below(60));
  return makeDetection(classIndex, left, top, width, height);
}

/// 12 images with objects of 3 classes and detections of 4, with equal scores
/// among them.
DetectionMetrics evaluatePseudoRandom() {
  DetectionMetrics metrics;
  PseudoRandom random(7);
  for (int image = 0; image < 12; ++image) {
    std::vector<Box> truth;
    for (int64_t count = random.below(6); count > 0; --count) {
      const int64_t classIndex = random.below(3);
      truth.push_back(anywhere(classIndex, random));
    }
    std::vector<Detection> detections;
    for (const Box &box : truth)
      for (int64_t count = random.below(4); count > 0; --count) {
        const bool isRight = random.below(8) != 0;
        const int64_t classIndex =
            isRight ? box.classIndex : (box.classIndex + 1) % 4;
        detections.push_back(shake(box, classIndex, random));
      }
    for (int64_t count = random.below(3); count > 0; --count) {
      const int64_t classIndex = random.below(4);
      detections.push_back(anywhere(classIndex, random));
      detections.back().score = double(random.below(64)) / 64;
    }
    metrics.add(detections, truth);
  }
  return metrics;
}

// The figures of pycocotools 2.0.11 for these boxes.
TEST(DetectionTest, AveragePrecisionIsThatOfPycocotools) {
  DetectionMetrics metrics = evaluatePseudoRandom();
  EXPECT_EQ(metrics.getNumObjects(), 33);
  EXPECT_EQ(metrics.getNumDetections(), 69);
  EXPECT_NEAR(*metrics.getMeanAveragePrecision(), 0.257657977654749, 1e-12);
  EXPECT_NEAR(*metrics.getMeanAveragePrecision50(), 0.497704294238948, 1e-12);
  auto precisions = metrics.getAveragePrecisions();
  ASSERT_EQ(precisions.size(), 3u);
  EXPECT_NEAR(precisions[0][0], 0.656922835140657, 1e-12);
  EXPECT_NEAR(precisions[0][5], 0.320132013201320, 1e-12);
  EXPECT_NEAR(precisions[1][5], 0.182838283828383, 1e-12);
  EXPECT_NEAR(precisions[2][0], 0.437015130084437, 1e-12);
}

TEST(DetectionTest, WithoutObjectsThereIsNoPrecision) {
  DetectionMetrics metrics;
  metrics.add({makeDetection(0, 0, 0, 10, 10, 0.5)}, {});
  EXPECT_EQ(metrics.getMeanAveragePrecision(), std::nullopt);
}

TEST(DetectionTest, OverlapOfBoxes) {
  Detection box = makeDetection(0, 0, 0, 10, 10);
  EXPECT_EQ(getIntersectionOverUnion(box, box), 1);
  // 50 of 150.
  EXPECT_DOUBLE_EQ(
      getIntersectionOverUnion(box, makeDetection(0, 5, 0, 10, 10)), 1.0 / 3);
  EXPECT_EQ(getIntersectionOverUnion(box, makeDetection(0, 10, 0, 10, 10)), 0);
  Detection empty = makeDetection(0, 5, 5, 0, 0);
  EXPECT_EQ(getIntersectionOverUnion(empty, empty), 0);
}

TEST(DetectionTest, MatchesNeedScoreClassAndPlace) {
  const std::vector<Detection> first = {
      makeDetection(0, 0, 0, 100, 100, 0.9),  // matched
      makeDetection(1, 0, 0, 100, 100, 0.8),  // the other's has class 0
      makeDetection(0, 200, 0, 100, 10, 0.7), // moved too far
      makeDetection(0, 300, 0, 100, 10, 0.6), // the other's score is too low
      makeDetection(0, 400, 0, 10, 10, 0.45), // not looked for
  };
  const std::vector<Detection> other = {
      makeDetection(0, 2, 0, 100, 100, 0.41),
      makeDetection(0, 220, 0, 100, 10, 0.7),
      makeDetection(0, 300, 0, 100, 10, 0.39),
      makeDetection(0, 400, 0, 10, 10, 0.9),
  };
  MatchCount count;
  count.add(first, other, MatchLimits());
  EXPECT_EQ(count.numDetections, 4);
  EXPECT_EQ(count.numMatched, 1);
}

} // namespace
