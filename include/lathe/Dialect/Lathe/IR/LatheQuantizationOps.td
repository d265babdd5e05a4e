//===- LatheQuantizationOps.td - Between reals and integers -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEQUANTIZATIONOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEQUANTIZATIONOPS_TD

include "lathe/Dialect/Lathe/IR/LatheBase.td"
include "lathe/Dialect/Lathe/IR/LatheElementwiseOps.td"

defvar Lathe_QuantizedTensor = RankedTensorOf<[Lathe_Quantized]>;
defvar Lathe_StoredTensor = RankedTensorOf<[Lathe_Integer, Lathe_Quantized]>;

/// An op that gives each element another meaning and leaves it where it is.
class Lathe_ConversionOp<string mnemonic, Type operand>
    : Lathe_TensorOp<mnemonic> {
  let arguments = (ins operand:$input, TypeAttr:$to);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getElementOps() { return getType().getNumElements(); }
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation) { return {0}; }
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation);
  }];
}

def Lathe_QuantizeOp : Lathe_ConversionOp<"quantize", Lathe_FloatTensor> {
  let summary = "real numbers to quantized ones";
  let description = [{
    The integer nearest to `x / scale`, ties to even, plus the zero point,
    limited to the storage type's range; NaN becomes the zero point. ONNX's
    QuantizeLinear: the division is one of f32.

    Example:
    ```mlir
    %q = lathe.quantize %x {to = !quant.uniform<i8:f32, 0.5:-3>}
         : (tensor<1x8xf32>) -> tensor<1x8x!quant.uniform<i8:f32, 0.5:-3>>
    ```
  }];
}

def Lathe_DequantizeOp
    : Lathe_ConversionOp<"dequantize", Lathe_QuantizedTensor> {
  let summary = "quantized numbers to the real ones they stand for";
  let description = [{
    `scale * (q - zero point)`, in f32. What lies between such ops and
    `lathe.quantize` is computed in integers where it can be
    (`lathe-integer-graph`).
  }];
}

def Lathe_StorageCastOp
    : Lathe_ConversionOp<"storage_cast", Lathe_StoredTensor> {
  let summary = "integers as the quantized numbers that they store, or back";
  let description = [{
    One of the two types is quantized; the other is its storage type.

    Example:
    ```mlir
    %q = lathe.storage_cast %x {to = !quant.uniform<i8:f32, 0.5:-3>}
         : (tensor<1x8xi8>) -> tensor<1x8x!quant.uniform<i8:f32, 0.5:-3>>
    ```
  }];
  let hasFolder = 1;
}

def Lathe_RequantizeOp : Lathe_ElementwiseOp<"requantize", "Rescaled"> {
  let summary = "sums of products as integers of another scale";
  let description = [{
    With the product taken in 64 bits,

    `zero_point + clamp((x * m + 2^(shift - 1)) >> shift, low - zero_point,
    high - zero_point)`.

    `multipliers` broadcasts to `input`, mostly one for each channel;
    `m * 2^-shift` is the real factor (lathe/Support/FixedPoint.h). `shift` is
    from 1 to 62, and `low` and `high` lie in the range of `to`.

    Example:
    ```mlir
    %q = lathe.requantize %sums, %m {shift = 31 : si64, zero_point = -3 : si64,
           low = -128 : si64, high = 127 : si64, to = i8}
         : (tensor<1x8x8x16xi32>, tensor<16xi32>) -> tensor<1x8x8x16xi8>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I32, I64]>:$input,
                       RankedTensorOf<[I32]>:$multipliers, SI64Attr:$shift,
                       SI64Attr:$zero_point, SI64Attr:$low, SI64Attr:$high,
                       TypeAttr:$to);
  let resultElement = "adaptor.getTo()";
  let hasVerifier = 1;
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEQUANTIZATIONOPS_TD
