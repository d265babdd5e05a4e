// RUN: lathe-opt %s --lathe-fold-constants="max-growth=1000000" --lathe-winograd | FileCheck %s
// RUN: lathe-opt %s --lathe-fold-constants="max-growth=1000000" --lathe-winograd="vector-bits=256" | FileCheck %s --check-prefix=AVX2
// RUN: lathe-opt %s --lathe-fold-constants="max-growth=1000000" --lathe-winograd="threads=4" | FileCheck %s --check-prefix=FOUR
// RUN: lathe-opt %s --lathe-fold-constants="max-growth=1000000" --lathe-winograd="vector-bits=256 kind=s16" | FileCheck %s --check-prefix=WORDS

// The filter is transformed and packed for two vectors of 16 output channels.

// CHECK-LABEL: func.func @dense
// CHECK: %[[FILTER:.*]] = lathe.constant dense_resource<{{.*}}> : tensor<1x36x32x32xf32>
// CHECK: lathe.winograd_conv %arg0, %[[FILTER]] {block = array<i64: {{[0-9]+, [0-9]+}}>, channels = 20 : i64, pads = array<i64: 1, 1, 1, 1>}
// CHECK-SAME: (tensor<1x56x56x32xf32>, tensor<1x36x32x32xf32>) -> tensor<1x56x56x20xf32>
// AVX2-LABEL: func.func @dense
// Vectors of 256 bits share the filter of those of 512.
// AVX2: lathe.winograd_conv %arg0, {{.*}}tensor<1x36x32x32xf32>
// Each thread has a block.
// FOUR-LABEL: func.func @dense
// FOUR: lathe.winograd_conv {{.*}}shares = 4
func.func @dense(%x: tensor<1x56x56x32xf32>) -> tensor<1x56x56x20xf32> {
  %a = lathe.constant dense<[[[[1.0]], [[2.0]], [[3.0]]], [[[4.0]], [[5.0]], [[6.0]]], [[[7.0]], [[8.0]], [[9.0]]]]> : tensor<3x3x1x1xf32>
  %b = lathe.constant dense<0.5> : tensor<32x20xf32>
  %w = lathe.mul %a, %b : (tensor<3x3x1x1xf32>, tensor<32x20xf32>) -> tensor<3x3x32x20xf32>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x32xf32>, tensor<3x3x32x20xf32>) -> tensor<1x56x56x20xf32>
  return %0 : tensor<1x56x56x20xf32>
}

// A filter of 9 MB for four tiles takes longer to read than is saved.

// CHECK-LABEL: func.func @few_tiles
// CHECK: lathe.conv
func.func @few_tiles(%x: tensor<1x7x7x256xf32>, %r: tensor<1x7x7x256xf32>) -> tensor<1x7x7x256xf32> {
  %a = lathe.constant dense<[[[[1.0]], [[2.0]], [[3.0]]], [[[4.0]], [[5.0]], [[6.0]]], [[[7.0]], [[8.0]], [[9.0]]]]> : tensor<3x3x1x1xf32>
  %b = lathe.constant dense<0.5> : tensor<256x256xf32>
  %w = lathe.mul %a, %b : (tensor<3x3x1x1xf32>, tensor<256x256xf32>) -> tensor<3x3x256x256xf32>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x7x7x256xf32>, tensor<3x3x256x256xf32>) -> tensor<1x7x7x256xf32>
  return %0 : tensor<1x7x7x256xf32>
}

// With three channels the transforms cost more than they save.

// CHECK-LABEL: func.func @first_layer
// CHECK: lathe.conv
func.func @first_layer(%x: tensor<1x56x56x3xf32>) -> tensor<1x56x56x20xf32> {
  %a = lathe.constant dense<[[[[1.0]], [[2.0]], [[3.0]]], [[[4.0]], [[5.0]], [[6.0]]], [[[7.0]], [[8.0]], [[9.0]]]]> : tensor<3x3x1x1xf32>
  %b = lathe.constant dense<0.5> : tensor<3x20xf32>
  %w = lathe.mul %a, %b : (tensor<3x3x1x1xf32>, tensor<3x20xf32>) -> tensor<3x3x3x20xf32>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x3xf32>, tensor<3x3x3x20xf32>) -> tensor<1x56x56x20xf32>
  return %0 : tensor<1x56x56x20xf32>
}

