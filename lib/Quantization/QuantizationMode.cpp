//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/QuantizationMode.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Quantization/Passes.h"
#include "lathe/Support/ParseName.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace lathe;

namespace {
enum class Samples { None, Helpful, Needed };

struct ModeDescription {
  StringLiteral name, text;
  Samples samples;
};
} // namespace

/// In the order of the enumeration.
static constexpr ModeDescription descriptions[] = {
    {"int8", "weights, activations, inputs and outputs in 8 bits",
     Samples::Needed},
    {"int8-float-io",
     "weights and activations in 8 bits, inputs and outputs in float",
     Samples::Needed},
    {"int16x8",
     "weights in 8 bits, activations in 16, inputs and outputs in float",
     Samples::Needed},
    {"dynamic",
     "weights in 8 bits, products in 8 bits with scales found at run time, all "
     "else in float",
     Samples::None},
    {"float16", "constants in float16, computed in float", Samples::None},
    {"bfloat16", "constants in bfloat16, computed in float", Samples::None},
    {"int4-weights", "weights in 4 bits, computed in float", Samples::Helpful},
    {"mixed",
     "for each activation and the layers that read it what a bound on noise, "
     "size, latency or a score allows; inputs and outputs in float",
     Samples::Needed},
};
static_assert(std::size(descriptions) == std::size(allQuantizationModes));

static const ModeDescription &describe(QuantizationMode mode) {
  return descriptions[static_cast<size_t>(mode)];
}

StringRef lathe::getName(QuantizationMode mode) { return describe(mode).name; }

StringRef lathe::getDescription(QuantizationMode mode) {
  return describe(mode).text;
}

llvm::Expected<QuantizationMode> lathe::parseQuantizationMode(StringRef name) {
  return parseName("mode", name, ArrayRef(allQuantizationModes));
}

bool lathe::needsSamples(QuantizationMode mode) {
  return describe(mode).samples == Samples::Needed;
}

bool lathe::usesSamples(QuantizationMode mode) {
  return describe(mode).samples != Samples::None;
}

llvm::Error lathe::prepareFloatModel(ModuleOp module) {
  if (isQuantized(module))
    return llvm::createStringError(
        "the model is quantized already; give the float model that it was "
        "made of");
  if (llvm::Error error = simplifyGraph(module))
    return error;
  if (!lookupModel(module))
    return llvm::make_error<DiagnosedError>();
  return llvm::Error::success();
}

/// The pass that brings a simplified graph into `mode`.
static std::unique_ptr<Pass> createPass(QuantizationMode mode) {
  if (mode == QuantizationMode::Dynamic)
    return createQuantizeDynamically();
  if (mode == QuantizationMode::Int4Weights)
    return createStoreBlocks();
  StoreHalfOptions options;
  options.kind =
      mode == QuantizationMode::BFloat16 ? HalfKind::BF16 : HalfKind::F16;
  return createStoreHalf(options);
}

llvm::Error lathe::quantizeWithoutSamples(ModuleOp module,
                                          QuantizationMode mode) {
  if (llvm::Error error = prepareFloatModel(module))
    return error;
  PassManager manager(module.getContext());
  manager.addNestedPass<func::FuncOp>(createPass(mode));
  // Takes away what the constants were.
  manager.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  return runPasses(manager, module);
}
