// RUN: lathe-opt %s --convert-lathe-to-linalg --split-input-file --verify-diagnostics

func.func private @concat(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{failed to legalize operation 'lathe.concat'}}
  %0 = lathe.concat %x, %y {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func private @weights() -> tensor<2xf32> {
  // expected-error @+2 {{'lathe.constant' op is not a splat: a kernel takes other constants as arguments}}
  // expected-error @+1 {{failed to legalize operation 'lathe.constant'}}
  %0 = lathe.constant dense<[1.0, 2.0]> : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func private @quantized(%x: tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x!quant.uniform<i8:f32, 0.5>> {
  // expected-error @+1 {{'lathe.relu' op has elements of the quantized type '!quant.uniform<i8:f32, 5.000000e-01>', which must become plain integers first}}
  %0 = lathe.relu %x : (tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x!quant.uniform<i8:f32, 0.5>>
  return %0 : tensor<2x!quant.uniform<i8:f32, 0.5>>
}

// -----

func.func private @wide(%x: tensor<4xui64>) -> tensor<8xui64> {
  // expected-error @+2 {{'lathe.resize' op cannot interpolate elements of type 'ui64'}}
  // expected-error @+1 {{failed to legalize operation 'lathe.resize'}}
  %0 = lathe.resize %x {sizes = array<i64: 8>, scales = array<f64: 2.0>, mode = #lathe<resize_mode linear>,
                        coordinates = #lathe<coordinate_mode half_pixel>, rounding = #lathe<rounding_mode floor>}
      : (tensor<4xui64>) -> tensor<8xui64>
  return %0 : tensor<8xui64>
}
