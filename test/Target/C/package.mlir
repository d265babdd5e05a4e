// The package builds alone with CMake, from any folder, with the weights as C
// and as a binary, and its self-test finds right and wrong outputs.

// REQUIRES: gcc
// DEFINE: %{translate} = lathe-translate --lathe-to-c-package %s --c-self-test=%t/run.bin
// DEFINE: %{cmake} = cmake -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_ASM_COMPILER=gcc "-DCMAKE_C_FLAGS=-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror"

// One run of the model, computed by hand: dense is y = relu(w x).
// RUN: rm -rf %t && mkdir %t
// RUN: python3 -c "import struct, sys; sys.stdout.buffer.write(struct.pack('<5f', 1, -2, 0.5, 0.75, 0))" > %t/run.bin

// RUN: %{translate} --c-weights=c --c-output-dir=%t/arrays
// RUN: ls %t/arrays | FileCheck %s --check-prefix=FILES
// FILES:      CMakeLists.txt
// FILES-NEXT: README.md
// FILES-NEXT: dense.c
// FILES-NEXT: dense.h
// FILES-NEXT: dense_self_test.c
// FILES-NEXT: dense_self_test.h
// FILES-NEXT: dense_weights.c
// FILES-NEXT: dense_weights.h
// FILES-NEXT: examples
// FILES-NEXT: library.properties
// FILES-NEXT: manifest.json
// FILES-NEXT: zephyr
// RUN: %{cmake} -S %t/arrays -B %t/build-arrays && cmake --build %t/build-arrays --target dense dense_self_test
// RUN: gcc -I%t/arrays %S/Inputs/self_test_main.c %t/build-arrays/libdense_self_test.a %t/build-arrays/libdense.a -o %t/arrays-test
// RUN: %t/arrays-test

// RUN: %{translate} --c-weights=incbin --c-output-dir=%t/binary
// RUN: %{cmake} -S %t/binary -B %t/build-binary && cmake --build %t/build-binary --target dense dense_self_test
// RUN: gcc -I%t/binary %S/Inputs/self_test_main.c %t/build-binary/libdense_self_test.a %t/build-binary/libdense.a -o %t/binary-test
// RUN: %t/binary-test
// RUN: %if clang %{ clang-22 -c -I%t/binary %t/binary/dense_weights.S -o %t/clang-weights.o %}
// RUN: %if arm-none-eabi %{ arm-none-eabi-gcc -mcpu=cortex-m4 -c -I%t/binary %t/binary/dense_weights.S -o %t/arm-weights.o %}

// A wrong expectation is found.
// RUN: python3 -c "import struct, sys; sys.stdout.buffer.write(struct.pack('<5f', 1, -2, 0.5, 0.76, 0))" > %t/run.bin
// RUN: %{translate} --c-output-dir=%t/arrays
// RUN: gcc -I%t/arrays %S/Inputs/self_test_main.c %t/arrays/dense_self_test.c %t/build-arrays/libdense.a -o %t/wrong-test
// RUN: not %t/wrong-test

// RUN: FileCheck %s --check-prefix=MANIFEST < %t/binary/manifest.json
// MANIFEST: "kind": "c"
// MANIFEST: "files": [
// MANIFEST-NEXT: "dense.c"
// MANIFEST-NEXT: "dense_weights.S"
// MANIFEST: "size": 32
// MANIFEST: "weights_size": 24
// MANIFEST: "name": "in:0"
// MANIFEST-NEXT: "identifier": "in_0"
// MANIFEST-NEXT: "type": "float32"
// RUN: FileCheck %s --check-prefix=README < %t/binary/README.md
// README: int status = dense_run(in_0, out, arena);
// README: | arena | 32 | RAM, aligned to 8 |
// README: | 16 | 8 | sums |

// The layers, which the README lists before, and the manifest.
// RUN: FileCheck %s --check-prefix=LAYERS < %t/binary/README.md
// LAYERS: -DDENSE_LAYER_HOOK=FUNCTION
// LAYERS: | 0 | `dense_1` |
// LAYERS-NEXT: | 1 | `relu` |
// RUN: FileCheck %s --check-prefix=NODES < %t/binary/manifest.json
// NODES: "layers": [
// NODES: "kernel": "dense_1"
// NODES: "kernel": "relu"

memref.global "private" constant @w : memref<2x3xf32> = dense<[[1.0, 0.25, 0.5], [-1.0, 0.5, 3.0]]> loc("dense.weight")

func.func private @dense_1(%x: memref<3xf32> {lathe.name = "x"}, %w: memref<2x3xf32> {lathe.name = "w"},
                           %y: memref<2xf32> {lathe.name = "y"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %zero = arith.constant 0.0 : f32
  scf.for %o = %c0 to %c2 step %c1 {
    %sum = scf.for %i = %c0 to %c3 step %c1 iter_args(%acc = %zero) -> f32 {
      %xi = memref.load %x[%i] : memref<3xf32>
      %wi = memref.load %w[%o, %i] : memref<2x3xf32>
      %p = arith.mulf %xi, %wi : f32
      %s = arith.addf %acc, %p : f32
      scf.yield %s : f32
    }
    memref.store %sum, %y[%o] : memref<2xf32>
  }
  return
}

func.func private @relu(%x: memref<2xf32> {lathe.name = "x"}, %y: memref<2xf32> {lathe.name = "y"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  scf.for %i = %c0 to %c2 step %c1 {
    %v = memref.load %x[%i] : memref<2xf32>
    %r = arith.maximumf %v, %zero : f32
    memref.store %r, %y[%i] : memref<2xf32>
  }
  return
}

func.func @dense_run(%in: memref<1x3xf32> {lathe.name = "in:0"}, %out: memref<1x2xf32> {lathe.name = "out"},
                     %arena: memref<32xi8> {lathe.align = 8 : i64})
    attributes {lathe.entry, lathe.model = "dense", lathe.num_inputs = 1 : i64} {
  %c16 = arith.constant 16 : index
  %x = memref.reinterpret_cast %in to offset: [0], sizes: [3], strides: [1] : memref<1x3xf32> to memref<3xf32>
  %y = memref.reinterpret_cast %out to offset: [0], sizes: [2], strides: [1] : memref<1x2xf32> to memref<2xf32>
  %sums = memref.view %arena[%c16][] : memref<32xi8> to memref<2xf32> loc("sums")
  %w = memref.get_global @w : memref<2x3xf32>
  call @dense_1(%x, %w, %sums) : (memref<3xf32>, memref<2x3xf32>, memref<2xf32>) -> ()
  call @relu(%sums, %y) : (memref<2xf32>, memref<2xf32>) -> ()
  return
}
