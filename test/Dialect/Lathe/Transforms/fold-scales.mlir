// RUN: lathe-opt %s --lathe-fold-scales | FileCheck %s

// Batch normalization as the importer writes it.
// CHECK-LABEL: @batch_norm_after_conv
// CHECK-SAME: %[[X:.*]]: tensor<1x8x8x3xf32>
// CHECK-DAG: %[[W:.*]] = lathe.constant dense_resource<weight>
// CHECK-DAG: %[[S:.*]] = lathe.constant dense<{{.*}}> : tensor<2xf32>
// CHECK-DAG: %[[SW:.*]] = lathe.mul %[[W]], %{{.*}} : (tensor<1x1x3x2xf32>, tensor<2xf32>)
// CHECK-DAG: %[[B:.*]] = lathe.add %{{.*}}, %{{.*}} : (tensor<2xf32>, tensor<2xf32>)
// CHECK: %[[R:.*]] = lathe.conv %[[X]], %[[SW]], %[[B]]
// CHECK-NEXT: return %[[R]]
func.func @batch_norm_after_conv(%x: tensor<1x8x8x3xf32>) -> tensor<1x8x8x2xf32> {
  %w = lathe.constant dense_resource<weight> : tensor<1x1x3x2xf32>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x3xf32>, tensor<1x1x3x2xf32>) -> tensor<1x8x8x2xf32>
  %s = lathe.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %t = lathe.constant dense<[[[[4.0, 5.0]]]]> : tensor<1x1x1x2xf32>
  %1 = lathe.mul %0, %s : (tensor<1x8x8x2xf32>, tensor<2xf32>) -> tensor<1x8x8x2xf32>
  %2 = lathe.add %1, %t : (tensor<1x8x8x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x8x8x2xf32>
  return %2 : tensor<1x8x8x2xf32>
}

// CHECK-LABEL: @scale_behind_transpose
// CHECK: %[[W:.*]] = lathe.div %{{.*}}, %{{.*}} : (tensor<1x1x3x2xf32>, tensor<2xf32>)
// CHECK: %[[B:.*]] = lathe.div %{{.*}}, %{{.*}} : (tensor<2xf32>, tensor<2xf32>)
// CHECK: %[[CONV:.*]] = lathe.conv %{{.*}}, %[[W]], %[[B]]
// CHECK: %[[R:.*]] = lathe.transpose %[[CONV]]
// CHECK-NEXT: return %[[R]]
func.func @scale_behind_transpose(%x: tensor<1x8x8x3xf32>) -> tensor<1x2x8x8xf32> {
  %w = lathe.constant dense_resource<weight> : tensor<1x1x3x2xf32>
  %b = lathe.constant dense_resource<bias> : tensor<2xf32>
  %s = lathe.constant dense<[[[2.0]], [[3.0]]]> : tensor<2x1x1xf32>
  %0 = lathe.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x3xf32>, tensor<1x1x3x2xf32>, tensor<2xf32>) -> tensor<1x8x8x2xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x8x8x2xf32>) -> tensor<1x2x8x8xf32>
  %2 = lathe.div %1, %s : (tensor<1x2x8x8xf32>, tensor<2x1x1xf32>) -> tensor<1x2x8x8xf32>
  return %2 : tensor<1x2x8x8xf32>
}

// constant - (w x) is (-w) x + constant.
// CHECK-LABEL: @subtraction_from_constant
// CHECK-DAG: %[[W:.*]] = lathe.neg %{{.*}} : (tensor<3x2xf32>)
// CHECK-DAG: %[[B:.*]] = lathe.sub %{{.*}}, %{{.*}} : (tensor<2xf32>, tensor<2xf32>)
// CHECK: %[[R:.*]] = lathe.matmul %arg0, %[[W]], %[[B]]
// CHECK-NEXT: return %[[R]]
func.func @subtraction_from_constant(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = lathe.constant dense_resource<weight> : tensor<3x2xf32>
  %t = lathe.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %0 = lathe.matmul %x, %w : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  %1 = lathe.sub %t, %0 : (tensor<2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}

// Weights of a grouped transposed convolution hold the output channels of one
// group in their last dimension.
// CHECK-LABEL: @scale_after_grouped_conv_transpose
// CHECK: %[[SPLIT:.*]] = lathe.constant {{.*}} : tensor<2x1x3xf32>
// CHECK: %[[SPREAD:.*]] = lathe.broadcast %[[SPLIT]] {shape = array<i64: 2, 2, 3>}
// CHECK: %[[S:.*]] = lathe.reshape %[[SPREAD]] {shape = array<i64: 4, 3>}
// CHECK: %[[W:.*]] = lathe.mul %{{.*}}, %[[S]] : (tensor<2x2x4x3xf32>, tensor<4x3xf32>)
// CHECK: lathe.conv_transpose %arg0, %[[W]]
func.func @scale_after_grouped_conv_transpose(%x: tensor<1x4x4x4xf32>) -> tensor<1x5x5x6xf32> {
  %w = lathe.constant dense_resource<weight> : tensor<2x2x4x3xf32>
  %s = lathe.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]> : tensor<6xf32>
  %0 = lathe.conv_transpose %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, group = 2 : i64} : (tensor<1x4x4x4xf32>, tensor<2x2x4x3xf32>) -> tensor<1x5x5x6xf32>
  %1 = lathe.mul %0, %s : (tensor<1x5x5x6xf32>, tensor<6xf32>) -> tensor<1x5x5x6xf32>
  return %1 : tensor<1x5x5x6xf32>
}

