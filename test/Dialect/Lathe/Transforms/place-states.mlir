// RUN: lathe-opt %s --split-input-file --verify-diagnostics --lathe-isolate-buffers --lathe-form-kernels --lathe-select-strategy --lathe-schedule-kernels --lathe-place-states --lathe-plan-memory -verify-each | FileCheck %s

// The sum takes the place of the old one, of which it reads each element before it
// writes it.

// CHECK-LABEL: func.func @in_place
// CHECK-SAME: lathe.offset = [[AT:[0-9]+]] : i64
// CHECK-SAME: lathe.state = "t"
// CHECK: lathe.kernel "erf"
// CHECK: lathe.kernel "add"(%0, %arg1)
// CHECK-SAME: in_place = array<i64: 1>
// CHECK-SAME: space = arena, index = 0, offset = [[AT]]
// CHECK-NOT: lathe.kernel
func.func @in_place(%x: tensor<8xf32> {lathe.name = "x"}, %s: tensor<8xf32> {lathe.name = "s", lathe.state = "t"})
    -> (tensor<8xf32> {lathe.name = "y"}, tensor<8xf32> {lathe.name = "t", lathe.state = "s"}) {
  %0 = lathe.erf %x : (tensor<8xf32>) -> tensor<8xf32>
  %1 = lathe.add %0, %s : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %0, %1 : tensor<8xf32>, tensor<8xf32>
}

// -----

// A matrix product reads all of the old state for each element of the new one.

// CHECK-LABEL: func.func @copied
// CHECK-SAME: lathe.offset = [[AT:[0-9]+]] : i64
// CHECK: %[[NEXT:.*]] = lathe.kernel "matmul"
// CHECK-NOT: offset = [[AT]],
// CHECK: lathe.kernel "copy"(%[[NEXT]])
// CHECK-SAME: offset = [[AT]],
func.func @copied(%w: tensor<8x8xf32> {lathe.name = "w"}, %s: tensor<8x8xf32> {lathe.name = "s", lathe.state = "t"})
    -> (tensor<8x8xf32> {lathe.name = "t", lathe.state = "s"}) {
  %0 = lathe.matmul %s, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// -----

// The old state is read after the new one is there.

// CHECK-LABEL: func.func @read_later
// CHECK-SAME: lathe.offset = [[AT:[0-9]+]] : i64
// CHECK: lathe.kernel "exp"
// CHECK-NOT: offset = [[AT]],
// CHECK: lathe.kernel "matmul"
// CHECK: lathe.kernel "copy"
// CHECK-SAME: offset = [[AT]],
func.func @read_later(%s: tensor<8x8xf32> {lathe.name = "s", lathe.state = "t"})
    -> (tensor<8x8xf32> {lathe.name = "y"}, tensor<8x8xf32> {lathe.name = "t", lathe.state = "s"}) {
  %0 = lathe.exp %s : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %1 = lathe.matmul %s, %0 : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return %1, %0 : tensor<8x8xf32>, tensor<8x8xf32>
}

// -----

// Two states change places. The second is free once the first has its copy.

// CHECK-LABEL: func.func @swapped
// CHECK-SAME: lathe.name = "a", lathe.offset = [[A:[0-9]+]] : i64
// CHECK-SAME: lathe.name = "b", lathe.offset = [[B:[0-9]+]] : i64
// CHECK: lathe.kernel "copy"(%arg1)
// CHECK-NOT: offset = {{[[A]]|[[B]]}},
// CHECK: lathe.kernel "copy"(%arg0)
// CHECK-SAME: offset = [[B]],
// CHECK: lathe.kernel "copy"(%0)
// CHECK-SAME: offset = [[A]],
func.func @swapped(%a: tensor<8xf32> {lathe.name = "a", lathe.state = "c"}, %b: tensor<8xf32> {lathe.name = "b", lathe.state = "d"})
    -> (tensor<8xf32> {lathe.name = "c", lathe.state = "a"}, tensor<8xf32> {lathe.name = "d", lathe.state = "b"}) {
  return %b, %a : tensor<8xf32>, tensor<8xf32>
}

// -----

// expected-error @below {{argument 0 has `lathe.state` without a result of that name, of its type, that names it}}
func.func @no_result(%s: tensor<8xf32> {lathe.name = "s", lathe.state = "t"}) -> (tensor<8xf32> {lathe.name = "t"}) {
  %0 = lathe.neg %s : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// expected-error @below {{result 0 has `lathe.state` without an argument of that name, of its type, that names it}}
func.func @no_argument(%s: tensor<8xf32> {lathe.name = "s"}) -> (tensor<8xf32> {lathe.name = "t", lathe.state = "s"}) {
  %0 = lathe.neg %s : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
