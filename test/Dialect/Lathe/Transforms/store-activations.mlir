// RUN: lathe-opt %s --lathe-store-activations | FileCheck %s
// RUN: lathe-opt %s --lathe-store-activations=unsigned=false | FileCheck %s --check-prefix=SIGNED

// CHECK-LABEL: func @internal
// SIGNED-LABEL: func @internal
func.func @internal(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[Q:.*]] = lathe.quantize %arg0 {to = !quant.uniform<u8:f32, 5.000000e-01:125>}
  // CHECK: lathe.dequantize %[[Q]] {{.*}}tensor<4x!quant.uniform<u8:f32, 5.000000e-01:125>>
  // SIGNED: lathe.quantize %arg0 {to = !quant.uniform<i8:f32, 5.000000e-01:-3>}
  %0 = lathe.quantize %x {to = !quant.uniform<i8:f32, 0.5:-3>} : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 0.5:-3>>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<4x!quant.uniform<i8:f32, 0.5:-3>>) -> tensor<4xf32>
  // CHECK: lathe.quantize %{{.*}} {to = !quant.uniform<u8:f32, 2.500000e-01>}
  // SIGNED: lathe.quantize %{{.*}} {to = !quant.uniform<i8:f32, 2.500000e-01:-128>}
  %2 = lathe.quantize %1 {to = !quant.uniform<u8:f32, 0.25>} : (tensor<4xf32>) -> tensor<4x!quant.uniform<u8:f32, 0.25>>
  %3 = lathe.dequantize %2 {to = f32} : (tensor<4x!quant.uniform<u8:f32, 0.25>>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// The integers of an output are what they are.
// CHECK-LABEL: func @output
func.func @output(%x: tensor<4xf32>) -> tensor<4xi8> {
  // CHECK: lathe.quantize %arg0 {to = !quant.uniform<i8:f32, 5.000000e-01:-3>}
  %0 = lathe.quantize %x {to = !quant.uniform<i8:f32, 0.5:-3>} : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 0.5:-3>>
  %1 = lathe.storage_cast %0 {to = i8} : (tensor<4x!quant.uniform<i8:f32, 0.5:-3>>) -> tensor<4xi8>
  return %1 : tensor<4xi8>
}
