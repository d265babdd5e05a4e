//===- ByteImages.cpp - Images that cross as their bytes ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/ByteImages.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

using namespace mlir;
using namespace lathe;

/// A constant that meets each channel of `type`.
static Value createChannels(OpBuilder &builder, Location loc,
                            RankedTensorType type, int64_t axis,
                            ArrayRef<double> values) {
  SmallVector<int64_t> shape(type.getRank(), 1);
  shape[axis] = static_cast<int64_t>(values.size());
  SmallVector<float> floats(values.begin(), values.end());
  return ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(RankedTensorType::get(shape, builder.getF32Type()),
                             ArrayRef<float>(floats)));
}

void lathe::passAsBytes(func::FuncOp model, const ByteImage &image) {
  BlockArgument argument = model.getArgument(image.input);
  const PixelScale &scale = image.scale;
  auto type = cast<RankedTensorType>(argument.getType());
  SmallVector<double> steps, starts;
  for (auto [factor, offset] : llvm::zip_equal(scale.factors, scale.offsets)) {
    steps.push_back(1 / factor);
    starts.push_back(-offset / factor);
  }
  Location loc = argument.getLoc();
  OpBuilder builder = OpBuilder::atBlockBegin(&model.getBody().front());
  auto spread = [&](ArrayRef<double> values) {
    return createChannels(builder, loc, type, scale.axis, values);
  };
  auto first = MulOp::create(builder, loc, argument, spread(steps));
  Value pixels = AddOp::create(builder, loc, first, spread(starts));
  pixels = RoundOp::create(builder, loc, pixels);
  pixels = CastOp::create(builder, loc, pixels,
                          builder.getIntegerType(8, /*isSigned=*/false));
  Value values = CastOp::create(builder, loc, pixels, builder.getF32Type());
  values = MulOp::create(builder, loc, values, spread(scale.factors));
  values = AddOp::create(builder, loc, values, spread(scale.offsets));
  argument.replaceAllUsesExcept(values, first);
}
