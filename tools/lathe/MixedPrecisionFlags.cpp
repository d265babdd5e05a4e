//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MixedPrecisionFlags.h"
#include "ScoreCommand.h"

#include "lathe/Quantization/ErrorMeasure.h"

#include "llvm/Support/Format.h"

#include <cmath>
#include <map>

using namespace lathe;
using namespace lathe::tool;
using llvm::StringRef;
namespace cl = llvm::cl;

MixedPrecisionFlags::MixedPrecisionFlags(cl::SubCommand &command)
    : maxNoise("max-noise", cl::sub(command), cl::value_desc("ratio"),
               cl::desc("Mode mixed: the most noise at the outputs for a "
                        "signal of 1")),
      minSQNR("min-sqnr", cl::sub(command), cl::value_desc("dB"),
              cl::desc("Mode mixed: the same as the least signal-to-noise "
                       "ratio of the outputs")),
      maxLatency("max-latency", cl::sub(command), cl::value_desc("ms"),
                 cl::desc("Mode mixed: the longest that a run on this machine "
                          "may take, with --threads")),
      minScore("min-score", cl::sub(command), cl::value_desc("number"),
               cl::desc("Mode mixed: the least that --eval-cmd may print")),
      maxSize("max-size", cl::sub(command), cl::value_desc("bytes|N%"),
              cl::desc("Mode mixed: the most that the constants may have, in "
                       "bytes or of the float model's")),
      evalCommand("eval-cmd", cl::sub(command), cl::value_desc("command"),
                  cl::desc("Mode mixed: a command that scores a model. The "
                           "path of an ONNX file is added to it; the last "
                           "word that it prints is the score, more being "
                           "better")),
      precisions("precisions", cl::CommaSeparated, cl::sub(command),
                 cl::value_desc("list"),
                 cl::desc("Mode mixed: what may be chosen beside int8: int16, "
                          "float, int4-weights (default: int16 and float; "
                          "with --max-size also int4-weights)")) {}

StringRef MixedPrecisionFlags::getGiven() const {
  for (const cl::Option *option : std::initializer_list<const cl::Option *>{
           &maxNoise, &minSQNR, &maxLatency, &minScore, &maxSize, &evalCommand,
           std::addressof(precisions)})
    if (option->getNumOccurrences() != 0)
      return option->ArgStr;
  return "";
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
  unsigned count = 0;
  for (const cl::Option *option : std::initializer_list<const cl::Option *>{
           &maxNoise, &minSQNR, &maxLatency, &maxSize, &minScore})
    count += option->getNumOccurrences() != 0;
  if (count != 1)
    return llvm::createStringError(
        "mode 'mixed' needs one bound: --max-noise, --min-sqnr, --max-size, "
        "--max-latency, or --min-score with --eval-cmd");
  if ((minScore.getNumOccurrences() != 0) != !evalCommand.empty())
    return llvm::createStringError(
        "--min-score and --eval-cmd go together: the command says how good a "
        "model is");
  if (minScore.getNumOccurrences() != 0)
    return PrecisionBound{Kind::Score, minScore};
  if (minSQNR.getNumOccurrences() != 0)
    return PrecisionBound{Kind::Noise, std::pow(10, -minSQNR / 10)};
  if (maxSize.getNumOccurrences() != 0) {
    llvm::Expected<double> bytes = getLargestSize(floatBytes);
    if (!bytes)
      return bytes.takeError();
    return PrecisionBound{Kind::Size, *bytes};
  }
  bool isNoise = maxNoise.getNumOccurrences() != 0;
  double limit = isNoise ? maxNoise : maxLatency / 1e3;
  if (!(limit > 0))
    return llvm::createStringError(llvm::Twine("--") +
                                   (isNoise ? maxNoise : maxLatency).ArgStr +
                                   " must be a number above 0");
  return PrecisionBound{isNoise ? Kind::Noise : Kind::Latency, limit};
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
  if (!evalCommand.empty())
    options.score = [command = evalCommand.getValue()](mlir::ModuleOp module) {
      return runScoreCommand(command, module);
    };
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
