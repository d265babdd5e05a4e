// RUN: lathe-opt %s --lathe-expand-blocks | FileCheck %s
// RUN: lathe-opt %s --lathe-expand-blocks --lathe-form-kernels | FileCheck %s --check-prefix=KERNEL

// Elements 1 and -8 of the first column make the byte 0 * 16 + 9; of five rows
// the last byte has one element. The second block of scales is short.
// CHECK-LABEL: func @halves
func.func @halves() -> tensor<5x2xf32> {
  // CHECK: %[[SCALES:.*]] = lathe.constant dense<{{.*}}> : tensor<2x2xf16>
  // CHECK: %[[BYTES:.*]] = lathe.constant dense<{{\[}}[9, 250], [124, 109], [15, 0]]> : tensor<3x2xui8>
  // CHECK: %[[SPLIT:.*]] = lathe.reshape %[[BYTES]] {shape = array<i64: 3, 1, 2>}
  // CHECK: %[[TWICE:.*]] = lathe.broadcast %[[SPLIT]] {shape = array<i64: 3, 2, 2>}
  // CHECK: %[[SHIFTS:.*]] = lathe.constant dense<{{\[\[\[}}0], [4]]]> : tensor<1x2x1xui8>
  // CHECK: %[[MOVED:.*]] = lathe.shift_right %[[TWICE]], %[[SHIFTS]]
  // CHECK: %[[MASK:.*]] = lathe.constant dense<15> : tensor<ui8>
  // CHECK: %[[HALVES:.*]] = lathe.and %[[MOVED]], %[[MASK]]
  // CHECK: %[[ROWS:.*]] = lathe.reshape %[[HALVES]] {shape = array<i64: 6, 2>}
  // CHECK: %[[USED:.*]] = lathe.slice %[[ROWS]] {{.*}}sizes = array<i64: 5, 2>
  // CHECK: %[[WIDE:.*]] = lathe.cast %[[USED]] {to = f32}
  // CHECK: %[[EIGHT:.*]] = lathe.constant dense<8.000000e+00> : tensor<f32>
  // CHECK: %[[REAL:.*]] = lathe.sub %[[WIDE]], %[[EIGHT]]
  // CHECK: lathe.cast %[[SCALES]] {to = f32}
  // CHECK: lathe.broadcast {{.*}} {shape = array<i64: 2, 4, 2>}
  // CHECK: %[[FACTORS:.*]] = lathe.slice {{.*}}sizes = array<i64: 5, 2>
  // CHECK: lathe.mul %[[REAL]], %[[FACTORS]]
  %q = lathe.constant dense<[[1, 2], [-8, 7], [4, 5], [-1, -2], [7, -8]]> : tensor<5x2xi8>
  %s = lathe.constant dense<[[0.5, 1.0], [0.25, 0.125]]> : tensor<2x2xf16>
  %w = lathe.dequantize_blocks %q, %s {axis = 0 : i64, block = 4 : i64} : (tensor<5x2xi8>, tensor<2x2xf16>) -> tensor<5x2xf32>
  return %w : tensor<5x2xf32>
}

// 8 does not fit four bits.
// CHECK-LABEL: func @bytes
func.func @bytes() -> tensor<2x1xf32> {
  // CHECK: %[[BYTES:.*]] = lathe.constant dense<{{\[}}[1], [8]]> : tensor<2x1xi8>
  // CHECK-NOT: lathe.shift_right
  // CHECK: lathe.cast %[[BYTES]] {to = f32}
  %q = lathe.constant dense<[[1], [8]]> : tensor<2x1xi8>
  %s = lathe.constant dense<[[0.5]]> : tensor<1x1xf16>
  %w = lathe.dequantize_blocks %q, %s {axis = 0 : i64, block = 2 : i64} : (tensor<2x1xi8>, tensor<1x1xf16>) -> tensor<2x1xf32>
  return %w : tensor<2x1xf32>
}

// What is computed when the model runs has a byte for each element.
// CHECK-LABEL: func @computed
func.func @computed(%q: tensor<2x1xi8>) -> tensor<2x1xf32> {
  // CHECK: lathe.cast %arg0 {to = f32}
  %s = lathe.constant dense<[[0.5]]> : tensor<1x1xf16>
  %w = lathe.dequantize_blocks %q, %s {axis = 0 : i64, block = 2 : i64} : (tensor<2x1xi8>, tensor<1x1xf16>) -> tensor<2x1xf32>
  return %w : tensor<2x1xf32>
}

// The kernel that reads weights expands them, and needs no memory for that.
// KERNEL-LABEL: func @weights
func.func @weights(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
  // KERNEL: lathe.kernel "matmul"(
  // KERNEL-SAME: tensor<2x2xui8>
  // KERNEL: lathe.shift_right
  // KERNEL: lathe.matmul
  // KERNEL-NOT: lathe.kernel
  // KERNEL: return
  %q = lathe.constant dense<[[1, 2], [-8, 7], [4, 5], [-1, -2]]> : tensor<4x2xi8>
  %s = lathe.constant dense<[[0.5, 1.0]]> : tensor<1x2xf16>
  %w = lathe.dequantize_blocks %q, %s {axis = 0 : i64, block = 4 : i64} : (tensor<4x2xi8>, tensor<1x2xf16>) -> tensor<4x2xf32>
  %y = lathe.matmul %x, %w : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
