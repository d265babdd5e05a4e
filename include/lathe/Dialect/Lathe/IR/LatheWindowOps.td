//===- LatheWindowOps.td - Products over windows that lie in memory -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEWINDOWOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEWINDOWOPS_TD

include "lathe/Dialect/Lathe/IR/LatheAttributes.td"
include "lathe/Dialect/Lathe/IR/LatheBase.td"
include "lathe/Dialect/Lathe/IR/RowsInterface.td"

def Lathe_WindowConvOp : Lathe_TensorOp<"window_conv",
    [DeclareOpInterfaceMethods<LoopNestOpInterface>,
     DeclareOpInterfaceMethods<RowsOpInterface>,
     DeclareOpInterfaceMethods<ScratchOpInterface, ["readsDenseMemory"]>,
     DeclareOpInterfaceMethods<InPlaceOpInterface, ["getWriteLead"]>]> {
  let summary = "convolution or matrix product over windows in memory";
  let description = [{
    What `lathe.conv` computes of 8-bit integers, in one group and with dilations
    of 1, for processors without wide vectors. `kernel` has an entry for each of
    the last dimensions of `input` but the channels that have windows, two at most;
    without one it is a product of matrices. `padding` is what lies around the
    input, and `bias` holds what a zero point of the input takes off the sums.

    The windows of two pixels are copied to memory of the op's own and multiplied
    by the weights of a block of output channels, then by those of the next. A
    window consists of units that are the whole or a part of one of its rows. `form`
    says what a unit is and how it is multiplied:

    - `pairs`: words of two 16-bit integers, for processors that multiply two pairs
      of them and add both products at once (SMLAD of Armv7E-M). Of four elements
      that follow each other in a row of a window, the first and the third share a
      word, and the second and the fourth, as `lathe.expand_bytes` leaves them.
      Words of the first and of the second pixel lie in turn.

      A weight of 16 bits holds those of two output channels, `w0 + 256 w1`, so that
      one product serves both: with S0 and S1 the channels' sums, the sum of these
      products is S0 + 256 S1, and the sum of products with the sign-extended low
      bytes is S0. The difference is 256 S1, of which 32 bits hold S1 if it has no
      more than 24. (The idea of packing two products into one multiplication:
      Xilinx, Deep Learning with INT8 Optimization on Xilinx Devices, WP486, 2017.)

      `weight` is [blocks, words, 2]: for four output channels, the words of a
      window, each as two words for the first and the last two of the four, with
      zeros behind the last so that the number of words is even. The lower half of a
      word is for the first element. `bias` is [4 * blocks]: that of an even channel
      as it is, b0, that of an odd one as b0 + 256 b1, both modulo 2^32.

    - `bytes`: four bytes, those of the first and of the second pixel in turn, for
      processors that multiply and accumulate one integer at a time. `weight` is
      [blocks, elements, 4]: for each element of a window the weights of four output
      channels, zeros where a row of a window ends inside a unit. `bias` is
      [4 * blocks].

    - `vectors`: one byte; the second window lies behind the first. For processors
      that multiply vectors of bytes and add up the products (Helium). Pixels of a
      matrix are multiplied where they are. `weight` is [blocks, 2 * elements]: the
      weights of the first output channel, then those of the second; `bias` is
      [2 * blocks].

    - `halves`: one element of both pixels, x0 + 65536 x1, for processors without an
      instruction that multiplies and accumulates. One product with a weight serves
      both pixels, as long as 16 bits hold the sum of the first. So `weight` is
      [blocks, bytes], for two output channels as many segments as their weights ask
      for, each a number n of elements, then the n weights of the first channel and
      those of the second, and anything behind the last. Elements of windows are even in number, with
      a zero behind the last where necessary, and so is each n. In a segment the
      absolute values of a channel's weights add up to at most 255, and the data
      have signs: bytes without are stored less 128, for which `bias` accounts. No
      sum of a channel reaches 2^29.

    A single row of a matrix is multiplied where it is, one row instead of two
    pixels. In form `pairs` its bytes are widened where they are multiplied, eight
    at a time with zeros behind the last, which is why its weights have a multiple
    of four words. In form `vectors` it has blocks of four channels, and of every sixteen
    elements, and of what is left, the weights of each channel lie side by side. In form
    `halves` `weight` is [blocks, 4, elements]: one register indexes the row and
    the weights of four channels, as long as each lie side by side.

    Example:
    ```mlir
    %r = lathe.window_conv %x, %w, %b {form = #lathe<window_form pairs>,
           kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>,
           pads = array<i64: 1, 1, 1, 1>, channels = 8 : i64, padding = -3 : si64}
         : (tensor<1x8x8x16xi8>, tensor<2x72x2xi32>, tensor<8xi32>)
           -> tensor<1x8x8x8xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8, UI8]>:$input,
                       RankedTensorOf<[I8, I32]>:$weight,
                       RankedTensorOf<[I32]>:$bias,
                       Lathe_WindowFormAttr:$form,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, I64Attr:$channels,
                       SI64Attr:$padding, UnitAttr:$is_unsigned);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Most output channels whose sums are in memory at a time, those of a single
    /// row apart.
    static constexpr int64_t maxChannels = 64, rowChannels = 8;

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
    /// Pixels of the result.
    int64_t getNumPixels() {
      return getType().getNumElements() / getType().getShape().back();
    }
    /// Whether this is the product of a single row and a matrix.
    bool isRow() { return getKernel().empty() && getNumPixels() == 1; }
    /// Whether data are multiplied where they are.
    bool readsInPlace() {
      return isRow() || (getForm() == WindowForm::Vectors && getKernel().empty());
    }

    /// Pixels that are computed together.
    int64_t getLanes() { return isRow() ? 1 : 2; }
    /// Output channels that are.
    static int64_t getChannelBlock(WindowForm form, bool isRow) {
      bool hasTwo = form == WindowForm::Vectors || form == WindowForm::Halves;
      return hasTwo && !isRow ? 2 : 4;
    }
    int64_t getChannelBlock() { return getChannelBlock(getForm(), isRow()); }
    /// Blocks of output channels.
    int64_t getNumBlocks() {
      int64_t block = getChannelBlock();
      return (getType().getShape().back() + block - 1) / block;
    }
    /// As many of them as are summed before what was fused is computed of their
    /// sums.
    int64_t getBlocksOfPart();

    /// Elements of a row of a window that a unit holds, and its bytes.
    int64_t getUnitElements();
    int64_t getUnitBytes() { return getForm() == WindowForm::Vectors ? 1 : 4; }
    /// The units of both windows, which lie in turn or one window behind the
    /// other, unless both share each unit.
    int64_t getUnitsOfLanes() {
      return getForm() == WindowForm::Halves ? getUnits()
                                             : getLanes() * getUnits();
    }
    /// Whether a unit is a word of 32 bits rather than bytes.
    bool hasWords() {
      return getForm() == WindowForm::Pairs || getForm() == WindowForm::Halves;
    }
    /// Units that hold so many elements next to each other.
    int64_t getUnitsOf(int64_t elements) {
      return (elements + getUnitElements() - 1) / getUnitElements();
    }
    /// Units of a window, or of a single row, and elements that are summed.
    int64_t getUnits();
    int64_t getDepth() { return getUnits() * getUnitElements(); }
    /// The shape of `weight`, but for form `halves`.
    ::llvm::SmallVector<int64_t> getWeightShape();

    /// Bytes of scratch for windows, behind them for sums and for a row of a window
    /// that reaches into the padding or is not dense in memory.
    int64_t getWindowBytes();
    int64_t getSumBytes();
    int64_t getEdgeBytes();
    int64_t getMACs();

  private:
    /// The bytes of the input that no pixel of the result from number `pixel` on
    /// needs.
    int64_t countConsumed(int64_t pixel);
  }];
}

def Lathe_PlaneDepthwiseOp : Lathe_TensorOp<"plane_depthwise",
    [DeclareOpInterfaceMethods<LoopNestOpInterface>,
     DeclareOpInterfaceMethods<RowsOpInterface>,
     DeclareOpInterfaceMethods<ScratchOpInterface>,
     DeclareOpInterfaceMethods<InPlaceOpInterface>]> {
  let summary = "depthwise convolution, channel by channel";
  let description = [{
    What `lathe.conv` computes of 8-bit integers in two dimensions, with a group for
    each channel, one filter each and dilations of 1, for processors without wide
    vectors.

    One channel at a time becomes a plane in memory of the op's own, with `padding`
    around it; so the result may take the place of the input. In form `bytes` its
    elements are bytes. In form `halves`, that of processors which load bytes with
    signs by more instructions (Armv6-M), they have none: those with signs count 128
    more, for which `bias` accounts, and no sum reaches 2^29. In form `pairs` they are 16 bits wide, two neighbours to a
    word; of the filter's row w0, w1, w2 pairs (w0, w1) and (w1, w2) are in
    registers: a window that starts at the first element of a pair takes one and
    half of the other, a window that starts at the second element the reverse.

    `weight` is [channels, kernel rows, kernel columns]. `bias` holds what a zero
    point of the input takes off the sums.

    Example:
    ```mlir
    %r = lathe.plane_depthwise %x, %w, %b {form = #lathe<window_form pairs>,
           strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
           padding = -128 : si64}
         : (tensor<1x8x8x16xi8>, tensor<16x3x3xi8>, tensor<16xi32>)
           -> tensor<1x8x8x16xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8, UI8]>:$input,
                       RankedTensorOf<[I8]>:$weight,
                       RankedTensorOf<[I32]>:$bias,
                       Lathe_WindowFormAttr:$form,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       SI64Attr:$padding, UnitAttr:$is_unsigned);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    bool hasPairs() { return getForm() == WindowForm::Pairs; }
    /// Rows of the plane, or of one for so many rows of the result, elements in each, which is what the windows reach, and
    /// elements of memory that hold them: words or bytes.
    int64_t getPlaneRows() { return getPlaneRows(getType().getDimSize(1)); }
    int64_t getPlaneRows(int64_t rows);
    int64_t getElementsOfRow();
    int64_t getUnitsOfRow();
    int64_t getMACs();
  }];
}

