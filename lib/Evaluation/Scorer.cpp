//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scorer.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace lathe;
using llvm::Expected;
using llvm::StringRef;

Scorer::~Scorer() = default;

Expected<std::unique_ptr<Scorer>>
Scorer::create(const EvaluationOptions &options, const ScoredModel &model,
               const Dataset &dataset) {
  return options.detector ? createDetectorScorer(options, model, dataset)
                          : createClassifierScorer(options, model, dataset);
}

RealOutput::RealOutput(StringRef name, const HostTensor &tensor,
                       const Quantizations &quantizations)
    : name(name), real(isFloat(tensor.getKind())) {
  auto found = quantizations.find(name);
  if (real || found == quantizations.end())
    return;
  quantization = found->second;
  real = true;
}

llvm::ArrayRef<double> RealOutput::read(const NamedTensors &outputs) {
  const HostTensor &tensor = *outputs.find(name);
  values.resize(tensor.getNumElements());
  visitElementType(tensor.getKind(), [&](auto zero) {
    for (auto [value, element] :
         llvm::zip_equal(values, tensor.data<decltype(zero)>()))
      value = static_cast<double>(element);
  });
  if (quantization)
    for (double &value : values)
      value = quantization->scale * (value - double(quantization->zeroPoint));
  return values;
}

std::string lathe::listNames(const NamedTensors &tensors) {
  return llvm::join(
      llvm::map_range(
          tensors, [](const auto &entry) { return "'" + entry.first + "'"; }),
      ", ");
}

std::string lathe::formatExtents(llvm::ArrayRef<int64_t> shape) {
  return llvm::join(
      llvm::map_range(shape, [](int64_t i) { return std::to_string(i); }), "x");
}
