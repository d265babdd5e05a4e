//===- LatheMemoryOps.td - Ops that state what they do to memory --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEMEMORYOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEMEMORYOPS_TD

include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ViewLikeInterface.td"
include "lathe/Dialect/Lathe/IR/LatheBase.td"

def MemoryOpInterface : OpInterface<"MemoryOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op that is a kernel of its own and says itself what is done to memory,
    instead of being lowered through linalg.
  }];
  let methods = [
    InterfaceMethod<"The bytes of the arena that the op needs while it runs.",
      "int64_t", "getScratchBytes", (ins)>,
    InterfaceMethod<[{
        Builds what the op does. `inputs` and `outputs` are memrefs of the shapes
        and element types of its operands and results, with any strides;
        `scratch` is null or a memref of bytes, aligned for any element.
      }],
      "void", "buildOnMemory",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::mlir::ValueRange":$inputs, "::mlir::ValueRange":$outputs,
           "::mlir::Value":$scratch)>,
    InterfaceMethod<[{
        Whether `inputs` and `outputs` of `buildOnMemory` must have the strides
        of dense memory; they may still have an offset.
      }],
      "bool", "needsDenseMemory", (ins), "", "return false;">,
    InterfaceMethod<[{
        The functions that the op runs. `lathe-bodies-first` plans their memory
        before the op's.
      }],
      "::llvm::SmallVector<::mlir::FlatSymbolRefAttr>", "getBodies", (ins), "",
      "return {};">,
  ];
}

def Lathe_LoopsOp : Lathe_Op<"loops",
    [Pure, IsolatedFromAbove, SingleBlock, NoTerminator,
     DeclareOpInterfaceMethods<MemoryOpInterface>, CostOpInterface,
     QuantizationOpInterface, LayoutOpInterface]> {
  let summary = "a computation stated as loops over memory";
  let description = [{
    What is not worth an op of its own: scatters, sorts, non-maximum suppression,
    decision trees. The body computes in `scf`, `arith` and `math` on memory: its
    arguments are one memref for each input, one for each result, and any further
    ones are scratch, whose contents are undefined at first, as are the
    results'. Elements of unsigned integers are signless there. The body writes
    every element of every result, writes no input, and stays within the bounds of
    all of them whatever the inputs hold.

    Example:

    ```mlir
    %sum = lathe.loops "running_sum"(%x) : (tensor<8xf32>) -> tensor<8xf32> {
    ^bb0(%from: memref<8xf32>, %to: memref<8xf32>):
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c8 = arith.constant 8 : index
      %zero = arith.constant 0.0 : f32
      %last = scf.for %i = %c0 to %c8 step %c1 iter_args(%sum = %zero) -> f32 {
        %element = memref.load %from[%i] : memref<8xf32>
        %next = arith.addf %sum, %element : f32
        memref.store %next, %to[%i] : memref<8xf32>
        scf.yield %next : f32
      }
    }
    ```
  }];
  let arguments = (ins StrAttr:$kernel_name, Variadic<Lathe_Tensor>:$inputs);
  let results = (outs Variadic<Lathe_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $kernel_name `(` $inputs `)` attr-dict `:`
    functional-type($inputs, $outputs) $body
  }];
  let hasRegionVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

def Lathe_Truth
    : Type<CPred<"$_self == ::mlir::RankedTensorType::get({}, "
                 "::mlir::IntegerType::get($_self.getContext(), 1))">,
           "tensor<i1>">,
      BuildableType<"::mlir::RankedTensorType::get({}, $_builder.getI1Type())">;
def Lathe_Count
    : Type<CPred<"$_self == ::mlir::RankedTensorType::get({}, "
                 "::mlir::IntegerType::get($_self.getContext(), 64))">,
           "tensor<i64>">,
      BuildableType<"::mlir::RankedTensorType::get({}, $_builder.getI64Type())">;

/// An op that runs functions of `lathe` ops, its bodies.
class Lathe_ControlOp<string mnemonic, list<Trait> traits = []>
    : Lathe_Op<mnemonic,
               traits # [Pure, AttrSizedOperandSegments,
                         DeclareOpInterfaceMethods<MemoryOpInterface,
                             ["needsDenseMemory", "getBodies"]>,
                         DeclareOpInterfaceMethods<SymbolUserOpInterface>,
                         DeclareOpInterfaceMethods<CostOpInterface,
                             ["getMACs", "getElementOps"]>,
                         QuantizationOpInterface, LayoutOpInterface]>;

