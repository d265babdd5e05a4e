// RUN: lathe-opt %s --split-input-file --lathe-form-kernels --canonicalize --lathe-stream-rows="max-overhead=1000 min-gain=0" | FileCheck %s
// RUN: lathe-opt %s --split-input-file --lathe-form-kernels --canonicalize --lathe-stream-rows="max-overhead=0" | FileCheck %s --check-prefix=NEVER
// RUN: lathe-opt %s --split-input-file --lathe-form-kernels --canonicalize --lathe-stream-rows="max-overhead=1000 min-gain=99" | FileCheck %s --check-prefix=NEVER
// RUN: lathe-opt %s --split-input-file --lathe-form-kernels --canonicalize --lathe-stream-rows="max-overhead=1000 min-gain=0" --lathe-select-strategy --lathe-plan-memory --lathe-outline-kernels | FileCheck %s --check-prefix=LOOPS

// NEVER-NOT: lathe.stream

// A convolution of three rows reads what a product of channels expands: row 1 in
// step 0, so that rows -1, 0 and 1 are in memory. Zeros are its padding.

// CHECK-LABEL: func.func @expansion
// CHECK: lathe.kernel "stream"(%arg0, %arg1, %arg2)
// CHECK-SAME: scratch = 768 : i64
// CHECK: lathe.stream({{.*}}) {first_step = -1 : i64, steps = 8 : i64}
// CHECK: %[[X:.*]] = lathe.rows %{{.*}} {advance = 1 : i64, first = 1 : i64} : tensor<1x8x8x4xf32> -> tensor<1x1x8x4xf32>
// CHECK: %[[E:.*]] = lathe.kernel "conv"(%[[X]], %{{.*}}) : (tensor<1x1x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x1x8x8xf32>
// CHECK: %[[L:.*]] = lathe.lines %[[E]] {first = 1 : i64, padding = 0.000000e+00 : f32, total = 8 : i64} : tensor<1x1x8x8xf32> -> tensor<1x3x8x8xf32>
// CHECK: lathe.kernel "conv_relu"(%[[L]], %{{.*}})
// CHECK: lathe.conv {{.*}} pads = array<i64: 0, 1, 0, 1>{{.*}} -> tensor<1x1x8x4xf32>
// CHECK: lathe.relu {{.*}} tensor<1x1x8x4xf32>
// CHECK: lathe.kernel "matmul"

// The buffer is filled with padding, then rows move up in each step. The kernel's
// row is computed in all steps but the last, in which it is padding.
// LOOPS-LABEL: func.func private @conv_by_rows
// LOOPS-SAME: (%[[X:[a-z0-9]+]]: memref<1x8x8x4xf32> {lathe.name = "x"}
// LOOPS-SAME: %[[Y:[a-z0-9]+]]: memref<1x8x8x4xf32> {lathe.name = "y"}, %[[S:[a-z0-9]+]]: memref<768xi8>
// LOOPS: %[[LINES:.*]] = memref.view %[[S]]
// LOOPS: lathe.fill_bytes %[[S]][%c0{{.*}}] {count = 768 : i64, value = 0 : i64}
// LOOPS: scf.for %[[STEP:.*]] = %c-1{{.*}} to %c8
// LOOPS: lathe.copy_bytes %[[S]][%c256{{.*}}], %[[S]][%c0{{.*}}] {count = 256 : i64}
// LOOPS: lathe.copy_bytes %[[S]][%c512{{.*}}], %[[S]][%c256{{.*}}] {count = 256 : i64}
// LOOPS: %[[INSIDE:.*]] = arith.cmpi slt, %[[STEP]], %c7
// LOOPS: scf.if %[[INSIDE]]
// LOOPS: %[[BAND:.*]] = lathe.memory_at %[[LINES]][%c0{{.*}}, %c2{{.*}}]
// LOOPS: %[[ROW:.*]] = arith.addi %[[STEP]], %c1
// LOOPS: %[[FROM:.*]] = lathe.memory_at %[[X]][%c0{{.*}}, %[[ROW]]]
// LOOPS: call @conv{{[_0-9]*}}(%[[FROM]], %{{.*}}, %[[BAND]])
// LOOPS: else
// LOOPS: lathe.fill_bytes %[[S]][%c512{{.*}}] {count = 256 : i64, value = 0 : i64}
// LOOPS: %[[STARTED:.*]] = arith.cmpi sge, %[[STEP]], %c0
// LOOPS: scf.if %[[STARTED]]
// LOOPS: %[[TO:.*]] = lathe.memory_at %[[Y]][%c0{{.*}}, %[[STEP]]]
// LOOPS: call @conv_1(%[[LINES]], %{{.*}}, %[[TO]])
func.func @expansion(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x8xf32>, %f: tensor<3x3x8x4xf32>, %d: tensor<256x3xf32>) -> tensor<1x3xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x8x8x8xf32> loc("conv")
  %1 = lathe.conv %0, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x8x8x8xf32>, tensor<3x3x8x4xf32>) -> tensor<1x8x8x4xf32> loc("conv")
  %2 = lathe.relu %1 : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 1, 256>} : (tensor<1x8x8x4xf32>) -> tensor<1x256xf32>
  %4 = lathe.matmul %3, %d : (tensor<1x256xf32>, tensor<256x3xf32>) -> tensor<1x3xf32>
  return %4 : tensor<1x3xf32>
}

