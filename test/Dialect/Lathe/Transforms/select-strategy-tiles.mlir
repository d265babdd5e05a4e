// Register tiles from a file. The keys that it needs are those that the pass notes
// with a file without tiles.

// RUN: rm -rf %t && mkdir %t && printf 'version: 1\ntiles: []\n' > %t/none.yaml
// DEFINE: %{avx512} = vector-bits=512 vector-registers=32
// DEFINE: %{opt} = lathe-opt %s --mlir-disable-threading --lathe-form-kernels
// DEFINE: %{write} = python3 %source/test/e2e/Inputs/write-tiles.py

// RUN: %{opt} --lathe-select-strategy="%{avx512} tiles=%t/none.yaml" > %t/keys.mlir
// RUN: FileCheck %s --check-prefixes=CHECK,KEYS < %t/keys.mlir
// RUN: %{write} 5 2 < %t/keys.mlir > %t/tiles.yaml
// RUN: %{opt} --lathe-select-strategy="%{avx512} tiles=%t/tiles.yaml" | FileCheck %s --check-prefixes=CHECK,TILES

// More rows and vectors than the loops have are as many as they have:
// RUN: %{write} 14 2 < %t/keys.mlir > %t/rows.yaml
// RUN: %{opt} --lathe-select-strategy="%{avx512} tiles=%t/rows.yaml" | FileCheck %s --check-prefix=ROWS
// RUN: %{write} 1 30 < %t/keys.mlir > %t/vectors.yaml
// RUN: %{opt} --lathe-select-strategy="%{avx512} tiles=%t/vectors.yaml" | FileCheck %s --check-prefix=VECTORS

// What was measured for other vectors, registers or threads is not used:
// RUN: %{opt} --lathe-select-strategy="%{avx512} threads=2 tiles=%t/tiles.yaml" | FileCheck %s --check-prefix=DEFAULT
// RUN: %{opt} --lathe-select-strategy="vector-bits=512 vector-registers=30 tiles=%t/tiles.yaml" | FileCheck %s --check-prefix=DEFAULT
// RUN: %{write} 5 2 256 32 1 < %t/keys.mlir > %t/avx2.yaml
// RUN: %{opt} --lathe-select-strategy="%{avx512} tiles=%t/avx2.yaml" | FileCheck %s --check-prefix=DEFAULT

// Without a file there is no key, and scalar code has none.
// RUN: %{opt} --lathe-select-strategy="%{avx512}" | FileCheck %s --check-prefix=NONE
// RUN: %{opt} --lathe-select-strategy="tiles=%t/tiles.yaml" | FileCheck %s --check-prefix=NONE
// NONE-NOT: lathe.tile_key

// RUN: not lathe-opt %s --lathe-form-kernels --lathe-select-strategy="tiles=%t/missing.yaml" 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: missing.yaml: cannot be read: No such file or directory; give a file that lathe compile --tune wrote

// CHECK-LABEL: func.func @conv
// CHECK: lathe.tile_key = "[[CONV:[0-9a-f]+]]"
// KEYS-SAME: tile = [1, 1, 6, 64, 1, 1, 1]
// TILES-SAME: tile = [1, 1, 5, 32, 1, 1, 1]
// ROWS: tile = [1, 1, 14, 32, 1, 1, 1]
// VECTORS: tile = [1, 1, 1, 64, 1, 1, 1]
// DEFAULT: tile = [1, 1, 6, 64, 1, 1, 1]
func.func @conv(%x: tensor<1x56x56x64xf32>, %w: tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32>
  return %0 : tensor<1x56x56x64xf32>
}

// Another place and other names: the same kernel.

// CHECK-LABEL: func.func @equal
// CHECK: lathe.tile_key = "[[CONV]]"
func.func @equal(%filter: tensor<3x3x64x64xf32>, %image: tensor<1x56x56x64xf32>) -> tensor<1x56x56x64xf32> {
  %0 = lathe.conv %image, %filter {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32> loc("other")
  return %0 : tensor<1x56x56x64xf32>
}

// What is fused behind makes another kernel.

// CHECK-LABEL: func.func @relu
// CHECK-NOT: "[[CONV]]"
// CHECK: lathe.tile_key
// CHECK-LABEL: func.func @small
// CHECK-NOT: "[[CONV]]"
// CHECK: lathe.tile_key
// CHECK-SAME: tile = [4, 4, 1]
// ROWS-LABEL: func.func @small
// ROWS: tile = [4, 4, 1]
func.func @relu(%x: tensor<1x56x56x64xf32>, %w: tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32>
  %1 = lathe.relu %0 : (tensor<1x56x56x64xf32>) -> tensor<1x56x56x64xf32>
  return %1 : tensor<1x56x56x64xf32>
}

func.func @small(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = lathe.matmul %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// An elementwise kernel has no rows to choose.

// CHECK-LABEL: func.func @elementwise
// CHECK-NOT: lathe.tile_key
func.func @elementwise(%x: tensor<64xf32>) -> tensor<64xf32> {
  %0 = lathe.relu %x : (tensor<64xf32>) -> tensor<64xf32>
  return %0 : tensor<64xf32>
}
