//===- LatheDotOps.td - Sums of products of small integers --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEDOTOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEDOTOPS_TD

include "lathe/Dialect/Lathe/IR/LatheBase.td"
include "mlir/IR/CommonAttrConstraints.td"

def Lathe_DotConvOp : Lathe_TensorOp<"dot_conv",
    [DeclareOpInterfaceMethods<LoopNestOpInterface, ["getRowLoop"]>]> {
  let summary = "convolution or product of 8-bit integers by dot products";
  let description = [{
    What `lathe.conv` computes of 8-bit integers whose zero point is 0, or, if
    `kernel` is empty, `lathe.matmul` of `input` [..., C] with a matrix. The
    last `kernel.size()` dimensions of `input` but the channels have windows.

    `weight` is packed for instructions that add the products of four (i8) or
    two (i16) neighbouring elements to each lane: `[groups, panels, kernel…,
    quads, 4 * width]`, where a panel holds `width` of the `channels / group`
    output channels and a quad four of the C input channels of a group, filled
    up with zeros. With one input channel the quads are of the last window
    dimension instead, which must have dilation 1 and no padding.

    In a quad, element i of output channel o comes at `4 * o + i` in weights of
    i8, and at `(i mod 2) * 2 * width + 2 * o + i / 2` in those of i16: elements 0
    and 2 of all channels, then 1 and 3, as even and odd bytes of the data.

    Example:
    ```mlir
    %r = lathe.dot_conv %x, %w, %b {kernel = array<i64: 3, 3>,
           strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
           pads = array<i64: 1, 1, 1, 1>, channels = 40 : i64}
         : (tensor<1x8x8x18xui8>, tensor<1x2x3x3x5x128xi8>, tensor<40xi32>)
           -> tensor<1x8x8x40xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8, UI8]>:$input,
                       RankedTensorOf<[I8, I16]>:$weight,
                       Optional<RankedTensorOf<[I32]>>:$bias,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       I64Attr:$channels,
                       DefaultValuedAttr<I64Attr, "1">:$group);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The elements of a quad.
    static constexpr int64_t quad = 4;

    /// Dimensions with a window.
    int64_t getSpatialRank() { return getKernel().size(); }
    /// Dimensions before these.
    int64_t getBatchRank() {
      return getInput().getType().getRank() - 1 - getSpatialRank();
    }
    /// Input channels of a group.
    int64_t getDepth() {
      return getInput().getType().getShape().back() /
             static_cast<int64_t>(getGroup());
    }
    /// Whether quads are of the last window dimension.
    bool hasQuadsOfWindow() {
      return getDepth() == 1 && getSpatialRank() > 0;
    }
    /// Output channels of a panel.
    int64_t getPanelWidth() {
      return getWeight().getType().getShape().back() / quad;
    }
    int64_t getMACs();
  }];
}

def Lathe_DotDepthwiseOp : Lathe_TensorOp<"dot_depthwise",
    [DeclareOpInterfaceMethods<LoopNestOpInterface,
                               ["getRowLoop", "getRowWindow"]>]> {
  let summary = "depthwise convolution of 8-bit integers by dot products";
  let description = [{
    What `lathe.conv` computes of 8-bit integers whose zero point is 0 with as
    many groups as input and output channels, and without padding. The last
    `kernel.size()` dimensions of `input` but the channels have windows, at least
    two of them.

    A dot product is of four rows of the window, the last but one of its
    dimensions, filled up with zeros: `weight` is `[kernel…, quads, last kernel
    dimension, 4 * C]`, with the four elements of a channel side by side. In
    weights of i16, for instructions of two elements, the first two elements of
    all channels come before the others.

    Example:
    ```mlir
    %r = lathe.dot_depthwise %x, %w, %b {kernel = array<i64: 3, 3>,
           strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>}
         : (tensor<1x8x8x16xui8>, tensor<1x3x64xi8>, tensor<16xi32>)
           -> tensor<1x6x6x16xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8, UI8]>:$input,
                       RankedTensorOf<[I8, I16]>:$weight,
                       Optional<RankedTensorOf<[I32]>>:$bias,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The rows of a dot product.
    static constexpr int64_t quad = 4;

    /// Dimensions with a window.
    int64_t getSpatialRank() { return getKernel().size(); }
    int64_t getMACs();
  }];
}

def Lathe_DotOp : Lathe_Op<"dot",
    [Pure, AllTypesMatch<["acc", "result"]>, AllShapesMatch<["data", "weights"]>]> {
  let summary = "products of neighbouring elements added to each lane";
  let description = [{
    Lane i of the result is that of `acc` plus the sum of `data[j] * weights[j]`
    for all j with j / n = i, where `data` and `weights` have n elements for each
    lane: four of 8 bits or two of 16. Sums wrap around. Weights are signed;
    data of 8 bits are `unsigned` or signed.

    Example:
    ```mlir
    %1 = lathe.dot unsigned %0, %x, %w
         : vector<16xi32>, vector<64xi8>, vector<64xi8>
    ```
  }];
  defvar lanes = VectorOfRankAndType<[1], [I32]>;
  defvar elements = VectorOfRankAndType<[1], [I8, I16]>;
  let arguments = (ins lanes:$acc, elements:$data, elements:$weights,
                       UnitAttr:$is_unsigned);
  let results = (outs lanes:$result);
  let assemblyFormat = [{
    (`unsigned` $is_unsigned^)? $acc `,` $data `,` $weights attr-dict
    `:` type($acc) `,` type($data) `,` type($weights)
  }];
  let hasVerifier = 1;
}

def Lathe_RescaleOp : Lathe_Op<"rescale",
    [Pure, SameOperandsAndResultType, Elementwise, Scalarizable, Vectorizable,
     Tensorizable]> {
  let summary = "a fixed-point product";
  let description = [{
    The low 32 bits of `(x * factor + offset) >> shift`, computed in 64 bits, for
    each lane. What a requantization computes before it is limited, if that is
    known to fit.

    Example:
    ```mlir
    %1 = lathe.rescale %0, %m {shift = 32 : i64, offset = 2147483648 : i64}
         : vector<16xi32>
    ```
  }];
  defvar lanes = AnyTypeOf<[I32, VectorOfRankAndType<[1], [I32]>]>;
  let arguments = (ins lanes:$x, lanes:$factor,
      ConfinedAttr<I64Attr, [IntMinValue<1>, IntMaxValue<32>]>:$shift,
      I64Attr:$offset);
  let results = (outs lanes:$result);
  let assemblyFormat = "$x `,` $factor attr-dict `:` type($result)";
}

def Lathe_LookupOp : Lathe_Op<"lookup",
    [Pure, AllTypesMatch<["indices", "result"]>]> {
  let summary = "bytes of a table";
  let description = [{
    Lane i of the result is byte number `indices[i]`, unsigned, of the 256 of
    `table`. Of x86-64 with AVX-512.

    Example:
    ```mlir
    %1 = lathe.lookup %0, %table : vector<16xi8>, vector<256xi8>
    ```
  }];
  let arguments = (ins VectorOfLengthAndType<[16, 32, 64], [I8]>:$indices,
                       VectorOfLengthAndType<[256], [I8]>:$table);
  let results = (outs VectorOfLengthAndType<[16, 32, 64], [I8]>:$result);
  let assemblyFormat =
      "$indices `,` $table attr-dict `:` type($result) `,` type($table)";
  let extraClassDeclaration = [{
    /// The bytes of a table.
    static constexpr int64_t tableSize = 256;
    /// The most lanes.
    static constexpr int64_t maxLanes = 64;
  }];
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEDOTOPS_TD
