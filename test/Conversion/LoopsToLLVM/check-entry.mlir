// RUN: lathe-opt %s --split-input-file --lathe-check-entry | FileCheck %s
// RUN: lathe-opt %s --split-input-file --lathe-check-entry --lathe-check-entry | FileCheck %s

// CHECK-LABEL: func.func @net_run
// CHECK-SAME:    (%[[X:.*]]: memref<4xf32>, %[[ARENA:.*]]: memref<32xi8> {lathe.align = 16 : i64}) -> i32
// CHECK:         memref.extract_aligned_pointer_as_index %[[X]]
// CHECK:         memref.extract_aligned_pointer_as_index %[[ARENA]]
// CHECK:         %[[NULL:.*]] = arith.ori
// CHECK:         cf.cond_br %[[NULL]], ^[[ERRORNULL:.*]], ^[[NEXT:.*]]
// CHECK:       ^[[ERRORNULL]]:
// CHECK:         %[[ONE:.*]] = arith.constant 1 : i32
// CHECK:         return %[[ONE]]
// CHECK:       ^[[NEXT]]:
// CHECK:         %[[ADDRESS:.*]] = memref.extract_aligned_pointer_as_index %[[ARENA]]
// CHECK:         %[[C16:.*]] = arith.constant 16 : index
// CHECK:         arith.remui %[[ADDRESS]], %[[C16]]
// CHECK:         cf.cond_br %{{.*}}, ^[[ERRORALIGN:.*]], ^[[BODY:.*]]
// CHECK:       ^[[ERRORALIGN]]:
// CHECK:         %[[TWO:.*]] = arith.constant 2 : i32
// CHECK:         return %[[TWO]]
// CHECK:       ^[[BODY]]:
// CHECK:         call @kernel(%[[X]])
// CHECK:         %[[ZERO:.*]] = arith.constant 0 : i32
// CHECK:         return %[[ZERO]]
// CHECK-NOT:   ^
func.func private @kernel(memref<4xf32>)
func.func @net_run(%x: memref<4xf32>,
                   %arena: memref<32xi8> {lathe.align = 16 : i64})
    attributes {lathe.entry, lathe.model = "net"} {
  call @kernel(%x) : (memref<4xf32>) -> ()
  return
}

// -----

// An arena without bytes may be NULL.
// CHECK-LABEL: func.func @empty_run
// CHECK-SAME:    %[[ARENA:[a-z0-9]+]]: memref<0xi8>
// CHECK-NOT:     %[[ARENA]]
// CHECK:         cf.cond_br
// CHECK:         memref.extract_aligned_pointer_as_index %[[ARENA]]
func.func @empty_run(%x: memref<4xf32>,
                     %arena: memref<0xi8> {lathe.align = 1 : i64})
    attributes {lathe.entry, lathe.model = "empty"} {
  return
}
