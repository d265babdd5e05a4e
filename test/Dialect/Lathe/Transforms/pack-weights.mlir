// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=128 vector-registers=32" --lathe-pack-weights --split-input-file | FileCheck %s
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=128 vector-registers=32" --lathe-pack-weights --lathe-fold-constants --split-input-file | FileCheck %s --check-prefix=FOLDED
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy --lathe-pack-weights --split-input-file | FileCheck %s --check-prefix=SCALAR
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=128 vector-registers=32" --lathe-pack-weights=panel-width=32 --split-input-file | FileCheck %s --check-prefix=WIDE

// The columns of a tile come together: rows of all its columns, then the next
// tile's. What is missing in the last tile are zeros.

// CHECK-LABEL: func.func @columns
// CHECK: %[[SPLIT:.*]] = lathe.reshape %{{.*}} {shape = array<i64: 2, 1, 36>}
// CHECK: %[[PADDED:.*]] = lathe.pad %[[SPLIT]] {high = array<i64: 0, 0, [[#MISSING:]]>
// CHECK: lathe.transpose %{{.*}} {permutation = array<i64: 1, 2, 0, 3>}
// CHECK: lathe.kernel
// CHECK: lathe.transpose %{{.*}} {permutation = array<i64: 2, 0, 1, 3>}
// CHECK: lathe.slice
// CHECK: %[[WEIGHTS:.*]] = lathe.reshape %{{.*}} {shape = array<i64: 2, 36>}
// CHECK: lathe.matmul %{{.*}}, %[[WEIGHTS]]

// FOLDED-LABEL: func.func @columns
// FOLDED-NEXT: lathe.constant
// FOLDED-NEXT: lathe.kernel

// WIDE-LABEL: func.func @columns
// WIDE: lathe.reshape %{{.*}} {shape = array<i64: 2, 1, 2, 32>}

// SCALAR-LABEL: func.func @columns
// SCALAR-NOT: lathe.transpose
func.func @columns(%x: tensor<1x2xf32>) -> tensor<1x36xf32> {
  %w = lathe.constant dense<"0x000000000000803f0000004000004040000080400000a0400000c0400000e0400000004100001041000020410000304100004041000050410000604100007041000080410000884100009041000098410000a0410000a8410000b0410000b8410000c0410000c8410000d0410000d8410000e0410000e8410000f0410000f84100000042000004420000084200000c4200001042000014420000184200001c4200002042000024420000284200002c4200003042000034420000384200003c4200004042000044420000484200004c4200005042000054420000584200005c4200006042000064420000684200006c4200007042000074420000784200007c42000080420000824200008442000086420000884200008a4200008c4200008e42"> : tensor<2x36xf32>
  %0 = lathe.matmul %x, %w : (tensor<1x2xf32>, tensor<2x36xf32>) -> tensor<1x36xf32>
  return %0 : tensor<1x36xf32>
}

// -----

// Each group has panels of its own.

// CHECK-LABEL: func.func @groups
// CHECK: lathe.reshape %{{.*}} {shape = array<i64: 1, 1, 2, 2, 1, 4>}
// CHECK: lathe.transpose %{{.*}} {permutation = array<i64: 3, 4, 0, 1, 2, 5>}
// CHECK: lathe.kernel
// CHECK: lathe.transpose %{{.*}} {permutation = array<i64: 2, 3, 4, 0, 1, 5>}
// FOLDED-LABEL: func.func @groups
// FOLDED: lathe.constant dense<{{.*}}> : tensor<2x1x1x1x2x4xf32>
func.func @groups(%x: tensor<1x2x2x4xf32>) -> tensor<1x2x2x8xf32> {
  %w = lathe.constant dense<[[[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
                               [11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0]]]]> : tensor<1x1x2x8xf32>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2}
       : (tensor<1x2x2x4xf32>, tensor<1x1x2x8xf32>) -> tensor<1x2x2x8xf32>
  return %0 : tensor<1x2x2x8xf32>
}

// -----

// One channel in vectors of four would take four times the memory.

// CHECK-LABEL: func.func @narrow
// CHECK-NOT: lathe.transpose
func.func @narrow(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = lathe.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %0 = lathe.matmul %x, %w : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func.func @not_constant
// CHECK-NOT: lathe.transpose
func.func @not_constant(%x: tensor<1x2xf32>, %w: tensor<2x36xf32>) -> tensor<1x36xf32> {
  %0 = lathe.matmul %x, %w : (tensor<1x2xf32>, tensor<2x36xf32>) -> tensor<1x36xf32>
  return %0 : tensor<1x36xf32>
}
