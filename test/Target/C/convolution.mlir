// A convolution reads as one would write it: padding as conditions, one
// accumulator through all loops, indices in Horner form.

// RUN: lathe-translate --lathe-to-c %s -o %t.c && FileCheck %s < %t.c
// RUN: %if gcc %{ gcc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t.c -o %t.o %}
// RUN: %if clang %{ clang-22 -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t.c -o %t.o %}
// RUN: %if arm-none-eabi %{ arm-none-eabi-gcc -mcpu=cortex-m4 -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c %t.c -o %t.o %}

// CHECK:      void conv(const uint8_t *restrict x, const int8_t *restrict w,
// CHECK-NEXT:           int8_t *restrict y) {
// CHECK-NEXT:   for (int32_t oh = 0; oh < 6; ++oh) {
// CHECK-NEXT:     for (int32_t ow = 0; ow < 5; ++ow) {
// CHECK-NEXT:       for (int32_t oc = 0; oc < 4; ++oc) {
// CHECK-NEXT:         int32_t acc = 0;
// CHECK-NEXT:         for (int32_t kh = 0; kh < 3; ++kh) {
// CHECK-NEXT:           const int32_t ih = oh + kh - 1;
// CHECK-NEXT:           if ((uint32_t)ih < 6u) {
// CHECK-NEXT:             for (int32_t kw = 0; kw < 3; ++kw) {
// CHECK-NEXT:               const int32_t iw = ow + kw - 1;
// CHECK-NEXT:               if (iw >= 0 && iw < 5) {
// CHECK-NEXT:                 for (int32_t c = 0; c < 3; ++c) {
// CHECK-NEXT:                   acc += x[(ih * 5 + iw) * 3 + c] * w[((kh * 3 + kw) * 3 + c) * 4 + oc];
// CHECK-NEXT:                 }
// CHECK-NEXT:               }
// CHECK-NEXT:             }
// CHECK-NEXT:           }
// CHECK-NEXT:         }
// CHECK-NEXT:         y[(oh * 5 + ow) * 4 + oc] = (int8_t)saturate_i8(acc >> 7);
func.func @conv(%x: memref<1x6x5x3xi8> {lathe.name="x", lathe.type = ui8}, %w: memref<3x3x3x4xi8> {lathe.name="w"}, %y: memref<1x6x5x4xi8> {lathe.name="y"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  %c6 = arith.constant 6 : index
  %z = arith.constant 0 : i32
  %m128 = arith.constant -128 : i32
  %m127 = arith.constant 127 : i32
  %c7 = arith.constant 7 : i32
  scf.for %oh = %c0 to %c6 step %c1 {
    scf.for %ow = %c0 to %c5 step %c1 {
      scf.for %oc = %c0 to %c4 step %c1 {
        %r = scf.for %kh = %c0 to %c3 step %c1 iter_args(%a0 = %z) -> i32 {
          %t = arith.addi %oh, %kh : index
          %ih = arith.subi %t, %c1 {lathe.name = "ih"} : index
          %in = arith.cmpi ult, %ih, %c6 : index
          %v = scf.if %in -> i32 {
            %r1 = scf.for %kw = %c0 to %c3 step %c1 iter_args(%a1 = %a0) -> i32 {
              %t2 = arith.addi %ow, %kw : index
              %iw = arith.subi %t2, %c1 {lathe.name = "iw"} : index
              %lo = arith.cmpi sge, %iw, %c0 : index
              %hi = arith.cmpi slt, %iw, %c5 : index
              %in2 = arith.andi %lo, %hi : i1
              %v2 = scf.if %in2 -> i32 {
                %r2 = scf.for %c = %c0 to %c3 step %c1 iter_args(%a2 = %a1) -> i32 {
                  %xv = memref.load %x[%c0, %ih, %iw, %c] : memref<1x6x5x3xi8>
                  %wv = memref.load %w[%kh, %kw, %c, %oc] : memref<3x3x3x4xi8>
                  %xe = arith.extui %xv : i8 to i32
                  %we = arith.extsi %wv : i8 to i32
                  %p = arith.muli %xe, %we : i32
                  %s = arith.addi %a2, %p overflow<nsw> : i32
                  scf.yield %s : i32
                } {lathe.names = ["c"]}
                scf.yield %r2 : i32
              } else {
                scf.yield %a1 : i32
              }
              scf.yield %v2 : i32
            } {lathe.names = ["kw"]}
            scf.yield %r1 : i32
          } else {
            scf.yield %a0 : i32
          }
          scf.yield %v : i32
        } {lathe.names = ["kh", "acc"]}
        %sh = arith.shrsi %r, %c7 : i32
        %b = arith.maxsi %sh, %m128 : i32
        %e = arith.minsi %b, %m127 : i32
        %tr = arith.trunci %e : i32 to i8
        memref.store %tr, %y[%c0, %oh, %ow, %oc] : memref<1x6x5x4xi8>
      } {lathe.names = ["oc"]}
    } {lathe.names = ["ow"]}
  } {lathe.names = ["oh"]}
  return
}

// One thread runs a parallel loop as nested loops.
// CHECK-LABEL: void fill(
// CHECK:       for (int32_t row = 0; row < 6; row += 2) {
// CHECK-NEXT:    for (int32_t col = 0; col < 5; ++col) {
// CHECK-NEXT:      y[row * 5 + col] = 1;
func.func @fill(%y: memref<6x5xi8> {lathe.name = "y"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c5 = arith.constant 5 : index
  %c6 = arith.constant 6 : index
  %one = arith.constant 1 : i8
  scf.parallel (%i, %j) = (%c0, %c0) to (%c6, %c5) step (%c2, %c1) {
    memref.store %one, %y[%i, %j] : memref<6x5xi8>
  } {lathe.names = ["row", "col"]}
  return
}
