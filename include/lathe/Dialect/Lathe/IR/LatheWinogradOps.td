//===- LatheWinogradOps.td - Convolution by Winograd's algorithm --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEWINOGRADOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEWINOGRADOPS_TD

include "lathe/Dialect/Lathe/IR/LatheBase.td"


def Lathe_WinogradFilterOp : Lathe_TensorOp<"winograd_filter"> {
  let summary = "the filter of a convolution in Winograd's domain";
  let description = [{
    Transforms `weight` [3, 3, C, O] by G g G^T of F(4x4, 3x3) (A. Lavin and
    S. Gray, Fast Algorithms for Convolutional Neural Networks, 2015, section
    4.3). The result is packed for the loops that multiply by it: [O / block
    rounded up, 36, C, block], with zeros where there is no output channel.

    Weights of i8 become i16 by the integers H = D G in place of G, where D is
    diagonal, (24, 24, 24, 24, 24, 6): the rows of H add up to 12 at most, so
    that none of the results is beyond 12 * 12 * 128 = 18432. They are packed for
    products of two neighbouring input channels: [O / block rounded up, 36,
    C / 2 rounded up, 2 * block], element 2 * o + i being that of output channel
    o and input channel i of the two, or zero if there is none.
  }];
  let arguments = (ins RankedTensorOf<[F32, I8]>:$weight, I64Attr:$block);
  let assemblyFormat = "$weight attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lathe_WinogradConvOp : Lathe_TensorOp<"winograd_conv",
    [DeclareOpInterfaceMethods<LoopNestOpInterface, ["getOtherRegisters"]>,
     DeclareOpInterfaceMethods<ScratchOpInterface>]> {
  let summary = "3x3 convolution by Winograd's algorithm F(4x4, 3x3)";
  let description = [{
    The convolution of `input` [N, H, W, C] with stride 1, whose weights
    `lathe.winograd_filter` turned into `filter`, plus `bias` [O]; the result
    is [N, OH, OW, O], O being `channels`. It is computed in tiles of 4x4
    pixels: a patch of 6x6 pixels d becomes V = B^T d B, each of the 36 matrices
    of V [tiles, C] is multiplied by its filter, and A^T M A of the products is
    the tile (Lavin and Gray, 2015, equation 12).

    The loops do this for `block` tiles (rows, columns) at a time, so that V
    stays in a cache between the steps. `shares` threads work on blocks of
    their own.

    Data of 8 bits are summed in i32, with all bits those of the definition,
    for any data if no sum of products without the bias reaches `sumLimit`:

    - V fits 16 bits. The magnitudes in a row of B^T add up to 10 at most, so
      elements of V are not beyond 10 * 10 * 255 = 25500.
    - The sum of two products is at most 2 * 25500 * 18432 < 2^31.
    - Everything behind is modulo 2^32. With the last column of A^T times 4, for
      what the filter lacks, it gives 24 * 24 = 64 * 9 times the sum. The
      product with the inverse of 9 modulo 2^32 is 64 times the sum, which is
      below 2^31, and a shift right is the sum.

    i8 are signed unless `is_unsigned`: types without signs do not tell.
  }];
  let arguments = (ins RankedTensorOf<[F32, I8, UI8]>:$input,
                       RankedTensorOf<[F32, I16]>:$filter,
                       Optional<RankedTensorOf<[F32, I32]>>:$bias,
                       DenseI64ArrayAttr:$pads, I64Attr:$channels,
                       DenseI64ArrayAttr:$block,
                       DefaultValuedAttr<I64Attr, "1">:$shares,
                       UnitAttr:$is_unsigned);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The side of a tile of the result, and of the patch it is computed from.
    static constexpr int64_t tile = 4, patch = 6;
    /// Integer sums that are not below it in magnitude are not computed right.
    static constexpr int64_t sumLimit = int64_t(1) << 25;

    /// Whether it sums integers.
    bool isInteger() { return getType().getElementType().isInteger(); }
    /// Whether integers of the input are unsigned.
    bool hasUnsignedInput() {
      return getIsUnsigned() ||
             getInput().getType().getElementType().isUnsignedInteger();
    }
    /// Input channels that one product adds up: elements of V and of the filter
    /// that are neighbours in memory.
    int64_t getChannelsInProduct() { return isInteger() ? 2 : 1; }
    /// The channels of V, with those that are there to fill the last product.
    int64_t getInputChannels() {
      return getFilter().getType().getDimSize(2) * getChannelsInProduct();
    }
    /// The number of tiles along dimension 0 (height) or 1 (width).
    int64_t getNumTiles(unsigned dim);
    /// The most tiles in a block.
    int64_t getTilesInBlock() { return getBlock()[0] * getBlock()[1]; }
    /// Output channels that are computed together.
    int64_t getChannelBlock() {
      return getFilter().getType().getShape().back() / getChannelsInProduct();
    }
    /// The distance in bytes of the 36 matrices of V, each [tiles in a block,
    /// input channels], and of those of M, [tiles in a block, channel block].
    int64_t getInputPlaneBytes();
    int64_t getOutputPlaneBytes();
    /// The multiply-accumulates of the convolution, not of the algorithm.
    int64_t getMACs();
    /// Those of the algorithm, without its transforms.
    int64_t getProducts();
  }];
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEWINOGRADOPS_TD
