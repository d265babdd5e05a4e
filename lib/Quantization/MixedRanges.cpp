//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MixedRanges.h"

#include "lathe/Quantization/OutputParts.h"

using namespace mlir;
using namespace lathe;

SmallVector<MixedOutput> lathe::findMixedOutputs(
    func::FuncOp model,
    llvm::function_ref<const TensorStatistics *(Value)> lookUp) {
  constexpr double mostRatio = 16;
  SmallVector<MixedOutput> mixed;
  Operation *terminator = model.getBody().front().getTerminator();
  for (auto [number, output] : llvm::enumerate(terminator->getOperands())) {
    double widest = 0, narrowest = std::numeric_limits<double>::infinity();
    for (Value part : getJoinedValues(output)) {
      const TensorStatistics *statistics = lookUp(part);
      if (!statistics || statistics->getHistogram().empty())
        continue;
      const Histogram &histogram = statistics->getHistogram();
      double magnitude = std::max<double>(std::abs(histogram.getMin()),
                                          std::abs(histogram.getMax()));
      widest = std::max(widest, magnitude);
      narrowest = std::min(narrowest, magnitude);
    }
    if (widest > mostRatio * narrowest)
      mixed.push_back({static_cast<unsigned>(number), widest, narrowest});
  }
  return mixed;
}
