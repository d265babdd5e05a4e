//===- LatheSpatialOps.td - Convolution, pooling, matmul ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHESPATIALOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHESPATIALOPS_TD

include "lathe/Dialect/Lathe/IR/LatheBase.td"
include "lathe/Dialect/Lathe/IR/RowsInterface.td"

def Lathe_ConvOp : Lathe_TensorOp<"conv",
    [DeclareOpInterfaceMethods<LoopNestOpInterface,
                               ["getRowLoop", "getRowWindow"]>,
     DeclareOpInterfaceMethods<RowsOpInterface>, WeightedOpInterface]> {
  let summary = "convolution, channels last";
  let description = [{
    Cross-correlates `input` [N, s1 … sk, C] with `weight` [k1 … kk, C / group,
    O] and adds `bias` [O]; the result is [N, o1 … ok, O]. `pads` holds what is
    added before each spatial dimension, then what is added after each; padding
    means real zero. With `group` = C and O a multiple of C the convolution is
    depthwise.

    Integers of 8 bits are summed in i32, those of 16 bits in the bias's type,
    i64 without one. `input_zero_point`, of integers only, is subtracted from
    each element of `input`.

    Example:
    ```mlir
    %r = lathe.conv %x, %w, %b {strides = array<i64: 2, 2>,
           dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
         : (tensor<1x8x8x3xf32>, tensor<3x3x3x16xf32>, tensor<16xf32>)
           -> tensor<1x4x4x16xf32>
    ```
  }];
  let arguments = (ins Lathe_NumberTensor:$input, Lathe_NumberTensor:$weight,
                       Optional<Lathe_NumberTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$pads,
                       DefaultValuedAttr<I64Attr, "1">:$group,
                       DefaultValuedAttr<SI64Attr, "0">:$input_zero_point);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Number of spatial dimensions.
    int64_t getSpatialRank() { return getInput().getType().getRank() - 2; }
    /// Every input channel has filters of its own.
    bool isDepthwise();
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::Weighted;
    }
    int64_t getWeightOperand() { return 1; }
    int64_t getMACs();
    int64_t getWeightChannelAxis() { return getWeight().getType().getRank() - 1; }
    ::mlir::Value getData() { return getInput(); }
    int64_t getDataZeroPoint() { return getInputZeroPoint(); }
    ::mlir::Value getWeights() { return getWeight(); }
    void setData(::mlir::Value value) { getInputMutable().assign(value); }
    void setWeights(::mlir::Value value) { getWeightMutable().assign(value); }
    void setBias(::mlir::Value value) { getBiasMutable().assign(value); }
    ::mlir::Value spreadInputChannels(::mlir::OpBuilder &builder,
                                      ::mlir::Value vector);
    int64_t getWeightGroups() { return isDepthwise() ? 0 : getGroup(); }
    ::mlir::Value buildOnFewerChannels(::mlir::OpBuilder &builder,
                                       ::mlir::ValueRange operands);
    int64_t getRowStride() { return getStrides().back(); }
    bool usesAllWeights();
  }];
}

def Lathe_ConvTransposeOp : Lathe_TensorOp<"conv_transpose",
    [DeclareOpInterfaceMethods<LoopNestOpInterface, ["getRowLoop"]>,
     WeightedOpInterface]> {
  let summary = "transposed convolution, channels last";
  let description = [{
    The gradient of a convolution with respect to its input, plus `bias` [O]:
    every element of `input` [N, s1 … sk, C] adds its multiple of the
    kernel to the result [N, o1 … ok, O]. `weight` is [k1 … kk, C, O / group],
    `pads` is cut from the result's borders, begins then ends, and
    `output_padding` is added at its ends:
    `o = (s - 1) * stride + (k - 1) * dilation + 1 + output_padding - pads`.
    Integers are treated as in `lathe.conv`.
  }];
  let arguments = (ins Lathe_NumberTensor:$input, Lathe_NumberTensor:$weight,
                       Optional<Lathe_NumberTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$output_padding,
                       DefaultValuedAttr<I64Attr, "1">:$group,
                       DefaultValuedAttr<SI64Attr, "0">:$input_zero_point);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Number of spatial dimensions.
    int64_t getSpatialRank() { return getInput().getType().getRank() - 2; }
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::Weighted;
    }
    int64_t getWeightOperand() { return 1; }
    int64_t getMACs();
    int64_t getWeightChannelAxis() { return getWeight().getType().getRank() - 1; }
    ::mlir::Value getData() { return getInput(); }
    int64_t getDataZeroPoint() { return getInputZeroPoint(); }
    ::mlir::Value getWeights() { return getWeight(); }
    void setData(::mlir::Value value) { getInputMutable().assign(value); }
    void setWeights(::mlir::Value value) { getWeightMutable().assign(value); }
    void setBias(::mlir::Value value) { getBiasMutable().assign(value); }
    ::mlir::Value spreadInputChannels(::mlir::OpBuilder &builder,
                                      ::mlir::Value vector);
    ::mlir::Value spreadOutputChannels(::mlir::OpBuilder &builder,
                                       ::mlir::Value vector);
  }];
}

