// RUN: lathe-opt %s --lathe-outline-parallel=max-threads=4 | FileCheck %s
// RUN: lathe-opt %s --lathe-outline-parallel=max-threads=4 --lathe-outline-parallel=max-threads=4 | FileCheck %s
// RUN: lathe-opt %s --lathe-outline-parallel | FileCheck %s --check-prefix=SERIAL

// With one thread nothing changes.
// SERIAL-NOT: lathe.threads
// SERIAL-COUNT-5: scf.parallel

// The linear index is split into the two induction variables; the scalar and
// the memrefs are passed, constants and views made again.
// CHECK-LABEL: func.func private @grid_parallel(
// CHECK-SAME:    %[[BEGIN:.*]]: index, %[[END:.*]]: index,
// CHECK-SAME:    %[[S:.*]]: f32,
// CHECK-SAME:    %[[Y:.*]]: memref<4x24xf32> {lathe.may_alias, lathe.name = "y"}) {
// CHECK:         %[[VIEW:.*]] = memref.subview %[[Y]]
// CHECK:         scf.for %[[I:.*]] = %[[BEGIN]] to %[[END]]
// CHECK:           %[[C3:.*]] = arith.constant 3 : index
// CHECK:           %[[M:.*]] = arith.divui %[[I]], %[[C3]]
// CHECK:           %[[N:.*]] = arith.remui %[[I]], %{{.*}}
// CHECK:           %[[SCALED:.*]] = arith.muli %[[N]], %{{.*}}
// CHECK:           %[[COLUMN:.*]] = arith.addi %[[SCALED]], %{{.*}}
// CHECK:           memref.store %[[S]], %[[VIEW]][%[[M]], %[[COLUMN]]]
// CHECK-LABEL: func.func private @grid(
// CHECK:         %[[C12:.*]] = arith.constant 12 : index
// CHECK:         call @grid_parallel(%{{.*}}, %[[C12]], %{{.*}}, %{{.*}}) {lathe.threads = 4 : i64}
// CHECK-NEXT:    scf.parallel (%{{.*}}) = (%c0) to (%c1)
// CHECK-NOT:     scf.parallel
func.func private @grid(%y: memref<4x24xf32> {lathe.may_alias, lathe.name = "y"},
                        %s: memref<1xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c7 = arith.constant 7 : index
  %c16 = arith.constant 16 : index
  %v = memref.load %s[%c0] : memref<1xf32>
  %view = memref.subview %y[0, 8] [4, 16] [1, 1]
      : memref<4x24xf32> to memref<4x16xf32, strided<[24, 1], offset: 8>>
  scf.parallel (%m, %n) = (%c0, %c1) to (%c4, %c16) step (%c1, %c7) {
    memref.store %v, %view[%m, %n] : memref<4x16xf32, strided<[24, 1], offset: 8>>
    scf.reduce
  }
  scf.parallel (%n) = (%c0) to (%c1) step (%c1) { // one iteration
    memref.store %v, %y[%n, %n] : memref<4x24xf32>
    scf.reduce
  }
  return
}

// Three iterations keep three threads busy; a parallel loop inside is serial.
// CHECK-LABEL: func.func private @nested_parallel(
// CHECK:         scf.for
// CHECK:           scf.parallel
// CHECK-LABEL: func.func private @nested(
// CHECK:         {lathe.threads = 3 : i64}
func.func private @nested(%y: memref<3x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  scf.parallel (%m) = (%c0) to (%c3) step (%c1) {
    scf.parallel (%n) = (%c0) to (%c8) step (%c1) {
      memref.store %zero, %y[%m, %n] : memref<3x8xf32>
      scf.reduce
    }
    scf.reduce
  }
  return
}

// A bound that is not constant leaves the loop serial.
// CHECK-LABEL: func.func private @dynamic(
// CHECK:         scf.parallel
func.func private @dynamic(%y: memref<8xf32>, %count: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  scf.parallel (%n) = (%c0) to (%count) step (%c1) {
    memref.store %zero, %y[%n] : memref<8xf32>
    scf.reduce
  }
  return
}
