//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Evaluation/Detection.h"
#include "SortByScore.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <limits>

using namespace lathe;
using llvm::ArrayRef;

double lathe::getIntersectionOverUnion(const Box &a, const Box &b) {
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0)
    return 0;
  const double shared = width * height;
  return shared / ((a.right - a.left) * (a.bottom - a.top) +
                   (b.right - b.left) * (b.bottom - b.top) - shared);
}

/// The least intersection over union, as numpy.linspace(0.5, 0.95, 10) has it.
static double getThreshold(unsigned index) {
  return 0.5 + index * ((0.95 - 0.5) / 9);
}

/// Gives each detection of an image, all of one class, the object that it fits
/// best among those that no detection of a higher score has. The result is in
/// the order of scores.
std::vector<DetectionMetrics::Scored>
DetectionMetrics::match(std::vector<Detection> detections,
                        ArrayRef<Box> truth) {
  constexpr size_t mostDetections = 100;
  sortByScore(detections);
  if (detections.size() > mostDetections)
    detections.resize(mostDetections);
  std::vector<Scored> result;
  for (const Detection &detection : detections)
    result.push_back({detection.score, 0});
  for (unsigned t = 0; t < numThresholds; ++t) {
    std::vector<bool> isTaken(truth.size());
    for (auto [i, detection] : llvm::enumerate(detections)) {
      double best = getThreshold(t);
      std::optional<size_t> object;
      for (auto [k, box] : llvm::enumerate(truth)) {
        if (isTaken[k])
          continue;
        // The last of objects that fit equally well, as in COCOeval.
        const double overlap = getIntersectionOverUnion(detection, box);
        if (overlap < best)
          continue;
        best = overlap;
        object = k;
      }
      if (!object)
        continue;
      isTaken[*object] = true;
      result[i].isTrue |= 1u << t;
    }
  }
  return result;
}

void DetectionMetrics::add(ArrayRef<Detection> detections,
                           ArrayRef<Box> truth) {
  ++numImages;
  numObjects += int64_t(truth.size());
  numDetections += int64_t(detections.size());
  std::map<int64_t, std::pair<std::vector<Detection>, std::vector<Box>>> image;
  for (const Detection &detection : detections)
    image[detection.classIndex].first.push_back(detection);
  for (const Box &box : truth)
    image[box.classIndex].second.push_back(box);
  for (auto &[index, both] : image) {
    Class &entry = classes[index];
    entry.numObjects += int64_t(both.second.size());
    llvm::append_range(entry.detections,
                       match(std::move(both.first), both.second));
  }
}

/// The mean of the precision at recalls 0, 0.01 … 1, where the precision at a
/// recall is the best at it or beyond it.
static double averageOverRecalls(ArrayRef<double> precisions,
                                 ArrayRef<double> recalls) {
  constexpr int numRecalls = 101;
  double sum = 0;
  for (int i = 0; i < numRecalls; ++i) {
    // As numpy.linspace(0, 1, 101) has it.
    const double recall = i == numRecalls - 1 ? 1.0 : i * 0.01;
    const size_t first = llvm::lower_bound(recalls, recall) - recalls.begin();
    if (first < precisions.size())
      sum += precisions[first];
  }
  return sum / numRecalls;
}

std::array<double, DetectionMetrics::numThresholds>
DetectionMetrics::getAveragePrecision(Class scores) {
  sortByScore(scores.detections);
  std::array<double, numThresholds> result;
  for (unsigned t = 0; t < numThresholds; ++t) {
    std::vector<double> precisions, recalls;
    int64_t numTrue = 0;
    for (auto [i, detection] : llvm::enumerate(scores.detections)) {
      numTrue += (detection.isTrue >> t) & 1;
      precisions.push_back(
          double(numTrue) /
          (double(i + 1) + std::numeric_limits<double>::epsilon()));
      recalls.push_back(double(numTrue) / double(scores.numObjects));
    }
    for (size_t i = precisions.size(); i-- > 1;)
      precisions[i - 1] = std::max(precisions[i - 1], precisions[i]);
    result[t] = averageOverRecalls(precisions, recalls);
  }
  return result;
}

std::map<int64_t, std::array<double, DetectionMetrics::numThresholds>>
DetectionMetrics::getAveragePrecisions() const {
  std::map<int64_t, std::array<double, numThresholds>> result;
  for (const auto &[index, scores] : classes)
    if (scores.numObjects > 0)
      result[index] = getAveragePrecision(scores);
  return result;
}

/// The mean of the first `count` thresholds over classes.
template <typename Map>
static std::optional<double> average(const Map &precisions, unsigned count) {
  if (precisions.empty())
    return std::nullopt;
  double sum = 0;
  for (const auto &[index, values] : precisions)
    for (unsigned t = 0; t < count; ++t)
      sum += values[t];
  return sum / double(precisions.size() * count);
}

std::optional<double> DetectionMetrics::getMeanAveragePrecision() const {
  return average(getAveragePrecisions(), numThresholds);
}

std::optional<double> DetectionMetrics::getMeanAveragePrecision50() const {
  return average(getAveragePrecisions(), 1);
}

void MatchCount::add(ArrayRef<Detection> first, ArrayRef<Detection> other,
                     const MatchLimits &limits) {
  for (const Detection &detection : first) {
    if (detection.score < limits.score)
      continue;
    ++numDetections;
    numMatched += llvm::any_of(other, [&](const Detection &candidate) {
      return candidate.score >= limits.otherScore &&
             candidate.classIndex == detection.classIndex &&
             getIntersectionOverUnion(detection, candidate) >= limits.iou;
    });
  }
}
