//===- PreparedModel.cpp - A model to run many times ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/PreparedModel.h"

#include "lathe/Driver/Loader.h"
#include "lathe/Driver/ModuleCopy.h"

#include "llvm/ADT/STLExtras.h"
#include <chrono>

using namespace mlir;
using namespace lathe;

llvm::Expected<std::unique_ptr<PreparedModel>>
PreparedModel::create(OwningOpRef<ModuleOp> module, RunBackend backend,
                      const CodeOptions &code) {
  func::FuncOp model = lookupModel(*module);
  if (!model)
    return llvm::createStringError("there is no model to run");
  std::unique_ptr<PreparedModel> prepared(new PreparedModel);
  llvm::Expected<NamedTensors> inputs = createZeroInputs(model);
  if (!inputs)
    return inputs.takeError();
  llvm::Expected<NamedTensors> outputs = createOutputs(model);
  if (!outputs)
    return outputs.takeError();
  prepared->inputs = std::move(*inputs);
  prepared->outputs = std::move(*outputs);
  for (const auto &[name, tensor] : prepared->inputs)
    prepared->inputData.push_back(
        prepared->inputs.find(name)->getMutableBytes().data());
  prepared->extents = getOutputExtents(model);
  if (!prepared->extents.empty())
    prepared->croppedOutputs = prepared->outputs;
  switch (backend) {
  case RunBackend::Native:
    if (llvm::Error error = prepared->compile(*module, code))
      return std::move(error);
    return prepared;
  case RunBackend::Reference:
    if (llvm::Error error = prepareForEvaluator(*module))
      return std::move(error);
    prepared->evaluator.emplace(lookupModel(*module));
    prepared->graph = std::move(module);
    return prepared;
  case RunBackend::C:
    break;
  }
  return llvm::createStringError("C is built anew for each run; prepare a "
                                 "model for the native or reference backend");
}

llvm::Error PreparedModel::compile(ModuleOp module, const CodeOptions &code) {
  llvm::Expected<TargetDescription> host = getTarget("host");
  if (!host)
    return host.takeError();
  if (llvm::Error error = lowerToKernels(module, *host, code))
    return error;
  footprint = lathe::getFootprint(lookupModel(module));
  if (llvm::Error error = lowerToLoops(module))
    return error;
  NativeOptions options;
  options.maxThreads = code.threads;
  SmallVector<HostTensor> tensors(llvm::make_second_range(inputs));
  auto compiled =
      NativeCall::create(module, tensors, outputs, footprint.arena, options);
  if (!compiled)
    return compiled.takeError();
  call.emplace(std::move(*compiled));
  return llvm::Error::success();
}

llvm::Error PreparedModel::copyInputs(const NamedTensors &given) {
  for (auto [entry, data] : llvm::zip_equal(inputs, inputData)) {
    const auto &[name, tensor] = entry;
    llvm::Expected<HostTensor> source = selectInput(
        given, name, inputs.size() == 1, tensor.getKind(), tensor.getShape());
    if (!source)
      return source.takeError();
    llvm::copy(source->getBytes(), data);
  }
  return llvm::Error::success();
}

llvm::Error PreparedModel::evaluate() {
  SmallVector<HostTensor> arguments(llvm::make_second_range(inputs));
  auto results = evaluator->run(arguments);
  if (!results)
    return results.takeError();
  for (auto [entry, result] : llvm::zip_equal(outputs, *results))
    outputs.set(entry.first, result);
  return llvm::Error::success();
}

llvm::Error PreparedModel::run(const NamedTensors &given) {
  using Clock = std::chrono::steady_clock;
  if (llvm::Error error = copyInputs(given))
    return error;
  Clock::time_point begin = Clock::now();
  if (llvm::Error error = call ? call->run() : evaluate())
    return error;
  seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (!extents.empty())
    croppedOutputs = cropOutputs(outputs, extents);
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<PreparedModel>>
lathe::prepareCopy(const llvm::MemoryBuffer &bytes, StringRef failure,
                   unsigned threads) {
  ModuleCopy copy(bytes, failure);
  if (llvm::Error error = copy.check())
    return std::move(error);
  CodeOptions code;
  code.threads = threads;
  auto prepared = PreparedModel::create(copy.take(), RunBackend::Native, code);
  if (!prepared)
    return copy.explain(prepared.takeError());
  return prepared;
}
