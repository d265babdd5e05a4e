// RUN: lathe-opt %s --convert-lathe-to-linalg --split-input-file | FileCheck %s

// CHECK-DAG: #[[INPUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 * 2 + d4, d2 * 2 + d5 * 3, d6)>
// CHECK-DAG: #[[WEIGHT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d4, d5, d6, d3)>
// CHECK-DAG: #[[OUTPUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[BIAS:.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-LABEL: func.func private @conv
// CHECK: tensor.pad {{.*}} low[0, 1, 3, 0] high[0, 1, 3, 0]
// CHECK: } {lathe.neutral} : tensor<1x8x8x3xf32> to tensor<1x10x14x3xf32>
// CHECK: %[[INIT:.*]] = linalg.generic {indexing_maps = [#[[BIAS]],
// CHECK: linalg.generic {indexing_maps = [#[[INPUT]], #[[WEIGHT]], #[[OUTPUT]]]
// CHECK-SAME: "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"
// CHECK-SAME: outs(%[[INIT]] : tensor<1x4x4x16xf32>)
// CHECK-SAME: lathe.loops = ["n", "oh", "ow", "oc", "kh", "kw", "ic"]
// CHECK: arith.mulf {{.*}} fastmath<contract>
// CHECK: arith.addf {{.*}} fastmath<contract>
func.func private @conv(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x3x16xf32>, %b: tensor<16xf32>) -> tensor<1x4x4x16xf32> {
  %0 = lathe.conv %x, %w, %b {strides = array<i64: 2, 2>, dilations = array<i64: 1, 3>, pads = array<i64: 1, 3, 1, 3>}
      : (tensor<1x8x8x3xf32>, tensor<3x3x3x16xf32>, tensor<16xf32>) -> tensor<1x4x4x16xf32>
  return %0 : tensor<1x4x4x16xf32>
}

// -----

// Groups become a dimension of their own; integers are summed in i32, each
// operand extended by its own sign.

// CHECK-DAG: #[[INPUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1 + d5, d2 + d6, d3, d7)>
// CHECK-DAG: #[[WEIGHT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d5, d6, d7, d3, d4)>
// CHECK-LABEL: func.func private @grouped
// CHECK: tensor.expand_shape {{.*}} : tensor<1x8x8x4xi8> into tensor<1x8x8x2x2xi8>
// CHECK: tensor.expand_shape {{.*}} : tensor<3x3x2x6xi8> into tensor<3x3x2x2x3xi8>
// CHECK: tensor.expand_shape {{.*}} : tensor<6xi32> into tensor<2x3xi32>
// CHECK: linalg.generic {indexing_maps = [#[[INPUT]], #[[WEIGHT]],
// CHECK-SAME: lathe.loops = ["n", "oh", "ow", "g", "oc", "kh", "kw", "ic"]
// CHECK: arith.extui {{.*}} : i8 to i32
// CHECK: arith.extsi {{.*}} : i8 to i32
// CHECK: arith.muli {{.*}} : i32
// CHECK: tensor.collapse_shape {{.*}} : tensor<1x6x6x2x3xi32> into tensor<1x6x6x6xi32>
func.func private @grouped(%x: tensor<1x8x8x4xui8>, %w: tensor<3x3x2x6xi8>, %b: tensor<6xi32>) -> tensor<1x6x6x6xi32> {
  %0 = lathe.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
      : (tensor<1x8x8x4xui8>, tensor<3x3x2x6xi8>, tensor<6xi32>) -> tensor<1x6x6x6xi32>
  return %0 : tensor<1x6x6x6xi32>
}

// -----

// One filter a channel has neither a loop over output nor over input channels;
// f16 is summed in f32.

// CHECK-DAG: #[[INPUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d4, d2 + d5, d3)>
// CHECK-DAG: #[[WEIGHT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5, 0, d3)>
// CHECK-LABEL: func.func private @depthwise
// CHECK-NOT: shape
// CHECK: linalg.fill {{.*}} -> tensor<1x6x6x4xf32>
// CHECK: linalg.generic {indexing_maps = [#[[INPUT]], #[[WEIGHT]],
// CHECK-SAME: lathe.loops = ["n", "oh", "ow", "g", "kh", "kw"]
// CHECK: -> tensor<1x6x6x4xf32>
// CHECK: arith.truncf
// CHECK: -> tensor<1x6x6x4xf16>
func.func private @depthwise(%x: tensor<1x8x8x4xf16>, %w: tensor<3x3x1x4xf16>) -> tensor<1x6x6x4xf16> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 4 : i64}
      : (tensor<1x8x8x4xf16>, tensor<3x3x1x4xf16>) -> tensor<1x6x6x4xf16>
  return %0 : tensor<1x6x6x4xf16>
}

