// RUN: lathe-opt %s --split-input-file --verify-diagnostics --lathe-isolate-buffers --lathe-form-kernels --lathe-select-strategy --lathe-schedule-kernels --lathe-plan-memory --lathe-outline-kernels -verify-each | FileCheck %s

// Models in one module give their weights and kernels names that differ, and
// take none that the module has already.

// CHECK: memref.global "private" constant @w : {{.*}}1.000000e+00
// CHECK: func.func private @layer_1(
// CHECK: func.func @a_run
// CHECK: get_global @w :
// CHECK: call @layer_1(
// CHECK: memref.global "private" constant @w_1 : {{.*}}5.000000e+00
// CHECK: func.func private @layer_2(
// CHECK: func.func @b_run
// CHECK: get_global @w_1 :
// CHECK: call @layer_2(
// CHECK: func.func private @layer()
func.func @a(%x: tensor<4xf32> {lathe.name = "x"}) -> (tensor<4xf32> {lathe.name = "y"}) {
  %w = lathe.constant dense<[1., 2., 3., 4.]> : tensor<4xf32> loc("w")
  %0 = lathe.mul %x, %w : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> loc("layer")
  return %0 : tensor<4xf32>
}
func.func @b(%x: tensor<4xf32> {lathe.name = "x"}) -> (tensor<4xf32> {lathe.name = "y"}) {
  %w = lathe.constant dense<[5., 2., 3., 4.]> : tensor<4xf32> loc("w")
  %0 = lathe.add %x, %w : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> loc("layer")
  return %0 : tensor<4xf32>
}
func.func private @layer()

// -----

// expected-error@+1 {{cannot have its entry called 'net_run', which is the name of another function}}
func.func @net(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = lathe.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @net_run()
