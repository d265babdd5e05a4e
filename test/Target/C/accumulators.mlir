// Values that loops carry are variables updated in place, and assigned as if all
// at once where one reads what another overwrites.

// RUN: lathe-translate --lathe-to-c %s -o %t.c && FileCheck %s < %t.c
// RUN: %if gcc %{ gcc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t.c -o %t.o %}
// RUN: %if clang %{ clang-22 -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t.c -o %t.o %}
// RUN: %if arm-none-eabi %{ arm-none-eabi-gcc -mcpu=cortex-m4 -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t.c -o %t.o %}

// CHECK-LABEL: void swap(
// CHECK:       for (int32_t i = 0; i < 3; ++i) {
// CHECK-NEXT:    const float a_next = b;
// CHECK-NEXT:    b = a;
// CHECK-NEXT:    a = a_next;
// CHECK-NEXT:  }
func.func @swap(%out: memref<2xf32> {lathe.name="out"}, %x: memref<2xf32> {lathe.name = "x"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %p = memref.load %x[%c0] : memref<2xf32>
  %q = memref.load %x[%c1] : memref<2xf32>
  %r:2 = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %p, %b = %q) -> (f32, f32) {
    scf.yield %b, %a : f32, f32
  } {lathe.names = ["i", "a", "b"]}
  memref.store %r#0, %out[%c0] : memref<2xf32>
  memref.store %r#1, %out[%c1] : memref<2xf32>
  return
}

// The sum reads the old a.
// CHECK-LABEL: void fib(
// CHECK:       const int32_t a_next = b;
// CHECK-NEXT:  b = wrap_add_i32(a, b);
// CHECK-NEXT:  a = a_next;
func.func @fib(%n: memref<4xi32> {lathe.name="n"}, %out: memref<2xi32> {lathe.name="out"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  %z = arith.constant 0 : i32
  %o = arith.constant 1 : i32
  %r:2 = scf.for %i = %c0 to %c10 step %c1 iter_args(%a = %z, %b = %o) -> (i32, i32) {
    %s = arith.addi %a, %b : i32
    scf.yield %b, %s : i32, i32
  } {lathe.names = ["i", "a", "b"]}
  memref.store %r#0, %out[%c0] : memref<2xi32>
  memref.store %r#1, %out[%c1] : memref<2xi32>
  return
}

// The condition's own value outlives the loop; the test is evaluated first, as
// the assignment may overwrite what it reads.
// CHECK-LABEL: void whiles(
// CHECK:       while (i < 8) {
// CHECK-NEXT:    sum = wrap_add_i32(sum, x[i]);
// CHECK-NEXT:    ++i;
// CHECK-NEXT:  }
// CHECK:       int32_t v;
// CHECK-NEXT:  for (;;) {
// CHECK-NEXT:    const int32_t v_2 = x[i_2];
// CHECK-NEXT:    const int again = v_2 < 100;
// CHECK-NEXT:    v = wrap_mul_i32(v_2, v_2);
// CHECK-NEXT:    if (!again) {
// CHECK-NEXT:      break;
// CHECK-NEXT:    }
// CHECK-NEXT:    out[1] = v;
// CHECK-NEXT:    ++i_2;
// CHECK-NEXT:  }
func.func @whiles(%x: memref<8xi32> {lathe.name="x"}, %out: memref<3xi32> {lathe.name="out"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %i0 = arith.constant 0 : i32
  %i100 = arith.constant 100 : i32
  %r:2 = scf.while (%i = %c0, %s = %i0) : (index, i32) -> (index, i32) {
    %lt = arith.cmpi slt, %i, %c8 : index
    scf.condition(%lt) %i, %s : index, i32
  } do {
  ^bb0(%i: index, %s: i32):
    %v = memref.load %x[%i] : memref<8xi32>
    %s2 = arith.addi %s, %v : i32
    %i2 = arith.addi %i, %c1 : index
    scf.yield %i2, %s2 : index, i32
  } attributes {lathe.names = ["i", "sum"]}
  memref.store %r#1, %out[%c0] : memref<3xi32>
  %q:2 = scf.while (%i = %c0) : (index) -> (index, i32) {
    %v = memref.load %x[%i] : memref<8xi32>
    %lt = arith.cmpi slt, %v, %i100 : i32
    %w = arith.muli %v, %v : i32
    scf.condition(%lt) %i, %w : index, i32
  } do {
  ^bb0(%i: index, %s: i32):
    memref.store %s, %out[%c1] : memref<3xi32>
    %i2 = arith.addi %i, %c1 : index
    scf.yield %i2 : index
  } attributes {lathe.names = ["i"]}
  memref.store %q#1, %out[%c1] : memref<3xi32>
  return
}

// The inner loop starts from x each time: it must not overwrite it.
// CHECK-LABEL: void restart(
// CHECK:       float x = a[0];
// CHECK:       for (int32_t i = 0; i < 4; ++i) {
// CHECK-NEXT:    x += 1.0f;
// CHECK-NEXT:  }
// CHECK:       for (int32_t i = 0; i < 4; ++i) {
// CHECK-NEXT:    float y = x;
// CHECK-NEXT:    for (int32_t j = 0; j < 4; ++j) {
// CHECK-NEXT:      y *= 2.0f;
// CHECK-NEXT:    }
// CHECK-NEXT:    a[i] = y;
func.func @restart(%a: memref<4xf32> {lathe.name = "a"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %one = arith.constant 1.0 : f32
  %two = arith.constant 2.0 : f32
  %init = memref.load %a[%c0] : memref<4xf32>
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%x = %init) -> f32 {
    %s = arith.addf %one, %x : f32
    scf.yield %s : f32
  } {lathe.names = ["i", "x"]}
  scf.for %i = %c0 to %c4 step %c1 {
    %q = scf.for %j = %c0 to %c4 step %c1 iter_args(%y = %r) -> f32 {
      %d = arith.mulf %y, %two : f32
      scf.yield %d : f32
    } {lathe.names = ["j", "y"]}
    memref.store %q, %a[%i] : memref<4xf32>
  }
  return
}

// The old value is read after the loop: the loop needs a variable of its own.
// CHECK-LABEL: void keep(
// CHECK:       float x = 0.0f;
// CHECK:       float y = x;
// CHECK:         y += 1.0f;
// CHECK:       a[0] = y - x;
func.func @keep(%a: memref<4xf32> {lathe.name = "a"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%x = %zero) -> f32 {
    %v = memref.load %a[%i] : memref<4xf32>
    %s = arith.addf %x, %v : f32
    scf.yield %s : f32
  } {lathe.names = ["i", "x"]}
  %q = scf.for %i = %c0 to %c4 step %c1 iter_args(%y = %r) -> f32 {
    %s = arith.addf %y, %one : f32
    scf.yield %s : f32
  } {lathe.names = ["i", "y"]}
  %d = arith.subf %q, %r : f32
  memref.store %d, %a[%c0] : memref<4xf32>
  return
}
