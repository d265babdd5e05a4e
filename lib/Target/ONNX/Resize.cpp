//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Resampling.
//
//===----------------------------------------------------------------------===//

#include "ConverterRegistry.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::exporter;

/// Resize takes either the sizes or the scales, as f32, and derives the others.
/// The answer is sizes, scales, or nothing if neither gives both.
static std::optional<HostTensor> getTarget(ResizeOp op,
                                           ArrayRef<int64_t> layout) {
  SmallVector<int64_t> from = permute(getShape(op.getInput()), layout);
  SmallVector<int64_t> sizes = permute(op.getSizes(), layout);
  SmallVector<double> scales = permute(op.getScales(), layout);
  SmallVector<float> singles(scales.begin(), scales.end());
  bool bySizes = true, byScales = true;
  for (size_t i = 0; i < sizes.size(); ++i) {
    auto extent = static_cast<double>(from[i]);
    auto size = static_cast<double>(sizes[i]);
    bySizes &= scales[i] * extent == size || scales[i] == size / extent;
    byScales &= std::floor(extent * static_cast<double>(singles[i])) == size;
  }
  auto rank = static_cast<int64_t>(sizes.size());
  if (bySizes)
    return HostTensor::get<int64_t>({rank}, sizes);
  if (byScales)
    return HostTensor::get<float>({rank}, singles);
  return std::nullopt;
}

/// Channels first where only spatial dimensions change, which is what runtimes
/// are made for.
static Layout getLayout(ResizeOp op) {
  ArrayRef<int64_t> from = getShape(op.getInput()), to = op.getSizes();
  auto rank = static_cast<int64_t>(to.size());
  bool spatial =
      rank >= 3 && from.front() == to.front() && from.back() == to.back();
  return spatial ? getChannelsFirst(rank) : getIdentity(rank);
}

static LogicalResult convertResize(ResizeOp op, OpContext &context) {
  Layout layout = getLayout(op);
  std::optional<HostTensor> target = getTarget(op, layout);
  if (!target)
    return context.error("ONNX's Resize would derive other sizes from these "
                         "scales and other scales from these sizes");
  bool sizes = target->getKind() == ElementKind::I64;
  std::string name = context.getGraph().addInitializer(
      (context.getName() + (sizes ? "/sizes" : "/scales")).str(), *target);
  std::string empty;
  return context.setResult(
      "Resize",
      {context.get(op.getInput(), layout), empty, sizes ? empty : name,
       sizes ? name : empty},
      {NodeAttribute("mode", stringifyResizeMode(op.getMode())),
       NodeAttribute("coordinate_transformation_mode",
                     stringifyCoordinateMode(op.getCoordinates())),
       NodeAttribute("nearest_mode", stringifyRoundingMode(op.getRounding())),
       NodeAttribute("cubic_coeff_a",
                     op.getCubicCoefficient().convertToDouble()),
       NodeAttribute("exclude_outside", op.getExcludeOutside())},
      layout);
}

void lathe::exporter::addResize(ConverterRegistry &registry) {
  registry.add<ResizeOp>(convertResize);
}
