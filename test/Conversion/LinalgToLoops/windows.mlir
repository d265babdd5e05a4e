// RUN: lathe-opt %s --pass-pipeline='builtin.module(convert-lathe-to-linalg,func.func(convert-linalg-to-scheduled-loops,cse,canonicalize))' | FileCheck %s

// A depthwise convolution with rows of sixteen pixels in tiles of four. The tiles at the
// ends lie at constant places: their window is unrolled, and each step takes the pixels
// that it has an input for (3, 4 and 4 at the beginning). Those between need no checks
// along the row, and the loop over the rows of the window is clipped.

// Before, each tile fetches what the one below it reads first: the pixels of the row
// two further down, one more at each end.

// CHECK-LABEL: func.func private @depthwise
// CHECK: scf.for %[[H:.*]] = %c0{{.*}} to %c5
// CHECK: %[[ROW:.*]] = arith.muli %[[H]], %c256
// CHECK: arith.addi %[[ROW]], %c496
// CHECK-COUNT-6: memref.prefetch {{.*}} locality<3>
// CHECK-DAG: %[[BEGIN:.*]] = arith.maxsi {{.*}} {lathe.name = "kh_begin"}
// CHECK-DAG: %[[END:.*]] = arith.minsi {{.*}} {lathe.name = "kh_end"}
// CHECK: scf.for {{.*}} = %[[BEGIN]] to %[[END]]
// CHECK-COUNT-3: arith.mulf
// CHECK: vector.load %arg1[{{.*}}, %c1, %c0, %c0]
// CHECK-COUNT-4: arith.mulf
// CHECK: vector.load %arg1[{{.*}}, %c2, %c0, %c0]
// CHECK-COUNT-4: arith.mulf
// CHECK: scf.yield
// CHECK-COUNT-4: vector.store
// CHECK: scf.for %{{.*}} = %c4{{.*}} to %c12{{.*}} step %c4
// CHECK-COUNT-6: memref.prefetch
// CHECK: scf.for {{.*}} = %[[BEGIN]] to %[[END]]
// CHECK: scf.for {{.*}} = %c0{{.*}} to %c3
// CHECK-COUNT-4: arith.mulf
// CHECK: scf.yield
// CHECK-COUNT-4: vector.store
// CHECK: scf.for {{.*}} = %[[BEGIN]] to %[[END]]
// CHECK-COUNT-8: arith.mulf
// CHECK: vector.load %arg1[{{.*}}, %c2, %c0, %c0]
// CHECK-COUNT-3: arith.mulf
// CHECK-NOT: arith.mulf
// CHECK: scf.yield
// CHECK-COUNT-4: vector.store
// CHECK: return
func.func private @depthwise(%x: memref<1x5x16x16xf32>, %w: memref<3x3x1x16xf32>, %out: memref<1x5x16x16xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 3, 1, 2, 4, 5], tile = [1, 1, 4, 16, 1, 1], vector = 16>} {
  %0 = bufferization.to_tensor %x restrict : memref<1x5x16x16xf32> to tensor<1x5x16x16xf32>
  %1 = bufferization.to_tensor %w restrict : memref<3x3x1x16xf32> to tensor<3x3x1x16xf32>
  %2 = lathe.conv %0, %1 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 16 : i64}
       : (tensor<1x5x16x16xf32>, tensor<3x3x1x16xf32>) -> tensor<1x5x16x16xf32>
  bufferization.materialize_in_destination %2 in restrict writable %out : (tensor<1x5x16x16xf32>, memref<1x5x16x16xf32>) -> ()
  return
}
