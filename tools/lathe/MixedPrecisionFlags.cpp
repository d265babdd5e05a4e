//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MixedPrecisionFlags.h"
#include "CalibrationFlags.h"

#include "lathe/Quantization/ErrorMeasure.h"

#include "llvm/Support/Format.h"

#include <map>

using namespace lathe;
using namespace lathe::tool;
using llvm::StringRef;
namespace cl = llvm::cl;

MixedPrecisionFlags::MixedPrecisionFlags(cl::SubCommand &command)
    : quality(command, "Mode mixed: "),
      maxLatency("max-latency", cl::sub(command), cl::value_desc("ms"),
                 cl::desc("Mode mixed: the longest that a run on this machine "
                          "may take, with --threads")),
      maxSize("max-size", cl::sub(command), cl::value_desc("bytes|N%"),
              cl::desc("Mode mixed: the most that the constants may have, in "
                       "bytes or of the float model's")),
      precisions("precisions", cl::CommaSeparated, cl::sub(command),
                 cl::value_desc("list"),
                 cl::desc("Mode mixed: what may be chosen beside int8: int16, "
                          "float, int4-weights (default: int16 and float; "
                          "with --max-size also int4-weights)")) {}

StringRef MixedPrecisionFlags::getGiven() const {
  StringRef given = quality.getGiven();
  return given.empty()
             ? findGiven({&maxLatency, &maxSize, std::addressof(precisions)})
             : given;
}

/// Bytes, or a percentage of the float model's.
llvm::Expected<double>
MixedPrecisionFlags::getLargestSize(int64_t floatBytes) const {
  StringRef text = maxSize;
  bool isShare = text.consume_back("%");
  double number;
  if (text.getAsDouble(number) || !(number > 0))
    return llvm::createStringError(
        "--max-size: '" + maxSize +
        "' is neither a number of bytes nor a percentage such as 20%");
  return isShare ? number / 100 * static_cast<double>(floatBytes) : number;
}

llvm::Expected<PrecisionBound>
MixedPrecisionFlags::getBound(int64_t floatBytes) const {
  using Kind = PrecisionBound::Kind;
  bool hasLatency = maxLatency.getNumOccurrences() != 0;
  bool hasSize = maxSize.getNumOccurrences() != 0;
  if (quality.countBounds() + hasLatency + hasSize != 1)
    return llvm::createStringError(
        "mode 'mixed' needs one bound: --max-noise, --min-sqnr, --max-size, "
        "--max-latency, or --min-score with --eval-cmd");
  if (llvm::Error error = quality.check())
    return std::move(error);
  if (std::optional<double> score = quality.getLeastScore())
    return PrecisionBound{Kind::Score, *score};
  if (std::optional<double> noise = quality.getNoise())
    return PrecisionBound{Kind::Noise, *noise};
  if (hasSize) {
    llvm::Expected<double> bytes = getLargestSize(floatBytes);
    if (!bytes)
      return bytes.takeError();
    return PrecisionBound{Kind::Size, *bytes};
  }
  if (!(maxLatency > 0))
    return llvm::createStringError("--max-latency must be a number above 0");
  return PrecisionBound{Kind::Latency, maxLatency / 1e3};
}

llvm::Expected<MixedPrecisionOptions>
MixedPrecisionFlags::get(int64_t floatBytes) const {
  MixedPrecisionOptions options;
  llvm::Expected<PrecisionBound> bound = getBound(floatBytes);
  if (!bound)
    return bound.takeError();
  options.bound = *bound;
  for (const std::string &name : precisions) {
    llvm::Expected<Precision> precision = parsePrecision(name);
    if (!precision)
      return llvm::createStringError("--precisions: " +
                                     llvm::toString(precision.takeError()));
    options.precisions.push_back(*precision);
  }
  if (options.precisions.empty())
    options.precisions = {Precision::Int16, Precision::Float};
  if (precisions.empty() && bound->kind == PrecisionBound::Kind::Size)
    options.precisions.push_back(Precision::Int4Weights);
  options.score = quality.getScore();
  return options;
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

void tool::printMixedPrecision(const MixedPrecisionReport &report,
                               llvm::raw_ostream &os) {
  bool isScored = report.bound.kind == PrecisionBound::Kind::Score;
  os << "choices of precisions: dB predicted and measured, ms, bytes of "
        "constants"
     << (isScored ? ", score" : "") << "\n";
  for (auto [i, trial] : llvm::enumerate(report.trials)) {
    const PrecisionMeasurement &measured = trial.measured;
    os << llvm::format(
        "  %6.2f %6.2f dB %9.3f ms %10.0f", toDecibels(trial.predictedNoise),
        toDecibels(measured.noise), 1e3 * measured.seconds, measured.bytes);
    if (isScored)
      os << llvm::format(" %10.6g", measured.score);
    os << (i == report.best ? "  chosen"
           : trial.fits     ? ""
                            : "  does not fit")
       << "\n";
  }
  std::map<Precision, size_t> counts;
  for (const GroupReport &group : report.groups)
    counts[group.chosen] += group.numActivations;
  os << "chosen for activations, and the layers that read them:";
  for (auto [precision, count] : counts)
    os << " " << getName(precision) << " " << count;
  os << "\n";
  for (const NoiseModelReport &model : report.noiseModels)
    if (model.testR2)
      os << llvm::format("noise of the %zu noisiest as a polynomial of degree "
                         "%u: R2 %.4f on unseen sets\n",
                         report.modelledGroups.size(), model.model.getDegree(),
                         *model.testR2);
}
