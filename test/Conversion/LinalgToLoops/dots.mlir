// RUN: lathe-opt %s --lathe-lowering-pipeline="vector-bits=128 vector-registers=32 dots=u8" --split-input-file | FileCheck %s
// RUN: lathe-opt %s --lathe-lowering-pipeline="vector-bits=128 vector-registers=16 dots=s16" --split-input-file | FileCheck %s --check-prefix=WORDS
// RUN: lathe-opt %s --lathe-lowering-pipeline="vector-bits=128 vector-registers=32" --split-input-file | FileCheck %s --check-prefix=NONE

// 18 elements are four quads in a loop and a rest of two, whose weights are filled
// up with zeros. The fifth column is a vector of its own.

// CHECK-LABEL: func.func private @matmul(
// CHECK: scf.for %{{.*}} = %c0 to %c16 step %c4
// CHECK: %[[BYTES:.*]] = vector.load %arg0[%c0, %{{.*}}] : memref<12x18xi8>, vector<4xi8>
// CHECK: vector.bitcast %[[BYTES]] : vector<4xi8> to vector<1xi32>
// CHECK: %[[ALL:.*]] = vector.broadcast %{{.*}} : i32 to vector<4xi32>
// CHECK: %[[DATA:.*]] = vector.bitcast %[[ALL]] : vector<4xi32> to vector<16xi8>
// CHECK: %[[WEIGHTS:.*]] = vector.load %arg1[%c0, %c0, %{{.*}}, %c0] : memref<1x1x5x32xi8>, vector<16xi8>
// CHECK: lathe.dot unsigned %{{.*}}, %[[DATA]], %[[WEIGHTS]] : vector<4xi32>, vector<16xi8>, vector<16xi8>
// CHECK: scf.yield
// CHECK: vector.load %arg0[%c0, %c16] : memref<12x18xi8>, vector<2xi8>
// CHECK: lathe.dot unsigned

// Without byte instructions, even bytes and odd ones are numbers of 16 bits.

// WORDS-LABEL: func.func private @matmul(
// WORDS-DAG: arith.andi %{{.*}} : vector<8xi16>
// WORDS-DAG: arith.shrui %{{.*}} : vector<8xi16>
// WORDS: lathe.dot %{{.*}} : vector<4xi32>, vector<8xi16>, vector<8xi16>

// NONE-LABEL: func.func private @matmul(
// NONE-NOT: lathe.dot
// NONE: arith.muli %{{.*}} : vector<4xi32>
func.func @columns(%x: tensor<12x18xui8>) -> tensor<12x5xi32> {
  %w = lathe.constant dense<"0x010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990"> : tensor<18x5xi8>
  %0 = lathe.matmul %x, %w : (tensor<12x18xui8>, tensor<18x5xi8>) -> tensor<12x5xi32>
  return %0 : tensor<12x5xi32>
}

// -----

// Three rows of a window are joined, with a row of zeros, once for each column
// of the tile's three: two windows share one.

// CHECK-LABEL: func.func private @conv(
// CHECK-DAG: %[[ZEROS:.*]] = arith.constant dense<0> : vector<4xi8>
// CHECK: vector.shuffle %{{.*}}, %[[ZEROS]] [0, 1, 2, 3, 4, 5, 6, 7] : vector<4xi8>, vector<4xi8>
// CHECK: %[[JOINED:.*]] = vector.shuffle %{{.*}} [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15] : vector<16xi8>, vector<16xi8>
// CHECK: lathe.dot unsigned %{{.*}}, %[[JOINED]]
// CHECK-COUNT-3: lathe.dot unsigned
// CHECK-NOT: lathe.dot
// CHECK: return

// WORDS-LABEL: func.func private @conv(
// WORDS: vector.interleave %{{.*}} : vector<4xi8> -> vector<8xi8>
// WORDS-COUNT-8: lathe.dot
func.func @rows(%x: tensor<1x3x3x4xui8>) -> tensor<1x1x2x4xi32> {
  %w = lathe.constant dense<"0x010203040506070809101112131415161718192021222324"> : tensor<3x2x1x4xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 4 : i64}
       : (tensor<1x3x3x4xui8>, tensor<3x2x1x4xi8>) -> tensor<1x1x2x4xi32>
  return %0 : tensor<1x1x2x4xi32>
}

// -----

// Sixteen lanes of a requantization that fits them.

// CHECK-LABEL: func.func private @requantize(
// CHECK: %[[PRODUCTS:.*]] = lathe.rescale %{{.*}}, %{{.*}} {offset = 15032385536 : i64, shift = 32 : i64} : vector<4xi32>
// CHECK: %[[LOW:.*]] = arith.maxsi %[[PRODUCTS]]
// CHECK: %[[LIMITED:.*]] = arith.minsi %[[LOW]]
// CHECK: arith.trunci %[[LIMITED]] : vector<4xi32> to vector<4xi8>
// NONE-LABEL: func.func private @requantize(
// NONE: lathe.rescale
func.func @scaled(%x: tensor<4x4xi32>) -> tensor<4x4xi8> {
  %m = lathe.constant dense<[1, 2, 3, 1000000000]> : tensor<4xi32>
  %0 = lathe.requantize %x, %m {shift = 31 : si64, zero_point = 3 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<4x4xi32>, tensor<4xi32>) -> tensor<4x4xi8>
  return %0 : tensor<4x4xi8>
}
