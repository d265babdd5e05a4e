//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Work of a node is counted in multiply-accumulates and bytes of its result and
// shared out so that the whole model takes the time that was measured.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_SYNTHETICGRAPH_H
#define LATHE_LIB_PARTITION_SYNTHETICGRAPH_H

#include "lathe/Partition/SyntheticProblems.h"

namespace lathe::partition {

/// A graph of nodes with work and of tensors, without devices.
class SyntheticGraph {
public:
  unsigned addInput(double bytes) {
    tensors.push_back({});
    tensors.back().bytes = bytes;
    return tensors.size() - 1;
  }

  /// Adds a node that reads `inputs`; returns its tensor. `work` is relative.
  unsigned addNode(llvm::ArrayRef<unsigned> inputs, double work, double bytes,
                   double weightBytes = 0) {
    unsigned node = works.size();
    for (unsigned input : inputs)
      tensors[input].consumers.push_back(node);
    works.push_back(work);
    weights.push_back(weightBytes);
    return addOutput(node, bytes);
  }

  /// Adds another result of a node.
  unsigned addOutput(unsigned node, double bytes) {
    PlacementTensor tensor;
    tensor.source = node;
    tensor.bytes = bytes;
    tensors.push_back(std::move(tensor));
    return tensors.size() - 1;
  }

  void want(unsigned tensor) { tensors[tensor].wantedDevices.push_back(0); }
  unsigned getNumNodes() const { return works.size(); }

  llvm::ArrayRef<PlacementTensor> getTensors() const { return tensors; }
  llvm::ArrayRef<double> getWorks() const { return works; }
  llvm::ArrayRef<double> getWeightBytes() const { return weights; }
  double getTotalWork() const;
  /// The `count` nodes with the most work, or all; of equals the first ones.
  std::vector<unsigned> findHeaviest(unsigned count) const;

  /// Adds the network and an option for each node and device.
  PlacementProblem finish(const SyntheticOptions &options) const;

private:
  std::vector<PlacementTensor> tensors;
  std::vector<double> works;
  std::vector<double> weights;
};

/// The graph of makeYoloProblem(). A byte that is only moved is as much work as
/// `productsPerByte` multiply-accumulates; 1e9 of these are 1.
SyntheticGraph makeYoloGraph(unsigned depth, double productsPerByte);

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_SYNTHETICGRAPH_H
