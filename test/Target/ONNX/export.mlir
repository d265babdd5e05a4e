// What is exported comes back from the importer as it was: the transposes
// around the convolution cancel, and names stay.
// RUN: lathe-translate --lathe-to-onnx %s -o %t.onnx
// RUN: lathe-translate --import-onnx %t.onnx --mlir-print-debuginfo \
// RUN:   --mlir-print-local-scope | FileCheck %s

// CHECK: func.func @{{.*}}(%[[X:.*]]: tensor<1x4x4x2xf32> {{{.*}}lathe.name = "data"
// CHECK-SAME: -> (tensor<1x4x4x3xf32> {{{.*}}lathe.name = "prediction"
// CHECK: lathe.conv
// CHECK-SAME: loc("conv1"
// CHECK: lathe.relu
// CHECK-SAME: loc("relu1"
func.func @net(%x: tensor<1x4x4x2xf32> {lathe.name = "data"})
    -> (tensor<1x4x4x3xf32> {lathe.name = "prediction"}) {
  %w = lathe.constant dense<0.5> : tensor<3x3x2x3xf32> loc("weight")
  %b = lathe.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> loc("bias")
  %0 = lathe.conv %x, %w, %b {strides = array<i64: 1, 1>,
           dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x4x4x2xf32>, tensor<3x3x2x3xf32>, tensor<3xf32>)
         -> tensor<1x4x4x3xf32> loc("conv1")
  %1 = lathe.relu %0 : (tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32> loc("relu1")
  return %1 : tensor<1x4x4x3xf32>
}
