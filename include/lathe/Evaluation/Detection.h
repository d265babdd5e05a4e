//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How well a model finds objects: the average precision of COCO, and whether
// two models find the same.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_EVALUATION_DETECTION_H
#define LATHE_EVALUATION_DETECTION_H

#include "lathe/Data/Dataset.h"
#include "llvm/ADT/ArrayRef.h"
#include <array>
#include <map>
#include <optional>
#include <vector>

namespace lathe {

/// An object that a model found, in pixels of the source image.
struct Detection : Box {
  double score = 0;
};

/// The area that two boxes share, over the area that they cover together; 0 if
/// they cover none.
double getIntersectionOverUnion(const Box &a, const Box &b);

/// The average precision of detections, as pycocotools computes it for boxes of
/// any area (COCOeval with areaRng "all" and maxDets 100): for each class and
/// each least intersection over union, the mean of the precision at 101
/// recalls.
class DetectionMetrics {
public:
  /// 0.5, 0.55 … 0.95.
  static constexpr unsigned numThresholds = 10;

  /// Adds an image: what was found, and what there is.
  void add(llvm::ArrayRef<Detection> detections, llvm::ArrayRef<Box> truth);

  /// The average precision of each class that occurs in the truth, by its
  /// index, for each threshold.
  std::map<int64_t, std::array<double, numThresholds>>
  getAveragePrecisions() const;

  /// The mean over these classes and all thresholds: COCO's mAP. None without
  /// an object in the truth.
  std::optional<double> getMeanAveragePrecision() const;
  /// The same at the threshold 0.5 alone.
  std::optional<double> getMeanAveragePrecision50() const;

  int64_t getNumImages() const { return numImages; }
  int64_t getNumObjects() const { return numObjects; }
  int64_t getNumDetections() const { return numDetections; }

private:
  struct Scored {
    double score;
    /// Bit t is whether it is the detection of an object at threshold t.
    uint16_t isTrue;
  };
  struct Class {
    int64_t numObjects = 0;
    std::vector<Scored> detections;
  };

  static std::array<double, numThresholds> getAveragePrecision(Class scores);
  static std::vector<Scored> match(std::vector<Detection> detections,
                                   llvm::ArrayRef<Box> truth);

  std::map<int64_t, Class> classes;
  int64_t numImages = 0, numObjects = 0, numDetections = 0;
};

/// When a model is said to find what another one finds.
struct MatchLimits {
  double score = 0.5;      ///< least one of the first model's detections
  double otherScore = 0.4; ///< least one of the other model's
  double iou = 0.9;        ///< least intersection over union
};

/// Detections of a first model, and those that another model has, too.
struct MatchCount {
  int64_t numDetections = 0;
  int64_t numMatched = 0;

  /// Adds the detections of an image. A detection of the first model is matched
  /// if the other has one of the same class at that place.
  void add(llvm::ArrayRef<Detection> first, llvm::ArrayRef<Detection> other,
           const MatchLimits &limits);
};

} // namespace lathe

#endif // LATHE_EVALUATION_DETECTION_H
