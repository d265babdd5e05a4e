// RUN: lathe-opt %s --lathe-shrink-channels --lathe-fold-constants --canonicalize | FileCheck %s

// Channel 1 has no weights: it is 64 / 2 for every input, 34 above the zero point
// of what reads it, which multiplies it by 5.
// CHECK-LABEL: func @constant_channel
// CHECK-SAME: lathe.removed = {channels = 1 : i64, macs = 48 : i64, weight_bytes = 3 : i64}
// CHECK-DAG: %[[W0:.*]] = lathe.constant dense<{{\[\[\[}}[1], [2]]]]> : tensor<1x1x2x1xi8>
// CHECK-DAG: %[[B0:.*]] = lathe.constant dense<0> : tensor<1xi32>
// CHECK-DAG: %[[W1:.*]] = lathe.constant dense<3> : tensor<1x1x1x1xi8>
// CHECK-DAG: %[[B1:.*]] = lathe.constant dense<170> : tensor<1xi32>
// CHECK: %[[SUMS:.*]] = lathe.conv %arg0, %[[W0]], %[[B0]]
// CHECK: %[[Y:.*]] = lathe.requantize %[[SUMS]], {{.*}} -> tensor<1x4x4x1xi8>
// CHECK: lathe.conv %[[Y]], %[[W1]], %[[B1]]
func.func @constant_channel(%x: tensor<1x4x4x2xi8>) -> tensor<1x4x4x1xi32> {
  %w0 = lathe.constant dense<[[[[1, 0], [2, 0]]]]> : tensor<1x1x2x2xi8>
  %b0 = lathe.constant dense<[0, 64]> : tensor<2xi32>
  %m = lathe.constant dense<1073741824> : tensor<2xi32>
  %w1 = lathe.constant dense<[[[[3], [5]]]]> : tensor<1x1x2x1xi8>
  %0 = lathe.conv %x, %w0, %b0 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x2xi8>, tensor<1x1x2x2xi8>, tensor<2xi32>) -> tensor<1x4x4x2xi32>
  %1 = lathe.requantize %0, %m {shift = 31 : si64, zero_point = 0 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<1x4x4x2xi32>, tensor<2xi32>) -> tensor<1x4x4x2xi8>
  %2 = lathe.conv %1, %w1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, input_zero_point = -2 : si64} : (tensor<1x4x4x2xi8>, tensor<1x1x2x1xi8>) -> tensor<1x4x4x1xi32>
  return %2 : tensor<1x4x4x1xi32>
}

// The sums of channel 0 are between -1000 - 128 and -1000 + 127: always limited to
// the zero point. So padding adds the same, nothing, and the depthwise convolution
// between goes with it.
// CHECK-LABEL: func @limited_channel
// CHECK: lathe.conv {{.*}} : (tensor<1x4x4x1xi8>, tensor<1x1x1x1xi8>, tensor<1xi32>) -> tensor<1x4x4x1xi32>
// CHECK: lathe.requantize {{.*}} -> tensor<1x4x4x1xi8>
// CHECK: lathe.requantize {{.*}} -> tensor<1x4x4x1xi8>
// CHECK: lathe.matmul {{.*}} : (tensor<1x16xi8>, tensor<16x1xi8>, tensor<1xi32>)
func.func @limited_channel(%x: tensor<1x4x4x1xi8>) -> tensor<1x1xi32> {
  %w0 = lathe.constant dense<1> : tensor<1x1x1x2xi8>
  %b0 = lathe.constant dense<[-1000, 0]> : tensor<2xi32>
  %m = lathe.constant dense<1073741824> : tensor<2xi32>
  %w1 = lathe.constant dense<1> : tensor<3x3x1x2xi8>
  %w2 = lathe.constant dense<2> : tensor<32x1xi8>
  %0 = lathe.conv %x, %w0, %b0 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x1xi8>, tensor<1x1x1x2xi8>, tensor<2xi32>) -> tensor<1x4x4x2xi32>
  %1 = lathe.requantize %0, %m {shift = 31 : si64, zero_point = -5 : si64, low = -5 : si64, high = 127 : si64, to = i8} : (tensor<1x4x4x2xi32>, tensor<2xi32>) -> tensor<1x4x4x2xi8>
  %2 = lathe.conv %1, %w1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 2 : i64, input_zero_point = -5 : si64} : (tensor<1x4x4x2xi8>, tensor<3x3x1x2xi8>) -> tensor<1x4x4x2xi32>
  %3 = lathe.requantize %2, %m {shift = 31 : si64, zero_point = 0 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<1x4x4x2xi32>, tensor<2xi32>) -> tensor<1x4x4x2xi8>
  %4 = lathe.reshape %3 {shape = array<i64: 1, 32>} : (tensor<1x4x4x2xi8>) -> tensor<1x32xi8>
  %5 = lathe.matmul %4, %w2 : (tensor<1x32xi8>, tensor<32x1xi8>) -> tensor<1x1xi32>
  return %5 : tensor<1x1xi32>
}