// Weights that are all the same take no memory, and keep taking none.

// CHECK-LABEL: func.func @splat
// CHECK: lathe.conv
func.func @splat(%x: tensor<1x56x56x32xf32>) -> tensor<1x56x56x32xf32> {
  %w = lathe.constant dense<0.5> : tensor<3x3x32x32xf32>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x32xf32>, tensor<3x3x32x32xf32>) -> tensor<1x56x56x32xf32>
  return %0 : tensor<1x56x56x32xf32>
}

// What is rounded to integers, as quantized models do, is computed exactly.

// CHECK-LABEL: func.func @rounded
// CHECK: lathe.conv
func.func @rounded(%x: tensor<1x56x56x32xf32>) -> tensor<1x56x56x20xi32> {
  %a = lathe.constant dense<[[[[1.0]], [[2.0]], [[3.0]]], [[[4.0]], [[5.0]], [[6.0]]], [[[7.0]], [[8.0]], [[9.0]]]]> : tensor<3x3x1x1xf32>
  %b = lathe.constant dense<0.5> : tensor<32x20xf32>
  %w = lathe.mul %a, %b : (tensor<3x3x1x1xf32>, tensor<32x20xf32>) -> tensor<3x3x32x20xf32>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x32xf32>, tensor<3x3x32x20xf32>) -> tensor<1x56x56x20xf32>
  %1 = lathe.relu %0 : (tensor<1x56x56x20xf32>) -> tensor<1x56x56x20xf32>
  %2 = lathe.cast %1 {to = i32} : (tensor<1x56x56x20xf32>) -> tensor<1x56x56x20xi32>
  return %2 : tensor<1x56x56x20xi32>
}

// The algorithm has no stride, and needs the weights now.

// CHECK-LABEL: func.func @strided
// CHECK: lathe.conv
func.func @strided(%x: tensor<1x56x56x32xf32>) -> tensor<1x28x28x20xf32> {
  %a = lathe.constant dense<[[[[1.0]], [[2.0]], [[3.0]]], [[[4.0]], [[5.0]], [[6.0]]], [[[7.0]], [[8.0]], [[9.0]]]]> : tensor<3x3x1x1xf32>
  %b = lathe.constant dense<0.5> : tensor<32x20xf32>
  %w = lathe.mul %a, %b : (tensor<3x3x1x1xf32>, tensor<32x20xf32>) -> tensor<3x3x32x20xf32>
  %0 = lathe.conv %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>}
       : (tensor<1x56x56x32xf32>, tensor<3x3x32x20xf32>) -> tensor<1x28x28x20xf32>
  return %0 : tensor<1x28x28x20xf32>
}

// CHECK-LABEL: func.func @computed_weights
// CHECK: lathe.conv
func.func @computed_weights(%x: tensor<1x56x56x32xf32>, %w: tensor<3x3x32x32xf32>) -> tensor<1x56x56x32xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x32xf32>, tensor<3x3x32x32xf32>) -> tensor<1x56x56x32xf32>
  return %0 : tensor<1x56x56x32xf32>
}

// Bytes are multiplied as pairs of 16 bits, by a filter of such pairs. What
// multiplies them as bytes does as well by the definition.

// CHECK-LABEL: func.func @bytes
// CHECK: lathe.conv
// WORDS-LABEL: func.func @bytes
// WORDS: %[[FILTER:.*]] = lathe.constant dense_resource<{{.*}}> : tensor<1x36x17x64xi16>
// WORDS: lathe.winograd_conv %arg0, %[[FILTER]], %arg1 {block = array<i64: {{[0-9]+, [0-9]+}}>, channels = 20 : i64, pads = array<i64: 1, 1, 1, 1>}
// WORDS-SAME: (tensor<1x56x56x33xui8>, tensor<1x36x17x64xi16>, tensor<20xi32>) -> tensor<1x56x56x20xi32>
func.func @bytes(%x: tensor<1x56x56x33xui8>, %bias: tensor<20xi32>) -> tensor<1x56x56x20xi32> {
  %a = lathe.constant dense<[[[[1]], [[2]], [[3]]], [[[4]], [[5]], [[6]]], [[[7]], [[8]], [[9]]]]> : tensor<3x3x1x1xi8>
  %b = lathe.constant dense<-3> : tensor<33x20xi8>
  %w = lathe.mul %a, %b : (tensor<3x3x1x1xi8>, tensor<33x20xi8>) -> tensor<3x3x33x20xi8>
  %0 = lathe.conv %x, %w, %bias {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x33xui8>, tensor<3x3x33x20xi8>, tensor<20xi32>) -> tensor<1x56x56x20xi32>
  return %0 : tensor<1x56x56x20xi32>
}

