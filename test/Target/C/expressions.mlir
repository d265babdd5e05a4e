// Expressions have the parentheses that C and compilers' warnings need and no
// others, and arithmetic that may overflow is told apart from that which cannot.

// RUN: lathe-translate --lathe-to-c %s -o %t.c && FileCheck %s < %t.c
// RUN: %if gcc %{ gcc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t.c -o %t.o %}
// RUN: %if clang %{ clang-22 -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t.c -o %t.o %}
// RUN: %if arm-none-eabi %{ arm-none-eabi-gcc -mcpu=cortex-m4 -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t.c -o %t.o %}

// CHECK-LABEL: void floats(
// CHECK-NEXT:  x[0] = x[0] + x[1] * x[2];
// CHECK-NEXT:  x[1] = (x[0] + x[1]) * x[2];
// CHECK-NEXT:  x[2] = x[0] - (x[1] - x[2]);
// CHECK-NEXT:  x[3] = -(-x[0]);
// CHECK-NEXT:  x[4] = x[0] < x[1] && x[1] != x[2] ? expf(x[0]) : INFINITY;
// CHECK-NEXT:  x[5] = 1.0f / sqrtf(x[0] * 0.1f);
func.func @floats(%x: memref<6xf32> {lathe.name = "x"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  %a0 = memref.load %x[%c0] : memref<6xf32>
  %b0 = memref.load %x[%c1] : memref<6xf32>
  %d0 = memref.load %x[%c2] : memref<6xf32>
  %p0 = arith.mulf %b0, %d0 : f32
  %s0 = arith.addf %a0, %p0 : f32
  memref.store %s0, %x[%c0] : memref<6xf32>
  %a1 = memref.load %x[%c0] : memref<6xf32>
  %b1 = memref.load %x[%c1] : memref<6xf32>
  %d1 = memref.load %x[%c2] : memref<6xf32>
  %p1 = arith.addf %a1, %b1 : f32
  %s1 = arith.mulf %p1, %d1 : f32
  memref.store %s1, %x[%c1] : memref<6xf32>
  %a2 = memref.load %x[%c0] : memref<6xf32>
  %b2 = memref.load %x[%c1] : memref<6xf32>
  %d2 = memref.load %x[%c2] : memref<6xf32>
  %p2 = arith.subf %b2, %d2 : f32
  %s2 = arith.subf %a2, %p2 : f32
  memref.store %s2, %x[%c2] : memref<6xf32>
  %a3 = memref.load %x[%c0] : memref<6xf32>
  %n3 = arith.negf %a3 : f32
  %s3 = arith.negf %n3 : f32
  memref.store %s3, %x[%c3] : memref<6xf32>
  %inf = arith.constant 0x7F800000 : f32
  %a4 = memref.load %x[%c0] : memref<6xf32>
  %b4 = memref.load %x[%c1] : memref<6xf32>
  %b5 = memref.load %x[%c1] : memref<6xf32>
  %d4 = memref.load %x[%c2] : memref<6xf32>
  %a5 = memref.load %x[%c0] : memref<6xf32>
  %l4 = arith.cmpf olt, %a4, %b4 : f32
  %n4 = arith.cmpf une, %b5, %d4 : f32
  %and = arith.andi %l4, %n4 : i1
  %e4 = math.exp %a5 : f32
  %s4 = arith.select %and, %e4, %inf : f32
  memref.store %s4, %x[%c4] : memref<6xf32>
  %tenth = arith.constant 0.1 : f32
  %a6 = memref.load %x[%c0] : memref<6xf32>
  %p6 = arith.mulf %a6, %tenth : f32
  %s6 = math.rsqrt %p6 : f32
  memref.store %s6, %x[%c5] : memref<6xf32>
  return
}

// A load stays before the store that may change it.
// CHECK-LABEL: void order(
// CHECK-NEXT:  const float v = x[0];
// CHECK-NEXT:  x[0] = 1.0f;
// CHECK-NEXT:  x[1] = v;
func.func @order(%x: memref<6xf32> {lathe.name = "x"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %v = memref.load %x[%c0] : memref<6xf32>
  memref.store %one, %x[%c0] : memref<6xf32>
  memref.store %v, %x[%c1] : memref<6xf32>
  return
}

// Products of bytes fit an int; those of words wrap around.
// CHECK-LABEL: void integers(
// CHECK-NEXT:  y[0] = x[0] * x[1] - 5;
// CHECK-NEXT:  y[1] = wrap_mul_i32(y[0], y[1]);
// CHECK-NEXT:  y[2] = y[0] - y[1];
// CHECK-NEXT:  y[3] = (int32_t)((uint32_t)y[0] << 4);
func.func @integers(%x: memref<2xi8> {lathe.name = "x"}, %y: memref<4xi32> {lathe.name = "y"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %four = arith.constant 4 : i32
  %minus = arith.constant -5 : i32
  %a = memref.load %x[%c0] : memref<2xi8>
  %b = memref.load %x[%c1] : memref<2xi8>
  %ae = arith.extsi %a : i8 to i32
  %be = arith.extsi %b : i8 to i32
  %p = arith.muli %ae, %be : i32
  %s = arith.addi %p, %minus : i32
  memref.store %s, %y[%c0] : memref<4xi32>
  %c = memref.load %y[%c0] : memref<4xi32>
  %d = memref.load %y[%c1] : memref<4xi32>
  %q = arith.muli %c, %d : i32
  memref.store %q, %y[%c1] : memref<4xi32>
  %e = memref.load %y[%c0] : memref<4xi32>
  %f = memref.load %y[%c1] : memref<4xi32>
  %r = arith.subi %e, %f overflow<nsw> : i32
  memref.store %r, %y[%c2] : memref<4xi32>
  %g = memref.load %y[%c0] : memref<4xi32>
  %h = arith.shli %g, %four : i32
  memref.store %h, %y[%c3] : memref<4xi32>
  return
}

// Views add up to one index; a local array holds what fits the stack.
// CHECK-LABEL: void views(
// CHECK:       float tile[6];
// CHECK:       tile[i] = x[(i * 4 + k) * 10 + 23];
// CHECK:       memcpy(tile, &x[40], 24);
func.func @views(%x: memref<8x10xf32> {lathe.name = "x"}, %n: memref<1xi32> {lathe.name = "n"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %tile = memref.alloca() : memref<6xf32> loc("tile")
  scf.for %i = %c0 to %c2 step %c1 {
    %ni = memref.load %n[%c0] : memref<1xi32>
    %k = arith.index_cast %ni {lathe.name = "k"} : i32 to index
    %row = memref.subview %x[%k, 3] [5, 7] [1, 1] : memref<8x10xf32> to memref<5x7xf32, strided<[10, 1], offset: ?>>
    %two = memref.subview %row[2, 0] [3, 7] [1, 1] : memref<5x7xf32, strided<[10, 1], offset: ?>> to memref<3x7xf32, strided<[10, 1], offset: ?>>
    %four = memref.subview %two[0, 0] [1, 1] [4, 1] : memref<3x7xf32, strided<[10, 1], offset: ?>> to memref<1x1xf32, strided<[40, 1], offset: ?>>
    %v = memref.load %four[%i, %c0] : memref<1x1xf32, strided<[40, 1], offset: ?>>
    memref.store %v, %tile[%i] : memref<6xf32>
  } {lathe.names = ["i"]}
  %part = memref.reinterpret_cast %x to offset: [40], sizes: [6], strides: [1] : memref<8x10xf32> to memref<6xf32, strided<[1], offset: 40>>
  memref.copy %part, %tile : memref<6xf32, strided<[1], offset: 40>> to memref<6xf32>
  return
}

// A pointer to a part of a buffer points at its element 0; the offset in the
// type counts only against that of a reinterpret_cast.
// CHECK-LABEL: static void part(
// CHECK-NEXT:  x[1] = x[2];
// CHECK-LABEL: void whole(
// CHECK-NEXT:  part(&x[8]);
func.func private @part(%x: memref<4xf32, strided<[1], offset: 8>> {lathe.name = "x"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %again = memref.reinterpret_cast %x to offset: [10], sizes: [1], strides: [1] : memref<4xf32, strided<[1], offset: 8>> to memref<1xf32, strided<[1], offset: 10>>
  %v = memref.load %again[%c0] : memref<1xf32, strided<[1], offset: 10>>
  memref.store %v, %x[%c1] : memref<4xf32, strided<[1], offset: 8>>
  return
}
func.func @whole(%x: memref<16xf32> {lathe.name = "x"}) {
  %part = memref.reinterpret_cast %x to offset: [8], sizes: [4], strides: [1] : memref<16xf32> to memref<4xf32, strided<[1], offset: 8>>
  call @part(%part) : (memref<4xf32, strided<[1], offset: 8>>) -> ()
  return
}

// Integers become floats of 16 bits by way of the one that holds them.
// CHECK-LABEL: void halves(
// CHECK:       const int32_t v = w[0];
// CHECK:       h[0] = f32_to_f16((float)b[0]);
// CHECK:       h[1] = f32_to_f16(f64_to_f32_odd((double)(uint32_t)v));
// CHECK:       g[0] = f32_to_bf16(f64_to_f32_odd((double)v));
func.func @halves(%b: memref<1xi8> {lathe.name = "b"}, %w: memref<1xi32> {lathe.name = "w"},
                  %h: memref<2xf16> {lathe.name = "h"}, %g: memref<1xbf16> {lathe.name = "g"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %byte = memref.load %b[%c0] : memref<1xi8>
  %word = memref.load %w[%c0] : memref<1xi32>
  %0 = arith.sitofp %byte : i8 to f16
  memref.store %0, %h[%c0] : memref<2xf16>
  %1 = arith.uitofp %word : i32 to f16
  memref.store %1, %h[%c1] : memref<2xf16>
  %2 = arith.sitofp %word : i32 to bf16
  memref.store %2, %g[%c0] : memref<1xbf16>
  return
}
