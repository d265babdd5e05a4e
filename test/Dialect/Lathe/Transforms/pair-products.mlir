// RUN: lathe-opt %s --lathe-pair-products | FileCheck %s

// Channels 0 and 1 share words: 3 + 256 * -2 for the first input, whose lower
// half it is, 4 + 256 * 5 for the second. The third channel shares with none. Its
// bias stays as it is, and that of channel 1 is -7 * 256 + 10.
// CHECK-LABEL: func @matmul
// CHECK-DAG: %[[W:.*]] = lathe.constant dense<{{\[\[\[\[}}84213251, 393222]]]]> : tensor<1x1x1x2xi32>
// CHECK-DAG: %[[B:.*]] = lathe.constant dense<[10, -1782, 3, 0]> : tensor<4xi32>
// CHECK: lathe.pair_conv %arg0, %[[W]], %[[B]] {channels = 3 : i64, kernel = array<i64>, kernel_name = "matmul", pads = array<i64>, strides = array<i64>, zero_point = -3 : si64}
func.func @matmul(%x: tensor<5x2xi8>) -> tensor<5x3xi32> {
  %w = lathe.constant dense<[[3, -2, 6], [4, 5, 6]]> : tensor<2x3xi8>
  %b = lathe.constant dense<[10, -7, 3]> : tensor<3xi32>
  %0 = lathe.matmul %x, %w, %b {lhs_zero_point = -3 : si64} : (tensor<5x2xi8>, tensor<2x3xi8>, tensor<3xi32>) -> tensor<5x3xi32>
  return %0 : tensor<5x3xi32>
}

// Three channels are two pairs a pixel. uint8 is noted beside the type.
// CHECK-LABEL: func @windows
// CHECK: lathe.pair_conv {{.*}} is_unsigned, kernel = array<i64: 3, 3>, {{.*}} : (tensor<1x8x8x3xui8>, tensor<1x3x6x2xi32>, tensor<4xi32>) -> tensor<1x4x4x4xi32>
func.func @windows(%x: tensor<1x8x8x3xui8>) -> tensor<1x4x4x4xi32> {
  %w = lathe.constant dense<1> : tensor<3x3x3x4xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>, input_zero_point = 7 : si64} : (tensor<1x8x8x3xui8>, tensor<3x3x3x4xi8>) -> tensor<1x4x4x4xi32>
  return %0 : tensor<1x4x4x4xi32>
}

// 255 * 127 * 260 has more than 23 bits; of the first channel alone that matters
// to none.
// CHECK-LABEL: func @sums_of_the_second_channel
// CHECK: lathe.matmul
// CHECK: lathe.pair_conv
func.func @sums_of_the_second_channel(%x: tensor<1x260xi8>) -> (tensor<1x2xi32>, tensor<1x1xi32>) {
  %w = lathe.constant dense<127> : tensor<260x2xi8>
  %v = lathe.constant dense<127> : tensor<260x1xi8>
  %0 = lathe.matmul %x, %w {lhs_zero_point = -128 : si64} : (tensor<1x260xi8>, tensor<260x2xi8>) -> tensor<1x2xi32>
  %1 = lathe.matmul %x, %v {lhs_zero_point = -128 : si64} : (tensor<1x260xi8>, tensor<260x1xi8>) -> tensor<1x1xi32>
  return %0, %1 : tensor<1x2xi32>, tensor<1x1xi32>
}

// -128 + 256 * -128 does not fit 16 bits.
// CHECK-LABEL: func @least_weight
// CHECK: lathe.matmul
func.func @least_weight(%x: tensor<1x2xi8>) -> tensor<1x2xi32> {
  %w = lathe.constant dense<-128> : tensor<2x2xi8>
  %0 = lathe.matmul %x, %w : (tensor<1x2xi8>, tensor<2x2xi8>) -> tensor<1x2xi32>
  return %0 : tensor<1x2xi32>
}

// CHECK-LABEL: func @others
// CHECK: lathe.conv
// CHECK: lathe.conv
func.func @others(%x: tensor<1x8x8x4xi8>) -> (tensor<1x8x8x4xi32>, tensor<1x4x4x4xi32>) {
  %w = lathe.constant dense<1> : tensor<1x1x2x4xi8>
  %v = lathe.constant dense<1> : tensor<3x3x4x4xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64} : (tensor<1x8x8x4xi8>, tensor<1x1x2x4xi8>) -> tensor<1x8x8x4xi32>
  %1 = lathe.conv %x, %v {strides = array<i64: 1, 1>, dilations = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xi8>, tensor<3x3x4x4xi8>) -> tensor<1x4x4x4xi32>
  return %0, %1 : tensor<1x8x8x4xi32>, tensor<1x4x4x4xi32>
}

// Weights less 5 are other ones.
// CHECK-LABEL: func @weights_with_zero_point
// CHECK: lathe.matmul
func.func @weights_with_zero_point(%x: tensor<1x2xi8>) -> tensor<1x2xi32> {
  %w = lathe.constant dense<1> : tensor<2x2xi8>
  %0 = lathe.matmul %x, %w {rhs_zero_point = 5 : si64} : (tensor<1x2xi8>, tensor<2x2xi8>) -> tensor<1x2xi32>
  return %0 : tensor<1x2xi32>
}
