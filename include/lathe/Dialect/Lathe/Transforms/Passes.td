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

def PropagateLayout : Pass<"lathe-propagate-layout", "::mlir::func::FuncOp"> {
  let summary = "Move transposes until they cancel";
  let description = [{
    Changes the layout in which ops are computed so that the least number of
    elements is transposed at run time. Transposes move up and down through the
    ops that `LayoutOpInterface` lets them through and through reshapes that
    keep their dimensions together; they cancel against each other, vanish into
    constants, and before a product with a constant matrix reorder its rows.
    What stays is at the function's inputs and outputs and at reshapes that mix
    dimensions. The number of transposed elements never grows.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numRemoved", "removed", "Number of transposes of data removed">,
    Statistic<"numMoved", "moved", "Number of ops computed in another layout">,
  ];
}

def FoldScales : Pass<"lathe-fold-scales", "::mlir::func::FuncOp"> {
  let summary = "Fold scales and shifts into weights";
  let description = [{
    Multiplication, division, negation, addition and subtraction with constants
    that are the same for all elements of a channel become part of the weights
    and the bias of the convolution or matrix product before them, or of the one
    behind them where no padding comes between. Batch normalization vanishes
    this way. What happens to a weight is built as ops on the constant, which
    `lathe-fold-constants` evaluates. Sums are rounded differently than in the
    unfolded graph, by about one unit in the last place of each factor.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numFoldedBack", "folded-into-producer",
              "Number of ops folded into the weights before them">,
    Statistic<"numFoldedAhead", "folded-into-consumer",
              "Number of ops folded into the weights behind them">,
  ];
}

def FoldPads : Pass<"lathe-fold-pads", "::mlir::func::FuncOp"> {
  let summary = "Fold padding into convolutions and pooling";
  let description = [{
    A constant `lathe.pad` of spatial dimensions joins the `pads` of the
    convolution or pooling behind it where both mean the same: zeros for
    convolutions and averages (which then count the padding), no more than any
    element for maxima.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numFolded", "folded", "Number of pads folded">,
  ];
}

def SimplifyGraph : Pass<"lathe-simplify-graph", "::mlir::func::FuncOp"> {
  let summary = "Recognize ops that exporters write as several";
  let description = [{
    Joins rectifiers and limits into one `lathe.clamp` or `lathe.relu`, turns
    pooling over whole images into reductions, and recognizes GELU and layer
    normalization in the primitive ops that exporters write for them.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numGelu", "gelu", "Number of GELU recognized">,
    Statistic<"numLayerNorm", "layer-norm",
              "Number of layer normalizations recognized">,
  ];
}

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
