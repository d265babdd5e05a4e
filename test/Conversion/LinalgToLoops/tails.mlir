// RUN: lathe-opt %s --convert-linalg-to-scheduled-loops --cse --canonicalize | FileCheck %s

// The end of a row that is no multiple of the vector is computed as a vector, too.

// Vectors of 512 bits read and write it with a mask.

// CHECK-LABEL: func.func private @masked
// CHECK-DAG: %[[MASK:.*]] = arith.constant dense<[true, true, true, true, true, true, true, true, true, true, true, false, false, false, false, false]> : vector<16xi1>
// CHECK: vector.load %{{.*}} : memref<2x27xf32>, vector<16xf32>
// CHECK: vector.maskedload %{{.*}}, %[[MASK]], %{{.*}} : memref<2x27xf32>
// CHECK: vector.maskedstore %{{.*}}, %[[MASK]], %{{.*}} : memref<2x27xf32>
func.func private @masked(%x: memref<2x27xf32>, %out: memref<2x27xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1], tile = [1, 32], vector = 16>} {
  %0 = bufferization.to_tensor %x restrict : memref<2x27xf32> to tensor<2x27xf32>
  %e = tensor.empty() : tensor<2x27xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x27xf32>) outs(%e : tensor<2x27xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<2x27xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<2x27xf32>, memref<2x27xf32>) -> ()
  return
}

// Others do so in pieces.

// CHECK-LABEL: func.func private @pieces
// CHECK-NOT: masked
// CHECK: vector.load %{{.*}} : memref<2x15xf32>, vector<8xf32>
// CHECK: vector.store {{.*}} vector<8xf32>
// CHECK: vector.load %{{.*}} : memref<2x15xf32>, vector<4xf32>
// CHECK: vector.load %{{.*}} : memref<2x15xf32>, vector<2xf32>
// CHECK: vector.load %{{.*}} : memref<2x15xf32>, vector<1xf32>
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK-NOT: arith.addf
// CHECK: vector.store {{.*}} vector<4xf32>
// CHECK: vector.store {{.*}} vector<2xf32>
// CHECK: vector.store {{.*}} vector<1xf32>
func.func private @pieces(%x: memref<2x15xf32>, %out: memref<2x15xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1], tile = [1, 16], vector = 8>} {
  %0 = bufferization.to_tensor %x restrict : memref<2x15xf32> to tensor<2x15xf32>
  %e = tensor.empty() : tensor<2x15xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x15xf32>) outs(%e : tensor<2x15xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %a : f32
    linalg.yield %s : f32
  } -> tensor<2x15xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<2x15xf32>, memref<2x15xf32>) -> ()
  return
}

// Nothing is computed in lanes that hold no element where that may fail.

// CHECK-LABEL: func.func private @may_fail
// CHECK: arith.divsi {{.*}} : vector<2xi32>
// CHECK: arith.divsi {{.*}} : i32
func.func private @may_fail(%x: memref<3xi32>, %out: memref<3xi32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0], tile = [3], vector = 4>} {
  %0 = bufferization.to_tensor %x restrict : memref<3xi32> to tensor<3xi32>
  %e = tensor.empty() : tensor<3xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<3xi32>) outs(%e : tensor<3xi32>) {
  ^bb0(%a: i32, %o: i32):
    %one = arith.constant 1 : i32
    %s = arith.divsi %one, %a : i32
    linalg.yield %s : i32
  } -> tensor<3xi32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<3xi32>, memref<3xi32>) -> ()
  return
}

// Weights in panels are read without masks, and where they lie: the panel is the
// tile's, the rest of the index its lane.

// CHECK-LABEL: func.func private @panels
// CHECK: %[[PANEL:.*]] = arith.divui %{{.*}}, %{{.*}} : index
// CHECK: vector.load %{{.*}}[%[[PANEL]], %{{.*}}, %c0] : memref<3x5x4xf32>, vector<4xf32>
// CHECK: vector.load %{{.*}}[%c2, %{{.*}}, %c0] : memref<3x5x4xf32>, vector<4xf32>
func.func private @panels(%x: memref<1x5xf32>, %w: memref<3x5x4xf32>, %out: memref<1x11xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [1, 0, 2], tile = [1, 4, 1], vector = 4>} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<1x5xf32> to tensor<1x5xf32>
  %1 = bufferization.to_tensor %w restrict : memref<3x5x4xf32> to tensor<3x5x4xf32>
  %t = tensor.empty() : tensor<5x3x4xf32>
  %rows = linalg.generic {indexing_maps = [affine_map<(k, p, j) -> (p, k, j)>, affine_map<(k, p, j) -> (k, p, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%1 : tensor<3x5x4xf32>) outs(%t : tensor<5x3x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<5x3x4xf32>
  %joined = tensor.collapse_shape %rows [[0], [1, 2]] : tensor<5x3x4xf32> into tensor<5x12xf32>
  %slice = tensor.extract_slice %joined[0, 0] [5, 11] [1, 1] : tensor<5x12xf32> to tensor<5x11xf32>
  %e = tensor.empty() : tensor<1x11xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<1x11xf32>) -> tensor<1x11xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %slice : tensor<1x5xf32>, tensor<5x11xf32>) outs(%init : tensor<1x11xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x11xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<1x11xf32>, memref<1x11xf32>) -> ()
  return
}