// Padding with a zero point would not be zero.

// WORDS-LABEL: func.func @zero_point
// WORDS: lathe.conv
func.func @zero_point(%x: tensor<1x56x56x33xui8>) -> tensor<1x56x56x20xi32> {
  %a = lathe.constant dense<[[[[1]], [[2]], [[3]]], [[[4]], [[5]], [[6]]], [[[7]], [[8]], [[9]]]]> : tensor<3x3x1x1xi8>
  %b = lathe.constant dense<-3> : tensor<33x20xi8>
  %w = lathe.mul %a, %b : (tensor<3x3x1x1xi8>, tensor<33x20xi8>) -> tensor<3x3x33x20xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, input_zero_point = 3 : si64}
       : (tensor<1x56x56x33xui8>, tensor<3x3x33x20xi8>) -> tensor<1x56x56x20xi32>
  return %0 : tensor<1x56x56x20xi32>
}

// Signed data lie on both sides of zero. A sum of products of these weights is up
// to 128 * 160 * (8 * 127 + 126) = 23388160, below 2^25 = 33554432; with 240
// input channels it may be 35082240.

// WORDS-LABEL: func.func @signed
// WORDS: lathe.winograd_conv
func.func @signed(%x: tensor<1x28x28x160xi8>) -> tensor<1x28x28x20xi32> {
  %a = lathe.constant dense<[[[[127]], [[126]], [[-127]]], [[[127]], [[127]], [[-127]]], [[[127]], [[127]], [[127]]]]> : tensor<3x3x1x1xi8>
  %b = lathe.constant dense<1> : tensor<160x20xi8>
  %w = lathe.mul %a, %b : (tensor<3x3x1x1xi8>, tensor<160x20xi8>) -> tensor<3x3x160x20xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x28x28x160xi8>, tensor<3x3x160x20xi8>) -> tensor<1x28x28x20xi32>
  return %0 : tensor<1x28x28x20xi32>
}

// WORDS-LABEL: func.func @too_large
// WORDS: lathe.conv
func.func @too_large(%x: tensor<1x28x28x240xi8>) -> tensor<1x28x28x20xi32> {
  %a = lathe.constant dense<[[[[127]], [[126]], [[-127]]], [[[127]], [[127]], [[-127]]], [[[127]], [[127]], [[127]]]]> : tensor<3x3x1x1xi8>
  %b = lathe.constant dense<1> : tensor<240x20xi8>
  %w = lathe.mul %a, %b : (tensor<3x3x1x1xi8>, tensor<240x20xi8>) -> tensor<3x3x240x20xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x28x28x240xi8>, tensor<3x3x240x20xi8>) -> tensor<1x28x28x20xi32>
  return %0 : tensor<1x28x28x20xi32>
}

// Of so few channels, the transforms take longer than the products.

// WORDS-LABEL: func.func @few_channels
// WORDS: lathe.conv
func.func @few_channels(%x: tensor<1x56x56x4xui8>) -> tensor<1x56x56x8xi32> {
  %a = lathe.constant dense<[[[[1]], [[2]], [[3]]], [[[4]], [[5]], [[6]]], [[[7]], [[8]], [[9]]]]> : tensor<3x3x1x1xi8>
  %b = lathe.constant dense<-3> : tensor<4x8xi8>
  %w = lathe.mul %a, %b : (tensor<3x3x1x1xi8>, tensor<4x8xi8>) -> tensor<3x3x4x8xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x4xui8>, tensor<3x3x4x8xi8>) -> tensor<1x56x56x8xi32>
  return %0 : tensor<1x56x56x8xi32>
}
