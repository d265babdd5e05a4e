// RUN: lathe-opt %s --pass-pipeline='builtin.module(convert-lathe-to-linalg,func.func(convert-linalg-to-scheduled-loops,cse,canonicalize))' | FileCheck %s

// Four tiles of rows pass over a panel of 16 x 32 weights, so each of the 16 steps of a
// pass fetches eight elements of the next panel, 512 elements on.

// CHECK-LABEL: func.func private @passes
// CHECK: scf.for %[[N:.*]] = %c0{{.*}} to %c64{{.*}} step %c32
// CHECK: scf.for %[[M:.*]] = %c0{{.*}} to %c16{{.*}} step %c4
// CHECK: scf.for %[[K:.*]] = %c0{{.*}} iter_args
// CHECK: %[[PANEL:.*]] = arith.muli %[[N]], %c16
// CHECK: %[[STEP:.*]] = arith.muli %[[K]], %c8
// CHECK: %[[AT:.*]] = arith.addi %[[PANEL]], %[[STEP]]
// CHECK: %[[TILE:.*]] = arith.divui %[[M]], %c4
// CHECK: %[[PASS:.*]] = arith.muli %[[TILE]], %c128
// CHECK: %[[SHARE:.*]] = arith.addi %[[AT]], %[[PASS]]
// CHECK: %[[NEXT:.*]] = arith.addi %[[SHARE]], %c512
// CHECK: memref.prefetch %{{.*}}[%[[NEXT]]], read, locality<2>, data : memref<1024xf32>
// CHECK-COUNT-2: vector.load %arg1
func.func private @passes(%x: memref<16x16xf32>, %w: memref<1x2x16x32xf32>, %out: memref<16x64xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [1, 0, 2], tile = [4, 32, 1], vector = 16>} {
  %0 = bufferization.to_tensor %x restrict : memref<16x16xf32> to tensor<16x16xf32>
  %1 = bufferization.to_tensor %w restrict : memref<1x2x16x32xf32> to tensor<1x2x16x32xf32>
  %2 = lathe.transpose %1 {permutation = array<i64: 2, 0, 1, 3>} : (tensor<1x2x16x32xf32>) -> tensor<16x1x2x32xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 16, 64>} : (tensor<16x1x2x32xf32>) -> tensor<16x64xf32>
  %4 = lathe.matmul %0, %3 : (tensor<16x16xf32>, tensor<16x64xf32>) -> tensor<16x64xf32>
  bufferization.materialize_in_destination %4 in restrict writable %out : (tensor<16x64xf32>, memref<16x64xf32>) -> ()
  return
}

// A single pass reads what the processor fetches by itself.

// CHECK-LABEL: func.func private @once
// CHECK-NOT: memref.prefetch
// CHECK: return
func.func private @once(%x: memref<4x16xf32>, %w: memref<1x2x16x32xf32>, %out: memref<4x64xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [1, 0, 2], tile = [4, 32, 1], vector = 16>} {
  %0 = bufferization.to_tensor %x restrict : memref<4x16xf32> to tensor<4x16xf32>
  %1 = bufferization.to_tensor %w restrict : memref<1x2x16x32xf32> to tensor<1x2x16x32xf32>
  %2 = lathe.transpose %1 {permutation = array<i64: 2, 0, 1, 3>} : (tensor<1x2x16x32xf32>) -> tensor<16x1x2x32xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 16, 64>} : (tensor<16x1x2x32xf32>) -> tensor<16x64xf32>
  %4 = lathe.matmul %0, %3 : (tensor<4x16xf32>, tensor<16x64xf32>) -> tensor<4x64xf32>
  bufferization.materialize_in_destination %4 in restrict writable %out : (tensor<4x64xf32>, memref<4x64xf32>) -> ()
  return
}
