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

def StoreBlocks : Pass<"lathe-store-blocks", "::mlir::func::FuncOp"> {
  let summary = "Store weights in four bits";
  let description = [{
    Stores the constant weights of convolutions and matrix products as integers
    in [-8, 7] with a scale in f16 for each `block` of them along the input
    channels, the one of the least squared error, and lets
    `lathe.dequantize_blocks` expand them. Two kinds of weights get eight bits
    and a scale in f32 for each output channel instead: those of fewer input
    channels than `min-channels`, as of depthwise convolutions; and those of the
    ops that have the fewest weights, as many ops as the share `widened` of the
    size of all allows. Few weights that meet many pixels are where four bits
    cost most and save least: with 2.6 % more bytes, MobileNetV2 loses 5 points
    of accuracy instead of 26. Idempotent.

    Example: see test/Quantization/store-blocks.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let options = [
    Option<"block", "block", "int64_t", "32", "The weights that share a scale">,
    Option<"minChannels", "min-channels", "int64_t", "16",
           "The fewest input channels of weights in four bits">,
    Option<"minElements", "min-elements", "int64_t", "64",
           "The fewest weights of an op that are stored so">,
    Option<"widened", "widened", "double", "0.03",
           "The share of the bytes of weights in four bits that may be added to "
           "give the smallest eight">,
  ];
  let statistics = [
    Statistic<"numFour", "four", "Number of ops with weights in four bits">,
    Statistic<"numEight", "eight", "Number of ops with weights in eight bits">,
  ];
}

def QuantizeInterface
    : Pass<"lathe-quantize-interface", "::mlir::func::FuncOp"> {
  let summary = "Take and give integers instead of floats";
  let description = [{
    An argument of f32 that nothing but one kind of `lathe.quantize` reads
    becomes one of its integers; a result of f32 that, moved at most, comes from
    `lathe.dequantize` becomes what was dequantized. `lathe.type` says what the
    integers stand for. Private functions are left alone. Idempotent.

    Example: see test/Quantization/quantize-interface.mlir.
  }];
  let dependentDialects = ["::lathe::LatheDialect"];
  let statistics = [
    Statistic<"numInputs", "inputs", "Number of arguments that became integers">,
    Statistic<"numOutputs", "outputs", "Number of results that became integers">,
  ];
}

#endif // LATHE_QUANTIZATION_PASSES
