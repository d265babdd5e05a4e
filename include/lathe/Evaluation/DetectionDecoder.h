//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the raw output of a YOLO network to objects in an image.
// docs/evaluating.md describes the YAML file.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_EVALUATION_DETECTIONDECODER_H
#define LATHE_EVALUATION_DETECTIONDECODER_H

#include "lathe/Evaluation/Detection.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <string>

namespace lathe {

/// How the output of a detector is laid out. C is the number of classes, N that
/// of places in which objects are looked for.
enum class DetectorKind {
  /// [1, N, 5 + C]: the centre and the size in pixels of the input, how likely
  /// there is an object, and how likely it is then of each class.
  YoloV5,
  /// [1, 4 + C, N]: the centre and the size in pixels of the input, and the
  /// score of each class. YOLOv8, v9, v10 before its own selection, 11, 12.
  YoloV8,
  /// As YoloV5, but the centre is relative to a cell of one of several grids
  /// and in units of it, and the size a logarithm of such units.
  YoloX
};

/// What the YAML file says.
struct DetectorOptions {
  DetectorKind decoder = DetectorKind::YoloV8;
  std::string output; ///< the only one if empty
  /// 0 for as many as the output has.
  int64_t classes = 0;
  /// Of YoloX's grids, in pixels, in the order in which they lie in the output.
  std::vector<int64_t> strides = {8, 16, 32};
  /// Places with a lower score are passed over.
  double scoreThreshold = 0.001;
  /// A box that overlaps one of a higher score and the same class by more is
  /// dropped.
  double iouThreshold = 0.65;
  int64_t maxDetections = 300; ///< of an image, those of the highest scores
  /// Whether a place can be an object of each class whose score suffices, or of
  /// that with the highest alone.
  bool multiLabel = false;
  MatchLimits match;

  /// Reads YAML. Errors begin with FILE:LINE and end with the remedy.
  static llvm::Expected<DetectorOptions> parse(llvm::MemoryBufferRef buffer);
  static llvm::Expected<DetectorOptions> load(llvm::StringRef path);
};

/// Finds the objects in the output of a detector.
class DetectionDecoder {
public:
  /// Fails if an output of shape `output` is not what the options say.
  /// `input` is the shape of the image that the model takes, which YoloX's
  /// grids cover.
  static llvm::Expected<DetectionDecoder> get(const DetectorOptions &options,
                                              llvm::ArrayRef<int64_t> output,
                                              llvm::ArrayRef<int64_t> input);

  int64_t getNumClasses() const { return numClasses; }

  /// The objects in the order of their scores, cut to the image. `output` has
  /// the elements row by row; `geometry` says how pixels of the source became
  /// those of the input.
  std::vector<Detection> decode(llvm::ArrayRef<double> output,
                                const ImageGeometry &geometry) const;

private:
  /// The corner of a cell of YoloX's grids, in cells, and the cell's size.
  struct Cell {
    double x, y, stride;
  };

  DetectionDecoder(const DetectorOptions &options) : options(options) {}
  bool placeCells(int64_t height, int64_t width);
  Box getBox(llvm::ArrayRef<double> output, int64_t place) const;
  std::vector<Detection> findCandidates(llvm::ArrayRef<double> output) const;
  double get(llvm::ArrayRef<double> output, int64_t place,
             int64_t channel) const {
    return options.decoder == DetectorKind::YoloV8
               ? output[channel * numPlaces + place]
               : output[place * numChannels + channel];
  }

  DetectorOptions options;
  int64_t numPlaces = 0, numChannels = 0, numClasses = 0;
  std::vector<Cell> cells;
};

/// Keeps of `detections`, in the order of their scores, those that overlap none
/// before them of the same class by more than `threshold`, at most `limit`.
std::vector<Detection> suppressNonMaxima(llvm::ArrayRef<Detection> detections,
                                         double threshold, int64_t limit);

} // namespace lathe

#endif // LATHE_EVALUATION_DETECTIONDECODER_H
