// RUN: lathe-opt %s --convert-lathe-to-linalg --split-input-file | FileCheck %s

// CHECK-DAG: #[[INPUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d4, d2 + d5 * 2, d3)>
// CHECK-DAG: #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>
// CHECK-DAG: #[[OUTPUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func.func private @max
// CHECK: %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
// CHECK: tensor.pad {{.*}} low[0, 1, 0, 0] high[0, 0, 1, 0]
// CHECK: tensor.yield %[[LOWEST]]
// CHECK: {lathe.neutral}
// CHECK: tensor.empty() : tensor<3x2xf32>
// CHECK: linalg.generic {indexing_maps = [#[[INPUT]], #[[WINDOW]], #[[OUTPUT]]]
// CHECK-SAME: lathe.loops = ["n", "oh", "ow", "c", "kh", "kw"]
// CHECK: %[[GREATER:.*]] = arith.cmpf ogt, %[[X:.*]], %[[ACC:.*]] : f32
// CHECK: arith.select %[[GREATER]], %[[X]], %[[ACC]] : f32
func.func private @max(%x: tensor<1x8x8x3xf32>) -> tensor<1x4x7x3xf32> {
  %0 = lathe.max_pool %x {kernel = array<i64: 3, 2>, strides = array<i64: 2, 1>, dilations = array<i64: 1, 2>, pads = array<i64: 1, 0, 0, 1>}
      : (tensor<1x8x8x3xf32>) -> tensor<1x4x7x3xf32>
  return %0 : tensor<1x4x7x3xf32>
}

// -----

// Integers are compared in their own type: it vectorizes best.

// CHECK-LABEL: func.func private @max_unsigned
// CHECK: arith.constant 0 : i8
// CHECK: arith.maxui {{.*}} : i8
func.func private @max_unsigned(%x: tensor<1x8x3xui8>) -> tensor<1x4x3xui8> {
  %0 = lathe.max_pool %x {kernel = array<i64: 2>, strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x8x3xui8>) -> tensor<1x4x3xui8>
  return %0 : tensor<1x4x3xui8>
}

// -----

// Without a border in the windows the divisor is a constant.

// CHECK-LABEL: func.func private @whole_mean
// CHECK: arith.addf
// CHECK: %[[COUNT:.*]] = arith.constant 6.400000e+01 : f32
// CHECK: arith.divf %{{.*}}, %[[COUNT]]
func.func private @whole_mean(%x: tensor<1x8x8x3xf32>) -> tensor<1x1x1x3xf32> {
  %0 = lathe.avg_pool %x {kernel = array<i64: 8, 8>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x8x8x3xf32>) -> tensor<1x1x1x3xf32>
  return %0 : tensor<1x1x1x3xf32>
}

// -----

// A border that counts leaves it constant.

// CHECK-LABEL: func.func private @counted_border
// CHECK-NOT: linalg.index
// CHECK: arith.constant 3.000000e+00 : f32
func.func private @counted_border(%x: tensor<1x8x3xf32>) -> tensor<1x8x3xf32> {
  %0 = lathe.avg_pool %x {kernel = array<i64: 3>, strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 1, 1>, count_include_pad}
      : (tensor<1x8x3xf32>) -> tensor<1x8x3xf32>
  return %0 : tensor<1x8x3xf32>
}

// -----

// Otherwise it is counted for each position, along the dimension that varies.

// CHECK-LABEL: func.func private @border
// CHECK: linalg.index 1
// CHECK-NOT: linalg.index 2
// CHECK: arith.sitofp
// CHECK: arith.divf
func.func private @border(%x: tensor<1x8x8x3xf32>) -> tensor<1x8x6x3xf32> {
  %0 = lathe.avg_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 0, 1, 0>}
      : (tensor<1x8x8x3xf32>) -> tensor<1x8x6x3xf32>
  return %0 : tensor<1x8x6x3xf32>
}
