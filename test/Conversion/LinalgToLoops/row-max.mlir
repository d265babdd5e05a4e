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
