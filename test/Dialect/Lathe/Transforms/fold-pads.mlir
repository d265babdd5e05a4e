// RUN: lathe-opt %s --lathe-fold-pads | FileCheck %s

// CHECK-LABEL: @zeros_before_conv
// CHECK-NOT: lathe.pad
// CHECK: lathe.conv %arg0, {{.*}} pads = array<i64: 1, 2, 1, 3>
func.func @zeros_before_conv(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x3x4xf32>) -> tensor<1x8x11x4xf32> {
  %0 = lathe.pad %x {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 2, 0>} : (tensor<1x8x8x3xf32>) -> tensor<1x10x11x3xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 1, 0, 1>} : (tensor<1x10x11x3xf32>, tensor<3x3x3x4xf32>) -> tensor<1x8x11x4xf32>
  return %1 : tensor<1x8x11x4xf32>
}

// CHECK-LABEL: @ones_before_conv
// CHECK: lathe.pad
func.func @ones_before_conv(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x3x4xf32>) -> tensor<1x8x8x4xf32> {
  %c = lathe.constant dense<1.0> : tensor<f32>
  %0 = lathe.pad %x, %c {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>} : (tensor<1x8x8x3xf32>, tensor<f32>) -> tensor<1x10x10x3xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x10x10x3xf32>, tensor<3x3x3x4xf32>) -> tensor<1x8x8x4xf32>
  return %1 : tensor<1x8x8x4xf32>
}

// CHECK-LABEL: @channels_before_conv
// CHECK: lathe.pad
func.func @channels_before_conv(%x: tensor<1x8x8x2xf32>, %w: tensor<1x1x3x4xf32>) -> tensor<1x8x8x4xf32> {
  %0 = lathe.pad %x {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 0, 0, 1>} : (tensor<1x8x8x2xf32>) -> tensor<1x8x8x3xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x3xf32>, tensor<1x1x3x4xf32>) -> tensor<1x8x8x4xf32>
  return %1 : tensor<1x8x8x4xf32>
}

// CHECK-LABEL: @edge_before_conv
// CHECK: lathe.pad
func.func @edge_before_conv(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x3x4xf32>) -> tensor<1x8x8x4xf32> {
  %0 = lathe.pad %x {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>, mode = #lathe<pad_mode edge>} : (tensor<1x8x8x3xf32>) -> tensor<1x10x10x3xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x10x10x3xf32>, tensor<3x3x3x4xf32>) -> tensor<1x8x8x4xf32>
  return %1 : tensor<1x8x8x4xf32>
}

// CHECK-LABEL: @infinity_before_max_pool
// CHECK: lathe.max_pool %arg0 {{.*}} pads = array<i64: 1, 1, 0, 0>
func.func @infinity_before_max_pool(%x: tensor<1x8x8x3xf32>) -> tensor<1x4x4x3xf32> {
  %c = lathe.constant dense<0xFF800000> : tensor<f32>
  %0 = lathe.pad %x, %c {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x3xf32>, tensor<f32>) -> tensor<1x9x9x3xf32>
  %1 = lathe.max_pool %0 {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x9x9x3xf32>) -> tensor<1x4x4x3xf32>
  return %1 : tensor<1x4x4x3xf32>
}

// CHECK-LABEL: @zeros_before_max_pool
// CHECK: lathe.pad
func.func @zeros_before_max_pool(%x: tensor<1x8x8x3xf32>) -> tensor<1x4x4x3xf32> {
  %0 = lathe.pad %x {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x3xf32>) -> tensor<1x9x9x3xf32>
  %1 = lathe.max_pool %0 {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x9x9x3xf32>) -> tensor<1x4x4x3xf32>
  return %1 : tensor<1x4x4x3xf32>
}

// Zeros are picked only where the image has nothing above them.
// CHECK-LABEL: @zeros_around_relu_before_max_pool
// CHECK-NOT: lathe.pad
// CHECK: lathe.max_pool {{.*}} pads = array<i64: 1, 1, 0, 0>
func.func @zeros_around_relu_before_max_pool(%x: tensor<1x8x8x3xf32>) -> tensor<1x4x4x3xf32> {
  %0 = lathe.relu %x : (tensor<1x8x8x3xf32>) -> tensor<1x8x8x3xf32>
  %1 = lathe.pad %0 {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x3xf32>) -> tensor<1x9x9x3xf32>
  %2 = lathe.max_pool %1 {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x9x9x3xf32>) -> tensor<1x4x4x3xf32>
  return %2 : tensor<1x4x4x3xf32>
}

// A window would see nothing but the border.
// CHECK-LABEL: @wide_border_before_max_pool
// CHECK: lathe.pad
func.func @wide_border_before_max_pool(%x: tensor<1x8x8x3xf32>) -> tensor<1x6x6x3xf32> {
  %0 = lathe.relu %x : (tensor<1x8x8x3xf32>) -> tensor<1x8x8x3xf32>
  %1 = lathe.pad %0 {low = array<i64: 0, 2, 2, 0>, high = array<i64: 0, 2, 2, 0>} : (tensor<1x8x8x3xf32>) -> tensor<1x12x12x3xf32>
  %2 = lathe.max_pool %1 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x12x12x3xf32>) -> tensor<1x6x6x3xf32>
  return %2 : tensor<1x6x6x3xf32>
}

