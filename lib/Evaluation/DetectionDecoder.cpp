//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Evaluation/DetectionDecoder.h"
#include "SortByScore.h"
#include "lathe/Support/ReadYAML.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>

using namespace lathe;
using llvm::ArrayRef;
using llvm::createStringError;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// The YAML file
//===----------------------------------------------------------------------===//

namespace llvm::yaml {
template <> struct ScalarEnumerationTraits<DetectorKind> {
  static void enumeration(IO &io, DetectorKind &kind) {
    io.enumCase(kind, "yolov5", DetectorKind::YoloV5);
    io.enumCase(kind, "yolov8", DetectorKind::YoloV8);
    io.enumCase(kind, "yolox", DetectorKind::YoloX);
  }
};

template <> struct MappingTraits<DetectorOptions> {
  static void mapping(IO &io, DetectorOptions &options) {
    io.mapRequired("decoder", options.decoder);
    io.mapOptional("output", options.output);
    io.mapOptional("classes", options.classes);
    // A list would be read over the one that is there.
    std::optional<std::vector<int64_t>> strides;
    io.mapOptional("strides", strides);
    if (strides)
      options.strides = *strides;
    io.mapOptional("score-threshold", options.scoreThreshold);
    io.mapOptional("iou-threshold", options.iouThreshold);
    io.mapOptional("max-detections", options.maxDetections);
    io.mapOptional("multi-label", options.multiLabel);
    io.mapOptional("match-score", options.match.score);
    io.mapOptional("match-other-score", options.match.otherScore);
    io.mapOptional("match-iou", options.match.iou);
  }
  static std::string validate(IO &, DetectorOptions &options) {
    for (auto [name, value] :
         {std::pair("score-threshold", options.scoreThreshold),
          std::pair("iou-threshold", options.iouThreshold),
          std::pair("match-score", options.match.score),
          std::pair("match-other-score", options.match.otherScore),
          std::pair("match-iou", options.match.iou)})
      if (!(value >= 0 && value <= 1))
        return ("'" + Twine(name) + "' is between 0 and 1").str();
    if (options.classes < 0)
      return "'classes' is positive";
    if (options.maxDetections < 1)
      return "'max-detections' is positive";
    if (options.strides.empty() ||
        llvm::any_of(options.strides, [](int64_t s) { return s < 1; }))
      return "'strides' are positive: [8, 16, 32]";
    return "";
  }
};
} // namespace llvm::yaml

Expected<DetectorOptions> DetectorOptions::parse(llvm::MemoryBufferRef buffer) {
  DetectorOptions options;
  if (llvm::Error error = readYAML(buffer, options, "it is no YAML mapping",
                                   "docs/evaluating.md describes the fields"))
    return std::move(error);
  return options;
}

Expected<DetectorOptions> DetectorOptions::load(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (std::error_code code = file.getError())
    return llvm::createFileError(path, code);
  return parse(**file);
}

//===----------------------------------------------------------------------===//
// The shape of the output
//===----------------------------------------------------------------------===//

/// Lays the cells of the grids out that cover the input; false if there are not
/// as many as the output has places.
bool DetectionDecoder::placeCells(int64_t height, int64_t width) {
  int64_t count = 0;
  for (int64_t stride : options.strides)
    count += (height / stride) * (width / stride);
  if (count != numPlaces)
    return false;
  for (int64_t stride : options.strides)
    for (int64_t y = 0; y < height / stride; ++y)
      for (int64_t x = 0; x < width / stride; ++x)
        cells.push_back({double(x), double(y), double(stride)});
  return true;
}

