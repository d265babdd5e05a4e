//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The order in which the nodes of a graph or function are imported.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_NODEORDER_H
#define LATHE_LIB_FRONTEND_ONNX_NODEORDER_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <onnx/onnx_pb.h>
#include <vector>

namespace lathe::frontend {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

/// What the user knows node number `index` by: its name, or its operator and
/// its number if it has none.
std::string getNodeName(const onnx::NodeProto &node, int index);

/// The nodes of a graph by the tensors they produce.
class NodeOrder {
public:
  explicit NodeOrder(const Nodes &nodes) : nodes(nodes) {}

  /// Sorts the nodes that `outputs` depend on so that each follows those it
  /// reads from; a model that is sorted already, as the format asks for, keeps
  /// its order. Fails if a tensor is produced twice or is `isDefined`, if nodes
  /// form a cycle, or if something is read that neither a node produces nor
  /// `isGiven` knows. Nodes also read what graphs inside them take from
  /// outside.
  llvm::Error sort(llvm::ArrayRef<std::string> outputs,
                   llvm::function_ref<bool(llvm::StringRef)> isDefined,
                   llvm::function_ref<bool(llvm::StringRef)> isGiven);

  /// The numbers of the nodes, sorted.
  llvm::ArrayRef<int> getSorted() const { return sorted; }

  /// The number of the node that produces `tensor`, or -1.
  int getProducer(llvm::StringRef tensor) const;

private:
  llvm::Error collectProducers(llvm::function_ref<bool(llvm::StringRef)>);
  llvm::ArrayRef<llvm::StringRef> getReads(int node);
  llvm::Error visit(int root);
  llvm::Error makeCycleError(llvm::ArrayRef<std::pair<int, int>> path,
                             int repeated) const;

  enum class State : char { New, Open, Done };

  const Nodes &nodes;
  llvm::function_ref<bool(llvm::StringRef)> isGiven;
  llvm::StringMap<int> producers;
  /// What each node reads, once it was asked for.
  std::vector<std::optional<std::vector<llvm::StringRef>>> reads;
  std::vector<State> states;
  std::vector<int> sorted;
};

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_NODEORDER_H