// The border counts as elements; the pool's own padding did not.
// CHECK-LABEL: @zeros_before_avg_pool
// CHECK: lathe.avg_pool %arg0 {count_include_pad, counted_pads = array<i64: 1, 1, 1, 1>, {{.*}} pads = array<i64: 2, 2, 1, 1>
func.func @zeros_before_avg_pool(%x: tensor<1x8x8x3xf32>) -> tensor<1x5x5x3xf32> {
  %0 = lathe.pad %x {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>} : (tensor<1x8x8x3xf32>) -> tensor<1x10x10x3xf32>
  %1 = lathe.avg_pool %0 {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>} : (tensor<1x10x10x3xf32>) -> tensor<1x5x5x3xf32>
  return %1 : tensor<1x5x5x3xf32>
}

// CHECK-LABEL: @zeros_before_counting_avg_pool
// CHECK-NOT: counted_pads
// CHECK: lathe.avg_pool %arg0 {count_include_pad, {{.*}} pads = array<i64: 2, 2, 1, 1>
func.func @zeros_before_counting_avg_pool(%x: tensor<1x8x8x3xf32>) -> tensor<1x5x5x3xf32> {
  %0 = lathe.pad %x {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>} : (tensor<1x8x8x3xf32>) -> tensor<1x10x10x3xf32>
  %1 = lathe.avg_pool %0 {count_include_pad, kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>} : (tensor<1x10x10x3xf32>) -> tensor<1x5x5x3xf32>
  return %1 : tensor<1x5x5x3xf32>
}

// One channel: the change of layout is a reshape.
// CHECK-LABEL: @zeros_around_one_channel
// CHECK: %[[X:.*]] = lathe.reshape %arg0 {shape = array<i64: 1, 8, 8, 1>}
// CHECK-NEXT: lathe.conv %[[X]], {{.*}} pads = array<i64: 1, 2, 1, 2>
func.func @zeros_around_one_channel(%x: tensor<1x1x8x8xf32>, %w: tensor<3x5x1x4xf32>) -> tensor<1x8x8x4xf32> {
  %0 = lathe.pad %x {low = array<i64: 0, 0, 1, 2>, high = array<i64: 0, 0, 1, 2>} : (tensor<1x1x8x8xf32>) -> tensor<1x1x10x12xf32>
  %1 = lathe.reshape %0 {shape = array<i64: 1, 10, 12, 1>} : (tensor<1x1x10x12xf32>) -> tensor<1x10x12x1xf32>
  %2 = lathe.conv %1, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x10x12x1xf32>, tensor<3x5x1x4xf32>) -> tensor<1x8x8x4xf32>
  return %2 : tensor<1x8x8x4xf32>
}
