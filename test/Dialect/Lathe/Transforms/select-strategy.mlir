// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy | FileCheck %s --check-prefix=SCALAR
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=512 vector-registers=32" | FileCheck %s --check-prefix=AVX512
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=256 vector-registers=16" | FileCheck %s --check-prefix=AVX2
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=512 vector-registers=32 threads=2" | FileCheck %s --check-prefix=TWO
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=512 vector-registers=32 threads=4" | FileCheck %s --check-prefix=FOUR

// Loops n, oh, ow, oc, kh, kw, ic: two vectors of channels and as many pixels as the
// registers hold, in tiles of equal size; the channels run outside the pixels.

// SCALAR-LABEL: func.func @conv
// SCALAR: in_place = array<i64: -1>
// SCALAR-SAME: #lathe.strategy<order = [0, 1, 2, 3, 4, 5, 6], tile = [1, 1, 1, 4, 1, 1, 1], vector = 1>
// AVX512-LABEL: func.func @conv
// AVX512: #lathe.strategy<order = [0, 3, 1, 2, 4, 5, 6], tile = [1, 1, 14, 32, 1, 1, 1], vector = 16>
// AVX2-LABEL: func.func @conv
// AVX2: #lathe.strategy<order = [0, 3, 1, 2, 4, 5, 6], tile = [1, 1, 6, 16, 1, 1, 1], vector = 8>
// Two threads take one tile of channels each; four need the rows.
// TWO-LABEL: func.func @conv
// TWO: #lathe.strategy<order = [3, 0, 1, 2, 4, 5, 6], tile = [1, 1, 14, 32, 1, 1, 1], vector = 16, parallel = true>
// FOUR-LABEL: func.func @conv
// FOUR: #lathe.strategy<order = [1, 0, 3, 2, 4, 5, 6], tile = [1, 1, 14, 32, 1, 1, 1], vector = 16, parallel = true>
func.func @conv(%x: tensor<1x56x56x64xf32>, %w: tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x56x56x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x56x56x64xf32>
  return %0 : tensor<1x56x56x64xf32>
}

// The sum may be written over the residual, which is read element by element, but
// not over the product's operand.

// SCALAR-LABEL: func.func @in_place
// SCALAR: lathe.kernel "matmul_add"
// SCALAR-SAME: in_place = array<i64: 2>

// A team of threads would take longer than this product.
// TWO-LABEL: func.func @in_place
// TWO-NOT: parallel
func.func @in_place(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>, %r: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = lathe.matmul %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = lathe.add %0, %r : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}

// Threads gain nothing where the work is a single sum.

// TWO-LABEL: func.func @one_sum
// FOUR-LABEL: func.func @one_sum
// FOUR: #lathe.strategy<order = [0, 1, 2], tile = [1, 1, 1], vector = 16>
func.func @one_sum(%x: tensor<1x262144xf32>, %w: tensor<262144x1xf32>) -> tensor<1x1xf32> {
  %0 = lathe.matmul %x, %w : (tensor<1x262144xf32>, tensor<262144x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
