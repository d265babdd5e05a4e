// RUN: lathe-opt %s --convert-linalg-to-scheduled-loops --cse --canonicalize --split-input-file | FileCheck %s

// What is computed before and after a table is looked up stays in vectors. Only
// lanes that are used read the table: others may hold any index.

// CHECK-LABEL: func.func private @table
// CHECK: %[[X:.*]] = vector.load %{{.*}} : memref<2x7xi32>, vector<4xi32>
// CHECK: %[[MOVED:.*]] = arith.addi %[[X]], %{{.*}} : vector<4xi32>
// CHECK: vector.extract %[[MOVED]][0]
// CHECK: arith.index_cast %{{.*}} : i32 to index
// CHECK: memref.load %arg1[%{{.*}}] : memref<256xi8>
// CHECK-COUNT-3: memref.load %arg1[%{{.*}}] : memref<256xi8>
// CHECK: vector.from_elements {{.*}} : vector<4xi8>
// CHECK: arith.extsi %{{.*}} : vector<4xi8> to vector<4xi32>
// CHECK-COUNT-3: memref.load %arg1[%{{.*}}] : memref<256xi8>
// CHECK-NOT: memref.load
func.func private @table(%x: memref<2x7xi32>, %table: memref<256xi8>, %out: memref<2x7xi32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1], tile = [1, 8], vector = 4>} {
  %0 = bufferization.to_tensor %x restrict : memref<2x7xi32> to tensor<2x7xi32>
  %1 = bufferization.to_tensor %table restrict : memref<256xi8> to tensor<256xi8>
  %e = tensor.empty() : tensor<2x7xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x7xi32>) outs(%e : tensor<2x7xi32>) {
  ^bb0(%a: i32, %o: i32):
    %first = arith.constant 128 : i32
    %moved = arith.addi %a, %first : i32
    %index = arith.index_cast %moved : i32 to index
    %entry = tensor.extract %1[%index] : tensor<256xi8>
    %wide = arith.extsi %entry : i8 to i32
    linalg.yield %wide : i32
  } -> tensor<2x7xi32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<2x7xi32>, memref<2x7xi32>) -> ()
  return
}

// -----

// Vectors of AVX-512 are looked up whole, four of them at a time; the end of a
// row is one of its own.

// CHECK-LABEL: func.func private @bytes
// CHECK-DAG: vector.load %arg0{{.*}} : memref<75xi8>, vector<64xi8>
// CHECK-DAG: %[[TABLE:.*]] = vector.load %arg1{{.*}} : memref<256xi8>, vector<256xi8>
// CHECK: %[[FOUND:.*]] = lathe.lookup %{{.*}}, %[[TABLE]] : vector<64xi8>
// CHECK: vector.store %[[FOUND]]
// CHECK: lathe.lookup %{{.*}}, %{{.*}} : vector<16xi8>
// CHECK-NOT: memref.load
func.func private @bytes(%x: memref<75xi8>, %table: memref<256xi8>, %out: memref<75xi8>)
    attributes {lathe.strategy = #lathe.strategy<order = [0], tile = [64], vector = 16>} {
  %0 = bufferization.to_tensor %x restrict : memref<75xi8> to tensor<75xi8>
  %1 = bufferization.to_tensor %table restrict : memref<256xi8> to tensor<256xi8>
  %e = tensor.empty() : tensor<75xi8>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<75xi8>) outs(%e : tensor<75xi8>) {
  ^bb0(%a: i8, %o: i8):
    %wide = arith.extui %a : i8 to i32
    %index = arith.index_cast %wide : i32 to index
    %entry = tensor.extract %1[%index] : tensor<256xi8>
    linalg.yield %entry : i8
  } -> tensor<75xi8>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<75xi8>, memref<75xi8>) -> ()
  return
}
