// RUN: lathe-opt %s --convert-lathe-to-linalg --split-input-file | FileCheck %s

// CHECK: affine_map<(d0, d1, d2) -> (d1, d2, d0)>
// CHECK-LABEL: func.func private @transpose
func.func private @transpose(%x: tensor<3x4x5xf32>) -> tensor<5x3x4xf32> {
  %0 = lathe.transpose %x {permutation = array<i64: 2, 0, 1>} : (tensor<3x4x5xf32>) -> tensor<5x3x4xf32>
  return %0 : tensor<5x3x4xf32>
}

// -----

// CHECK: affine_map<(d0, d1) -> (d0 + 1, d1 * -2 + 3)>
// CHECK-LABEL: func.func private @slice
func.func private @slice(%x: tensor<3x4xf32>) -> tensor<2x2xf32> {
  %0 = lathe.slice %x {offsets = array<i64: 1, 3>, sizes = array<i64: 2, 2>, steps = array<i64: 1, -2>} : (tensor<3x4xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

// linalg takes the extent of a bare dimension from the operand, and would
// refuse a map for the first two of three rows.

// CHECK-LABEL: func.func private @first_rows
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [2, 4] [1, 1] : tensor<3x4xf32> to tensor<2x4xf32>
func.func private @first_rows(%x: tensor<3x4xf32>) -> tensor<2x4xf32> {
  %0 = lathe.slice %x {offsets = array<i64: 0, 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : (tensor<3x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

// A slice of tensors has no negative steps.

// CHECK-LABEL: func.func private @last_of_first_rows
// CHECK-DAG: %[[I:.*]] = linalg.index 0
// CHECK-DAG: %[[J:.*]] = arith.addi
// CHECK: tensor.extract %{{.*}}[%[[I]], %[[J]]] : tensor<3x4xf32>
func.func private @last_of_first_rows(%x: tensor<3x4xf32>) -> tensor<2x4xf32> {
  %0 = lathe.slice %x {offsets = array<i64: 0, 3>, sizes = array<i64: 2, 4>, steps = array<i64: 1, -1>} : (tensor<3x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

// CHECK: affine_map<(d0, d1) -> (d0 mod 3, d1)>
// CHECK-LABEL: func.func private @tile
func.func private @tile(%x: tensor<3x4xf32>) -> tensor<6x4xf32> {
  %0 = lathe.tile %x {repeats = array<i64: 2, 1>} : (tensor<3x4xf32>) -> tensor<6x4xf32>
  return %0 : tensor<6x4xf32>
}

// -----

// CHECK: affine_map<(d0, d1) -> ((d0 + 1) mod 3, d1)>
// CHECK-LABEL: func.func private @wrap
func.func private @wrap(%x: tensor<3x4xf32>) -> tensor<9x4xf32> {
  %0 = lathe.pad %x {low = array<i64: 5, 0>, high = array<i64: 1, 0>, mode = #lathe<pad_mode wrap>} : (tensor<3x4xf32>) -> tensor<9x4xf32>
  return %0 : tensor<9x4xf32>
}

// -----

// CHECK-LABEL: func.func private @reflect
// CHECK: linalg.index 0
// CHECK: arith.maxsi
// CHECK: arith.minsi
// CHECK: %[[J:.*]] = linalg.index 1
// CHECK-NEXT: tensor.extract %{{.*}}[%{{.*}}, %[[J]]]
func.func private @reflect(%x: tensor<3x4xf32>) -> tensor<6x4xf32> {
  %0 = lathe.pad %x {low = array<i64: 1, 0>, high = array<i64: 2, 0>, mode = #lathe<pad_mode reflect>} : (tensor<3x4xf32>) -> tensor<6x4xf32>
  return %0 : tensor<6x4xf32>
}

// -----

// A border of the model's own is read like any element.

// CHECK-LABEL: func.func private @constant_border
// CHECK: %[[C:.*]] = arith.constant 2.500000e+00 : f32
// CHECK: tensor.pad
// CHECK: tensor.yield %[[C]]
// CHECK-NOT: lathe.neutral
func.func private @constant_border(%x: tensor<3xf32>) -> tensor<5xf32> {
  %c = lathe.constant dense<2.5> : tensor<f32>
  %0 = lathe.pad %x, %c {low = array<i64: 1>, high = array<i64: 1>} : (tensor<3xf32>, tensor<f32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

// One that is computed is chosen by position.

// CHECK-LABEL: func.func private @computed_border
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<1xf32>)
// CHECK: ^bb0(%[[BORDER:.*]]: f32, %{{.*}}: f32):
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult
// CHECK: %[[X:.*]] = tensor.extract
// CHECK: arith.select %[[INSIDE]], %[[X]], %[[BORDER]]
func.func private @computed_border(%x: tensor<3xf32>, %c: tensor<1xf32>) -> tensor<5xf32> {
  %0 = lathe.pad %x, %c {low = array<i64: 1>, high = array<i64: 1>} : (tensor<3xf32>, tensor<1xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

// CHECK: affine_map<(d0, d1, d2, d3) -> (d1, d2)>
// CHECK-LABEL: func.func private @gather
// CHECK: %[[I:.*]] = arith.index_cast
// CHECK: %[[FROM_START:.*]] = arith.select
// CHECK: %[[LOW:.*]] = arith.maxsi %[[FROM_START]], %{{.*}}
// CHECK: %[[AT:.*]] = arith.minsi %[[LOW]], %{{.*}}
// CHECK: tensor.extract %{{.*}}[%{{.*}}, %[[AT]], %{{.*}}] : tensor<3x4x5xf32>
func.func private @gather(%x: tensor<3x4x5xf32>, %i: tensor<2x2xi32>) -> tensor<3x2x2x5xf32> {
  %0 = lathe.gather %x, %i {axis = 1 : i64} : (tensor<3x4x5xf32>, tensor<2x2xi32>) -> tensor<3x2x2x5xf32>
  return %0 : tensor<3x2x2x5xf32>
}

// -----

// Only dimensions that are split differently are joined.

// CHECK-LABEL: func.func private @reshape
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]] : tensor<2x6x5xf32> into tensor<12x5xf32>
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2, 3]] {{.*}} : tensor<12x5xf32> into tensor<3x4x5x1xf32>
func.func private @reshape(%x: tensor<2x6x5xf32>) -> tensor<3x4x5x1xf32> {
  %0 = lathe.reshape %x {shape = array<i64: 3, 4, 5, 1>} : (tensor<2x6x5xf32>) -> tensor<3x4x5x1xf32>
  return %0 : tensor<3x4x5x1xf32>
}

// -----

// CHECK-LABEL: func.func private @to_scalar
// CHECK: tensor.collapse_shape %{{.*}} [] : tensor<1x1xf32> into tensor<f32>
func.func private @to_scalar(%x: tensor<1x1xf32>) -> tensor<f32> {
  %0 = lathe.reshape %x {shape = array<i64>} : (tensor<1x1xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// CHECK: affine_map<(d0, d1, d2) -> (0, d2)>
// CHECK-LABEL: func.func private @broadcast
func.func private @broadcast(%x: tensor<1x4xi1>) -> tensor<2x3x4xi1> {
  %0 = lathe.broadcast %x {shape = array<i64: 2, 3, 4>} : (tensor<1x4xi1>) -> tensor<2x3x4xi1>
  return %0 : tensor<2x3x4xi1>
}
