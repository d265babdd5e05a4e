//===- Passes.td - Lathe to linalg ----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CONVERSION_LATHETOLINALG_PASSES_TD
#define LATHE_CONVERSION_LATHETOLINALG_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertLatheToLinalg
    : Pass<"convert-lathe-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Lower the bodies of kernels to linalg on tensors";
  let description = [{
    Replaces every op of the `lathe` dialect by `linalg.generic`, `tensor.pad`,
    `linalg.fill` and changes of shape (`tensor.collapse_shape`,
    `tensor.expand_shape`), and erases the sign of
    integers from every type of the module, signatures and memrefs included: the
    ops keep it. Arguments of public functions that lose their sign remember it
    in `lathe.type`.

    What the loops made from the result rely on:

    - A generic's parallel dimensions come first, and its output map is the
      identity on them. Its other maps are affine; where an op reads elements
      that no affine map reaches (gather, mirrored borders, interpolation), the
      region does so with `linalg.index` and `tensor.extract`.
    - The generic that stands for a kernel's root has the dimensions of
      `LoopNestOpInterface::getLoops`, in that order, and their names in the
      attribute `lathe.loops`. Windows that no operand has the shape of are
      given by a `tensor.empty`, which is not read.
    - `lathe.neutral` on a `tensor.pad` states that its border contributes
      nothing to the reduction that reads it, so that loops may skip it.
    - Sums of f16 and bf16 run in f32, as do elementwise functions of them; sums
      of integers below 32 bits run in i32.

    A convolution of a 1x8x8x3 input with a 3x3 kernel, padded by one, becomes

    ```mlir
    %padded = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] { … }
              {lathe.neutral} : tensor<1x8x8x3xf32> to tensor<1x10x10x3xf32>
    %sum = linalg.generic {
        indexing_maps = [
          affine_map<(n, oh, ow, oc, kh, kw, ic) -> (n, oh + kh, ow + kw, ic)>,
          affine_map<(n, oh, ow, oc, kh, kw, ic) -> (kh, kw, ic, oc)>,
          affine_map<(n, oh, ow, oc, kh, kw, ic) -> (n, oh, ow, oc)>], … }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

#endif // LATHE_CONVERSION_LATHETOLINALG_PASSES_TD
