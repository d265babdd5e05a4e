// RUN: lathe-opt %s --lathe-widen-floats -verify-each | FileCheck %s
// RUN: lathe-opt %s --lathe-widen-floats --lathe-widen-floats | FileCheck %s
// RUN: lathe-opt %s --lathe-widen-floats --lathe-form-kernels | FileCheck %s --check-prefix=KERNELS

// Weights keep their 16 bits; what is between input and output is f32.

// CHECK-LABEL: func.func @halves(%arg0: tensor<2x4xf16>) -> tensor<2x4xf16>
// CHECK: %[[X:.*]] = lathe.cast %arg0 {to = f32}
// CHECK: %[[W:.*]] = lathe.constant {{.*}} : tensor<4x4xf16>
// CHECK: %[[WIDE:.*]] = lathe.cast %[[W]] {to = f32}
// CHECK: %[[P:.*]] = lathe.matmul %[[X]], %[[WIDE]] {{.*}} -> tensor<2x4xf32>
// CHECK: %[[R:.*]] = lathe.relu %[[P]] : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK: %[[Y:.*]] = lathe.cast %[[R]] {to = f16}
// CHECK: return %[[Y]]

// The kernel reads the weights as they are stored.

// KERNELS: %[[W:.*]] = lathe.constant {{.*}} : tensor<4x4xf16>
// KERNELS: lathe.kernel "{{.*}}matmul_relu_cast"(%[[W]], %{{.*}})
func.func @halves(%x: tensor<2x4xf16>) -> tensor<2x4xf16> {
  %w = lathe.constant dense<[[1., 2., 3., 4.], [5., 6., 7., 8.], [1., 2., 3., 4.], [5., 6., 7., 8.]]> : tensor<4x4xf16>
  %0 = lathe.matmul %x, %w : (tensor<2x4xf16>, tensor<4x4xf16>) -> tensor<2x4xf16>
  %1 = lathe.relu %0 : (tensor<2x4xf16>) -> tensor<2x4xf16>
  return %1 : tensor<2x4xf16>
}

// A rounding that the model asks for stays.

// CHECK-LABEL: func.func @rounded
// CHECK: %[[H:.*]] = lathe.cast %arg0 {to = bf16}
// CHECK: %[[F:.*]] = lathe.cast %[[H]] {to = f32}
// CHECK: %[[E:.*]] = lathe.exp %[[F]]
// CHECK: lathe.cast %[[E]] {to = bf16}
func.func @rounded(%x: tensor<4xf32>) -> tensor<4xbf16> {
  %0 = lathe.cast %x {to = bf16} : (tensor<4xf32>) -> tensor<4xbf16>
  %1 = lathe.exp %0 : (tensor<4xbf16>) -> tensor<4xbf16>
  return %1 : tensor<4xbf16>
}

// A cast to f32 of what is computed in f32 goes.

// CHECK-LABEL: func.func @widened
// CHECK: %[[X:.*]] = lathe.cast %arg0 {to = f32}
// CHECK: %[[E:.*]] = lathe.exp %[[X]]
// CHECK: return %[[E]] : tensor<4xf32>
func.func @widened(%x: tensor<4xf16>) -> tensor<4xf32> {
  %0 = lathe.exp %x : (tensor<4xf16>) -> tensor<4xf16>
  %1 = lathe.cast %0 {to = f32} : (tensor<4xf16>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
