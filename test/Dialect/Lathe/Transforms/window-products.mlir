// RUN: lathe-opt %s --lathe-window-products | FileCheck %s
// RUN: lathe-opt %s --lathe-window-products=form=bytes | FileCheck %s --check-prefix=BYTES
// RUN: lathe-opt %s --lathe-window-products=form=vectors | FileCheck %s --check-prefix=VECTORS
// RUN: lathe-opt %s --lathe-window-products=form=halves | FileCheck %s --check-prefix=HALVES

// Channels 0 and 1 share halves of words: 3 + 256 * -2 for the first input, whose
// lower half it is, 4 + 256 * 5 for the second. The third channel shares with none.
// Zeros make the number of words even. What the zero point takes off is a part of
// the bias: 10 + 3 * 7, and 256 * (-7 + 3 * 3) + 31 for channel 1.
// CHECK-LABEL: func @matmul
// CHECK-DAG: %[[W:.*]] = lathe.constant dense<{{\[\[\[}}84213251, 393222], [0, 0]]]> : tensor<1x2x2xi32>
// CHECK-DAG: %[[B:.*]] = lathe.constant dense<[31, 543, 39, 0]> : tensor<4xi32>
// CHECK: lathe.window_conv %arg0, %[[W]], %[[B]] {channels = 3 : i64, form = #lathe<window_form pairs>, kernel = array<i64>, kernel_name = "matmul", padding = -3 : si64, pads = array<i64>, strides = array<i64>}
//
// The weights of four channels side by side, or those of one channel; the bias of
// the second is 3 * 3 - 7.
// BYTES-LABEL: func @matmul
// BYTES-DAG: %[[W:.*]] = lathe.constant dense<{{\[\[\[}}3, -2, 6, 0], [4, 5, 6, 0], [0, 0, 0, 0], [0, 0, 0, 0]]]> : tensor<1x4x4xi8>
// BYTES-DAG: %[[B:.*]] = lathe.constant dense<[31, 2, 39, 0]> : tensor<4xi32>
// BYTES: lathe.window_conv %arg0, %[[W]], %[[B]] {channels = 3 : i64, form = #lathe<window_form bytes>
// VECTORS-LABEL: func @matmul
// VECTORS-DAG: %[[W:.*]] = lathe.constant dense<{{\[\[}}3, 4, -2, 5], [6, 6, 0, 0]]> : tensor<2x4xi8>
// VECTORS-DAG: %[[B:.*]] = lathe.constant dense<[31, 2, 39, 0]> : tensor<4xi32>
// VECTORS: lathe.window_conv %arg0, %[[W]], %[[B]] {channels = 3 : i64, form = #lathe<window_form vectors>
//
// A segment of two elements, their weights in one channel, then in the next.
// HALVES-LABEL: func @matmul
// HALVES-DAG: %[[W:.*]] = lathe.constant dense<{{\[\[}}2, 3, 4, -2, 5], [2, 6, 6, 0, 0]]> : tensor<2x5xi8>
// HALVES-DAG: %[[B:.*]] = lathe.constant dense<[31, 2, 39, 0]> : tensor<4xi32>
// HALVES: lathe.window_conv %arg0, %[[W]], %[[B]] {channels = 3 : i64, form = #lathe<window_form halves>
func.func @matmul(%x: tensor<5x2xi8>) -> tensor<5x3xi32> {
  %w = lathe.constant dense<[[3, -2, 6], [4, 5, 6]]> : tensor<2x3xi8>
  %b = lathe.constant dense<[10, -7, 3]> : tensor<3xi32>
  %0 = lathe.matmul %x, %w, %b {lhs_zero_point = -3 : si64} : (tensor<5x2xi8>, tensor<2x3xi8>, tensor<3xi32>) -> tensor<5x3xi32>
  return %0 : tensor<5x3xi32>
}

