// RUN: lathe-opt %s --lathe-simplify-graph | FileCheck %s

// CHECK-LABEL: @relu_then_clamp
// CHECK: %[[R:.*]] = lathe.clamp %arg0 {max = 6.000000e+00 : f64, min = 0.000000e+00 : f64}
// CHECK-NEXT: return %[[R]]
func.func @relu_then_clamp(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = lathe.relu %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.clamp %0 {min = -1.0 : f64, max = 6.0 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: @limits_without_overlap
// CHECK: lathe.clamp %arg0 {max = 2.000000e+00 : f64, min = 2.000000e+00 : f64}
func.func @limits_without_overlap(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = lathe.clamp %x {min = 2.0 : f64, max = 3.0 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.clamp %0 {min = 0.0 : f64, max = 2.0 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: @min_max_of_numbers
// CHECK: %[[R:.*]] = lathe.clamp %arg0 {max = 1.000000e+00 : f64, min = -1.000000e+00 : f64}
// CHECK-NEXT: return %[[R]]
func.func @min_max_of_numbers(%x: tensor<4xf32>) -> tensor<4xf32> {
  %low = lathe.constant dense<-1.0> : tensor<f32>
  %high = lathe.constant dense<1.0> : tensor<1xf32>
  %0 = lathe.max %low, %x : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.min %0, %high : (tensor<4xf32>, tensor<1xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: @max_with_zero
// CHECK: lathe.relu %arg0
func.func @max_with_zero(%x: tensor<4xi32>) -> tensor<4xi32> {
  %zero = lathe.constant dense<0> : tensor<i32>
  %0 = lathe.max %x, %zero : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// CHECK-LABEL: @max_with_nan
// CHECK: lathe.max
func.func @max_with_nan(%x: tensor<4xf32>) -> tensor<4xf32> {
  %nan = lathe.constant dense<0x7FC00000> : tensor<f32>
  %0 = lathe.max %x, %nan : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: @global_average
// CHECK: lathe.reduce {{ *}}mean %arg0 {axes = array<i64: 1, 2>, keep_dims}
func.func @global_average(%x: tensor<1x4x4x8xf32>) -> tensor<1x1x1x8xf32> {
  %0 = lathe.avg_pool %x {kernel = array<i64: 4, 4>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x8xf32>) -> tensor<1x1x1x8xf32>
  return %0 : tensor<1x1x1x8xf32>
}

// CHECK-LABEL: @average_of_most
// CHECK: lathe.avg_pool
func.func @average_of_most(%x: tensor<1x4x5x8xf32>) -> tensor<1x1x1x8xf32> {
  %0 = lathe.avg_pool %x {kernel = array<i64: 4, 4>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x5x8xf32>) -> tensor<1x1x1x8xf32>
  return %0 : tensor<1x1x1x8xf32>
}

// CHECK-LABEL: @gelu
// CHECK: %[[R:.*]] = lathe.gelu %arg0 : (tensor<4xf32>)
// CHECK-NEXT: return %[[R]]
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %root = lathe.constant dense<1.41421354> : tensor<f32>
  %one = lathe.constant dense<1.0> : tensor<f32>
  %half = lathe.constant dense<0.5> : tensor<f32>
  %0 = lathe.div %x, %root : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = lathe.erf %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = lathe.add %1, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = lathe.mul %x, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = lathe.mul %3, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// CHECK-LABEL: @not_gelu
// CHECK: lathe.erf
func.func @not_gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %one = lathe.constant dense<1.0> : tensor<f32>
  %half = lathe.constant dense<0.5> : tensor<f32>
  %0 = lathe.mul %x, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = lathe.erf %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = lathe.add %1, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = lathe.mul %0, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// CHECK-LABEL: @tanh_gelu
// CHECK: %[[R:.*]] = lathe.gelu %arg0 {tanh_approximation}
// CHECK-NEXT: return %[[R]]
func.func @tanh_gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %three = lathe.constant dense<3.0> : tensor<f32>
  %cubic = lathe.constant dense<0.044715> : tensor<f32>
  %slope = lathe.constant dense<0.797884583> : tensor<f32>
  %one = lathe.constant dense<1.0> : tensor<f32>
  %half = lathe.constant dense<0.5> : tensor<f32>
  %0 = lathe.pow %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = lathe.mul %0, %cubic : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = lathe.add %x, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = lathe.mul %2, %slope : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %4 = lathe.tanh %3 : (tensor<4xf32>) -> tensor<4xf32>
  %5 = lathe.add %4, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %6 = lathe.mul %x, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %7 = lathe.mul %6, %5 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %7 : tensor<4xf32>
}

// CHECK-LABEL: @layer_norm
// CHECK-SAME: %[[X:.*]]: tensor<1x4x8xf32>
// CHECK-DAG: %[[SCALE:.*]] = lathe.constant dense_resource<scale>
// CHECK-DAG: %[[BIAS:.*]] = lathe.constant dense_resource<bias>
// CHECK: %[[R:.*]] = lathe.layer_norm %[[X]] scale %[[SCALE]] bias %[[BIAS]] {axis = 2 : i64, epsilon = {{9.99.*E-6}} : f64}
// CHECK-NEXT: return %[[R]]
func.func @layer_norm(%x: tensor<1x4x8xf32>) -> tensor<1x4x8xf32> {
  %two = lathe.constant dense<2.0> : tensor<f32>
  %eps = lathe.constant dense<1.0e-05> : tensor<f32>
  %scale = lathe.constant dense_resource<scale> : tensor<8xf32>
  %bias = lathe.constant dense_resource<bias> : tensor<8xf32>
  %0 = lathe.reduce mean %x {axes = array<i64: 2>, keep_dims} : (tensor<1x4x8xf32>) -> tensor<1x4x1xf32>
  %1 = lathe.sub %x, %0 : (tensor<1x4x8xf32>, tensor<1x4x1xf32>) -> tensor<1x4x8xf32>
  %2 = lathe.pow %1, %two : (tensor<1x4x8xf32>, tensor<f32>) -> tensor<1x4x8xf32>
  %3 = lathe.reduce mean %2 {axes = array<i64: 2>, keep_dims} : (tensor<1x4x8xf32>) -> tensor<1x4x1xf32>
  %4 = lathe.add %3, %eps : (tensor<1x4x1xf32>, tensor<f32>) -> tensor<1x4x1xf32>
  %5 = lathe.sqrt %4 : (tensor<1x4x1xf32>) -> tensor<1x4x1xf32>
  %6 = lathe.div %1, %5 : (tensor<1x4x8xf32>, tensor<1x4x1xf32>) -> tensor<1x4x8xf32>
  %7 = lathe.mul %6, %scale : (tensor<1x4x8xf32>, tensor<8xf32>) -> tensor<1x4x8xf32>
  %8 = lathe.add %7, %bias : (tensor<1x4x8xf32>, tensor<8xf32>) -> tensor<1x4x8xf32>
  return %8 : tensor<1x4x8xf32>
}

// CHECK-LABEL: @rms_norm
// CHECK: lathe.layer_norm %arg0 {axis = 1 : i64, epsilon = {{9.99.*E-6}} : f64, rms}
func.func @rms_norm(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %eps = lathe.constant dense<1.0e-05> : tensor<f32>
  %0 = lathe.mul %x, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = lathe.reduce mean %0 {axes = array<i64: 1>, keep_dims} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %2 = lathe.add %1, %eps : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xf32>
  %3 = lathe.sqrt %2 : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %4 = lathe.reciprocal %3 : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %5 = lathe.mul %x, %4 : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  return %5 : tensor<4x8xf32>
}

// Normalization over the first dimension is not over the trailing ones.
// CHECK-LABEL: @norm_over_leading
// CHECK-NOT: lathe.layer_norm
func.func @norm_over_leading(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %eps = lathe.constant dense<1.0e-05> : tensor<f32>
  %0 = lathe.mul %x, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = lathe.reduce mean %0 {axes = array<i64: 0>, keep_dims} : (tensor<4x8xf32>) -> tensor<1x8xf32>
  %2 = lathe.add %1, %eps : (tensor<1x8xf32>, tensor<f32>) -> tensor<1x8xf32>
  %3 = lathe.sqrt %2 : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %4 = lathe.div %x, %3 : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  return %4 : tensor<4x8xf32>
}
