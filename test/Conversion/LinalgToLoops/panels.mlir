// RUN: lathe-opt %s --pass-pipeline='builtin.module(convert-lathe-to-linalg,func.func(convert-linalg-to-scheduled-loops,cse,canonicalize))' | FileCheck %s

// Weights packed into panels of 32 columns for several targets: a register tile of
// 16 columns begins in their middle, one of 48 crosses their border, and each of its
// vectors still is one load.

// CHECK-LABEL: func.func private @half
// CHECK: scf.for %[[N:.*]] = %{{.*}} to %c64{{.*}} step %c16
// CHECK: scf.for
// CHECK: scf.for
// CHECK-COUNT-2: vector.load %arg1[%{{.*}}] : memref<1x2x4x32xf32>, vector<8xf32>
// CHECK-NOT: memref.load %arg1
func.func private @half(%x: memref<8x4xf32>, %w: memref<1x2x4x32xf32>, %out: memref<8x64xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [1, 0, 2], tile = [4, 16, 1], vector = 8>} {
  %0 = bufferization.to_tensor %x restrict : memref<8x4xf32> to tensor<8x4xf32>
  %1 = bufferization.to_tensor %w restrict : memref<1x2x4x32xf32> to tensor<1x2x4x32xf32>
  %2 = lathe.transpose %1 {permutation = array<i64: 2, 0, 1, 3>} : (tensor<1x2x4x32xf32>) -> tensor<4x1x2x32xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 4, 64>} : (tensor<4x1x2x32xf32>) -> tensor<4x64xf32>
  %4 = lathe.matmul %0, %3 : (tensor<8x4xf32>, tensor<4x64xf32>) -> tensor<8x64xf32>
  bufferization.materialize_in_destination %4 in restrict writable %out : (tensor<8x64xf32>, memref<8x64xf32>) -> ()
  return
}

// CHECK-LABEL: func.func private @across
// CHECK: scf.for %[[N:.*]] = %{{.*}} to %c96{{.*}} step %c48
// CHECK-COUNT-3: vector.load %arg1[%{{.*}}] : memref<1x3x4x32xf32>, vector<16xf32>
// CHECK-NOT: memref.load %arg1
// CHECK: return
func.func private @across(%x: memref<8x4xf32>, %w: memref<1x3x4x32xf32>, %out: memref<8x96xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [1, 0, 2], tile = [4, 48, 1], vector = 16>} {
  %0 = bufferization.to_tensor %x restrict : memref<8x4xf32> to tensor<8x4xf32>
  %1 = bufferization.to_tensor %w restrict : memref<1x3x4x32xf32> to tensor<1x3x4x32xf32>
  %2 = lathe.transpose %1 {permutation = array<i64: 2, 0, 1, 3>} : (tensor<1x3x4x32xf32>) -> tensor<4x1x3x32xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 4, 96>} : (tensor<4x1x3x32xf32>) -> tensor<4x96xf32>
  %4 = lathe.matmul %0, %3 : (tensor<8x4xf32>, tensor<4x96xf32>) -> tensor<8x96xf32>
  bufferization.materialize_in_destination %4 in restrict writable %out : (tensor<8x96xf32>, memref<8x96xf32>) -> ()
  return
}
