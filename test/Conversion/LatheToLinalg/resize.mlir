// RUN: lathe-opt %s --convert-lathe-to-linalg --split-input-file | FileCheck %s

// CHECK: affine_map<(d0, d1) -> (d0 floordiv 2, d1 * 2)>
// CHECK-LABEL: func.func private @nearest
// CHECK-NOT: linalg.index
func.func private @nearest(%x: tensor<4x6xf32>) -> tensor<8x3xf32> {
  %0 = lathe.resize %x {sizes = array<i64: 8, 3>, scales = array<f64: 2.0, 0.5>, mode = #lathe<resize_mode nearest>,
                        coordinates = #lathe<coordinate_mode half_pixel>, rounding = #lathe<rounding_mode round_prefer_floor>}
      : (tensor<4x6xf32>) -> tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}

// -----

// The float32 nearest to 0.6 stands for 3/5, not for the sizes' ratio 2/4.

// CHECK: affine_map<(d0) -> ((d0 * 5) floordiv 3)>
// CHECK-LABEL: func.func private @scale
func.func private @scale(%x: tensor<4xf32>) -> tensor<2xf32> {
  %0 = lathe.resize %x {sizes = array<i64: 2>, scales = array<f64: 0.60000002384185791>, mode = #lathe<resize_mode nearest>,
                        coordinates = #lathe<coordinate_mode asymmetric>, rounding = #lathe<rounding_mode floor>}
      : (tensor<4xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Coordinates that leave the input are limited to it.

// CHECK-LABEL: func.func private @limited
// CHECK: linalg.index 0
// CHECK: arith.divui
// CHECK: arith.maxsi
// CHECK-NOT: arith.minsi
// CHECK: tensor.extract
func.func private @limited(%x: tensor<4xf32>) -> tensor<8xf32> {
  %0 = lathe.resize %x {sizes = array<i64: 8>, scales = array<f64: 2.0>, mode = #lathe<resize_mode nearest>,
                        coordinates = #lathe<coordinate_mode half_pixel>, rounding = #lathe<rounding_mode floor>}
      : (tensor<4xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// Dimensions that keep their extent are not interpolated.

// CHECK-LABEL: func.func private @linear
// CHECK: %[[N:.*]] = linalg.index 0
// CHECK: %[[H:.*]] = linalg.index 1
// CHECK: arith.remui
// CHECK: %[[C:.*]] = linalg.index 2
// CHECK-COUNT-2: tensor.extract %{{.*}}[%[[N]], %{{.*}}, %[[C]]]
// CHECK-NOT: tensor.extract
func.func private @linear(%x: tensor<1x4x3xf32>) -> tensor<1x7x3xf32> {
  %0 = lathe.resize %x {sizes = array<i64: 1, 7, 3>, scales = array<f64: 1.0, 1.75, 1.0>, mode = #lathe<resize_mode linear>,
                        coordinates = #lathe<coordinate_mode align_corners>, rounding = #lathe<rounding_mode floor>}
      : (tensor<1x4x3xf32>) -> tensor<1x7x3xf32>
  return %0 : tensor<1x7x3xf32>
}
