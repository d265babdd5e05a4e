// Data of 16 bits beside weights of 8: docs/integer-semantics.md.

// RUN: lathe-opt %s --lathe-integer-graph=remarks --canonicalize --verify-diagnostics | FileCheck %s

!x = !quant.uniform<i16:f32, 0.00390625>
!y = !quant.uniform<i16:f32, 0.0078125>
!z = !quant.uniform<i16:f32, 6.103515625e-05>
!w = !quant.uniform<i8:f32:3, {0.125, 0.25}>
!m = !quant.uniform<i8:f32, 0.125>

// 2 * 3 * 3 * 32768 fits 32 bits, which a bias of nothing says. The factors are
// 2^-4 and 2^-3, each 2^14 times a power of two.
// CHECK-LABEL: func @conv
// CHECK-DAG: %[[B:.*]] = lathe.constant dense<0> : tensor<2xi32>
// CHECK-DAG: %[[M:.*]] = lathe.constant dense<[16384, 32768]> : tensor<2xi32>
// CHECK: %[[SUMS:.*]] = lathe.conv %arg0, %{{.*}}, %[[B]] {{.*}} -> tensor<1x6x6x2xi32>
// CHECK: %[[Y:.*]] = lathe.requantize %[[SUMS]], %[[M]] {high = 32767 : si64, low = 0 : si64, shift = 18 : si64, to = i16, zero_point = 0 : si64}
// CHECK: return %[[Y]]
func.func @conv(%x: tensor<1x6x6x3xi16>) -> tensor<1x6x6x2xi16> {
  %0 = lathe.constant dense<2> : tensor<1x1x3x2xi8>
  %2 = lathe.storage_cast %x {to = !x} : (tensor<1x6x6x3xi16>) -> tensor<1x6x6x3x!x>
  %3 = lathe.storage_cast %0 {to = !w} : (tensor<1x1x3x2xi8>) -> tensor<1x1x3x2x!w>
  %5 = lathe.dequantize %2 {to = f32} : (tensor<1x6x6x3x!x>) -> tensor<1x6x6x3xf32>
  %6 = lathe.dequantize %3 {to = f32} : (tensor<1x1x3x2x!w>) -> tensor<1x1x3x2xf32>
  %8 = lathe.conv %5, %6 {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x6x6x3xf32>, tensor<1x1x3x2xf32>) -> tensor<1x6x6x2xf32>
  %9 = lathe.relu %8 : (tensor<1x6x6x2xf32>) -> tensor<1x6x6x2xf32>
  %10 = lathe.quantize %9 {to = !y} : (tensor<1x6x6x2xf32>) -> tensor<1x6x6x2x!y>
  %11 = lathe.storage_cast %10 {to = i16} : (tensor<1x6x6x2x!y>) -> tensor<1x6x6x2xi16>
  return %11 : tensor<1x6x6x2xi16>
}

