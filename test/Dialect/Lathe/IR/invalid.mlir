// RUN: lathe-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{cannot give 8 elements the shape [3]}}
  %0 = lathe.reshape %x {shape = array<i64: 3>} : (tensor<2x4xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{shape must not be negative}}
  %0 = "lathe.reshape"(%x) {shape = array<i64: -2, -4>} : (tensor<2x4xf32>) -> tensor<?x?xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{[0, 0] is not a permutation of 2 dimensions}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.transpose %x {permutation = array<i64: 0, 0>} : (tensor<2x4xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{'offsets' has 1 entries for an input of rank 2}}
  %0 = lathe.slice %x {offsets = array<i64: 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{'sizes' has 1 entries for an input of rank 2}}
  %0 = lathe.slice %x {offsets = array<i64: 0, 0>, sizes = array<i64: 2>, steps = array<i64: 1, 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{'steps' has 1 entries for an input of rank 2}}
  %0 = lathe.slice %x {offsets = array<i64: 0, 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{step of dimension 1 is zero}}
  %0 = lathe.slice %x {offsets = array<i64: 0, 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 0>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{reads elements 1 to 4 of dimension 1, which has 4}}
  %0 = lathe.slice %x {offsets = array<i64: 0, 1>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{size of dimension 0 is negative}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.slice %x {offsets = array<i64: 0, 0>, sizes = array<i64: -1, 4>, steps = array<i64: 1, 1>} : (tensor<2x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{cannot broadcast [2, 4] to [2, 3]}}
  %0 = lathe.broadcast %x {shape = array<i64: 2, 3>} : (tensor<2x4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+2 {{needs at least one input}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.concat {axis = 0 : i64} : () -> tensor<1xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{axis 2 is not one of the inputs' 2 dimensions}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.concat %x {axis = 2 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) {
  // expected-error @+2 {{inputs of shapes [2, 4] and [2, 3] do not join along axis 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.concat %x, %y {axis = 0 : i64} : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x4xf16>) {
  // expected-error @+1 {{operands have element types 'f32' and 'f16', but need the same}}
  %0 = lathe.concat %x, %y {axis = 0 : i64} : (tensor<2x4xf32>, tensor<2x4xf16>) -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{'low' and 'high' need 2 entries}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.pad %x {low = array<i64: 1>, high = array<i64: 1, 1>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{amount -1 of dimension 0 is negative}}
  %0 = lathe.pad %x {low = array<i64: -1, 0>, high = array<i64: 0, 0>} : (tensor<2x4xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{cannot mirror 2 elements of dimension 0, which has 2}}
  %0 = lathe.pad %x {low = array<i64: 2, 0>, high = array<i64: 0, 0>, mode = #lathe<pad_mode reflect>} : (tensor<2x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %v: tensor<2xf32>) {
  // expected-error @+1 {{value needs one element}}
  %0 = lathe.pad %x, %v {low = array<i64: 2, 0>, high = array<i64: 0, 0>} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %i: tensor<3xi64>) {
  // expected-error @+2 {{axis 2 is not one of the input's 2 dimensions}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.gather %x, %i {axis = 2 : i64} : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<0x4xf32>, %i: tensor<3xi64>) {
  // expected-error @+1 {{selects from an empty dimension}}
  %0 = lathe.gather %x, %i {axis = 0 : i64} : (tensor<0x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{'repeats' needs 2 entries}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.tile %x {repeats = array<i64: 2>} : (tensor<2x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<0x4xf32>) {
  // expected-error @+1 {{repeats must not be negative}}
  %0 = lathe.tile %x {repeats = array<i64: -1, 1>} : (tensor<0x4xf32>) -> tensor<0x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %y: tensor<3xf32>) {
  // expected-error @+2 {{operands of shapes [2, 4] and [3] do not broadcast}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.add %x, %y : (tensor<2x4xf32>, tensor<3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x4xf16>) {
  // expected-error @+1 {{operands have element types 'f32' and 'f16', but need the same}}
  %0 = lathe.add %x, %y : (tensor<2x4xf32>, tensor<2x4xf16>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x4xf16>) {
  // expected-error @+1 {{operands have element types 'f32' and 'f16', but need the same}}
  %0 = lathe.compare eq %x, %y : (tensor<2x4xf32>, tensor<2x4xf16>) -> tensor<2x4xi1>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %y: tensor<2x4xf16>, %c: tensor<i1>) {
  // expected-error @+1 {{both choices need the same element type}}
  %0 = lathe.select %c, %x, %y : (tensor<i1>, tensor<2x4xf32>, tensor<2x4xf16>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{axis 2 is not one of the input's 2 dimensions}}
  %0 = lathe.reduce sum %x {axes = array<i64: 2>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{axes must be sorted and different}}
  %0 = lathe.reduce sum %x {axes = array<i64: 1, 0>, keep_dims} : (tensor<2x4xf32>) -> tensor<1x1xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{kind must be max or min}}
  %0 = lathe.arg_reduce sum %x {axis = 1 : i64} : (tensor<2x4xf32>) -> tensor<2xi64>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{axis 2 is not one of the input's 2 dimensions}}
  %0 = lathe.arg_reduce max %x {axis = 2 : i64} : (tensor<2x4xf32>) -> tensor<2x4xi64>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{axis -1 is not one of the input's 2 dimensions}}
  %0 = lathe.softmax %x {axis = -1 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+1 {{axis 2 is not one of the input's 2 dimensions}}
  %0 = lathe.layer_norm %x {axis = 2 : i64, epsilon = 1.0e-5 : f64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %s: tensor<2xf32>) {
  // expected-error @+1 {{scale and bias need the shape [4]}}
  %0 = lathe.layer_norm %x scale %s {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+2 {{weight has rank 3, but the input has rank 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x4x6xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>, %w: tensor<4x6xf32>) {
  // expected-error @+2 {{input needs a batch, a channel and at least one spatial dimension}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, group = 1 : i64} : (tensor<4x4xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+2 {{'strides' has 1 entries, but 2 are needed}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+2 {{'strides' holds 0, but must not be below 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 0>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+2 {{'dilations' has 1 entries, but 2 are needed}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+2 {{'pads' has 2 entries, but 4 are needed}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+2 {{'pads' holds -1, but must not be below 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, -1>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+2 {{window of extent 3 does not fit spatial dimension 0 of extent 2}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x2x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+1 {{group 3 does not divide the 4 input and 6 output channels}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 3 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+1 {{group 0 does not divide the 4 input and 6 output channels}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 0 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x3x6xf32>) {
  // expected-error @+1 {{weight has 3 input channels a group, but the input has 4 channels in 1 groups}}
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x3x6xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{bias needs shape [6]}}
  %0 = lathe.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>, tensor<4xf32>) -> tensor<1x2x2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x4x6xf32>) {
  // expected-error @+2 {{input and weight need the same rank, at least three}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv_transpose %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x4x6xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+2 {{'output_padding' has 1 entries, but 2 are needed}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv_transpose %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+2 {{pads leave nothing of spatial dimension 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.conv_transpose %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 3, 0, 3>, output_padding = array<i64: 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x3x6xf32>) {
  // expected-error @+1 {{weight has 3 input channels, but the input has 4}}
  %0 = lathe.conv_transpose %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x3x6xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+1 {{group 3 does not divide the 4 input and 18 output channels}}
  %0 = lathe.conv_transpose %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, group = 3 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>) -> tensor<1x6x6x18xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>, %w: tensor<3x3x4x6xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{bias needs shape [6]}}
  %0 = lathe.conv_transpose %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>, group = 1 : i64} : (tensor<1x4x4x4xf32>, tensor<3x3x4x6xf32>, tensor<4xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>) {
  // expected-error @+2 {{'kernel' holds 0, but must not be below 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.max_pool %x {kernel = array<i64: 3, 0>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x4xf32>) -> tensor<1x2x2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>) {
  // expected-error @+1 {{padding 3 of spatial dimension 1 is not smaller than the window}}
  %0 = lathe.max_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 3, 0, 0>} : (tensor<1x4x4x4xf32>) -> tensor<1x2x5x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>) {
  // expected-error @+1 {{padding 3 of spatial dimension 0 is not smaller than the window}}
  %0 = lathe.avg_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 3, 0, 0, 0>} : (tensor<1x4x4x4xf32>) -> tensor<1x5x2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4x4xf32>) {
  // expected-error @+1 {{'counted_pads' needs 4 entries, as 'pads' has}}
  %0 = lathe.avg_pool %x {counted_pads = array<i64: 0>, kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x4xf32>) -> tensor<1x2x2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<4x5xf32>) {
  // expected-error @+2 {{operands need at least two dimensions}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.matmul %x, %y : (tensor<4xf32>, tensor<4x5xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %y: tensor<3x5xf32>) {
  // expected-error @+2 {{operands of shapes [2, 4] and [3, 5] do not multiply}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.matmul %x, %y : (tensor<2x4xf32>, tensor<3x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x2x4xf32>, %y: tensor<3x4x5xf32>) {
  // expected-error @+2 {{batch dimensions of [2, 2, 4] and [3, 4, 5] do not broadcast}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.matmul %x, %y : (tensor<2x2x4xf32>, tensor<3x4x5xf32>) -> tensor<2x2x5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>, %y: tensor<4x5xf32>, %b: tensor<4xf32>) {
  // expected-error @+2 {{bias needs shape [5]}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.matmul %x, %y, %b : (tensor<2x4xf32>, tensor<4x5xf32>, tensor<4xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{'sizes' has 1 entries, but 2 are needed}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.resize %x {sizes = array<i64: 4>, scales = array<f64: 2.0, 1.0>, mode = #lathe<resize_mode nearest>, coordinates = #lathe<coordinate_mode asymmetric>, rounding = #lathe<rounding_mode floor>} : (tensor<2x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x4xf32>) {
  // expected-error @+2 {{'scales' needs one entry a dimension}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.resize %x {sizes = array<i64: 4, 4>, scales = array<f64: 2.0>, mode = #lathe<resize_mode nearest>, coordinates = #lathe<coordinate_mode asymmetric>, rounding = #lathe<rounding_mode floor>} : (tensor<2x4xf32>) -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{block arguments need the types of the inputs}}
  %0 = lathe.kernel "k"(%x)  : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<5xf32>):
    %1 = lathe.constant dense<0.0> : tensor<4xf32>
    lathe.yield %1 : tensor<4xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{must end with a lathe.yield of the results' types}}
  %0 = lathe.kernel "k"(%x)  : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    lathe.yield
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs one placement for each of the 1 results}}
  %0 = lathe.kernel "k"(%x) {placements = []} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    lathe.yield %a : tensor<4xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs one entry of 'in_place' for each of the 1 results}}
  %0 = lathe.kernel "k"(%x) {in_place = array<i64: 0, 0>} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    lathe.yield %a : tensor<4xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'in_place' names input 1, but there are 1}}
  %0 = lathe.kernel "k"(%x) {in_place = array<i64: 1>} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    lathe.yield %a : tensor<4xf32>
  }
  return
}

// -----

func.func @f(%w: tensor<3x5x8x40xf32>) {
  // expected-error @+2 {{the weight must have shape [3, 3, C, O]}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.winograd_filter %w {block = 32 : i64} : (tensor<3x5x8x40xf32>) -> tensor<2x36x8x32xf32>
  return
}

// -----

func.func @f(%x: tensor<1x28x28x8xf32>, %u: tensor<1x36x8x32xf32>) {
  // expected-error @+1 {{needs a filter of shape [channels / block, 36, C, block]}}
  %0 = lathe.winograd_conv %x, %u {block = array<i64: 2, 7>, channels = 40 : i64, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x28x28x8xf32>, tensor<1x36x8x32xf32>) -> tensor<1x28x28x40xf32>
  return
}

// -----

func.func @f(%x: tensor<1x28x28x7xf32>, %u: tensor<2x36x8x32xf32>) {
  // expected-error @+1 {{has 7 input channels, but a filter for 8}}
  %0 = lathe.winograd_conv %x, %u {block = array<i64: 2, 7>, channels = 40 : i64, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x28x28x7xf32>, tensor<2x36x8x32xf32>) -> tensor<1x28x28x40xf32>
  return
}

// -----

func.func @f(%x: tensor<1x28x28x9xui8>, %u: tensor<2x36x4x64xi16>) {
  // expected-error @+1 {{has 9 input channels, but a filter for 8}}
  %0 = lathe.winograd_conv %x, %u {block = array<i64: 2, 7>, channels = 40 : i64, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x28x28x9xui8>, tensor<2x36x4x64xi16>) -> tensor<1x28x28x40xi32>
  return
}

// -----

func.func @f(%x: tensor<1x28x28x8xui8>, %u: tensor<2x36x8x32xf32>) {
  // expected-error @+1 {{needs a filter and a bias for integers}}
  %0 = lathe.winograd_conv %x, %u {block = array<i64: 2, 7>, channels = 40 : i64, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x28x28x8xui8>, tensor<2x36x8x32xf32>) -> tensor<1x28x28x40xi32>
  return
}

// -----

func.func @f(%x: tensor<1x28x28x8xf32>, %u: tensor<2x36x8x32xf32>, %b: tensor<40xi32>) {
  // expected-error @+1 {{needs a filter and a bias for floats}}
  %0 = lathe.winograd_conv %x, %u, %b {block = array<i64: 2, 7>, channels = 40 : i64, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x28x28x8xf32>, tensor<2x36x8x32xf32>, tensor<40xi32>) -> tensor<1x28x28x40xf32>
  return
}

// -----

func.func @f(%x: tensor<1x28x28x8xf32>, %u: tensor<2x36x8x32xf32>) {
  // expected-error @+1 {{needs a block of at least one row and column of tiles}}
  %0 = lathe.winograd_conv %x, %u {block = array<i64: 2>, channels = 40 : i64, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x28x28x8xf32>, tensor<2x36x8x32xf32>) -> tensor<1x28x28x40xf32>
  return
}

// -----

func.func @f(%x: tensor<1x28x28x8xf32>, %u: tensor<2x36x8x32xf32>) {
  // expected-error @+2 {{needs four pads that are not negative}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = lathe.winograd_conv %x, %u {block = array<i64: 2, 7>, channels = 40 : i64, pads = array<i64: 1, 1>}
       : (tensor<1x28x28x8xf32>, tensor<2x36x8x32xf32>) -> tensor<1x28x28x40xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has 2 scales along dimension 1 of 'tensor<2x3x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>'}}
  %0 = lathe.quantize %x {to = !quant.uniform<i8:f32:1, {0.5, 0.25}>} : (tensor<2x3xf32>) -> tensor<2x3x!quant.uniform<i8:f32:1, {0.5, 0.25}>>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+1 {{'to' must be a quantized type that stands for the operand's elements}}
  %0 = lathe.quantize %x {to = i8} : (tensor<2xf32>) -> tensor<2xi8>
  return
}

// -----

func.func @f(%x: tensor<2xi8>) {
  // expected-error @+1 {{needs a quantized type and its storage type}}
  %0 = lathe.storage_cast %x {to = !quant.uniform<u8:f32, 0.5>} : (tensor<2xi8>) -> tensor<2x!quant.uniform<u8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<2xi32>, %m: tensor<i32>) {
  // expected-error @+1 {{'shift' is 63, but must be 1 to 62}}
  %0 = lathe.requantize %x, %m {shift = 63 : si64, zero_point = 0 : si64, low = 0 : si64, high = 1 : si64, to = i8} : (tensor<2xi32>, tensor<i32>) -> tensor<2xi8>
  return
}

// -----

func.func @f(%x: tensor<2xi32>, %m: tensor<i32>) {
  // expected-error @+1 {{'low' and 'high', -129 and 1, must be in order and in the range of 'i8'}}
  %0 = lathe.requantize %x, %m {shift = 3 : si64, zero_point = 0 : si64, low = -129 : si64, high = 1 : si64, to = i8} : (tensor<2xi32>, tensor<i32>) -> tensor<2xi8>
  return
}

// -----

func.func @f(%x: tensor<1x2xui8>, %y: tensor<2x3xi8>) {
  // expected-error @+1 {{zero point -1 is not in the range of 'ui8'}}
  %0 = lathe.matmul %x, %y {lhs_zero_point = -1 : si64} : (tensor<1x2xui8>, tensor<2x3xi8>) -> tensor<1x3xi32>
  return
}

// -----

func.func @f(%x: tensor<1x2xf32>, %y: tensor<2x3xf32>) {
  // expected-error @+1 {{only integers of 8 or 16 bits have a zero point}}
  %0 = lathe.matmul %x, %y {rhs_zero_point = 1 : si64} : (tensor<1x2xf32>, tensor<2x3xf32>) -> tensor<1x3xf32>
  return
}
