// RUN: lathe-translate --lathe-to-onnx %s --verify-diagnostics --split-input-file

// expected-error @+1 {{expected one function, at the graph or the kernel level}}
module {}

// -----

func.func @signed_shift(%x: tensor<2xi32>) -> tensor<2xi32> {
  // expected-error @+1 {{ONNX's operator 'BitShift' takes no elements of type i32}}
  %0 = lathe.shift_left %x, %x : (tensor<2xi32>, tensor<2xi32>) -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

// -----

func.func @pool_of_integers(%x: tensor<1x4x2xi32>) -> tensor<1x3x2xi32> {
  // expected-error @+1 {{ONNX's operator 'MaxPool' takes no elements of type i32}}
  %0 = lathe.max_pool %x {kernel = array<i64: 2>, strides = array<i64: 1>,
           dilations = array<i64: 1>, pads = array<i64: 0, 0>}
       : (tensor<1x4x2xi32>) -> tensor<1x3x2xi32>
  return %0 : tensor<1x3x2xi32>
}

// -----

// Resize would give 5 * 1.3 elements for this scale, and the scale 8 / 5 for
// this size.
func.func @resize(%x: tensor<5xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{ONNX's Resize would derive other sizes from these scales and other scales from these sizes}}
  %0 = lathe.resize %x {sizes = array<i64: 8>, scales = array<f64: 1.3>,
           mode = #lathe<resize_mode linear>,
           coordinates = #lathe<coordinate_mode asymmetric>,
           rounding = #lathe<rounding_mode floor>}
       : (tensor<5xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @quantized(%x: tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5>> {
  // expected-error @+1 {{a value of type 'tensor<2x!quant.uniform<i8:f32, 5.000000e-01>>' cannot be written to ONNX}}
  %0 = lathe.cast %x {to = !quant.uniform<i8:f32, 0.5>} : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5>>
  return %0 : tensor<2x!quant.uniform<i8:f32, 0.5>>
}
