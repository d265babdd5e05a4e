//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/QuantizedScales.h"

using namespace mlir;
using namespace lathe;

std::optional<QuantizedScales> QuantizedScales::get(quant::QuantizedType type) {
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type))
    return QuantizedScales({uniform.getScale(), uniform.getZeroPoint()});
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (!perAxis)
    return std::nullopt;
  QuantizedScales result;
  llvm::append_range(result.scales, perAxis.getScales());
  llvm::append_range(result.zeroPoints, perAxis.getZeroPoints());
  result.axis = perAxis.getQuantizedDimension();
  return result;
}

std::optional<TensorQuantization> QuantizedScales::getUniform() const {
  if (scales.empty() || !llvm::all_equal(scales) ||
      !llvm::all_equal(zeroPoints))
    return std::nullopt;
  return TensorQuantization{scales.front(), zeroPoints.front()};
}
