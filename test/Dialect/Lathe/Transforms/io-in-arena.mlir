// DEFINE: %{plan} = lathe-opt %s -split-input-file --lathe-isolate-buffers --lathe-form-kernels --canonicalize --lathe-select-strategy --lathe-schedule-kernels=io-in-arena=true --lathe-plan-memory=io-in-arena=true -verify-each
// RUN: %{plan} | FileCheck %s
// RUN: %{plan} --lathe-outline-kernels | FileCheck %s --check-prefix=ENTRY

// The input is dead once it was read: the softmax, an output itself, takes over
// its bytes. The weights, which the product
// reads, and the product need bytes of their own: three times 64.

// CHECK-LABEL: func.func @over_input
// CHECK-SAME: %{{.*}}: tensor<4x4xf32> {lathe.name = "x", lathe.offset = 0 : i64}
// CHECK-SAME: %{{.*}}: tensor<4x4xf32> {lathe.name = "w", lathe.offset = 64 : i64}
// CHECK-SAME: -> (tensor<4x4xf32> {lathe.name = "y", lathe.offset = 128 : i64}, tensor<4x4xf32> {lathe.name = "z", lathe.offset = 0 : i64})
// CHECK-SAME: lathe.arena_lower_bound = 192
// CHECK-SAME: lathe.arena_size = 192
// CHECK-SAME: lathe.io = "arena"
// CHECK: lathe.kernel "softmax"
// CHECK-SAME: space = arena, index = 0, offset = 0
// CHECK: lathe.kernel "matmul"
// CHECK-SAME: space = arena, index = 0, offset = 128

// The entry takes the arena alone. Input and output at the same place may alias.

// ENTRY: func.func private @softmax(%{{.*}}: memref<4x4xf32> {lathe.may_alias, {{.*}}}, %{{.*}}: memref<4x4xf32> {lathe.may_alias,
// ENTRY: func.func @over_input_run(%[[ARENA:.*]]: memref<192xi8> {lathe.align = 16 : i64})
// ENTRY-SAME: lathe.io = "arena"
// ENTRY-SAME: lathe.io_tensors = [
// ENTRY-SAME: {name = "x", offset = 0 : i64, type = tensor<4x4xf32>}
// ENTRY-SAME: {name = "w", offset = 64 : i64, type = tensor<4x4xf32>}
// ENTRY-SAME: {name = "y", offset = 128 : i64, type = tensor<4x4xf32>}
// ENTRY-SAME: {name = "z", offset = 0 : i64, type = tensor<4x4xf32>}]
// ENTRY-SAME: lathe.num_inputs = 2
// ENTRY: %[[X:.*]] = memref.view %[[ARENA]]
// ENTRY: %[[Z:.*]] = memref.view %[[ARENA]]
// ENTRY: call @softmax(%[[X]], %[[Z]])
func.func @over_input(%x: tensor<4x4xf32> {lathe.name = "x"}, %w: tensor<4x4xf32> {lathe.name = "w"})
    -> (tensor<4x4xf32> {lathe.name = "y"}, tensor<4x4xf32> {lathe.name = "z"}) {
  %0 = lathe.softmax %x {axis = 1 : i64} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = lathe.matmul %0, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %1, %0 : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// An output stays to the end: what is computed from it later, even by the last
// kernel, is not written over it.

// CHECK-LABEL: func.func @output_stays
// CHECK-SAME: {lathe.name = "a", lathe.offset = 0 : i64}
// CHECK-SAME: {lathe.name = "b", lathe.offset = 64 : i64}
// CHECK-SAME: lathe.arena_size = 128
func.func @output_stays(%x: tensor<4x4xf32> {lathe.name = "x"})
    -> (tensor<4x4xf32> {lathe.name = "a"}, tensor<4x4xf32> {lathe.name = "b"}) {
  %0 = lathe.softmax %x {axis = 1 : i64} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = lathe.softmax %0 {axis = 0 : i64} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0, %1 : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// An input that a later kernel reads keeps its bytes until then, and one that
// nothing reads still has a place, until the first kernel has run. Input, softmax
// and product are live at the second step: three times 64 bytes.

// CHECK-LABEL: func.func @read_late
// CHECK-SAME: {lathe.name = "x", lathe.offset = 0 : i64}
// CHECK-SAME: {lathe.name = "unused", lathe.offset = [[UNUSED:[0-9]+]] : i64}
// CHECK-SAME: {lathe.name = "y", lathe.offset = [[UNUSED]] : i64}
// CHECK-SAME: lathe.arena_size = 192
func.func @read_late(%x: tensor<4x4xf32> {lathe.name = "x"}, %unused: tensor<1xf32> {lathe.name = "unused"})
    -> (tensor<4x4xf32> {lathe.name = "y"}) {
  %0 = lathe.softmax %x {axis = 0 : i64} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = lathe.matmul %0, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}

// -----

// Without kernels there is nothing to plan, and nothing to go wrong.

// CHECK-LABEL: func.func @no_kernels
// CHECK-SAME: lathe.arena_size = 16
func.func @no_kernels(%unused: tensor<1xf32> {lathe.name = "unused"}) {
  return
}
