// RUN: lathe-opt %s --lathe-loops-to-llvm --split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: llvm.func internal @wide
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
func.func private @wide(%acc: vector<16xi32>, %x: vector<64xi8>, %w: vector<64xi8>) -> vector<16xi32> {
  %0 = lathe.dot unsigned %acc, %x, %w : vector<16xi32>, vector<64xi8>, vector<64xi8>
  return %0 : vector<16xi32>
}

// -----

// CHECK-LABEL: llvm.func internal @words
// CHECK: %[[PAIRS:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%arg1, %arg2)
// CHECK: llvm.add %arg0, %[[PAIRS]]
func.func private @words(%acc: vector<8xi32>, %x: vector<16xi16>, %w: vector<16xi16>) -> vector<8xi32> {
  %0 = lathe.dot %acc, %x, %w : vector<8xi32>, vector<16xi16>, vector<16xi16>
  return %0 : vector<8xi32>
}

// -----

func.func private @signed(%acc: vector<16xi32>, %x: vector<64xi8>, %w: vector<64xi8>) -> vector<16xi32> {
  // expected-error@+2 {{has no instruction on the target}}
  // expected-error@+1 {{failed to legalize operation 'lathe.dot'}}
  %0 = lathe.dot %acc, %x, %w : vector<16xi32>, vector<64xi8>, vector<64xi8>
  return %0 : vector<16xi32>
}