// -----

// With stride 1 a transposed convolution reads the kernel backwards.

// CHECK-DAG: #[[INPUT:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 + d3, d4)>
// CHECK-DAG: #[[WEIGHT:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (-d3 + 2, d4, d2)>
// CHECK-DAG: #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d3)>
// CHECK-LABEL: func.func private @flipped
// CHECK: tensor.pad {{.*}} low[0, 1, 0] high[0, 1, 0]
// CHECK: %[[TAPS:.*]] = tensor.empty() : tensor<3xf32>
// CHECK: linalg.generic {indexing_maps = [#[[INPUT]], #[[WEIGHT]], #[[WINDOW]],
// CHECK-SAME: ins({{.*}}, %[[TAPS]] :
func.func private @flipped(%x: tensor<1x4x3xf32>, %w: tensor<3x3x16xf32>) -> tensor<1x4x16xf32> {
  %0 = lathe.conv_transpose %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 1, 1>, output_padding = array<i64: 0>}
      : (tensor<1x4x3xf32>, tensor<3x3x16xf32>) -> tensor<1x4x16xf32>
  return %0 : tensor<1x4x16xf32>
}

// -----

// With stride 2 only every other of the four taps meets an output.

// CHECK-DAG: #[[INPUT:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, (d1 + 1) floordiv 2 + d3, d4)>
// CHECK-DAG: #[[WEIGHT:.*]] = affine_map<(d0, d1, d2, d3, d4) -> ((d1 + 1) mod 2 + (-d3 + 1) * 2, d4, d2)>
// CHECK-LABEL: func.func private @strided
// CHECK: tensor.pad {{.*}} low[0, 1, 0] high[0, 1, 0]
// CHECK: tensor.empty() : tensor<2xf32>
// CHECK: linalg.generic {indexing_maps = [#[[INPUT]], #[[WEIGHT]],
// CHECK-SAME: lathe.loops = ["n", "ow", "oc", "kw", "ic"]
func.func private @strided(%x: tensor<1x4x3xf32>, %w: tensor<4x3x16xf32>) -> tensor<1x8x16xf32> {
  %0 = lathe.conv_transpose %x, %w {strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 1, 1>, output_padding = array<i64: 0>}
      : (tensor<1x4x3xf32>, tensor<4x3x16xf32>) -> tensor<1x8x16xf32>
  return %0 : tensor<1x8x16xf32>
}

// -----

// CHECK-DAG: #[[LHS:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, 0, d2, d4)>
// CHECK-DAG: #[[RHS:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d4, d3)>
// CHECK-LABEL: func.func private @batched
// CHECK: linalg.generic {indexing_maps = [#[[LHS]], #[[RHS]],
// CHECK-SAME: lathe.loops = ["b", "b", "m", "n", "k"]
func.func private @batched(%x: tensor<2x1x4x8xf32>, %y: tensor<3x8x5xf32>, %b: tensor<5xf32>) -> tensor<2x3x4x5xf32> {
  %0 = lathe.matmul %x, %y, %b : (tensor<2x1x4x8xf32>, tensor<3x8x5xf32>, tensor<5xf32>) -> tensor<2x3x4x5xf32>
  return %0 : tensor<2x3x4x5xf32>
}

// Padding holds the zero point, so that what is not clipped adds nothing.
// CHECK-LABEL: func private @zero_point
// CHECK: %[[PAD:.*]] = arith.constant -3 : i8
// CHECK: tensor.pad
// CHECK: tensor.yield %[[PAD]]
// CHECK: linalg.generic
// CHECK: %[[X:.*]] = arith.extsi %{{.*}} : i8 to i32
// CHECK: %[[W:.*]] = arith.extsi %{{.*}} : i8 to i32
// CHECK: %[[Z:.*]] = arith.constant -3 : i32
// CHECK: %[[D:.*]] = arith.subi %[[X]], %[[Z]]
// CHECK: arith.muli %[[D]], %[[W]]
func.func private @zero_point(%x: tensor<1x4x4x2xi8>, %w: tensor<3x3x2x8xi8>) -> tensor<1x4x4x8xi32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, input_zero_point = -3 : si64}
      : (tensor<1x4x4x2xi8>, tensor<3x3x2x8xi8>) -> tensor<1x4x4x8xi32>
  return %0 : tensor<1x4x4x8xi32>
}
