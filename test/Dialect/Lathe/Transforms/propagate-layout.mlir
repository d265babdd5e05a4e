// RUN: lathe-opt %s --split-input-file --lathe-propagate-layout | FileCheck %s --implicit-check-not=lathe.transpose
// RUN: lathe-opt %s --split-input-file --lathe-propagate-layout --lathe-propagate-layout | FileCheck %s --implicit-check-not=lathe.transpose

// What the importer makes of channels-first models. No transpose may appear but
// those that are checked for.

// A residual block: the input's transpose is shared and the output's is the one
// other that is left.
// CHECK-LABEL: @residual
// CHECK: %[[X:.*]] = lathe.transpose %arg0 {permutation = array<i64: 0, 2, 3, 1>}
// CHECK: %[[CONV:.*]] = lathe.conv %[[X]]
// CHECK: %[[SUM:.*]] = lathe.add %[[CONV]], %[[X]] : (tensor<1x8x8x4xf32>
// CHECK: %[[RELU:.*]] = lathe.relu %[[SUM]]
// CHECK: %[[POOL:.*]] = lathe.max_pool %[[RELU]]
// CHECK: lathe.transpose %[[POOL]] {permutation = array<i64: 0, 3, 1, 2>}
func.func @residual(%x: tensor<1x4x8x8xf32>, %w: tensor<1x1x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %0 = lathe.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x4x8x8xf32>) -> tensor<1x8x8x4xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32>
  %2 = lathe.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x8x8xf32>
  %3 = lathe.add %2, %x : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %4 = lathe.relu %3 : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %5 = lathe.transpose %4 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x4x8x8xf32>) -> tensor<1x8x8x4xf32>
  %6 = lathe.max_pool %5 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
  %7 = lathe.transpose %6 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  return %7 : tensor<1x4x4x4xf32>
}

// -----

// Branches joined along the channels, which become the last dimension. With
// one input channel the input needs no transpose either.
// CHECK-LABEL: @concat_of_branches
// CHECK: lathe.reshape %arg0 {shape = array<i64: 1, 8, 8, 1>}
// CHECK: lathe.concat %{{.*}}, %{{.*}} {axis = 3 : i64}
// CHECK: lathe.softmax {{.*}} {axis = 3 : i64}
func.func @concat_of_branches(%x: tensor<1x1x8x8xf32>, %w: tensor<1x1x1x4xf32>) -> tensor<1x8x8x8xf32> {
  %0 = lathe.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x1x8x8xf32>) -> tensor<1x8x8x1xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x1xf32>, tensor<1x1x1x4xf32>) -> tensor<1x8x8x4xf32>
  %2 = lathe.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x8x8xf32>
  %3 = lathe.relu %2 : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %4 = lathe.sigmoid %2 : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %5 = lathe.concat %3, %4 {axis = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x8x8x8xf32>
  %6 = lathe.softmax %5 {axis = 1 : i64} : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %7 = lathe.transpose %6 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  return %7 : tensor<1x8x8x8xf32>
}

// -----

// The shortcut of ResNet-20: every second pixel, channels padded.
// CHECK-LABEL: @pad_and_slice_shortcut
// CHECK: %[[SLICE:.*]] = lathe.slice %arg0 {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 4, 4, 4>, steps = array<i64: 1, 2, 2, 1>}
// CHECK: %[[PAD:.*]] = lathe.pad %[[SLICE]] {high = array<i64: 0, 0, 0, 2>, low = array<i64: 0, 0, 0, 2>}
// CHECK: lathe.add %{{.*}}, %[[PAD]]
// CHECK: return
func.func @pad_and_slice_shortcut(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x8xf32>, %v: tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x4x4x8xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x8xf32>) -> tensor<1x8x4x4xf32>
  %2 = lathe.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x8x8xf32>
  %3 = lathe.slice %2 {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 4, 4, 4>, steps = array<i64: 1, 1, 2, 2>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
  %4 = lathe.pad %3 {low = array<i64: 0, 2, 0, 0>, high = array<i64: 0, 2, 0, 0>} : (tensor<1x4x4x4xf32>) -> tensor<1x8x4x4xf32>
  %5 = lathe.add %1, %4 : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %6 = lathe.transpose %5 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x8x4x4xf32>) -> tensor<1x4x4x8xf32>
  %7 = lathe.conv %6, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  return %7 : tensor<1x4x4x8xf32>
}

