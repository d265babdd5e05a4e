//===- kernels.cpp - Google Benchmark of generated kernels ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Times single layers of published networks, compiled for this processor:
//
//   lathe-bench-kernels --benchmark_filter=resnet50
//
// FLOPS counts two for each multiply-accumulate of the layer's definition,
// whatever the algorithm does.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/NativeCall.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Driver/SelfTest.h"
#include "lathe/Support/HostTensorAttr.h"

#include "benchmark/benchmark.h"
#include <cmath>

using namespace lathe;
using namespace mlir;

namespace {

/// A square convolution with a bias and a Relu behind it.
struct Layer {
  const char *name;
  int64_t size, inputs, outputs, kernel, stride, group;
};

constexpr Layer layers[] = {
    {"resnet50/first_7x7_s2", 224, 3, 64, 7, 2, 1},
    {"resnet50/3x3_56", 56, 64, 64, 3, 1, 1},
    {"resnet50/3x3_28", 28, 128, 128, 3, 1, 1},
    {"resnet50/3x3_14", 14, 256, 256, 3, 1, 1},
    {"resnet50/3x3_7", 7, 512, 512, 3, 1, 1},
    {"resnet50/3x3_28_s2", 56, 128, 128, 3, 2, 1},
    {"resnet50/1x1_56_expand", 56, 64, 256, 1, 1, 1},
    {"resnet50/1x1_56_reduce", 56, 256, 64, 1, 1, 1},
    {"resnet50/1x1_14_expand", 14, 256, 1024, 1, 1, 1},
    {"resnet50/1x1_7_expand", 7, 512, 2048, 1, 1, 1},
    {"resnet50/1x1_7_reduce", 7, 2048, 512, 1, 1, 1},
    {"resnet50/dense", 1, 2048, 1000, 1, 1, 1},
    {"vgg19/3x3_224", 224, 64, 64, 3, 1, 1},
    {"vgg19/3x3_28", 28, 512, 512, 3, 1, 1},
    {"mobilenet_v2/first_3x3_s2", 224, 3, 32, 3, 2, 1},
    {"mobilenet_v2/depthwise_112_s2", 112, 96, 96, 3, 2, 96},
    {"mobilenet_v2/depthwise_56", 56, 144, 144, 3, 1, 144},
    {"mobilenet_v2/depthwise_14", 14, 384, 384, 3, 1, 384},
    {"mobilenet_v2/1x1_112_expand", 112, 16, 96, 1, 1, 1},
    {"mobilenet_v2/1x1_14_project", 14, 384, 64, 1, 1, 1},
    {"shufflenet/1x1_28_group4", 28, 272, 68, 1, 1, 4},
};

/// Constants that are not all the same, which would be folded.
Value createWaves(OpBuilder &builder, ArrayRef<int64_t> shape) {
  HostTensor tensor(ElementKind::F32, shape);
  for (int64_t i = 0; i < tensor.getNumElements(); ++i)
    tensor.setDouble(i, std::sin(static_cast<double>(i * i)) * 0.1);
  return ConstantOp::create(builder, builder.getUnknownLoc(),
                            toElementsAttr(tensor, builder.getContext()));
}

/// A model of `layer` at the graph level.
OwningOpRef<ModuleOp> createModel(MLIRContext &context, const Layer &layer) {
  OpBuilder builder(&context);
  Location loc = builder.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  builder.setInsertionPointToEnd(module->getBody());
  int64_t pad = layer.kernel / 2;
  int64_t out = (layer.size + 2 * pad - layer.kernel) / layer.stride + 1;
  auto typeOf = [&](int64_t size, int64_t channels) {
    return RankedTensorType::get({1, size, size, channels},
                                 builder.getF32Type());
  };
  Type input = typeOf(layer.size, layer.inputs),
       output = typeOf(out, layer.outputs);
  auto function = func::FuncOp::create(builder, loc, "layer",
                                       builder.getFunctionType(input, output));
  function.setArgAttr(0, "lathe.name", builder.getStringAttr("x"));
  function.setResultAttr(0, "lathe.name", builder.getStringAttr("y"));
  builder.setInsertionPointToStart(function.addEntryBlock());
  Value weight =
      createWaves(builder, {layer.kernel, layer.kernel,
                            layer.inputs / layer.group, layer.outputs});
  Value bias = createWaves(builder, layer.outputs);
  using Dims = ArrayRef<int64_t>;
  Value sum = ConvOp::create(builder, loc, function.getArgument(0), weight,
                             bias, Dims{layer.stride, layer.stride}, Dims{1, 1},
                             Dims{pad, pad, pad, pad}, layer.group);
  Value result = ReluOp::create(builder, loc, sum);
  func::ReturnOp::create(builder, loc, result);
  return module;
}

/// Stops a benchmark that cannot run.
bool isFailed(benchmark::State &state, llvm::Error error) {
  if (!error)
    return false;
  state.SkipWithError(llvm::toString(std::move(error)).c_str());
  return true;
}

void run(benchmark::State &state, const Layer &layer, CodeOptions code) {
  DialectRegistry registry;
  registerLatheDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = createModel(context, layer);
  func::FuncOp model = lookupModel(*module);
  auto inputs = createRandomInputs(model);
  auto outputs = createOutputs(model);
  auto host = getTarget("host");
  if (isFailed(state, inputs.takeError()) ||
      isFailed(state, outputs.takeError()) ||
      isFailed(state, host.takeError()) ||
      isFailed(state, lowerToKernels(*module, *host, code)))
    return;
  int64_t arena = getFootprint(lookupModel(*module)).arena;
  if (isFailed(state, lowerToLoops(*module)))
    return;
  NativeOptions native;
  native.maxThreads = code.threads;
  auto call = NativeCall::create(*module, *inputs, *outputs, arena, native);
  if (isFailed(state, call.takeError()))
    return;
  for (auto _ : state)
    if (isFailed(state, call->run()))
      return;
  int64_t size = (layer.size - 1) / layer.stride + 1;
  double macs = static_cast<double>(size * size * layer.outputs) *
                (layer.inputs / layer.group) * layer.kernel * layer.kernel;
  state.counters["FLOPS"] = benchmark::Counter(
      2 * macs, benchmark::Counter::kIsIterationInvariantRate);
}

} // namespace

int main(int argc, char **argv) {
  for (const Layer &layer : layers) {
    benchmark::RegisterBenchmark(layer.name, [&layer](benchmark::State &state) {
      run(state, layer, {});
    });
    if (layer.kernel != 3 || layer.stride != 1 || layer.group != 1)
      continue;
    CodeOptions direct;
    direct.winograd = false;
    benchmark::RegisterBenchmark((std::string(layer.name) + "/direct").c_str(),
                                 [&layer, direct](benchmark::State &state) {
                                   run(state, layer, direct);
                                 });
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