class Lathe_PoolOp<string mnemonic> : Lathe_TensorOp<mnemonic,
    [DeclareOpInterfaceMethods<LoopNestOpInterface, ["getRowWindow"]>,
     DeclareOpInterfaceMethods<RowsOpInterface>]> {
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  string quantizationKind = "Rescaled";
  code ownDeclarations = "";
  let extraClassDeclaration = [{
    /// Number of spatial dimensions.
    int64_t getSpatialRank() { return getInput().getType().getRank() - 2; }
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::}] # quantizationKind # [{;
    }
    int64_t getElementOps();
    ::llvm::SmallVector<unsigned> getChannelOperands() { return {0}; }
  }] # ownDeclarations;
}

def Lathe_MaxPoolOp : Lathe_PoolOp<"max_pool"> {
  let summary = "maximum over windows, channels last";
  let quantizationKind = "SameParameters";
  let ownDeclarations = [{
    ::lathe::ChannelRanges
    getChannelRanges(::llvm::ArrayRef<::lathe::ChannelRanges> operands) {
      return ::lathe::impl::getMovedRanges(getOperation(), operands);
    }
  }];
  let description = [{
    The largest element of each window of `input` [N, s1 … sk, C]. Padding is
    never picked. Windows that reach beyond the padding, as ONNX's ceil_mode
    allows, are stated as larger `pads` at the end.
  }];
  let arguments = (ins Lathe_NumberTensor:$input,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads);
}

def Lathe_AvgPoolOp : Lathe_PoolOp<"avg_pool"> {
  let summary = "mean over windows, channels last";
  let description = [{
    The mean of each window of `input` [N, s1 … sk, C]. The divisor counts the
    window's elements inside the input, and with `count_include_pad` those
    inside `counted_pads` too: ceil_mode windows reach beyond what counts.
    `counted_pads` defaults to `pads`.
  }];
  let arguments = (ins Lathe_NumberTensor:$input,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       UnitAttr:$count_include_pad,
                       OptionalAttr<DenseI64ArrayAttr>:$counted_pads);
}

def Lathe_MatMulOp : Lathe_TensorOp<"matmul",
    [DeclareOpInterfaceMethods<LoopNestOpInterface>,
     WeightedOpInterface]> {
  let summary = "product of matrices or batches of matrices";
  let description = [{
    Multiplies `lhs` [batch…, M, K] by `rhs` [batch…, K, N] and adds `bias` [N].
    The batch dimensions broadcast as in NumPy; both operands have at least two
    dimensions. Integers are summed as `lathe.conv` does,
    and the zero points, of integers only, subtracted from the elements.
  }];
  let arguments = (ins Lathe_NumberTensor:$lhs, Lathe_NumberTensor:$rhs,
                       Optional<Lathe_NumberTensor>:$bias,
                       DefaultValuedAttr<SI64Attr, "0">:$lhs_zero_point,
                       DefaultValuedAttr<SI64Attr, "0">:$rhs_zero_point);
  let hasVerifier = 1;
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::Weighted;
    }
    int64_t getWeightOperand() { return 1; }
    int64_t getMACs();
    int64_t getWeightChannelAxis() { return getRhs().getType().getRank() - 1; }
    ::mlir::Value getData() { return getLhs(); }
    int64_t getDataZeroPoint() { return getLhsZeroPoint(); }
    ::mlir::Value getWeights() { return getRhs(); }
    void setData(::mlir::Value value) { getLhsMutable().assign(value); }
    void setWeights(::mlir::Value value) { getRhsMutable().assign(value); }
    void setBias(::mlir::Value value) { getBiasMutable().assign(value); }
    ::mlir::Value spreadInputChannels(::mlir::OpBuilder &builder,
                                      ::mlir::Value vector);
    int64_t getWeightGroups() {
      return getRhs().getType().getRank() == 2 ? 1 : 0;
    }
    bool usesAllWeights();
  }];
}

def Lathe_ResizeOp : Lathe_TensorOp<"resize"> {
  let summary = "resampling of spatial dimensions";
  let description = [{
    Resamples every dimension of `input` whose extent differs from `sizes`.
    `scales` are output/input ratios as the model states them; the coordinate
    of an output element follows `coordinates`.
  }];
  let arguments = (ins Lathe_NumberTensor:$input, DenseI64ArrayAttr:$sizes,
                       DenseF64ArrayAttr:$scales,
                       Lathe_ResizeModeAttr:$mode,
                       Lathe_CoordinateModeAttr:$coordinates,
                       Lathe_RoundingModeAttr:$rounding,
                       DefaultValuedAttr<F64Attr, "-0.75">:$cubic_coefficient,
                       UnitAttr:$exclude_outside);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let extraClassDeclaration = [{
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation);
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation);
  }];
}

#endif // LATHE_DIALECT_LATHE_IR_LATHESPATIALOPS_TD