// -----

// Rows of the input are copied, since the first convolution reads padding around
// it. What is added is the oldest of them.

// CHECK-LABEL: func.func @residual
// CHECK: lathe.stream({{.*}}) {first_step = -2 : i64, steps = 8 : i64}
// CHECK: %[[X:.*]] = lathe.rows {{.*}} {advance = 1 : i64, first = 2 : i64}
// CHECK: lathe.lines %[[X]] {first = 2 : i64, padding = 0.000000e+00 : f32, total = 8 : i64} : tensor<1x1x8x4xf32> -> tensor<1x3x8x4xf32>
// CHECK: lathe.kernel "conv"
// CHECK: lathe.lines {{.*}} {first = 1 : i64, padding = 0.000000e+00 : f32, total = 8 : i64}
// CHECK: %[[SKIP:.*]] = lathe.rows {{.*}} {advance = 0 : i64, first = 0 : i64}
// CHECK: lathe.kernel "conv_add"({{.*}}%[[SKIP]])
func.func @residual(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf32>, %d: tensor<256x3xf32>) -> tensor<1x3xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x8x8x4xf32>
  %1 = lathe.conv %0, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x8x8x4xf32>
  %2 = lathe.add %1, %x : (tensor<1x8x8x4xf32>, tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 1, 256>} : (tensor<1x8x8x4xf32>) -> tensor<1x256xf32>
  %4 = lathe.matmul %3, %d : (tensor<1x256xf32>, tensor<256x3xf32>) -> tensor<1x3xf32>
  return %4 : tensor<1x3xf32>
}

// -----

// Padding of a mean counts less than the image, so that no rows can stand for it.

// CHECK-LABEL: func.func @means
// CHECK-NOT: lathe.stream
func.func @means(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x8xf32>, %d: tensor<512x3xf32>) -> tensor<1x3xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x8x8x8xf32>
  %1 = lathe.avg_pool %0 {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %2 = lathe.reshape %1 {shape = array<i64: 1, 512>} : (tensor<1x8x8x8xf32>) -> tensor<1x512xf32>
  %3 = lathe.matmul %2, %d : (tensor<1x512xf32>, tensor<512x3xf32>) -> tensor<1x3xf32>
  return %3 : tensor<1x3xf32>
}

// -----

// A maximum of two rows out of two: four rows of the convolution in a step would do,
// and two are enough. Nothing has padding above or below.

// CHECK-LABEL: func.func @pools
// CHECK: lathe.rows {{.*}} {advance = 2 : i64, first = 0 : i64}
// CHECK: lathe.lines {{.*}} {first = 0 : i64, total = 8 : i64} : tensor<1x2x8x8xf32> -> tensor<1x2x8x8xf32>
// CHECK: lathe.max_pool {{.*}} -> tensor<1x1x4x8xf32>
func.func @pools(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x8xf32>, %d: tensor<128x3xf32>) -> tensor<1x3xf32> {
  %0 = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x8x8x8xf32>
  %1 = lathe.max_pool %0 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x8xf32>) -> tensor<1x4x4x8xf32>
  %2 = lathe.reshape %1 {shape = array<i64: 1, 128>} : (tensor<1x4x4x8xf32>) -> tensor<1x128xf32>
  %3 = lathe.matmul %2, %d : (tensor<1x128xf32>, tensor<128x3xf32>) -> tensor<1x3xf32>
  return %3 : tensor<1x3xf32>
}

// -----

// Of two rows that each step computes the stride reads one. Both are in the buffer,
// and the reader, which is a row ahead for the last convolution, takes the second.

// CHECK-LABEL: func.func @stride
// CHECK: %[[L:.*]] = lathe.lines {{.*}} {first = 1 : i64, total = 8 : i64} : tensor<1x2x8x8xf32> -> tensor<1x2x8x8xf32>
// CHECK: lathe.rows %[[L]] {advance = 0 : i64, first = 1 : i64} : tensor<1x2x8x8xf32> -> tensor<1x1x8x8xf32>
func.func @stride(%x: tensor<1x8x8x4xf32>, %p: tensor<1x1x4x4xf32>, %w: tensor<3x3x4x8xf32>, %v: tensor<1x1x8x64xf32>, %u: tensor<3x3x64x2xf32>, %d: tensor<32x3xf32>) -> tensor<1x3xf32> {
  %5 = lathe.conv %x, %p {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32>
  %0 = lathe.conv %5, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x8x8x4xf32>, tensor<3x3x4x8xf32>) -> tensor<1x8x8x8xf32>
  %1 = lathe.conv %0, %v {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x8xf32>, tensor<1x1x8x64xf32>) -> tensor<1x4x4x64xf32>
  %2 = lathe.conv %1, %u {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x64xf32>, tensor<3x3x64x2xf32>) -> tensor<1x4x4x2xf32>
  %3 = lathe.reshape %2 {shape = array<i64: 1, 32>} : (tensor<1x4x4x2xf32>) -> tensor<1x32xf32>
  %4 = lathe.matmul %3, %d : (tensor<1x32xf32>, tensor<32x3xf32>) -> tensor<1x3xf32>
  return %4 : tensor<1x3xf32>
}
