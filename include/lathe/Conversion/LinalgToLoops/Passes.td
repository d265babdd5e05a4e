//===- Passes.td - From linalg to scheduled loops -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CONVERSION_LINALGTOLOOPS_PASSES_TD
#define LATHE_CONVERSION_LINALGTOLOOPS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertLinalgToLoops
    : Pass<"convert-linalg-to-scheduled-loops", "::mlir::func::FuncOp"> {
  let summary = "Lower a kernel's tensors to loops as its strategy says";
  let description = [{
    Turns the body of a kernel function (`linalg` on tensors between
    `bufferization.to_tensor` and `materialize_in_destination`) into loops over
    memrefs. The function's `lathe.strategy` gives the order of the loops, the
    register tile and the vector width; without one the loops are plain.

    The root (the op with reduction dimensions, or the last op) drives the
    loops. Each point of its register tile has accumulators of its own in
    registers; what was fused behind the root is computed from them just before
    the store. Reads of padding that cannot contribute (`lathe.neutral`) are
    cut from the loop bounds, so no padded copy is made. Kernels of several
    reductions (softmax, normalization) run them one after the other for each
    row. No buffer is allocated.

    Example: see test/Conversion/LinalgToLoops/conv.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // LATHE_CONVERSION_LINALGTOLOOPS_PASSES_TD
