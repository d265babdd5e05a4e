// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy | FileCheck %s --check-prefix=SCALAR
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=512 vector-registers=32" | FileCheck %s --check-prefix=AVX512
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=256 vector-registers=16" | FileCheck %s --check-prefix=AVX2
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=512 vector-registers=32 threads=2" | FileCheck %s --check-prefix=TWO
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=512 vector-registers=32 threads=4" | FileCheck %s --check-prefix=FOUR

// Loops n, oh, ow, oc, kh, kw, ic: as many channels and pixels as the registers
// hold; the channels run outside the pixels. Four vectors of 16 lanes for 6 pixels
// take 12 cycles a step, as fast as 2 for 14, and read the input half as often.

// SCALAR-LABEL: func.func @conv
// SCALAR: in_place = array<i64: -1>
// SCALAR-SAME: #lathe.strategy<order = [0, 1, 2, 3, 4, 5, 6], tile = [1, 1, 1, 4, 1, 1, 1], vector = 1>
// AVX512-LABEL: func.func @conv
// AVX512: #lathe.strategy<order = [0, 3, 1, 2, 4, 5, 6], tile = [1, 1, 6, 64, 1, 1, 1], vector = 16>
// AVX2-LABEL: func.func @conv
// AVX2: #lathe.strategy<order = [0, 3, 1, 2, 4, 5, 6], tile = [1, 1, 4, 24, 1, 1, 1], vector = 8>
// There is one tile of channels: threads share the rows.
// TWO-LABEL: func.func @conv
// TWO: #lathe.strategy<order = [1, 0, 3, 2, 4, 5, 6], tile = [1, 1, 6, 64, 1, 1, 1], vector = 16, parallel = true>
// FOUR-LABEL: func.func @conv
// FOUR: #lathe.strategy<order = [1, 0, 3, 2, 4, 5, 6], tile = [1, 1, 6, 64, 1, 1, 1], vector = 16, parallel = true>
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
// FOUR: #lathe.strategy<order = [1, 0, 2], tile = [1, 1, 1], vector = 16>
func.func @one_sum(%x: tensor<1x262144xf32>, %w: tensor<262144x1xf32>) -> tensor<1x1xf32> {
  %0 = lathe.matmul %x, %w : (tensor<1x262144xf32>, tensor<262144x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// Loops n, oh, ow, g, oc, kh, kw, ic: the pixels of a tile are of one row, since groups
// share no weights. All three vectors of a group's 34 channels are in the tile.

// AVX512-LABEL: func.func @grouped
// AVX512: #lathe.strategy<order = [0, 3, 4, 1, 2, 5, 6, 7], tile = [1, 1, 7, 1, 34, 1, 1, 1], vector = 16>
func.func @grouped(%x: tensor<1x28x28x136xf32>, %w: tensor<1x1x34x136xf32>) -> tensor<1x28x28x136xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 4}
       : (tensor<1x28x28x136xf32>, tensor<1x1x34x136xf32>) -> tensor<1x28x28x136xf32>
  return %0 : tensor<1x28x28x136xf32>
}

// A single row: eight sums hide the latency of a multiply-add.

// AVX512-LABEL: func.func @row
// AVX512: #lathe.strategy<order = [1, 0, 2], tile = [1, 128, 1], vector = 16>
// AVX2-LABEL: func.func @row
// AVX2: tile = [1, 64, 1], vector = 8>
func.func @row(%x: tensor<1x512xf32>, %w: tensor<512x1024xf32>) -> tensor<1x1024xf32> {
  %0 = lathe.matmul %x, %w : (tensor<1x512xf32>, tensor<512x1024xf32>) -> tensor<1x1024xf32>
  return %0 : tensor<1x1024xf32>
}

// Pixels of 1024 channels are 4 KiB apart: their elements share a set of the cache,
// which has eight lines. 14 such pixels took a tenth longer than tiles of 5.

// AVX512-LABEL: func.func @same_set
// AVX512: order = [0, 3, 1, 2, 4, 5, 6], tile = [1, 1, 5, 64, 1, 1, 1]
func.func @same_set(%x: tensor<1x14x14x1024xf32>, %w: tensor<1x1x1024x256xf32>) -> tensor<1x14x14x256xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
       : (tensor<1x14x14x1024xf32>, tensor<1x1x1024x256xf32>) -> tensor<1x14x14x256xf32>
  return %0 : tensor<1x14x14x256xf32>
}

// Depthwise windows share what they read with their neighbours: a vector of channels at a
// time, with as many pixels as there are registers for their sums and their data.

// AVX512-LABEL: func.func @depthwise
// AVX512: tile = [1, 1, 14, 16, 1, 1]
// AVX2-LABEL: func.func @depthwise
// AVX2: tile = [1, 1, 6, 8, 1, 1]
func.func @depthwise(%x: tensor<1x56x56x64xf32>, %w: tensor<3x3x1x64xf32>) -> tensor<1x56x56x64xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 64}
       : (tensor<1x56x56x64xf32>, tensor<3x3x1x64xf32>) -> tensor<1x56x56x64xf32>
  return %0 : tensor<1x56x56x64xf32>
}

// Of rows of seven pixels a tile takes two, since the weights of more than two vectors
// would not stay in the second-level cache.

// AVX512-LABEL: func.func @short_rows
// AVX512: tile = [1, 2, 7, 32, 1, 1, 1]
func.func @short_rows(%x: tensor<1x7x7x512xf32>, %w: tensor<3x3x512x512xf32>) -> tensor<1x7x7x512xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x7x7x512xf32>, tensor<3x3x512x512xf32>) -> tensor<1x7x7x512xf32>
  return %0 : tensor<1x7x7x512xf32>
}