// A scale before a grouped convolution: group g reads channels 2g and 2g + 1.
// CHECK-LABEL: @scale_before_grouped_conv
// CHECK: lathe.broadcast %{{.*}} {shape = array<i64: 2, 2, 3>}
// CHECK: %[[W:.*]] = lathe.mul %{{.*}}, %{{.*}} : (tensor<3x3x2x6xf32>, tensor<2x6xf32>)
// CHECK: lathe.conv %arg0, %[[W]]
func.func @scale_before_grouped_conv(%x: tensor<1x4x4x4xf32>) -> tensor<1x4x4x6xf32> {
  %w = lathe.constant dense_resource<weight> : tensor<3x3x2x6xf32>
  %s = lathe.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = lathe.mul %x, %s : (tensor<1x4x4x4xf32>, tensor<4xf32>) -> tensor<1x4x4x4xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 2 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x2x6xf32>) -> tensor<1x4x4x6xf32>
  return %1 : tensor<1x4x4x6xf32>
}

// A shift of the input reaches the result through every weight.
// CHECK-LABEL: @shift_before_conv
// CHECK: %[[P:.*]] = lathe.mul %{{.*}}, %{{.*}} : (tensor<3x3x4x6xf32>, tensor<4x1xf32>)
// CHECK: %[[SUM:.*]] = lathe.reduce {{ *}}sum %[[P]] {axes = array<i64: 0, 1, 2>}
// CHECK: %[[B:.*]] = lathe.sub %{{.*}}, %[[SUM]] : (tensor<6xf32>, tensor<6xf32>)
// CHECK: lathe.conv %arg0, %{{.*}}, %[[B]]
func.func @shift_before_conv(%x: tensor<1x4x4x4xf32>) -> tensor<1x2x2x6xf32> {
  %w = lathe.constant dense_resource<weight> : tensor<3x3x4x6xf32>
  %t = lathe.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = lathe.sub %x, %t : (tensor<1x4x4x4xf32>, tensor<4xf32>) -> tensor<1x4x4x4xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x2x2x6xf32>
  return %1 : tensor<1x2x2x6xf32>
}

// Padding is zero, and would be shifted too.
// CHECK-LABEL: @shift_before_padded_conv
// CHECK: lathe.add %arg0
func.func @shift_before_padded_conv(%x: tensor<1x4x4x4xf32>) -> tensor<1x4x4x6xf32> {
  %w = lathe.constant dense_resource<weight> : tensor<3x3x4x6xf32>
  %t = lathe.constant dense<1.0> : tensor<f32>
  %0 = lathe.add %x, %t : (tensor<1x4x4x4xf32>, tensor<f32>) -> tensor<1x4x4x4xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x4x4x6xf32>
  return %1 : tensor<1x4x4x6xf32>
}

// The unscaled result has another use.
// CHECK-LABEL: @shared_product
// CHECK: lathe.matmul
// CHECK: lathe.mul
func.func @shared_product(%x: tensor<4x3xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %w = lathe.constant dense_resource<weight> : tensor<3x2xf32>
  %s = lathe.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %0 = lathe.matmul %x, %w : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  %1 = lathe.mul %0, %s : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf32>
}

// A scale that differs by row is none of a channel.
// CHECK-LABEL: @scale_by_row
// CHECK: lathe.matmul
// CHECK: lathe.mul
func.func @scale_by_row(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %w = lathe.constant dense_resource<weight> : tensor<3x2xf32>
  %s = lathe.constant dense<[[2.0], [3.0]]> : tensor<2x1xf32>
  %0 = lathe.matmul %x, %w : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  %1 = lathe.mul %0, %s : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}
