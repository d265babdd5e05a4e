// RUN: lathe-opt %s --split-input-file --lathe-share-constants | FileCheck %s

// Resources of equal type and bytes are one, that of the first model.

// CHECK-LABEL: @small
// CHECK-NEXT: dense_resource<w>
// CHECK-NEXT: dense_resource<other>
func.func @small(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = lathe.constant dense_resource<w> : tensor<3xf32>
  %1 = lathe.constant dense_resource<other> : tensor<3xf32>
  %2 = lathe.add %0, %1 : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %2 : tensor<3xf32>
}
// CHECK-LABEL: @big
// CHECK-NEXT: dense_resource<w> : tensor<3xf32>
// CHECK-NEXT: dense_resource<other> : tensor<3xf32>
// CHECK-NEXT: dense_resource<w> : tensor<3xf32>
// CHECK-NEXT: dense_resource<shaped> : tensor<1x3xf32>
func.func @big(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<1x3xf32>) {
  %0 = lathe.constant dense_resource<w_1> : tensor<3xf32>
  %1 = lathe.constant dense_resource<other_1> : tensor<3xf32>
  %2 = lathe.constant dense_resource<w_1> : tensor<3xf32>
  %3 = lathe.constant dense_resource<shaped> : tensor<1x3xf32>
  %4 = lathe.add %0, %1 : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  %5 = lathe.add %4, %2 : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %5, %3 : tensor<3xf32>, tensor<1x3xf32>
}
{-#
  dialect_resources: {
    builtin: {
      w: "0x040000000000803F0000004000004040",
      other: "0x040000000000803F0000004000008040",
      w_1: "0x040000000000803F0000004000004040",
      other_1: "0x040000000000803F0000004000008040",
      shaped: "0x040000000000803F0000004000004040"
    }
  }
#-}

// -----

// A model alone is left as it is.

// CHECK-LABEL: @alone
// CHECK-NEXT: dense_resource<[[FIRST:v[0-9_]*]]>
// CHECK-NEXT: dense_resource<[[SECOND:u[0-9_]*]]>
func.func @alone(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = lathe.constant dense_resource<v> : tensor<3xf32>
  %1 = lathe.constant dense_resource<u> : tensor<3xf32>
  %2 = lathe.add %0, %1 : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %2 : tensor<3xf32>
}
func.func private @body(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
{-#
  dialect_resources: {
    builtin: {
      v: "0x040000000000803F0000004000004040",
      u: "0x040000000000803F0000004000004040"
    }
  }
#-}
