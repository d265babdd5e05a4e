//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The graphical model of a placement graph whose labels are limited to a set,
// in the form in which it is eliminated. A node has a variable for its device
// and one for its precision, of those that are still open. What consumers cost
// depends on their device alone, so precisions leave early and add nothing to
// the width.
//
// A tensor's cost is one table if it has few consumers. Otherwise it has a
// binary variable for each destination that several consumers may take: its
// source pays for the destination if it is set, and no consumer can be there if
// it is not. Together these are the set of destinations, but those that few
// consumers can take leave the tables early.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PARTITION_ELIMINATIONMODEL_H
#define LATHE_LIB_PARTITION_ELIMINATIONMODEL_H

#include "BucketElimination.h"
#include "CostTables.h"
#include "MinFill.h"

namespace lathe::partition {

class EliminationModel {
public:
  /// Has no order, and getOrder().complete is false, if the tables would have
  /// more than `maxCells`. `graph` has to outlive the model.
  /// Without `noiseTerms`, products in the noise are no part of the sum.
  EliminationModel(const PlacementGraph &graph, const llvm::BitVector &labels,
                   double maxCells, bool noiseTerms = false);

  const EliminationOrder &getOrder() const { return order; }

  /// The labels of least sum of `costs` among `allowed`, a subset of those the
  /// model was made for.
  std::vector<unsigned> minimize(const CostTables &costs,
                                 const llvm::BitVector &allowed) const;

  /// Calls `function` with scope and values (row-major) of each factor.
  using FactorFunction = llvm::function_ref<void(
      llvm::ArrayRef<unsigned> scope, llvm::ArrayRef<double> values)>;
  void forEachFactor(const CostTables &costs, FactorFunction function) const;
  /// What nodes cost that have one label, and so no factor.
  double computeConstant(const CostTables &costs) const;
  llvm::ArrayRef<unsigned> getDomainSizes() const { return domainSizes; }

private:
  static constexpr unsigned none = ~0u;

  /// How a node or an input shows in the model.
  struct Variable {
    llvm::SmallVector<unsigned, 8> devices;
    unsigned device = none;    ///< a variable, if there are several
    unsigned precision = none; ///< a variable, if some device has both
    /// For each device and precision (the first varies fastest), none if there
    /// is no such label. With one precision it stands for both.
    llvm::SmallVector<unsigned, 8> labels;
  };
  enum class FactorKind : uint8_t {
    Node,        ///< the labels' costs and what fixed consumers cost
    Tensor,      ///< all that free consumers cost
    Destination, ///< what one device costs that only one consumer may take
    Send,        ///< what one device costs if its indicator is set
    Reach,       ///< one consumer is not where the indicator is not set
    Noise        ///< a product
  };
  struct FactorShape {
    FactorKind kind;
    unsigned variable; ///< the node, the tensor, or the product
    unsigned device = 0;
    unsigned consumer = 0; ///< of Destination and Reach
    llvm::SmallVector<unsigned, 4> scope;
  };

  /// The labels that values of all variables stand for.
  std::vector<unsigned> decode(llvm::ArrayRef<unsigned> assignment) const;
  void addVariable(unsigned variable, const llvm::BitVector &labels);
  void addTensor(unsigned tensor);
  void addNoiseTerm(unsigned term);
  void addIndicators(unsigned tensor, llvm::ArrayRef<unsigned> consumers);
  bool isTable(unsigned tensor, llvm::ArrayRef<unsigned> consumers) const;
  void appendSource(unsigned variable,
                    llvm::SmallVectorImpl<unsigned> &scope) const;
  unsigned addDomain(unsigned size) {
    domainSizes.push_back(size);
    return domainSizes.size() - 1;
  }
  unsigned getLabel(unsigned variable,
                    llvm::ArrayRef<unsigned> assignment) const;
  unsigned getDevice(unsigned variable,
                     llvm::ArrayRef<unsigned> assignment) const;
  double computeCost(const FactorShape &shape, const CostTables &costs,
                     const llvm::BitVector *allowed,
                     llvm::ArrayRef<unsigned> assignment) const;
  double computeTensorCost(unsigned tensor, const double *crossings,
                           llvm::ArrayRef<unsigned> assignment) const;
  void fill(const FactorShape &shape, llvm::ArrayRef<unsigned> scope,
            const CostTables &costs, const llvm::BitVector *allowed,
            std::vector<unsigned> &assignment, double *values) const;

  const PlacementGraph &graph;
  std::vector<Variable> variables;
  std::vector<unsigned> domainSizes;
  std::vector<FactorShape> shapes;
  /// For each tensor, the devices on which fixed consumers are.
  std::vector<llvm::SmallVector<unsigned, 2>> fixedDevices;
  EliminationOrder order;
};

} // namespace lathe::partition

#endif // LATHE_LIB_PARTITION_ELIMINATIONMODEL_H
