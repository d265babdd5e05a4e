// RUN: lathe-opt %s --lathe-form-kernels --canonicalize -verify-each | FileCheck %s
// RUN: lathe-opt %s --lathe-form-kernels --lathe-form-kernels -verify-each | FileCheck %s

// The residual add and the relu join the second convolution's kernel; the first
// convolution has two uses and stays alone.

// CHECK-LABEL: func.func @residual
// CHECK: %[[A:.*]] = lathe.kernel "conv"
// CHECK: lathe.kernel "conv_add_relu"(%[[A]]
// CHECK-NOT: lathe.kernel
func.func @residual(%x: tensor<1x4x4x8xf32>, %w: tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
       : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
       : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  %2 = lathe.add %1, %0 : (tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %3 = lathe.relu %2 : (tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  return %3 : tensor<1x4x4x8xf32>
}

// x * sigmoid(x): both users of the convolution are in the kernel, so it is, too.
// One that has another user, as the second, stays outside.

// CHECK-LABEL: func.func @silu
// CHECK: %[[A:.*]] = lathe.kernel "conv_sigmoid_mul"
// CHECK: %[[B:.*]] = lathe.kernel "conv"(%[[A]]
// CHECK: lathe.kernel "sigmoid_mul"(%[[B]]
// CHECK-NOT: lathe.kernel
// CHECK: return %{{.*}}, %[[B]]
func.func @silu(%x: tensor<1x4x4x8xf32>, %w: tensor<1x1x8x8xf32>) -> (tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>) {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
       : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  %1 = lathe.sigmoid %0 : (tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %2 = lathe.mul %0, %1 : (tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %3 = lathe.conv %2, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
       : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  %4 = lathe.sigmoid %3 : (tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %5 = lathe.mul %3, %4 : (tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  return %5, %3 : tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>
}

// One kernel has one root: two reductions whose results meet are two kernels.

// CHECK-LABEL: func.func @two_roots
// CHECK: lathe.kernel "matmul"
// CHECK: lathe.kernel "matmul_add"
// CHECK-NOT: lathe.kernel
func.func @two_roots(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<2x4xf32> {
  %0 = lathe.matmul %x, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %1 = lathe.matmul %x, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %2 = lathe.add %0, %1 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// What is broadcast would be computed again for every row, so it is not fused.

// CHECK-LABEL: func.func @broadcast
// CHECK: lathe.kernel "exp"
// CHECK: lathe.kernel "mul"
func.func @broadcast(%x: tensor<8x4xf32>, %y: tensor<4xf32>) -> tensor<8x4xf32> {
  %0 = lathe.exp %y : (tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.mul %x, %0 : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}

// Views and concatenations are no kernels; a transpose that would scatter the
// innermost dimension is one.

// CHECK-LABEL: func.func @views
// CHECK: lathe.reshape
// CHECK: lathe.kernel "transpose"
// CHECK: lathe.slice
// CHECK: lathe.concat
func.func @views(%x: tensor<4x6xf32>) -> tensor<6x4xf32> {
  %0 = lathe.reshape %x {shape = array<i64: 2, 12>} : (tensor<4x6xf32>) -> tensor<2x12xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<2x12xf32>) -> tensor<12x2xf32>
  %2 = lathe.slice %1 {offsets = array<i64: 0, 0>, sizes = array<i64: 6, 2>, steps = array<i64: 2, 1>} : (tensor<12x2xf32>) -> tensor<6x2xf32>
  %3 = lathe.relu %2 : (tensor<6x2xf32>) -> tensor<6x2xf32>
  %4 = lathe.neg %2 : (tensor<6x2xf32>) -> tensor<6x2xf32>
  %5 = lathe.concat %3, %4 {axis = 1 : i64} : (tensor<6x2xf32>, tensor<6x2xf32>) -> tensor<6x4xf32>
  return %5 : tensor<6x4xf32>
}

// A table that is constant is read where its index is computed, by several ops,
// too. One that is data lies where other results may be written.

// CHECK-LABEL: func.func @tables
// CHECK: lathe.kernel "max_pool_cast_gather_add_gather_add"
// CHECK: %[[PLACES:.*]] = lathe.kernel "cast"
// CHECK: lathe.kernel "gather"(%arg1, %[[PLACES]])
// CHECK-NOT: lathe.kernel
func.func @tables(%x: tensor<1x4x4x8xui8>, %data: tensor<256xi8>) -> (tensor<1x2x2x8xi8>, tensor<1x4x4x8xi8>) {
  %table = lathe.constant dense<"0x000102030405060708090A0B0C0D0E0F"> : tensor<16xi8>
  %one = lathe.constant dense<1> : tensor<i32>
  %0 = lathe.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
       : (tensor<1x4x4x8xui8>) -> tensor<1x2x2x8xui8>
  %1 = lathe.cast %0 {to = i32} : (tensor<1x2x2x8xui8>) -> tensor<1x2x2x8xi32>
  %2 = lathe.gather %table, %1 {axis = 0 : i64} : (tensor<16xi8>, tensor<1x2x2x8xi32>) -> tensor<1x2x2x8xi8>
  %3 = lathe.add %1, %one : (tensor<1x2x2x8xi32>, tensor<i32>) -> tensor<1x2x2x8xi32>
  %4 = lathe.gather %table, %3 {axis = 0 : i64} : (tensor<16xi8>, tensor<1x2x2x8xi32>) -> tensor<1x2x2x8xi8>
  %5 = lathe.add %2, %4 : (tensor<1x2x2x8xi8>, tensor<1x2x2x8xi8>) -> tensor<1x2x2x8xi8>
  %6 = lathe.cast %x {to = i32} : (tensor<1x4x4x8xui8>) -> tensor<1x4x4x8xi32>
  %7 = lathe.gather %data, %6 {axis = 0 : i64} : (tensor<256xi8>, tensor<1x4x4x8xi32>) -> tensor<1x4x4x8xi8>
  return %5, %7 : tensor<1x2x2x8xi8>, tensor<1x4x4x8xi8>
}

// A sum reads each element once, so bytes lie in memory until it does.

// CHECK-LABEL: func.func @widening
// CHECK: lathe.kernel "relu"
// CHECK: lathe.yield %{{.*}} : tensor<1x4x4x8xi8>
// CHECK: lathe.kernel "cast_sub_reduce"
// CHECK-NOT: lathe.kernel
func.func @widening(%x: tensor<1x4x4x8xi8>) -> tensor<1x1x1x8xi32> {
  %zero = lathe.constant dense<-3> : tensor<i32>
  %0 = lathe.relu %x : (tensor<1x4x4x8xi8>) -> tensor<1x4x4x8xi8>
  %1 = lathe.cast %0 {to = i32} : (tensor<1x4x4x8xi8>) -> tensor<1x4x4x8xi32>
  %2 = lathe.sub %1, %zero : (tensor<1x4x4x8xi32>, tensor<i32>) -> tensor<1x4x4x8xi32>
  %3 = lathe.reduce sum %2 {axes = array<i64: 1, 2>, keep_dims} : (tensor<1x4x4x8xi32>) -> tensor<1x1x1x8xi32>
  return %3 : tensor<1x1x1x8xi32>
}

// A kernel has one root. What the other one gives is stored as bytes.

// CHECK-LABEL: func.func @narrow_roots
// CHECK: lathe.kernel "matmul_requantize"(
// CHECK: lathe.kernel "matmul_requantize_cast_cast_add"(
// CHECK-NOT: lathe.kernel
func.func @narrow_roots(%x: tensor<4x4xi8>, %v: tensor<4x4xi8>, %w: tensor<4x4xi8>, %m: tensor<4xi32>) -> tensor<4x4xi32> {
  %0 = lathe.matmul %x, %v : (tensor<4x4xi8>, tensor<4x4xi8>) -> tensor<4x4xi32>
  %1 = lathe.requantize %0, %m {shift = 31 : si64, zero_point = 3 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<4x4xi32>, tensor<4xi32>) -> tensor<4x4xi8>
  %2 = lathe.matmul %x, %w : (tensor<4x4xi8>, tensor<4x4xi8>) -> tensor<4x4xi32>
  %3 = lathe.requantize %2, %m {shift = 31 : si64, zero_point = 3 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<4x4xi32>, tensor<4xi32>) -> tensor<4x4xi8>
  %4 = lathe.cast %1 {to = i32} : (tensor<4x4xi8>) -> tensor<4x4xi32>
  %5 = lathe.cast %3 {to = i32} : (tensor<4x4xi8>) -> tensor<4x4xi32>
  %6 = lathe.add %4, %5 : (tensor<4x4xi32>, tensor<4x4xi32>) -> tensor<4x4xi32>
  return %6 : tensor<4x4xi32>
}
