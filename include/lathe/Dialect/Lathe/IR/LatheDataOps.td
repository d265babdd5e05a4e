//===- LatheDataOps.td - Constants and data movement --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEDATAOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEDATAOPS_TD

include "lathe/Dialect/Lathe/IR/LatheAttributes.td"
include "lathe/Dialect/Lathe/IR/LatheBase.td"

def Lathe_ConstantOp : Lathe_Op<"constant",
    [Pure, ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "a tensor known at compile time";
  let description = [{
    `value` is a dense_resource blob for weights, which are mapped from the
    model's file, and dense for small tensors and splats.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Lathe_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

class Lathe_ViewOp<string mnemonic, list<Trait> traits = []>
    : Lathe_TensorOp<mnemonic,
                     traits # [DeclareOpInterfaceMethods<ViewOpInterface>]> {
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  code ownDeclarations = "";
  let extraClassDeclaration = [{
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::SameParameters;
    }
    ::llvm::SmallVector<unsigned> getChannelOperands();
    ::lathe::ChannelRanges
    getChannelRanges(::llvm::ArrayRef<::lathe::ChannelRanges> operands) {
      return ::lathe::impl::getMovedRanges(getOperation(), operands);
    }
  }] # ownDeclarations;
}

def Lathe_ReshapeOp : Lathe_ViewOp<"reshape"> {
  let summary = "the same elements in another shape";
  let description = [{
    Row-major order of the elements is kept. `shape` is the result's shape.
  }];
  let arguments = (ins Lathe_Tensor:$input, DenseI64ArrayAttr:$shape);
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let ownDeclarations = [{
    ::mlir::Value buildOnChannels(::mlir::OpBuilder &builder,
                                  ::mlir::ValueRange operands);
  }];
}

def Lathe_TransposeOp : Lathe_ViewOp<"transpose"> {
  let summary = "permutation of dimensions";
  let description = [{
    Dimension i of the result is dimension `permutation[i]` of `input`.
  }];
  let arguments = (ins Lathe_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let ownDeclarations = [{
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation);
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation);
  }];
}

def Lathe_SliceOp : Lathe_ViewOp<"slice"> {
  let summary = "a rectangular part of a tensor";
  let description = [{
    Element i of the result's dimension d is element `offsets[d] +
    i * steps[d]` of the input's; `sizes` is the result's shape. Steps may be
    negative but not zero.
  }];
  let arguments = (ins Lathe_Tensor:$input, DenseI64ArrayAttr:$offsets,
                       DenseI64ArrayAttr:$sizes, DenseI64ArrayAttr:$steps);
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let ownDeclarations = [{
    ::mlir::Value buildOnChannels(::mlir::OpBuilder &builder,
                                  ::mlir::ValueRange operands);
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation);
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation);
  }];
}

def Lathe_BroadcastOp : Lathe_ViewOp<"broadcast"> {
  let summary = "repetition along dimensions of extent one";
  let description = [{
    NumPy's broadcast_to: `input`, with leading dimensions of extent 1 added,
    is repeated to `shape`.
  }];
  let arguments = (ins Lathe_Tensor:$input, DenseI64ArrayAttr:$shape);
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let ownDeclarations = [{
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation);
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation);
  }];
}

def Lathe_ConcatOp : Lathe_TensorOp<"concat",
    [DeclareOpInterfaceMethods<AssembleOpInterface>]> {
  let summary = "tensors joined along an axis";
  let arguments = (ins Variadic<Lathe_Tensor>:$inputs, I64Attr:$axis);
  let assemblyFormat = "$inputs attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::SameParameters;
    }
    ::llvm::SmallVector<unsigned> getChannelOperands();
    ::lathe::ChannelRanges
    getChannelRanges(::llvm::ArrayRef<::lathe::ChannelRanges> operands) {
      return ::lathe::impl::getMovedRanges(getOperation(), operands);
    }
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation);
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation);
  }];
}

def Lathe_PadOp : Lathe_TensorOp<"pad"> {
  let summary = "a border around a tensor";
  let description = [{
    Adds `low[d]` elements before and `high[d]` after dimension d. The border
    holds `value` (a scalar tensor, zero when absent) in constant mode;
    otherwise it repeats the edge, mirrors the tensor without the edge
    (reflect), or wraps around. Negative amounts are slices and not allowed.
  }];
  let arguments = (ins Lathe_Tensor:$input, Optional<Lathe_Tensor>:$value,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
                       DefaultValuedAttr<Lathe_PadModeAttr,
                                         "::lathe::PadMode::Constant">:$mode);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::SameParameters;
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

def Lathe_GatherOp : Lathe_TensorOp<"gather"> {
  let summary = "slices selected by indices";
  let description = [{
    Replaces dimension `axis` of `input` by the dimensions of `indices`: each
    index selects a slice. Negative indices count from the end. An index that is
    out of range selects some slice in compiled code; the reference evaluator
    refuses it.
  }];
  let arguments = (ins Lathe_Tensor:$input, Lathe_IndexTensor:$indices,
                       I64Attr:$axis);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::SameParameters;
    }
    ::llvm::SmallVector<unsigned> getChannelOperands();
    ::lathe::ChannelRanges
    getChannelRanges(::llvm::ArrayRef<::lathe::ChannelRanges> operands);
  }];
}

def Lathe_TileOp : Lathe_TensorOp<"tile"> {
  let summary = "a tensor repeated along its dimensions";
  let arguments = (ins Lathe_Tensor:$input, DenseI64ArrayAttr:$repeats);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::SameParameters;
    }
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation);
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation);
  }];
}

def Lathe_CopyOp : Lathe_TensorOp<"copy"> {
  let summary = "the same tensor in memory of its own";
  let description = [{
    Inserted before memory planning where a value must lie in two places: an
    input that is returned, an operand of two concatenations.
  }];
  let arguments = (ins Lathe_Tensor:$input);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let extraClassDeclaration = [{
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::SameParameters;
    }
  }];
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEDATAOPS_TD