// Of the nine elements in a row of a window, the last is alone in its word: five
// words a row, and one more for an even number. uint8 is noted beside the type.
// CHECK-LABEL: func @windows
// CHECK: lathe.constant dense<{{\[\[\[}}16843009, 16843009], [16843009, 16843009], [16843009, 16843009], [16843009, 16843009], [257, 257], {{.*}} [257, 257], [0, 0]]]>
// CHECK: lathe.window_conv {{.*}} is_unsigned, kernel = array<i64: 3, 3>, {{.*}} : (tensor<1x8x8x3xui8>, tensor<1x16x2xi32>, tensor<4xi32>) -> tensor<1x4x4x4xi32>

// In units of four bytes, a row of a window has twelve elements. Vectors have signs.
// BYTES-LABEL: func @windows
// BYTES: lathe.window_conv {{.*}} is_unsigned, {{.*}} tensor<1x36x4xi8>
// VECTORS-LABEL: func @windows
// VECTORS: lathe.window_conv {{.*}}<window_form pairs>
//
// One segment of 28 elements, the last of weight zero. Bytes without sign count 128
// less, which the bias makes up for: (128 - 7) * 27.
// HALVES-LABEL: func @windows
// HALVES-DAG: lathe.constant dense<"0x1C{{(01)+00(01)+001C(01)+00(01)+}}00"> : tensor<2x57xi8>
// HALVES-DAG: lathe.constant dense<3267> : tensor<4xi32>
// HALVES: lathe.window_conv {{.*}}<window_form halves>
func.func @windows(%x: tensor<1x8x8x3xui8>) -> tensor<1x4x4x4xi32> {
  %w = lathe.constant dense<1> : tensor<3x3x3x4xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>, input_zero_point = 7 : si64} : (tensor<1x8x8x3xui8>, tensor<3x3x3x4xi8>) -> tensor<1x4x4x4xi32>
  return %0 : tensor<1x4x4x4xi32>
}

// 255 * 127 * 260 has more than 23 bits; of the first channel alone that matters
// to none.
// CHECK-LABEL: func @sums_of_the_second_channel
// CHECK: lathe.window_conv {{.*}}<window_form bytes>
// CHECK: lathe.window_conv {{.*}}<window_form pairs>

// A single row is not copied: as many weights as elements. Vectors have blocks of
// four channels for it, halves the weights of each of four channels side by side.
// BYTES-LABEL: func @sums_of_the_second_channel
// BYTES: lathe.window_conv {{.*}} tensor<1x260x4xi8>
// VECTORS-LABEL: func @sums_of_the_second_channel
// VECTORS: lathe.window_conv {{.*}} tensor<1x1040xi8>
// HALVES-LABEL: func @sums_of_the_second_channel
// HALVES: lathe.window_conv {{.*}}<window_form halves>{{.*}} tensor<1x4x260xi8>
func.func @sums_of_the_second_channel(%x: tensor<1x260xi8>) -> (tensor<1x2xi32>, tensor<1x1xi32>) {
  %w = lathe.constant dense<127> : tensor<260x2xi8>
  %v = lathe.constant dense<127> : tensor<260x1xi8>
  %0 = lathe.matmul %x, %w {lhs_zero_point = -128 : si64} : (tensor<1x260xi8>, tensor<260x2xi8>) -> tensor<1x2xi32>
  %1 = lathe.matmul %x, %v {lhs_zero_point = -128 : si64} : (tensor<1x260xi8>, tensor<260x1xi8>) -> tensor<1x1xi32>
  return %0, %1 : tensor<1x2xi32>, tensor<1x1xi32>
}

// -1 + 256 * -128 does not fit 16 bits, 0 + 256 * -128 does.
// CHECK-LABEL: func @least_weight
// CHECK: lathe.window_conv {{.*}}<window_form bytes>
// CHECK: lathe.window_conv {{.*}}<window_form pairs>
func.func @least_weight(%x: tensor<1x2xi8>) -> (tensor<1x2xi32>, tensor<1x2xi32>) {
  %w = lathe.constant dense<[[-1, -128], [0, 0]]> : tensor<2x2xi8>
  %v = lathe.constant dense<[[0, -128], [0, 0]]> : tensor<2x2xi8>
  %0 = lathe.matmul %x, %w : (tensor<1x2xi8>, tensor<2x2xi8>) -> tensor<1x2xi32>
  %1 = lathe.matmul %x, %v : (tensor<1x2xi8>, tensor<2x2xi8>) -> tensor<1x2xi32>
  return %0, %1 : tensor<1x2xi32>, tensor<1x2xi32>
}

