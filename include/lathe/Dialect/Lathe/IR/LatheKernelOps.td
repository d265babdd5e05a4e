//===- LatheKernelOps.td - Fused groups of ops --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEKERNELOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEKERNELOPS_TD

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "lathe/Dialect/Lathe/IR/LatheAttributes.td"
include "lathe/Dialect/Lathe/IR/LatheBase.td"

def Lathe_KernelOp : Lathe_Op<"kernel",
    [Pure, IsolatedFromAbove,
     SingleBlockImplicitTerminator<"::lathe::YieldOp">]> {
  let summary = "a fused group of ops that becomes one function";
  let description = [{
    The body holds one root (convolution, matmul, reduction …) and what was
    fused into it; its block arguments are the kernel's inputs. `strategy` says
    how the loops run, `scratch` how many bytes of the arena the kernel needs
    while it runs, `in_place` which input each result may be written over (-1
    for none). Memory planning adds `placements`, one for each result, and
    `scratch_offset`.
  }];
  let arguments = (ins Variadic<Lathe_Tensor>:$inputs, StrAttr:$kernel_name,
                       OptionalAttr<Lathe_StrategyAttr>:$strategy,
                       DefaultValuedAttr<I64Attr, "0">:$scratch,
                       OptionalAttr<DenseI64ArrayAttr>:$in_place,
                       OptionalAttr<TypedArrayAttrBase<Lathe_PlacementAttr,
                           "array of placements">>:$placements,
                       OptionalAttr<I64Attr>:$scratch_offset);
  let results = (outs Variadic<Lathe_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $kernel_name `(` $inputs `)` attr-dict `:`
    functional-type($inputs, $outputs) $body
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Lathe_YieldOp : Lathe_Op<"yield",
    [Pure, Terminator, ReturnLike, HasParent<"::lathe::KernelOp">]> {
  let summary = "ends a kernel and names its results";
  let arguments = (ins Variadic<Lathe_Tensor>:$operands);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange{}); }]>];
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEKERNELOPS_TD
