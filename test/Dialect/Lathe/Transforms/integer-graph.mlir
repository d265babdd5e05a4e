// RUN: lathe-opt %s --lathe-integer-graph=remarks --canonicalize --verify-diagnostics | FileCheck %s

!x = !quant.uniform<u8:f32, 0.5:0>
!w = !quant.uniform<i8:f32:3, {0.125, 0.25}>
!b = !quant.uniform<i32:f32:0, {0.0625, 0.125}>
!y = !quant.uniform<u8:f32, 0.25:3>

// The bias is in units of the sums already; the zero point of the weights, which
// are constant, is subtracted here; relu leaves what is not below the zero point.
// CHECK-LABEL: func @conv
// CHECK-DAG: %[[W:.*]] = lathe.constant dense<3> : tensor<1x1x3x2xi8>
// CHECK-DAG: %[[B:.*]] = lathe.constant dense<[100, -100]> : tensor<2xi32>
// CHECK-DAG: %[[M:.*]] = lathe.constant dense<[536870912, 1073741824]> : tensor<2xi32>
// CHECK: %[[SUMS:.*]] = lathe.conv %arg0, %[[W]], %[[B]]
// CHECK: %[[Y:.*]] = lathe.requantize %[[SUMS]], %[[M]] {high = 255 : si64, low = 3 : si64, shift = 31 : si64, to = ui8, zero_point = 3 : si64}
// CHECK: return %[[Y]] : tensor<1x6x6x2xui8>
func.func @conv(%x: tensor<1x6x6x3xui8>) -> tensor<1x6x6x2xui8> {
  %0 = lathe.constant dense<3> : tensor<1x1x3x2xi8>
  %1 = lathe.constant dense<[100, -100]> : tensor<2xi32>
  %2 = lathe.storage_cast %x {to = !x} : (tensor<1x6x6x3xui8>) -> tensor<1x6x6x3x!x>
  %3 = lathe.storage_cast %0 {to = !w} : (tensor<1x1x3x2xi8>) -> tensor<1x1x3x2x!w>
  %4 = lathe.storage_cast %1 {to = !b} : (tensor<2xi32>) -> tensor<2x!b>
  %5 = lathe.dequantize %2 {to = f32} : (tensor<1x6x6x3x!x>) -> tensor<1x6x6x3xf32>
  %6 = lathe.dequantize %3 {to = f32} : (tensor<1x1x3x2x!w>) -> tensor<1x1x3x2xf32>
  %7 = lathe.dequantize %4 {to = f32} : (tensor<2x!b>) -> tensor<2xf32>
  %8 = lathe.conv %5, %6, %7 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x6x6x3xf32>, tensor<1x1x3x2xf32>, tensor<2xf32>) -> tensor<1x6x6x2xf32>
  %9 = lathe.relu %8 : (tensor<1x6x6x2xf32>) -> tensor<1x6x6x2xf32>
  %10 = lathe.quantize %9 {to = !y} : (tensor<1x6x6x2xf32>) -> tensor<1x6x6x2x!y>
  %11 = lathe.storage_cast %10 {to = ui8} : (tensor<1x6x6x2x!y>) -> tensor<1x6x6x2xui8>
  return %11 : tensor<1x6x6x2xui8>
}

// uint8 weights with a zero point become int8; a float bias is rounded to the
// sums' unit, 0.0625.
// CHECK-LABEL: func @unsigned_weights
// CHECK-DAG: lathe.constant dense<{{\[\[}}-8], [127]]> : tensor<2x1xi8>
// CHECK-DAG: lathe.constant dense<17> : tensor<1xi32>
// CHECK: lathe.matmul {{.*}} {lhs_zero_point = 3 : si64}
func.func @unsigned_weights(%x: tensor<1x2xui8>) -> tensor<1x1xui8> {
  %0 = lathe.constant dense<[[120], [255]]> : tensor<2x1xui8>
  %b = lathe.constant dense<1.04> : tensor<1xf32>
  %1 = lathe.storage_cast %x {to = !y} : (tensor<1x2xui8>) -> tensor<1x2x!y>
  %2 = lathe.storage_cast %0 {to = !quant.uniform<u8:f32, 0.25:128>} : (tensor<2x1xui8>) -> tensor<2x1x!quant.uniform<u8:f32, 0.25:128>>
  %3 = lathe.dequantize %1 {to = f32} : (tensor<1x2x!y>) -> tensor<1x2xf32>
  %4 = lathe.dequantize %2 {to = f32} : (tensor<2x1x!quant.uniform<u8:f32, 0.25:128>>) -> tensor<2x1xf32>
  %5 = lathe.matmul %3, %4, %b : (tensor<1x2xf32>, tensor<2x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  %6 = lathe.quantize %5 {to = !y} : (tensor<1x1xf32>) -> tensor<1x1x!y>
  %7 = lathe.storage_cast %6 {to = ui8} : (tensor<1x1x!y>) -> tensor<1x1xui8>
  return %7 : tensor<1x1xui8>
}

// x * sigmoid(x) is one table.
// CHECK-LABEL: func @silu
// CHECK: %[[TABLE:.*]] = lathe.constant {{.*}} : tensor<256xui8>
// CHECK: %[[PLACE:.*]] = lathe.cast %arg0 {to = i32}
// CHECK: %[[Y:.*]] = lathe.gather %[[TABLE]], %[[PLACE]]
// CHECK: return %[[Y]]
func.func @silu(%x: tensor<4xui8>) -> tensor<4xui8> {
  %0 = lathe.storage_cast %x {to = !y} : (tensor<4xui8>) -> tensor<4x!y>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<4x!y>) -> tensor<4xf32>
  %2 = lathe.sigmoid %1 : (tensor<4xf32>) -> tensor<4xf32>
  %3 = lathe.mul %1, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = lathe.quantize %3 {to = !y} : (tensor<4xf32>) -> tensor<4x!y>
  %5 = lathe.storage_cast %4 {to = ui8} : (tensor<4x!y>) -> tensor<4xui8>
  return %5 : tensor<4xui8>
}

// CHECK-LABEL: func @left_in_float
// CHECK: %[[REAL:.*]] = lathe.div
// CHECK: %[[STEPS:.*]] = lathe.mul %[[REAL]]
// CHECK: lathe.round %[[STEPS]]
func.func @left_in_float(%x: tensor<4xui8>, %y: tensor<4xui8>) -> tensor<4xui8> {
  %0 = lathe.storage_cast %x {to = !y} : (tensor<4xui8>) -> tensor<4x!y>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<4x!y>) -> tensor<4xf32>
  %2 = lathe.storage_cast %y {to = !y} : (tensor<4xui8>) -> tensor<4x!y>
  %3 = lathe.dequantize %2 {to = f32} : (tensor<4x!y>) -> tensor<4xf32>
  %4 = lathe.div %1, %3 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  // expected-remark @+1 {{computed in float, because 'lathe.div' has no form in integers}}
  %5 = lathe.quantize %4 {to = !y} : (tensor<4xf32>) -> tensor<4x!y>
  %6 = lathe.storage_cast %5 {to = ui8} : (tensor<4x!y>) -> tensor<4xui8>
  return %6 : tensor<4xui8>
}
