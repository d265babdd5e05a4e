// RUN: lathe-opt %s | FileCheck %s
// RUN: lathe-opt %s | lathe-opt | FileCheck %s
// RUN: lathe-opt %s --mlir-print-op-generic | lathe-opt | FileCheck %s

// Every op of the dialect survives printing and parsing.

// CHECK-LABEL: @unary
// CHECK: lathe.exp %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.log %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.sqrt %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.floor %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.ceil %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.round %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.sin %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.cos %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.tan %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.asin %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.acos %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.atan %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.sinh %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.cosh %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.tanh %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.asinh %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.acosh %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.atanh %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.erf %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.abs %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.neg %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.sign %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.reciprocal %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.sigmoid %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.softplus %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.relu %{{.*}} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.leaky_relu %{{.*}} {alpha = 1.000000e-01 : f64} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.elu %{{.*}} {alpha = 1.000000e+00 : f64} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.hard_sigmoid %{{.*}} {alpha = 2.000000e-01 : f64, beta = 5.000000e-01 : f64} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.gelu %{{.*}} {tanh_approximation} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.clamp %{{.*}} {max = 6.000000e+00 : f64, min = 0.000000e+00 : f64} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.is_nan %{{.*}} : (tensor<4xf32>) -> tensor<4xi1>
// CHECK: lathe.is_inf %{{.*}} {negative = false} : (tensor<4xf32>) -> tensor<4xi1>
// CHECK: lathe.cast %{{.*}} {to = i8} : (tensor<4xf32>) -> tensor<4xi8>
func.func @unary(%x: tensor<4xf32>) {
  %0 = lathe.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.log %x : (tensor<4xf32>) -> tensor<4xf32>
  %2 = lathe.sqrt %x : (tensor<4xf32>) -> tensor<4xf32>
  %3 = lathe.floor %x : (tensor<4xf32>) -> tensor<4xf32>
  %4 = lathe.ceil %x : (tensor<4xf32>) -> tensor<4xf32>
  %5 = lathe.round %x : (tensor<4xf32>) -> tensor<4xf32>
  %6 = lathe.sin %x : (tensor<4xf32>) -> tensor<4xf32>
  %7 = lathe.cos %x : (tensor<4xf32>) -> tensor<4xf32>
  %8 = lathe.tan %x : (tensor<4xf32>) -> tensor<4xf32>
  %9 = lathe.asin %x : (tensor<4xf32>) -> tensor<4xf32>
  %10 = lathe.acos %x : (tensor<4xf32>) -> tensor<4xf32>
  %11 = lathe.atan %x : (tensor<4xf32>) -> tensor<4xf32>
  %12 = lathe.sinh %x : (tensor<4xf32>) -> tensor<4xf32>
  %13 = lathe.cosh %x : (tensor<4xf32>) -> tensor<4xf32>
  %14 = lathe.tanh %x : (tensor<4xf32>) -> tensor<4xf32>
  %15 = lathe.asinh %x : (tensor<4xf32>) -> tensor<4xf32>
  %16 = lathe.acosh %x : (tensor<4xf32>) -> tensor<4xf32>
  %17 = lathe.atanh %x : (tensor<4xf32>) -> tensor<4xf32>
  %18 = lathe.erf %x : (tensor<4xf32>) -> tensor<4xf32>
  %19 = lathe.abs %x : (tensor<4xf32>) -> tensor<4xf32>
  %20 = lathe.neg %x : (tensor<4xf32>) -> tensor<4xf32>
  %21 = lathe.sign %x : (tensor<4xf32>) -> tensor<4xf32>
  %22 = lathe.reciprocal %x : (tensor<4xf32>) -> tensor<4xf32>
  %23 = lathe.sigmoid %x : (tensor<4xf32>) -> tensor<4xf32>
  %24 = lathe.softplus %x : (tensor<4xf32>) -> tensor<4xf32>
  %25 = lathe.relu %x : (tensor<4xf32>) -> tensor<4xf32>
  %leaky_relu = lathe.leaky_relu %x {alpha = 1.000000e-01 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  %elu = lathe.elu %x {alpha = 1.000000e+00 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  %hard_sigmoid = lathe.hard_sigmoid %x {alpha = 2.000000e-01 : f64, beta = 5.000000e-01 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  %gelu = lathe.gelu %x {tanh_approximation} : (tensor<4xf32>) -> tensor<4xf32>
  %clamp = lathe.clamp %x {max = 6.000000e+00 : f64, min = 0.000000e+00 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  %n = lathe.is_nan %x : (tensor<4xf32>) -> tensor<4xi1>
  %i = lathe.is_inf %x {negative = false} : (tensor<4xf32>) -> tensor<4xi1>
  %c = lathe.cast %x {to = i8} : (tensor<4xf32>) -> tensor<4xi8>
  return
}

// CHECK-LABEL: @binary
// CHECK: lathe.add %{{.*}}, %{{.*}} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: lathe.sub %{{.*}}, %{{.*}} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: lathe.mul %{{.*}}, %{{.*}} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: lathe.div %{{.*}}, %{{.*}} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: lathe.mod %{{.*}}, %{{.*}} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: lathe.pow %{{.*}}, %{{.*}} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: lathe.min %{{.*}}, %{{.*}} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: lathe.max %{{.*}}, %{{.*}} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: lathe.compare {{ *}}le %{{.*}}, %{{.*}} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi1>
// CHECK: lathe.select %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
func.func @binary(%x: tensor<2x4xf32>, %y: tensor<4xf32>) {
  %0 = lathe.add %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %1 = lathe.sub %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %2 = lathe.mul %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %3 = lathe.div %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %4 = lathe.mod %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %5 = lathe.pow %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %6 = lathe.min %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %7 = lathe.max %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %c = lathe.compare le %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi1>
  %s = lathe.select %c, %x, %y : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return
}

// CHECK-LABEL: @bits
// CHECK: lathe.and %{{.*}}, %{{.*}} : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
// CHECK: lathe.or %{{.*}}, %{{.*}} : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
// CHECK: lathe.xor %{{.*}}, %{{.*}} : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
// CHECK: lathe.shift_left %{{.*}}, %{{.*}} : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
// CHECK: lathe.shift_right %{{.*}}, %{{.*}} : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
// CHECK: lathe.not %{{.*}} : (tensor<4xui8>) -> tensor<4xui8>
func.func @bits(%x: tensor<4xui8>, %y: tensor<4xui8>) {
  %0 = lathe.and %x, %y : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  %1 = lathe.or %x, %y : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  %2 = lathe.xor %x, %y : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  %3 = lathe.shift_left %x, %y : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  %4 = lathe.shift_right %x, %y : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  %n = lathe.not %x : (tensor<4xui8>) -> tensor<4xui8>
  return
}

// CHECK-LABEL: @data
// CHECK: lathe.constant dense<1.000000e+00> : tensor<2x4xf32>
// CHECK: lathe.reshape %{{.*}} {shape = array<i64: 8>} : (tensor<2x4xf32>) -> tensor<8xf32>
// CHECK: lathe.transpose %{{.*}} {permutation = array<i64: 1, 0>} : (tensor<2x4xf32>) -> tensor<4x2xf32>
// CHECK: lathe.slice %{{.*}} {offsets = array<i64: 1, 3>, sizes = array<i64: 1, 2>, steps = array<i64: 1, -2>} : (tensor<2x4xf32>) -> tensor<1x2xf32>
// CHECK: lathe.broadcast %{{.*}} {shape = array<i64: 3, 2, 4>} : (tensor<2x4xf32>) -> tensor<3x2x4xf32>
// CHECK: lathe.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x8xf32>
// CHECK: lathe.pad %{{.*}}, %{{.*}} {high = array<i64: 0, 1>, low = array<i64: 1, 0>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<3x5xf32>
// CHECK: lathe.pad %{{.*}} {high = array<i64: 0, 1>, low = array<i64: 1, 0>, mode = #lathe<pad_mode reflect>} : (tensor<2x4xf32>) -> tensor<3x5xf32>
// CHECK: lathe.gather %{{.*}}, %{{.*}} {axis = 1 : i64} : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x3xf32>
// CHECK: lathe.tile %{{.*}} {repeats = array<i64: 2, 1>} : (tensor<2x4xf32>) -> tensor<4x4xf32>
// CHECK: lathe.copy %{{.*}} : (tensor<2x4xf32>) -> tensor<2x4xf32>
func.func @data(%x: tensor<2x4xf32>, %v: tensor<f32>, %i: tensor<3xi64>) {
  %0 = lathe.constant dense<1.000000e+00> : tensor<2x4xf32>
  %1 = lathe.reshape %x {shape = array<i64: 8>} : (tensor<2x4xf32>) -> tensor<8xf32>
  %2 = lathe.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x4xf32>) -> tensor<4x2xf32>
  %3 = lathe.slice %x {offsets = array<i64: 1, 3>, sizes = array<i64: 1, 2>, steps = array<i64: 1, -2>} : (tensor<2x4xf32>) -> tensor<1x2xf32>
  %4 = lathe.broadcast %x {shape = array<i64: 3, 2, 4>} : (tensor<2x4xf32>) -> tensor<3x2x4xf32>
  %5 = lathe.concat %x, %x {axis = 1 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x8xf32>
  %6 = lathe.pad %x, %v {high = array<i64: 0, 1>, low = array<i64: 1, 0>} : (tensor<2x4xf32>, tensor<f32>) -> tensor<3x5xf32>
  %7 = lathe.pad %x {high = array<i64: 0, 1>, low = array<i64: 1, 0>, mode = #lathe<pad_mode reflect>} : (tensor<2x4xf32>) -> tensor<3x5xf32>
  %8 = lathe.gather %x, %i {axis = 1 : i64} : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x3xf32>
  %9 = lathe.tile %x {repeats = array<i64: 2, 1>} : (tensor<2x4xf32>) -> tensor<4x4xf32>
  %10 = lathe.copy %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// CHECK-LABEL: @reductions
// CHECK: lathe.reduce {{ *}}sum %{{.*}} {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
// CHECK: lathe.reduce {{ *}}mean %{{.*}} {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
// CHECK: lathe.reduce {{ *}}prod %{{.*}} {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
// CHECK: lathe.reduce {{ *}}max %{{.*}} {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
// CHECK: lathe.reduce {{ *}}min %{{.*}} {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
// CHECK: lathe.reduce {{ *}}sum %{{.*}} {axes = array<i64: 0, 1>, keep_dims} : (tensor<2x4xf32>) -> tensor<1x1xf32>
// CHECK: lathe.arg_reduce {{ *}}max %{{.*}} {axis = 1 : i64, keep_dims, select_last} : (tensor<2x4xf32>) -> tensor<2x1xi64>
// CHECK: lathe.softmax %{{.*}} {axis = 1 : i64, log} : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK: lathe.layer_norm %{{.*}} scale %{{.*}} bias %{{.*}} {axis = 1 : i64, epsilon = 1.000000e-05 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK: lathe.layer_norm %{{.*}} {axis = 1 : i64, epsilon = 1.000000e-05 : f64, rms} : (tensor<2x4xf32>) -> tensor<2x4xf32>
func.func @reductions(%x: tensor<2x4xf32>, %p: tensor<4xf32>) {
  %sum = lathe.reduce sum %x {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
  %mean = lathe.reduce mean %x {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
  %prod = lathe.reduce prod %x {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
  %max = lathe.reduce max %x {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
  %min = lathe.reduce min %x {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
  %k = lathe.reduce sum %x {axes = array<i64: 0, 1>, keep_dims} : (tensor<2x4xf32>) -> tensor<1x1xf32>
  %a = lathe.arg_reduce max %x {axis = 1 : i64, keep_dims, select_last} : (tensor<2x4xf32>) -> tensor<2x1xi64>
  %s = lathe.softmax %x {axis = 1 : i64, log} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %l = lathe.layer_norm %x scale %p bias %p {axis = 1 : i64, epsilon = 1.000000e-05 : f64} : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %r = lathe.layer_norm %x {axis = 1 : i64, epsilon = 1.000000e-05 : f64, rms} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// CHECK-LABEL: @spatial
// CHECK: lathe.conv %{{.*}}, %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>, tensor<3x3x2x6xf32>, tensor<6xf32>) -> tensor<1x4x4x6xf32>
// CHECK: lathe.conv_transpose %{{.*}}, %{{.*}}, %{{.*}} {dilations = array<i64: 1, 1>, group = 2 : i64, output_padding = array<i64: 0, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>, tensor<2x2x4x3xf32>, tensor<6xf32>) -> tensor<1x16x17x6xf32>
// CHECK: lathe.max_pool %{{.*}} {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
// CHECK: lathe.avg_pool %{{.*}} {count_include_pad, counted_pads = array<i64: 1, 1, 0, 0>, dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
// CHECK: lathe.resize %{{.*}} {coordinates = #lathe<coordinate_mode asymmetric>, mode = #lathe<resize_mode linear>, rounding = #lathe<rounding_mode floor>, scales = array<f64: 1.000000e+00, 2.000000e+00, 2.000000e+00, 1.000000e+00>, sizes = array<i64: 1, 16, 16, 4>} : (tensor<1x8x8x4xf32>) -> tensor<1x16x16x4xf32>
func.func @spatial(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x2x6xf32>, %t: tensor<2x2x4x3xf32>, %b: tensor<6xf32>) {
  %0 = lathe.conv %x, %w, %b {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>, tensor<3x3x2x6xf32>, tensor<6xf32>) -> tensor<1x4x4x6xf32>
  %1 = lathe.conv_transpose %x, %t, %b {dilations = array<i64: 1, 1>, group = 2 : i64, output_padding = array<i64: 0, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>, tensor<2x2x4x3xf32>, tensor<6xf32>) -> tensor<1x16x17x6xf32>
  %2 = lathe.max_pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
  %3 = lathe.avg_pool %x {count_include_pad, counted_pads = array<i64: 1, 1, 0, 0>, dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
  %4 = lathe.resize %x {coordinates = #lathe<coordinate_mode asymmetric>, mode = #lathe<resize_mode linear>, rounding = #lathe<rounding_mode floor>, scales = array<f64: 1.000000e+00, 2.000000e+00, 2.000000e+00, 1.000000e+00>, sizes = array<i64: 1, 16, 16, 4>} : (tensor<1x8x8x4xf32>) -> tensor<1x16x16x4xf32>
  return
}

// CHECK-LABEL: @product
// CHECK: lathe.matmul %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x3x4xf32>, tensor<4x5xf32>, tensor<5xf32>) -> tensor<2x3x5xf32>
// CHECK: lathe.matmul %{{.*}}, %{{.*}} : (tensor<2x3xi8>, tensor<3x2xi8>) -> tensor<2x2xi32>
func.func @product(%x: tensor<2x3x4xf32>, %y: tensor<4x5xf32>, %b: tensor<5xf32>, %q: tensor<2x3xi8>, %r: tensor<3x2xi8>) {
  %0 = lathe.matmul %x, %y, %b : (tensor<2x3x4xf32>, tensor<4x5xf32>, tensor<5xf32>) -> tensor<2x3x5xf32>
  %1 = lathe.matmul %q, %r : (tensor<2x3xi8>, tensor<3x2xi8>) -> tensor<2x2xi32>
  return
}

// CHECK-LABEL: @kernel
// CHECK: lathe.kernel "double"(%{{.*}}) {in_place = array<i64: 0>, placements = [#lathe.placement<space = arena, index = 0, offset = 64, strides = [1]>], scratch = 16 : i64, strategy = #lathe.strategy<order = [0], tile = [1], vector = 4>} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: lathe.yield %{{.*}} : tensor<4xf32>
func.func @kernel(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = lathe.kernel "double"(%x) {in_place = array<i64: 0>, placements = [#lathe.placement<space = arena, index = 0, offset = 64, strides = [1]>], scratch = 16 : i64, strategy = #lathe.strategy<order = [0], tile = [1], vector = 4>} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    %1 = lathe.add %a, %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    lathe.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: @winograd
// CHECK: lathe.winograd_filter %{{.*}} {block = 32 : i64} : (tensor<3x3x8x40xf32>) -> tensor<2x36x8x32xf32>
// CHECK: lathe.winograd_conv %{{.*}}, %{{.*}}, %{{.*}} {block = array<i64: 2, 7>, channels = 40 : i64, pads = array<i64: 1, 1, 1, 1>, shares = 2 : i64} : (tensor<1x28x28x8xf32>, tensor<2x36x8x32xf32>, tensor<40xf32>) -> tensor<1x28x28x40xf32>
func.func @winograd(%x: tensor<1x28x28x8xf32>, %w: tensor<3x3x8x40xf32>, %b: tensor<40xf32>) -> tensor<1x28x28x40xf32> {
  %0 = lathe.winograd_filter %w {block = 32 : i64} : (tensor<3x3x8x40xf32>) -> tensor<2x36x8x32xf32>
  %1 = lathe.winograd_conv %x, %0, %b {block = array<i64: 2, 7>, channels = 40 : i64, pads = array<i64: 1, 1, 1, 1>, shares = 2 : i64}
       : (tensor<1x28x28x8xf32>, tensor<2x36x8x32xf32>, tensor<40xf32>) -> tensor<1x28x28x40xf32>
  return %1 : tensor<1x28x28x40xf32>
}

// CHECK-LABEL: @winograd_of_bytes
// CHECK: lathe.winograd_filter %{{.*}} {block = 32 : i64} : (tensor<3x3x7x40xi8>) -> tensor<2x36x4x64xi16>
// CHECK: lathe.winograd_conv %{{.*}}, %{{.*}}, %{{.*}} {block = array<i64: 2, 7>, channels = 40 : i64, is_unsigned, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x28x28x7xi8>, tensor<2x36x4x64xi16>, tensor<40xi32>) -> tensor<1x28x28x40xi32>
func.func @winograd_of_bytes(%x: tensor<1x28x28x7xi8>, %w: tensor<3x3x7x40xi8>, %b: tensor<40xi32>) -> tensor<1x28x28x40xi32> {
  %0 = lathe.winograd_filter %w {block = 32 : i64} : (tensor<3x3x7x40xi8>) -> tensor<2x36x4x64xi16>
  %1 = lathe.winograd_conv %x, %0, %b {block = array<i64: 2, 7>, channels = 40 : i64, pads = array<i64: 1, 1, 1, 1>, is_unsigned}
       : (tensor<1x28x28x7xi8>, tensor<2x36x4x64xi16>, tensor<40xi32>) -> tensor<1x28x28x40xi32>
  return %1 : tensor<1x28x28x40xi32>
}

// CHECK-LABEL: func @quantized
func.func @quantized(%x: tensor<1x8xf32>, %w: tensor<8x4xi8>, %b: tensor<4xi32>, %m: tensor<4xi32>) -> tensor<1x4xf32> {
  // CHECK: lathe.quantize %{{.*}} {to = !quant.uniform<i8:f32, 5.000000e-01:-3>} : (tensor<1x8xf32>) -> tensor<1x8x!quant.uniform<i8:f32, 5.000000e-01:-3>>
  %q = lathe.quantize %x {to = !quant.uniform<i8:f32, 0.5:-3>} : (tensor<1x8xf32>) -> tensor<1x8x!quant.uniform<i8:f32, 0.5:-3>>
  // CHECK: lathe.storage_cast
  %i = lathe.storage_cast %q {to = i8} : (tensor<1x8x!quant.uniform<i8:f32, 0.5:-3>>) -> tensor<1x8xi8>
  // CHECK: lathe.matmul {{.*}} {lhs_zero_point = -3 : si64}
  %s = lathe.matmul %i, %w, %b {lhs_zero_point = -3 : si64} : (tensor<1x8xi8>, tensor<8x4xi8>, tensor<4xi32>) -> tensor<1x4xi32>
  // CHECK: lathe.requantize
  %r = lathe.requantize %s, %m {shift = 31 : si64, zero_point = 7 : si64, low = 0 : si64, high = 255 : si64, to = ui8} : (tensor<1x4xi32>, tensor<4xi32>) -> tensor<1x4xui8>
  %c = lathe.storage_cast %r {to = !quant.uniform<u8:f32, 0.25:7>} : (tensor<1x4xui8>) -> tensor<1x4x!quant.uniform<u8:f32, 0.25:7>>
  // CHECK: lathe.dequantize
  %y = lathe.dequantize %c {to = f32} : (tensor<1x4x!quant.uniform<u8:f32, 0.25:7>>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// Scales stay with their dimension.
// CHECK-LABEL: func @transposed_scales
func.func @transposed_scales(%x: tensor<2x3xi8>) -> tensor<3x2xf32> {
  %0 = lathe.storage_cast %x {to = !quant.uniform<i8:f32:0, {0.5, 0.25}>} : (tensor<2x3xi8>) -> tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  // CHECK: lathe.transpose {{.*}} -> tensor<3x2x!quant.uniform<i8:f32:1, {5.000000e-01,2.500000e-01}>>
  %1 = lathe.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<3x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>
  %2 = lathe.dequantize %1 {to = f32} : (tensor<3x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>) -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}
