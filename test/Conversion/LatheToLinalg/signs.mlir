// RUN: lathe-opt %s --convert-lathe-to-linalg | FileCheck %s

// Types lose their sign everywhere, the op keeps it, and public arguments
// remember it.

// CHECK: memref.global "private" constant @table : memref<4xi8> = dense<[0, 1, -2, -1]>
memref.global "private" constant @table : memref<4xui8> = dense<[0, 1, 254, 255]>

// CHECK-LABEL: func.func private @max(
// CHECK-SAME: %{{.*}}: memref<4xi8, strided<[1]>> {lathe.name = "x"}, %{{.*}}: memref<4xi8>, %{{.*}}: memref<4xi8>)
// CHECK-SAME: attributes {lathe.strategy = #lathe.strategy<order = [0], tile = [4], vector = 1>}
func.func private @max(%x: memref<4xui8, strided<[1]>> {lathe.name = "x"}, %y: memref<4xui8>, %out: memref<4xui8>)
    attributes {lathe.strategy = #lathe.strategy<order = [0], tile = [4], vector = 1>} {
  // CHECK: bufferization.to_tensor %{{.*}} restrict : memref<4xi8, strided<[1]>> to tensor<4xi8>
  %0 = bufferization.to_tensor %x restrict : memref<4xui8, strided<[1]>> to tensor<4xui8>
  %1 = bufferization.to_tensor %y restrict : memref<4xui8> to tensor<4xui8>
  // CHECK: arith.maxui {{.*}} : i8
  %2 = lathe.max %0, %1 : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  // CHECK: bufferization.materialize_in_destination %{{.*}} in restrict writable %{{.*}} : (tensor<4xi8>, memref<4xi8>) -> ()
  bufferization.materialize_in_destination %2 in restrict writable %out : (tensor<4xui8>, memref<4xui8>) -> ()
  return
}

// CHECK-LABEL: func.func private @winograd(
func.func private @winograd(%x: memref<1x4x4x2xui8>, %u: memref<1x36x1x16xi16>, %out: memref<1x4x4x8xi32>) {
  %0 = bufferization.to_tensor %x restrict : memref<1x4x4x2xui8> to tensor<1x4x4x2xui8>
  %1 = bufferization.to_tensor %u restrict : memref<1x36x1x16xi16> to tensor<1x36x1x16xi16>
  // CHECK: lathe.winograd_conv {{.*}} is_unsigned, {{.*}} : (tensor<1x4x4x2xi8>, tensor<1x36x1x16xi16>) -> tensor<1x4x4x8xi32>
  %2 = lathe.winograd_conv %0, %1 {block = array<i64: 1, 1>, channels = 8 : i64, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x4x4x2xui8>, tensor<1x36x1x16xi16>) -> tensor<1x4x4x8xi32>
  bufferization.materialize_in_destination %2 in restrict writable %out : (tensor<1x4x4x8xi32>, memref<1x4x4x8xi32>) -> ()
  return
}

// CHECK-LABEL: func.func @net_run(
// CHECK-SAME: memref<4xi8> {lathe.name = "input", lathe.type = ui8},
// CHECK-SAME: memref<8xi8> {lathe.align = 16 : i64})
// CHECK-SAME: attributes {lathe.entry}
func.func @net_run(%input: memref<4xui8> {lathe.name = "input"}, %arena: memref<8xi8> {lathe.align = 16 : i64})
    attributes {lathe.entry} {
  %c4 = arith.constant 4 : index
  // CHECK: memref.view {{.*}} : memref<8xi8> to memref<4xi8>
  %view = memref.view %arena[%c4][] : memref<8xi8> to memref<4xui8>
  // CHECK: memref.reinterpret_cast {{.*}} : memref<4xi8> to memref<4xi8, strided<[1]>>
  %cast = memref.reinterpret_cast %input to offset: [0], sizes: [4], strides: [1] : memref<4xui8> to memref<4xui8, strided<[1]>>
  // CHECK: memref.get_global @table : memref<4xi8>
  %table = memref.get_global @table : memref<4xui8>
  // CHECK: call @max({{.*}}) {lathe.step = 0 : i64} : (memref<4xi8, strided<[1]>>, memref<4xi8>, memref<4xi8>) -> ()
  call @max(%cast, %table, %view) {lathe.step = 0 : i64} : (memref<4xui8, strided<[1]>>, memref<4xui8>, memref<4xui8>) -> ()
  return
}
