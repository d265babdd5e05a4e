// RUN: lathe-opt %s --lathe-fold-constants -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s
// RUN: lathe-opt %s --lathe-fold-constants | FileCheck %s --check-prefix=BYTES

// A large result is a resource, named after the source's.
// CHECK-LABEL: @resource
// CHECK-NEXT: lathe.constant dense_resource<w_1> : tensor<33xf32> loc(fused["initializer", "node"])
// CHECK-NEXT: return
// BYTES: w_1: "0x04000000000080BF
func.func @resource() -> tensor<33xf32> {
  %c = lathe.constant dense_resource<w> : tensor<33xf32> loc("initializer")
  %0 = lathe.neg %c : (tensor<33xf32>) -> tensor<33xf32> loc("node")
  return %0 : tensor<33xf32>
}
{-#
  dialect_resources: {
    builtin: {
      w: "0x040000000000803F0000004000004040000080400000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    }
  }
#-}
