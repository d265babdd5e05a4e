// RUN: lathe-opt %s --lathe-isolate-buffers -verify-each | FileCheck %s
// RUN: lathe-opt %s --lathe-isolate-buffers --lathe-isolate-buffers | FileCheck %s

// A value that is joined and returned needs two places.

// CHECK-LABEL: func.func @joined_and_returned
// CHECK: %[[A:.*]] = lathe.relu
// CHECK: %[[B:.*]] = lathe.neg
// CHECK: lathe.concat %[[A]], %[[B]]
// CHECK: %[[COPY:.*]] = lathe.copy %[[A]]
// CHECK: return %[[COPY]]
func.func @joined_and_returned(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<4x4xf32>) {
  %0 = lathe.relu %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = lathe.neg %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %2 = lathe.concat %0, %1 {axis = 0 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  return %0, %2 : tensor<2x4xf32>, tensor<4x4xf32>
}

// Arguments cannot be computed in the caller's output.

// CHECK-LABEL: func.func @argument
// CHECK-COUNT-3: lathe.copy
func.func @argument(%x: tensor<2x4xf32>) -> (tensor<8xf32>, tensor<4x4xf32>) {
  %0 = lathe.reshape %x {shape = array<i64: 8>} : (tensor<2x4xf32>) -> tensor<8xf32>
  %1 = lathe.concat %x, %x {axis = 0 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  return %0, %1 : tensor<8xf32>, tensor<4x4xf32>
}

// A reshape on the way to a concatenation is computed in place when its part is
// contiguous.

// CHECK-LABEL: func.func @reshaped_part
// CHECK-NOT: lathe.copy
func.func @reshaped_part(%x: tensor<1x2x2x4xf32>) -> tensor<1x32xf32> {
  %0 = lathe.relu %x : (tensor<1x2x2x4xf32>) -> tensor<1x2x2x4xf32>
  %1 = lathe.neg %x : (tensor<1x2x2x4xf32>) -> tensor<1x2x2x4xf32>
  %2 = lathe.reshape %0 {shape = array<i64: 1, 16>} : (tensor<1x2x2x4xf32>) -> tensor<1x16xf32>
  %3 = lathe.reshape %1 {shape = array<i64: 1, 16>} : (tensor<1x2x2x4xf32>) -> tensor<1x16xf32>
  %4 = lathe.concat %2, %3 {axis = 1 : i64} : (tensor<1x16xf32>, tensor<1x16xf32>) -> tensor<1x32xf32>
  return %4 : tensor<1x32xf32>
}

// Joined along the channels a part is strided, and its reshape needs a copy.

// CHECK-LABEL: func.func @reshape_of_strided
// CHECK: %[[A:.*]] = lathe.relu
// CHECK: %[[COPY:.*]] = lathe.copy %[[A]]
// CHECK: lathe.reshape %[[COPY]]
func.func @reshape_of_strided(%x: tensor<4x4xf32>) -> (tensor<4x8xf32>, tensor<16xf32>) {
  %0 = lathe.relu %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = lathe.neg %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = lathe.concat %0, %1 {axis = 1 : i64} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  %3 = lathe.reshape %0 {shape = array<i64: 16>} : (tensor<4x4xf32>) -> tensor<16xf32>
  %4 = lathe.exp %3 : (tensor<16xf32>) -> tensor<16xf32>
  return %2, %4 : tensor<4x8xf32>, tensor<16xf32>
}

// What a loop reads and writes is dense: not columns, nor columns of what is
// joined.

// CHECK-LABEL: func.func @loop
// CHECK: %[[COLUMNS:.*]] = lathe.slice
// CHECK: %[[DENSE:.*]] = lathe.copy %[[COLUMNS]]
// CHECK: %[[LAST:.*]] = lathe.loop @step carry(%[[DENSE]]
// CHECK: %[[PART:.*]] = lathe.copy %[[LAST]]
// CHECK: lathe.concat %[[PART]]
func.func @loop(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = lathe.slice %x {offsets = array<i64: 0, 2>, sizes = array<i64: 4, 2>, steps = array<i64: 1, 1>} : (tensor<4x4xf32>) -> tensor<4x2xf32>
  %1 = lathe.loop @step carry(%0 : tensor<4x2xf32>) {bound = 3 : i64} -> tensor<4x2xf32>
  %2 = lathe.exp %1 : (tensor<4x2xf32>) -> tensor<4x2xf32>
  %3 = lathe.concat %1, %2 {axis = 1 : i64} : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x4xf32>
  return %3 : tensor<4x4xf32>
}
func.func private @step(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %0 = lathe.neg %x : (tensor<4x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
