//===- CalibrationFlags.cpp - Samples of what a model will see ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CalibrationFlags.h"

#include "lathe/Data/SampleStream.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Evaluation/SampleSelection.h"
#include "lathe/Support/Progress.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;

CalibrationFlags::CalibrationFlags(cl::SubCommand &command)
    : path("calibration", cl::sub(command), cl::value_desc("path"),
           cl::desc("Samples of what the model will see, without labels: a "
                    "folder or a file, see docs/datasets.md")),
      preprocessing("preprocessing", cl::sub(command),
                    cl::value_desc("file.yaml"),
                    cl::desc("How an image becomes the input, see "
                             "docs/datasets.md")),
      selection("samples", cl::sub(command), cl::value_desc("even|odd|A:B"),
                cl::desc("Take every second sample, or those from A to "
                         "before B (default: all)")),
      limit("limit", cl::init(512), cl::sub(command), cl::value_desc("count"),
            cl::desc("Take so many of them at most, evenly spread (default "
                     "512)")) {}

StringRef tool::findGiven(std::initializer_list<const cl::Option *> options) {
  for (const cl::Option *option : options)
    if (option->getNumOccurrences() != 0)
      return option->ArgStr;
  return "";
}

StringRef CalibrationFlags::findGiven(bool hasImages) const {
  StringRef given = tool::findGiven({&path, &selection, &limit});
  return given.empty() && !hasImages ? tool::findGiven({&preprocessing})
                                     : given;
}

llvm::Error CalibrationFlags::check(bool hasImages) const {
  StringRef given = findGiven(hasImages);
  if (!isGiven() && !given.empty())
    return llvm::createStringError("--" + given +
                                   " is for --calibration; pass that, too");
  return llvm::Error::success();
}

llvm::Expected<PreprocessingOptions>
CalibrationFlags::loadPreprocessing() const {
  if (preprocessing.empty())
    return PreprocessingOptions();
  return PreprocessingOptions::load(preprocessing);
}

llvm::Expected<std::unique_ptr<Dataset>>
CalibrationFlags::openDataset(func::FuncOp model) const {
  DatasetOptions options;
  if (!preprocessing.empty()) {
    auto loaded = loadPreprocessing();
    if (!loaded)
      return loaded.takeError();
    options.preprocessing = std::move(*loaded);
  }
  llvm::Expected<NamedTensors> inputs = createZeroInputs(model);
  if (!inputs)
    return inputs.takeError();
  for (const auto &[name, tensor] : *inputs)
    options.inputs.push_back(
        {name, tensor.getKind(), SmallVector<int64_t, 4>(tensor.getShape())});
  return Dataset::open(path, options);
}

llvm::Expected<CalibrationSamples>
CalibrationFlags::openSamples(func::FuncOp model) const {
  auto dataset = openDataset(model);
  if (!dataset)
    return dataset.takeError();
  auto numbers = selectSamples(**dataset);
  if (!numbers)
    return numbers.takeError();
  return CalibrationSamples{std::move(*dataset), std::move(*numbers)};
}

llvm::Expected<std::vector<int64_t>>
CalibrationFlags::selectSamples(const Dataset &dataset) const {
  if (limit == 0)
    return llvm::createStringError(
        "--limit=0 leaves no samples; it is 1 at the least");
  SampleSelection samples;
  if (!selection.empty()) {
    llvm::Expected<SampleSelection> parsed = SampleSelection::parse(selection);
    if (!parsed)
      return llvm::createStringError("--samples: " +
                                     llvm::toString(parsed.takeError()));
    samples = *parsed;
  }
  llvm::Expected<std::vector<int64_t>> all =
      samples.select(dataset.getNumSamples());
  if (!all)
    return llvm::createFileError(path, all.takeError());
  std::vector<int64_t> chosen;
  for (int64_t i : spreadSamples(all->size(), limit))
    chosen.push_back((*all)[i]);
  return chosen;
}

std::function<void(int64_t, int64_t)> tool::createProgress(StringRef task,
                                                           bool quiet) {
  struct State {
    std::optional<Progress> progress;
    int64_t done = 0;
  };
  auto state = std::make_shared<State>();
  ProgressStyle style = chooseProgressStyle(quiet);
  return [=, name = task.str()](int64_t done, int64_t total) {
    if (!state->progress)
      state->progress.emplace(name, total, style);
    state->progress->advance(done - state->done);
    state->done = done;
    if (done == total)
      state->progress->finish();
  };
}
