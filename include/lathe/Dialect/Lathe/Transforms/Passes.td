//===- Passes.td - Passes on the graph and on kernels ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_PASSES_TD
#define LATHE_DIALECT_LATHE_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Graph
//===----------------------------------------------------------------------===//

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

def FormKernels : Pass<"lathe-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "Group ops into kernels";
  let description = [{
    Puts every op that computes or moves data into a `lathe.kernel`, together
    with what can be fused into it: the elementwise ops that follow a root
    (convolution, matmul, reduction …) in the store of its result, chains of
    elementwise ops into one kernel. Ops that only describe another view of
    memory stay outside. Idempotent: ops inside kernels are left alone.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numKernels", "kernels", "Number of kernels formed">,
    Statistic<"numFused", "fused", "Number of ops fused into another's kernel">,
  ];
}

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_PASSES_TD