def Lathe_RowDepthwiseOp : Lathe_TensorOp<"row_depthwise",
    [DeclareOpInterfaceMethods<LoopNestOpInterface>,
     DeclareOpInterfaceMethods<RowsOpInterface>,
     DeclareOpInterfaceMethods<ScratchOpInterface>,
     DeclareOpInterfaceMethods<InPlaceOpInterface, ["getWriteLead"]>]> {
  let summary = "depthwise convolution, row by row";
  let description = [{
    What `lathe.conv` computes of signed 8-bit integers in two dimensions, with a
    group for each channel, one filter each and dilations of 1, for processors whose
    vectors hold bytes of several channels (Helium).

    The rows that windows reach, with `padding` beside them, are copied to a ring of
    as many rows as the filter has, in memory of the op's own; so the result may
    take the place of the rows behind. Eight channels are computed at a time. Two
    products add up in 16 bits, since no weight is -128.

    `weight` is [channels / 8, kernel rows, kernel columns, 8], with zeros behind the
    last channel, and `bias` [channels], a multiple of 8 as well. It holds what a
    zero point of the input takes off the sums.

    Example:
    ```mlir
    %r = lathe.row_depthwise %x, %w, %b {strides = array<i64: 1, 1>,
           pads = array<i64: 1, 1, 1, 1>, padding = -128 : si64}
         : (tensor<1x8x8x16xi8>, tensor<2x3x3x8xi8>, tensor<16xi32>)
           -> tensor<1x8x8x16xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8]>:$input,
                       RankedTensorOf<[I8]>:$weight,
                       RankedTensorOf<[I32]>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       SI64Attr:$padding);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Channels that are computed at a time.
    static constexpr int64_t channelBlock = 8;

    int64_t getKernelRows() { return getWeight().getType().getDimSize(1); }
    int64_t getKernelColumns() { return getWeight().getType().getDimSize(2); }
    /// Channels with those that make them a multiple of 8.
    int64_t getPaddedChannels() {
      return getWeight().getType().getDimSize(0) * channelBlock;
    }
    /// Bytes of a row in the ring, and of the ring: behind its last row it has
    /// room for the channels that make them a multiple of 8.
    int64_t getRowBytes();
    int64_t getRingBytes();
    int64_t getMACs();
  }];
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

def Lathe_CopyBytesOp : Lathe_Op<"copy_bytes"> {
  let summary = "bytes as they are, or four at a time with gaps between";
  let description = [{
    Writes the `count` bytes of `source` from element `first` on to `target`, from
    element `at` on; with `spread`, each four of them and four bytes of `target` that
    are left as they are in turn. Elements of `source` and `target` are numbered in
    the order of memory.

    Example:
    ```mlir
    lathe.copy_bytes %x[%i], %windows[%at] {count = 48 : i64, spread}
      : memref<1x8x8x16xi8>, memref<288xi8>
    ```
  }];
  let arguments = (ins Arg<MemRefOf<[I8, UI8]>, "", [MemRead]>:$source,
                       Index:$first,
                       Arg<MemRefOf<[I8]>, "", [MemWrite]>:$target, Index:$at,
                       I64Attr:$count, UnitAttr:$spread);
  let assemblyFormat = [{
    $source `[` $first `]` `,` $target `[` $at `]` attr-dict `:` type($source)
    `,` type($target)
  }];
}

def Lathe_FillBytesOp : Lathe_Op<"fill_bytes"> {
  let summary = "bytes of one value";
  let description = [{
    Writes the low byte of `value` to `count` bytes of `target`, from byte `first` on;
    elements of `target` are dense in memory.

    Example:
    ```mlir
    lathe.fill_bytes %lines[%c768] {count = 768 : i64, value = -128 : i64}
      : memref<1x3x48x16xi8>
    ```
  }];
  let arguments = (ins Arg<AnyMemRef, "", [MemWrite]>:$target, Index:$first,
                       I64Attr:$count, I64Attr:$value);
  let assemblyFormat = "$target `[` $first `]` attr-dict `:` type($target)";
}

def Lathe_JoinBytesOp : Lathe_Op<"join_bytes"> {
  let summary = "bytes as one half of words";
  let description = [{
    For the `count` bytes of `source` from element `first` on: as `lane` is 0 writes
    them, with their sign, to `target` from element `at` on, as it is 1 adds 65536
    times each to what is there. Bytes with `is_unsigned` count 128 less. Elements of
    `source` and `target` are numbered in the order of memory.

    Example:
    ```mlir
    lathe.join_bytes %x[%i], %words[%at], %lane {count = 48 : i64}
      : memref<1x8x8x16xi8>, memref<144xi32>
    ```
  }];
  let arguments = (ins Arg<MemRefOf<[I8, UI8]>, "", [MemRead]>:$source,
                       Index:$first,
                       Arg<MemRefOf<[I32]>, "", [MemRead, MemWrite]>:$target,
                       Index:$at, Index:$lane, I64Attr:$count,
                       UnitAttr:$is_unsigned);
  let assemblyFormat = [{
    $source `[` $first `]` `,` $target `[` $at `]` `,` $lane attr-dict `:`
    type($source) `,` type($target)
  }];
}

def Lathe_WindowDotOp : Lathe_Op<"window_dot"> {
  let summary = "sums of products of windows for blocks of channels";
  let description = [{
    The sums that `lathe.window_conv` computes of `lanes` pixels for so many `blocks`
    of output channels, of windows with `depth` elements in the same `form`. The
    first window is in `data` from element `first_data` on; the second lies `stride`
    elements behind it in form `vectors`, and unit by unit in turn or together with
    it in all others. `weight` is read from element `first_weight` on, `block_weights` elements for
    each block, `bias` from element
    `first_bias` on. The sum of channel c and pixel i goes to element
    `lanes * c + i` of `sums`.
  }];
  let arguments = (ins Arg<MemRefOf<[I8, UI8, I32]>, "", [MemRead]>:$data,
                       Index:$first_data, Index:$stride,
                       Arg<MemRefOf<[I8, I32]>, "", [MemRead]>:$weight,
                       Index:$first_weight,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$bias,
                       Index:$first_bias,
                       Arg<MemRefOf<[I32]>, "", [MemWrite]>:$sums,
                       Index:$blocks, Lathe_WindowFormAttr:$form, I64Attr:$lanes,
                       I64Attr:$depth, I64Attr:$block_weights,
                       UnitAttr:$is_unsigned);
  let assemblyFormat = [{
    $blocks `blocks` $data `[` $first_data `]` `step` $stride `,` $weight `[`
    $first_weight `]` `,` $bias `[` $first_bias `]` `,` $sums attr-dict `:`
    type($data) `,` type($weight) `,` type($bias) `,` type($sums)
  }];
}

def Lathe_FilterRowsOp : Lathe_Op<"filter_rows"> {
  let summary = "sums of a filter over the rows of a ring, for all channels";
  let description = [{
    The sums that `lathe.row_depthwise` computes of one pixel for all its channels.
    `ring` has `rows` rows of `row_bytes` bytes, of which that of the window's first
    row is number `first_row` and those of the next ones follow, the first behind the
    last. The window begins with element `at` of each.

    Example:
    ```mlir
    lathe.filter_rows %ring[%row, %at], %w, %b, %sums {rows = 3 : i64,
      columns = 3 : i64, row_bytes = 160 : i64, channels = 16 : i64}
      : memref<488xi8>, memref<2x3x3x8xi8>, memref<16xi32>, memref<16xi32>
    ```
  }];
  let arguments = (ins Arg<MemRefOf<[I8]>, "", [MemRead]>:$ring,
                       Index:$first_row, Index:$at,
                       Arg<MemRefOf<[I8]>, "", [MemRead]>:$weight,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$bias,
                       Arg<MemRefOf<[I32]>, "", [MemWrite]>:$sums,
                       I64Attr:$rows, I64Attr:$columns, I64Attr:$row_bytes,
                       I64Attr:$channels);
  let assemblyFormat = [{
    $ring `[` $first_row `,` $at `]` `,` $weight `,` $bias `,` $sums attr-dict `:`
    type($ring) `,` type($weight) `,` type($bias) `,` type($sums)
  }];
}

def Lathe_FilterPixelsOp : Lathe_Op<"filter_pixels"> {
  let summary = "the requantized results of a filter for pixels of a row";
  let description = [{
    What `lathe.filter_rows` computes with a filter of three rows and columns, and
    `lathe.rescale_sums` of its sums, for `pixels` pixels, whose windows begin `step`
    bytes of the ring one after the other, the first at element 0 of its rows. The
    results go to the elements of `target` from `first` on.

    Example:
    ```mlir
    lathe.filter_pixels %ring[%row], %w, %b, %factors, %y[%first]
      {row_bytes = 160 : i64, channels = 16 : i64, pixels = 8 : i64, step = 16 : i64,
       zero_point = -128 : i64, low = -128 : i64, high = 127 : i64}
      : memref<488xi8>, memref<2x3x3x8xi8>, memref<16xi32>, memref<16xi32>,
        memref<1x8x8x16xi8>
    ```
  }];
  let arguments = (ins Arg<MemRefOf<[I8]>, "", [MemRead]>:$ring,
                       Index:$first_row,
                       Arg<MemRefOf<[I8]>, "", [MemRead]>:$weight,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$bias,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$factors,
                       Arg<MemRefOf<[I8]>, "", [MemWrite]>:$target,
                       Index:$first, I64Attr:$row_bytes, I64Attr:$channels,
                       I64Attr:$pixels, I64Attr:$step, I64Attr:$zero_point,
                       I64Attr:$low, I64Attr:$high);
  let assemblyFormat = [{
    $ring `[` $first_row `]` `,` $weight `,` $bias `,` $factors `,` $target `[`
    $first `]` attr-dict `:` type($ring) `,` type($weight) `,` type($bias) `,`
    type($factors) `,` type($target)
  }];
}

def Lathe_FilterPlanesOp : Lathe_Op<"filter_planes"> {
  let summary = "the requantized results of filters, channel by channel";
  let description = [{
    What `lathe.plane_depthwise` computes of an image in the same `form` with filters
    of three rows and columns, and `lathe.rescale_sums` of its sums. The image is in
    `data` from element `first_data` on, `rows` times `columns` pixels of `channels`
    bytes, and its results go to the elements of `target` from `first` on,
    `result_rows` times `result_columns`, two columns at least. Each of these numbers
    has at most 16 bits.

    Each channel becomes a plane of `plane_rows` rows with `row_size` elements in
    each, of 16 bits in form `pairs`, where their number is even, else of 8. It has
    the image from row `top` and element `left` on and `padding` elsewhere. Windows
    begin `row_stride` rows and `stride`
    elements one after the other; in form `pairs` that is 1 or 2, and `low` and
    `high` are the limits of a byte.

    Example:
    ```mlir
    lathe.filter_planes %x[%i], %plane, %w, %b, %factors, %y[%i]
      {form = #lathe<window_form halves>, channels = 16 : i64, rows = 8 : i64,
       columns = 8 : i64, plane_rows = 10 : i64, row_size = 10 : i64, top = 1 : i64,
       left = 1 : i64, padding = 0 : i64, result_rows = 8 : i64,
       result_columns = 8 : i64, row_stride = 1 : i64, stride = 1 : i64,
       zero_point = -128 : i64, low = -128 : i64, high = 127 : i64}
      : memref<1x8x8x16xi8>, memref<100xi8>, memref<16x3x3xi8>, memref<16xi32>,
        memref<16xi32>, memref<1x8x8x16xi8>
    ```
  }];
  let arguments = (ins Arg<MemRefOf<[I8, UI8]>, "", [MemRead]>:$data,
                       Index:$first_data,
                       Arg<MemRefOf<[I8, I16]>, "", [MemRead, MemWrite]>:$plane,
                       Arg<MemRefOf<[I8]>, "", [MemRead]>:$weight,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$bias,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$factors,
                       Arg<MemRefOf<[I8]>, "", [MemWrite]>:$target,
                       Index:$first, Lathe_WindowFormAttr:$form,
                       I64Attr:$channels, I64Attr:$rows, I64Attr:$columns,
                       I64Attr:$plane_rows, I64Attr:$row_size, I64Attr:$top,
                       I64Attr:$left, I64Attr:$padding, I64Attr:$result_rows,
                       I64Attr:$result_columns, I64Attr:$row_stride,
                       I64Attr:$stride, I64Attr:$zero_point, I64Attr:$low,
                       I64Attr:$high, UnitAttr:$is_unsigned);
  let assemblyFormat = [{
    $data `[` $first_data `]` `,` $plane `,` $weight `,` $bias `,` $factors `,`
    $target `[` $first `]` attr-dict `:` type($data) `,` type($plane) `,`
    type($weight) `,` type($bias) `,` type($factors) `,` type($target)
  }];
}

def Lathe_RescaleSumsOp : Lathe_Op<"rescale_sums"> {
  let summary = "the results of a requantized product, from its sums";
  let description = [{
    For each of `count` channels c, the sums of `lanes` pixels as `lathe.window_dot`
    leaves them, the upper half of the product of each with element `first_factor +
    c` of `factors`, rounded, plus `zero_point`, limited to `low` … `high`. Its low
    byte goes to element `first + c` of `target` for the first pixel, `second + c` for
    the second one. Elements of `target` are numbered in the order of memory. With
    `small_sums` the magnitudes of all sums are below 2^29.

    Example:
    ```mlir
    lathe.rescale_sums %n, %sums, %factors[%c], %y[%p, %q]
      {lanes = 2 : i64, zero_point = -128 : i64, low = -128 : i64, high = 127 : i64}
      : memref<16xi32>, memref<64xi32>, memref<1x25x5x64xi8>
    ```
  }];
  let arguments = (ins Index:$count,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$sums,
                       Arg<MemRefOf<[I32]>, "", [MemRead]>:$factors,
                       Index:$first_factor,
                       Arg<MemRefOf<[I8]>, "", [MemWrite]>:$target,
                       Index:$first, Index:$second, I64Attr:$lanes,
                       I64Attr:$zero_point, I64Attr:$low, I64Attr:$high,
                       UnitAttr:$small_sums);
  let assemblyFormat = [{
    $count `,` $sums `,` $factors `[` $first_factor `]` `,` $target `[` $first `,`
    $second `]` attr-dict `:` type($sums) `,` type($factors) `,` type($target)
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

#endif // LATHE_DIALECT_LATHE_IR_LATHEWINDOWOPS_TD
