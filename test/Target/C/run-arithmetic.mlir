// The printed arithmetic gives what Python computes, from exact integers and
// from struct's own half precision, also where C alone would overflow or leave
// the result undefined; and it compiles without a warning.

// REQUIRES: gcc, clang
// DEFINE: %{strict} = -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror
// RUN: mkdir -p %t
// RUN: lathe-translate --lathe-to-c %s -o %t/arithmetic.c
// RUN: python3 %S/Inputs/arithmetic_golden.py > %t/golden.h
// RUN: gcc %{strict} -O2 -fsanitize=undefined -fno-sanitize-recover -I%t %S/Inputs/arithmetic_main.c %t/arithmetic.c -lm -o %t/with-gcc
// RUN: %t/with-gcc
// RUN: clang-22 %{strict} -O2 -I%t %S/Inputs/arithmetic_main.c %t/arithmetic.c -lm -o %t/with-clang
// RUN: %t/with-clang
// RUN: %if arm-none-eabi %{ arm-none-eabi-gcc %{strict} -mcpu=cortex-m4 -c %t/arithmetic.c -o %t/arm.o %}

func.func @i8_ops(%a: memref<24xi8> {lathe.name = "a"}, %b: memref<24xi8> {lathe.name = "b"},
                %out: memref<29x24xi8> {lathe.name = "out"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 24 : index
  %k2 = arith.constant 2 : index
  %k3 = arith.constant 3 : index
  %k4 = arith.constant 4 : index
  %k5 = arith.constant 5 : index
  %k6 = arith.constant 6 : index
  %k7 = arith.constant 7 : index
  %k8 = arith.constant 8 : index
  %k9 = arith.constant 9 : index
  %k10 = arith.constant 10 : index
  %k11 = arith.constant 11 : index
  %k12 = arith.constant 12 : index
  %k13 = arith.constant 13 : index
  %k14 = arith.constant 14 : index
  %k15 = arith.constant 15 : index
  %k16 = arith.constant 16 : index
  %k17 = arith.constant 17 : index
  %k18 = arith.constant 18 : index
  %k19 = arith.constant 19 : index
  %k20 = arith.constant 20 : index
  %k21 = arith.constant 21 : index
  %k22 = arith.constant 22 : index
  %k23 = arith.constant 23 : index
  %k24 = arith.constant 24 : index
  %k25 = arith.constant 25 : index
  %k26 = arith.constant 26 : index
  %k27 = arith.constant 27 : index
  %k28 = arith.constant 28 : index
  %mask = arith.constant 7 : i8
  %minus = arith.constant -3 : i8
  scf.for %i = %c0 to %n step %c1 {
    %x = memref.load %a[%i] : memref<24xi8>
    %y = memref.load %b[%i] : memref<24xi8>
    %r0 = arith.addi %x, %y : i8
    memref.store %r0, %out[%c0, %i] : memref<29x24xi8>
    %r1 = arith.subi %x, %y : i8
    memref.store %r1, %out[%c1, %i] : memref<29x24xi8>
    %r2 = arith.muli %x, %y : i8
    memref.store %r2, %out[%k2, %i] : memref<29x24xi8>
    %r3 = arith.andi %x, %y : i8
    memref.store %r3, %out[%k3, %i] : memref<29x24xi8>
    %r4 = arith.ori %x, %y : i8
    memref.store %r4, %out[%k4, %i] : memref<29x24xi8>
    %r5 = arith.xori %x, %y : i8
    memref.store %r5, %out[%k5, %i] : memref<29x24xi8>
    %r6 = arith.minsi %x, %y : i8
    memref.store %r6, %out[%k6, %i] : memref<29x24xi8>
    %r7 = arith.maxsi %x, %y : i8
    memref.store %r7, %out[%k7, %i] : memref<29x24xi8>
    %r8 = arith.minui %x, %y : i8
    memref.store %r8, %out[%k8, %i] : memref<29x24xi8>
    %r9 = arith.maxui %x, %y : i8
    memref.store %r9, %out[%k9, %i] : memref<29x24xi8>
    %r10 = arith.divui %x, %y : i8
    memref.store %r10, %out[%k10, %i] : memref<29x24xi8>
    %r11 = arith.remui %x, %y : i8
    memref.store %r11, %out[%k11, %i] : memref<29x24xi8>
    %r12 = arith.floordivsi %x, %y : i8
    memref.store %r12, %out[%k12, %i] : memref<29x24xi8>
    %r13 = arith.ceildivsi %x, %y : i8
    memref.store %r13, %out[%k13, %i] : memref<29x24xi8>
    %r14 = arith.ceildivui %x, %y : i8
    memref.store %r14, %out[%k14, %i] : memref<29x24xi8>
    %r15 = arith.divsi %x, %y : i8
    memref.store %r15, %out[%k15, %i] : memref<29x24xi8>
    %r16 = arith.remsi %x, %y : i8
    memref.store %r16, %out[%k16, %i] : memref<29x24xi8>
    %t17 = arith.andi %y, %mask : i8
    %r17 = arith.shli %x, %t17 : i8
    memref.store %r17, %out[%k17, %i] : memref<29x24xi8>
    %t18 = arith.andi %y, %mask : i8
    %r18 = arith.shrsi %x, %t18 : i8
    memref.store %r18, %out[%k18, %i] : memref<29x24xi8>
    %t19 = arith.andi %y, %mask : i8
    %r19 = arith.shrui %x, %t19 : i8
    memref.store %r19, %out[%k19, %i] : memref<29x24xi8>
    %t20 = arith.cmpi eq, %x, %y : i8
    %r20 = arith.extui %t20 : i1 to i8
    memref.store %r20, %out[%k20, %i] : memref<29x24xi8>
    %t21 = arith.cmpi slt, %x, %y : i8
    %r21 = arith.extui %t21 : i1 to i8
    memref.store %r21, %out[%k21, %i] : memref<29x24xi8>
    %t22 = arith.cmpi sge, %x, %y : i8
    %r22 = arith.extui %t22 : i1 to i8
    memref.store %r22, %out[%k22, %i] : memref<29x24xi8>
    %t23 = arith.cmpi ult, %x, %y : i8
    %r23 = arith.extui %t23 : i1 to i8
    memref.store %r23, %out[%k23, %i] : memref<29x24xi8>
    %t24 = arith.cmpi uge, %x, %y : i8
    %r24 = arith.extui %t24 : i1 to i8
    memref.store %r24, %out[%k24, %i] : memref<29x24xi8>
    %t25 = arith.cmpi sgt, %x, %y : i8
    %r25 = arith.select %t25, %x, %y : i8
    memref.store %r25, %out[%k25, %i] : memref<29x24xi8>
    %r26 = arith.addi %x, %minus : i8
    memref.store %r26, %out[%k26, %i] : memref<29x24xi8>
    %r27 = arith.muli %x, %x : i8
    memref.store %r27, %out[%k27, %i] : memref<29x24xi8>
    %r28 = math.absi %x : i8
    memref.store %r28, %out[%k28, %i] : memref<29x24xi8>
  }
  return
}

func.func @i16_ops(%a: memref<24xi16> {lathe.name = "a"}, %b: memref<24xi16> {lathe.name = "b"},
                %out: memref<29x24xi16> {lathe.name = "out"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 24 : index
  %k2 = arith.constant 2 : index
  %k3 = arith.constant 3 : index
  %k4 = arith.constant 4 : index
  %k5 = arith.constant 5 : index
  %k6 = arith.constant 6 : index
  %k7 = arith.constant 7 : index
  %k8 = arith.constant 8 : index
  %k9 = arith.constant 9 : index
  %k10 = arith.constant 10 : index
  %k11 = arith.constant 11 : index
  %k12 = arith.constant 12 : index
  %k13 = arith.constant 13 : index
  %k14 = arith.constant 14 : index
  %k15 = arith.constant 15 : index
  %k16 = arith.constant 16 : index
  %k17 = arith.constant 17 : index
  %k18 = arith.constant 18 : index
  %k19 = arith.constant 19 : index
  %k20 = arith.constant 20 : index
  %k21 = arith.constant 21 : index
  %k22 = arith.constant 22 : index
  %k23 = arith.constant 23 : index
  %k24 = arith.constant 24 : index
  %k25 = arith.constant 25 : index
  %k26 = arith.constant 26 : index
  %k27 = arith.constant 27 : index
  %k28 = arith.constant 28 : index
  %mask = arith.constant 15 : i16
  %minus = arith.constant -3 : i16
  scf.for %i = %c0 to %n step %c1 {
    %x = memref.load %a[%i] : memref<24xi16>
    %y = memref.load %b[%i] : memref<24xi16>
    %r0 = arith.addi %x, %y : i16
    memref.store %r0, %out[%c0, %i] : memref<29x24xi16>
    %r1 = arith.subi %x, %y : i16
    memref.store %r1, %out[%c1, %i] : memref<29x24xi16>
    %r2 = arith.muli %x, %y : i16
    memref.store %r2, %out[%k2, %i] : memref<29x24xi16>
    %r3 = arith.andi %x, %y : i16
    memref.store %r3, %out[%k3, %i] : memref<29x24xi16>
    %r4 = arith.ori %x, %y : i16
    memref.store %r4, %out[%k4, %i] : memref<29x24xi16>
    %r5 = arith.xori %x, %y : i16
    memref.store %r5, %out[%k5, %i] : memref<29x24xi16>
    %r6 = arith.minsi %x, %y : i16
    memref.store %r6, %out[%k6, %i] : memref<29x24xi16>
    %r7 = arith.maxsi %x, %y : i16
    memref.store %r7, %out[%k7, %i] : memref<29x24xi16>
    %r8 = arith.minui %x, %y : i16
    memref.store %r8, %out[%k8, %i] : memref<29x24xi16>
    %r9 = arith.maxui %x, %y : i16
    memref.store %r9, %out[%k9, %i] : memref<29x24xi16>
    %r10 = arith.divui %x, %y : i16
    memref.store %r10, %out[%k10, %i] : memref<29x24xi16>
    %r11 = arith.remui %x, %y : i16
    memref.store %r11, %out[%k11, %i] : memref<29x24xi16>
    %r12 = arith.floordivsi %x, %y : i16
    memref.store %r12, %out[%k12, %i] : memref<29x24xi16>
    %r13 = arith.ceildivsi %x, %y : i16
    memref.store %r13, %out[%k13, %i] : memref<29x24xi16>
    %r14 = arith.ceildivui %x, %y : i16
    memref.store %r14, %out[%k14, %i] : memref<29x24xi16>
    %r15 = arith.divsi %x, %y : i16
    memref.store %r15, %out[%k15, %i] : memref<29x24xi16>
    %r16 = arith.remsi %x, %y : i16
    memref.store %r16, %out[%k16, %i] : memref<29x24xi16>
    %t17 = arith.andi %y, %mask : i16
    %r17 = arith.shli %x, %t17 : i16
    memref.store %r17, %out[%k17, %i] : memref<29x24xi16>
    %t18 = arith.andi %y, %mask : i16
    %r18 = arith.shrsi %x, %t18 : i16
    memref.store %r18, %out[%k18, %i] : memref<29x24xi16>
    %t19 = arith.andi %y, %mask : i16
    %r19 = arith.shrui %x, %t19 : i16
    memref.store %r19, %out[%k19, %i] : memref<29x24xi16>
    %t20 = arith.cmpi eq, %x, %y : i16
    %r20 = arith.extui %t20 : i1 to i16
    memref.store %r20, %out[%k20, %i] : memref<29x24xi16>
    %t21 = arith.cmpi slt, %x, %y : i16
    %r21 = arith.extui %t21 : i1 to i16
    memref.store %r21, %out[%k21, %i] : memref<29x24xi16>
    %t22 = arith.cmpi sge, %x, %y : i16
    %r22 = arith.extui %t22 : i1 to i16
    memref.store %r22, %out[%k22, %i] : memref<29x24xi16>
    %t23 = arith.cmpi ult, %x, %y : i16
    %r23 = arith.extui %t23 : i1 to i16
    memref.store %r23, %out[%k23, %i] : memref<29x24xi16>
    %t24 = arith.cmpi uge, %x, %y : i16
    %r24 = arith.extui %t24 : i1 to i16
    memref.store %r24, %out[%k24, %i] : memref<29x24xi16>
    %t25 = arith.cmpi sgt, %x, %y : i16
    %r25 = arith.select %t25, %x, %y : i16
    memref.store %r25, %out[%k25, %i] : memref<29x24xi16>
    %r26 = arith.addi %x, %minus : i16
    memref.store %r26, %out[%k26, %i] : memref<29x24xi16>
    %r27 = arith.muli %x, %x : i16
    memref.store %r27, %out[%k27, %i] : memref<29x24xi16>
    %r28 = math.absi %x : i16
    memref.store %r28, %out[%k28, %i] : memref<29x24xi16>
  }
  return
}

func.func @i32_ops(%a: memref<24xi32> {lathe.name = "a"}, %b: memref<24xi32> {lathe.name = "b"},
                %out: memref<29x24xi32> {lathe.name = "out"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 24 : index
  %k2 = arith.constant 2 : index
  %k3 = arith.constant 3 : index
  %k4 = arith.constant 4 : index
  %k5 = arith.constant 5 : index
  %k6 = arith.constant 6 : index
  %k7 = arith.constant 7 : index
  %k8 = arith.constant 8 : index
  %k9 = arith.constant 9 : index
  %k10 = arith.constant 10 : index
  %k11 = arith.constant 11 : index
  %k12 = arith.constant 12 : index
  %k13 = arith.constant 13 : index
  %k14 = arith.constant 14 : index
  %k15 = arith.constant 15 : index
  %k16 = arith.constant 16 : index
  %k17 = arith.constant 17 : index
  %k18 = arith.constant 18 : index
  %k19 = arith.constant 19 : index
  %k20 = arith.constant 20 : index
  %k21 = arith.constant 21 : index
  %k22 = arith.constant 22 : index
  %k23 = arith.constant 23 : index
  %k24 = arith.constant 24 : index
  %k25 = arith.constant 25 : index
  %k26 = arith.constant 26 : index
  %k27 = arith.constant 27 : index
  %k28 = arith.constant 28 : index
  %mask = arith.constant 31 : i32
  %minus = arith.constant -3 : i32
  scf.for %i = %c0 to %n step %c1 {
    %x = memref.load %a[%i] : memref<24xi32>
    %y = memref.load %b[%i] : memref<24xi32>
    %r0 = arith.addi %x, %y : i32
    memref.store %r0, %out[%c0, %i] : memref<29x24xi32>
    %r1 = arith.subi %x, %y : i32
    memref.store %r1, %out[%c1, %i] : memref<29x24xi32>
    %r2 = arith.muli %x, %y : i32
    memref.store %r2, %out[%k2, %i] : memref<29x24xi32>
    %r3 = arith.andi %x, %y : i32
    memref.store %r3, %out[%k3, %i] : memref<29x24xi32>
    %r4 = arith.ori %x, %y : i32
    memref.store %r4, %out[%k4, %i] : memref<29x24xi32>
    %r5 = arith.xori %x, %y : i32
    memref.store %r5, %out[%k5, %i] : memref<29x24xi32>
    %r6 = arith.minsi %x, %y : i32
    memref.store %r6, %out[%k6, %i] : memref<29x24xi32>
    %r7 = arith.maxsi %x, %y : i32
    memref.store %r7, %out[%k7, %i] : memref<29x24xi32>
    %r8 = arith.minui %x, %y : i32
    memref.store %r8, %out[%k8, %i] : memref<29x24xi32>
    %r9 = arith.maxui %x, %y : i32
    memref.store %r9, %out[%k9, %i] : memref<29x24xi32>
    %r10 = arith.divui %x, %y : i32
    memref.store %r10, %out[%k10, %i] : memref<29x24xi32>
    %r11 = arith.remui %x, %y : i32
    memref.store %r11, %out[%k11, %i] : memref<29x24xi32>
    %r12 = arith.floordivsi %x, %y : i32
    memref.store %r12, %out[%k12, %i] : memref<29x24xi32>
    %r13 = arith.ceildivsi %x, %y : i32
    memref.store %r13, %out[%k13, %i] : memref<29x24xi32>
    %r14 = arith.ceildivui %x, %y : i32
    memref.store %r14, %out[%k14, %i] : memref<29x24xi32>
    %r15 = arith.divsi %x, %y : i32
    memref.store %r15, %out[%k15, %i] : memref<29x24xi32>
    %r16 = arith.remsi %x, %y : i32
    memref.store %r16, %out[%k16, %i] : memref<29x24xi32>
    %t17 = arith.andi %y, %mask : i32
    %r17 = arith.shli %x, %t17 : i32
    memref.store %r17, %out[%k17, %i] : memref<29x24xi32>
    %t18 = arith.andi %y, %mask : i32
    %r18 = arith.shrsi %x, %t18 : i32
    memref.store %r18, %out[%k18, %i] : memref<29x24xi32>
    %t19 = arith.andi %y, %mask : i32
    %r19 = arith.shrui %x, %t19 : i32
    memref.store %r19, %out[%k19, %i] : memref<29x24xi32>
    %t20 = arith.cmpi eq, %x, %y : i32
    %r20 = arith.extui %t20 : i1 to i32
    memref.store %r20, %out[%k20, %i] : memref<29x24xi32>
    %t21 = arith.cmpi slt, %x, %y : i32
    %r21 = arith.extui %t21 : i1 to i32
    memref.store %r21, %out[%k21, %i] : memref<29x24xi32>
    %t22 = arith.cmpi sge, %x, %y : i32
    %r22 = arith.extui %t22 : i1 to i32
    memref.store %r22, %out[%k22, %i] : memref<29x24xi32>
    %t23 = arith.cmpi ult, %x, %y : i32
    %r23 = arith.extui %t23 : i1 to i32
    memref.store %r23, %out[%k23, %i] : memref<29x24xi32>
    %t24 = arith.cmpi uge, %x, %y : i32
    %r24 = arith.extui %t24 : i1 to i32
    memref.store %r24, %out[%k24, %i] : memref<29x24xi32>
    %t25 = arith.cmpi sgt, %x, %y : i32
    %r25 = arith.select %t25, %x, %y : i32
    memref.store %r25, %out[%k25, %i] : memref<29x24xi32>
    %r26 = arith.addi %x, %minus : i32
    memref.store %r26, %out[%k26, %i] : memref<29x24xi32>
    %r27 = arith.muli %x, %x : i32
    memref.store %r27, %out[%k27, %i] : memref<29x24xi32>
    %r28 = math.absi %x : i32
    memref.store %r28, %out[%k28, %i] : memref<29x24xi32>
  }
  return
}

func.func @i64_ops(%a: memref<24xi64> {lathe.name = "a"}, %b: memref<24xi64> {lathe.name = "b"},
                %out: memref<29x24xi64> {lathe.name = "out"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 24 : index
  %k2 = arith.constant 2 : index
  %k3 = arith.constant 3 : index
  %k4 = arith.constant 4 : index
  %k5 = arith.constant 5 : index
  %k6 = arith.constant 6 : index
  %k7 = arith.constant 7 : index
  %k8 = arith.constant 8 : index
  %k9 = arith.constant 9 : index
  %k10 = arith.constant 10 : index
  %k11 = arith.constant 11 : index
  %k12 = arith.constant 12 : index
  %k13 = arith.constant 13 : index
  %k14 = arith.constant 14 : index
  %k15 = arith.constant 15 : index
  %k16 = arith.constant 16 : index
  %k17 = arith.constant 17 : index
  %k18 = arith.constant 18 : index
  %k19 = arith.constant 19 : index
  %k20 = arith.constant 20 : index
  %k21 = arith.constant 21 : index
  %k22 = arith.constant 22 : index
  %k23 = arith.constant 23 : index
  %k24 = arith.constant 24 : index
  %k25 = arith.constant 25 : index
  %k26 = arith.constant 26 : index
  %k27 = arith.constant 27 : index
  %k28 = arith.constant 28 : index
  %mask = arith.constant 63 : i64
  %minus = arith.constant -3 : i64
  scf.for %i = %c0 to %n step %c1 {
    %x = memref.load %a[%i] : memref<24xi64>
    %y = memref.load %b[%i] : memref<24xi64>
    %r0 = arith.addi %x, %y : i64
    memref.store %r0, %out[%c0, %i] : memref<29x24xi64>
    %r1 = arith.subi %x, %y : i64
    memref.store %r1, %out[%c1, %i] : memref<29x24xi64>
    %r2 = arith.muli %x, %y : i64
    memref.store %r2, %out[%k2, %i] : memref<29x24xi64>
    %r3 = arith.andi %x, %y : i64
    memref.store %r3, %out[%k3, %i] : memref<29x24xi64>
    %r4 = arith.ori %x, %y : i64
    memref.store %r4, %out[%k4, %i] : memref<29x24xi64>
    %r5 = arith.xori %x, %y : i64
    memref.store %r5, %out[%k5, %i] : memref<29x24xi64>
    %r6 = arith.minsi %x, %y : i64
    memref.store %r6, %out[%k6, %i] : memref<29x24xi64>
    %r7 = arith.maxsi %x, %y : i64
    memref.store %r7, %out[%k7, %i] : memref<29x24xi64>
    %r8 = arith.minui %x, %y : i64
    memref.store %r8, %out[%k8, %i] : memref<29x24xi64>
    %r9 = arith.maxui %x, %y : i64
    memref.store %r9, %out[%k9, %i] : memref<29x24xi64>
    %r10 = arith.divui %x, %y : i64
    memref.store %r10, %out[%k10, %i] : memref<29x24xi64>
    %r11 = arith.remui %x, %y : i64
    memref.store %r11, %out[%k11, %i] : memref<29x24xi64>
    %r12 = arith.floordivsi %x, %y : i64
    memref.store %r12, %out[%k12, %i] : memref<29x24xi64>
    %r13 = arith.ceildivsi %x, %y : i64
    memref.store %r13, %out[%k13, %i] : memref<29x24xi64>
    %r14 = arith.ceildivui %x, %y : i64
    memref.store %r14, %out[%k14, %i] : memref<29x24xi64>
    %r15 = arith.divsi %x, %y : i64
    memref.store %r15, %out[%k15, %i] : memref<29x24xi64>
    %r16 = arith.remsi %x, %y : i64
    memref.store %r16, %out[%k16, %i] : memref<29x24xi64>
    %t17 = arith.andi %y, %mask : i64
    %r17 = arith.shli %x, %t17 : i64
    memref.store %r17, %out[%k17, %i] : memref<29x24xi64>
    %t18 = arith.andi %y, %mask : i64
    %r18 = arith.shrsi %x, %t18 : i64
    memref.store %r18, %out[%k18, %i] : memref<29x24xi64>
    %t19 = arith.andi %y, %mask : i64
    %r19 = arith.shrui %x, %t19 : i64
    memref.store %r19, %out[%k19, %i] : memref<29x24xi64>
    %t20 = arith.cmpi eq, %x, %y : i64
    %r20 = arith.extui %t20 : i1 to i64
    memref.store %r20, %out[%k20, %i] : memref<29x24xi64>
    %t21 = arith.cmpi slt, %x, %y : i64
    %r21 = arith.extui %t21 : i1 to i64
    memref.store %r21, %out[%k21, %i] : memref<29x24xi64>
    %t22 = arith.cmpi sge, %x, %y : i64
    %r22 = arith.extui %t22 : i1 to i64
    memref.store %r22, %out[%k22, %i] : memref<29x24xi64>
    %t23 = arith.cmpi ult, %x, %y : i64
    %r23 = arith.extui %t23 : i1 to i64
    memref.store %r23, %out[%k23, %i] : memref<29x24xi64>
    %t24 = arith.cmpi uge, %x, %y : i64
    %r24 = arith.extui %t24 : i1 to i64
    memref.store %r24, %out[%k24, %i] : memref<29x24xi64>
    %t25 = arith.cmpi sgt, %x, %y : i64
    %r25 = arith.select %t25, %x, %y : i64
    memref.store %r25, %out[%k25, %i] : memref<29x24xi64>
    %r26 = arith.addi %x, %minus : i64
    memref.store %r26, %out[%k26, %i] : memref<29x24xi64>
    %r27 = arith.muli %x, %x : i64
    memref.store %r27, %out[%k27, %i] : memref<29x24xi64>
    %r28 = math.absi %x : i64
    memref.store %r28, %out[%k28, %i] : memref<29x24xi64>
  }
  return
}

func.func @f32_ops(%a: memref<16xf32> {lathe.name = "a"}, %b: memref<16xf32> {lathe.name = "b"},
                %out: memref<29x16xf32> {lathe.name = "out"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 16 : index
  %k2 = arith.constant 2 : index
  %k3 = arith.constant 3 : index
  %k4 = arith.constant 4 : index
  %k5 = arith.constant 5 : index
  %k6 = arith.constant 6 : index
  %k7 = arith.constant 7 : index
  %k8 = arith.constant 8 : index
  %k9 = arith.constant 9 : index
  %k10 = arith.constant 10 : index
  %k11 = arith.constant 11 : index
  %k12 = arith.constant 12 : index
  %k13 = arith.constant 13 : index
  %k14 = arith.constant 14 : index
  %k15 = arith.constant 15 : index
  %k16 = arith.constant 16 : index
  %k17 = arith.constant 17 : index
  %k18 = arith.constant 18 : index
  %k19 = arith.constant 19 : index
  %k20 = arith.constant 20 : index
  %k21 = arith.constant 21 : index
  %k22 = arith.constant 22 : index
  %k23 = arith.constant 23 : index
  %k24 = arith.constant 24 : index
  %k25 = arith.constant 25 : index
  %k26 = arith.constant 26 : index
  %k27 = arith.constant 27 : index
  %k28 = arith.constant 28 : index
  scf.for %i = %c0 to %n step %c1 {
    %x = memref.load %a[%i] : memref<16xf32>
    %y = memref.load %b[%i] : memref<16xf32>
    %r0 = arith.addf %x, %y : f32
    memref.store %r0, %out[%c0, %i] : memref<29x16xf32>
    %r1 = arith.subf %x, %y : f32
    memref.store %r1, %out[%c1, %i] : memref<29x16xf32>
    %r2 = arith.mulf %x, %y : f32
    memref.store %r2, %out[%k2, %i] : memref<29x16xf32>
    %r3 = arith.divf %x, %y : f32
    memref.store %r3, %out[%k3, %i] : memref<29x16xf32>
    %r4 = arith.maximumf %x, %y : f32
    memref.store %r4, %out[%k4, %i] : memref<29x16xf32>
    %r5 = arith.minimumf %x, %y : f32
    memref.store %r5, %out[%k5, %i] : memref<29x16xf32>
    %r6 = arith.maxnumf %x, %y : f32
    memref.store %r6, %out[%k6, %i] : memref<29x16xf32>
    %r7 = arith.minnumf %x, %y : f32
    memref.store %r7, %out[%k7, %i] : memref<29x16xf32>
    %t8 = arith.cmpf oeq, %x, %y : f32
    %r8 = arith.uitofp %t8 : i1 to f32
    memref.store %r8, %out[%k8, %i] : memref<29x16xf32>
    %t9 = arith.cmpf ogt, %x, %y : f32
    %r9 = arith.uitofp %t9 : i1 to f32
    memref.store %r9, %out[%k9, %i] : memref<29x16xf32>
    %t10 = arith.cmpf oge, %x, %y : f32
    %r10 = arith.uitofp %t10 : i1 to f32
    memref.store %r10, %out[%k10, %i] : memref<29x16xf32>
    %t11 = arith.cmpf olt, %x, %y : f32
    %r11 = arith.uitofp %t11 : i1 to f32
    memref.store %r11, %out[%k11, %i] : memref<29x16xf32>
    %t12 = arith.cmpf ole, %x, %y : f32
    %r12 = arith.uitofp %t12 : i1 to f32
    memref.store %r12, %out[%k12, %i] : memref<29x16xf32>
    %t13 = arith.cmpf one, %x, %y : f32
    %r13 = arith.uitofp %t13 : i1 to f32
    memref.store %r13, %out[%k13, %i] : memref<29x16xf32>
    %t14 = arith.cmpf ord, %x, %y : f32
    %r14 = arith.uitofp %t14 : i1 to f32
    memref.store %r14, %out[%k14, %i] : memref<29x16xf32>
    %t15 = arith.cmpf ueq, %x, %y : f32
    %r15 = arith.uitofp %t15 : i1 to f32
    memref.store %r15, %out[%k15, %i] : memref<29x16xf32>
    %t16 = arith.cmpf ugt, %x, %y : f32
    %r16 = arith.uitofp %t16 : i1 to f32
    memref.store %r16, %out[%k16, %i] : memref<29x16xf32>
    %t17 = arith.cmpf uge, %x, %y : f32
    %r17 = arith.uitofp %t17 : i1 to f32
    memref.store %r17, %out[%k17, %i] : memref<29x16xf32>
    %t18 = arith.cmpf ult, %x, %y : f32
    %r18 = arith.uitofp %t18 : i1 to f32
    memref.store %r18, %out[%k18, %i] : memref<29x16xf32>
    %t19 = arith.cmpf ule, %x, %y : f32
    %r19 = arith.uitofp %t19 : i1 to f32
    memref.store %r19, %out[%k19, %i] : memref<29x16xf32>
    %t20 = arith.cmpf une, %x, %y : f32
    %r20 = arith.uitofp %t20 : i1 to f32
    memref.store %r20, %out[%k20, %i] : memref<29x16xf32>
    %t21 = arith.cmpf uno, %x, %y : f32
    %r21 = arith.uitofp %t21 : i1 to f32
    memref.store %r21, %out[%k21, %i] : memref<29x16xf32>
    %r22 = math.floor %x : f32
    memref.store %r22, %out[%k22, %i] : memref<29x16xf32>
    %r23 = math.ceil %x : f32
    memref.store %r23, %out[%k23, %i] : memref<29x16xf32>
    %r24 = math.trunc %x : f32
    memref.store %r24, %out[%k24, %i] : memref<29x16xf32>
    %r25 = math.roundeven %x : f32
    memref.store %r25, %out[%k25, %i] : memref<29x16xf32>
    %r26 = math.round %x : f32
    memref.store %r26, %out[%k26, %i] : memref<29x16xf32>
    %r27 = math.absf %x : f32
    memref.store %r27, %out[%k27, %i] : memref<29x16xf32>
    %r28 = arith.negf %x : f32
    memref.store %r28, %out[%k28, %i] : memref<29x16xf32>
  }
  return
}

func.func @f64_ops(%a: memref<16xf64> {lathe.name = "a"}, %b: memref<16xf64> {lathe.name = "b"},
                %out: memref<29x16xf64> {lathe.name = "out"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 16 : index
  %k2 = arith.constant 2 : index
  %k3 = arith.constant 3 : index
  %k4 = arith.constant 4 : index
  %k5 = arith.constant 5 : index
  %k6 = arith.constant 6 : index
  %k7 = arith.constant 7 : index
  %k8 = arith.constant 8 : index
  %k9 = arith.constant 9 : index
  %k10 = arith.constant 10 : index
  %k11 = arith.constant 11 : index
  %k12 = arith.constant 12 : index
  %k13 = arith.constant 13 : index
  %k14 = arith.constant 14 : index
  %k15 = arith.constant 15 : index
  %k16 = arith.constant 16 : index
  %k17 = arith.constant 17 : index
  %k18 = arith.constant 18 : index
  %k19 = arith.constant 19 : index
  %k20 = arith.constant 20 : index
  %k21 = arith.constant 21 : index
  %k22 = arith.constant 22 : index
  %k23 = arith.constant 23 : index
  %k24 = arith.constant 24 : index
  %k25 = arith.constant 25 : index
  %k26 = arith.constant 26 : index
  %k27 = arith.constant 27 : index
  %k28 = arith.constant 28 : index
  scf.for %i = %c0 to %n step %c1 {
    %x = memref.load %a[%i] : memref<16xf64>
    %y = memref.load %b[%i] : memref<16xf64>
    %r0 = arith.addf %x, %y : f64
    memref.store %r0, %out[%c0, %i] : memref<29x16xf64>
    %r1 = arith.subf %x, %y : f64
    memref.store %r1, %out[%c1, %i] : memref<29x16xf64>
    %r2 = arith.mulf %x, %y : f64
    memref.store %r2, %out[%k2, %i] : memref<29x16xf64>
    %r3 = arith.divf %x, %y : f64
    memref.store %r3, %out[%k3, %i] : memref<29x16xf64>
    %r4 = arith.maximumf %x, %y : f64
    memref.store %r4, %out[%k4, %i] : memref<29x16xf64>
    %r5 = arith.minimumf %x, %y : f64
    memref.store %r5, %out[%k5, %i] : memref<29x16xf64>
    %r6 = arith.maxnumf %x, %y : f64
    memref.store %r6, %out[%k6, %i] : memref<29x16xf64>
    %r7 = arith.minnumf %x, %y : f64
    memref.store %r7, %out[%k7, %i] : memref<29x16xf64>
    %t8 = arith.cmpf oeq, %x, %y : f64
    %r8 = arith.uitofp %t8 : i1 to f64
    memref.store %r8, %out[%k8, %i] : memref<29x16xf64>
    %t9 = arith.cmpf ogt, %x, %y : f64
    %r9 = arith.uitofp %t9 : i1 to f64
    memref.store %r9, %out[%k9, %i] : memref<29x16xf64>
    %t10 = arith.cmpf oge, %x, %y : f64
    %r10 = arith.uitofp %t10 : i1 to f64
    memref.store %r10, %out[%k10, %i] : memref<29x16xf64>
    %t11 = arith.cmpf olt, %x, %y : f64
    %r11 = arith.uitofp %t11 : i1 to f64
    memref.store %r11, %out[%k11, %i] : memref<29x16xf64>
    %t12 = arith.cmpf ole, %x, %y : f64
    %r12 = arith.uitofp %t12 : i1 to f64
    memref.store %r12, %out[%k12, %i] : memref<29x16xf64>
    %t13 = arith.cmpf one, %x, %y : f64
    %r13 = arith.uitofp %t13 : i1 to f64
    memref.store %r13, %out[%k13, %i] : memref<29x16xf64>
    %t14 = arith.cmpf ord, %x, %y : f64
    %r14 = arith.uitofp %t14 : i1 to f64
    memref.store %r14, %out[%k14, %i] : memref<29x16xf64>
    %t15 = arith.cmpf ueq, %x, %y : f64
    %r15 = arith.uitofp %t15 : i1 to f64
    memref.store %r15, %out[%k15, %i] : memref<29x16xf64>
    %t16 = arith.cmpf ugt, %x, %y : f64
    %r16 = arith.uitofp %t16 : i1 to f64
    memref.store %r16, %out[%k16, %i] : memref<29x16xf64>
    %t17 = arith.cmpf uge, %x, %y : f64
    %r17 = arith.uitofp %t17 : i1 to f64
    memref.store %r17, %out[%k17, %i] : memref<29x16xf64>
    %t18 = arith.cmpf ult, %x, %y : f64
    %r18 = arith.uitofp %t18 : i1 to f64
    memref.store %r18, %out[%k18, %i] : memref<29x16xf64>
    %t19 = arith.cmpf ule, %x, %y : f64
    %r19 = arith.uitofp %t19 : i1 to f64
    memref.store %r19, %out[%k19, %i] : memref<29x16xf64>
    %t20 = arith.cmpf une, %x, %y : f64
    %r20 = arith.uitofp %t20 : i1 to f64
    memref.store %r20, %out[%k20, %i] : memref<29x16xf64>
    %t21 = arith.cmpf uno, %x, %y : f64
    %r21 = arith.uitofp %t21 : i1 to f64
    memref.store %r21, %out[%k21, %i] : memref<29x16xf64>
    %r22 = math.floor %x : f64
    memref.store %r22, %out[%k22, %i] : memref<29x16xf64>
    %r23 = math.ceil %x : f64
    memref.store %r23, %out[%k23, %i] : memref<29x16xf64>
    %r24 = math.trunc %x : f64
    memref.store %r24, %out[%k24, %i] : memref<29x16xf64>
    %r25 = math.roundeven %x : f64
    memref.store %r25, %out[%k25, %i] : memref<29x16xf64>
    %r26 = math.round %x : f64
    memref.store %r26, %out[%k26, %i] : memref<29x16xf64>
    %r27 = math.absf %x : f64
    memref.store %r27, %out[%k27, %i] : memref<29x16xf64>
    %r28 = arith.negf %x : f64
    memref.store %r28, %out[%k28, %i] : memref<29x16xf64>
  }
  return
}

func.func @halves(%a: memref<65536xf16> {lathe.name = "a"}, %wide: memref<65536xf32> {lathe.name = "wide"},
                  %x: memref<32xf32> {lathe.name = "x"}, %y: memref<32xf16> {lathe.name = "y"},
                  %z: memref<32xbf16> {lathe.name = "z"}, %back: memref<32xf32> {lathe.name = "back"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %c65536 = arith.constant 65536 : index
  scf.for %i = %c0 to %c65536 step %c1 {
    %h = memref.load %a[%i] : memref<65536xf16>
    %f = arith.extf %h : f16 to f32
    memref.store %f, %wide[%i] : memref<65536xf32>
  }
  scf.for %i = %c0 to %c32 step %c1 {
    %f = memref.load %x[%i] : memref<32xf32>
    %h = arith.truncf %f : f32 to f16
    memref.store %h, %y[%i] : memref<32xf16>
    %b = arith.truncf %f : f32 to bf16
    memref.store %b, %z[%i] : memref<32xbf16>
    %w = arith.extf %b : bf16 to f32
    memref.store %w, %back[%i] : memref<32xf32>
  }
  return
}

func.func @casts(%a: memref<16xi32> {lathe.name = "a"}, %u: memref<16xi8> {lathe.name = "u", lathe.type = ui8},
                 %narrow: memref<16xi8> {lathe.name = "narrow"}, %wide: memref<3x16xi64> {lathe.name = "wide"},
                 %f: memref<4x16xf32> {lathe.name = "f"}, %g: memref<16xi32> {lathe.name = "g"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c16 = arith.constant 16 : index
  scf.for %i = %c0 to %c16 step %c1 {
    %x = memref.load %a[%i] : memref<16xi32>
    %b = memref.load %u[%i] : memref<16xi8>
    %t = arith.trunci %x : i32 to i8
    memref.store %t, %narrow[%i] : memref<16xi8>
    %s = arith.extsi %x : i32 to i64
    %s2 = arith.muli %s, %s : i64
    memref.store %s2, %wide[%c0, %i] : memref<3x16xi64>
    %z = arith.extui %x : i32 to i64
    memref.store %z, %wide[%c1, %i] : memref<3x16xi64>
    %zb = arith.extui %b : i8 to i64
    memref.store %zb, %wide[%c2, %i] : memref<3x16xi64>
    %f0 = arith.sitofp %x : i32 to f32
    memref.store %f0, %f[%c0, %i] : memref<4x16xf32>
    %f1 = arith.uitofp %x : i32 to f32
    memref.store %f1, %f[%c1, %i] : memref<4x16xf32>
    %f2 = arith.uitofp %b : i8 to f32
    memref.store %f2, %f[%c2, %i] : memref<4x16xf32>
    %f3 = arith.sitofp %b : i8 to f32
    memref.store %f3, %f[%c3, %i] : memref<4x16xf32>
    %bits = arith.bitcast %f0 : f32 to i32
    memref.store %bits, %g[%i] : memref<16xi32>
  }
  return
}