// 600 * 127 * 32768 does not fit 32 bits.
// CHECK-LABEL: func @long_sums
// CHECK-DAG: %[[B:.*]] = lathe.constant dense<512> : tensor<1xi64>
// CHECK: %[[SUMS:.*]] = lathe.matmul %arg0, %{{.*}}, %[[B]] : {{.*}} -> tensor<1x1xi64>
// CHECK: lathe.requantize %[[SUMS]]
func.func @long_sums(%x: tensor<1x600xi16>) -> tensor<1x1xi16> {
  %0 = lathe.constant dense<127> : tensor<600x1xi8>
  %b = lathe.constant dense<0.25> : tensor<1xf32>
  %1 = lathe.storage_cast %x {to = !x} : (tensor<1x600xi16>) -> tensor<1x600x!x>
  %2 = lathe.storage_cast %0 {to = !m} : (tensor<600x1xi8>) -> tensor<600x1x!m>
  %3 = lathe.dequantize %1 {to = f32} : (tensor<1x600x!x>) -> tensor<1x600xf32>
  %4 = lathe.dequantize %2 {to = f32} : (tensor<600x1x!m>) -> tensor<600x1xf32>
  %5 = lathe.matmul %3, %4, %b : (tensor<1x600xf32>, tensor<600x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  %6 = lathe.quantize %5 {to = !y} : (tensor<1x1xf32>) -> tensor<1x1x!y>
  %7 = lathe.storage_cast %6 {to = i16} : (tensor<1x1x!y>) -> tensor<1x1xi16>
  return %7 : tensor<1x1xi16>
}

// What clamp leaves of the first product, at most 256 * 100, fits 32 bits in the
// second: 600 * 127 * 25600.
// CHECK-LABEL: func @limited_data
// CHECK: %[[DATA:.*]] = lathe.requantize {{.*}} {high = 25600 : si64, low = 0 : si64
// CHECK: lathe.matmul %[[DATA]], {{.*}} -> tensor<1x1xi32>
func.func @limited_data(%x: tensor<1x600xi16>) -> tensor<1x1xi16> {
  %0 = lathe.constant dense<127> : tensor<600x1xi8>
  %1 = lathe.storage_cast %x {to = !x} : (tensor<1x600xi16>) -> tensor<1x600x!x>
  %2 = lathe.storage_cast %0 {to = !m} : (tensor<600x1xi8>) -> tensor<600x1x!m>
  %3 = lathe.dequantize %1 {to = f32} : (tensor<1x600x!x>) -> tensor<1x600xf32>
  %4 = lathe.dequantize %2 {to = f32} : (tensor<600x1x!m>) -> tensor<600x1xf32>
  %5 = lathe.mul %3, %3 : (tensor<1x600xf32>, tensor<1x600xf32>) -> tensor<1x600xf32>
  %6 = lathe.clamp %5 {min = 0.0 : f64, max = 100.0 : f64} : (tensor<1x600xf32>) -> tensor<1x600xf32>
  %7 = lathe.quantize %6 {to = !x} : (tensor<1x600xf32>) -> tensor<1x600x!x>
  %8 = lathe.dequantize %7 {to = f32} : (tensor<1x600x!x>) -> tensor<1x600xf32>
  %9 = lathe.matmul %8, %4 : (tensor<1x600xf32>, tensor<600x1xf32>) -> tensor<1x1xf32>
  %10 = lathe.quantize %9 {to = !y} : (tensor<1x1xf32>) -> tensor<1x1x!y>
  %11 = lathe.storage_cast %10 {to = i16} : (tensor<1x1x!y>) -> tensor<1x1xi16>
  return %11 : tensor<1x1xi16>
}

// 2^-22 and 2^-4 have no shift in common that leaves the multipliers 32 bits.
// CHECK-LABEL: func @factors_far_apart
// CHECK-DAG: %[[M:.*]] = lathe.constant dense<16384> : tensor<2xi64>
// CHECK-DAG: %[[HALVES:.*]] = lathe.constant dense<[34359738368, 131072]> : tensor<2xi64>
// CHECK-DAG: %[[SHIFTS:.*]] = lathe.constant dense<[36, 18]> : tensor<2xi64>
// CHECK: %[[WIDE:.*]] = lathe.cast %{{.*}} {to = i64} : (tensor<1x2xi32>)
// CHECK: %[[PRODUCT:.*]] = lathe.mul %[[WIDE]], %[[M]]
// CHECK: %[[RAISED:.*]] = lathe.add %[[PRODUCT]], %[[HALVES]]
// CHECK: %[[STEPS:.*]] = lathe.shift_right %[[RAISED]], %[[SHIFTS]]
// CHECK: lathe.clamp %[[STEPS]] {max = 3.276700e+04 : f64, min = -3.276800e+04 : f64}
func.func @factors_far_apart(%x: tensor<1x3xi16>) -> tensor<1x2xi16> {
  %0 = lathe.constant dense<2> : tensor<3x2xi8>
  %1 = lathe.storage_cast %x {to = !x} : (tensor<1x3xi16>) -> tensor<1x3x!x>
  %2 = lathe.storage_cast %0 {to = !quant.uniform<i8:f32:1, {4.76837158203125e-07, 0.125}>} : (tensor<3x2xi8>) -> tensor<3x2x!quant.uniform<i8:f32:1, {4.76837158203125e-07, 0.125}>>
  %3 = lathe.dequantize %1 {to = f32} : (tensor<1x3x!x>) -> tensor<1x3xf32>
  %4 = lathe.dequantize %2 {to = f32} : (tensor<3x2x!quant.uniform<i8:f32:1, {4.76837158203125e-07, 0.125}>>) -> tensor<3x2xf32>
  %5 = lathe.matmul %3, %4 : (tensor<1x3xf32>, tensor<3x2xf32>) -> tensor<1x2xf32>
  %6 = lathe.quantize %5 {to = !y} : (tensor<1x2xf32>) -> tensor<1x2x!y>
  %7 = lathe.storage_cast %6 {to = i16} : (tensor<1x2x!y>) -> tensor<1x2xi16>
  return %7 : tensor<1x2xi16>
}

// The factors 1/2 and 1 have 20 bits behind the point.
// CHECK-LABEL: func @add
// CHECK-DAG: %[[A:.*]] = lathe.constant dense<524288> : tensor<i64>
// CHECK-DAG: %[[B:.*]] = lathe.constant dense<1048576> : tensor<i64>
// CHECK-DAG: lathe.mul %{{.*}}, %[[A]] : (tensor<4xi64>, tensor<i64>)
// CHECK-DAG: lathe.mul %{{.*}}, %[[B]] : (tensor<4xi64>, tensor<i64>)
func.func @add(%x: tensor<4xi16>, %y: tensor<4xi16>) -> tensor<4xi16> {
  %0 = lathe.storage_cast %x {to = !x} : (tensor<4xi16>) -> tensor<4x!x>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<4x!x>) -> tensor<4xf32>
  %2 = lathe.storage_cast %y {to = !y} : (tensor<4xi16>) -> tensor<4x!y>
  %3 = lathe.dequantize %2 {to = f32} : (tensor<4x!y>) -> tensor<4xf32>
  %4 = lathe.add %1, %3 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %5 = lathe.quantize %4 {to = !y} : (tensor<4xf32>) -> tensor<4x!y>
  %6 = lathe.storage_cast %5 {to = i16} : (tensor<4x!y>) -> tensor<4xi16>
  return %6 : tensor<4xi16>
}

