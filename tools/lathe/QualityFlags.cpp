//===- QualityFlags.cpp - How much a model may lose -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QualityFlags.h"
#include "CalibrationFlags.h"
#include "ScoreCommand.h"

#include <cmath>

using namespace lathe::tool;
using llvm::StringRef;
namespace cl = llvm::cl;

QualityFlags::QualityFlags(cl::SubCommand &command, StringRef use)
    : noiseText(
          (use + "the most noise at the outputs for a signal of 1").str()),
      ratioText((use + "the same as the least signal-to-noise ratio of the "
                       "outputs")
                    .str()),
      scoreText((use + "the least that --eval-cmd may print").str()),
      commandText((use + "a command that scores a model. The path of an ONNX "
                         "file is added to it; the last word that it prints is "
                         "the score, more being better")
                      .str()),
      maxNoise("max-noise", cl::sub(command), cl::value_desc("ratio"),
               cl::desc(noiseText)),
      minSQNR("min-sqnr", cl::sub(command), cl::value_desc("dB"),
              cl::desc(ratioText)),
      minScore("min-score", cl::sub(command), cl::value_desc("number"),
               cl::desc(scoreText)),
      evalCommand("eval-cmd", cl::sub(command), cl::value_desc("command"),
                  cl::desc(commandText)) {}

StringRef QualityFlags::getGiven() const {
  return findGiven({&maxNoise, &minSQNR, &minScore, &evalCommand});
}

unsigned QualityFlags::countBounds() const {
  return (maxNoise.getNumOccurrences() > 0) +
         (minSQNR.getNumOccurrences() > 0) + (minScore.getNumOccurrences() > 0);
}

llvm::Error QualityFlags::check() const {
  if ((minScore.getNumOccurrences() > 0) != !evalCommand.empty())
    return llvm::createStringError(
        "--min-score and --eval-cmd go together: the command says how good a "
        "model is");
  if (maxNoise.getNumOccurrences() > 0 && !(maxNoise > 0))
    return llvm::createStringError("--max-noise must be a number above 0");
  if (!std::isfinite(minSQNR) || !std::isfinite(minScore))
    return llvm::createStringError(
        "--min-sqnr and --min-score must be finite numbers");
  return llvm::Error::success();
}

std::optional<double> QualityFlags::getNoise() const {
  if (minSQNR.getNumOccurrences() > 0)
    return std::pow(10, -minSQNR / 10);
  if (maxNoise.getNumOccurrences() > 0)
    return maxNoise;
  return std::nullopt;
}

std::optional<double> QualityFlags::getLeastScore() const {
  if (minScore.getNumOccurrences() > 0)
    return minScore;
  return std::nullopt;
}

std::function<llvm::Expected<double>(mlir::ModuleOp)>
QualityFlags::getScore() const {
  if (evalCommand.empty())
    return nullptr;
  return [command = evalCommand.getValue()](mlir::ModuleOp module) {
    return runScoreCommand(command, module);
  };
}
