//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers in the forms in which they are stored.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHESTORAGEOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHESTORAGEOPS_TD

include "lathe/Dialect/Lathe/IR/LatheBase.td"

def Lathe_DequantizeBlocksOp : Lathe_TensorOp<"dequantize_blocks"> {
  let summary = "integers with a scale for each block of them";
  let description = [{
    Each element of `input` times the scale of its block, in f32. A block is
    `block` elements along dimension `axis`; `scales` has the shape of `input`
    but for that dimension, which has one element for each block, the last of
    which may be short. Integers in [-8, 7] are stored in four bits, two of them
    in a byte, where code is emitted (`lathe-expand-blocks`).

    Example:
    ```mlir
    %w = lathe.dequantize_blocks %q, %s {axis = 0 : i64, block = 32 : i64}
         : (tensor<64x10xi8>, tensor<2x10xf16>) -> tensor<64x10xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I8]>:$input,
                       RankedTensorOf<[Lathe_Float]>:$scales, I64Attr:$axis,
                       I64Attr:$block);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getElementOps() { return getType().getNumElements(); }
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation) { return {0, 1}; }
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation);
  }];
}

#endif // LATHE_DIALECT_LATHE_IR_LATHESTORAGEOPS_TD
