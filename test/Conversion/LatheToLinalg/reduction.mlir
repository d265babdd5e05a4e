// RUN: lathe-opt %s --convert-lathe-to-linalg --split-input-file | FileCheck %s

// Parallel dimensions come first, whatever the axes.

// CHECK-DAG: #[[INPUT:.*]] = affine_map<(d0, d1, d2) -> (d1, d0, d2)>
// CHECK-DAG: #[[OUTPUT:.*]] = affine_map<(d0, d1, d2) -> (d0)>
// CHECK-LABEL: func.func private @mean
// CHECK: linalg.generic {indexing_maps = [#[[INPUT]], #[[OUTPUT]]], iterator_types = ["parallel", "reduction", "reduction"]}
// CHECK-SAME: lathe.loops = ["i", "r", "r"]
// CHECK: arith.constant 1.500000e+01 : f32
// CHECK: arith.divf
// CHECK: tensor.expand_shape {{.*}} : tensor<4xf32> into tensor<1x4x1xf32>
func.func private @mean(%x: tensor<3x4x5xf32>) -> tensor<1x4x1xf32> {
  %0 = lathe.reduce mean %x {axes = array<i64: 0, 2>, keep_dims} : (tensor<3x4x5xf32>) -> tensor<1x4x1xf32>
  return %0 : tensor<1x4x1xf32>
}

// -----

// CHECK-LABEL: func.func private @product
// CHECK: %[[ONE:.*]] = arith.constant 1 : i64
// CHECK: linalg.fill ins(%[[ONE]] : i64) outs(%{{.*}} : tensor<i64>)
// CHECK: arith.muli {{.*}} : i64
func.func private @product(%x: tensor<3xi64>) -> tensor<i64> {
  %0 = lathe.reduce prod %x {axes = array<i64: 0>} : (tensor<3xi64>) -> tensor<i64>
  return %0 : tensor<i64>
}

// -----

// CHECK-LABEL: func.func private @smallest
// CHECK: arith.constant 127 : i8
// CHECK: arith.minsi {{.*}} : i8
func.func private @smallest(%x: tensor<3x4xi8>) -> tensor<3xi8> {
  %0 = lathe.reduce min %x {axes = array<i64: 1>} : (tensor<3x4xi8>) -> tensor<3xi8>
  return %0 : tensor<3xi8>
}

// -----

// Of equal elements the first: only a greater one replaces it.

// CHECK-LABEL: func.func private @first
// CHECK: linalg.generic {{.*}} outs(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xi64>)
// CHECK-SAME: lathe.loops = ["i", "r"]
// CHECK: arith.cmpf ogt
// CHECK: linalg.index 1
func.func private @first(%x: tensor<3x4xf32>) -> tensor<3xi64> {
  %0 = lathe.arg_reduce max %x {axis = 1 : i64} : (tensor<3x4xf32>) -> tensor<3xi64>
  return %0 : tensor<3xi64>
}

// -----

// CHECK-LABEL: func.func private @last_unsigned
// CHECK: arith.cmpi uge, %[[BEST:.*]], %[[X:.*]] : i8
// CHECK: arith.select %{{.*}}, %[[X]], %[[BEST]] : i8
func.func private @last_unsigned(%x: tensor<3x4xui8>) -> tensor<3x1xi64> {
  %0 = lathe.arg_reduce min %x {axis = 1 : i64, keep_dims, select_last} : (tensor<3x4xui8>) -> tensor<3x1xi64>
  return %0 : tensor<3x1xi64>
}

// -----

// CHECK-DAG: #[[REDUCED:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: func.func private @softmax
// CHECK: arith.cmpf ogt
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[REDUCED]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel"]}
// CHECK: math.exp
// CHECK: linalg.generic {{.*}}, "reduction"]{{.*}}lathe.loops = ["i", "i", "r"]
// CHECK: arith.addf
// CHECK: arith.divf
func.func private @softmax(%x: tensor<3x4x5xf32>) -> tensor<3x4x5xf32> {
  %0 = lathe.softmax %x {axis = 1 : i64} : (tensor<3x4x5xf32>) -> tensor<3x4x5xf32>
  return %0 : tensor<3x4x5xf32>
}

// -----

// The logarithm is taken of the sum, not of the quotient.

// CHECK-LABEL: func.func private @log_softmax
// CHECK: %[[LOG:.*]] = math.log
// CHECK-NEXT: arith.subf %{{.*}}, %[[LOG]]
// CHECK-NOT: arith.divf
func.func private @log_softmax(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %0 = lathe.softmax %x {axis = 1 : i64, log} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

// CHECK-LABEL: func.func private @layer_norm
// CHECK: arith.constant 2.000000e+01 : f32
// CHECK: lathe.loops = ["i", "r", "r"]
// CHECK: %[[D:.*]] = arith.subf
// CHECK: arith.mulf %[[D]], %[[D]]
// CHECK: math.sqrt
// CHECK: arith.truncf
func.func private @layer_norm(%x: tensor<3x4x5xf16>, %s: tensor<4x5xf16>, %b: tensor<4x5xf16>) -> tensor<3x4x5xf16> {
  %0 = lathe.layer_norm %x scale %s bias %b {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<3x4x5xf16>, tensor<4x5xf16>, tensor<4x5xf16>) -> tensor<3x4x5xf16>
  return %0 : tensor<3x4x5xf16>
}

// -----

// CHECK-LABEL: func.func private @rms_norm
// CHECK-NOT: arith.subf
// CHECK: math.sqrt
// CHECK-NOT: arith.subf
func.func private @rms_norm(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %0 = lathe.layer_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64, rms} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}
