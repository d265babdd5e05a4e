//===- LatheWinogradOps.td - Convolution by Winograd's algorithm --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEWINOGRADOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEWINOGRADOPS_TD

include "lathe/Dialect/Lathe/IR/LatheBase.td"

def ScratchOpInterface : OpInterface<"ScratchOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op whose loops need memory besides that of its operands and results.
  }];
  let methods = [
    InterfaceMethod<"The bytes of the arena that the loops need.",
      "int64_t", "getScratchBytes", (ins)>,
  ];
}

def Lathe_F32Tensor : RankedTensorOf<[F32]>;

def Lathe_WinogradFilterOp : Lathe_TensorOp<"winograd_filter"> {
  let summary = "the filter of a convolution in Winograd's domain";
  let description = [{
    Transforms `weight` [3, 3, C, O] by G g G^T of F(4x4, 3x3) (A. Lavin and
    S. Gray, Fast Algorithms for Convolutional Neural Networks, 2015, section
    4.3). The result is packed for the loops that multiply by it: [O / block
    rounded up, 36, C, block], with zeros where there is no output channel.
  }];
  let arguments = (ins Lathe_F32Tensor:$weight, I64Attr:$block);
  let assemblyFormat = "$weight attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lathe_WinogradConvOp : Lathe_TensorOp<"winograd_conv",
    [DeclareOpInterfaceMethods<LoopNestOpInterface>,
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
  }];
  let arguments = (ins Lathe_F32Tensor:$input, Lathe_F32Tensor:$filter,
                       Optional<Lathe_F32Tensor>:$bias,
                       DenseI64ArrayAttr:$pads, I64Attr:$channels,
                       DenseI64ArrayAttr:$block,
                       DefaultValuedAttr<I64Attr, "1">:$shares);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The side of a tile of the result, and of the patch it is computed from.
    static constexpr int64_t tile = 4, patch = 6;

    /// The number of tiles along dimension 0 (height) or 1 (width).
    int64_t getNumTiles(unsigned dim);
    /// The most tiles in a block.
    int64_t getTilesInBlock() { return getBlock()[0] * getBlock()[1]; }
    /// Output channels that are computed together.
    int64_t getChannelBlock() { return getFilter().getType().getShape().back(); }
    /// The distance in elements of the 36 matrices of V, each [tiles in a
    /// block, C], and of those of M, [tiles in a block, channel block].
    int64_t getInputPlane();
    int64_t getOutputPlane();
    /// The multiply-accumulates of the convolution, not of the algorithm.
    int64_t getMACs();
  }];
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEWINOGRADOPS_TD