def Lathe_IfOp : Lathe_ControlOp<"if"> {
  let summary = "one of two computations";
  let description = [{
    Runs one of two private functions, each on inputs of its own. Both have the
    op's results. A body is a function and no region, so that every pass on
    functions works on it as on the model, and so that its memory is planned
    before that of the op, whose scratch its arena is.

    Example:

    ```mlir
    %y = lathe.if %condition then @double(%x : tensor<4xf32>)
                             else @join(%x, %x : tensor<4xf32>, tensor<4xf32>)
         -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Lathe_Truth:$condition, FlatSymbolRefAttr:$then_body,
      FlatSymbolRefAttr:$else_body, Variadic<Lathe_Tensor>:$then_inputs,
      Variadic<Lathe_Tensor>:$else_inputs);
  let results = (outs Variadic<Lathe_Tensor>:$outputs);
  let assemblyFormat = [{
    $condition `then` $then_body
    (`(` $then_inputs^ `:` type($then_inputs) `)`)?
    `else` $else_body (`(` $else_inputs^ `:` type($else_inputs) `)`)?
    attr-dict `->` type($outputs)
  }];
}

def Lathe_LoopOp : Lathe_ControlOp<"loop", [AttrSizedResultSegments]> {
  let summary = "a computation repeated on slices and carried values";
  let description = [{
    Runs the private function `body` once per iteration. Its arguments are a
    slice of each of `scanned` (along their leading dimension, which it drops),
    the carried values, and `captured`, the same in every iteration; it returns
    whether to go on, if there is a `condition`, the next carried values, and
    one element of each of `stacked`. Slices and elements are taken and stacked
    from the last to the first where `reversed_inputs` or `reversed_outputs` say
    so.

    The loop ends after `bound` iterations, after `trip_count` ones, or once the
    condition is false, whichever comes first; if that is before `bound`, the
    rest of each of `stacked` is zero. Without trip count and condition there
    are always `bound` iterations. `scanned` and `stacked` have that as their
    leading dimension.

    Example:

    ```mlir
    func.func private @step(%x: tensor<3xf32>, %sum: tensor<3xf32>)
        -> (tensor<3xf32>, tensor<3xf32>) {
      %next = lathe.add %sum, %x : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
      return %next, %next : tensor<3xf32>, tensor<3xf32>
    }
    %sum, %sums = lathe.loop @step scan(%x : tensor<5x3xf32>)
        carry(%zero : tensor<3xf32>) {bound = 5 : i64}
        -> tensor<3xf32> stack tensor<5x3xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$body,
      Optional<Lathe_Count>:$trip_count, Optional<Lathe_Truth>:$condition,
      Variadic<Lathe_Tensor>:$scanned, Variadic<Lathe_Tensor>:$initial,
      Variadic<Lathe_Tensor>:$captured, OptionalAttr<I64Attr>:$bound,
      OptionalAttr<DenseBoolArrayAttr>:$reversed_inputs,
      OptionalAttr<DenseBoolArrayAttr>:$reversed_outputs);
  let results = (outs Variadic<Lathe_Tensor>:$carried,
      Variadic<Lathe_Tensor>:$stacked);
  let assemblyFormat = [{
    $body (`times` $trip_count^)? (`while` $condition^)?
    (`scan` `(` $scanned^ `:` type($scanned) `)`)?
    (`carry` `(` $initial^ `:` type($initial) `)`)?
    (`with` `(` $captured^ `:` type($captured) `)`)?
    attr-dict (`->` type($carried)^)? (`stack` type($stacked)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    bool isReversedInput(unsigned index) {
      return getReversedInputs() && (*getReversedInputs())[index];
    }
    bool isReversedOutput(unsigned index) {
      return getReversedOutputs() && (*getReversedOutputs())[index];
    }
  }];
}

def Lathe_MemoryAtOp
    : Lathe_Op<"memory_at", [Pure,
                             DeclareOpInterfaceMethods<ViewLikeOpInterface>]> {
  let summary = "a part of memory as memory of its own";
  let description = [{
    The memory that starts at the given indices into the leading dimensions of
    `source`, without an offset, so that a function can take it that knows
    nothing of what it is a part of. The result has the shape of `source` behind
    these dimensions, or all dimensions of `source`, of the leading ones at most
    as much. It is dense.

    Example:

    ```mlir
    %row = lathe.memory_at %rows[%i] : memref<8x48xf32> to memref<48xf32>
    %two = lathe.memory_at %x[%c0, %i] : memref<1x8x6x4xi8> to memref<1x2x6x4xi8>
    ```
  }];
  let arguments = (ins AnyStridedMemRef:$source, Variadic<Index>:$indices);
  let results = (outs AnyStaticShapeMemRef:$result);
  let assemblyFormat = [{
    $source `[` $indices `]` attr-dict `:` type($source) `to` type($result)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Streams
//===----------------------------------------------------------------------===//

def Lathe_StreamOp : Lathe_Op<"stream",
    [Pure, IsolatedFromAbove, SingleBlock, NoTerminator,
     DeclareOpInterfaceMethods<MemoryOpInterface, ["needsDenseMemory"]>,
     DeclareOpInterfaceMethods<InPlaceOpInterface, ["getWriteLead"]>,
     DeclareOpInterfaceMethods<CostOpInterface, ["getMACs", "getElementOps"]>]> {
  let summary = "kernels that run in turn, a few rows at a time";
  let description = [{
    A chain of kernels of which each computes only as many rows (the second of four
    dimensions) as the next ones need, so that of what lies between them the last few rows
    are in memory, in line buffers, and none is computed twice. (Depth-first or
    streaming execution, as line buffers do in image processing: Hegarty et al.,
    Darkroom: Compiling High-Level Image Processing Code into Hardware Pipelines,
    2014.)

    The body is what happens in each step. The block's arguments are the inputs,
    whole. Its kernels compute bands of rows: `lathe.rows` takes those that a kernel
    reads out of an input or a line buffer, `lathe.lines` keeps what a kernel
    computed, or a copy of an input's rows with padding around the image. The last op is the kernel that computes the result, in step 0 its first
    band. Steps go from `first_step` to `steps`, which is not reached. A kernel runs
    in the steps in which any row of its band lies in the image.

    Example, two convolutions of 3x3, a row at a time:

    ```mlir
    %y = lathe.stream(%x) {first_step = -1 : i64, steps = 8 : i64}
        : (tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
    ^bb0(%x: tensor<1x8x8x4xi8>):
      %0 = lathe.rows %x {first = 0 : i64, advance = 1 : i64}
          : tensor<1x8x8x4xi8> -> tensor<1x1x8x4xi8>
      %1 = lathe.kernel "pointwise"(%0) …
      %2 = lathe.lines %1 {first = 1 : i64, total = 8 : i64, padding = 0 : i8}
          : tensor<1x1x8x4xi8> -> tensor<1x3x8x4xi8>
      %3 = lathe.kernel "conv"(%2) …
    }
    ```
  }];
  let arguments = (ins Variadic<Lathe_Tensor>:$inputs, I64Attr:$first_step,
                       I64Attr:$steps);
  let results = (outs Lathe_Tensor:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` attr-dict `:` functional-type($inputs, $result) $body
  }];
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The kernel that computes the result.
    ::mlir::Operation *getLast() { return &getBody().front().back(); }
  }];
}

def Lathe_RowsOp : Lathe_Op<"rows", [Pure, HasParent<"::lathe::StreamOp">]> {
  let summary = "the rows of a tensor that a kernel reads in a step";
  let description = [{
    Rows `first + advance * step` and the following of `source`, as many as the
    result has. Of a line buffer `advance` is 0.
  }];
  let arguments = (ins Lathe_Tensor:$source, I64Attr:$first, I64Attr:$advance);
  let results = (outs Lathe_Tensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
}

def Lathe_LinesOp : Lathe_Op<"lines", [Pure, HasParent<"::lathe::StreamOp">]> {
  let summary = "the last rows of what kernels read";
  let description = [{
    The line buffer of `band`, a kernel's result or rows of an input, which in step t is rows `first +
    t * rows of the band` and the following of a tensor of `total` rows. The
    buffer's last rows are the band, the others those before it. With `padding`, rows
    above the tensor and below it hold that; without, nothing reads them.
  }];
  let arguments = (ins Lathe_Tensor:$band, I64Attr:$first, I64Attr:$total,
                       OptionalAttr<TypedAttrInterface>:$padding);
  let results = (outs Lathe_Tensor:$result);
  let assemblyFormat = "$band attr-dict `:` type($band) `->` type($result)";
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEMEMORYOPS_TD
