// RUN: lathe-opt %s --lathe-widen-floats --lathe-kernel-pipeline | FileCheck %s
// RUN: lathe-opt %s --lathe-graph-pipeline | FileCheck %s --check-prefix=DEAD
// RUN: lathe-opt %s --lathe-lowering-pipeline | FileCheck %s --check-prefix=DEAD

// Passes leave functions without a body alone.

// CHECK: func.func private @elsewhere(tensor<4xf16>) -> tensor<4xf16>
func.func private @elsewhere(tensor<4xf16>) -> tensor<4xf16>

// A pipeline for a whole model drops those that nobody calls.

// DEAD: module {
// DEAD-NEXT: }