Expected<DetectionDecoder> DetectionDecoder::get(const DetectorOptions &options,
                                                 ArrayRef<int64_t> output,
                                                 ArrayRef<int64_t> input) {
  const bool planar = options.decoder == DetectorKind::YoloV8;
  const int64_t numOthers = planar ? 4 : 5;
  std::string shape =
      "[" +
      llvm::join(
          llvm::map_range(output, [](int64_t i) { return std::to_string(i); }),
          ", ") +
      "]";
  auto complain = [&](const Twine &message) {
    return createStringError("the detector's output has shape " + shape + ", " +
                             message);
  };
  if (output.size() != 3 || output[0] != 1 ||
      output[planar ? 1 : 2] <= numOthers)
    return complain(
        planar ? "not [1, 4 + classes, places] as yolov8 has it; choose "
                 "another 'decoder' or 'output'"
               : "not [1, places, 5 + classes] as yolov5 and yolox have it; "
                 "choose another 'decoder' or 'output'");
  DetectionDecoder decoder(options);
  decoder.numPlaces = output[planar ? 2 : 1];
  decoder.numChannels = output[planar ? 1 : 2];
  decoder.numClasses = decoder.numChannels - numOthers;
  if (options.classes != 0 && options.classes != decoder.numClasses)
    return complain("which is one of " + Twine(decoder.numClasses) +
                    " classes, but 'classes' is " + Twine(options.classes) +
                    "; mend it, or choose another 'decoder'");
  if (options.decoder != DetectorKind::YoloX)
    return decoder;
  // [1, 3, H, W] or [1, H, W, 3]
  if (input.size() != 4 || !(input[1] == 3 || input[3] == 3))
    return createStringError(
        "the model takes no image of 3 channels, which yolox's grids cover");
  ArrayRef<int64_t> extents = input.slice(input[1] == 3 ? 2 : 1, 2);
  if (!decoder.placeCells(extents[0], extents[1]))
    return complain("but grids over " + Twine(extents[0]) + "x" +
                    Twine(extents[1]) +
                    " pixels have another number of cells; mend 'strides'");
  return decoder;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

Box DetectionDecoder::getBox(ArrayRef<double> output, int64_t place) const {
  double x = get(output, place, 0), y = get(output, place, 1);
  double width = get(output, place, 2), height = get(output, place, 3);
  if (!cells.empty()) {
    // Ge et al., "YOLOX" (arXiv:2107.08430), and its demo's postprocessing.
    const Cell &cell = cells[place];
    x = (x + cell.x) * cell.stride;
    y = (y + cell.y) * cell.stride;
    width = std::exp(width) * cell.stride;
    height = std::exp(height) * cell.stride;
  }
  Box box;
  box.left = x - width / 2;
  box.top = y - height / 2;
  box.right = x + width / 2;
  box.bottom = y + height / 2;
  return box;
}

/// The places and classes with a score that suffices, in pixels of the input.
std::vector<Detection>
DetectionDecoder::findCandidates(ArrayRef<double> output) const {
  const int64_t firstClass = numChannels - numClasses;
  std::vector<Detection> candidates;
  for (int64_t place = 0; place < numPlaces; ++place) {
    const double objectness = firstClass == 5 ? get(output, place, 4) : 1;
    auto getScore = [&](int64_t index) {
      return objectness * get(output, place, firstClass + index);
    };
    auto add = [&](int64_t index) {
      // Also false for NaN.
      if (!(getScore(index) >= options.scoreThreshold))
        return;
      Detection detection;
      static_cast<Box &>(detection) = getBox(output, place);
      detection.classIndex = index;
      detection.score = getScore(index);
      candidates.push_back(detection);
    };
    int64_t best = 0;
    for (int64_t index = 0; index < numClasses; ++index) {
      if (options.multiLabel)
        add(index);
      else if (getScore(index) > getScore(best))
        best = index;
    }
    if (!options.multiLabel)
      add(best);
  }
  return candidates;
}

std::vector<Detection> lathe::suppressNonMaxima(ArrayRef<Detection> detections,
                                                double threshold,
                                                int64_t limit) {
  std::vector<Detection> kept;
  for (const Detection &detection : detections) {
    if (int64_t(kept.size()) == limit)
      break;
    if (llvm::none_of(kept, [&](const Detection &other) {
          return other.classIndex == detection.classIndex &&
                 getIntersectionOverUnion(other, detection) > threshold;
        }))
      kept.push_back(detection);
  }
  return kept;
}

/// The box in pixels of the source image, and inside it.
static void mapToSource(Box &box, const ImageGeometry &geometry) {
  auto map = [](double value, double offset, double scale, int64_t extent) {
    return std::clamp((value - offset) / scale, 0.0, double(extent));
  };
  box.left =
      map(box.left, geometry.offsetX, geometry.scaleX, geometry.sourceWidth);
  box.right =
      map(box.right, geometry.offsetX, geometry.scaleX, geometry.sourceWidth);
  box.top =
      map(box.top, geometry.offsetY, geometry.scaleY, geometry.sourceHeight);
  box.bottom =
      map(box.bottom, geometry.offsetY, geometry.scaleY, geometry.sourceHeight);
}

std::vector<Detection>
DetectionDecoder::decode(ArrayRef<double> output,
                         const ImageGeometry &geometry) const {
  std::vector<Detection> candidates = findCandidates(output);
  sortByScore(candidates);
  std::vector<Detection> found = suppressNonMaxima(
      candidates, options.iouThreshold, options.maxDetections);
  for (Detection &detection : found)
    mapToSource(detection, geometry);
  return found;
}
