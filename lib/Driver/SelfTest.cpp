//===- SelfTest.cpp - Known inputs and outputs of a model -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/SelfTest.h"

#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Driver/Runner.h"
#include "lathe/Driver/StatefulEvaluator.h"
#include "lathe/Support/HostTensorAttr.h"

#include <cmath>

using namespace mlir;
using namespace lathe;

namespace {

/// SplitMix64 of Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators" (OOPSLA 2014), figure 17, started at 0.
class Random {
public:
  uint64_t next() {
    uint64_t bits = state += 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
  }

private:
  uint64_t state = 0;
};

} // namespace

/// Fills `tensor` as the header describes.
static void fill(HostTensor &tensor, Random &random) {
  ElementKind kind = tensor.getKind();
  for (int64_t i = 0; i < tensor.getNumElements(); ++i) {
    uint64_t bits = random.next();
    if (isFloat(kind))
      tensor.setDouble(i, (static_cast<int64_t>(bits >> 57) - 64) / 64.0);
    else if (kind == ElementKind::I8 || kind == ElementKind::UI8)
      tensor.setInt(i, bits >> 56);
    else
      tensor.setInt(i, bits >> 63);
  }
}

static llvm::Expected<SmallVector<HostTensor>> createInputs(func::FuncOp model,
                                                            Random &random) {
  SmallVector<HostTensor> inputs;
  for (auto [index, type] : llvm::enumerate(model.getArgumentTypes())) {
    if (isStateArgument(model, index))
      continue;
    auto tensor = cast<RankedTensorType>(type);
    std::optional<ElementKind> kind = getElementKind(tensor.getElementType());
    if (!kind)
      return llvm::createStringError("there are no pseudo-random inputs of the "
                                     "types of this model");
    fill(inputs.emplace_back(*kind, tensor.getShape()), random);
  }
  return inputs;
}

llvm::Expected<SmallVector<HostTensor>>
lathe::createRandomInputs(func::FuncOp model) {
  Random random;
  return createInputs(model, random);
}

static std::vector<char> bytesOf(const HostTensor &tensor) {
  ArrayRef<char> bytes = tensor.getBytes();
  return {bytes.begin(), bytes.end()};
}

/// Evaluates the model and adds the run to `data`; `magnitude` becomes at least
/// that of any float output.
static llvm::Error addRun(StatefulEvaluator &model, ArrayRef<HostTensor> inputs,
                          SelfTestData &data, double &magnitude) {
  auto outputs = model.run(inputs);
  if (!outputs)
    return outputs.takeError();
  SelfTestVector &run = data.vectors.emplace_back();
  for (const HostTensor &input : inputs)
    run.inputs.push_back(bytesOf(input));
  for (const HostTensor &output : *outputs) {
    run.outputs.push_back(bytesOf(output));
    for (int64_t i = 0;
         isFloat(output.getKind()) && i < output.getNumElements(); ++i)
      if (double value = std::fabs(output.getDouble(i)); std::isfinite(value))
        magnitude = std::max(magnitude, value);
  }
  return llvm::Error::success();
}

llvm::Expected<SelfTestData> lathe::createSelfTest(func::FuncOp model,
                                                   const NamedTensors &given) {
  constexpr int numRuns = 2;
  SelfTestData data;
  StatefulEvaluator evaluator(model);
  double magnitude = 0;
  Random random;
  for (int i = 0; i < (given.empty() ? numRuns : 1); ++i) {
    auto inputs =
        given.empty() ? createInputs(model, random) : matchInputs(model, given);
    if (!inputs)
      return inputs.takeError();
    if (llvm::Error error = addRun(evaluator, *inputs, data, magnitude))
      return std::move(error);
  }
  data.rtol = 1e-3;
  data.atol = 1e-5 * magnitude;
  return data;
}
