// RUN: lathe-opt %s --lathe-narrow-requantize --split-input-file | FileCheck %s

// What can be any number of 32 bits: 2^30 - 1 becomes 2^31 - 2, with a shift of
// 32; 2^30 has no bit to spare; 2^31 - 1 could give 2^31.
// CHECK-LABEL: func.func @any
// CHECK-DAG: %[[TWICE:.*]] = lathe.constant dense<[10, 2147483646]> : tensor<2xi32>
// CHECK: lathe.requantize %arg0, %[[TWICE]] {{.*}}lathe.narrow = 32{{.*}}shift = 32
// CHECK: lathe.requantize {{.*}}lathe.narrow = 31{{.*}}shift = 31
// CHECK: lathe.requantize
// CHECK-NOT: lathe.narrow
// CHECK: return
func.func @any(%x: tensor<1x2xi32>) -> (tensor<1x2xi8>, tensor<1x2xi8>, tensor<1x2xi8>) {
  %a = lathe.constant dense<[5, 1073741823]> : tensor<2xi32>
  %b = lathe.constant dense<[5, 1073741824]> : tensor<2xi32>
  %c = lathe.constant dense<[5, 2147483647]> : tensor<2xi32>
  %0 = lathe.requantize %x, %a {shift = 31 : si64, zero_point = 3 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<1x2xi32>, tensor<2xi32>) -> tensor<1x2xi8>
  %1 = lathe.requantize %x, %b {shift = 31 : si64, zero_point = 3 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<1x2xi32>, tensor<2xi32>) -> tensor<1x2xi8>
  %2 = lathe.requantize %x, %c {shift = 31 : si64, zero_point = 3 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<1x2xi32>, tensor<2xi32>) -> tensor<1x2xi8>
  return %0, %1, %2 : tensor<1x2xi8>, tensor<1x2xi8>, tensor<1x2xi8>
}

// -----

// Sums of two bytes have bits to spare themselves: what is multiplied is shifted.
// CHECK-LABEL: func.func @sums
// CHECK: lathe.requantize {{.*}}lathe.narrow = 32{{.*}}shift = 31
func.func @sums(%x: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %w = lathe.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %m = lathe.constant dense<[5, 2147483647]> : tensor<2xi32>
  %0 = lathe.matmul %x, %w : (tensor<1x2xi8>, tensor<2x2xi8>) -> tensor<1x2xi32>
  %1 = lathe.requantize %0, %m {shift = 31 : si64, zero_point = 3 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<1x2xi32>, tensor<2xi32>) -> tensor<1x2xi8>
  return %1 : tensor<1x2xi8>
}

// -----

// A shift beyond the upper half, and sums of 64 bits.
// CHECK-LABEL: func.func @others
// CHECK-NOT: lathe.narrow
// CHECK: return
func.func @others(%x: tensor<1x2xi32>, %y: tensor<1x2xi64>) -> (tensor<1x2xi8>, tensor<1x2xi8>) {
  %m = lathe.constant dense<5> : tensor<2xi32>
  %0 = lathe.requantize %x, %m {shift = 33 : si64, zero_point = 3 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<1x2xi32>, tensor<2xi32>) -> tensor<1x2xi8>
  %1 = lathe.requantize %y, %m {shift = 31 : si64, zero_point = 3 : si64, low = -128 : si64, high = 127 : si64, to = i8} : (tensor<1x2xi64>, tensor<2xi32>) -> tensor<1x2xi8>
  return %0, %1 : tensor<1x2xi8>, tensor<1x2xi8>
}
