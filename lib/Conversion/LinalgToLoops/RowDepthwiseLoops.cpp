//===- RowDepthwiseLoops.cpp - Filters of many channels at a time ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loops of lathe.row_depthwise. Each row of an image that a window reaches
// is copied to a ring once, padding beside it; for each pixel the sums of all
// channels are computed from the ring (lathe.filter_rows), then what was fused
// behind them.
//
//===----------------------------------------------------------------------===//

#include "ChannelRescale.h"
#include "ScratchEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace lathe;

namespace {

class RowDepthwiseEmitter : ScratchEmitter {
public:
  RowDepthwiseEmitter(OpBuilder &builder, const KernelBody &body,
                      RowDepthwiseOp conv)
      : ScratchEmitter(builder, body, conv), conv(conv),
        input(conv.getInput().getType().getShape()),
        output(conv.getType().getShape()), rows(conv.getKernelRows()),
        rowBytes(conv.getRowBytes()) {}

  LogicalResult emit();

private:
  int64_t getLeftBytes();
  int64_t getImageBytes();
  void fill(AffineExpr first, int64_t count);
  void fillEdges();
  void loadRow(AffineExpr image, AffineExpr row);
  void copyRow(AffineExpr image, AffineExpr row, AffineExpr at, int64_t bytes);
  void emitImage(AffineExpr image);
  AffineExpr findSlot(AffineExpr row);
  AffineExpr numberOf(const Indices &pixel);
  void emitPixel(const Indices &pixel);
  void rescaleSums(AffineExpr first);
  void emitPixels(AffineExpr image, AffineExpr row);

  RowDepthwiseOp conv;
  ArrayRef<int64_t> input, output;
  int64_t rows, rowBytes;
  Value memory, weight, bias, ring, sums;
  /// Whether the input's elements follow each other in memory.
  bool isDense = true;
  std::optional<ChannelRescale> rescale;
};

} // namespace

/// The bytes of a row in the ring that lie to the left of the image, and in it.
int64_t RowDepthwiseEmitter::getLeftBytes() {
  return std::min(conv.getPads()[1] * input[3], rowBytes);
}

int64_t RowDepthwiseEmitter::getImageBytes() {
  return std::min(input[2] * input[3], rowBytes - getLeftBytes());
}

/// Writes padding to `count` bytes of the ring.
void RowDepthwiseEmitter::fill(AffineExpr first, int64_t count) {
  loop("i", 0, count, 1, [&](AffineExpr i) {
    writeWord(byte(conv.getPadding()), ring, first + i);
  });
}

/// Writes the padding beside the image, which stays as it is.
void RowDepthwiseEmitter::fillEdges() {
  int64_t right = getLeftBytes() + getImageBytes();
  loop("row", 0, rows, 1, [&](AffineExpr row) {
    fill(row * rowBytes, getLeftBytes());
    fill(row * rowBytes + right, rowBytes - right);
  });
}

/// Copies `bytes` of an image's row to the ring.
void RowDepthwiseEmitter::copyRow(AffineExpr image, AffineExpr row,
                                  AffineExpr at, int64_t bytes) {
  if (isDense) {
    AffineExpr first = (image * input[1] + row) * (input[2] * input[3]);
    CopyBytesOp::create(builder, loc, memory, index(first), ring, index(at),
                        bytes, /*spread=*/false);
    return;
  }
  loop("iw", 0, bytes / input[3], 1, [&](AffineExpr iw) {
    loop("c", 0, input[3], 1, [&](AffineExpr c) {
      writeWord(readByte(conv.getInput(), {image, row, iw, c}), ring,
                at + iw * input[3] + c);
    });
  });
}

/// Writes row number `row` of an image with the padding above it to the ring.
/// What is beside it is there already.
void RowDepthwiseEmitter::loadRow(AffineExpr image, AffineExpr row) {
  int64_t bytes = getImageBytes();
  AffineExpr slot = keep(space.simplify(row % rows, 1));
  AffineExpr at = slot * rowBytes + getLeftBytes();
  AffineExpr inImage = row - conv.getPads()[0];
  buildIf(
      isWithin(inImage, input[1]), [&] { copyRow(image, inImage, at, bytes); },
      [&] { fill(at, bytes); });
}

