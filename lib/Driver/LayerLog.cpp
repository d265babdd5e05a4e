//===- LayerLog.cpp - What the layers of a package took -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/LayerLog.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace lathe;
using llvm::StringRef;

namespace {

/// The ticks that lines give for each layer.
using LayerTicks = std::vector<std::vector<uint64_t>>;

} // namespace

/// The two whole numbers of which `line` is, if it is.
static std::optional<std::pair<uint64_t, uint64_t>> parseLine(StringRef line) {
  line = line.trim();
  size_t space = line.find_first_of(" \t");
  std::pair<uint64_t, uint64_t> numbers;
  if (line.take_front(space).getAsInteger(10, numbers.first) ||
      line.drop_front(std::min(space, line.size()))
          .ltrim()
          .getAsInteger(10, numbers.second))
    return std::nullopt;
  return numbers;
}

static llvm::Expected<LayerTicks> readTicks(const Artifact &artifact,
                                            StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot read the log '" + path +
                                   "': " + buffer.getError().message());
  LayerTicks ticks(artifact.layers.size());
  for (llvm::line_iterator line(**buffer); !line.is_at_eof(); ++line) {
    auto numbers = parseLine(*line);
    if (!numbers)
      continue;
    if (numbers->first >= ticks.size())
      return llvm::createStringError(
          path + ":" + llvm::Twine(line.line_number()) + ": is of layer " +
          llvm::Twine(numbers->first) + ", and " + artifact.name +
          " has layers 0 to " + llvm::Twine(ticks.size() - 1) +
          "; give the log of this package, built as it is now");
    ticks[numbers->first].push_back(numbers->second);
  }
  return ticks;
}

/// Fails if there is a layer that no line is of.
static llvm::Error check(const Artifact &artifact, StringRef path,
                         const LayerTicks &ticks) {
  const char *remedy = "; let the hook print 'LAYER TICKS' after each layer, "
                       "as README.md of the package shows";
  auto isEmpty = [](const std::vector<uint64_t> &list) { return list.empty(); };
  if (llvm::all_of(ticks, isEmpty))
    return llvm::createStringError(path + ": has no line of a layer" + remedy);
  auto missing = llvm::find_if(ticks, isEmpty);
  if (missing != ticks.end()) {
    size_t layer = missing - ticks.begin();
    return llvm::createStringError(
        path + ": has no line of layer " + llvm::Twine(layer) + " (" +
        artifact.layers[layer].kernel + ")" + remedy);
  }
  return llvm::Error::success();
}

/// The mean of the two in the middle, if there are two.
static double getMedian(std::vector<uint64_t> values) {
  llvm::sort(values);
  auto low = static_cast<double>(values[(values.size() - 1) / 2]);
  auto high = static_cast<double>(values[values.size() / 2]);
  return low + (high - low) / 2;
}

llvm::Expected<ModelProfile> lathe::readLayerLog(const Artifact &artifact,
                                                 StringRef path,
                                                 double tickSeconds) {
  if (!artifact.bindings.empty())
    return llvm::createStringError(
        artifact.directory +
        ": has several shape bindings, whose layers a log does not tell "
        "apart; compile the model with one of them");
  if (artifact.layers.empty())
    return llvm::createStringError(
        artifact.directory +
        ": has no layers; logs are of packages in C, which lathe compile "
        "--target=BOARD writes");
  auto ticks = readTicks(artifact, path);
  if (!ticks)
    return ticks.takeError();
  if (llvm::Error error = check(artifact, path, *ticks))
    return std::move(error);
  ModelProfile profile;
  profile.numRuns = ~0u;
  for (const auto &[layer, list] : llvm::zip_equal(artifact.layers, *ticks)) {
    KernelProfile &kernel = profile.kernels.emplace_back();
    kernel.name = layer.kernel;
    kernel.nodes = llvm::join(layer.nodes, ", ");
    kernel.seconds = getMedian(list) * tickSeconds;
    profile.seconds += kernel.seconds;
    profile.numRuns =
        std::min(profile.numRuns, static_cast<unsigned>(list.size()));
  }
  if (profile.seconds == 0)
    return llvm::createStringError(
        path + ": the layers took 0 ticks; read a finer clock, and check that "
               "it is running");
  return profile;
}
