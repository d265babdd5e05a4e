// RUN: lathe-opt %s | lathe-opt | FileCheck %s

// CHECK-LABEL: func.func @branch
// CHECK: lathe.if %{{.*}} then @double(%{{.*}} : tensor<4xf32>) else @nothing -> tensor<4xf32>
func.func @branch(%condition: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = lathe.if %condition then @double(%x : tensor<4xf32>) else @nothing -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: func.func @sums
// CHECK: %{{.*}}, %{{.*}} = lathe.loop @step scan(%{{.*}} : tensor<5x3xf32>) carry(%{{.*}} : tensor<3xf32>) {bound = 5 : i64} -> tensor<3xf32> stack tensor<5x3xf32>
func.func @sums(%x: tensor<5x3xf32>, %zero: tensor<3xf32>) -> (tensor<3xf32>, tensor<5x3xf32>) {
  %0, %1 = lathe.loop @step scan(%x : tensor<5x3xf32>) carry(%zero : tensor<3xf32>) {bound = 5 : i64}
      -> tensor<3xf32> stack tensor<5x3xf32>
  return %0, %1 : tensor<3xf32>, tensor<5x3xf32>
}

// CHECK-LABEL: func.func @until
// CHECK: lathe.loop @halve times %{{.*}} while %{{.*}} carry(%{{.*}} : tensor<f32>) with(%{{.*}} : tensor<f32>) -> tensor<f32>
func.func @until(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<f32>) -> tensor<f32> {
  %0 = lathe.loop @halve times %n while %c carry(%x : tensor<f32>) with(%x : tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func.func @row
// CHECK: lathe.memory_at %{{.*}}[%{{.*}}] : memref<8x4xf32, strided<[8, 1]>> to memref<4xf32>
func.func @row(%rows: memref<8x4xf32, strided<[8, 1]>>, %i: index) -> memref<4xf32> {
  %0 = lathe.memory_at %rows[%i] : memref<8x4xf32, strided<[8, 1]>> to memref<4xf32>
  return %0 : memref<4xf32>
}

// All dimensions, of the leading ones less.
// CHECK-LABEL: func.func @some_rows
// CHECK: lathe.memory_at %{{.*}}[%{{.*}}, %{{.*}}] : memref<1x8x6x4xi8> to memref<1x2x6x4xi8>
func.func @some_rows(%image: memref<1x8x6x4xi8>, %n: index, %i: index) -> memref<1x2x6x4xi8> {
  %0 = lathe.memory_at %image[%n, %i] : memref<1x8x6x4xi8> to memref<1x2x6x4xi8>
  return %0 : memref<1x2x6x4xi8>
}

func.func private @double(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = lathe.add %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

func.func private @nothing() -> tensor<4xf32> {
  %0 = lathe.constant dense<0.0> : tensor<4xf32>
  return %0 : tensor<4xf32>
}

func.func private @step(%x: tensor<3xf32>, %sum: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0 = lathe.add %sum, %x : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %0, %0 : tensor<3xf32>, tensor<3xf32>
}

func.func private @halve(%x: tensor<f32>, %limit: tensor<f32>) -> (tensor<i1>, tensor<f32>) {
  %half = lathe.constant dense<0.5> : tensor<f32>
  %0 = lathe.mul %x, %half : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %1 = lathe.compare lt %0, %limit : (tensor<f32>, tensor<f32>) -> tensor<i1>
  return %1, %0 : tensor<i1>, tensor<f32>
}
