// RUN: lathe-opt %s --lathe-loops-to-llvm --split-input-file | FileCheck %s --check-prefix=X86
// RUN: lathe-opt %s --lathe-loops-to-llvm=dots=aarch64 --split-input-file -verify-diagnostics | FileCheck %s --check-prefix=ARM

// The instruction has unsigned data as its first factor.

// X86-LABEL: llvm.func internal @bytes
// X86: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.128"(%arg0, %arg1, %arg2)
// ARM-LABEL: llvm.func internal @bytes
// ARM: llvm.call_intrinsic "llvm.aarch64.neon.usdot.v4i32.v16i8"(%arg0, %arg1, %arg2)
func.func private @bytes(%acc: vector<4xi32>, %x: vector<16xi8>, %w: vector<16xi8>) -> vector<4xi32> {
  %0 = lathe.dot unsigned %acc, %x, %w : vector<4xi32>, vector<16xi8>, vector<16xi8>
  return %0 : vector<4xi32>
}

// -----

// Upper halves of products of pairs of lanes, of which the even ones are moved
// down by 32 bits; Arm multiplies to vectors twice as long.

// X86-LABEL: llvm.func internal @rescale
// X86-COUNT-2: llvm.mul %{{.*}} : vector<2xi64>
// X86: llvm.shufflevector %{{.*}} [1, 5, 3, 7] : vector<4xi32>
// ARM-LABEL: llvm.func internal @rescale
// ARM: llvm.mul %{{.*}} : vector<4xi64>
// ARM: llvm.trunc %{{.*}} : vector<4xi64> to vector<4xi32>
func.func private @rescale(%x: vector<4xi32>, %m: vector<4xi32>) -> vector<4xi32> {
  %0 = lathe.rescale %x, %m {shift = 32 : i64, offset = 2147483648 : i64} : vector<4xi32>
  return %0 : vector<4xi32>
}
