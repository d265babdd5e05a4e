// RUN: lathe-opt %s --pass-pipeline='builtin.module(convert-lathe-to-linalg,func.func(convert-linalg-to-scheduled-loops,cse,canonicalize))' | FileCheck %s

// Threads share the full tiles of the outermost loop of the strategy; the rest is
// left to one of them. What is inside runs in order.

// CHECK-LABEL: func.func private @matmul
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[FOUR:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[END:.*]] = arith.constant 20 : index
// CHECK: scf.parallel (%[[M:.*]]) = (%[[ZERO]]) to (%[[END]]) step (%[[FOUR]]) {
// CHECK:   scf.for
// CHECK:     scf.for
// CHECK:   scf.reduce
// CHECK: } {lathe.names = ["m"]}
// CHECK-NOT: scf.parallel
// CHECK: return
func.func private @matmul(%x: memref<22x8xf32>, %w: memref<8x32xf32>, %out: memref<22x32xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1, 2], tile = [4, 16, 1], vector = 8, parallel = true>} {
  %0 = bufferization.to_tensor %x restrict : memref<22x8xf32> to tensor<22x8xf32>
  %1 = bufferization.to_tensor %w restrict : memref<8x32xf32> to tensor<8x32xf32>
  %2 = lathe.matmul %0, %1 : (tensor<22x8xf32>, tensor<8x32xf32>) -> tensor<22x32xf32>
  bufferization.materialize_in_destination %2 in restrict writable %out : (tensor<22x32xf32>, memref<22x32xf32>) -> ()
  return
}

// One tile needs no team.

// CHECK-LABEL: func.func private @one_tile
// CHECK-NOT: scf.parallel
// CHECK: return
func.func private @one_tile(%x: memref<4x8xf32>, %w: memref<8x32xf32>, %out: memref<4x32xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1, 2], tile = [4, 16, 1], vector = 8, parallel = true>} {
  %0 = bufferization.to_tensor %x restrict : memref<4x8xf32> to tensor<4x8xf32>
  %1 = bufferization.to_tensor %w restrict : memref<8x32xf32> to tensor<8x32xf32>
  %2 = lathe.matmul %0, %1 : (tensor<4x8xf32>, tensor<8x32xf32>) -> tensor<4x32xf32>
  bufferization.materialize_in_destination %2 in restrict writable %out : (tensor<4x32xf32>, memref<4x32xf32>) -> ()
  return
}

// The rows of a softmax along dimension 1: loops 0 and 1 of the reduction are
// dimensions 0 and 2, and the strategy asks for the latter outermost.

// CHECK-LABEL: func.func private @softmax
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
// CHECK-DAG: %[[END:.*]] = arith.constant 5 : index
// CHECK: scf.parallel (%[[K:.*]]) = (%[[ZERO]]) to (%[[END]]) step (%[[ONE]]) {
// CHECK:   scf.for %[[I:[a-z0-9]+]] =
// CHECK:     scf.for %[[J:[a-z0-9]+]] =
// CHECK:       memref.load %{{.*}}[%[[I]], %[[J]], %[[K]]]
// CHECK-NOT: scf.parallel
// CHECK: return
func.func private @softmax(%x: memref<3x8x5xf32>, %out: memref<3x8x5xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [1, 0, 2], tile = [1, 1, 1], vector = 1, parallel = true>} {
  %0 = bufferization.to_tensor %x restrict : memref<3x8x5xf32> to tensor<3x8x5xf32>
  %1 = lathe.softmax %0 {axis = 1 : i64} : (tensor<3x8x5xf32>) -> tensor<3x8x5xf32>
  bufferization.materialize_in_destination %1 in restrict writable %out : (tensor<3x8x5xf32>, memref<3x8x5xf32>) -> ()
  return
}
