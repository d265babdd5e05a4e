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
