// RUN: lathe-opt %s --pass-pipeline='builtin.module(convert-lathe-to-linalg,func.func(convert-linalg-to-scheduled-loops))' | FileCheck %s

// The greatest element of a row, compared and selected, is found in vectors and
// then among their lanes.

// CHECK-LABEL: func.func private @softmax
// CHECK: arith.cmpf ogt, %{{.*}}, %{{.*}} : vector<4xf32>
// CHECK: vector.reduction <maxnumf>, %{{.*}} : vector<4xf32> into f32
// CHECK: vector.reduction <add>, %{{.*}} : vector<4xf32> into f32
func.func private @softmax(%x: memref<3x8xf32>, %out: memref<3x8xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1], tile = [1, 1], vector = 4>} {
  %0 = bufferization.to_tensor %x restrict : memref<3x8xf32> to tensor<3x8xf32>
  %1 = lathe.softmax %0 {axis = 1 : i64} : (tensor<3x8xf32>) -> tensor<3x8xf32>
  bufferization.materialize_in_destination %1 in restrict writable %out : (tensor<3x8xf32>, memref<3x8xf32>) -> ()
  return
}

// What is left of a row is a vector, too, whose unused lanes count for nothing. It is stored
// in pieces, since the next row is read at once where a masked store would end.

// CHECK-LABEL: func.func private @rest
// CHECK-NOT: memref.load
// CHECK: scf.for
// CHECK: %[[MASK:.*]] = arith.constant dense<[true, true, true, false]> : vector<4xi1>
// CHECK-NEXT: arith.select %[[MASK]], %{{.*}} : vector<4xi1>, vector<4xf32>
// CHECK: vector.reduction <maxnumf>
// CHECK-NOT: memref.load
// CHECK: %[[MASK:.*]] = arith.constant dense<[true, true, true, false]> : vector<4xi1>
// CHECK-NEXT: arith.select %[[MASK]], %{{.*}} : vector<4xi1>, vector<4xf32>
// CHECK: vector.reduction <add>
// CHECK-NOT: memref.load
// CHECK-NOT: vector.maskedstore
// CHECK: vector.store %{{.*}} : memref<3x11xf32>, vector<2xf32>
// CHECK: vector.store %{{.*}} : memref<3x11xf32>, vector<1xf32>
// CHECK-NOT: memref.store
// CHECK: return
func.func private @rest(%x: memref<3x11xf32>, %out: memref<3x11xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1], tile = [1, 1], vector = 4>} {
  %0 = bufferization.to_tensor %x restrict : memref<3x11xf32> to tensor<3x11xf32>
  %1 = lathe.softmax %0 {axis = 1 : i64} : (tensor<3x11xf32>) -> tensor<3x11xf32>
  bufferization.materialize_in_destination %1 in restrict writable %out : (tensor<3x11xf32>, memref<3x11xf32>) -> ()
  return
}
