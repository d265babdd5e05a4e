//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A placement problem in flat arrays. Variables are the nodes, then one with a
// single label for each input of the model; labels are their options.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_PLACEMENTGRAPH_H
#define LATHE_LIB_PARTITION_PLACEMENTGRAPH_H

#include "lathe/Partition/PlacementProblem.h"
#include "llvm/ADT/BitVector.h"

namespace lathe::partition {

struct PlacementGraph {
  struct Tensor {
    unsigned source;
    llvm::SmallVector<unsigned, 4> consumers;
  };

  unsigned numDevices = 0;
  unsigned numNodes = 0;
  /// One for each variable and an end.
  std::vector<unsigned> firstLabel;
  std::vector<unsigned> labelDevice;
  std::vector<Precision> labelPrecision;
  std::vector<Tensor> tensors;
  std::vector<llvm::SmallVector<unsigned, 2>> outputs; ///< of variables
  std::vector<llvm::SmallVector<unsigned, 4>> inputs;
  std::vector<unsigned> order; ///< of variables, sources before consumers
  llvm::BitVector allLabels;   ///< that pins allow
  std::vector<NoiseTerm> noiseTerms;

  /// `problem` has been verified.
  explicit PlacementGraph(const PlacementProblem &problem);

  unsigned getNumOptions() const { return firstLabel[numNodes]; }
  unsigned getNumVariables() const { return firstLabel.size() - 1; }
  unsigned getNumLabels(unsigned variable) const {
    return firstLabel[variable + 1] - firstLabel[variable];
  }
  llvm::SmallVector<unsigned> getLabels(unsigned variable,
                                        const llvm::BitVector &allowed) const;
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_PLACEMENTGRAPH_H
