//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Evaluation/Evaluator.h"
#include "Scorer.h"

#include "lathe/Dialect/Lathe/IR/QuantizedInterface.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/PreparedModel.h"
#include "lathe/Support/RunPasses.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

/// Compiles the model, and sets `quantizations` to what the integers at its
/// edges stand for.
static Expected<std::unique_ptr<PreparedModel>>
prepare(StringRef path, const EvaluationOptions &options,
        mlir::MLIRContext &context, Quantizations &quantizations) {
  auto module = loadModel(path, options.import, &context);
  if (!module || !lookupModel(*module))
    return llvm::make_error<DiagnosedError>();
  quantizations = getInterfaceQuantization(lookupModel(*module));
  Progress progress("compiling " + llvm::sys::path::stem(path).str(),
                    /*total=*/0, options.progress);
  return PreparedModel::create(std::move(module), options.backend,
                               options.code);
}

static Expected<std::unique_ptr<Dataset>>
openDataset(const PreparedModel &model, const Quantizations &quantizations,
            const EvaluationOptions &options) {
  DatasetOptions datasetOptions;
  datasetOptions.preprocessing = options.preprocessing;
  datasetOptions.labelsPath = options.labels;
  for (const auto &[name, tensor] : model.getInputs()) {
    InputSpec input;
    input.name = name;
    input.kind = tensor.getKind();
    input.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
    if (auto found = quantizations.find(name); found != quantizations.end())
      input.quantization = found->second;
    datasetOptions.inputs.push_back(std::move(input));
  }
  return Dataset::open(options.dataset, datasetOptions);
}

/// Runs the model on each of the samples and lets `score` have the outputs.
/// Returns the mean of the seconds that a run takes.
static Expected<double>
runOnSamples(PreparedModel &model, Dataset &dataset,
             llvm::ArrayRef<int64_t> indices, Progress &progress,
             llvm::function_ref<Error(const Sample &, size_t)> score) {
  double seconds = 0;
  for (auto [i, index] : llvm::enumerate(indices)) {
    Expected<Sample> sample = dataset.read(index);
    if (!sample)
      return sample.takeError();
    // The first run meets cold caches and pages that are not there yet.
    if (i == 0)
      if (Error error = model.run(sample->inputs))
        return std::move(error);
    if (Error error = model.run(sample->inputs))
      return std::move(error);
    seconds += model.getSeconds();
    if (Error error = score(*sample, i))
      return std::move(error);
    progress.advance();
  }
  return seconds / double(indices.size());
}

Expected<ModelEvaluation> Evaluator::evaluate(StringRef path,
                                              mlir::MLIRContext &context) {
  Quantizations quantizations;
  Expected<std::unique_ptr<PreparedModel>> model =
      prepare(path, options, context, quantizations);
  if (!model)
    return model.takeError();
  Expected<std::unique_ptr<Dataset>> dataset =
      openDataset(**model, quantizations, options);
  if (!dataset)
    return dataset.takeError();
  Expected<std::unique_ptr<Scorer>> scorer = Scorer::create(
      options,
      {path, (*model)->getInputs(), (*model)->getOutputs(), quantizations},
      **dataset);
  if (!scorer)
    return scorer.takeError();
  Expected<std::vector<int64_t>> indices =
      options.samples.select((*dataset)->getNumSamples());
  if (!indices)
    return llvm::createFileError(options.dataset, indices.takeError());

  ModelEvaluation result;
  result.path = path.str();
  result.name = llvm::sys::path::stem(path).str();
  result.numSamples = int64_t(indices->size());
  result.codeBytes = int64_t((*model)->getCodeSize());
  result.weightsBytes = (*model)->getFootprint().weights;
  result.ramBytes = (*model)->getFootprint().getRam();
  uint64_t size = 0;
  if (std::error_code code = llvm::sys::fs::file_size(path, size))
    return llvm::createFileError(path, code);
  result.fileBytes = int64_t(size);

  const bool isFirst = !first;
  if (isFirst)
    first.emplace();
  Progress progress("evaluating " + result.name, result.numSamples,
                    options.progress);
  Expected<double> seconds =
      runOnSamples(**model, **dataset, *indices, progress,
                   [&](const Sample &sample, size_t i) {
                     return (*scorer)->add(sample, (*model)->getOutputs(), i,
                                           isFirst, *first);
                   });
  if (!seconds)
    return seconds.takeError();
  result.secondsPerRun = *seconds;
  (*scorer)->finish(isFirst, result);
  return result;
}
