// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=128 vector-registers=32 kind=u8" --lathe-pack-weights=kind=u8 --lathe-fold-constants=max-growth=16 | FileCheck %s
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=128 vector-registers=32 kind=s16" --lathe-pack-weights=kind=s16 --lathe-fold-constants=max-growth=16 | FileCheck %s --check-prefix=WORDS
// RUN: lathe-opt %s --lathe-form-kernels --lathe-select-strategy="vector-bits=128 vector-registers=32 kind=s8" --lathe-pack-weights=kind=s8 | FileCheck %s --check-prefix=SIGNED

// Five elements of each of three columns are two quads, column by column.
// Signed instructions cannot take the data.

// CHECK-LABEL: func.func @columns
// CHECK: lathe.constant dense<{{\[\[\[\[}}1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12, 0, 0, 0, 0],
// CHECK-SAME: [13, 0, 0, 0, 14, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0]]]]> : tensor<1x1x2x16xi8>
// CHECK: tile = [1, 3, 4]
// CHECK: lathe.dot_conv {{.*}}channels = 3
// WORDS: lathe.constant dense<{{\[\[\[\[}}1, 7, 2, 8, 3, 9, 0, 0, 4, 10, 5, 11, 6, 12, 0, 0],
// WORDS-SAME: [13, 0, 14, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]]]> : tensor<1x1x2x16xi16>
// SIGNED-NOT: lathe.dot_conv
func.func @columns(%x: tensor<1x5xui8>) -> tensor<1x3xi32> {
  %w = lathe.constant dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12], [13, 14, 15]]> : tensor<5x3xi8>
  %0 = lathe.matmul %x, %w : (tensor<1x5xui8>, tensor<5x3xi8>) -> tensor<1x3xi32>
  return %0 : tensor<1x3xi32>
}