// -----

// The heads of UltraFace: the model goes channels last itself.
// CHECK-LABEL: @detection_heads
// CHECK: %[[A:.*]] = lathe.conv
// CHECK: %[[B:.*]] = lathe.conv
// CHECK: lathe.reshape %[[A]] {shape = array<i64: 1, 32, 2>}
// CHECK: lathe.reshape %[[B]] {shape = array<i64: 1, 8, 2>}
// CHECK: lathe.concat
// CHECK: lathe.softmax
func.func @detection_heads(%x: tensor<1x4x4x4xf32>, %y: tensor<1x2x2x4xf32>, %w: tensor<1x1x4x4xf32>) -> tensor<1x40x2xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x4x4x4xf32>
  %1 = lathe.conv %y, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x2x2x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x2x2x4xf32>
  %2 = lathe.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %3 = lathe.transpose %1 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x2x2x4xf32>) -> tensor<1x4x2x2xf32>
  %4 = lathe.transpose %2 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %5 = lathe.transpose %3 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x4x2x2xf32>) -> tensor<1x2x2x4xf32>
  %6 = lathe.reshape %4 {shape = array<i64: 1, 32, 2>} : (tensor<1x4x4x4xf32>) -> tensor<1x32x2xf32>
  %7 = lathe.reshape %5 {shape = array<i64: 1, 8, 2>} : (tensor<1x2x2x4xf32>) -> tensor<1x8x2xf32>
  %8 = lathe.concat %6, %7 {axis = 1 : i64} : (tensor<1x32x2xf32>, tensor<1x8x2xf32>) -> tensor<1x40x2xf32>
  %9 = lathe.softmax %8 {axis = 2 : i64} : (tensor<1x40x2xf32>) -> tensor<1x40x2xf32>
  return %9 : tensor<1x40x2xf32>
}

// -----

// Global pooling that drops its dimensions, then a classifier.
// CHECK-LABEL: @global_pool_flatten
// CHECK: %[[CONV:.*]] = lathe.conv
// CHECK: %[[MEAN:.*]] = lathe.reduce {{ *}}mean %[[CONV]] {axes = array<i64: 1, 2>} : (tensor<2x4x4x8xf32>) -> tensor<2x8xf32>
// CHECK: lathe.matmul %[[MEAN]], %arg2
func.func @global_pool_flatten(%x: tensor<2x4x4x4xf32>, %w: tensor<1x1x4x8xf32>, %v: tensor<8x10xf32>) -> tensor<2x10xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<2x4x4x4xf32>, tensor<1x1x4x8xf32>) -> tensor<2x4x4x8xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<2x4x4x8xf32>) -> tensor<2x8x4x4xf32>
  %2 = lathe.reduce mean %1 {axes = array<i64: 2, 3>} : (tensor<2x8x4x4xf32>) -> tensor<2x8xf32>
  %3 = lathe.matmul %2, %v : (tensor<2x8xf32>, tensor<8x10xf32>) -> tensor<2x10xf32>
  return %3 : tensor<2x10xf32>
}

// -----

