// RUN: lathe-opt %s --lathe-fold-constants -split-input-file -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s
// RUN: lathe-opt %s --lathe-fold-constants -split-input-file -o %t1
// RUN: lathe-opt %s --lathe-fold-constants --lathe-fold-constants -split-input-file -o %t2
// RUN: diff %t1 %t2
// RUN: lathe-opt %s --lathe-fold-constants=max-elements=3 -split-input-file | FileCheck %s --check-prefix=LIMIT

// A chain runs from end to end; its constant is named after the weight.
// CHECK-LABEL: @chain
// CHECK-NEXT: %[[W:.*]] = lathe.constant dense<{{\[}}[2.000000e+00, 6.000000e+00], [4.000000e+00, 8.000000e+00]]> : tensor<2x2xf32> loc(fused["weight", "last"])
// CHECK-NEXT: lathe.matmul %{{.*}}, %[[W]]
// CHECK-NEXT: return
// LIMIT-LABEL: @chain
// LIMIT: lathe.transpose
// LIMIT: lathe.mul
func.func @chain(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = lathe.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32> loc("weight")
  %s = lathe.constant dense<2.0> : tensor<f32>
  %0 = lathe.transpose %w {permutation = array<i64: 1, 0>} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = lathe.mul %0, %s : (tensor<2x2xf32>, tensor<f32>) -> tensor<2x2xf32> loc("last")
  %2 = lathe.matmul %x, %1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// -----

// A value that is read on the way, too, becomes a constant of its own.
// CHECK-LABEL: @two_results
// CHECK-DAG: %[[A:.*]] = lathe.constant dense<[-1, 2]>
// CHECK-DAG: %[[B:.*]] = lathe.constant dense<[0, 2]>
// CHECK-NOT: lathe.neg
// CHECK: return %[[A]], %[[B]]
func.func @two_results() -> (tensor<2xi8>, tensor<2xi8>) {
  %c = lathe.constant dense<[1, -2]> : tensor<2xi8>
  %a = lathe.neg %c : (tensor<2xi8>) -> tensor<2xi8>
  %b = lathe.relu %a : (tensor<2xi8>) -> tensor<2xi8>
  return %a, %b : tensor<2xi8>, tensor<2xi8>
}

// -----

// Splats stay splats, however large.
// CHECK-LABEL: @splat
// CHECK-NEXT: lathe.constant dense<5.000000e+00> : tensor<1000x1000xf32>
// CHECK-NEXT: return
func.func @splat() -> tensor<1000x1000xf32> {
  %a = lathe.constant dense<2.0> : tensor<1000x1000xf32>
  %b = lathe.constant dense<3.0> : tensor<1000xf32>
  %0 = lathe.add %a, %b : (tensor<1000x1000xf32>, tensor<1000xf32>) -> tensor<1000x1000xf32>
  return %0 : tensor<1000x1000xf32>
}

// -----

// What is much larger than its source is computed at run time, from as much as
// can be known.
// CHECK-LABEL: @growth
// CHECK-NEXT: %[[C:.*]] = lathe.constant dense<[-1.000000e+00, -2.000000e+00]>
// CHECK-NEXT: %[[T:.*]] = lathe.tile %[[C]]
// CHECK-NEXT: return %[[T]]
func.func @growth() -> tensor<4096xf32> {
  %c = lathe.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = lathe.neg %c : (tensor<2xf32>) -> tensor<2xf32>
  %1 = lathe.tile %0 {repeats = array<i64: 2048>} : (tensor<2xf32>) -> tensor<4096xf32>
  return %1 : tensor<4096xf32>
}

// -----

// Only the size of what is kept counts.
// CHECK-LABEL: @large_between
// CHECK-NEXT: lathe.constant dense<[2.048000e+03, 4.096000e+03]>
// CHECK-NEXT: return
func.func @large_between() -> tensor<2xf32> {
  %c = lathe.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = lathe.broadcast %c {shape = array<i64: 2048, 2>} : (tensor<2xf32>) -> tensor<2048x2xf32>
  %1 = lathe.reduce sum %0 {axes = array<i64: 0>} : (tensor<2048x2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// -----

// A splat with a border is none; it is too large to keep.
// CHECK-LABEL: @padded_splat
// CHECK: lathe.pad
func.func @padded_splat() -> tensor<4097xf32> {
  %c = lathe.constant dense<1.0> : tensor<4096xf32>
  %0 = lathe.pad %c {low = array<i64: 1>, high = array<i64: 0>} : (tensor<4096xf32>) -> tensor<4097xf32>
  return %0 : tensor<4097xf32>
}

// Weights of 16 bits are widened where they are read; what more is done to them
// is computed here.
// CHECK-LABEL: func @widened
func.func @widened() -> (tensor<2xf32>, tensor<2xf32>) {
  // CHECK: %[[H:.*]] = lathe.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf16>
  // CHECK: %[[W:.*]] = lathe.cast %[[H]] {to = f32}
  // CHECK: %[[S:.*]] = lathe.constant dense<[2.000000e+00, 4.000000e+00]> : tensor<2xf32>
  // CHECK: return %[[W]], %[[S]]
  %0 = lathe.constant dense<[1.0, 2.0]> : tensor<2xf16>
  %1 = lathe.cast %0 {to = f32} : (tensor<2xf16>) -> tensor<2xf32>
  %2 = lathe.add %1, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %1, %2 : tensor<2xf32>, tensor<2xf32>
}

// Moved, they still have 16 bits.
// CHECK-LABEL: func @moved
func.func @moved() -> tensor<4x1xf32> {
  // CHECK: %[[H:.*]] = lathe.constant dense<{{.*}}> : tensor<4x1xf16>
  // CHECK: %[[W:.*]] = lathe.cast %[[H]] {to = f32} : (tensor<4x1xf16>) -> tensor<4x1xf32>
  // CHECK: return %[[W]]
  %0 = lathe.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf16>
  %1 = lathe.cast %0 {to = f32} : (tensor<2x2xf16>) -> tensor<2x2xf32>
  %2 = lathe.transpose %1 {permutation = array<i64: 1, 0>} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 4, 1>} : (tensor<2x2xf32>) -> tensor<4x1xf32>
  return %3 : tensor<4x1xf32>
}

// What integers a quantized constant holds is not lost.
// CHECK-LABEL: func @quantized
func.func @quantized() -> tensor<2xf32> {
  // CHECK: lathe.dequantize
  %0 = lathe.constant dense<[1, 2]> : tensor<2xi8>
  %1 = lathe.storage_cast %0 {to = !quant.uniform<i8:f32, 0.5>} : (tensor<2xi8>) -> tensor<2x!quant.uniform<i8:f32, 0.5>>
  %2 = lathe.dequantize %1 {to = f32} : (tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}
