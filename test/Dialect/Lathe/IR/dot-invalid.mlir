// RUN: lathe-opt %s --split-input-file --verify-diagnostics

func.func @weights(%x: tensor<1x8x8x18xui8>, %w: tensor<1x2x3x3x4x128xi8>) {
  // expected-error@+1 {{needs weights of shape [1, 2, 3, 3, 5, 128]}}
  %0 = lathe.dot_conv %x, %w {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, channels = 40 : i64}
       : (tensor<1x8x8x18xui8>, tensor<1x2x3x3x4x128xi8>) -> tensor<1x8x8x40xi32>
  return
}

// -----

func.func @bias(%x: tensor<1x8xui8>, %w: tensor<1x1x2x64xi8>, %b: tensor<16xi32>) {
  // expected-error@+1 {{needs a bias of shape [15]}}
  %0 = lathe.dot_conv %x, %w, %b {kernel = array<i64>, strides = array<i64>, dilations = array<i64>, pads = array<i64>, channels = 15 : i64}
       : (tensor<1x8xui8>, tensor<1x1x2x64xi8>, tensor<16xi32>) -> tensor<1x15xi32>
  return
}

// -----

func.func @row_of_one_channel(%x: tensor<1x8x8x1xui8>, %w: tensor<1x1x3x1x64xi8>) {
  // expected-error@+1 {{its last window needs dilation 1 and no padding}}
  %0 = lathe.dot_conv %x, %w {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, channels = 16 : i64}
       : (tensor<1x8x8x1xui8>, tensor<1x1x3x1x64xi8>) -> tensor<1x8x8x16xi32>
  return
}

// -----

func.func @depthwise(%x: tensor<1x8x8x16xui8>, %w: tensor<3x64xi8>) {
  // expected-error@+1 {{needs weights of shape [1, 3, 64]}}
  %0 = lathe.dot_depthwise %x, %w {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>}
       : (tensor<1x8x8x16xui8>, tensor<3x64xi8>) -> tensor<1x6x6x16xi32>
  return
}

// -----

func.func @lanes(%acc: vector<4xi32>, %x: vector<8xi8>) {
  // expected-error@+1 {{needs 4 elements for each lane}}
  %0 = lathe.dot %acc, %x, %x : vector<4xi32>, vector<8xi8>, vector<8xi8>
  return
}

// -----

func.func @sign(%acc: vector<4xi32>, %x: vector<8xi16>) {
  // expected-error@+1 {{has data of 16 bits, which are signed}}
  %0 = lathe.dot unsigned %acc, %x, %x : vector<4xi32>, vector<8xi16>, vector<8xi16>
  return
}
