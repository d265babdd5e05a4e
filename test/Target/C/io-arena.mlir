// With inputs and outputs in the arena the entry takes the arena alone, and the
// header tells where they are.

// RUN: rm -rf %t && mkdir %t
// RUN: lathe-translate --lathe-to-c %s -o %t/net.c && FileCheck %s < %t/net.c
// RUN: lathe-translate --lathe-to-header %s -o %t/net.h && FileCheck %s --check-prefix=HEADER < %t/net.h
// RUN: %if gcc %{ gcc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t/net.c -o %t.o %}
// RUN: %if gcc %{ g++ -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ -include %t/net.h /dev/null %}

// CHECK:      int net_run(void *arena) {
// CHECK-NEXT:   if (!arena) {
// CHECK-NEXT:     return NET_ERROR_NULL;
// CHECK:        const int8_t *const x = (const int8_t *)(const void *)memory;
// CHECK-NEXT:   int8_t *const y = (int8_t *)(void *)(memory + 8);
// CHECK-NEXT:   LATHE_LAYER(0, "negate", negate(x, y));

// HEADER: #define NET_X_OFFSET 0
// HEADER: #define NET_Y_OFFSET 8
// HEADER: int net_run(void *arena);
func.func private @negate(%x: memref<8xi8> {lathe.name = "x"}, %y: memref<8xi8> {lathe.name = "y"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0 : i8
  scf.for %i = %c0 to %c8 step %c1 {
    %v = memref.load %x[%i] : memref<8xi8>
    %n = arith.subi %zero, %v : i8
    memref.store %n, %y[%i] : memref<8xi8>
  }
  return
}
func.func @net_run(%arena: memref<16xi8> {lathe.align = 1 : i64})
    attributes {lathe.entry, lathe.model = "net", lathe.num_inputs = 1 : i64, lathe.io = "arena",
                lathe.io_tensors = [{name = "x", type = tensor<1x8xi8>, offset = 0 : i64},
                                    {name = "y", type = tensor<1x8xi8>, offset = 8 : i64}]} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %x = memref.view %arena[%c0][] : memref<16xi8> to memref<8xi8> loc("x")
  %y = memref.view %arena[%c8][] : memref<16xi8> to memref<8xi8> loc("y")
  call @negate(%x, %y) : (memref<8xi8>, memref<8xi8>) -> ()
  return
}
