//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_BLOCKWEIGHTS_H
#define LATHE_QUANTIZATION_BLOCKWEIGHTS_H

#include "lathe/Quantization/PostTraining.h"

namespace lathe {

/// Stores the weights of `module`, which holds one float model that was
/// imported, in four bits (lathe-store-blocks), and takes from biases what the
/// rounding adds to means of samples of `dataset` (see correctBiases), if the
/// outputs for samples that are held out come closer to those of the float
/// model.
llvm::Expected<PostTrainingResult>
storeBlocksWithSamples(mlir::ModuleOp module, Dataset &dataset,
                       CalibrationOptions calibration);

} // namespace lathe

#endif // LATHE_QUANTIZATION_BLOCKWEIGHTS_H
