//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators on signals and spectra.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "Fourier.h"
#include "OperatorRegistry.h"

#include "lathe/Support/HostTensorAttr.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

// Transforms of more points are no model's, and their tables would not fit.
static constexpr int64_t mostPoints = 1 << 24;

//===----------------------------------------------------------------------===//
// DFT
//===----------------------------------------------------------------------===//

/// An error unless `signal` is made of real or complex floats.
static LogicalResult checkSignal(NodeContext &node, Value signal) {
  ArrayRef<int64_t> shape = getShape(signal);
  if (shape.size() < 2 || (shape.back() != 1 && shape.back() != 2))
    return node.error("the last dimension of the input must be 1 (real) or 2 "
                      "(real and imaginary part)");
  if (!isa<FloatType>(getElement(signal)))
    return node.error("the input must hold floats");
  return success();
}

/// The transform that the attributes ask for; the length is input 1 or follows
/// from the `points` of the input.
static std::optional<Fourier> readTransform(NodeContext &node, int64_t points,
                                            bool isComplex) {
  Fourier transform{points, node.getBool("inverse", false),
                    node.getBool("onesided", false)};
  if (transform.isOneSided && transform.isInverse)
    transform.length = 2 * (points - 1);
  if (node.getInput(1))
    if (std::optional<double> length = node.getNumber(1, "length"))
      transform.length = convertElement<int64_t>(*length);
  if (transform.isOneSided && transform.isInverse != isComplex)
    (void)node.error(transform.isInverse
                         ? "a one-sided inverse transform needs complex input"
                         : "a one-sided transform needs real input");
  if (transform.length < 1 || transform.length > mostPoints)
    (void)node.error("a transform of " + Twine(transform.length) +
                     " points is not supported");
  if (node.hasFailed())
    return std::nullopt;
  return transform;
}

static LogicalResult transformAlong(NodeContext &node, int64_t stated) {
  Value signal = node.getInput(0);
  if (failed(checkSignal(node, signal)))
    return failure();
  int64_t rank = getRank(signal), parts = getShape(signal).back();
  int64_t axis = node.normalizeAxis(stated, rank);
  if (axis == rank - 1)
    return node.error("the axis must not be the last, which holds the real "
                      "and imaginary parts");
  if (node.hasFailed())
    return failure();
  std::optional<Fourier> transform =
      readTransform(node, getShape(signal)[axis], parts == 2);
  if (!transform)
    return failure();
  // The axis goes next to the last; its exchange undoes itself.
  auto exchange = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(exchange[axis], exchange[rank - 2]);
  Value moved = node.createTranspose(signal, exchange);
  if (!moved)
    return failure();
  SmallVector<int64_t> shape(getShape(moved));
  int64_t batch = ShapedType::getNumElements(ArrayRef(shape).drop_back(2));
  Value rows = node.createReshape(moved, {batch, shape[rank - 2], parts});
  Value result = createFourier(node, rows, *transform);
  shape[rank - 2] = transform->getNumOutputs();
  shape[rank - 1] = transform->getNumParts();
  return node.setResults(
      node.createTranspose(node.createReshape(result, shape), exchange));
}

/// Before version 20, the axis was an attribute.
static LogicalResult convertDFTOfAttribute(NodeContext &node) {
  return transformAlong(node, node.getInt("axis", 1));
}

static LogicalResult convertDFT(NodeContext &node) {
  int64_t axis = -2;
  if (node.getInput(2)) {
    auto stated = node.getIntegers(2, "axis");
    if (!stated)
      return failure();
    if (stated->size() != 1)
      return node.error("the axis (input 2) must be one number");
    axis = stated->front();
  }
  return transformAlong(node, axis);
}

//===----------------------------------------------------------------------===//
// STFT
//===----------------------------------------------------------------------===//

/// Overlapping pieces [batch, frames, length, parts] of a signal, `step` apart.
static Value createFrames(NodeContext &node, Value signal, int64_t length,
                          int64_t step) {
  int64_t frames = (getShape(signal)[1] - length) / step + 1;
  SmallVector<int64_t> places;
  for (int64_t frame = 0; frame < frames; ++frame)
    for (int64_t i = 0; i < length; ++i)
      places.push_back(frame * step + i);
  return node.create<GatherOp>(
      signal, node.createConstant({frames, length}, places), 1);
}

