// RUN: lathe-opt %s --lathe-isolate-buffers --lathe-form-kernels --lathe-select-strategy --lathe-schedule-kernels --lathe-plan-memory -verify-each | FileCheck %s
// RUN: lathe-opt %s --lathe-isolate-buffers --lathe-form-kernels --lathe-select-strategy --lathe-plan-memory | FileCheck %s --check-prefix=GIVEN

// Both wide products are written before the narrow ones in the given order; run
// one after the other, the second wide tensor takes the place of the first.

// CHECK-LABEL: func.func @branches
// CHECK-SAME: lathe.arena_size = 528
// GIVEN-LABEL: func.func @branches
// GIVEN-SAME: lathe.arena_size = 1040
func.func @branches(%x: tensor<1x4xf32>, %w: tensor<4x128xf32>, %v: tensor<128x1xf32>) -> tensor<1x1xf32> {
  %0 = lathe.matmul %x, %w : (tensor<1x4xf32>, tensor<4x128xf32>) -> tensor<1x128xf32>
  %1 = lathe.matmul %x, %w : (tensor<1x4xf32>, tensor<4x128xf32>) -> tensor<1x128xf32>
  %2 = lathe.matmul %0, %v : (tensor<1x128xf32>, tensor<128x1xf32>) -> tensor<1x1xf32>
  %3 = lathe.matmul %1, %v : (tensor<1x128xf32>, tensor<128x1xf32>) -> tensor<1x1xf32>
  %4 = lathe.mul %2, %3 : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %4 : tensor<1x1xf32>
}
