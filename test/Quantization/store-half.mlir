// RUN: lathe-opt %s --lathe-store-half="min-elements=2" | FileCheck %s
// RUN: lathe-opt %s --lathe-store-half="min-elements=2 kind=bf16" | FileCheck %s --check-prefix=BF16
// RUN: lathe-opt %s --lathe-store-half="min-elements=3" | FileCheck %s --check-prefix=FEW

// CHECK-LABEL: func @weights
// FEW-LABEL: func @weights
// BF16-LABEL: func @weights
func.func @weights(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // CHECK: %[[H:.*]] = lathe.constant dense<[1.500000e+00, 9.997550e-02]> : tensor<2xf16>
  // CHECK: %[[W:.*]] = lathe.cast %[[H]] {to = f32}
  // CHECK: lathe.mul %arg0, %[[W]]
  // BF16: lathe.constant dense<[1.500000e+00, 1.000980e-01]> : tensor<2xbf16>
  // FEW: lathe.constant dense<[1.500000e+00, 1.000000e-01]> : tensor<2xf32>
  %w = lathe.constant dense<[1.5, 0.1]> : tensor<2xf32>
  %y = lathe.mul %x, %w : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// One number for all is stored once in any case.
// CHECK-LABEL: func @splat
func.func @splat() -> tensor<4xf32> {
  // CHECK-NEXT: lathe.constant dense<5.000000e-01> : tensor<4xf32>
  %w = lathe.constant dense<0.5> : tensor<4xf32>
  return %w : tensor<4xf32>
}

// float16 ends at 65504, bfloat16 where float does.
// CHECK-LABEL: func @too_large
// BF16-LABEL: func @too_large
func.func @too_large() -> tensor<2xf32> {
  // CHECK-NEXT: lathe.constant dense<[1.000000e+00, 7.000000e+04]> : tensor<2xf32>
  // BF16-NEXT: lathe.constant dense<{{.*}}> : tensor<2xbf16>
  %w = lathe.constant dense<[1.0, 70000.0]> : tensor<2xf32>
  return %w : tensor<2xf32>
}

// Below 2^-14 float16 has fewer than 11 bits.
// CHECK-LABEL: func @too_small
// BF16-LABEL: func @too_small
func.func @too_small() -> tensor<2xf32> {
  // CHECK-NEXT: lathe.constant dense<{{.*}}> : tensor<2xf32>
  // BF16-NEXT: lathe.constant dense<{{.*}}> : tensor<2xbf16>
  %w = lathe.constant dense<[1.0e-5, -2.0e-5]> : tensor<2xf32>
  return %w : tensor<2xf32>
}

// Integers are no floats.
// CHECK-LABEL: func @integers
func.func @integers() -> tensor<2xi32> {
  // CHECK-NEXT: lathe.constant dense<[1, 2]> : tensor<2xi32>
  %w = lathe.constant dense<[1, 2]> : tensor<2xi32>
  return %w : tensor<2xi32>
}