// A filter for each channel, one behind the other; 3 * (1 + 2 + 3 + 4) is taken off
// the sums of the first.
// CHECK-LABEL: func @depthwise
// CHECK-DAG: %[[W:.*]] = lathe.constant dense<{{\[\[\[}}1, 2], [3, 4]], {{\[\[}}-1, -2], [-3, -4]]]> : tensor<2x2x2xi8>
// CHECK-DAG: %[[B:.*]] = lathe.constant dense<[-30, 30]> : tensor<2xi32>
// CHECK: lathe.plane_depthwise %arg0, %[[W]], %[[B]] {form = #lathe<window_form pairs>, kernel_name = "conv", padding = 3 : si64, pads = array<i64: 0, 0, 1, 1>, strides = array<i64: 1, 2>} : (tensor<1x4x4x2xi8>, tensor<2x2x2xi8>, tensor<2xi32>) -> tensor<1x4x2x2xi32>

// BYTES-LABEL: func @depthwise
// BYTES: lathe.plane_depthwise {{.*}}<window_form bytes>
//
// Weights of channels side by side, with zeros up to eight.
// VECTORS-LABEL: func @depthwise
// VECTORS-DAG: %[[W:.*]] = lathe.constant dense<{{.*}}[1, -1, 0, 0, 0, 0, 0, 0], [2, -2, 0, 0, 0, 0, 0, 0]{{.*}}> : tensor<1x2x2x8xi8>
// VECTORS-DAG: %[[B:.*]] = lathe.constant dense<[-30, 30, 0, 0, 0, 0, 0, 0]> : tensor<8xi32>
// VECTORS: lathe.row_depthwise %arg0, %[[W]], %[[B]] {kernel_name = "conv", padding = 3 : si64, pads = array<i64: 0, 0, 1, 1>, strides = array<i64: 1, 2>}
func.func @depthwise(%x: tensor<1x4x4x2xi8>) -> tensor<1x4x2x2xi32> {
  %w = lathe.constant dense<[[[[1, -1]], [[2, -2]]], [[[3, -3]], [[4, -4]]]]> : tensor<2x2x1x2xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 1, 1>, group = 2 : i64, input_zero_point = 3 : si64} : (tensor<1x4x4x2xi8>, tensor<2x2x1x2xi8>) -> tensor<1x4x2x2xi32>
  return %0 : tensor<1x4x2x2xi32>
}

// Planes of bytes without sign, as long as filters have three rows and columns:
// (128 + 3) * 9 is taken off the sums.
// HALVES-LABEL: func @depthwise
// HALVES: lathe.plane_depthwise {{.*}}<window_form bytes>
// HALVES-LABEL: func @depthwise_3x3
// HALVES-DAG: lathe.constant dense<[-1179, 1179]> : tensor<2xi32>
// HALVES: lathe.plane_depthwise {{.*}}<window_form halves>
// HALVES-DAG: lathe.constant dense<[-27, 27]> : tensor<2xi32>
// HALVES: lathe.plane_depthwise {{.*}}<window_form halves>, is_unsigned
func.func @depthwise_3x3(%x: tensor<1x4x4x2xi8>, %u: tensor<1x4x4x2xui8>) -> (tensor<1x4x4x2xi32>, tensor<1x4x4x2xi32>) {
  %w = lathe.constant dense<[[[[1, -1]], [[1, -1]], [[1, -1]]], [[[1, -1]], [[1, -1]], [[1, -1]]], [[[1, -1]], [[1, -1]], [[1, -1]]]]> : tensor<3x3x1x2xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 2 : i64, input_zero_point = 3 : si64} : (tensor<1x4x4x2xi8>, tensor<3x3x1x2xi8>) -> tensor<1x4x4x2xi32>
  %1 = lathe.conv %u, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 2 : i64, input_zero_point = 3 : si64} : (tensor<1x4x4x2xui8>, tensor<3x3x1x2xi8>) -> tensor<1x4x4x2xi32>
  return %0, %1 : tensor<1x4x4x2xi32>, tensor<1x4x4x2xi32>
}

