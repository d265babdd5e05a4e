//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Golden values: ONNX Runtime 1.31, node Resize of opset 19 on a tensor of
// shape [1, 1, 1, 5] with `sizes`; linear in two dimensions by ONNX's reference
// evaluator.
//
//===----------------------------------------------------------------------===//

#include "EvaluateText.h"

using namespace lathe;
using namespace lathe::testing;

/// Resizes [1, 2, 4, 8, 16] to `size` elements.
static HostTensor resize(int64_t size, std::string mode,
                         std::string coordinates,
                         std::string rounding = "round_prefer_floor",
                         std::string attributes = "") {
  std::string scale = std::to_string(static_cast<double>(size) / 5);
  std::string shape = std::to_string(size);
  return evaluateText(
      "lathe.resize %0 {sizes = array<i64: " + shape +
          ">, scales = array<f64: " + scale + ">, mode = #lathe<resize_mode " +
          mode + ">, coordinates = #lathe<coordinate_mode " + coordinates +
          ">, rounding = #lathe<rounding_mode " + rounding + ">" + attributes +
          "} : (tensor<5xf32>) -> tensor<" + shape + "xf32>",
      {f32({5}, {1, 2, 4, 8, 16})});
}

TEST(ResizeTest, NearestInEveryCoordinateMode) {
  expectValues(resize(3, "nearest", "half_pixel"), {1, 4, 16});
  expectValues(resize(8, "nearest", "half_pixel"), {1, 1, 2, 4, 4, 8, 16, 16});
  expectValues(resize(8, "nearest", "pytorch_half_pixel"),
               {1, 1, 2, 4, 4, 8, 16, 16});
  expectValues(resize(8, "nearest", "align_corners"),
               {1, 2, 2, 4, 4, 8, 8, 16});
  expectValues(resize(3, "nearest", "asymmetric"), {1, 4, 8});
  expectValues(resize(8, "nearest", "asymmetric"), {1, 2, 2, 4, 4, 8, 16, 16});
}

TEST(ResizeTest, NearestInEveryRoundingMode) {
  expectValues(resize(10, "nearest", "asymmetric", "round_prefer_floor"),
               {1, 1, 2, 2, 4, 4, 8, 8, 16, 16});
  expectValues(resize(10, "nearest", "asymmetric", "round_prefer_ceil"),
               {1, 2, 2, 4, 4, 8, 8, 16, 16, 16});
  expectValues(resize(8, "nearest", "half_pixel", "floor"),
               {1, 1, 2, 2, 4, 4, 8, 16});
  expectValues(resize(8, "nearest", "half_pixel", "ceil"),
               {1, 2, 4, 4, 8, 8, 16, 16});
}

TEST(ResizeTest, LinearInEveryCoordinateMode) {
  expectValues(resize(8, "linear", "half_pixel"),
               {1, 1.4375, 2.125, 3.375, 5.25, 7.75, 12.5, 16});
  expectValues(resize(8, "linear", "pytorch_half_pixel"),
               {1, 1.4375, 2.125, 3.375, 5.25, 7.75, 12.5, 16});
  expectValues(resize(8, "linear", "align_corners"),
               {1, 1.57142854, 2.28571439, 3.42857146, 5.14285755, 7.4285717,
                11.4285717, 16});
  expectValues(resize(8, "linear", "asymmetric"),
               {1, 1.625, 2.5, 3.75, 6, 9, 14, 16});
}

TEST(ResizeTest, LinearShrinksWithoutSmoothing) {
  expectValues(resize(3, "linear", "align_corners"), {1, 4, 16});
  expectValues(resize(3, "linear", "half_pixel"), {1.33333333, 4, 13.3333333},
               1e-5); // std::to_string gives the scale six digits
}

TEST(ResizeTest, CubicInEveryCoordinateMode) {
  expectValues(resize(8, "cubic", "half_pixel"),
               {0.907165527, 1.26831055, 2.12957764, 3.02252197, 4.98815918,
                7.47717285, 12.8845215, 16.7426758});
  expectValues(resize(8, "cubic", "align_corners"),
               {1, 1.37026274, 2.26822233, 3.0787158, 4.92420053, 6.91253281,
                11.7784262, 16});
  expectValues(resize(8, "cubic", "asymmetric"),
               {1, 1.41992188, 2.41796875, 3.51416016, 5.4375, 9.12304688,
                14.328125, 16.8789062});
}

TEST(ResizeTest, CubicLeavesOutWhatLiesOutside) {
  expectValues(resize(8, "cubic", "half_pixel", "floor",
                      ", cubic_coefficient = -0.5 : f64, exclude_outside"),
               {0.92804426, 1.29409742, 2.09387207, 3.19372559, 4.96801758,
                7.63647461, 13.0430412, 16.5756454});
}

TEST(ResizeTest, PytorchHalfPixelPutsASingleElementFirst) {
  expectValues(resize(1, "nearest", "pytorch_half_pixel"), {1});
  expectValues(resize(1, "nearest", "half_pixel"), {4});
}

TEST(ResizeTest, LinearInTwoDimensions) {
  expectValues(
      evaluateText(
          "lathe.resize %0 {sizes = array<i64: 1, 3, 4, 1>, scales = "
          "array<f64: 1.0, 1.5, 2.0, 1.0>, mode = #lathe<resize_mode linear>, "
          "coordinates = #lathe<coordinate_mode half_pixel>, rounding = "
          "#lathe<rounding_mode floor>} : (tensor<1x2x2x1xf32>) -> "
          "tensor<1x3x4x1xf32>",
          {f32({1, 2, 2, 1}, {1, 2, 3, 5})}),
      {1, 1.25, 1.75, 2, 2, 2.375, 3.125, 3.5, 3, 3.5, 4.5, 5});
}
