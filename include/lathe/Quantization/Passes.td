//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How a float model is stored, or computed, with fewer bits where that needs no
// samples.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_PASSES
#define LATHE_QUANTIZATION_PASSES

include "mlir/Pass/PassBase.td"

def StoreHalf : Pass<"lathe-store-half", "::mlir::func::FuncOp"> {
  let summary = "Store constants in floats of 16 bits";
  let description = [{
    Stores each constant of f32 as f16 or bfloat16, rounded to nearest, and
    widens it where it is read: half the memory, the same arithmetic. Constants
    of fewer elements than `min-elements` stay as they are, as does one of which
    an element would overflow, or all but zeros lose bits because they are too
    small. Idempotent.

    Example: see test/Quantization/store-half.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"kind", "kind", "::lathe::HalfKind", "::lathe::HalfKind::F16",
           "Which floats of 16 bits",
           [{::llvm::cl::values(
             clEnumValN(::lathe::HalfKind::F16, "f16", "IEEE 754 binary16"),
             clEnumValN(::lathe::HalfKind::BF16, "bf16", "bfloat16"))}]>,
    Option<"minElements", "min-elements", "int64_t", "64",
           "The fewest elements of a constant that is stored so">,
  ];
  let statistics = [
    Statistic<"numStored", "stored", "Number of constants stored in 16 bits">,
    Statistic<"numLeft", "left",
              "Number of constants whose range does not allow it">,
  ];
}

def QuantizeDynamically
    : Pass<"lathe-quantize-dynamically", "::mlir::func::FuncOp"> {
  let summary = "Multiply in integers with scales found at run time";
  let description = [{
    Stores the constant weights of convolutions and matrix products as int8 with
    a scale for each output channel, and quantizes the float data that they
    multiply when the model runs: by its greatest magnitude, to int8 in [-127,
    127], or to uint8 in [0, 255] if it cannot be negative. The sums are exact,
    and are multiplied by both scales to be float again. All other ops compute
    in float. Weights of fewer elements than `min-elements` stay as they are.
    Idempotent.

    Example: see test/Quantization/quantize-dynamically.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect",
                           "::mlir::quant::QuantDialect"];
  let options = [
    Option<"minElements", "min-elements", "int64_t", "64",
           "The fewest weights of an op that multiplies in integers">,
  ];
  let statistics = [
    Statistic<"numProducts", "products",
              "Number of convolutions and matrix products in integers">,
    Statistic<"numTensors", "tensors",
              "Number of tensors quantized at run time">,
  ];
}

#endif // LATHE_QUANTIZATION_PASSES
