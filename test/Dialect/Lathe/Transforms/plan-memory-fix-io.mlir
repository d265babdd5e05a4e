// RUN: lathe-opt %s --lathe-isolate-buffers --lathe-form-kernels --canonicalize --lathe-select-strategy --lathe-schedule-kernels=io-in-arena --lathe-plan-memory="io-in-arena fix-io alignment=64" -verify-each | FileCheck %s

// What a caller sees lies at the start, in its order, whatever the kernels are: 36
// bytes take a unit of 64. The softmax could have been computed in the bytes of the
// product.

// CHECK-LABEL: func.func @places
// CHECK-SAME: tensor<3x3xf32> {lathe.offset = 0 : i64}
// CHECK-SAME: tensor<3x3xf32> {lathe.offset = 64 : i64}
// CHECK-SAME: -> (tensor<3x3xf32> {lathe.offset = 128 : i64})
// CHECK-SAME: lathe.arena_size = 256
// CHECK: lathe.kernel "matmul"
// CHECK-SAME: space = arena, index = 0, offset = 192
// CHECK: lathe.kernel "softmax"
// CHECK-SAME: space = arena, index = 0, offset = 128
func.func @places(%x: tensor<3x3xf32>, %w: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = lathe.matmul %x, %w : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  %1 = lathe.softmax %0 {axis = 1 : i64} : (tensor<3x3xf32>) -> tensor<3x3xf32>
  return %1 : tensor<3x3xf32>
}

// Intermediates use these bytes while they are free, here those of the output.

// CHECK-LABEL: func.func @reuses
// CHECK-SAME: lathe.arena_size = 192
// CHECK: lathe.kernel "matmul"
// CHECK-SAME: space = arena, index = 0, offset = 128
func.func @reuses(%x: tensor<3x3xf32>, %w: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = lathe.matmul %x, %w : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  %1 = lathe.softmax %0 {axis = 1 : i64} : (tensor<3x3xf32>) -> tensor<3x3xf32>
  %2 = lathe.matmul %1, %1 : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  %3 = lathe.matmul %2, %2 : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  return %3 : tensor<3x3xf32>
}
