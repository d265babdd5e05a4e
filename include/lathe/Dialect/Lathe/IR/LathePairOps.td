//===- LathePairOps.td - Products of pairs of 16-bit integers -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEPAIROPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEPAIROPS_TD

include "lathe/Dialect/Lathe/IR/LatheBase.td"

def Lathe_PairConvOp : Lathe_TensorOp<"pair_conv",
    [DeclareOpInterfaceMethods<LoopNestOpInterface>,
     DeclareOpInterfaceMethods<ScratchOpInterface>]> {
  let summary = "convolution or matrix product by 16-bit multiply-accumulates";
  let description = [{
    What `lathe.conv` computes of 8-bit integers, in one group and with dilations
    of 1, for processors that multiply two pairs of 16-bit integers and add both
    products at once (SMLAD of Armv7E-M). `kernel` has an entry for each of the
    last dimensions of `input` but the channels that have windows, two at most;
    without one it is a product of matrices.

    The data of a window become 16-bit integers less the zero point, in memory of
    the op's own: for windows a ring of as many rows as they have, with the padding
    in it, else a few pixels.

    A weight of 16 bits holds those of two output channels, `w0 + 256 w1`, so that
    one product serves both: with S0 and S1 the channels' sums, the sum of these
    products is S0 + 256 S1, and the sum of products with the sign-extended low
    bytes is S0. The difference is 256 S1, of which 32 bits hold S1 if it has no
    more than 24. (The idea of packing two products into one multiplication: Xilinx,
    Deep Learning with INT8 Optimization on Xilinx Devices, WP486, 2017.)

    `weight` is [blocks, kernel rows, pairs, 2]: for four output channels, the
    pairs of neighbouring elements in a row of the window, [columns, channels]
    with the number of channels rounded up to an even one, as two words for the
    first and the last two of the four. The lower half of a word is for the first
    element. `bias` is [4 * blocks]: that of an even channel as it is, b0, that of
    an odd one as b0 + 256 b1, both modulo 2^32.

    Example:
    ```mlir
    %r = lathe.pair_conv %x, %w, %b {kernel = array<i64: 3, 3>,
           strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
           channels = 8 : i64, zero_point = -3 : si64}
         : (tensor<1x8x8x16xi8>, tensor<2x3x24x2xi32>, tensor<8xi32>)
           -> tensor<1x8x8x8xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8, UI8]>:$input,
                       RankedTensorOf<[I32]>:$weight,
                       RankedTensorOf<[I32]>:$bias,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, I64Attr:$channels,
                       SI64Attr:$zero_point, UnitAttr:$is_unsigned);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Output channels that are computed together, and pixels of a row.
    static constexpr int64_t channelBlock = 4, pixelBlock = 2;

    /// Dimensions with a window.
    int64_t getSpatialRank() { return getKernel().size(); }
    /// Rows of a window.
    int64_t getKernelRows() {
      return getSpatialRank() > 1 ? getKernel().front() : 1;
    }
    /// Pairs of channels in a pixel.
    int64_t getPairsOfPixel() {
      return (getInput().getType().getShape().back() + 1) / 2;
    }
    /// Pairs in a row of a window.
    int64_t getPairsOfWindow() {
      return getPairsOfPixel() * (getKernel().empty() ? 1 : getKernel().back());
    }
    /// Pairs in a row of the ring, with its padding; of windows only.
    int64_t getPairsOfRow();
    int64_t getMACs();
  }];
}

def Lathe_DualMacOp : Lathe_Op<"dual_mac",
    [Pure, SameOperandsAndResultType]> {
  let summary = "two products of 16-bit integers added to a sum";
  let description = [{
    `acc` plus the product of the lower halves of `a` and `b` and that of the upper
    ones, all signed; the sum wraps around. SMLAD of Arm's DSP extension.
  }];
  let arguments = (ins I32:$acc, I32:$a, I32:$b);
  let results = (outs I32:$result);
  let assemblyFormat = "$acc `,` $a `,` $b attr-dict";
}

def Lathe_LowBytesOp : Lathe_Op<"low_bytes",
    [Pure, SameOperandsAndResultType]> {
  let summary = "the lower bytes of both halves, sign-extended";
  let description = [{
    Each half of the result is the lower byte of that half of `x` with its sign.
    SXTB16 of Arm's DSP extension.
  }];
  let arguments = (ins I32:$x);
  let results = (outs I32:$result);
  let assemblyFormat = "$x attr-dict";
}

def Lathe_JoinHalvesOp : Lathe_Op<"join_halves",
    [Pure, SameOperandsAndResultType]> {
  let summary = "the lower halves of two numbers in one";
  let description = [{
    The lower half of `low`, and that of `high` above it. PKHBT of Arm's DSP
    extension.
  }];
  let arguments = (ins I32:$low, I32:$high);
  let results = (outs I32:$result);
  let assemblyFormat = "$low `,` $high attr-dict";
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEPAIROPS_TD
