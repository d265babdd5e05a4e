//===- Calibrator.cpp - Statistics of a model's tensors -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/Calibrator.h"
#include "CalibrationCache.h"

#include "lathe/Data/SampleStream.h"
#include "lathe/Quantization/ObservedModel.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"
#include <atomic>

using namespace mlir;
using namespace lathe;

std::string lathe::getCalibrationCache() {
  SmallString<128> path;
  if (!llvm::sys::path::cache_directory(path))
    return "";
  llvm::sys::path::append(path, "lathe");
  return path.str().str();
}

//===----------------------------------------------------------------------===//
// Passes over the samples
//===----------------------------------------------------------------------===//

namespace {

class Calibrator {
public:
  Calibrator(func::FuncOp model, ArrayRef<Value> values, Dataset &dataset,
             const CalibrationOptions &options)
      : model(model), values(values), dataset(dataset), options(options),
        pool(llvm::hardware_concurrency(std::max(options.threads, 1u))) {}

  llvm::Expected<Calibration> run();

private:
  llvm::Error check();
  void divideIntoPasses();
  llvm::Expected<bool> lookUp(CalibrationCache &cache);
  llvm::Error runPass(ArrayRef<Value> observed,
                      MutableArrayRef<TensorStatistics> statistics);
  llvm::Error addSample(ArrayRef<HostTensor> tensors, ArrayRef<Value> observed,
                        MutableArrayRef<TensorStatistics> statistics,
                        StringRef sample);
  void addConstantsToWarnings();

  func::FuncOp model;
  ArrayRef<Value> values;
  Dataset &dataset;
  const CalibrationOptions &options;
  std::vector<int64_t> samples;
  /// The ends of the parts of `values` that one pass observes.
  SmallVector<size_t> passEnds;
  int64_t numRuns = 0;
  llvm::DefaultThreadPool pool;
  Calibration result;
};

} // namespace

llvm::Expected<std::vector<int64_t>>
lathe::chooseSamples(const Dataset &dataset,
                     const CalibrationOptions &options) {
  std::vector<int64_t> samples = options.samples;
  if (samples.empty())
    samples = spreadSamples(dataset.getNumSamples(), dataset.getNumSamples());
  auto numSamples = static_cast<int64_t>(samples.size()) + options.numHeldOut;
  if (numSamples < options.leastSamples)
    return llvm::createStringError(
        "calibration has " + Twine(numSamples) +
        (numSamples == 1 ? " sample" : " samples") + ", and needs at least " +
        Twine(options.leastSamples) +
        "; some hundred, of all kinds that the model will see, are best");
  return samples;
}

llvm::Error Calibrator::check() {
  if (llvm::Error error = chooseSamples(dataset, options).moveInto(samples))
    return error;
  for (Value value : values) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !isa<FloatType>(type.getElementType()))
      return llvm::createStringError(describeValue(value) +
                                     " gives no floats to calibrate");
  }
  return llvm::Error::success();
}

void Calibrator::divideIntoPasses() {
  int64_t bytes = 0;
  for (auto [i, value] : llvm::enumerate(values)) {
    auto type = cast<RankedTensorType>(value.getType());
    int64_t size = type.getNumElements() * type.getElementTypeBitWidth() / 8;
    if (i != 0 && bytes + size > options.bytesPerPass) {
      passEnds.push_back(i);
      bytes = 0;
    }
    bytes += size;
    int64_t numChannels = type.getRank() == 0 ? 1 : type.getShape().back();
    result.tensors.emplace_back(numChannels);
  }
  passEnds.push_back(values.size());
}

llvm::Expected<bool> Calibrator::lookUp(CalibrationCache &cache) {
  llvm::Expected<ModuleBytes> bytes = createObservedModule(model, values);
  if (!bytes)
    return bytes.takeError();
  cache.addModel((*bytes)->getBuffer());
  llvm::Error error =
      forEachSample(dataset, samples, [&](const Sample &sample) {
        cache.addSample(sample);
        return llvm::Error::success();
      });
  if (error)
    return std::move(error);
  auto found = cache.load(values.size());
  if (!found)
    return false;
  result.tensors = std::move(*found);
  return true;
}

/// Adds what one run of the model gave. The tensors are shared among threads,
/// each tensor being one thread's.
llvm::Error Calibrator::addSample(ArrayRef<HostTensor> tensors,
                                  ArrayRef<Value> observed,
                                  MutableArrayRef<TensorStatistics> statistics,
                                  StringRef sample) {
  std::vector<TensorStatistics::NonFinite> nonFinite(tensors.size());
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i; (i = next++) < tensors.size();) {
      HostTensor floats = tensors[i].convertTo(ElementKind::F32);
      nonFinite[i] = statistics[i].add(floats.data<float>());
    }
  };
  for (unsigned i = 1; i < options.threads; ++i)
    pool.async(work);
  work();
  pool.wait();
  for (auto [value, found] : llvm::zip_equal(observed, nonFinite))
    if (found)
      return llvm::createStringError(
          describeValue(value) + " gives " + Twine(found.numNaN) + " NaN and " +
          Twine(found.numInfinite) + " infinite elements for sample '" +
          sample +
          "'; no range holds them: check the sample and its preprocessing");
  return llvm::Error::success();
}

llvm::Error Calibrator::runPass(ArrayRef<Value> observed,
                                MutableArrayRef<TensorStatistics> statistics) {
  auto observedModel = ObservedModel::create(model, observed, options.threads);
  if (!observedModel)
    return observedModel.takeError();
  return forEachSample(
      dataset, samples, [&](const Sample &sample) -> llvm::Error {
        if (llvm::Error error = (*observedModel)->run(sample.inputs))
          return error;
        if (llvm::Error error = addSample((*observedModel)->getTensors(),
                                          observed, statistics, sample.name))
          return error;
        if (options.progress)
          options.progress(++numRuns, static_cast<int64_t>(samples.size() *
                                                           passEnds.size()));
        return llvm::Error::success();
      });
}

void Calibrator::addConstantsToWarnings() {
  for (auto [value, tensor] : llvm::zip_equal(values, result.tensors))
    if (tensor.isConstant()) {
      std::string warning;
      llvm::raw_string_ostream(warning)
          << describeValue(value) << " gives "
          << llvm::format("%g", tensor.getHistogram().getMin())
          << " everywhere in all samples";
      result.warnings.push_back(std::move(warning));
    }
}

llvm::Expected<Calibration> Calibrator::run() {
  if (llvm::Error error = check())
    return std::move(error);
  divideIntoPasses();
  result.numSamples = static_cast<int64_t>(samples.size());
  CalibrationCache cache(options.cacheDirectory);
  if (!options.cacheDirectory.empty())
    if (llvm::Error error = lookUp(cache).moveInto(result.wasCached))
      return std::move(error);
  size_t begin = 0;
  for (size_t end : passEnds) {
    if (result.wasCached)
      break;
    if (llvm::Error error =
            runPass(values.slice(begin, end - begin),
                    MutableArrayRef(result.tensors).slice(begin, end - begin)))
      return std::move(error);
    begin = end;
  }
  addConstantsToWarnings();
  if (!options.cacheDirectory.empty() && !result.wasCached)
    if (llvm::Error error = cache.store(result.tensors))
      result.warnings.push_back("the calibration is not kept: " +
                                llvm::toString(std::move(error)));
  return std::move(result);
}

llvm::Expected<Calibration>
lathe::calibrate(func::FuncOp model, ArrayRef<Value> values, Dataset &dataset,
                 const CalibrationOptions &options) {
  return Calibrator(model, values, dataset, options).run();
}
