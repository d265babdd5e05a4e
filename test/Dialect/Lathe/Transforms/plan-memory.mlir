// RUN: lathe-opt %s --lathe-isolate-buffers --lathe-form-kernels --canonicalize --lathe-select-strategy --lathe-schedule-kernels --lathe-plan-memory -verify-each | FileCheck %s

// Joined channels are written straight into the joined tensor: 16 channels apart,
// the second part 8 * 4 bytes on. Nothing else is in the arena, and the output of
// the model is the caller's.

// CHECK-LABEL: func.func @joined
// CHECK-SAME: lathe.arena_align = 16
// CHECK-SAME: lathe.arena_lower_bound = 256
// CHECK-SAME: lathe.arena_size = 256
// CHECK: lathe.kernel "relu"
// CHECK-SAME: #lathe.placement<space = arena, index = 0, offset = 0, strides = [16, 1]>
// CHECK: lathe.kernel "neg"
// CHECK-SAME: #lathe.placement<space = arena, index = 0, offset = 32, strides = [16, 1]>
// CHECK: lathe.kernel "matmul"
// CHECK-SAME: #lathe.placement<space = output, index = 0, offset = 0, strides = [2, 1]>
func.func @joined(%x: tensor<4x8xf32>, %w: tensor<16x2xf32>) -> tensor<4x2xf32> {
  %0 = lathe.relu %x : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = lathe.neg %x : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = lathe.concat %0, %1 {axis = 1 : i64} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
  %3 = lathe.matmul %2, %w : (tensor<4x16xf32>, tensor<16x2xf32>) -> tensor<4x2xf32>
  return %3 : tensor<4x2xf32>
}

// The softmax takes over the bytes of the product, which nothing else reads.

// CHECK-LABEL: func.func @in_place
// CHECK-SAME: lathe.arena_size = 64
// CHECK: lathe.kernel "matmul"
// CHECK-SAME: space = arena, index = 0, offset = 0
// CHECK: lathe.kernel "softmax"
// CHECK-SAME: space = arena, index = 0, offset = 0
func.func @in_place(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = lathe.matmul %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = lathe.softmax %0 {axis = 1 : i64} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = lathe.matmul %1, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %2 : tensor<4x4xf32>
}

// What is added to a product takes its place, though it becomes wider in between.

// CHECK-LABEL: func.func @sum_in_place
// CHECK: %[[OTHER:.*]] = lathe.kernel "relu"
// CHECK-SAME: offset = [[OFFSET:[0-9]+]]
// CHECK: lathe.kernel "matmul_cast_add_cast"(%{{.*}}, %{{.*}}, %[[OTHER]]) {in_place = array<i64: 2>
// CHECK-SAME: offset = [[OFFSET]]
func.func @sum_in_place(%x: tensor<4x4xi8>, %w: tensor<4x4xi8>) -> tensor<4x4xi8> {
  %0 = lathe.relu %x : (tensor<4x4xi8>) -> tensor<4x4xi8>
  %1 = lathe.neg %0 : (tensor<4x4xi8>) -> tensor<4x4xi8>
  %2 = lathe.matmul %1, %w : (tensor<4x4xi8>, tensor<4x4xi8>) -> tensor<4x4xi32>
  %3 = lathe.cast %0 {to = i32} : (tensor<4x4xi8>) -> tensor<4x4xi32>
  %4 = lathe.add %2, %3 : (tensor<4x4xi32>, tensor<4x4xi32>) -> tensor<4x4xi32>
  %5 = lathe.cast %4 {to = i8} : (tensor<4x4xi32>) -> tensor<4x4xi8>
  %6 = lathe.matmul %5, %w : (tensor<4x4xi8>, tensor<4x4xi8>) -> tensor<4x4xi32>
  %7 = lathe.cast %6 {to = i8} : (tensor<4x4xi32>) -> tensor<4x4xi8>
  return %7 : tensor<4x4xi8>
}

// Eight pixels grow from 4 to 8 bytes: what is written is at most 32 bytes ahead of
// what was read, so the data may end where the result ends.

// CHECK-LABEL: func.func @over_what_was_read
// CHECK-SAME: lathe.arena_size = 160
// CHECK: lathe.kernel "relu"
// CHECK-SAME: offset = 32,
// CHECK: lathe.kernel "window_conv_requantize"
// CHECK-SAME: offset = 0,
func.func @over_what_was_read(%x: tensor<1x1x8x4xi8>, %m: tensor<8xi32>) -> tensor<1x1x4x8xi8> {
  %w = lathe.constant dense<1> : tensor<2x2x2xi32>
  %b = lathe.constant dense<0> : tensor<8xi32>
  %0 = lathe.relu %x : (tensor<1x1x8x4xi8>) -> tensor<1x1x8x4xi8>
  %1 = lathe.window_conv %0, %w, %b {form = #lathe<window_form pairs>, kernel = array<i64>, strides = array<i64>, pads = array<i64>, channels = 8 : i64, padding = 0 : si64}
       : (tensor<1x1x8x4xi8>, tensor<2x2x2xi32>, tensor<8xi32>) -> tensor<1x1x8x8xi32>
  %2 = lathe.requantize %1, %m {shift = 31 : si64, zero_point = 3 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<1x1x8x8xi32>, tensor<8xi32>) -> tensor<1x1x8x8xi8>
  %3 = lathe.max_pool %2 {kernel = array<i64: 1, 2>, strides = array<i64: 1, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x1x8x8xi8>) -> tensor<1x1x4x8xi8>
  return %3 : tensor<1x1x4x8xi8>
}
