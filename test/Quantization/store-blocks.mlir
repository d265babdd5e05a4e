// RUN: lathe-opt %s --lathe-store-blocks="block=4 min-channels=2 min-elements=2 widened=0" --canonicalize | FileCheck %s
// RUN: lathe-opt %s --lathe-store-blocks="min-channels=2 min-elements=2 widened=1e9" --canonicalize | FileCheck %s --check-prefix=WIDENED
// RUN: lathe-opt %s --lathe-store-blocks --canonicalize | FileCheck %s --check-prefix=FEW

// Blocks of four along the input channels. A negative scale takes 0.8 to -8.
// CHECK-LABEL: func @four
// WIDENED-LABEL: func @four
// FEW-LABEL: func @four
func.func @four(%x: tensor<3x5xf32>) -> tensor<3x1xf32> {
  // CHECK-DAG: %[[Q:.*]] = lathe.constant dense<{{\[}}[-8], [2], [4], [-1], [-8]]> : tensor<5x1xi8>
  // CHECK-DAG: %[[S:.*]] = lathe.constant dense<{{\[}}[-9.997550e-02], [5.000000e-01]]> : tensor<2x1xf16>
  // CHECK: %[[W:.*]] = lathe.dequantize_blocks %[[Q]], %[[S]] {axis = 0 : i64, block = 4 : i64}
  // CHECK: lathe.matmul %arg0, %[[W]]
  // WIDENED: lathe.constant dense<{{.*}}> : tensor<5x1xi8>
  // WIDENED-NOT: lathe.dequantize_blocks
  // WIDENED: lathe.matmul
  // FEW: lathe.constant dense<{{.*}}> : tensor<5x1xf32>
  %w = lathe.constant dense<[[0.8], [-0.2], [-0.4], [0.1], [-4.0]]> : tensor<5x1xf32>
  %y = lathe.matmul %x, %w : (tensor<3x5xf32>, tensor<5x1xf32>) -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}

// A depthwise convolution has one input channel for each output channel.
// CHECK-LABEL: func @eight
func.func @eight(%x: tensor<1x2x2x2xf32>) -> tensor<1x2x1x2xf32> {
  // CHECK-DAG: %[[Q:.*]] = lathe.constant dense<{{.*}}> : tensor<1x2x1x2xi8>
  // CHECK-DAG: %[[S:.*]] = lathe.constant dense<{{.*}}> : tensor<2xf32>
  // CHECK: %[[WIDE:.*]] = lathe.cast %[[Q]] {to = f32}
  // CHECK: %[[W:.*]] = lathe.mul %[[WIDE]], %[[S]]
  // CHECK: lathe.conv %arg0, %[[W]]
  %w = lathe.constant dense<[[[[1.0, 0.3]], [[0.37, -0.71]]]]> : tensor<1x2x1x2xf32>
  %y = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64} : (tensor<1x2x2x2xf32>, tensor<1x2x1x2xf32>) -> tensor<1x2x1x2xf32>
  return %y : tensor<1x2x1x2xf32>
}
