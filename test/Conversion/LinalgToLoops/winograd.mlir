// RUN: lathe-opt %s --pass-pipeline='builtin.module(convert-lathe-to-linalg,func.func(convert-linalg-to-scheduled-loops,cse,canonicalize))' | FileCheck %s

// A row of seven tiles at a time: 36 matrices V of 7 tiles and 16 channels, then for
// each group of 32 output channels the 36 products in a register tile, and from
// these the tiles with the bias and the Relu behind.

// CHECK-LABEL: func.func private @conv
// CHECK-DAG: %[[V:.*]] = memref.reinterpret_cast {{.*}} to memref<36x7x16xf32, strided<[112, 16, 1]>>
// CHECK-DAG: %[[M:.*]] = memref.reinterpret_cast {{.*}} to memref<36x7x32xf32, strided<[240, 32, 1]>>
// CHECK: scf.for
// CHECK:   scf.for
// CHECK:     scf.if
// CHECK-COUNT-36: vector.load %arg0[{{.*}} : memref<1x28x28x16xf32>, vector<16xf32>
// CHECK-COUNT-36: vector.store {{.*}}, %[[V]]
// Patches at the border have the same with a check of each pixel.
// CHECK:     } else {
// CHECK-COUNT-36: vector.store {{.*}}, %[[V]]
// CHECK:   scf.for
// CHECK:     scf.for
// CHECK:       scf.for {{.*}} iter_args
// CHECK-COUNT-2: vector.load %arg1[{{.*}} : memref<2x36x16x32xf32>, vector<16xf32>
// CHECK-COUNT-7: memref.load %[[V]]
// CHECK:         scf.yield
// CHECK-COUNT-14: vector.store {{.*}}, %[[M]]
// CHECK:     scf.for
// CHECK-COUNT-36: vector.load %[[M]]
// CHECK:       arith.select
// CHECK:       vector.store {{.*}}, %arg3
// CHECK-NOT:   scf.if
// CHECK: return
func.func private @conv(%x: memref<1x28x28x16xf32>, %u: memref<2x36x16x32xf32>, %b: memref<64xf32>, %out: memref<1x28x28x64xf32>, %scratch: memref<50688xi8>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1, 2, 3], tile = [1, 7, 32, 1], vector = 16>} {
  %0 = bufferization.to_tensor %x restrict : memref<1x28x28x16xf32> to tensor<1x28x28x16xf32>
  %1 = bufferization.to_tensor %u restrict : memref<2x36x16x32xf32> to tensor<2x36x16x32xf32>
  %2 = bufferization.to_tensor %b restrict : memref<64xf32> to tensor<64xf32>
  %3 = lathe.winograd_conv %0, %1, %2 {block = array<i64: 1, 7>, channels = 64 : i64, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x28x28x16xf32>, tensor<2x36x16x32xf32>, tensor<64xf32>) -> tensor<1x28x28x64xf32>
  %4 = lathe.relu %3 : (tensor<1x28x28x64xf32>) -> tensor<1x28x28x64xf32>
  bufferization.materialize_in_destination %4 in restrict writable %out : (tensor<1x28x28x64xf32>, memref<1x28x28x64xf32>) -> ()
  return
}

// Threads share the seven blocks, each with scratch of its own.

// CHECK-LABEL: func.func private @shared
// CHECK: scf.parallel (%[[SHARE:.*]]) =
// CHECK:   %[[START:.*]] = arith.muli %[[SHARE]]
// CHECK:   memref.view %arg3[%[[START]]]
// CHECK: scf.reduce
func.func private @shared(%x: memref<1x28x28x16xf32>, %u: memref<2x36x16x32xf32>, %out: memref<1x28x28x64xf32>, %scratch: memref<101376xi8>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1, 2, 3], tile = [1, 7, 32, 1], vector = 16, parallel = true>} {
  %0 = bufferization.to_tensor %x restrict : memref<1x28x28x16xf32> to tensor<1x28x28x16xf32>
  %1 = bufferization.to_tensor %u restrict : memref<2x36x16x32xf32> to tensor<2x36x16x32xf32>
  %2 = lathe.winograd_conv %0, %1 {block = array<i64: 1, 7>, channels = 64 : i64, pads = array<i64: 1, 1, 1, 1>, shares = 2 : i64}
       : (tensor<1x28x28x16xf32>, tensor<2x36x16x32xf32>) -> tensor<1x28x28x64xf32>
  bufferization.materialize_in_destination %2 in restrict writable %out : (tensor<1x28x28x64xf32>, memref<1x28x28x64xf32>) -> ()
  return
}

