// RUN: lathe-opt %s --lathe-time-kernels | FileCheck %s
// RUN: lathe-opt %s --lathe-loops-to-llvm-pipeline=time-kernels | FileCheck %s --check-prefix=LLVM

// CHECK: func.func private @lathe_kernel_done(i64)

func.func private @kernel(%x: memref<4xf32>, %y: memref<4xf32>) {
  return
}

// A kernel that another one runs belongs to it.
func.func private @outer(%x: memref<4xf32>, %y: memref<4xf32>) {
  call @kernel(%x, %y) : (memref<4xf32>, memref<4xf32>) -> ()
  return
}

// CHECK-LABEL: func.func private @outer
// CHECK: call @kernel
// CHECK-NEXT: return

// CHECK-LABEL: func.func @model_run
// CHECK: call @kernel
// CHECK-NEXT: %[[FIRST:.*]] = arith.constant 0 : i64
// CHECK-NEXT: call @lathe_kernel_done(%[[FIRST]])
// CHECK: call @outer
// CHECK-NEXT: %[[SECOND:.*]] = arith.constant 1 : i64
// CHECK-NEXT: call @lathe_kernel_done(%[[SECOND]])

// LLVM: llvm.func @lathe_kernel_done(i64)
// LLVM: llvm.func @model_run
// LLVM-COUNT-2: llvm.call @lathe_kernel_done
func.func @model_run(%x: memref<4xf32> {lathe.name = "x"}, %y: memref<4xf32> {lathe.name = "y"}, %arena: memref<64xi8> {lathe.align = 64 : i64})
    attributes {lathe.entry, lathe.model = "model"} {
  call @kernel(%x, %y) : (memref<4xf32>, memref<4xf32>) -> ()
  call @outer(%y, %x) : (memref<4xf32>, memref<4xf32>) -> ()
  return
}
