// RUN: lathe-opt %s --lathe-propagate-quantization --canonicalize | FileCheck %s

!q = !quant.uniform<i8:f32, 0.5:-3>
!r = !quant.uniform<i8:f32, 0.25>

// Integers are moved, and padding that means 0 is the zero point.
// CHECK-LABEL: func @sink
func.func @sink(%x: tensor<2x3xi8>) -> tensor<4x3xf32> {
  // CHECK-DAG: %[[ZERO:.*]] = lathe.constant dense<-3> : tensor<i8>
  // CHECK-DAG: %[[MOVED:.*]] = lathe.transpose %arg0
  // CHECK: %[[PADDED:.*]] = lathe.pad %{{.*}}, %[[ZERO]]
  // CHECK: %[[Q:.*]] = lathe.storage_cast %[[PADDED]]
  // CHECK: lathe.dequantize %[[Q]]
  %0 = lathe.storage_cast %x {to = !q} : (tensor<2x3xi8>) -> tensor<2x3x!q>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<2x3x!q>) -> tensor<2x3xf32>
  %2 = lathe.transpose %1 {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 2, 3>} : (tensor<3x2xf32>) -> tensor<2x3xf32>
  %4 = lathe.pad %3 {low = array<i64: 1, 0>, high = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<4x3xf32>
  return %4 : tensor<4x3xf32>
}

// Parts of different scales stay real.
// CHECK-LABEL: func @mixed
func.func @mixed(%x: tensor<2xi8>, %y: tensor<2xi8>) -> tensor<4xf32> {
  // CHECK: lathe.concat %{{.*}} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  %0 = lathe.storage_cast %x {to = !q} : (tensor<2xi8>) -> tensor<2x!q>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<2x!q>) -> tensor<2xf32>
  %2 = lathe.storage_cast %y {to = !r} : (tensor<2xi8>) -> tensor<2x!r>
  %3 = lathe.dequantize %2 {to = f32} : (tensor<2x!r>) -> tensor<2xf32>
  %4 = lathe.concat %1, %3 {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// What is quantized behind the reshape is quantized before it.
// CHECK-LABEL: func @hoist
func.func @hoist(%x: tensor<2x3xf32>) -> tensor<6x!q> {
  // CHECK: %[[SUM:.*]] = lathe.add
  // CHECK: lathe.quantize %[[SUM]]
  // CHECK: lathe.reshape
  %0 = lathe.add %x, %x : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = lathe.reshape %0 {shape = array<i64: 6>} : (tensor<2x3xf32>) -> tensor<6xf32>
  %2 = lathe.quantize %1 {to = !q} : (tensor<6xf32>) -> tensor<6x!q>
  return %2 : tensor<6x!q>
}