// CHECK-LABEL: func @others
// CHECK: lathe.conv
// CHECK: lathe.conv
func.func @others(%x: tensor<1x8x8x4xi8>) -> (tensor<1x8x8x4xi32>, tensor<1x4x4x4xi32>) {
  %w = lathe.constant dense<1> : tensor<1x1x2x4xi8>
  %v = lathe.constant dense<1> : tensor<3x3x4x4xi8>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64} : (tensor<1x8x8x4xi8>, tensor<1x1x2x4xi8>) -> tensor<1x8x8x4xi32>
  %1 = lathe.conv %x, %v {strides = array<i64: 1, 1>, dilations = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xi8>, tensor<3x3x4x4xi8>) -> tensor<1x4x4x4xi32>
  return %0, %1 : tensor<1x8x8x4xi32>, tensor<1x4x4x4xi32>
}

// The absolute weights of a segment add up to 255 in one channel at most.
// HALVES-LABEL: func @segments
// HALVES: lathe.constant dense<{{\[\[}}2, 127, 127, 0, 0, 4, 1, 127, 127, 0, 0, 0, 1, 0]]> : tensor<1x14xi8>
func.func @segments(%x: tensor<2x6xi8>) -> tensor<2x2xi32> {
  %w = lathe.constant dense<[[127, 0], [127, 0], [1, 0], [127, 0], [127, 1], [0, 0]]> : tensor<6x2xi8>
  %0 = lathe.matmul %x, %w : (tensor<2x6xi8>, tensor<6x2xi8>) -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// A single row has no segments; the second channel's weights lie behind those of
// the first.
// HALVES-LABEL: func @single_row
// HALVES-DAG: %[[W:.*]] = lathe.constant dense<{{\[\[\[}}-128, 2, 3], [4, 5, 6], [0, 0, 0], [0, 0, 0]]]> : tensor<1x4x3xi8>
// HALVES-DAG: %[[B:.*]] = lathe.constant dense<[123, -15, 0, 0]> : tensor<4xi32>
// HALVES: lathe.window_conv %arg0, %[[W]], %[[B]] {{.*}}<window_form halves>, is_unsigned
func.func @single_row(%x: tensor<1x3xui8>) -> tensor<1x2xi32> {
  %w = lathe.constant dense<[[-128, 4], [2, 5], [3, 6]]> : tensor<3x2xi8>
  %0 = lathe.matmul %x, %w {lhs_zero_point = 1 : si64} : (tensor<1x3xui8>, tensor<3x2xi8>) -> tensor<1x2xi32>
  return %0 : tensor<1x2xi32>
}

// -128 may be too much for any.
// HALVES-LABEL: func @least_weight_in_halves
// HALVES: lathe.window_conv {{.*}}<window_form bytes>
func.func @least_weight_in_halves(%x: tensor<2x2xi8>) -> tensor<2x2xi32> {
  %w = lathe.constant dense<[[-128, 0], [0, 0]]> : tensor<2x2xi8>
  %0 = lathe.matmul %x, %w : (tensor<2x2xi8>, tensor<2x2xi8>) -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// So may be a sum.
// HALVES-LABEL: func @large_sums
// HALVES: lathe.window_conv {{.*}}<window_form bytes>
func.func @large_sums(%x: tensor<2x2xi8>) -> tensor<2x2xi32> {
  %w = lathe.constant dense<1> : tensor<2x2xi8>
  %b = lathe.constant dense<[0, -536870912]> : tensor<2xi32>
  %0 = lathe.matmul %x, %w, %b : (tensor<2x2xi8>, tensor<2x2xi8>, tensor<2xi32>) -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// Weights less 5 are other ones.
// CHECK-LABEL: func @weights_with_zero_point
// CHECK: lathe.matmul
func.func @weights_with_zero_point(%x: tensor<1x2xi8>) -> tensor<1x2xi32> {
  %w = lathe.constant dense<1> : tensor<2x2xi8>
  %0 = lathe.matmul %x, %w {rhs_zero_point = 5 : si64} : (tensor<1x2xi8>, tensor<2x2xi8>) -> tensor<1x2xi32>
  return %0 : tensor<1x2xi32>
}
