//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the scheduling searches share.
//
//===----------------------------------------------------------------------===//

#include "ScheduleModel.h"

#include "llvm/ADT/STLExtras.h"

using namespace lathe;
using llvm::SmallVector;

static constexpr unsigned noNode = ~0u;

template <typename Vector> static void sortAndUnique(Vector &values) {
  llvm::sort(values);
  values.erase(llvm::unique(values), values.end());
}

ScheduleModel::ScheduleModel(const ScheduleGraph &graph)
    : graph(graph), consumers(graph.buffers.size()), inputs(graph.nodes.size()),
      predecessors(graph.nodes.size()) {
  SmallVector<unsigned> producers(graph.buffers.size(), noNode);
  for (auto [index, node] : llvm::enumerate(graph.nodes)) {
    inputs[index].assign(node.inputs.begin(), node.inputs.end());
    sortAndUnique(inputs[index]);
    for (unsigned buffer : inputs[index]) {
      consumers[buffer].push_back(index);
      if (producers[buffer] != noNode)
        predecessors[index].push_back(producers[buffer]);
    }
    sortAndUnique(predecessors[index]);
    for (unsigned buffer : node.outputs)
      producers[buffer] = index;
  }
  for (auto [buffer, producer] : llvm::zip_equal(graph.buffers, producers))
    if (producer == noNode)
      entryBytes += buffer.size;
}

StepBytes
ScheduleModel::evaluate(unsigned index, uint64_t live,
                        llvm::function_ref<bool(unsigned)> isDone) const {
  const ScheduleNode &node = graph.nodes[index];
  auto diesHere = [&](unsigned buffer) {
    return !graph.buffers[buffer].isOutput &&
           llvm::all_of(consumers[buffer], [&](unsigned consumer) {
             return consumer == index || isDone(consumer);
           });
  };
  uint64_t freed = 0;
  for (unsigned buffer : inputs[index])
    if (diesHere(buffer))
      freed += graph.buffers[buffer].size;
  uint64_t allocated = 0;
  for (unsigned buffer : node.outputs) {
    allocated += graph.buffers[buffer].size;
    if (diesHere(buffer))
      freed += graph.buffers[buffer].size;
  }
  uint64_t shared = 0;
  if (node.inPlaceInput && diesHere(*node.inPlaceInput))
    shared = std::min(graph.buffers[*node.inPlaceInput].size,
                      graph.buffers[node.outputs.front()].size);
  return {live + allocated + node.scratch - shared, live + allocated - freed};
}

uint64_t ScheduleModel::computeOwnBytes(unsigned index) const {
  const ScheduleNode &node = graph.nodes[index];
  uint64_t bytes = node.scratch;
  for (unsigned buffer : inputs[index])
    bytes += graph.buffers[buffer].size;
  for (unsigned buffer : node.outputs)
    bytes += graph.buffers[buffer].size;
  if (node.inPlaceInput && !graph.buffers[*node.inPlaceInput].isOutput)
    bytes -= std::min(graph.buffers[*node.inPlaceInput].size,
                      graph.buffers[node.outputs.front()].size);
  return bytes;
}
