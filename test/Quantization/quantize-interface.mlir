// RUN: lathe-opt %s --lathe-quantize-interface --canonicalize | FileCheck %s

!q = !quant.uniform<i8:f32, 0.5:-3>
!p = !quant.uniform<i8:f32, 0.25>

// Transposed before and behind, the function takes and gives integers.
// CHECK-LABEL: func @model
// CHECK-SAME: %[[X:.*]]: tensor<2x3xi8> {lathe.name = "x", lathe.type = !quant.uniform<i8:f32, 5.000000e-01:-3>}
// CHECK-SAME: -> (tensor<3x2xi8> {lathe.name = "y", lathe.type = !quant.uniform<i8:f32, 2.500000e-01>})
func.func @model(%x: tensor<2x3xf32> {lathe.name = "x"}) -> (tensor<3x2xf32> {lathe.name = "y"}) {
  // CHECK: %[[Q:.*]] = lathe.storage_cast %[[X]]
  // CHECK: lathe.dequantize %[[Q]]
  // CHECK: %[[P:.*]] = lathe.quantize
  // CHECK: %[[T:.*]] = lathe.transpose %[[P]] {{.*}} -> tensor<3x2x!quant.uniform<i8:f32, 2.500000e-01>>
  // CHECK: %[[Y:.*]] = lathe.storage_cast %[[T]] {to = i8}
  // CHECK: return %[[Y]]
  %0 = lathe.quantize %x {to = !q} : (tensor<2x3xf32>) -> tensor<2x3x!q>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<2x3x!q>) -> tensor<2x3xf32>
  %2 = lathe.abs %1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = lathe.quantize %2 {to = !p} : (tensor<2x3xf32>) -> tensor<2x3x!p>
  %4 = lathe.dequantize %3 {to = f32} : (tensor<2x3x!p>) -> tensor<2x3xf32>
  %5 = lathe.transpose %4 {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %5 : tensor<3x2xf32>
}

// What is read as a float, too, and what is computed as one, stays.
// CHECK-LABEL: func @real
// CHECK-SAME: tensor<2xf32>) -> tensor<2xf32>
func.func @real(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = lathe.quantize %x {to = !q} : (tensor<2xf32>) -> tensor<2x!q>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<2x!q>) -> tensor<2xf32>
  %2 = lathe.add %x, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}