// Flatten orders the features channels first; the classifier's rows follow the
// data instead. Also with an activation before and after the Flatten.
// CHECK-LABEL: @flatten_gemm
// CHECK-DAG: %[[ROWS:.*]] = lathe.reshape %{{.*}} {shape = array<i64: 8, 4, 4, 10>}
// CHECK-DAG: %[[ORDERED:.*]] = lathe.transpose %[[ROWS]] {permutation = array<i64: 1, 2, 0, 3>}
// CHECK-DAG: %[[W:.*]] = lathe.reshape %[[ORDERED]] {shape = array<i64: 128, 10>}
// CHECK-DAG: %[[RELU:.*]] = lathe.relu %{{.*}} : (tensor<1x4x4x8xf32>)
// CHECK-DAG: %[[TANH:.*]] = lathe.tanh %[[RELU]] : (tensor<1x4x4x8xf32>)
// CHECK-DAG: %[[FLAT:.*]] = lathe.reshape %[[TANH]] {shape = array<i64: 1, 128>}
// CHECK: lathe.matmul %[[FLAT]], %[[W]]
func.func @flatten_gemm(%x: tensor<1x4x4x4xf32>, %w: tensor<1x1x4x8xf32>) -> tensor<1x10xf32> {
  %v = lathe.constant dense_resource<weight> : tensor<128x10xf32>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x4x4x8xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x8xf32>) -> tensor<1x8x4x4xf32>
  %2 = lathe.relu %1 : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 1, 128>} : (tensor<1x8x4x4xf32>) -> tensor<1x128xf32>
  %4 = lathe.tanh %3 : (tensor<1x128xf32>) -> tensor<1x128xf32>
  %5 = lathe.matmul %4, %v : (tensor<1x128xf32>, tensor<128x10xf32>) -> tensor<1x10xf32>
  return %5 : tensor<1x10xf32>
}

// -----

// Squeeze and excitation: the gate has one element a channel, and a constant of
// lower rank takes part.
// CHECK-LABEL: @squeeze_excitation
// CHECK: %[[OFFSET:.*]] = lathe.constant {{.*}} : tensor<1x1x1x4xf32>
// CHECK: %[[CONV:.*]] = lathe.conv
// CHECK: %[[MEAN:.*]] = lathe.reduce {{ *}}mean %[[CONV]] {axes = array<i64: 1, 2>, keep_dims}
// CHECK: %[[GATE:.*]] = lathe.sigmoid %{{.*}} : (tensor<1x1x1x4xf32>)
// CHECK: %[[MUL:.*]] = lathe.mul %[[CONV]], %[[GATE]] : (tensor<1x8x8x4xf32>, tensor<1x1x1x4xf32>)
// CHECK: lathe.add %[[MUL]], %[[OFFSET]] : (tensor<1x8x8x4xf32>, tensor<1x1x1x4xf32>)
func.func @squeeze_excitation(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
  %c = lathe.constant dense<[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]> : tensor<4x1x1xf32>
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x8x8xf32>
  %2 = lathe.reduce mean %1 {axes = array<i64: 2, 3>, keep_dims} : (tensor<1x4x8x8xf32>) -> tensor<1x4x1x1xf32>
  %3 = lathe.transpose %2 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x4x1x1xf32>) -> tensor<1x1x1x4xf32>
  %4 = lathe.conv %3, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x1x1x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x1x1x4xf32>
  %5 = lathe.transpose %4 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x1x1x4xf32>) -> tensor<1x4x1x1xf32>
  %6 = lathe.sigmoid %5 : (tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>
  %7 = lathe.mul %1, %6 : (tensor<1x4x8x8xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %8 = lathe.add %7, %c : (tensor<1x4x8x8xf32>, tensor<4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %9 = lathe.transpose %8 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x4x8x8xf32>) -> tensor<1x8x8x4xf32>
  return %9 : tensor<1x8x8x4xf32>
}

// -----

// ShuffleNet: of five transposes the one that shuffles is left.
// CHECK-LABEL: @channel_shuffle
// CHECK: %[[SPLIT:.*]] = lathe.reshape %arg0 {shape = array<i64: 1, 4, 4, 2, 3>}
// CHECK: %[[SHUFFLED:.*]] = lathe.transpose %[[SPLIT]] {permutation = array<i64: 0, 1, 2, 4, 3>}
// CHECK: lathe.reshape %[[SHUFFLED]] {shape = array<i64: 1, 4, 4, 6>}
func.func @channel_shuffle(%x: tensor<1x4x4x6xf32>) -> tensor<1x4x4x6xf32> {
  %0 = lathe.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x6xf32>) -> tensor<1x6x4x4xf32>
  %1 = lathe.reshape %0 {shape = array<i64: 1, 2, 3, 4, 4>} : (tensor<1x6x4x4xf32>) -> tensor<1x2x3x4x4xf32>
  %2 = lathe.transpose %1 {permutation = array<i64: 0, 2, 1, 3, 4>} : (tensor<1x2x3x4x4xf32>) -> tensor<1x3x2x4x4xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 1, 6, 4, 4>} : (tensor<1x3x2x4x4xf32>) -> tensor<1x6x4x4xf32>
  %4 = lathe.transpose %3 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x6x4x4xf32>) -> tensor<1x4x4x6xf32>
  return %4 : tensor<1x4x4x6xf32>
}

