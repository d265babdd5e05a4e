//===- GramMatrix.h - How the inputs of a layer go together -----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With X the patches of a layer's input as columns and D a change of its
// weights as rows, the squared change of its output, summed up over all
// samples, is the trace of D X X^T D^T. The Gram matrices X X^T are all that
// rounding needs of the samples.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_GRAMMATRIX_H
#define LATHE_QUANTIZATION_GRAMMATRIX_H

#include "lathe/Quantization/Calibrator.h"
#include "lathe/Quantization/Patches.h"

#include <map>
#include <tuple>

namespace lathe {

class PreparedModel;

/// Sums of products of all elements of a patch with each other, a matrix for
/// each group of channels.
struct GramMatrix {
  GramMatrix(int64_t numGroups, int64_t size)
      : numGroups(numGroups), size(size), values(numGroups * size * size),
        sums(numGroups * size) {}

  double at(int64_t group, int64_t row, int64_t column) const {
    return values[(group * size + row) * size + column];
  }

  int64_t numGroups, size;
  /// Patches that were added.
  int64_t numPatches = 0;
  /// [numGroups, size, size]
  std::vector<double> values;
  /// Of the patches of the first factor: [numGroups, size].
  std::vector<double> sums;
};

/// Computes Gram matrices with compiled code.
class GramComputer {
public:
  /// Of each tensor at most `mostPatches` patches are added, spread evenly.
  GramComputer(unsigned threads, int64_t mostPatches);
  ~GramComputer();

  /// Adds X Y^T to `gram`, X and Y being the patches of two tensors of floats,
  /// `x` and `y`, that a layer takes: one twice, or what a quantized model has
  /// and what the original has.
  llvm::Error add(const Patches &patches, const HostTensor &x,
                  const HostTensor &y, GramMatrix &gram);

private:
  /// Groups, patches, elements of a patch in a group, and whether both factors
  /// are the same.
  using ProductShape = std::tuple<int64_t, int64_t, int64_t, bool>;

  llvm::Expected<PreparedModel *> getProduct(const ProductShape &shape);

  unsigned threads;
  int64_t mostPatches;
  /// Compiled products.
  std::map<ProductShape, std::unique_ptr<PreparedModel>> products;
};

/// Collects the Gram matrix of the data of each of `layers`, ops of `model` for
/// which there are patches, over samples of `dataset`. `consume` gets them one
/// by one with the layer's index. As many as fit into `options.bytesPerPass`
/// are collected in one pass over the samples, so that memory is bounded
/// whatever the number of layers is; the cache is not used. Fails as
/// `calibrate` does, but does not look for NaNs, and with what `consume`
/// returns.
llvm::Error collectGramMatrices(
    mlir::func::FuncOp model, llvm::ArrayRef<mlir::Operation *> layers,
    Dataset &dataset, const CalibrationOptions &options, int64_t mostPatches,
    llvm::function_ref<llvm::Error(size_t layer, GramMatrix)> consume);

} // namespace lathe

#endif // LATHE_QUANTIZATION_GRAMMATRIX_H
