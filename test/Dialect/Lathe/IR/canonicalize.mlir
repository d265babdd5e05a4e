// RUN: lathe-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: @slice_of_concat
// CHECK-NEXT: return %arg1
func.func @slice_of_concat(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = lathe.concat %a, %b {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
  %1 = lathe.slice %0 {offsets = array<i64: 0, 3>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : (tensor<2x7xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// CHECK-LABEL: @slice_across_concat
// CHECK: lathe.concat
func.func @slice_across_concat(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) -> tensor<2x2xf32> {
  %0 = lathe.concat %a, %b {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
  %1 = lathe.slice %0 {offsets = array<i64: 0, 2>, sizes = array<i64: 2, 2>, steps = array<i64: 1, 1>} : (tensor<2x7xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}

// CHECK-LABEL: @concat_of_neighbouring_slices
// CHECK-NEXT: return %arg0
func.func @concat_of_neighbouring_slices(%a: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %0 = lathe.slice %a {offsets = array<i64: 0, 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : (tensor<2x6xf32>) -> tensor<2x4xf32>
  %1 = lathe.slice %a {offsets = array<i64: 0, 4>, sizes = array<i64: 2, 2>, steps = array<i64: 1, 1>} : (tensor<2x6xf32>) -> tensor<2x2xf32>
  %2 = lathe.concat %0, %1 {axis = 1 : i64} : (tensor<2x4xf32>, tensor<2x2xf32>) -> tensor<2x6xf32>
  return %2 : tensor<2x6xf32>
}

// CHECK-LABEL: @concat_of_swapped_slices
// CHECK: lathe.concat
func.func @concat_of_swapped_slices(%a: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %0 = lathe.slice %a {offsets = array<i64: 0, 0>, sizes = array<i64: 2, 3>, steps = array<i64: 1, 1>} : (tensor<2x6xf32>) -> tensor<2x3xf32>
  %1 = lathe.slice %a {offsets = array<i64: 0, 3>, sizes = array<i64: 2, 3>, steps = array<i64: 1, 1>} : (tensor<2x6xf32>) -> tensor<2x3xf32>
  %2 = lathe.concat %1, %0 {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  return %2 : tensor<2x6xf32>
}

// CHECK-LABEL: @views_of_splat
// CHECK: %[[C:.*]] = lathe.constant dense<2.000000e+00> : tensor<3x4xf32>
// CHECK-NEXT: return %[[C]]
func.func @views_of_splat() -> tensor<3x4xf32> {
  %0 = lathe.constant dense<2.0> : tensor<12xf32>
  %1 = lathe.reshape %0 {shape = array<i64: 4, 3>} : (tensor<12xf32>) -> tensor<4x3xf32>
  %2 = lathe.transpose %1 {permutation = array<i64: 1, 0>} : (tensor<4x3xf32>) -> tensor<3x4xf32>
  return %2 : tensor<3x4xf32>
}

// CHECK-LABEL: @broadcast_into_elementwise
// CHECK-NEXT: %[[R:.*]] = lathe.add %arg0, %arg1 : (tensor<2x4xf32>, tensor<4xf32>)
// CHECK-NEXT: return %[[R]]
func.func @broadcast_into_elementwise(%a: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
  %0 = lathe.broadcast %b {shape = array<i64: 2, 4>} : (tensor<4xf32>) -> tensor<2x4xf32>
  %1 = lathe.add %a, %0 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// CHECK-LABEL: @broadcast_gives_the_shape
// CHECK: lathe.broadcast
func.func @broadcast_gives_the_shape(%b: tensor<4xf32>) -> tensor<2x4xf32> {
  %0 = lathe.broadcast %b {shape = array<i64: 2, 4>} : (tensor<4xf32>) -> tensor<2x4xf32>
  %1 = lathe.add %0, %b : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// CHECK-LABEL: @constant_condition
// CHECK: %[[R:.*]] = lathe.broadcast %arg0
// CHECK: return %[[R]], %arg1
func.func @constant_condition(%a: tensor<1xf32>, %b: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %t = lathe.constant dense<true> : tensor<i1>
  %f = lathe.constant dense<false> : tensor<i1>
  %0 = lathe.select %t, %a, %b : (tensor<i1>, tensor<1xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.select %f, %a, %b : (tensor<i1>, tensor<1xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @double_neg
// CHECK-NEXT: return %arg0
func.func @double_neg(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = lathe.neg %a : (tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.neg %0 : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: @cast_back
// CHECK-NEXT: return %arg0
func.func @cast_back(%a: tensor<4xf16>) -> tensor<4xf16> {
  %0 = lathe.cast %a {to = f32} : (tensor<4xf16>) -> tensor<4xf32>
  %1 = lathe.cast %0 {to = f16} : (tensor<4xf32>) -> tensor<4xf16>
  return %1 : tensor<4xf16>
}

// 24 digits of float do not hold 32 bits.
// CHECK-LABEL: @cast_that_rounds
// CHECK-COUNT-2: lathe.cast
func.func @cast_that_rounds(%a: tensor<4xi32>) -> tensor<4xi64> {
  %0 = lathe.cast %a {to = f32} : (tensor<4xi32>) -> tensor<4xf32>
  %1 = lathe.cast %0 {to = i64} : (tensor<4xf32>) -> tensor<4xi64>
  return %1 : tensor<4xi64>
}

// 300 as float gives 127 as int8, as integer it would give 44.
// CHECK-LABEL: @cast_that_saturates
// CHECK-COUNT-2: lathe.cast
func.func @cast_that_saturates(%a: tensor<4xi16>) -> tensor<4xi8> {
  %0 = lathe.cast %a {to = f32} : (tensor<4xi16>) -> tensor<4xf32>
  %1 = lathe.cast %0 {to = i8} : (tensor<4xf32>) -> tensor<4xi8>
  return %1 : tensor<4xi8>
}

// CHECK-LABEL: @merge_transposes
// CHECK-NEXT: return %arg0
func.func @merge_transposes(%a: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = lathe.transpose %a {permutation = array<i64: 1, 2, 0>} : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 2, 0, 1>} : (tensor<3x4x2xf32>) -> tensor<2x3x4xf32>
  return %1 : tensor<2x3x4xf32>
}

// CHECK-LABEL: @transpose_of_unit_dims
// CHECK: lathe.reshape %arg0 {shape = array<i64: 1, 5, 1, 4>}
func.func @transpose_of_unit_dims(%a: tensor<1x1x5x4xf32>) -> tensor<1x5x1x4xf32> {
  %0 = lathe.transpose %a {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x1x5x4xf32>) -> tensor<1x5x1x4xf32>
  return %0 : tensor<1x5x1x4xf32>
}

// CHECK-LABEL: @merge_slices
// CHECK: lathe.slice %arg0 {offsets = array<i64: 7>, sizes = array<i64: 2>, steps = array<i64: -4>}
func.func @merge_slices(%a: tensor<9xf32>) -> tensor<2xf32> {
  %0 = lathe.slice %a {offsets = array<i64: 1>, sizes = array<i64: 4>, steps = array<i64: 2>} : (tensor<9xf32>) -> tensor<4xf32>
  %1 = lathe.slice %0 {offsets = array<i64: 3>, sizes = array<i64: 2>, steps = array<i64: -2>} : (tensor<4xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: @flatten_concat
// CHECK: lathe.concat %arg0, %arg1, %arg0 {axis = 0 : i64}
func.func @flatten_concat(%a: tensor<2xf32>, %b: tensor<3xf32>, %empty: tensor<0xf32>) -> tensor<7xf32> {
  %0 = lathe.concat %b, %empty, %a {axis = 0 : i64} : (tensor<3xf32>, tensor<0xf32>, tensor<2xf32>) -> tensor<5xf32>
  %1 = lathe.concat %a, %0 {axis = 0 : i64} : (tensor<2xf32>, tensor<5xf32>) -> tensor<7xf32>
  return %1 : tensor<7xf32>
}

// CHECK-LABEL: @neutral_elements
// CHECK-NEXT: return %arg0
func.func @neutral_elements(%a: tensor<4xf32>) -> tensor<4xf32> {
  %zero = lathe.constant dense<0.0> : tensor<f32>
  %one = lathe.constant dense<1.0> : tensor<f32>
  %0 = lathe.add %zero, %a : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.mul %one, %0 : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = lathe.sub %1, %zero : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = lathe.div %2, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %4 = lathe.pow %3, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// CHECK-LABEL: @division_by_power_of_two
// CHECK: %[[C:.*]] = lathe.constant dense<2.500000e-01>
// CHECK: lathe.mul %arg0, %[[C]]
// CHECK: lathe.div %arg0
func.func @division_by_power_of_two(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %four = lathe.constant dense<4.0> : tensor<f32>
  %three = lathe.constant dense<3.0> : tensor<f32>
  %0 = lathe.div %a, %four : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = lathe.div %a, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @powers
// CHECK-DAG: lathe.mul %arg0, %arg0
// CHECK-DAG: lathe.sqrt %arg0
// CHECK-DAG: lathe.reciprocal %arg0
func.func @powers(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %two = lathe.constant dense<2.0> : tensor<f32>
  %half = lathe.constant dense<0.5> : tensor<f32>
  %minus = lathe.constant dense<-1.0> : tensor<f32>
  %0 = lathe.pow %a, %two : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = lathe.pow %a, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = lathe.pow %a, %minus : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @matmul_of_rows
// CHECK: %[[B:.*]] = lathe.constant
// CHECK: %[[FLAT:.*]] = lathe.reshape %arg0 {shape = array<i64: 8, 3>}
// CHECK: lathe.matmul %[[FLAT]], %arg1, %[[B]]
func.func @matmul_of_rows(%a: tensor<2x4x3xf32>, %w: tensor<3x2xf32>) -> tensor<2x4x2xf32> {
  %b = lathe.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = lathe.matmul %a, %w : (tensor<2x4x3xf32>, tensor<3x2xf32>) -> tensor<2x4x2xf32>
  %1 = lathe.add %0, %b : (tensor<2x4x2xf32>, tensor<2xf32>) -> tensor<2x4x2xf32>
  return %1 : tensor<2x4x2xf32>
}