// -----

// The patches of a vision transformer are rows already.
// CHECK-LABEL: @patch_embedding
// CHECK: %[[CONV:.*]] = lathe.conv
// CHECK: lathe.reshape %[[CONV]] {shape = array<i64: 1, 16, 8>}
func.func @patch_embedding(%x: tensor<1x16x16x3xf32>, %w: tensor<4x4x3x8xf32>) -> tensor<1x16x8xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 4, 4>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x16x16x3xf32>, tensor<4x4x3x8xf32>) -> tensor<1x4x4x8xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x8xf32>) -> tensor<1x8x4x4xf32>
  %2 = lathe.reshape %1 {shape = array<i64: 1, 8, 16>} : (tensor<1x8x4x4xf32>) -> tensor<1x8x16xf32>
  %3 = lathe.transpose %2 {permutation = array<i64: 0, 2, 1>} : (tensor<1x8x16xf32>) -> tensor<1x16x8xf32>
  return %3 : tensor<1x16x8xf32>
}

// -----

// A crop before the transpose: transposing what is left is cheaper.
// CHECK-LABEL: @stays_on_smaller_side
// CHECK: %[[SLICE:.*]] = lathe.slice %arg0
// CHECK: lathe.transpose %[[SLICE]]
func.func @stays_on_smaller_side(%x: tensor<1x3x64x64xf32>) -> tensor<1x8x8x3xf32> {
  %0 = lathe.slice %x {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 3, 8, 8>, steps = array<i64: 1, 1, 1, 1>} : (tensor<1x3x64x64xf32>) -> tensor<1x3x8x8xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x3x8x8xf32>) -> tensor<1x8x8x3xf32>
  return %1 : tensor<1x8x8x3xf32>
}

// -----

// A value that meets its own transpose cannot do without.
// CHECK-LABEL: @meets_its_own_transpose
// CHECK: %[[T:.*]] = lathe.transpose
// CHECK: lathe.add %{{.*}}, %[[T]]
func.func @meets_its_own_transpose(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = lathe.relu %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = lathe.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = lathe.add %0, %1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %2 : tensor<4x4xf32>
}

// -----

// What repeats and resamples goes channels last too.
// CHECK-LABEL: @upsampling
// CHECK: lathe.resize %arg0 {{.*}} scales = array<f64: 1.000000e+00, 2.000000e+00, 3.000000e+00, 1.000000e+00>, sizes = array<i64: 1, 8, 12, 3>
// CHECK: lathe.tile %{{.*}} {repeats = array<i64: 1, 2, 1, 4>}
// CHECK: lathe.broadcast %{{.*}} {shape = array<i64: 2, 16, 12, 12>}
func.func @upsampling(%x: tensor<1x4x4x3xf32>) -> tensor<2x16x12x12xf32> {
  %0 = lathe.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x4x4x3xf32>) -> tensor<1x3x4x4xf32>
  %1 = lathe.resize %0 {sizes = array<i64: 1, 3, 8, 12>, scales = array<f64: 1.0, 1.0, 2.0, 3.0>, mode = #lathe<resize_mode nearest>, coordinates = #lathe<coordinate_mode asymmetric>, rounding = #lathe<rounding_mode floor>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x12xf32>
  %2 = lathe.tile %1 {repeats = array<i64: 1, 4, 2, 1>} : (tensor<1x3x8x12xf32>) -> tensor<1x12x16x12xf32>
  %3 = lathe.broadcast %2 {shape = array<i64: 2, 12, 16, 12>} : (tensor<1x12x16x12xf32>) -> tensor<2x12x16x12xf32>
  %4 = lathe.transpose %3 {permutation = array<i64: 0, 2, 3, 1>} : (tensor<2x12x16x12xf32>) -> tensor<2x16x12x12xf32>
  return %4 : tensor<2x16x12x12xf32>
}
