// RUN: lathe-opt %s --lathe-prepare-integers=kind=u8 --split-input-file | FileCheck %s
// RUN: lathe-opt %s --lathe-prepare-integers=kind=s8 --split-input-file | FileCheck %s --check-prefix=SIGNED
// RUN: lathe-opt %s --lathe-prepare-integers --split-input-file | FileCheck %s --check-prefix=NONE
// RUN: lathe-opt %s --lathe-prepare-integers=kind=u8 --lathe-fold-constants --split-input-file | FileCheck %s --check-prefix=FOLDED

// The zero point is a part of the bias, 10 - 3 * (1 + 3 + 5 + 7) and
// 20 - 3 * (2 + 4 + 6 + 8), and of the padding.

// CHECK-LABEL: func.func @zero_point
// CHECK: %[[BORDER:.*]] = lathe.constant dense<3> : tensor<ui8>
// CHECK: lathe.pad %arg0, %[[BORDER]] {high = array<i64: 0, 1, 1, 0>, low = array<i64: 0, 1, 1, 0>}
// CHECK: lathe.conv
// CHECK-NOT: input_zero_point
// CHECK-SAME: pads = array<i64: 0, 0, 0, 0>
// FOLDED-LABEL: func.func @zero_point
// FOLDED-DAG: lathe.constant dense<[-38, -40]> : tensor<2xi32>
// NONE-LABEL: func.func @zero_point
// NONE: input_zero_point = 3
func.func @zero_point(%x: tensor<1x4x4x4xui8>) -> tensor<1x6x6x2xi32> {
  %w = lathe.constant dense<[[[[1, 2], [3, 4], [5, 6], [7, 8]]]]> : tensor<1x1x4x2xi8>
  %b = lathe.constant dense<[10, 20]> : tensor<2xi32>
  %0 = lathe.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, input_zero_point = 3 : si64}
       : (tensor<1x4x4x4xui8>, tensor<1x1x4x2xi8>, tensor<2xi32>) -> tensor<1x6x6x2xi32>
  return %0 : tensor<1x6x6x2xi32>
}

// -----

// Padding that is zero stays a part of the convolution.

// CHECK-LABEL: func.func @padding
// CHECK-NOT: lathe.pad
// CHECK: lathe.conv {{.*}}pads = array<i64: 1, 1, 1, 1>
func.func @padding(%x: tensor<1x4x4x4xui8>) -> tensor<1x6x6x2xi32> {
  %w = lathe.constant dense<[[[[1, 2], [3, 4], [5, 6], [7, 8]]]]> : tensor<1x1x4x2xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x4x4x4xui8>, tensor<1x1x4x2xi8>) -> tensor<1x6x6x2xi32>
  return %0 : tensor<1x6x6x2xi32>
}

// -----

// Two products read the same data with other signs: 5 is 133 then, and
// -133 * (1 + 3) and -133 * (2 + 4) a part of the bias.

// CHECK-LABEL: func.func @sign
// CHECK: %[[BITS:.*]] = lathe.xor %arg0
// CHECK: %[[FLIPPED:.*]] = lathe.cast %[[BITS]] {to = ui8}
// CHECK-NOT: lathe.xor
// CHECK-COUNT-2: lathe.matmul %[[FLIPPED]]
// FOLDED-LABEL: func.func @sign
// FOLDED-DAG: lathe.constant dense<[-532, -798]> : tensor<2xi32>
// SIGNED-LABEL: func.func @sign
// SIGNED-NOT: lathe.xor
// SIGNED: return
func.func @sign(%x: tensor<2x2xi8>) -> (tensor<2x2xi32>, tensor<2x2xi32>) {
  %w = lathe.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %v = lathe.constant dense<[[5, 6], [7, 8]]> : tensor<2x2xi8>
  %0 = lathe.matmul %x, %w {lhs_zero_point = 5 : si64} : (tensor<2x2xi8>, tensor<2x2xi8>) -> tensor<2x2xi32>
  %1 = lathe.matmul %x, %v {lhs_zero_point = 5 : si64} : (tensor<2x2xi8>, tensor<2x2xi8>) -> tensor<2x2xi32>
  return %0, %1 : tensor<2x2xi32>, tensor<2x2xi32>
}

