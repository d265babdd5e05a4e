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
     DeclareOpInterfaceMethods<ScratchOpInterface, ["readsDenseMemory"]>,
     DeclareOpInterfaceMethods<InPlaceOpInterface, ["getWriteLead"]>]> {
  let summary = "convolution or matrix product by 16-bit multiply-accumulates";
  let description = [{
    What `lathe.conv` computes of 8-bit integers, in one group and with dilations
    of 1, for processors that multiply two pairs of 16-bit integers and add both
    products at once (SMLAD of Armv7E-M). `kernel` has an entry for each of the
    last dimensions of `input` but the channels that have windows, two at most;
    without one it is a product of matrices.

    The windows of two pixels become 16-bit integers in memory of the op's own,
    words of the first and of the second pixel in turn. `padding` is what lies
    around the input. Of four elements that follow each other in a row of a window,
    the first and the third share a word, and the second and the fourth, as
    `lathe.expand_bytes` leaves them.

    A weight of 16 bits holds those of two output channels, `w0 + 256 w1`, so that
    one product serves both: with S0 and S1 the channels' sums, the sum of these
    products is S0 + 256 S1, and the sum of products with the sign-extended low
    bytes is S0. The difference is 256 S1, of which 32 bits hold S1 if it has no
    more than 24. (The idea of packing two products into one multiplication: Xilinx,
    Deep Learning with INT8 Optimization on Xilinx Devices, WP486, 2017.)

    `weight` is [blocks, words, 2]: for four output channels, the words of a window,
    each as two words for the first and the last two of the four, with zeros behind
    the last so that the number of words is even. The lower half of a word is for
    the first element. A single row of a matrix has no words in memory: its bytes
    are widened where they are multiplied, eight at a time with zeros behind the
    last, which is why its weights have a multiple of four words. `bias` is
    [4 * blocks]: that of an even channel as it is, b0, that of an odd one as
    b0 + 256 b1, both modulo 2^32. It holds what a zero point of the input takes
    off the sums.

    Example:
    ```mlir
    %r = lathe.pair_conv %x, %w, %b {kernel = array<i64: 3, 3>,
           strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
           channels = 8 : i64, padding = -3 : si64}
         : (tensor<1x8x8x16xi8>, tensor<2x72x2xi32>, tensor<8xi32>)
           -> tensor<1x8x8x8xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8, UI8]>:$input,
                       RankedTensorOf<[I32]>:$weight,
                       RankedTensorOf<[I32]>:$bias,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, I64Attr:$channels,
                       SI64Attr:$padding, UnitAttr:$is_unsigned);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Output channels that share the data, and as many blocks of them whose sums
    /// are in memory at a time.
    static constexpr int64_t channelBlock = 4, maxBlocks = 16;
    /// Pixels that are computed together, and words that are summed at a time.
    static constexpr int64_t lanes = 2, wordBlock = 2;
    /// Elements of a single row that are, and output channels whose sums are then
    /// in memory.
    static constexpr int64_t rowElements = 8, rowChannels = 8;

    /// Words that hold so many elements next to each other.
    static int64_t getWordsOf(int64_t elements) { return (elements + 1) / 2; }

    /// Dimensions with a window.
    int64_t getSpatialRank() { return getKernel().size(); }
    /// Rows of a window.
    int64_t getKernelRows() {
      return getSpatialRank() > 1 ? getKernel().front() : 1;
    }
    /// Elements in a row of a window, which follow each other in memory.
    int64_t getElementsOfRow() {
      int64_t channels = getInput().getType().getShape().back();
      return channels * (getKernel().empty() ? 1 : getKernel().back());
    }
    /// Words of a window, or of a single row.
    int64_t getWords();
    /// Pixels of the result.
    int64_t getNumPixels() {
      return getType().getNumElements() / getType().getShape().back();
    }
    /// Whether this is the product of a single row and a matrix.
    bool isRow() { return getKernel().empty() && getNumPixels() == 1; }
    /// Blocks of output channels.
    int64_t getNumBlocks() {
      return (getType().getShape().back() + channelBlock - 1) / channelBlock;
    }
    /// As many of them as are summed before what was fused is computed of their
    /// sums.
    int64_t getBlocksOfPart();
    /// Bytes of scratch for words, behind them for sums and for a row of a window
    /// that reaches into the padding or is not dense in memory.
    int64_t getWordBytes();
    int64_t getSumBytes();
    int64_t getMACs();

  private:
    /// The bytes of the input that no pixel of the result from number `pixel` on
    /// needs.
    int64_t countConsumed(int64_t pixel);
  }];
}

def Lathe_PairDepthwiseOp : Lathe_TensorOp<"pair_depthwise",
    [DeclareOpInterfaceMethods<LoopNestOpInterface>,
     DeclareOpInterfaceMethods<ScratchOpInterface>,
     DeclareOpInterfaceMethods<InPlaceOpInterface>]> {
  let summary = "depthwise convolution by 16-bit multiply-accumulates";
  let description = [{
    What `lathe.conv` computes of 8-bit integers in two dimensions, with a group for
    each channel, one filter each and dilations of 1, for processors with SMLAD.

    One channel at a time becomes a plane of pairs of neighbouring 16-bit integers,
    in memory of the op's own, with `padding` around it; so the result may take the
    place of the input. Of the filter's row w0, w1, w2 pairs (w0, w1) and (w1, w2)
    are in registers: a window that starts at the first element of a pair takes one
    and half of the other, a window that starts at the second element the reverse.

    `weight` is [channels, kernel rows, kernel columns]. `bias` holds what a zero
    point of the input takes off the sums.

    Example:
    ```mlir
    %r = lathe.pair_depthwise %x, %w, %b {strides = array<i64: 1, 1>,
           pads = array<i64: 1, 1, 1, 1>, padding = -128 : si64}
         : (tensor<1x8x8x16xi8>, tensor<16x3x3xi8>, tensor<16xi32>)
           -> tensor<1x8x8x16xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8, UI8]>:$input,
                       RankedTensorOf<[I8]>:$weight,
                       RankedTensorOf<[I32]>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       SI64Attr:$padding, UnitAttr:$is_unsigned);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Rows of the plane, and words in each: what the windows reach.
    int64_t getPlaneRows();
    int64_t getWordsOfRow();
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

def Lathe_HalfMacOp : Lathe_Op<"half_mac",
    [Pure, SameOperandsAndResultType]> {
  let summary = "a product of 16-bit integers added to a sum";
  let description = [{
    `acc` plus the product of one half of `a` and one of `b`, all signed: the upper
    half with `a_top` or `b_top`, the lower one without. The sum wraps around.
    SMLABB, SMLABT, SMLATB and SMLATT of Arm's DSP extension.
  }];
  let arguments = (ins I32:$acc, I32:$a, I32:$b, UnitAttr:$a_top,
                       UnitAttr:$b_top);
  let results = (outs I32:$result);
  let assemblyFormat = "$acc `,` $a `,` $b attr-dict";
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

def Lathe_ExpandBytesOp : Lathe_Op<"expand_bytes"> {
  let summary = "bytes as pairs of 16-bit integers";
  let description = [{
    Writes the `count` bytes of `source` from element `first` on to elements `at`,
    `at + step`, … of `target`, two to a word: of each four the first and the third
    to one word, the second and the fourth to the next. Of a rest of three the second
    has 0 as its partner; a rest of two shares a word, as does one byte with 0. The
    first of two is the lower half. Elements of `source` and `target` are numbered
    in the order of memory.

    Example:
    ```mlir
    lathe.expand_bytes %x[%i], %words[%lane] {count = 48 : i64, step = 2 : i64}
      : memref<1x8x8x16xi8>, memref<48xi32>
    ```
  }];
  let arguments = (ins Arg<MemRefOf<[I8, UI8]>, "", [MemRead]>:$source,
                       Index:$first,
                       Arg<MemRefOf<[I32]>, "", [MemWrite]>:$target, Index:$at,
                       I64Attr:$count, I64Attr:$step, UnitAttr:$is_unsigned);
  let assemblyFormat = [{
    $source `[` $first `]` `,` $target `[` $at `]` attr-dict `:` type($source)
    `,` type($target)
  }];
}

def Lathe_PairDotOp : Lathe_Op<"pair_dot"> {
  let summary = "sums of products of pairs for blocks of four channels";
  let description = [{
    The sums that `lathe.pair_conv` computes of two pixels for `blocks` times four
    output channels. `data` has `words` words of each pixel, in turn. `weight` has,
    from element `first_weight` on, `words` times two words for each block, and
    `bias` four numbers from element `first_bias` on. The sum of channel c and pixel
    i goes to element 2 c + i of `sums`.
  }];
  let arguments = (ins Arg<MemRefOf<[I32]>, "", [MemRead]>:$data,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$weight,
                       Index:$first_weight,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$bias,
                       Index:$first_bias,
                       Arg<MemRefOf<[I32]>, "", [MemWrite]>:$sums,
                       Index:$blocks, I64Attr:$words);
  let assemblyFormat = [{
    $blocks `blocks` $data `,` $weight `[` $first_weight `]` `,` $bias `[`
    $first_bias `]` `,` $sums attr-dict `:` type($data) `,` type($weight) `,`
    type($bias) `,` type($sums)
  }];
}

def Lathe_PairRowDotOp : Lathe_Op<"pair_row_dot"> {
  let summary = "sums of products of a row's bytes for blocks of four channels";
  let description = [{
    As `lathe.pair_dot` for one pixel, the `count` bytes of `data`, which are widened
    on the way. The sum of channel c goes to element c of `sums`.
  }];
  let arguments = (ins Arg<MemRefOf<[I8, UI8]>, "", [MemRead]>:$data,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$weight,
                       Index:$first_weight,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$bias,
                       Index:$first_bias,
                       Arg<MemRefOf<[I32]>, "", [MemWrite]>:$sums,
                       Index:$blocks, I64Attr:$count, UnitAttr:$is_unsigned);
  let assemblyFormat = [{
    $blocks `blocks` $data `,` $weight `[` $first_weight `]` `,` $bias `[`
    $first_bias `]` `,` $sums attr-dict `:` type($data) `,` type($weight) `,`
    type($bias) `,` type($sums)
  }];
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEPAIROPS_TD
