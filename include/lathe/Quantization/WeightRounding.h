//===- WeightRounding.h - Weights rounded for their layer -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The nearest integer is the best for a weight alone. For the layer's output it
// is the errors of all weights together that count (Nagel et al., "Up or Down?
// Adaptive Rounding for Post-Training Quantization", ICML 2020).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_WEIGHTROUNDING_H
#define LATHE_QUANTIZATION_WEIGHTROUNDING_H

#include "lathe/Quantization/GramMatrix.h"
#include "lathe/Quantization/QuantizeGraph.h"

namespace lathe {

/// Rounds `weights`, [..., inputs of a group, outputs], of a layer whose data
/// has the Gram matrix `gram`. With W the weights of an output channel, Q its
/// integers, s its scale and X the data less its mean, which the bias makes up
/// for, it lessens
///
///   |W X - s Q X|^2 = (W - s Q) H (W - s Q)^T,   H = X X^T
///
/// from the nearest integers with `scales` on: by changing one integer after
/// the other by what helps most, and with the best scale for these integers,
/// s = (W H Q^T) / (Q H Q^T). A hundredth of H's mean diagonal is added to it,
/// so that directions that the samples do not show matter too.
RoundedWeights roundWeights(const HostTensor &weights,
                            llvm::ArrayRef<double> scales,
                            const GramMatrix &gram,
                            const QuantizedStorage &storage);

} // namespace lathe

#endif // LATHE_QUANTIZATION_WEIGHTROUNDING_H