// Beyond the border lies the zero point, 0, and not the channel's 32: windows there
// add less. Nothing changes.
// CHECK-LABEL: func @padding_of_another_value
// CHECK: lathe.conv {{.*}} -> tensor<1x4x4x2xi32>
// CHECK: lathe.conv {{.*}} : (tensor<1x4x4x2xi8>, tensor<3x3x2x1xi8>)
func.func @padding_of_another_value(%x: tensor<1x4x4x2xi8>) -> tensor<1x4x4x1xi32> {
  %w0 = lathe.constant dense<[[[[1, 0], [2, 0]]]]> : tensor<1x1x2x2xi8>
  %b0 = lathe.constant dense<[0, 64]> : tensor<2xi32>
  %m = lathe.constant dense<1073741824> : tensor<2xi32>
  %w1 = lathe.constant dense<3> : tensor<3x3x2x1xi8>
  %0 = lathe.conv %x, %w0, %b0 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x2xi8>, tensor<1x1x2x2xi8>, tensor<2xi32>) -> tensor<1x4x4x2xi32>
  %1 = lathe.requantize %0, %m {shift = 31 : si64, zero_point = 0 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<1x4x4x2xi32>, tensor<2xi32>) -> tensor<1x4x4x2xi8>
  %2 = lathe.conv %1, %w1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x2xi8>, tensor<3x3x2x1xi8>) -> tensor<1x4x4x1xi32>
  return %2 : tensor<1x4x4x1xi32>
}

// The sum needs channel 0 of both; channel 1, which has no weight behind it, goes
// from both and from what is added to them.
// CHECK-LABEL: func @tied_by_a_sum
// CHECK: lathe.conv {{.*}} -> tensor<1x4x4x1xi32>
// CHECK: lathe.conv {{.*}} -> tensor<1x4x4x1xi32>
// CHECK: lathe.add {{.*}} -> tensor<1x4x4x1xi32>
// CHECK: lathe.add {{.*}} : (tensor<1x4x4x1xi32>, tensor<1xi32>)
func.func @tied_by_a_sum(%x: tensor<1x4x4x2xi8>) -> tensor<1x4x4x1xi32> {
  %w0 = lathe.constant dense<[[[[1, 2], [3, 4]]]]> : tensor<1x1x2x2xi8>
  %w1 = lathe.constant dense<[[[[5, 6], [7, 8]]]]> : tensor<1x1x2x2xi8>
  %c = lathe.constant dense<[100, 200]> : tensor<2xi32>
  %w2 = lathe.constant dense<[[[[1], [0]]]]> : tensor<1x1x2x1xi8>
  %0 = lathe.conv %x, %w0 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x2xi8>, tensor<1x1x2x2xi8>) -> tensor<1x4x4x2xi32>
  %1 = lathe.conv %x, %w1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x2xi8>, tensor<1x1x2x2xi8>) -> tensor<1x4x4x2xi32>
  %2 = lathe.add %0, %1 : (tensor<1x4x4x2xi32>, tensor<1x4x4x2xi32>) -> tensor<1x4x4x2xi32>
  %3 = lathe.add %2, %c : (tensor<1x4x4x2xi32>, tensor<2xi32>) -> tensor<1x4x4x2xi32>
  %4 = lathe.cast %3 {to = i8} : (tensor<1x4x4x2xi32>) -> tensor<1x4x4x2xi8>
  %5 = lathe.conv %4, %w2 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x2xi8>, tensor<1x1x2x1xi8>) -> tensor<1x4x4x1xi32>
  return %5 : tensor<1x4x4x1xi32>
}

// A channel that is returned is needed, and so are all of a grouped convolution.
// CHECK-LABEL: func @needed
// CHECK: lathe.conv {{.*}} -> tensor<1x4x4x4xi32>
// CHECK: lathe.conv {{.*}} group = 2 {{.*}} : (tensor<1x4x4x4xi8>
func.func @needed(%x: tensor<1x4x4x2xi8>) -> (tensor<1x4x4x4xi8>, tensor<1x4x4x2xi32>) {
  %w0 = lathe.constant dense<0> : tensor<1x1x2x4xi8>
  %w1 = lathe.constant dense<0> : tensor<1x1x2x2xi8>
  %0 = lathe.conv %x, %w0 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x2xi8>, tensor<1x1x2x4xi8>) -> tensor<1x4x4x4xi32>
  %1 = lathe.cast %0 {to = i8} : (tensor<1x4x4x4xi32>) -> tensor<1x4x4x4xi8>
  %2 = lathe.conv %1, %w1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64} : (tensor<1x4x4x4xi8>, tensor<1x1x2x2xi8>) -> tensor<1x4x4x2xi32>
  return %1, %2 : tensor<1x4x4x4xi8>, tensor<1x4x4x2xi32>
}

// A weight of 0 is -5 where the zero point is 5, so it needs its channel.
// CHECK-LABEL: func @weights_with_zero_point
// CHECK: lathe.matmul {{.*}} -> tensor<1x2xi32>
// CHECK: lathe.matmul {{.*}} : (tensor<1x2xi8>, tensor<2x1xi8>)
func.func @weights_with_zero_point(%x: tensor<1x2xi8>) -> tensor<1x1xi32> {
  %w = lathe.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %v = lathe.constant dense<[[1], [0]]> : tensor<2x1xi8>
  %0 = lathe.matmul %x, %w : (tensor<1x2xi8>, tensor<2x2xi8>) -> tensor<1x2xi32>
  %1 = lathe.cast %0 {to = i8} : (tensor<1x2xi32>) -> tensor<1x2xi8>
  %2 = lathe.matmul %1, %v {rhs_zero_point = 5 : si64} : (tensor<1x2xi8>, tensor<2x1xi8>) -> tensor<1x1xi32>
  return %2 : tensor<1x1xi32>
}
