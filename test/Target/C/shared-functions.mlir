// Functions that differ in sizes alone become one, with parameters for these. What
// else differs keeps them apart.

// RUN: lathe-translate --lathe-to-c-package --c-min-shared=2 --c-output-dir=%t %s
// RUN: FileCheck %s < %t/net.c
// RUN: lathe-translate --lathe-to-c-package --c-min-shared=4 %s | FileCheck %s --check-prefix=FEW
// RUN: lathe-translate --lathe-to-c-package %s | FileCheck %s --check-prefix=FEW
// DEFINE: %{flags} = -std=c99 -Os -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
// RUN: %if gcc %{ gcc %{flags} -c %t/net.c -o %t/net.o %}
// RUN: %if clang %{ clang-22 %{flags} -c %t/net.c -o %t/net.o %}

// The comments of all; no promise that one of them does not make; one parameter for
// numbers that are equal wherever this is called, each with the type that its place
// needs.
// CHECK:      /* a row of four
// CHECK-NEXT:    a row of eight
// CHECK-NEXT:    a row of twelve */
// CHECK-NEXT: LATHE_KERNEL
// CHECK-NEXT: static void four(const int8_t *x, int8_t *restrict y, int32_t n1, int32_t n2) {
// CHECK-NEXT:   (void)memcpy(y, x, (size_t)n1);
// CHECK-NEXT:   for (int32_t i = 0; i < n2; ++i) {
// CHECK-NEXT:     for (int32_t j = 0; j < 2; ++j) {
// CHECK-NEXT:       if ((uint32_t)(i - 2) < (uint32_t)n2) {
// CHECK-NOT:  eight(
// CHECK-NOT:  twelve(

// The size of an array is no parameter.
// CHECK:      static void last(
// CHECK:        int8_t buffer[5];
// CHECK:      static void end(
// CHECK:        int8_t buffer[6];

// CHECK:      int net_run(
// CHECK:        LATHE_LAYER(0, "four", four(x, {{.*}}, 8, 4));
// CHECK:        LATHE_LAYER(1, "eight", four({{.*}}, {{.*}}, 16, 8));
// CHECK:        LATHE_LAYER(2, "twelve", four({{.*}}, {{.*}}, 24, 12));
// CHECK:        last(
// CHECK:        end(