// -----

// An image: rows of 3 * 3 elements, which the last quad of a row may exceed by
// as many as the next window begins behind.

// CHECK-LABEL: func.func @image
// CHECK: %[[ROWS:.*]] = lathe.reshape %arg0 {shape = array<i64: 1, 8, 24>}
// CHECK: %[[PADDED:.*]] = lathe.pad %[[ROWS]], %{{.*}} {high = array<i64: 0, 1, 5>, low = array<i64: 0, 1, 3>}
// CHECK: %[[DATA:.*]] = lathe.reshape %[[PADDED]] {shape = array<i64: 1, 10, 32, 1>}
// CHECK: lathe.conv %[[DATA]]{{.*}}strides = array<i64: 2, 6>{{.*}}tensor<3x9x1x2xi8>) -> tensor<1x4x4x2xi32>
func.func @image(%x: tensor<1x8x8x3xui8>) -> tensor<1x4x4x2xi32> {
  %w = lathe.constant dense<"0x010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354"> : tensor<3x3x3x2xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x8x8x3xui8>, tensor<3x3x3x2xi8>) -> tensor<1x4x4x2xi32>
  return %0 : tensor<1x4x4x2xi32>
}

// -----

// What is computed is computed inside of the border, unless it has a place
// already.

// CHECK-LABEL: func.func @enclosed
// CHECK: %[[X:.*]] = lathe.max_pool
// CHECK: %[[LEFT:.*]] = lathe.constant dense<3> : tensor<1x4x1x4xui8>
// CHECK: %[[RIGHT:.*]] = lathe.constant dense<3> : tensor<1x4x1x4xui8>
// CHECK: %[[WIDE:.*]] = lathe.concat %[[LEFT]], %[[X]], %[[RIGHT]] {axis = 2 : i64}
// CHECK: %[[ABOVE:.*]] = lathe.constant dense<3> : tensor<1x1x6x4xui8>
// CHECK: %[[BOTH:.*]] = lathe.concat %[[ABOVE]], %[[WIDE]] {axis = 1 : i64}
// CHECK: lathe.conv %[[BOTH]]
func.func @enclosed(%x: tensor<1x4x4x4xui8>) -> tensor<1x5x6x2xi32> {
  %w = lathe.constant dense<[[[[1, 2], [3, 4], [5, 6], [7, 8]]]]> : tensor<1x1x4x2xi8>
  %0 = lathe.max_pool %x {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
       : (tensor<1x4x4x4xui8>) -> tensor<1x4x4x4xui8>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 1>, input_zero_point = 3 : si64}
       : (tensor<1x4x4x4xui8>, tensor<1x1x4x2xi8>) -> tensor<1x5x6x2xi32>
  return %1 : tensor<1x5x6x2xi32>
}

// -----

// CHECK-LABEL: func.func @returned
// CHECK: lathe.pad
func.func @returned(%x: tensor<1x4x4x4xui8>) -> (tensor<1x5x6x2xi32>, tensor<1x4x4x4xui8>) {
  %w = lathe.constant dense<[[[[1, 2], [3, 4], [5, 6], [7, 8]]]]> : tensor<1x1x4x2xi8>
  %0 = lathe.max_pool %x {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
       : (tensor<1x4x4x4xui8>) -> tensor<1x4x4x4xui8>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 1>, input_zero_point = 3 : si64}
       : (tensor<1x4x4x4xui8>, tensor<1x1x4x2xi8>) -> tensor<1x5x6x2xi32>
  return %1, %0 : tensor<1x5x6x2xi32>, tensor<1x4x4x4xui8>
}