// Bytes: V of 16 bits, 15 channels of which fill eight products of pairs, which are
// loaded as one number each, and M of 32 bits. The products are divided by 576, which
// is a multiplication by 1/9 modulo 2^32 and a shift by 6.

// CHECK-LABEL: func.func private @bytes
// CHECK-DAG: %[[V:.*]] = memref.reinterpret_cast {{.*}} to memref<36x7x16xi16, strided<[160, 16, 1]>>
// CHECK-DAG: %[[PAIRS:.*]] = memref.reinterpret_cast {{.*}} to memref<36x7x8xi32, strided<[80, 8, 1]>>
// CHECK-DAG: %[[M:.*]] = memref.reinterpret_cast {{.*}} to memref<36x7x16xi32, strided<[112, 16, 1]>>
// CHECK-DAG: %[[NINTH:.*]] = arith.constant dense<954437177> : vector<8xi32>
// CHECK-DAG: %[[SIX:.*]] = arith.constant dense<6> : vector<8xi32>
// CHECK: scf.if
// CHECK: %[[BYTES:.*]] = vector.load %arg0[{{.*}} : memref<1x28x28x15xi8>, vector<8xi8>
// CHECK: arith.extui %[[BYTES]] : vector<8xi8> to vector<8xi16>
// CHECK: vector.store {{.*}}, %[[V]]
// CHECK: scf.for {{.*}} iter_args
// CHECK-COUNT-2: vector.load %arg1[{{.*}} : memref<1x36x8x32xi16>, vector<16xi16>
// CHECK: %[[PAIR:.*]] = memref.load %[[PAIRS]]
// CHECK: %[[ALL:.*]] = vector.broadcast %[[PAIR]] : i32 to vector<8xi32>
// CHECK: %[[DATA:.*]] = vector.bitcast %[[ALL]] : vector<8xi32> to vector<16xi16>
// CHECK: lathe.dot %{{.*}}, %[[DATA]], %{{.*}} : vector<8xi32>, vector<16xi16>, vector<16xi16>
// CHECK: vector.store {{.*}}, %[[M]]
// CHECK: %[[SUM:.*]] = arith.muli %{{.*}}, %[[NINTH]]
// CHECK: arith.shrsi %[[SUM]], %[[SIX]]
func.func private @bytes(%x: memref<1x28x28x15xi8>, %u: memref<1x36x8x32xi16>, %out: memref<1x28x28x16xi32>, %scratch: memref<27648xi8>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1, 2, 3], tile = [1, 7, 16, 1], vector = 8>} {
  %0 = bufferization.to_tensor %x restrict : memref<1x28x28x15xi8> to tensor<1x28x28x15xi8>
  %1 = bufferization.to_tensor %u restrict : memref<1x36x8x32xi16> to tensor<1x36x8x32xi16>
  %2 = lathe.winograd_conv %0, %1 {block = array<i64: 1, 7>, channels = 16 : i64, pads = array<i64: 1, 1, 1, 1>, is_unsigned}
       : (tensor<1x28x28x15xi8>, tensor<1x36x8x32xi16>) -> tensor<1x28x28x16xi32>
  bufferization.materialize_in_destination %2 in restrict writable %out : (tensor<1x28x28x16xi32>, memref<1x28x28x16xi32>) -> ()
  return
}
