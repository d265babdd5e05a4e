// Runs the linalg form through the upstream loops and LLVM. The expected numbers
// come from ONNX Runtime 1.31 (convolutions, resize) and NumPy (the others).

// RUN: lathe-opt %s --convert-lathe-to-linalg \
// RUN:   --one-shot-bufferize=bufferize-function-boundaries \
// RUN:   --convert-linalg-to-loops --expand-strided-metadata --lower-affine \
// RUN:   --convert-scf-to-cf --memref-expand --convert-arith-to-llvm \
// RUN:   --convert-cf-to-llvm --finalize-memref-to-llvm --convert-func-to-llvm \
// RUN:   --reconcile-unrealized-casts \
// RUN: | mlir-runner -e main --entry-point-result=void \
// RUN:   --shared-libs=$(llvm-config --libdir)/libmlir_runner_utils.so \
// RUN:   --shared-libs=$(llvm-config --libdir)/libmlir_c_runner_utils.so \
// RUN: | FileCheck %s

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefI64(tensor<*xi64>)

func.func private @grouped_conv(%x: tensor<1x3x3x4xf32>, %w: tensor<2x2x2x4xf32>, %b: tensor<4xf32>) -> tensor<16xf32> {
  %0 = lathe.conv %x, %w, %b {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
      : (tensor<1x3x3x4xf32>, tensor<2x2x2x4xf32>, tensor<4xf32>) -> tensor<1x2x2x4xf32>
  %1 = lathe.reshape %0 {shape = array<i64: 16>} : (tensor<1x2x2x4xf32>) -> tensor<16xf32>
  return %1 : tensor<16xf32>
}

func.func private @strided_conv_transpose(%x: tensor<1x3x2xf32>, %w: tensor<3x2x1xf32>) -> tensor<6xf32> {
  %0 = lathe.conv_transpose %x, %w {strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 1, 0>, output_padding = array<i64: 0>}
      : (tensor<1x3x2xf32>, tensor<3x2x1xf32>) -> tensor<1x6x1xf32>
  %1 = lathe.reshape %0 {shape = array<i64: 6>} : (tensor<1x6x1xf32>) -> tensor<6xf32>
  return %1 : tensor<6xf32>
}

func.func private @dilated_padded_avg_pool(%x: tensor<1x9x1xf32>) -> tensor<5xf32> {
  %0 = lathe.avg_pool %x {kernel = array<i64: 3>, strides = array<i64: 2>, dilations = array<i64: 2>, pads = array<i64: 2, 2>}
      : (tensor<1x9x1xf32>) -> tensor<1x5x1xf32>
  %1 = lathe.reshape %0 {shape = array<i64: 5>} : (tensor<1x5x1xf32>) -> tensor<5xf32>
  return %1 : tensor<5xf32>
}

func.func private @cubic(%x: tensor<4xf32>) -> tensor<7xf32> {
  %0 = lathe.resize %x {sizes = array<i64: 7>, scales = array<f64: 1.75>, mode = #lathe<resize_mode cubic>,
                        coordinates = #lathe<coordinate_mode half_pixel>, rounding = #lathe<rounding_mode floor>}
      : (tensor<4xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func private @cubic_inside(%x: tensor<4xf32>) -> tensor<7xf32> {
  %0 = lathe.resize %x {sizes = array<i64: 7>, scales = array<f64: 1.75>, mode = #lathe<resize_mode cubic>, exclude_outside,
                        coordinates = #lathe<coordinate_mode half_pixel>, rounding = #lathe<rounding_mode floor>}
      : (tensor<4xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

func.func private @gather(%x: tensor<3x2xf32>, %i: tensor<3xi64>) -> tensor<6xf32> {
  %0 = lathe.gather %x, %i {axis = 0 : i64} : (tensor<3x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  %1 = lathe.reshape %0 {shape = array<i64: 6>} : (tensor<3x2xf32>) -> tensor<6xf32>
  return %1 : tensor<6xf32>
}

func.func private @last_max(%x: tensor<3x3xf32>) -> tensor<3xi64> {
  %0 = lathe.arg_reduce max %x {axis = 1 : i64, select_last} : (tensor<3x3xf32>) -> tensor<3xi64>
  return %0 : tensor<3xi64>
}

func.func private @first_min(%x: tensor<3x3xf32>) -> tensor<3xi64> {
  %0 = lathe.arg_reduce min %x {axis = 1 : i64} : (tensor<3x3xf32>) -> tensor<3xi64>
  return %0 : tensor<3xi64>
}

// The sum of 200 and 255 needs more than eight bits, and no sign.
func.func private @unsigned_mean(%x: tensor<2x2xf32>) -> tensor<2xf32> {
  %u = lathe.cast %x {to = ui8} : (tensor<2x2xf32>) -> tensor<2x2xui8>
  %0 = lathe.reduce mean %u {axes = array<i64: 0>} : (tensor<2x2xui8>) -> tensor<2xui8>
  %1 = lathe.cast %0 {to = f32} : (tensor<2xui8>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

func.func @main() {
  %x = arith.constant dense<[[[[-3., -2., -1., 0.], [1., 2., 3., -3.], [-2., -1., 0., 1.]],
                              [[2., 3., -3., -2.], [-1., 0., 1., 2.], [3., -3., -2., -1.]],
                              [[0., 1., 2., 3.], [-3., -2., -1., 0.], [1., 2., 3., -3.]]]]> : tensor<1x3x3x4xf32>
  %w = arith.constant dense<[[[[-2., -1., 0., 1.], [2., -2., -1., 0.]], [[1., 2., -2., -1.], [0., 1., 2., -2.]]],
                             [[[-1., 0., 1., 2.], [-2., -1., 0., 1.]], [[2., -2., -1., 0.], [1., 2., -2., -1.]]]]> : tensor<2x2x2x4xf32>
  %b = arith.constant dense<[1., -1., 0.5, 0.]> : tensor<4xf32>
  // CHECK: data =
  // CHECK-NEXT: [-6, 9, -19.5, -8, 5, -23, 10.5, 6, -8, -10, 7.5, -1, 17, 7, 2.5, 6]
  %0 = call @grouped_conv(%x, %w, %b) : (tensor<1x3x3x4xf32>, tensor<2x2x2x4xf32>, tensor<4xf32>) -> tensor<16xf32>
  %1 = tensor.cast %0 : tensor<16xf32> to tensor<*xf32>
  call @printMemrefF32(%1) : (tensor<*xf32>) -> ()

  %xt = arith.constant dense<[[[-2., -1.], [0., 1.], [2., 3.]]]> : tensor<1x3x2xf32>
  %wt = arith.constant dense<[[[-1.], [0.]], [[1.], [2.]], [[3.], [4.]]]> : tensor<3x2x1xf32>
  // CHECK: data =
  // CHECK-NEXT: [-4, -10, 2, 2, 8, 18]
  %2 = call @strided_conv_transpose(%xt, %wt) : (tensor<1x3x2xf32>, tensor<3x2x1xf32>) -> tensor<6xf32>
  %3 = tensor.cast %2 : tensor<6xf32> to tensor<*xf32>
  call @printMemrefF32(%3) : (tensor<*xf32>) -> ()

  %xp = arith.constant dense<[[[0.], [1.], [2.], [3.], [4.], [5.], [6.], [7.], [8.]]]> : tensor<1x9x1xf32>
  // CHECK: data =
  // CHECK-NEXT: [1, 2, 4, 6, 7]
  %4 = call @dilated_padded_avg_pool(%xp) : (tensor<1x9x1xf32>) -> tensor<5xf32>
  %5 = tensor.cast %4 : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%5) : (tensor<*xf32>) -> ()

  %xr = arith.constant dense<[1., 4., 2., 8.]> : tensor<4xf32>
  // CHECK: data =
  // CHECK-NEXT: [0.702351, 2.14523, 3.92074, 2.71875, 2.25091, 5.8325{{[45]}}, 8.59{{53|529}}]
  %6 = call @cubic(%xr) : (tensor<4xf32>) -> tensor<7xf32>
  %7 = tensor.cast %6 : tensor<7xf32> to tensor<*xf32>
  call @printMemrefF32(%7) : (tensor<*xf32>) -> ()
  // CHECK: data =
  // CHECK-NEXT: [0.632427, 2.03109, 3.9104, 2.71875, 2.27127, 6.04856, 8.73515]
  %8 = call @cubic_inside(%xr) : (tensor<4xf32>) -> tensor<7xf32>
  %9 = tensor.cast %8 : tensor<7xf32> to tensor<*xf32>
  call @printMemrefF32(%9) : (tensor<*xf32>) -> ()

  %xg = arith.constant dense<[[0., 1.], [2., 3.], [4., 5.]]> : tensor<3x2xf32>
  %ig = arith.constant dense<[-1, 0, -3]> : tensor<3xi64>
  // CHECK: data =
  // CHECK-NEXT: [4, 5, 0, 1, 0, 1]
  %10 = call @gather(%xg, %ig) : (tensor<3x2xf32>, tensor<3xi64>) -> tensor<6xf32>
  %11 = tensor.cast %10 : tensor<6xf32> to tensor<*xf32>
  call @printMemrefF32(%11) : (tensor<*xf32>) -> ()

  %xa = arith.constant dense<[[3., 1., 3.], [2., 5., 5.], [-1., -1., -2.]]> : tensor<3x3xf32>
  // CHECK: data =
  // CHECK-NEXT: [2, 2, 1]
  %12 = call @last_max(%xa) : (tensor<3x3xf32>) -> tensor<3xi64>
  %13 = tensor.cast %12 : tensor<3xi64> to tensor<*xi64>
  call @printMemrefI64(%13) : (tensor<*xi64>) -> ()
  // CHECK: data =
  // CHECK-NEXT: [1, 0, 2]
  %14 = call @first_min(%xa) : (tensor<3x3xf32>) -> tensor<3xi64>
  %15 = tensor.cast %14 : tensor<3xi64> to tensor<*xi64>
  call @printMemrefI64(%15) : (tensor<*xi64>) -> ()

  %xu = arith.constant dense<[[0., 200.], [100., 255.]]> : tensor<2x2xf32>
  // CHECK: data =
  // CHECK-NEXT: [50, 227]
  %16 = call @unsigned_mean(%xu) : (tensor<2x2xf32>) -> tensor<2xf32>
  %17 = tensor.cast %16 : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%17) : (tensor<*xf32>) -> ()
  return
}
