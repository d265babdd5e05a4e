//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/BlockWeights.h"

#include "HeldOut.h"
#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Quantization/Passes.h"
#include "lathe/Quantization/QuantizationMode.h"
#include "lathe/Quantization/QuantizeGraph.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace lathe;

/// The ops of `model` that multiply what the model computes by constants.
static SmallVector<WeightedOpInterface> findLayers(func::FuncOp model) {
  SmallVector<WeightedOpInterface> layers;
  for (auto op : model.getOps<WeightedOpInterface>())
    if (isConstantExpression(op.getWeights()) &&
        !isConstantExpression(op.getData()) &&
        lathe::impl::elementTypeOf(op.getData()).isF32())
      layers.push_back(op);
  return layers;
}

static llvm::Error runOnFunctions(ModuleOp module, std::unique_ptr<Pass> pass) {
  PassManager passes(module.getContext());
  passes.addNestedPass<func::FuncOp>(std::move(pass));
  return runPasses(passes, module);
}

namespace {

class BlockStorer {
public:
  BlockStorer(ModuleOp module, Dataset &dataset, CalibrationOptions calibration)
      : module(module), dataset(dataset), calibration(std::move(calibration)) {}

  llvm::Expected<PostTrainingResult> run();

private:
  llvm::Error observe();
  OwningOpRef<ModuleOp> correct(ModuleOp stored);
  llvm::Error attempt(StringRef name, OwningOpRef<ModuleOp> candidate,
                      const HeldOut &heldOut);

  ModuleOp module;
  Dataset &dataset;
  CalibrationOptions calibration;
  /// Of each layer: its weights, and the means of its input channels.
  std::vector<HostTensor> weights;
  std::vector<SmallVector<double>> means;
  PostTrainingResult result;
};

} // namespace

/// Finds the weights and the means of what they multiply.
llvm::Error BlockStorer::observe() {
  func::FuncOp model = lookupModel(module);
  SmallVector<WeightedOpInterface> layers = findLayers(model);
  llvm::SetVector<Value> values;
  for (WeightedOpInterface layer : layers)
    values.insert(layer.getData());
  llvm::Expected<Calibration> found =
      calibrate(model, values.getArrayRef(), dataset, calibration);
  if (!found)
    return found.takeError();
  llvm::DenseMap<Value, const TensorStatistics *> statisticsOf;
  for (auto [value, tensor] : llvm::zip_equal(values, found->tensors))
    statisticsOf[value] = &tensor;
  for (WeightedOpInterface layer : layers) {
    const TensorStatistics &tensor = *statisticsOf[layer.getData()];
    means.push_back(
        llvm::map_to_vector(llvm::seq<int64_t>(0, tensor.getNumChannels()),
                            [&](int64_t i) { return tensor.getMean(i); }));
    weights.push_back(*evaluateConstant(layer.getWeights()));
  }
  result.report.numCalibrated = found->numSamples;
  result.report.numWeights = static_cast<int64_t>(layers.size());
  result.report.warnings = std::move(found->warnings);
  return llvm::Error::success();
}

/// A copy of `stored` with biases that make up for its weights.
OwningOpRef<ModuleOp> BlockStorer::correct(ModuleOp stored) {
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(stored->clone());
  SmallVector<QuantizedWeights> changed;
  llvm::DenseMap<Value, ArrayRef<double>> meansOf;
  for (auto [i, layer] : llvm::enumerate(findLayers(lookupModel(*copy)))) {
    changed.push_back({layer, weights[i], {}});
    meansOf[layer.getData()] = means[i];
  }
  correctBiases(changed, [&](Value data) -> std::optional<SmallVector<double>> {
    return llvm::to_vector(meansOf.lookup(data));
  });
  return copy;
}

/// Takes `candidate` if it is better than what there is.
llvm::Error BlockStorer::attempt(StringRef name,
                                 OwningOpRef<ModuleOp> candidate,
                                 const HeldOut &heldOut) {
  llvm::Expected<HeldOutResult> measured = heldOut.measure(*candidate);
  if (!measured)
    return measured.takeError();
  if (result.report.addStep(name, measured->decibels))
    result.module = std::move(candidate);
  return llvm::Error::success();
}

llvm::Expected<PostTrainingResult> BlockStorer::run() {
  DividedSamples divided = divideSamples(dataset, calibration.samples);
  calibration.samples = std::move(divided.calibrating);
  HeldOut heldOut(dataset, std::move(divided.heldOut), calibration.threads);
  result.report.numHeldOut = calibration.numHeldOut = heldOut.size();
  if (llvm::Error error = heldOut.record(module))
    return std::move(error);
  if (llvm::Error error = observe())
    return std::move(error);
  OwningOpRef<ModuleOp> stored = cast<ModuleOp>(module->clone());
  if (llvm::Error error = runOnFunctions(*stored, createStoreBlocks()))
    return std::move(error);
  OwningOpRef<ModuleOp> corrected = correct(*stored);
  if (llvm::Error error = attempt("4-bit weights", std::move(stored), heldOut))
    return std::move(error);
  if (llvm::Error error =
          attempt("corrected biases", std::move(corrected), heldOut))
    return std::move(error);
  // Takes away what the weights were.
  if (llvm::Error error =
          runOnFunctions(*result.module, createCanonicalizerPass()))
    return std::move(error);
  return std::move(result);
}

llvm::Expected<PostTrainingResult>
lathe::storeBlocksWithSamples(ModuleOp module, Dataset &dataset,
                              CalibrationOptions calibration) {
  if (llvm::Error error = prepareFloatModel(module))
    return std::move(error);
  return BlockStorer(module, dataset, std::move(calibration)).run();
}