// FEW: static void four(const int8_t *restrict x, int8_t *restrict y) {
// FEW:   memcpy(y, x, 8);
// FEW: static void eight(const int8_t *x, int8_t *restrict y) {
// FEW:   memcpy(y, x, 16);
// FEW: static void twelve(const int8_t *restrict x, int8_t *restrict y) {
// FEW: LATHE_LAYER(1, "eight", eight({{[^,]*, [^,]*}}));
func.func private @four(%x: memref<8xi8> {lathe.name = "x"}, %y: memref<8xi8> {lathe.name = "y"}) attributes {lathe.doc = ["a row of four"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %n = arith.constant 4 : index
  %two = arith.constant 2 : i8
  memref.copy %x, %y : memref<8xi8> to memref<8xi8>
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %c2 step %c1 {
      %at = arith.subi %i, %c2 : index
      %in = arith.cmpi ult, %at, %n : index
      scf.if %in {
        %r = arith.muli %i, %c2 : index
        %e = arith.addi %r, %j : index
        %v = memref.load %x[%e] : memref<8xi8>
        %s = arith.addi %v, %two : i8
        memref.store %s, %y[%e] : memref<8xi8>
      }
    }
  }
  return
}
func.func private @eight(%x: memref<16xi8> {lathe.name = "x", lathe.may_alias}, %y: memref<16xi8> {lathe.name = "y"}) attributes {lathe.doc = ["a row of eight"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %n = arith.constant 8 : index
  %two = arith.constant 2 : i8
  memref.copy %x, %y : memref<16xi8> to memref<16xi8>
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %c2 step %c1 {
      %at = arith.subi %i, %c2 : index
      %in = arith.cmpi ult, %at, %n : index
      scf.if %in {
        %r = arith.muli %i, %c2 : index
        %e = arith.addi %r, %j : index
        %v = memref.load %x[%e] : memref<16xi8>
        %s = arith.addi %v, %two : i8
        memref.store %s, %y[%e] : memref<16xi8>
      }
    }
  }
  return
}
func.func private @twelve(%x: memref<24xi8> {lathe.name = "x"}, %y: memref<24xi8> {lathe.name = "y"}) attributes {lathe.doc = ["a row of twelve"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %n = arith.constant 12 : index
  %two = arith.constant 2 : i8
  memref.copy %x, %y : memref<24xi8> to memref<24xi8>
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %c2 step %c1 {
      %at = arith.subi %i, %c2 : index
      %in = arith.cmpi ult, %at, %n : index
      scf.if %in {
        %r = arith.muli %i, %c2 : index
        %e = arith.addi %r, %j : index
        %v = memref.load %x[%e] : memref<24xi8>
        %s = arith.addi %v, %two : i8
        memref.store %s, %y[%e] : memref<24xi8>
      }
    }
  }
  return
}
func.func private @last(%x: memref<8xi8> {lathe.name = "x"}, %y: memref<8xi8> {lathe.name = "y"}) attributes {lathe.doc = ["last"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 5 : index
  %t = memref.alloca() : memref<5xi8>
  scf.for %i = %c0 to %n step %c1 {
    %v = memref.load %x[%i] : memref<8xi8>
    memref.store %v, %t[%i] : memref<5xi8>
  }
  scf.for %i = %c0 to %n step %c1 {
    %v = memref.load %t[%i] : memref<5xi8>
    memref.store %v, %y[%i] : memref<8xi8>
  }
  return
}
func.func private @end(%x: memref<8xi8> {lathe.name = "x"}, %y: memref<8xi8> {lathe.name = "y"}) attributes {lathe.doc = ["end"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 6 : index
  %t = memref.alloca() : memref<6xi8>
  scf.for %i = %c0 to %n step %c1 {
    %v = memref.load %x[%i] : memref<8xi8>
    memref.store %v, %t[%i] : memref<6xi8>
  }
  scf.for %i = %c0 to %n step %c1 {
    %v = memref.load %t[%i] : memref<6xi8>
    memref.store %v, %y[%i] : memref<8xi8>
  }
  return
}
func.func @net_run(%x: memref<24xi8> {lathe.name = "x"}, %y: memref<24xi8> {lathe.name = "y"}, %arena: memref<24xi8> {lathe.align = 4 : i64})
    attributes {lathe.entry, lathe.model = "net", lathe.num_inputs = 1 : i64} {
  %c0 = arith.constant 0 : index
  %x4 = memref.subview %x[0] [8] [1] : memref<24xi8> to memref<8xi8>
  %t4 = memref.view %arena[%c0][] : memref<24xi8> to memref<8xi8>
  %x8 = memref.subview %x[0] [16] [1] : memref<24xi8> to memref<16xi8>
  %t8 = memref.view %arena[%c0][] : memref<24xi8> to memref<16xi8>
  %t12 = memref.view %arena[%c0][] : memref<24xi8> to memref<24xi8>
  %y4 = memref.subview %y[0] [8] [1] : memref<24xi8> to memref<8xi8>
  call @four(%x4, %t4) : (memref<8xi8>, memref<8xi8>) -> ()
  call @eight(%x8, %t8) : (memref<16xi8>, memref<16xi8>) -> ()
  call @twelve(%x, %t12) : (memref<24xi8>, memref<24xi8>) -> ()
  call @last(%t4, %y4) : (memref<8xi8>, memref<8xi8>) -> ()
  call @end(%t4, %y4) : (memref<8xi8>, memref<8xi8>) -> ()
  return
}
