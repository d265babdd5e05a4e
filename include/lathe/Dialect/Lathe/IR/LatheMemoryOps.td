//===- LatheMemoryOps.td - Ops that state what they do to memory --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEMEMORYOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEMEMORYOPS_TD

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

#endif // LATHE_DIALECT_LATHE_IR_LATHEMEMORYOPS_TD