/// The row of the ring that the windows of row `row` of the result begin with.
AffineExpr RowDepthwiseEmitter::findSlot(AffineExpr row) {
  return space.simplify((row * conv.getStrides()[0]) % rows, 1);
}

/// All channels of a pixel, number {image, row, column} of the result.
void RowDepthwiseEmitter::emitPixel(const Indices &pixel) {
  AffineExpr first = findSlot(pixel[1]);
  AffineExpr at = pixel[2] * (conv.getStrides()[1] * input[3]);
  FilterRowsOp::create(builder, loc, ring, index(first), index(at), weight,
                       bias, sums, rows, conv.getKernelColumns(), rowBytes,
                       output[3]);
  if (rescale)
    return rescaleSums(numberOf(pixel));
  loop("c", 0, output[3], 1, [&](AffineExpr c) {
    Indices indices = pixel;
    indices.push_back(c);
    store(indices, readWord(sums, c));
  });
}

/// The number of the first channel of `pixel` in the order of memory.
AffineExpr RowDepthwiseEmitter::numberOf(const Indices &pixel) {
  return ((pixel[0] * output[1] + pixel[1]) * output[2] + pixel[2]) * output[3];
}

/// Stores the results of the sums, the first as element `first`.
void RowDepthwiseEmitter::rescaleSums(AffineExpr first) {
  Value factors = locate(rescale->factors);
  if (failed)
    return;
  Value target = index(first);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value count = arith::ConstantIndexOp::create(builder, loc, output[3]);
  RescaleSumsOp::create(builder, loc, count, sums, factors, zero,
                        rescale->target, target, target, /*lanes=*/1,
                        rescale->zeroPoint, rescale->low, rescale->high,
                        /*small_sums=*/false);
}

/// All pixels of row number {image, row} of the result.
void RowDepthwiseEmitter::emitPixels(AffineExpr image, AffineExpr row) {
  bool isThree = rows == 3 && conv.getKernelColumns() == 3;
  if (!rescale || !isThree)
    return loop("ow", 0, output[2], 1,
                [&](AffineExpr ow) { emitPixel({image, row, ow}); });
  Value factors = locate(rescale->factors);
  if (failed)
    return;
  AffineExpr number = numberOf({image, row, space.constant(0)});
  FilterPixelsOp::create(builder, loc, ring, index(findSlot(row)), weight, bias,
                         factors, rescale->target, index(number), rowBytes,
                         output[3], output[2], conv.getStrides()[1] * input[3],
                         rescale->zeroPoint, rescale->low, rescale->high);
}

void RowDepthwiseEmitter::emitImage(AffineExpr image) {
  fillEdges();
  // Of the first window all rows but those that each window brings.
  int64_t stride = conv.getStrides()[0], fresh = std::min(stride, rows);
  loop("kh", 0, rows - fresh, 1, [&](AffineExpr kh) { loadRow(image, kh); });
  loop("oh", 0, output[1], 1, [&](AffineExpr oh) {
    loop("kh", 0, fresh, 1, [&](AffineExpr kh) {
      loadRow(image, oh * stride + kh + (rows - fresh));
    });
    emitPixels(image, oh);
  });
}

LogicalResult RowDepthwiseEmitter::emit() {
  memory = locate(conv.getInput());
  weight = locate(conv.getWeight());
  bias = locate(conv.getBias());
  if (failed)
    return conv.emitOpError("needs operands in memory");
  isDense = cast<MemRefType>(memory.getType()).areTrailingDimsContiguous(4);
  rescale = ChannelRescale::match(body, conv.getResult());
  ring = viewScratch(0, conv.getRingBytes(), builder.getI8Type());
  sums = viewScratch(conv.getRingBytes(), conv.getPaddedChannels(),
                     builder.getI32Type());
  loop("n", 0, input[0], 1, [&](AffineExpr image) { emitImage(image); });
  return failure(failed);
}

LogicalResult lathe::emitRowDepthwise(OpBuilder &builder,
                                      const KernelBody &body,
                                      RowDepthwiseOp op) {
  if (!body.scratch)
    return op.emitOpError("needs scratch; run lathe-form-kernels first");
  return RowDepthwiseEmitter(builder, body, op).emit();
}
