//===- Equalization.h - Channels of like magnitude --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An activation has one scale for all of its channels, so the largest of them
// sets the step for all others. Where a channel is multiplied by a number, and
// the weights that read it are divided by that, the network computes the same:
// channels can share a range better (Nagel et al., "Data-Free Quantization
// Through Weight Equalization and Bias Correction", ICCV 2019, section 4.1;
// here by what is measured of activations, as in Xiao et al., "SmoothQuant",
// ICML 2023).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_EQUALIZATION_H
#define LATHE_QUANTIZATION_EQUALIZATION_H

#include "lathe/Quantization/QuantizationParameters.h"
#include "lathe/Quantization/TensorStatistics.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lathe {

/// Multiplies channels of `model`, a simplified float graph, where weights
/// before and behind them can make up for it: across ReLU, sums, pooling and
/// what else commutes with factors above 0, also around residual sums. Limits
/// from 0 to an upper bound (ReLU6) stay as they are: a channel's factor is at
/// least 1, and at most what takes its greatest value near the bound; beyond
/// it the channel is cut off as by the range of integers.
///
/// A channel gets the factor with which it fills the range of its tensor; a
/// smaller one where the rounding of the weights that read it would then add
/// more noise than that of the activation.
///
/// `activations` is what these become, and `getStatistics` gives those of
/// activations that are to be quantized, null for others. Returns the number of
/// groups of activations that changed.
int64_t equalizeChannels(
    mlir::func::FuncOp model, const QuantizedStorage &activations,
    llvm::function_ref<const TensorStatistics *(mlir::Value)> getStatistics);

} // namespace lathe

#endif // LATHE_QUANTIZATION_EQUALIZATION_H
