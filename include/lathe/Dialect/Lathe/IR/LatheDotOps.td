//===- LatheDotOps.td - Sums of products of small integers --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEDOTOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEDOTOPS_TD

include "lathe/Dialect/Lathe/IR/LatheBase.td"

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

#endif // LATHE_DIALECT_LATHE_IR_LATHEDOTOPS_TD