// x * sigmoid(x) is 512 lines: entry, the next one, and where x lies between.
// CHECK-LABEL: func @silu
// CHECK-DAG: %[[ENTRIES:.*]] = lathe.constant {{.*}} : tensor<513xi16>
// CHECK-DAG: %[[SEVEN:.*]] = lathe.constant dense<7> : tensor<i32>
// CHECK-DAG: %[[ONE:.*]] = lathe.constant dense<1> : tensor<i32>
// CHECK-DAG: %[[MASK:.*]] = lathe.constant dense<127> : tensor<i32>
// CHECK: %[[PLACE:.*]] = lathe.sub
// CHECK: %[[INDEX:.*]] = lathe.shift_right %[[PLACE]], %[[SEVEN]]
// CHECK: lathe.gather %[[ENTRIES]], %[[INDEX]]
// CHECK: %[[NEXT:.*]] = lathe.add %[[INDEX]], %[[ONE]]
// CHECK: lathe.gather %[[ENTRIES]], %[[NEXT]]
// CHECK: lathe.and %[[PLACE]], %[[MASK]]
// CHECK: return %{{.*}} : tensor<4xi16>
func.func @silu(%x: tensor<4xi16>) -> tensor<4xi16> {
  %0 = lathe.storage_cast %x {to = !x} : (tensor<4xi16>) -> tensor<4x!x>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<4x!x>) -> tensor<4xf32>
  %2 = lathe.sigmoid %1 : (tensor<4xf32>) -> tensor<4xf32>
  %3 = lathe.mul %1, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = lathe.quantize %3 {to = !x} : (tensor<4xf32>) -> tensor<4x!x>
  %5 = lathe.storage_cast %4 {to = i16} : (tensor<4x!x>) -> tensor<4xi16>
  return %5 : tensor<4xi16>
}

// From -256 to 256 a sigmoid needs twice as many lines.
// CHECK-LABEL: func @steep
// CHECK: lathe.constant {{.*}} : tensor<1025xi16>
// CHECK: lathe.shift_right
// CHECK-NOT: lathe.sigmoid
// CHECK: return
func.func @steep(%x: tensor<4xi16>) -> tensor<4xi16> {
  %0 = lathe.storage_cast %x {to = !quant.uniform<i16:f32, 0.0078125>} : (tensor<4xi16>) -> tensor<4x!quant.uniform<i16:f32, 0.0078125>>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<4x!quant.uniform<i16:f32, 0.0078125>>) -> tensor<4xf32>
  %2 = lathe.sigmoid %1 : (tensor<4xf32>) -> tensor<4xf32>
  %3 = lathe.quantize %2 {to = !quant.uniform<i16:f32, 3.0517578125E-5>} : (tensor<4xf32>) -> tensor<4x!quant.uniform<i16:f32, 3.0517578125E-5>>
  %4 = lathe.storage_cast %3 {to = i16} : (tensor<4x!quant.uniform<i16:f32, 3.0517578125E-5>>) -> tensor<4xi16>
  return %4 : tensor<4xi16>
}

// No line is near a step.
// CHECK-LABEL: func @steps
// CHECK: lathe.sign
func.func @steps(%x: tensor<4xi16>) -> tensor<4xi16> {
  %0 = lathe.storage_cast %x {to = !x} : (tensor<4xi16>) -> tensor<4x!x>
  %1 = lathe.dequantize %0 {to = f32} : (tensor<4x!x>) -> tensor<4xf32>
  %2 = lathe.sign %1 : (tensor<4xf32>) -> tensor<4xf32>
  // expected-remark @+1 {{computed in float, because the function is too steep for lines between 8193 numbers}}
  %3 = lathe.quantize %2 {to = !z} : (tensor<4xf32>) -> tensor<4x!z>
  %4 = lathe.storage_cast %3 {to = i16} : (tensor<4x!z>) -> tensor<4xi16>
  return %4 : tensor<4xi16>
}
