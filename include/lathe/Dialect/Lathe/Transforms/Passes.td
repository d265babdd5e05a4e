//===- Passes.td - Passes on the graph and on kernels ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_PASSES_TD
#define LATHE_DIALECT_LATHE_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Graph
//===----------------------------------------------------------------------===//

def FoldConstants : Pass<"lathe-fold-constants", "::mlir::ModuleOp"> {
  let summary = "Compute what depends on constants alone";
  let description = [{
    Evaluates every op whose operands are all constant, and replaces those that
    other ops still need. A chain of ops on a weight is run from end to end and
    leaves one constant: what lies between is dropped as soon as it was read.

    A result that takes more bytes than `max-growth` times the constants it is
    computed from, and more than 4 KiB, stays computed at run time: so does a
    small constant that is broadcast to a large one, and floats that are only
    widened. What reads quantized tensors is left alone. A splat counts as one
    element; what is computed from splats alone is tried, and kept if it is a
    splat again.

    A result of up to 32 elements becomes a `dense` constant, a larger one a
    `dense_resource` named after the largest constant it is computed from. Its
    location joins that constant's and the op's. Kernels' bodies are left alone.
    The pass works on the module, one function after the other, because names of
    resources are unique in a context and must not depend on threads.
    Idempotent. Fails where an op has no value, as a gather beyond its input.

    Example: see test/Dialect/Lathe/Transforms/fold-constants.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"maxElements", "max-elements", "int64_t", "0",
           "Leave results of more elements alone; 0 for no limit">,
    Option<"maxGrowth", "max-growth", "int64_t", "2",
           "How many times the bytes of its sources a result may take">,
  ];
  let statistics = [
    Statistic<"numEvaluated", "evaluated", "Number of ops evaluated">,
    Statistic<"numConstants", "constants", "Number of constants created">,
  ];
}

def PropagateLayout : Pass<"lathe-propagate-layout", "::mlir::func::FuncOp"> {
  let summary = "Move transposes until they cancel";
  let description = [{
    Changes the layout in which ops are computed so that the least number of
    elements is transposed at run time. Transposes move up and down through the
    ops that `LayoutOpInterface` lets them through and through reshapes that
    keep their dimensions together; they cancel against each other, vanish into
    constants, and before a product with a constant matrix reorder its rows.
    What stays is at the function's inputs and outputs and at reshapes that mix
    dimensions. The number of transposed elements never grows.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numRemoved", "removed", "Number of transposes of data removed">,
    Statistic<"numMoved", "moved", "Number of ops computed in another layout">,
  ];
}

def FoldScales : Pass<"lathe-fold-scales", "::mlir::func::FuncOp"> {
  let summary = "Fold scales and shifts into weights";
  let description = [{
    Multiplication, division, negation, addition and subtraction with constants
    that are the same for all elements of a channel become part of the weights
    and the bias of the convolution or matrix product before them, or of the one
    behind them where no padding comes between. Batch normalization vanishes
    this way. What happens to a weight is built as ops on the constant, which
    `lathe-fold-constants` evaluates. Sums are rounded differently than in the
    unfolded graph, by about one unit in the last place of each factor.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numFoldedBack", "folded-into-producer",
              "Number of ops folded into the weights before them">,
    Statistic<"numFoldedAhead", "folded-into-consumer",
              "Number of ops folded into the weights behind them">,
  ];
}

def ExpandBlocks : Pass<"lathe-expand-blocks", "::mlir::func::FuncOp"> {
  let summary = "Read integers in blocks by elementwise ops";
  let description = [{
    Replaces each `lathe.dequantize_blocks` by ops that compute its elements one
    by one, so that it can be fused into what reads it. Constant integers in
    [-8, 7] get four bits each: the byte at index i of the block's dimension has
    the elements 2 i, in its low half, and 2 i + 1, each more by 8.

    Example: see test/Dialect/Lathe/Transforms/expand-blocks.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numExpanded", "expanded", "Number of tensors in blocks">,
    Statistic<"numPacked", "packed", "Number of constants in four bits">,
  ];
}

def StoreActivations
    : Pass<"lathe-store-activations", "::mlir::func::FuncOp"> {
  let summary = "Store activations of 8 bits with or without a sign";
  let description = [{
    Moves the integers of activations, and their zero points, by 128, so that
    they have the sign that the target multiplies best: VNNI's dot product takes
    unsigned data and signed weights, Arm's two signed factors. The numbers that
    they stand for stay the same, and so do all results. What the graph's inputs
    and outputs store is not changed. Idempotent.

    Example: see test/Dialect/Lathe/Transforms/store-activations.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"areUnsigned", "unsigned", "bool", "true",
           "Whether they are to have no sign">,
  ];
  let statistics = [
    Statistic<"numMoved", "moved", "Number of activations stored otherwise">,
  ];
}

def PropagateQuantization
    : Pass<"lathe-propagate-quantization", "::mlir::func::FuncOp"> {
  let summary = "Move data as integers";
  let description = [{
    Ops that move or select elements, and leave them as they are, work on the
    integers before a `lathe.dequantize` instead of the reals behind it. A
    `lathe.quantize` behind such an op is repeated before it, where it meets the
    op that computes the elements. Neither changes a result. Idempotent.

    Example: see test/Dialect/Lathe/Transforms/propagate-quantization.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numSunk", "sunk", "Number of ops that now move integers">,
    Statistic<"numHoisted", "hoisted",
              "Number of results quantized before they are moved">,
  ];
}

def IntegerGraph : Pass<"lathe-integer-graph", "::mlir::func::FuncOp"> {
  let summary = "Compute quantized ops in integers";
  let description = [{
    What a `lathe.quantize` takes is computed in integers if all that it is
    computed from is dequantized and the op has an integer form: plain integer
    tensors with `lathe.requantize` and the like between them. Functions of one
    tensor become tables, limits (relu, clamp) narrower ranges. Every
    rounding is fixed here, so that all backends give the same bits
    (docs/integer-semantics.md). The rest is computed in float, and converted
    by ordinary ops.

    Nothing of quantized type is left but the function's inputs and outputs.
    Idempotent.

    Example: see test/Dialect/Lathe/Transforms/integer-graph.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"remarks", "remarks", "bool", "false",
           "Say what stays in float, and why">,
  ];
  let statistics = [
    Statistic<"numConverted", "converted",
              "Number of results computed in integers">,
    Statistic<"numSummed", "summed",
              "Number of real results of products summed in integers">,
    Statistic<"numLeft", "left", "Number of results quantized from floats">,
  ];
}

def FoldPads : Pass<"lathe-fold-pads", "::mlir::func::FuncOp"> {
  let summary = "Fold padding into convolutions and pooling";
  let description = [{
    A constant `lathe.pad` of spatial dimensions joins the `pads` of the
    convolution or pooling behind it where both mean the same: zeros for
    convolutions and averages (which then count the padding), no more than any
    element for maxima.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numFolded", "folded", "Number of pads folded">,
  ];
}

def SimplifyGraph : Pass<"lathe-simplify-graph", "::mlir::func::FuncOp"> {
  let summary = "Recognize ops that exporters write as several";
  let description = [{
    Joins rectifiers and limits into one `lathe.clamp` or `lathe.relu`, turns
    pooling over whole images into reductions, and recognizes GELU and layer
    normalization in the primitive ops that exporters write for them.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numGelu", "gelu", "Number of GELU recognized">,
    Statistic<"numLayerNorm", "layer-norm",
              "Number of layer normalizations recognized">,
  ];
}

def WidenFloats : Pass<"lathe-widen-floats", "::mlir::func::FuncOp"> {
  let summary = "Compute f16 and bf16 models in f32";
  let description = [{
    Activations of 16-bit floats become f32, so that nothing is rounded between
    the ops, as ONNX Runtime computes such models on CPUs. Weights stay in the
    16 bits in which they are stored; a `lathe.cast` behind each joins the kernel
    that reads it. Inputs, outputs and what the model itself casts keep their
    types. Idempotent.

    Example: see test/Dialect/Lathe/Transforms/widen-floats.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numWidened", "widened", "Number of ops computed in f32">,
  ];
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

def PrepareBodies : Pass<"lathe-prepare-bodies", "::mlir::ModuleOp"> {
  let summary = "Declare what loops carry as states of their bodies";
  let description = [{
    The values that a `lathe.loop` carries from one iteration to the next become
    states of its body, which `lathe-place-states` and `lathe-plan-memory` give a
    place in the body's arena, where it updates them in place if it can.
    Arguments and results of all bodies get names. Fails if two ops run one
    function.

    Example: see test/Dialect/Lathe/Transforms/bodies.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
}

def BodiesFirst : Pass<"lathe-bodies-first", "::mlir::ModuleOp"> {
  let summary = "Run pipelines on functions, bodies before what runs them";
  let description = [{
    Runs the first of `pipelines` on each private function and the second on each
    other one, in an order in which the body of a `lathe.if` or `lathe.loop` is
    done before the function that holds the op: the arena that was planned for it
    is the op's scratch.
  }];
  let options = [
    ListOption<"pipelines", "pipelines", "::mlir::OpPassManager",
               "A pipeline for bodies and one for models, both `func.func(…)`">,
  ];
}

def IsolateBuffers : Pass<"lathe-isolate-buffers", "::mlir::func::FuncOp"> {
  let summary = "Insert copies where one value would need two places in memory";
  let description = [{
    Afterwards every operand of a concatenation and every result of the function
    can be computed where it is needed, and every op that is a view can be read
    in place. A `lathe.copy` goes in where a value is returned or joined twice,
    where an argument or a constant is returned or joined, before a reshape of
    strided memory, and between strided memory and an op that needs it dense.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [Statistic<"numCopies", "copies", "Number of copies inserted">];
}

def FormKernels : Pass<"lathe-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "Group ops into kernels";
  let description = [{
    Puts every op that computes or moves data into a `lathe.kernel`, together
    with what can be fused into it: the elementwise ops that follow a root
    (convolution, matmul, reduction …) in the store of its result, chains of
    elementwise ops into one kernel. Looking up a constant table is one of them.
    Ops that only describe another view of memory stay outside. Idempotent: ops
    inside kernels are left alone.

    Example: see test/Dialect/Lathe/Transforms/form-kernels.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numKernels", "kernels", "Number of kernels formed">,
    Statistic<"numFused", "fused", "Number of ops fused into another's kernel">,
  ];
}

defvar Lathe_DotKindOption =
    Option<"kind", "kind", "::lathe::DotKind", "::lathe::DotKind::None",
           "What the target's dot products multiply", [{::llvm::cl::values(
             clEnumValN(::lathe::DotKind::None, "none", "it has none"),
             clEnumValN(::lathe::DotKind::UnsignedBytes, "u8",
                        "four unsigned bytes by signed ones"),
             clEnumValN(::lathe::DotKind::SignedBytes, "s8",
                        "four signed bytes"),
             clEnumValN(::lathe::DotKind::AnyBytes, "u8s8",
                        "four bytes with or without sign"),
             clEnumValN(::lathe::DotKind::Words, "s16",
                        "two signed 16-bit integers"))}]>;

def ShrinkChannels : Pass<"lathe-shrink-channels", "::mlir::func::FuncOp"> {
  let summary = "Remove channels that are constant or that nothing needs";
  let description = [{
    For each channel of each integer tensor, an interval holds all values that it
    can have for any input: that of a product follows from its weights and bias
    and the intervals of its data, that of other ops from interval arithmetic.
    Where it holds one value, what reads the channel needs to know that value
    alone: a product adds it, times its weights, to its bias, unless some windows
    reach into padding of another value.

    Channels that no weight multiplies and no other op reads are then taken out of
    the tensors, and of the weights and biases of what computes them. Elementwise
    operations, pooling and depthwise convolutions tie the channels of several
    tensors together; they go if none of them is needed. Convolutions of several
    groups keep theirs, which have to be of equal size.

    No bit of a result changes: integer sums are exact, and stay within the bounds
    that were proved for them.

    Example: see test/Dialect/Lathe/Transforms/shrink-channels.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect", "::mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"numConstant", "constant",
              "Constant channels that became a part of a bias, for each product"
              " that read them">,
    Statistic<"numMACs", "macs", "Multiply-accumulates saved">,
  ];
}

def Winograd : Pass<"lathe-winograd", "::mlir::ModuleOp"> {
  let summary = "Compute 3x3 convolutions by Winograd's algorithm where it wins";
  let description = [{
    Replaces convolutions of f32 with a 3x3 window, stride 1 and constant weights
    by `lathe.winograd_conv`, which multiplies four times less (Lavin and Gray,
    2015), if the cost model expects it to be faster: the transforms and a filter
    four times as large must cost less than what is saved. The model counts vector
    multiply-accumulates and the bytes of filters and patches that pass through
    caches and memory; it also chooses how many tiles are transformed at a time.

    Where the target multiplies 16-bit integers at most (`kind=s16`), the same goes
    for convolutions of bytes without a zero point, if their weights tell that no
    sum is so large that it would not come out exact. Dot products of bytes
    compute the definition.

    The filters are transformed here and now. Weights that are all the same, or
    stored in another form than f32 or i8, are left as small as they are, and a
    convolution of floats whose result is rounded to integers stays exact.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "512",
           "Width of the target's vectors in bits">,
    Option<"threads", "threads", "int64_t", "1",
           "Most threads that a kernel may use">,
    Lathe_DotKindOption,
  ];
  let statistics = [
    Statistic<"numConverted", "num-converted",
              "Convolutions that Winograd's algorithm computes">,
  ];
}

def PrepareIntegers : Pass<"lathe-prepare-integers", "::mlir::func::FuncOp"> {
  let summary = "Bring integers into the form that vector instructions take";
  let description = [{
    Convolutions and matrix products of 8-bit integers with constant i8 weights
    get data of the sign that the target multiplies, of which the highest bit is
    flipped if need be, and no zero point: what it takes from each sum becomes a
    part of the bias, computed by ops on the constants. If it is not 0, padding
    becomes a part of the data, so that every sum is of all weights.

    Where channels fill no quads, as those of an image, the last spatial dimension
    and the channels become one dimension with a single channel, of which a row of
    the window is a part without gaps.

    Idempotent.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [Lathe_DotKindOption];
  let statistics = [
    Statistic<"numProducts", "products", "Number of products of bytes">,
  ];
}

def MergeTables : Pass<"lathe-merge-tables", "::mlir::func::FuncOp"> {
  let summary = "Look up a function of a function in one table";
  let description = [{
    Functions of quantized elements are tables (`lathe.gather`). If the index into
    one is computed, by constants alone, from what was looked up in another and
    nothing else needs, a third table has both in it: it is the second one, looked
    up at what becomes of the first one's entries. These are constants, which are
    folded later.

    Example: see test/Dialect/Lathe/Transforms/merge-tables.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numMerged", "merged", "Number of tables that another one took in">,
  ];
}

def NarrowRequantize : Pass<"lathe-narrow-requantize", "::mlir::func::FuncOp"> {
  let summary = "Find requantizations that 32 bits hold";
  let description = [{
    A `lathe.requantize` of i32 gets the attribute `lathe.narrow` if its constant
    multipliers and what its input lies between for any input of the model tell
    that the result fits 32 bits before it is limited. The attribute's value is the
    shift to compute with: 32, the upper half of a product, where multipliers have
    bits to spare, by which they are shifted, or all numbers of the input, which
    are shifted when they are multiplied.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numNarrow", "narrow",
              "Number of requantizations that 32 bits hold">,
  ];
}

def WindowProducts : Pass<"lathe-window-products", "::mlir::func::FuncOp"> {
  let summary = "Compute products over windows in memory";
  let description = [{
    Turns convolutions and matrix products of 8-bit integers with constant weights
    into `lathe.window_conv`, for processors without wide vectors, in the best form
    that the target has and the product allows:

    - `vectors` for data with a sign.
    - `pairs`, where two output channels share each product, if the sums of every
      second channel, which intervals of the data and the weights bound, fit 24 bits,
      and no weight of -128 meets a negative one of the channel before.
    - `halves`, where both pixels share each product, if no weight is -128 and the
      product is not that of a single row.
    - `bytes` for all others.

    Depthwise convolutions of images become `lathe.row_depthwise` where the target
    has vectors, the data have a sign and no weight is -128; else
    `lathe.plane_depthwise`, of pairs where the target multiplies them and of bytes
    where not. Convolutions of several groups of more than one channel
    and those with dilations stay as they are.
  }];
  let dependentDialects = ["::lathe::LatheDialect", "::mlir::arith::ArithDialect"];
  let options = [
    Option<"form", "form", "::lathe::WindowForm", "::lathe::WindowForm::Pairs",
           "The best form of windows that the target multiplies",
           [{::llvm::cl::values(
             clEnumValN(::lathe::WindowForm::Pairs, "pairs",
                        "two pairs of 16-bit integers at a time"),
             clEnumValN(::lathe::WindowForm::Bytes, "bytes",
                        "one integer at a time"),
             clEnumValN(::lathe::WindowForm::Vectors, "vectors",
                        "vectors of bytes, and pairs"),
             clEnumValN(::lathe::WindowForm::Halves, "halves",
                        "two pixels by one product"))}]>,
  ];
  let statistics = [
    Statistic<"numConverted", "converted", "Products that were converted">,
    Statistic<"numTooLarge", "too-large",
              "Products whose sums or weights are too large for pairs">,
  ];
}

def SelectStrategy : Pass<"lathe-select-strategy", "::mlir::func::FuncOp"> {
  let summary = "Give each kernel its loop order, register tile and vector width";
  let description = [{
    Chooses, from the loops of the kernel's root and the target's registers, the
    order of the loops, the register tile and the number of elements in a
    vector, and notes which input the result may be written over.

    Vector code: the last parallel loop (channels, columns) runs in vectors. A
    tile of vectors times pixels or rows is chosen so that one step of the
    reduction over the whole loops, rests of tiles included, takes the least
    cycles with the target's registers: the cost model is in the source. Scalar
    code: four channels a tile, so that each loaded activation is used four times.

    With `threads`, kernels that are worth it get a `parallel` strategy: of the
    loops whose tiles make shares of nearly the same size, the outermost is
    moved outside all others.

    With `tiles`, kernels of a row loop that are in that file (TileTable.h) have
    the register tile that it says, as far as their loops reach, if it was
    measured for these vectors, registers and threads. Each such kernel notes the
    key that was looked for as `lathe.tile_key`. A tile changes no bit of a
    result: every sum is computed in the order of the reduction loops.

    Products of bytes that dot products of `kind` can compute have a tile of four
    iterations of their last reduction loop.

    Idempotent: kernels that have a strategy keep it.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "0",
           "Width of the target's vectors in bits; 0 for scalar code">,
    Option<"vectorRegisters", "vector-registers", "int64_t", "16",
           "Number of the target's vector registers">,
    Option<"threads", "threads", "int64_t", "1",
           "Most threads that a kernel may use">,
    Option<"tiles", "tiles", "std::string", /*default=*/"",
           "File of register tiles that were measured">,
    Lathe_DotKindOption,
  ];
  let statistics = [
    Statistic<"numParallel", "parallel", "Number of kernels threads share">,
    Statistic<"numMeasured", "measured",
              "Number of kernels with a tile that was measured">,
  ];
}

def ScheduleKernels : Pass<"lathe-schedule-kernels", "::mlir::func::FuncOp"> {
  let summary = "Order kernels for the least peak of live memory";
  let description = [{
    Reorders the kernels of the function so that the most bytes live at one
    time are as few as possible: exactly where the graph is small or narrow, by
    a beam search elsewhere, never worse than the given order.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"ioInArena", "io-in-arena", "bool", "false",
           "Count inputs and outputs as well">,
  ];
}

def StreamRows : Pass<"lathe-stream-rows", "::mlir::func::FuncOp"> {
  let summary = "Run chains of kernels by rows, to keep less between them";
  let description = [{
    Where that lowers the most bytes that are live at one time, kernels that follow
    each other become one `lathe.stream`, which computes a few rows of each at a time
    and keeps line buffers instead of whole tensors. The order is that of the kernels, and no row is
    computed twice. Among all ways to split the kernels into chains it
    takes those with the least arena whose cost, in instructions that are estimated
    for rows that are moved or copied again and for calls, stays below `max-overhead`
    percent of the function's; of those whose arena exceeds that by at most `slack`
    percent, the cheapest.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"ioInArena", "io-in-arena", "bool", "false",
           "Count inputs and outputs as well">,
    Option<"maxOverhead", "max-overhead", "double", "3",
           "Most instructions more, in percent">,
    Option<"macInstructions", "mac-instructions", "double", "1",
           "Instructions that a multiply-accumulate of bytes takes">,
    Option<"alignment", "alignment", "int64_t", "16",
           "Alignment of every buffer in bytes, a power of two">,
    Option<"slack", "slack", "double", "0",
           "Percent by which the arena may exceed the least one">,
    Option<"minGain", "min-gain", "double", "10",
           "By how many percent the arena must be smaller">,
  ];
  let statistics = [
    Statistic<"numStreams", "streams", "Chains that run by rows">,
    Statistic<"numStreamed", "streamed", "Kernels in them">,
  ];
}

def PackWeights : Pass<"lathe-pack-weights", "::mlir::func::FuncOp"> {
  let summary = "Lay out weights in the order in which kernels read them";
  let description = [{
    A kernel of vectors goes through the constant weights of its convolution or
    matrix product in panels: as many output channels as its register tile has, of
    all taps and input channels. In the weights `[kernel…, C, O]` the rows of a
    panel lie far apart, often by a multiple of 4 KiB, where they displace each
    other from the cache and no stream of neighbouring lines can be prefetched.
    This pass brings them into the form `[groups, panels, kernel…, C, channels of a
    panel]`, filled up with zeros to whole vectors, by ops on the constant, which
    `lathe-fold-constants` is to run then; the kernel begins with the ops that
    undo it, which cost nothing, since an element is read where it lies.

    A convolution or product of bytes with a tile of four elements becomes a
    `lathe.dot_conv`, whose weights are in the order of dot products of `kind`.

    Other weights of integers, and those that would double in size, stay as they
    are.
    Idempotent: what a kernel reads through other ops is not looked at.

    Example: see test/Dialect/Lathe/Transforms/pack-weights.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"panelWidth", "panel-width", "int64_t", "0",
           "Output channels of a panel, so that several targets share them; 0 "
           "for those of the register tile">,
    Lathe_DotKindOption,
  ];
  let statistics = [
    Statistic<"numPacked", "packed", "Number of weights packed">,
  ];
}

def PlaceStates : Pass<"lathe-place-states", "::mlir::func::FuncOp"> {
  let summary = "Let each state be computed where it is kept";
  let description = [{
    A state, a tensor that the model keeps from call to call, is an argument and a
    result of the function that name each other in `lathe.state`. What a call
    leaves there may be computed in its place if nothing reads the old value
    from then on, in the order that `lathe-schedule-kernels` chose, or if the
    kernel that does reads it in the order in which it writes. Where not, the new
    value gets a place of its own, and a kernel at the end copies it. After this
    pass, `lathe-plan-memory` may give both the same bytes.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"ioInArena", "io-in-arena", "bool", "false",
           "Place inputs and outputs in the arena as well">,
  ];
  let statistics = [
    Statistic<"numInPlace", "in-place", "Number of states computed in place">,
    Statistic<"numCopies", "copies", "Number of states copied at the end">,
  ];
}

def PlanMemory : Pass<"lathe-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "Place every intermediate and scratch in one arena";
  let description = [{
    Gives each kernel result a `#lathe.placement`: an offset in the arena, or its
    place in an output of the function. States stay in the arena from call to
    call, at a place that they share with nothing. Values joined by a concatenation lie
    in the joined tensor; a result takes over the bytes of a dying input where the
    kernel allows it. The function gets `lathe.arena_size`,
    `lathe.arena_lower_bound` (the most bytes live at one step; no
    placement of this order is smaller) and `lathe.arena_align`.

    With `io-in-arena` the inputs and outputs lie in the arena too: an input up
    to its last use, which may be written over it, an output from its production
    to the end. The function gets `lathe.io = "arena"`. Each argument and result
    in the arena gets `lathe.offset` in bytes.

    With `fix-io` arguments and results that are in the arena of a public function
    lie at its start, one behind the other, each in bytes that no other of them has:
    where, depends on nothing else, so that it is the same for the same model with
    other kernels. Intermediates may still use these bytes while they are free.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"alignment", "alignment", "int64_t", "16",
           "Alignment of every buffer in bytes, a power of two">,
    Option<"ioInArena", "io-in-arena", "bool", "false",
           "Place inputs and outputs in the arena as well">,
    Option<"fixIO", "fix-io", "bool", "false",
           "Place what a caller sees by its size and order alone">,
  ];
}

def ShareConstants : Pass<"lathe-share-constants", "::mlir::ModuleOp"> {
  let summary = "Make equal constants of several models one";
  let description = [{
    In a module of several models, such as one model for several shapes, each has
    resources of its own for its weights. Constants outside kernels whose type
    and bytes are equal get one value, that of the first, so that
    `lathe-outline-kernels` makes one global of them. Bytes are compared if types
    and hashes agree. A module of one model stays as it is.
  }];
  let statistics = [
    Statistic<"numShared", "shared", "Number of values replaced by an equal one">,
  ];
}

def OutlineKernels : Pass<"lathe-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn kernels into functions on memory";
  let description = [{
    Every `lathe.kernel` becomes a private function on memrefs, equal ones the
    same; the model's function becomes the entry `NAME_run`, which takes inputs,
    outputs and the arena, or the arena alone if the plan put them all there, and
    calls them in order. With states there is `NAME_reset` beside it, which clears
    them. See "The loop level" in
    docs/architecture.md for what the result looks like.
  }];
  let dependentDialects = ["::lathe::LatheDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::bufferization::BufferizationDialect"];
  let statistics = [
    Statistic<"numFunctions", "functions", "Number of kernel functions">,
    Statistic<"numShared", "shared", "Number of kernels that share a function">,
  ];
}

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_PASSES_TD
