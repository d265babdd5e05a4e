// RUN: lathe-opt %s --split-input-file --lathe-externalize-weights | FileCheck %s
// RUN: lathe-opt %s --split-input-file --lathe-externalize-weights --lathe-externalize-weights | FileCheck %s --check-prefix=TWICE

// Each starts at a multiple of 64; equal contents share; what is not constant
// stays.
// CHECK: memref.global constant @net_weights : memref<131xi8> {alignment = 64 : i64}
// CHECK-NOT: dense
// CHECK: memref.global "private" @state : memref<2xf32> = uninitialized
// CHECK-LABEL: func.func @net_run
// CHECK:   %[[BASE:.*]] = memref.get_global @net_weights : memref<131xi8>
// CHECK:   %[[C0:.*]] = arith.constant 0 : index
// CHECK:   memref.view %[[BASE]][%[[C0]]][] : memref<131xi8> to memref<4xf32>
// CHECK:   %[[C64:.*]] = arith.constant 64 : index
// CHECK:   memref.view %{{.*}}[%[[C64]]][] : memref<131xi8> to memref<2x3xi1>
// CHECK:   %[[C128:.*]] = arith.constant 128 : index
// CHECK:   memref.view %{{.*}}[%[[C128]]][] : memref<131xi8> to memref<3xi8>
// CHECK:   %[[SAME:.*]] = arith.constant 128 : index
// CHECK:   memref.view %{{.*}}[%[[SAME]]][] : memref<131xi8> to memref<3xui8>
// CHECK:   memref.get_global @state

// TWICE-COUNT-1: memref.global constant
memref.global "private" constant @w : memref<4xf32> = dense<[1.0, 2.0, 3.0, 4.0]>
memref.global "private" constant @mask : memref<2x3xi1> = dense<[[1, 0, 1], [0, 0, 1]]>
memref.global "private" constant @a : memref<3xi8> = dense<[1, 2, 3]>
memref.global "private" constant @b : memref<3xui8> = dense<[1, 2, 3]>
memref.global "private" @state : memref<2xf32> = uninitialized
func.func @net_run(%arena: memref<0xi8> {lathe.align = 1 : i64})
    attributes {lathe.entry, lathe.model = "net"} {
  %w = memref.get_global @w : memref<4xf32>
  %mask = memref.get_global @mask : memref<2x3xi1>
  %a = memref.get_global @a : memref<3xi8>
  %b = memref.get_global @b : memref<3xui8>
  %state = memref.get_global @state : memref<2xf32>
  return
}

// -----

// Without weights there is no symbol.
// CHECK-LABEL: module
// CHECK-NOT: _weights
func.func @empty_run(%arena: memref<0xi8> {lathe.align = 1 : i64})
    attributes {lathe.entry, lathe.model = "empty"} {
  return
}
