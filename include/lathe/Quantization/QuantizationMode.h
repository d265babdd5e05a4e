//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_QUANTIZATIONMODE_H
#define LATHE_QUANTIZATION_QUANTIZATIONMODE_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace lathe {

/// What a model is quantized to.
enum class QuantizationMode {
  Int8,        ///< weights, activations, inputs and outputs of 8 bits
  Int8FloatIO, ///< weights and activations of 8 bits; float inputs and outputs
  Int16x8,     ///< the same with activations of 16 bits
  Dynamic,     ///< weights of 8 bits, scales of what they multiply at run time
  Float16,     ///< constants in IEEE 754 binary16
  BFloat16,    ///< constants in bfloat16
  Int4Weights, ///< weights of 4 bits in blocks with scales of 16
  Mixed,       ///< for each activation and its layers what a bound allows
};

/// All of them, in the order of the enumeration.
inline constexpr QuantizationMode allQuantizationModes[] = {
    QuantizationMode::Int8,        QuantizationMode::Int8FloatIO,
    QuantizationMode::Int16x8,     QuantizationMode::Dynamic,
    QuantizationMode::Float16,     QuantizationMode::BFloat16,
    QuantizationMode::Int4Weights, QuantizationMode::Mixed};

/// `int8-float-io`, `dynamic` and so on.
llvm::StringRef getName(QuantizationMode mode);

/// What a reader should know of it, in one line.
llvm::StringRef getDescription(QuantizationMode mode);

/// The mode of that name, or an error that names all.
llvm::Expected<QuantizationMode> parseQuantizationMode(llvm::StringRef name);

/// Whether ranges of activations are found on samples.
bool needsSamples(QuantizationMode mode);

/// Whether samples make a model in `mode` better, needed or not.
bool usesSamples(QuantizationMode mode);

/// Quantizes `module`, which holds one float model that was imported, in a mode
/// that needs no samples: simplifies its graph and changes it. Fails if it is
/// quantized already.
llvm::Error quantizeWithoutSamples(mlir::ModuleOp module,
                                   QuantizationMode mode);

/// Simplifies the graph of `module`, which holds one float model that was
/// imported. Fails if it is quantized already.
llvm::Error prepareFloatModel(mlir::ModuleOp module);

} // namespace lathe

#endif // LATHE_QUANTIZATION_QUANTIZATIONMODE_H
