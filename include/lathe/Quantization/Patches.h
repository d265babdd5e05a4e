//===- Patches.h - What the elements of a result are sums of ----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_PATCHES_H
#define LATHE_QUANTIZATION_PATCHES_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace lathe {

/// The patches of a weighted op's data: for each place in the result, batch by
/// batch and row by row, the elements that its weights multiply. Channels fall
/// into groups, each with weights of its own. A group's part of a patch has its
/// elements in the order of the weights' dimensions but the last:
/// [k1 … kk, C / groups]. Elements in the padding are 0.
///
/// A product with a matrix has one group, and rows for patches.
class Patches {
public:
  /// Those of a convolution, or of a product with a matrix that all batches
  /// share; none for other ops.
  static std::optional<Patches> get(mlir::Operation *op);

  int64_t getNumGroups() const { return numGroups; }
  /// Elements of a patch in a group.
  int64_t getSize() const { return numTaps * getGroupChannels(); }
  /// Patches of one run of the model.
  int64_t getNumPatches() const { return numPatches; }

  /// Copies patch `patch` of `data`, the tensor's elements. The part of group g
  /// goes to `out` + g * `groupStride`.
  void read(llvm::ArrayRef<float> data, int64_t patch, float *out,
            int64_t groupStride) const;

private:
  /// A spatial dimension.
  struct Dim {
    int64_t input, output, kernel, stride, dilation, padding;
  };

  /// A place in a window.
  struct Tap {
    int64_t offset; ///< in the data, from the window's first element
    llvm::SmallVector<int64_t, 3> position; ///< by dimension, dilated
  };

  Patches(llvm::ArrayRef<Dim> dims, int64_t batch, int64_t channels,
          int64_t numGroups);

  int64_t getGroupChannels() const { return channels / numGroups; }

  llvm::SmallVector<Dim, 3> dims;
  llvm::SmallVector<Tap> taps;
  int64_t channels, numGroups;
  int64_t numTaps = 1, numPatches;
};

} // namespace lathe

#endif // LATHE_QUANTIZATION_PATCHES_H