static LogicalResult convertSTFT(NodeContext &node) {
  Value signal = node.getInput(0), window = node.getInput(2);
  bool isOneSided = node.getBool("onesided", true);
  std::optional<double> step = node.getNumber(1, "step of the frames");
  if (!step || failed(checkSignal(node, signal)))
    return failure();
  if (getRank(signal) != 3)
    return node.error("the signal must have dimensions for batch, time, and "
                      "real and imaginary part");
  int64_t points = getShape(signal)[1], parts = getShape(signal)[2];
  int64_t length = points;
  if (window && getRank(window) == 1)
    length = getShape(window)[0];
  if (node.getInput(3))
    if (std::optional<double> stated = node.getNumber(3, "frames' length"))
      length = convertElement<int64_t>(*stated);
  if (node.hasFailed())
    return failure();
  if (window && getShape(window) != ArrayRef(length))
    return node.error("the window (input 2) must have one element for each of "
                      "the " +
                      Twine(length) + " points of a frame");
  if (length < 1 || length > points || length > mostPoints || !(*step >= 1))
    return node.error("frames of " + Twine(length) + " points, " +
                      Twine(convertElement<int64_t>(*step)) +
                      " apart, cannot be cut from " + Twine(points));
  if (failed(node.checkTable((double(points - length) / *step + 1) *
                             double(length))))
    return failure();
  if (isOneSided && parts == 2)
    return node.error("a one-sided transform needs a real signal; set "
                      "attribute 'onesided' to 0");
  Fourier transform{length, /*isInverse=*/false, isOneSided};
  Value frames =
      createFrames(node, signal, length, convertElement<int64_t>(*step));
  if (window)
    frames = node.create<MulOp>(
        frames, node.createReshape(node.castTo(window, getElement(signal)),
                                   {length, 1}));
  if (!frames)
    return failure();
  int64_t batch = getShape(frames)[0], count = getShape(frames)[1];
  Value rows = node.createReshape(frames, {batch * count, length, parts});
  return node.setResults(node.createReshape(
      createFourier(node, rows, transform),
      {batch, count, transform.getNumOutputs(), transform.getNumParts()}));
}

//===----------------------------------------------------------------------===//
// MelWeightMatrix
//===----------------------------------------------------------------------===//

namespace {
struct MelScale {
  int64_t bands, length;
  double sampleRate, lowest, highest;

  int64_t getNumFrequencies() const { return length / 2 + 1; }
  /// The number of the frequency where band `band` begins; its peak is where
  /// the next band begins, and its end where the one after that does.
  int64_t getEdge(int64_t band) const;
};
} // namespace

int64_t MelScale::getEdge(int64_t band) const {
  auto toMel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  double step =
      (toMel(highest) - toMel(lowest)) / static_cast<double>(bands + 2);
  double mel = toMel(lowest) + static_cast<double>(band) * step;
  double hertz = 700 * (std::pow(10.0, mel / 2595) - 1);
  return convertElement<int64_t>(
      std::floor(static_cast<double>(length + 1) * hertz / sampleRate));
}

/// Triangles that overlap by half, evenly spaced in mel.
static void fillBands(const MelScale &scale, HostTensor &matrix) {
  auto set = [&](int64_t frequency, int64_t band, double weight) {
    matrix.setDouble(frequency * scale.bands + band, weight);
  };
  for (int64_t band = 0; band < scale.bands; ++band) {
    int64_t begin = scale.getEdge(band), peak = scale.getEdge(band + 1);
    int64_t end = scale.getEdge(band + 2);
    for (int64_t i = begin; i < peak; ++i)
      set(i, band, double(i - begin) / double(peak - begin));
    set(peak, band, 1);
    for (int64_t i = peak + 1; i < end; ++i)
      set(i, band, double(end - i) / double(end - peak));
  }
}

static LogicalResult convertMelWeightMatrix(NodeContext &node) {
  std::optional<double> bands = node.getNumber(0, "number of bands");
  std::optional<double> length = node.getNumber(1, "length of the transform");
  std::optional<double> rate = node.getNumber(2, "sample rate");
  std::optional<double> lowest = node.getNumber(3, "lowest frequency");
  std::optional<double> highest = node.getNumber(4, "highest frequency");
  int64_t dataType = node.getInt("output_datatype", 1);
  if (node.hasFailed())
    return failure();
  Type element = getElementTypeOfOnnx(node.getBuilder().getContext(),
                                      static_cast<int32_t>(dataType));
  std::optional<ElementKind> kind =
      element ? getElementKind(element) : std::nullopt;
  if (!kind)
    return node.error("element type " + Twine(dataType) + " is not supported");
  if (!(*bands >= 1 && *length >= 1 && *rate >= 1 && *lowest >= 0 &&
        *highest >= *lowest && *bands * *length <= mostPoints))
    return node.error("the bands are none, too many, or not in order");
  MelScale scale{static_cast<int64_t>(*bands), static_cast<int64_t>(*length),
                 *rate, *lowest, *highest};
  if (scale.getEdge(scale.bands + 1) >= scale.getNumFrequencies())
    return node.error("the highest frequency is beyond half the sample rate");
  HostTensor matrix(*kind, {scale.getNumFrequencies(), scale.bands});
  fillBands(scale, matrix);
  return node.setResults(node.createConstant(matrix));
}

void lathe::frontend::addSignals(OperatorRegistry &registry) {
  registry.add("DFT", {17, 19}, {1, 2}, convertDFTOfAttribute);
  registry.add("DFT", {20}, {1, 3}, convertDFT).needs("length and axis");
  registry.add("STFT", {17}, {2, 4}, convertSTFT)
      .needs("step and length of the frames");
  registry.add("MelWeightMatrix", {17}, 5, convertMelWeightMatrix)
      .needs("all inputs");
}
