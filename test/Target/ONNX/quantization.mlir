// What is quantized goes out as QuantizeLinear and DequantizeLinear, weights in
// ONNX's layout, and comes back as it was.

// RUN: lathe-translate --lathe-to-onnx %s -o %t.onnx
// RUN: lathe-translate --import-onnx %t.onnx | lathe-opt --lathe-graph-pipeline | FileCheck %s
// RUN: not grep -a Transpose %t.onnx

!x = !quant.uniform<i8:f32, 0.5:-3>
!y = !quant.uniform<i8:f32, 0.25:7>

// CHECK-DAG: %[[W:.*]] = lathe.storage_cast %{{.*}} {to = !quant.uniform<i8:f32:{{[0-9]}}, {1.250000e-01,2.500000e-01,5.000000e-01}>}
// CHECK-DAG: %[[X:.*]] = lathe.quantize %{{.*}} {to = !quant.uniform<i8:f32, 5.000000e-01:-3>}
// CHECK: lathe.dequantize
// CHECK: lathe.conv
// CHECK: lathe.quantize %{{.*}} {to = !quant.uniform<i8:f32, 2.500000e-01:7>}
// CHECK: lathe.dequantize
func.func @f(%x: tensor<1x2x4x4xf32> {lathe.name = "x"}) -> (tensor<1x3x4x4xf32> {lathe.name = "y"}) {
  %0 = lathe.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x4x4x2xf32>
  %1 = lathe.quantize %0 {to = !x} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2x!x>
  %2 = lathe.dequantize %1 {to = f32} : (tensor<1x4x4x2x!x>) -> tensor<1x4x4x2xf32>
  %w = lathe.constant dense<[[[[1, 2, 3], [4, 5, 6]]]]> : tensor<1x1x2x3xi8>
  %3 = lathe.storage_cast %w {to = !quant.uniform<i8<-127:127>:f32:3, {0.125, 0.25, 0.5}>} : (tensor<1x1x2x3xi8>) -> tensor<1x1x2x3x!quant.uniform<i8<-127:127>:f32:3, {0.125, 0.25, 0.5}>>
  %4 = lathe.dequantize %3 {to = f32} : (tensor<1x1x2x3x!quant.uniform<i8<-127:127>:f32:3, {0.125, 0.25, 0.5}>>) -> tensor<1x1x2x3xf32>
  %5 = lathe.conv %2, %4 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x2xf32>, tensor<1x1x2x3xf32>) -> tensor<1x4x4x3xf32>
  %6 = lathe.quantize %5 {to = !y} : (tensor<1x4x4x3xf32>) -> tensor<1x4x4x3x!y>
  %7 = lathe.dequantize %6 {to = f32} : (tensor<1x4x4x3x!y>) -> tensor<1x4x4x3xf32>
  %8 = lathe.transpose %7 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x3xf32>) -> tensor<1x3x4x4xf32>
  return %8 : tensor<1x3x4x4xf32>
}
