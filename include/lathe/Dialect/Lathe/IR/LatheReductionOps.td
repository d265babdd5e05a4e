//===- LatheReductionOps.td - Reductions and normalizations -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEREDUCTIONOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEREDUCTIONOPS_TD

include "lathe/Dialect/Lathe/IR/LatheBase.td"

def Lathe_ReduceOp : Lathe_TensorOp<"reduce",
    [DeclareOpInterfaceMethods<LoopNestOpInterface, ["readsElementsOnce"]>]> {
  let summary = "reduction over axes";
  let description = [{
    Reduces `input` over `axes` (sorted, non-negative); the reduced dimensions
    keep extent 1 with `keep_dims` and vanish without. ONNX's other reductions
    (L1, L2, log-sum, …) are this op between elementwise ones.
  }];
  let arguments = (ins Lathe_NumberTensor:$input, Lathe_ReduceKindAttr:$kind,
                       DenseI64ArrayAttr:$axes, UnitAttr:$keep_dims);
  let assemblyFormat =
      "$kind $input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    int64_t getElementOps() { return getInput().getType().getNumElements(); }
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::Rescaled;
    }
    ::llvm::SmallVector<unsigned> getChannelOperands();
    ::lathe::ChannelRanges
    getChannelRanges(::llvm::ArrayRef<::lathe::ChannelRanges> operands);
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation);
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation);
  }];
}

def Lathe_ArgReduceOp : Lathe_TensorOp<"arg_reduce",
    [DeclareOpInterfaceMethods<LoopNestOpInterface>]> {
  let summary = "index of the largest or smallest element along an axis";
  let description = [{
    `kind` is max or min. Of equal elements the first is taken, with
    `select_last` the last. The result is i64.
  }];
  let arguments = (ins Lathe_NumberTensor:$input, Lathe_ReduceKindAttr:$kind,
                       I64Attr:$axis, UnitAttr:$keep_dims,
                       UnitAttr:$select_last);
  let assemblyFormat =
      "$kind $input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lathe_SoftmaxOp : Lathe_TensorOp<"softmax",
    [DeclareOpInterfaceMethods<LoopNestOpInterface>,
     DeclareOpInterfaceMethods<InPlaceOpInterface>]> {
  let summary = "softmax or its logarithm along one axis";
  let description = [{
    `exp(x - max) / sum(exp(x - max))` along `axis`, or its natural logarithm
    with `log`.
  }];
  let arguments = (ins Lathe_FloatTensor:$input, I64Attr:$axis, UnitAttr:$log);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    // Subtraction, exponential, sum and division.
    int64_t getElementOps() { return 4 * getInput().getType().getNumElements(); }
    ::lathe::RealInterval getResultBounds() {
      if (getLog())
        return {::lathe::RealInterval().low, 0};
      return {0, 1};
    }
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation);
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation);
  }];
}

def Lathe_LayerNormOp : Lathe_TensorOp<"layer_norm",
    [AttrSizedOperandSegments, DeclareOpInterfaceMethods<LoopNestOpInterface>,
     DeclareOpInterfaceMethods<InPlaceOpInterface>]> {
  let summary = "normalization over the trailing dimensions";
  let description = [{
    `(x - mean) / sqrt(variance + epsilon) * scale + bias` with mean and
    (biased) variance over the dimensions from `axis` on. `scale` and `bias`
    have the shape of those dimensions. With `rms` the mean is not subtracted
    and the mean square replaces the variance.
  }];
  let arguments = (ins Lathe_FloatTensor:$input,
                       Optional<Lathe_FloatTensor>:$scale,
                       Optional<Lathe_FloatTensor>:$bias, I64Attr:$axis,
                       F64Attr:$epsilon, UnitAttr:$rms);
  let assemblyFormat = [{
    $input (`scale` $scale^)? (`bias` $bias^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    // Two sums, subtraction, scale and bias.
    int64_t getElementOps() { return 5 * getInput().getType().getNumElements(); }
  }];
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEREDUCTIONOPS_TD
