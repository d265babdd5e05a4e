// RUN: lathe-opt %s --lathe-loops-to-llvm-pipeline=max-threads=4 | FileCheck %s
// RUN: lathe-opt %s --lathe-loops-to-llvm-pipeline | FileCheck %s --check-prefix=SERIAL

// With one thread OpenMP is not needed.
// SERIAL-NOT: GOMP
// SERIAL-NOT: omp_

// CHECK-DAG: llvm.func @GOMP_parallel(!llvm.ptr, !llvm.ptr, i32, i32)
// CHECK-DAG: llvm.func @omp_get_max_threads() -> i32
// CHECK-DAG: llvm.mlir.global external hidden constant @net_weights() {{.*}}alignment = 64{{.*}} : !llvm.array<32 x i8>

memref.global "private" constant @w : memref<8xf32> = dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]>

// Kernels see plain pointers that do not overlap, but for those marked.
// CHECK-LABEL: llvm.func internal @scale_parallel(%{{[a-z0-9]*}}: i64, %{{[a-z0-9]*}}: i64,
// CHECK-SAME:    !llvm.ptr {llvm.dereferenceable = 32 : i64, llvm.noalias}
// CHECK-SAME:    !llvm.ptr {llvm.dereferenceable = 32 : i64}

// Each thread takes its share.
// CHECK-LABEL: llvm.func internal @scale_parallel_thread(%{{.*}}: !llvm.ptr)
// CHECK:         %[[BEGIN:.*]] = llvm.load %{{.*}} -> i64
// CHECK:         %[[END:.*]] = llvm.load %{{.*}} -> i64
// CHECK:         llvm.call @omp_get_thread_num()
// CHECK:         llvm.call @omp_get_num_threads()
// CHECK:         llvm.call @scale_parallel(

// The stack slot is in the entry block, and threads are as many as allowed.
// CHECK-LABEL: llvm.func internal @scale(
// CHECK-SAME:    no_inline
// CHECK:         %[[SLOT:.*]] = llvm.alloca
// CHECK:         %[[ALLOWED:.*]] = llvm.call @omp_get_max_threads()
// CHECK:         llvm.intr.umin
// CHECK:         %[[BODY:.*]] = llvm.mlir.addressof @scale_parallel_thread
// CHECK:         llvm.call @GOMP_parallel(%[[BODY]], %[[SLOT]],
func.func private @scale(%w: memref<8xf32> {lathe.name = "w"},
                         %y: memref<8xf32> {lathe.may_alias})
    attributes {lathe.doc = ["Mul"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %a = memref.load %w[%i] : memref<8xf32>
    %b = memref.load %y[%i] : memref<8xf32>
    %p = arith.mulf %a, %b : f32
    %t = math.tanh %p : f32
    memref.store %t, %y[%i] : memref<8xf32>
    scf.reduce
  }
  return
}

// CHECK-LABEL: llvm.func @net_run(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32
// CHECK-NOT:     lathe.
// CHECK:         llvm.mlir.addressof @net_weights
// CHECK:         llvm.call @scale
func.func @net_run(%y: memref<8xf32> {lathe.name = "y"},
                   %arena: memref<16xi8> {lathe.align = 16 : i64})
    attributes {lathe.entry, lathe.model = "net", lathe.num_inputs = 0 : i64} {
  %w = memref.get_global @w : memref<8xf32>
  call @scale(%w, %y) : (memref<8xf32>, memref<8xf32>) -> ()
  return
}
