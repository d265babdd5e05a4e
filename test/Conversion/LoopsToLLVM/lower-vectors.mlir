// RUN: lathe-opt %s --lathe-lower-vectors | FileCheck %s

// CHECK-LABEL: func.func @transfers
// CHECK-NOT:     vector.transfer
// CHECK:         vector.load %{{.*}}[%{{.*}}, %{{.*}}] : memref<4x24xf32>, vector<16xf32>
// CHECK:         %[[MASK:.*]] = arith.cmpi {{.*}} : vector<16xi32>
// CHECK:         vector.maskedload %{{.*}}[%{{.*}}, %{{.*}}], %[[MASK]]
// CHECK:         vector.maskedstore
func.func @transfers(%x: memref<4x24xf32>, %i: index, %j: index) {
  %zero = arith.constant 0.0 : f32
  %0 = vector.transfer_read %x[%i, %j], %zero {in_bounds = [true]}
      : memref<4x24xf32>, vector<16xf32>
  %1 = vector.transfer_read %x[%j, %i], %zero : memref<4x24xf32>, vector<16xf32>
  %2 = arith.addf %0, %1 : vector<16xf32>
  vector.transfer_write %2, %x[%j, %i] : vector<16xf32>, memref<4x24xf32>
  return
}

// A small matmul keeps one vector per row of the accumulator.
// CHECK-LABEL: func.func @contract
// CHECK-COUNT-4: vector.fma %{{.*}} : vector<8xf32>
// CHECK-NOT:     vector.contract
// CHECK-COUNT-2: vector.store %{{.*}} : memref<2x8xf32>, vector<8xf32>
func.func @contract(%a: vector<2x2xf32>, %b: vector<2x8xf32>,
                    %c: vector<2x8xf32>, %y: memref<2x8xf32>) {
  %c0 = arith.constant 0 : index
  %0 = vector.contract {
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
                       affine_map<(m, n, k) -> (k, n)>,
                       affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"],
      kind = #vector.kind<add>} %a, %b, %c
      : vector<2x2xf32>, vector<2x8xf32> into vector<2x8xf32>
  vector.transfer_write %0, %y[%c0, %c0] {in_bounds = [true, true]}
      : vector<2x8xf32>, memref<2x8xf32>
  return
}

// Floats are added up by halves.
// CHECK-LABEL: func.func @reductions
// CHECK: arith.addf %{{.*}} : vector<4xf32>
// CHECK: arith.addf %{{.*}} : vector<2xf32>
// CHECK: arith.addf %{{.*}} : vector<1xf32>
// CHECK: arith.maxnumf %{{.*}} : vector<4xf32>
// CHECK: arith.maxnumf %{{.*}} : vector<2xf32>
// CHECK: arith.maxnumf %{{.*}} : vector<1xf32>
// CHECK: vector.reduction <add>, %{{.*}} : vector<8xi32> into i32
func.func @reductions(%x: vector<8xf32>, %i: vector<8xi32>) -> (f32, f32, i32) {
  %0 = vector.reduction <add>, %x : vector<8xf32> into f32
  %1 = vector.reduction <maxnumf>, %x : vector<8xf32> into f32
  %2 = vector.reduction <add>, %i : vector<8xi32> into i32
  return %0, %1, %2 : f32, f32, i32
}
