// RUN: lathe-opt %s --lathe-graph-pipeline --lathe-widen-floats --lathe-kernel-pipeline --lathe-lowering-pipeline | FileCheck %s

// Passes leave functions without a body alone.

// CHECK: func.func private @elsewhere(tensor<4xf16>) -> tensor<4xf16>
func.func private @elsewhere(tensor<4xf16>) -> tensor<4xf16>
