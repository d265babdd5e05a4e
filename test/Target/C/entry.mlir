// The entry checks its arguments, names its buffers and calls the kernels; names
// that C cannot have, or that clash, change.

// RUN: rm -rf %t && mkdir %t
// RUN: lathe-translate --lathe-to-c %s -o %t/net.c && FileCheck %s < %t/net.c
// RUN: lathe-translate --lathe-to-header %s -o %t/net.h && FileCheck %s --check-prefix=HEADER < %t/net.h
// RUN: %if gcc %{ gcc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t/net.c -o %t.o %}
// RUN: %if gcc %{ g++ -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ -include %t/net.h /dev/null %}

// CHECK:      #include "net.h"
// CHECK:      /* conv1.weight: [2] */
// CHECK-NEXT: static const float net_conv1_weight[2] = {
// CHECK-NEXT:     0.1f, -1.0f,
// CHECK-NEXT: };
memref.global "private" constant @w : memref<2xf32> = dense<[0.1, -1.0]> loc("conv1.weight")

// CHECK:      /* conv1: Mul
// CHECK-NEXT:    an end of comment: * / */
// CHECK-NEXT: LATHE_KERNEL
// CHECK-NEXT: static void x_2(const int8_t *restrict x, const float *restrict w, float *y) {
// CHECK-NEXT:   (void)x;
// CHECK-NEXT:   y[0] = w[1];
func.func private @x(%x: memref<2xi8> {lathe.name = "x"}, %w: memref<2xf32> {lathe.name = "w"},
                     %y: memref<2xf32> {lathe.name = "y", lathe.may_alias})
    attributes {lathe.doc = ["conv1: Mul", "an end of comment: */"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = memref.load %w[%c1] : memref<2xf32>
  memref.store %v, %y[%c0] : memref<2xf32>
  return
}

// CHECK:      int net_run(const uint8_t *x, float *double_, void *arena) {
// CHECK-NEXT:   if (!x || !double_ || !arena) {
// CHECK-NEXT:     return NET_ERROR_NULL;
// CHECK-NEXT:   }
// CHECK-NEXT:   if ((uintptr_t)arena % (uintptr_t)NET_ARENA_ALIGN != 0u) {
// CHECK-NEXT:     return NET_ERROR_ALIGNMENT;
// CHECK-NEXT:   }
// CHECK-NEXT:   uint8_t *const memory = arena;
// CHECK-NEXT:   float *const tmp = (float *)(void *)(memory + 32);
// CHECK-NEXT:   LATHE_LAYER(0, "x_2", x_2((const int8_t *)x, net_conv1_weight, tmp));
// CHECK-NEXT:   LATHE_LAYER(1, "x_2", x_2((const int8_t *)x, tmp, double_));
// CHECK-NEXT:   return NET_OK;
// CHECK-NEXT: }

// HEADER:     #define NET_ARENA_SIZE 64
// HEADER:     #define NET_ARENA_ALIGN 16
// HEADER:     #define NET_WEIGHTS_SIZE 8
// HEADER:     /* Input "x": uint8_t [2]; _SIZE is in elements. */
// HEADER:     #define NET_X_SIZE 2
// HEADER:     #define NET_X_SHAPE {2}
// HEADER:     #define NET_X_SCALE 0.5f
// HEADER:     #define NET_X_ZERO_POINT 128
// HEADER:     /* Output "double": float [2]
// HEADER:     int net_run(const uint8_t *x, float *double_, void *arena);
func.func @net_run(%x: memref<2xi8> {lathe.name = "x", lathe.type = !quant.uniform<u8:f32, 0.5:128>},
                   %y: memref<2xf32> {lathe.name = "double"},
                   %arena: memref<64xi8> {lathe.align = 16 : i64})
    attributes {lathe.entry, lathe.model = "net", lathe.num_inputs = 1 : i64} {
  %c32 = arith.constant 32 : index
  %tmp = memref.view %arena[%c32][] : memref<64xi8> to memref<2xf32> loc("tmp")
  %w = memref.get_global @w : memref<2xf32>
  call @x(%x, %w, %tmp) : (memref<2xi8>, memref<2xf32>, memref<2xf32>) -> ()
  call @x(%x, %tmp, %y) : (memref<2xi8>, memref<2xf32>, memref<2xf32>) -> ()
  return
}
