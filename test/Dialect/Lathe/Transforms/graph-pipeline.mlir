// RUN: lathe-opt %s --lathe-graph-pipeline | FileCheck %s --implicit-check-not=lathe.transpose

// An imported block: convolution, batch normalization and ReLU6 written as two
// limits, all channels first, with padding of its own. One op is left of each.
// CHECK-LABEL: @block
// CHECK-DAG: %[[X:.*]] = lathe.reshape %arg0 {shape = array<i64: 1, 8, 8, 1>}
// CHECK-DAG: %[[W:.*]] = lathe.mul {{.*}} : (tensor<3x3x1x2xf32>, tensor<2xf32>)
// CHECK: %[[CONV:.*]] = lathe.conv %[[X]], %[[W]], %{{.*}} pads = array<i64: 1, 1, 1, 1>
// CHECK-NEXT: %[[CLAMP:.*]] = lathe.clamp %[[CONV]] {max = 6.000000e+00 : f64, min = 0.000000e+00 : f64}
// CHECK-NEXT: %[[MEAN:.*]] = lathe.reduce {{ *}}mean %[[CLAMP]] {axes = array<i64: 1, 2>
// CHECK: return
func.func @block(%x: tensor<1x1x8x8xf32>) -> tensor<1x2xf32> {
  %w = lathe.constant dense_resource<weight> : tensor<3x3x1x2xf32>
  %s = lathe.constant dense<[[[2.0]], [[3.0]]]> : tensor<2x1x1xf32>
  %t = lathe.constant dense<[[[4.0]], [[5.0]]]> : tensor<2x1x1xf32>
  %six = lathe.constant dense<6.0> : tensor<f32>
  %0 = lathe.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>} : (tensor<1x1x8x8xf32>) -> tensor<1x1x10x10xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x1x10x10xf32>) -> tensor<1x10x10x1xf32>
  %2 = lathe.conv %1, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x10x10x1xf32>, tensor<3x3x1x2xf32>) -> tensor<1x8x8x2xf32>
  %3 = lathe.transpose %2 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x8x8x2xf32>) -> tensor<1x2x8x8xf32>
  %4 = lathe.mul %3, %s : (tensor<1x2x8x8xf32>, tensor<2x1x1xf32>) -> tensor<1x2x8x8xf32>
  %5 = lathe.add %4, %t : (tensor<1x2x8x8xf32>, tensor<2x1x1xf32>) -> tensor<1x2x8x8xf32>
  %6 = lathe.relu %5 : (tensor<1x2x8x8xf32>) -> tensor<1x2x8x8xf32>
  %7 = lathe.min %6, %six : (tensor<1x2x8x8xf32>, tensor<f32>) -> tensor<1x2x8x8xf32>
  %8 = lathe.transpose %7 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x8x8xf32>) -> tensor<1x8x8x2xf32>
  %9 = lathe.avg_pool %8 {kernel = array<i64: 8, 8>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x2xf32>) -> tensor<1x1x1x2xf32>
  %10 = lathe.transpose %9 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x1x1x2xf32>) -> tensor<1x2x1x1xf32>
  %11 = lathe.reshape %10 {shape = array<i64: 1, 2>} : (tensor<1x2x1x1xf32>) -> tensor<1x2xf32>
  return %11 : tensor<1x2xf32>
}
