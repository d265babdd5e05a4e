// RUN: lathe-opt %s --lathe-quantize-dynamically="min-elements=4" --canonicalize | FileCheck %s
// RUN: lathe-opt %s --lathe-quantize-dynamically --canonicalize | FileCheck %s --check-prefix=FEW

// The data can be negative: int8 by its greatest magnitude. The weights lie on
// grids of 0.1 and 0.01.
// CHECK-LABEL: func @signed
// FEW-LABEL: func @signed
func.func @signed(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK-DAG: %[[LEVELS:.*]] = lathe.constant dense<1.270000e+02> : tensor<f32>
  // CHECK-DAG: %[[UNITS:.*]] = lathe.constant dense<[1.000000e-01, 0.00999999977]> : tensor<2xf32>
  // CHECK-DAG: %[[WEIGHTS:.*]] = lathe.constant dense<{{\[}}[10, -50], [3, 37]]> : tensor<2x2xi8>
  // CHECK-DAG: %[[BIAS:.*]] = lathe.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  // CHECK: %[[ABS:.*]] = lathe.abs %arg0
  // CHECK: %[[MAX:.*]] = lathe.reduce max %[[ABS]] {axes = array<i64: 0, 1>}
  // CHECK: %[[LARGEST:.*]] = lathe.max %[[MAX]]
  // CHECK: %[[SCALE:.*]] = lathe.div %[[LARGEST]], %[[LEVELS]]
  // CHECK: %[[PER_STEP:.*]] = lathe.div %[[LEVELS]], %[[LARGEST]]
  // CHECK: %[[STEPS:.*]] = lathe.mul %arg0, %[[PER_STEP]]
  // CHECK: %[[ROUNDED:.*]] = lathe.round %[[STEPS]]
  // CHECK: %[[LIMITED:.*]] = lathe.clamp %[[ROUNDED]] {max = 1.270000e+02 : f64, min = -1.270000e+02 : f64}
  // CHECK: %[[Q:.*]] = lathe.cast %[[LIMITED]] {to = i8}
  // CHECK: %[[SUMS:.*]] = lathe.matmul %[[Q]], %[[WEIGHTS]] : (tensor<3x2xi8>, tensor<2x2xi8>) -> tensor<3x2xi32>
  // CHECK: %[[UNIT:.*]] = lathe.mul %[[SCALE]], %[[UNITS]]
  // CHECK: %[[REAL:.*]] = lathe.cast %[[SUMS]] {to = f32}
  // CHECK: %[[PRODUCT:.*]] = lathe.mul %[[REAL]], %[[UNIT]]
  // CHECK: lathe.add %[[PRODUCT]], %[[BIAS]]
  // FEW: lathe.matmul {{.*}} : (tensor<3x2xf32>, tensor<2x2xf32>
  %w = lathe.constant dense<[[1.0, -0.5], [0.3, 0.37]]> : tensor<2x2xf32>
  %b = lathe.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = lathe.matmul %x, %w, %b : (tensor<3x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// Behind a ReLU all of uint8 is used. Both readers share the integers.
// CHECK-LABEL: func @unsigned
func.func @unsigned(%x: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  // CHECK: %[[RELU:.*]] = lathe.relu
  // CHECK-NOT: lathe.abs
  // CHECK: lathe.reduce max %[[RELU]]
  // CHECK: lathe.clamp {{.*}} {max = 2.550000e+02 : f64, min = 0.000000e+00 : f64}
  // CHECK: %[[Q:.*]] = lathe.cast {{.*}} {to = ui8}
  // CHECK-NOT: {to = ui8}
  // CHECK: lathe.matmul %[[Q]], {{.*}} : (tensor<3x2xui8>, tensor<2x2xi8>) -> tensor<3x2xi32>
  // CHECK: lathe.matmul %[[Q]], {{.*}} : (tensor<3x2xui8>, tensor<2x2xi8>) -> tensor<3x2xi32>
  %w = lathe.constant dense<[[1.0, -0.5], [0.3, 0.37]]> : tensor<2x2xf32>
  %v = lathe.constant dense<[[1.0, 0.5], [0.3, 0.37]]> : tensor<2x2xf32>
  %r = lathe.relu %x : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %y = lathe.matmul %r, %w : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %z = lathe.matmul %r, %v : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  return %y, %z : tensor<3x2xf32>, tensor<3x2xf32>
}

// The model computes its weights: nothing is stored in fewer bits.
// CHECK-LABEL: func @computed_weights
func.func @computed_weights(%x: tensor<3x2xf32>, %w: tensor<2x2xf32>) -> tensor<3x2xf32> {
  // CHECK-NEXT: lathe.matmul %arg0, %arg1 : (tensor<3x2xf32>, tensor<2x2xf32>)
  %y = lathe.matmul %x, %w : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
