// RUN: lathe-opt %s --lathe-loops-to-llvm=byte-permutes | FileCheck %s --check-prefix=BYTES
// RUN: lathe-opt %s --lathe-loops-to-llvm | FileCheck %s --check-prefix=WORDS

// A table fills four registers. Each permutation reads two of them by the lower
// bits of the index, and the highest one chooses.

// BYTES-LABEL: llvm.func internal @lookup
// BYTES: llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
// BYTES: llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
// BYTES: llvm.select %{{.*}} : vector<64xi1>, vector<64xi8>
// BYTES: llvm.shufflevector {{.*}} : vector<64xi8>
// BYTES-NOT: llvm.call_intrinsic

// Words hold two bytes, of which the lowest bit chooses.

// WORDS-LABEL: llvm.func internal @lookup
// WORDS: llvm.lshr
// WORDS-COUNT-2: llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.hi.512"
// WORDS: llvm.select %{{.*}} : vector<32xi1>, vector<32xi16>
// WORDS: llvm.lshr
// WORDS: llvm.trunc
func.func private @lookup(%indices: vector<16xi8>, %table: vector<256xi8>) -> vector<16xi8> {
  %0 = lathe.lookup %indices, %table : vector<16xi8>, vector<256xi8>
  return %0 : vector<16xi8>
}
