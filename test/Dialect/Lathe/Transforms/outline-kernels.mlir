// RUN: lathe-opt %s --lathe-isolate-buffers --lathe-form-kernels --canonicalize --lathe-select-strategy --lathe-schedule-kernels --lathe-plan-memory --lathe-outline-kernels -verify-each | FileCheck %s

// Two layers that differ in their weights alone share one function, whose comment
// names both; the entry passes each its weights.

// CHECK: memref.global "private" constant @first_w
// CHECK: memref.global "private" constant @second_w
// CHECK: func.func private @first(%{{.*}}: memref<1x4xf32> {lathe.name = "x"}, %{{.*}}: memref<4x4xf32> {lathe.name = "weight"}, %{{.*}}: memref<1x4xf32> {lathe.name = "y"})
// CHECK-SAME: lathe.doc = ["first, first_relu", "1x4xf32, 4x4xf32 -> 1x4xf32", "16 MACs, 4 elementwise operations", "also second, second_relu"]
// CHECK: bufferization.to_tensor
// CHECK: lathe.matmul
// CHECK: bufferization.materialize_in_destination
// CHECK-NOT: func.func private
// CHECK: func.func @net_run(%[[X:.*]]: memref<1x4xf32> {lathe.name = "x"}, %[[Y:.*]]: memref<1x4xf32> {lathe.name = "y"}, %[[ARENA:.*]]: memref<16xi8> {lathe.align = 16 : i64})
// CHECK-SAME: lathe.entry, lathe.model = "net", lathe.num_inputs = 1
// CHECK: %[[W1:.*]] = memref.get_global @first_w
// CHECK: %[[T:.*]] = memref.view %[[ARENA]]
// CHECK: call @first(%[[X]], %[[W1]], %[[T]])
// CHECK: %[[W2:.*]] = memref.get_global @second_w
// CHECK: call @first(%{{.*}}, %[[W2]], %[[Y]])
func.func @net(%x: tensor<1x4xf32> {lathe.name = "x"}) -> (tensor<1x4xf32> {lathe.name = "y"}) {
  %w1 = lathe.constant dense<[[1., 2., 3., 4.], [5., 6., 7., 8.], [9., 10., 11., 12.], [13., 14., 15., 16.]]> : tensor<4x4xf32> loc("first_w")
  %w2 = lathe.constant dense<[[2., 2., 3., 4.], [5., 6., 7., 8.], [9., 10., 11., 12.], [13., 14., 15., 16.]]> : tensor<4x4xf32> loc("second_w")
  %0 = lathe.matmul %x, %w1 : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32> loc("first")
  %1 = lathe.relu %0 : (tensor<1x4xf32>) -> tensor<1x4xf32> loc("first_relu")
  %2 = lathe.matmul %1, %w2 : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32> loc("second")
  %3 = lathe.relu %2 : (tensor<1x4xf32>) -> tensor<1x4xf32> loc("second_relu")
  return %3 : tensor<1x4xf32>
}
