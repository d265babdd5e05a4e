//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolution and pooling of a few rows at a time.
//
//===----------------------------------------------------------------------===//

#include "Bands.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

using namespace mlir;
using namespace lathe;

/// The rows of an image that a window with `rows` rows reaches, and whether any
/// lies beside the image; none unless `op` has two spatial dimensions. What
/// these hold is for the caller to add.
template <typename WindowOp>
static std::optional<RowWindow> getRows(WindowOp op, int64_t rows) {
  auto input = cast<RankedTensorType>(op.getInput().getType());
  if (input.getRank() != 4)
    return std::nullopt;
  return RowWindow{(rows - 1) * op.getDilations()[0] + 1, op.getStrides()[0],
                   op.getPads()[0], TypedAttr()};
}

/// Whether a window of `rows` reaches rows beside the image.
template <typename WindowOp>
static bool reachesPadding(WindowOp op, const RowWindow &rows) {
  auto input = cast<RankedTensorType>(op.getInput().getType());
  auto result = cast<RankedTensorType>(op.getType());
  return rows.before != 0 ||
         (result.getDimSize(1) - 1) * rows.stride + rows.rows >
             input.getDimSize(1);
}

//===----------------------------------------------------------------------===//
// ConvOp
//===----------------------------------------------------------------------===//

std::optional<RowWindow> ConvOp::getReadRows(unsigned operand) {
  if (operand != 0)
    return std::nullopt;
  auto weight = cast<RankedTensorType>(getWeight().getType());
  std::optional<RowWindow> rows = getRows(*this, weight.getDimSize(0));
  if (!rows || !reachesPadding(*this, *rows))
    return rows;
  Type element = impl::elementTypeOf(getInput());
  Builder builder(getContext());
  if (isa<FloatType>(element))
    rows->padding = builder.getZeroAttr(element);
  else if (isa<IntegerType>(element))
    rows->padding = IntegerAttr::get(
        builder.getIntegerType(element.getIntOrFloatBitWidth()),
        APInt(element.getIntOrFloatBitWidth(), getInputZeroPoint(),
              /*isSigned=*/false, /*implicitTrunc=*/true));
  return rows->padding ? rows : std::nullopt;
}

Operation *ConvOp::buildBand(OpBuilder &builder, ValueRange operands) {
  return buildBandOp(*this, builder, operands);
}

int64_t ConvOp::getBandScratchBytes(int64_t) { return 0; }

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

std::optional<RowWindow> MaxPoolOp::getReadRows(unsigned) {
  std::optional<RowWindow> rows = getRows(*this, getKernel()[0]);
  if (!rows || !reachesPadding(*this, *rows))
    return rows;
  // The least number is never picked before another.
  auto element = dyn_cast<IntegerType>(impl::elementTypeOf(getInput()));
  if (!element)
    return std::nullopt;
  unsigned width = element.getWidth();
  rows->padding =
      IntegerAttr::get(IntegerType::get(getContext(), width),
                       element.isUnsigned() ? APInt::getZero(width)
                                            : APInt::getSignedMinValue(width));
  return rows;
}

Operation *MaxPoolOp::buildBand(OpBuilder &builder, ValueRange operands) {
  return buildBandOp(*this, builder, operands);
}

int64_t MaxPoolOp::getBandScratchBytes(int64_t) { return 0; }

/// Padding counts less than the image, so that no rows can hold it.
std::optional<RowWindow> AvgPoolOp::getReadRows(unsigned) {
  std::optional<RowWindow> rows = getRows(*this, getKernel()[0]);
  return rows && !reachesPadding(*this, *rows) ? rows : std::nullopt;
}

Operation *AvgPoolOp::buildBand(OpBuilder &builder, ValueRange operands) {
  auto band = cast<AvgPoolOp>(buildBandOp(*this, builder, operands));
  if (std::optional<ArrayRef<int64_t>> counted = getCountedPads())
    band.setCountedPads(dropRowPads(*counted));
  return band;
}

int64_t AvgPoolOp::getBandScratchBytes(int64_t) { return 0; }
