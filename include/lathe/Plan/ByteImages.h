//===- ByteImages.h - Images that cross as their bytes ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PLAN_BYTEIMAGES_H
#define LATHE_PLAN_BYTEIMAGES_H

#include "lathe/Data/Preprocessing.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lathe {

/// An input of a model that is an image.
struct ByteImage {
  unsigned input = 0;
  PixelScale scale;
};

/// Lets `image`, an argument of `model` of f32 that is made of pixels as its
/// scale says, become these pixels, unsigned integers of 8 bits, and again what
/// it was, so that a plan may cut there. That loses nothing but the last bit of
/// some values; of others than pixels it makes the nearest pixel.
void passAsBytes(mlir::func::FuncOp model, const ByteImage &image);

} // namespace lathe

#endif // LATHE_PLAN_BYTEIMAGES_H
