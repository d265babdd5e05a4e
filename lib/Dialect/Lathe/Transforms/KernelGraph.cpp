//===- KernelGraph.cpp - Kernels and the buffers between them -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelGraph.h"

#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

/// The number of the function's result that a root of storage is, if any.
static std::optional<unsigned> getResultNumber(Value root) {
  for (OpOperand &use : root.getUses())
    if (use.getOwner()->hasTrait<OpTrait::IsTerminator>())
      return use.getOperandNumber();
  return std::nullopt;
}

bool KernelGraph::isInArena(Value root) const {
  if (auto argument = dyn_cast<BlockArgument>(root))
    return ioInArena || isStateArgument(func, argument.getArgNumber());
  if (root.getDefiningOp()->hasTrait<OpTrait::ConstantLike>())
    return false;
  std::optional<unsigned> result = getResultNumber(root);
  return ioInArena || !result || isStateResult(func, *result);
}

LogicalResult KernelGraph::touch(Value value, unsigned step) {
  FailureOr<Storage> storage = getStorage(value);
  if (failed(storage))
    return emitError(value.getLoc(),
                     "is a view that needs a copy; run lathe-isolate-buffers");
  if (!isInArena(storage->root))
    return success();
  auto type = cast<RankedTensorType>(storage->root.getType());
  auto [it, isNew] =
      roots.insert({storage->root, RootBuffer{getByteSize(type), step, step}});
  it->second.last = step;
  return success();
}

FailureOr<KernelGraph> KernelGraph::build(func::FuncOp func, bool ioInArena) {
  KernelGraph graph(func, ioInArena);
  for (Value input : func.getArguments())
    if (graph.isInArena(input))
      graph.inputs.push_back(input);
  for (Value input : graph.inputs)
    if (failed(graph.touch(input, 0)))
      return failure();
  for (auto kernel : func.getOps<KernelOp>()) {
    unsigned step = graph.kernels.size();
    graph.kernels.push_back(kernel);
    for (Value result : kernel.getOutputs())
      if (failed(graph.touch(result, step)))
        return failure();
    for (Value input : kernel.getInputs())
      if (failed(graph.touch(input, step)))
        return failure();
  }
  for (auto &[root, lifetime] : graph.roots) {
    auto argument = dyn_cast<BlockArgument>(root);
    if (getResultNumber(root) ||
        (argument && isStateArgument(func, argument.getArgNumber())))
      lifetime.last = graph.kernels.size();
  }
  return graph;
}

/// `value` when it is its own root.
static Value ownRoot(Value value) {
  FailureOr<Storage> storage = getStorage(value);
  return succeeded(storage) && storage->root == value ? value : Value();
}

Value KernelGraph::getWholeRoot(unsigned step, unsigned number) const {
  KernelOp kernel = kernels[step];
  Value input = kernel.getInputs()[number];
  FailureOr<Storage> storage = getStorage(input);
  if (failed(storage) || !roots.contains(storage->root) ||
      !ownRoot(kernel.getResult(0)) || !roots.contains(kernel.getResult(0)))
    return {};
  // The input must be all of its root, read in order.
  auto type = cast<RankedTensorType>(input.getType());
  if (roots.lookup(storage->root).bytes != getByteSize(type) ||
      storage->view.offset != 0 || !storage->view.isContiguous(type.getShape()))
    return {};
  // Another input that lies in the same memory might be read in another order.
  for (auto [i, other] : llvm::enumerate(kernel.getInputs())) {
    FailureOr<Storage> lies = getStorage(other);
    if (i != number && succeeded(lies) && lies->root == storage->root)
      return {};
  }
  return storage->root;
}

Value KernelGraph::getOverwritableRoot(unsigned step) const {
  KernelOp kernel = kernels[step];
  std::optional<ArrayRef<int64_t>> inPlace = kernel.getInPlace();
  if (!inPlace || inPlace->empty() || inPlace->front() < 0)
    return {};
  return getWholeRoot(step, static_cast<unsigned>(inPlace->front()));
}

Value KernelGraph::getInPlaceRoot(unsigned step) const {
  Value root = getOverwritableRoot(step);
  return root && roots.lookup(root).last == step ? root : Value();
}

/// Whether `root` is what a call leaves in a state, whose bytes count already.
bool KernelGraph::isNextState(Value root) const {
  std::optional<unsigned> result = getResultNumber(root);
  return result && isStateResult(func, *result);
}

/// The kernel results and arguments that `value` is made of: through views and
/// concatenations.
static void collectProducers(Value value, SmallVectorImpl<Value> &producers) {
  Operation *op = value.getDefiningOp();
  if (!op || isa<KernelOp>(op))
    producers.push_back(value);
  else
    for (Value operand : op->getOperands())
      collectProducers(operand, producers);
}

ScheduleGraph KernelGraph::getScheduleGraph() const {
  // A concatenation's memory is allocated by the first kernel that fills a part
  // of it, which the scheduler cannot state; every part counts on its own
  // instead.
  ScheduleGraph graph;
  llvm::DenseMap<Value, unsigned> buffers;
  auto addBuffer = [&](Value value) {
    FailureOr<Storage> storage = getStorage(value);
    bool inArena = succeeded(storage) && roots.contains(storage->root);
    auto type = cast<RankedTensorType>(value.getType());
    buffers[value] = graph.buffers.size();
    ScheduleBuffer buffer;
    buffer.size =
        inArena && !isNextState(storage->root) ? getByteSize(type) : 0;
    buffer.isOutput =
        inArena && roots.lookup(storage->root).last == kernels.size();
    graph.buffers.push_back(buffer);
  };
  llvm::for_each(inputs, addBuffer);
  for (KernelOp kernel : kernels)
    llvm::for_each(kernel.getOutputs(), addBuffer);
  for (KernelOp kernel : kernels) {
    ScheduleNode node;
    node.scratch = kernel.getScratch();
    for (Value result : kernel.getOutputs())
      node.outputs.push_back(buffers[result]);
    SmallVector<Value> producers;
    for (Value input : kernel.getInputs())
      collectProducers(input, producers);
    for (Value producer : producers)
      if (auto buffer = buffers.find(producer);
          buffer != buffers.end() &&
          !llvm::is_contained(node.inputs, buffer->second))
        node.inputs.push_back(buffer->second);
    if (auto inPlace = kernel.getInPlace();
        inPlace && inPlace->size() == 1 && inPlace->front() >= 0) {
      Value input = kernel.getInputs()[inPlace->front()];
      if (auto buffer = buffers.find(input); buffer != buffers.end())
        node.inPlaceInput = buffer->second;
    }
    graph.nodes.push_back(std::move(node));
  }
  return graph;
}

std::optional<int64_t> lathe::getWriteLead(KernelOp kernel, unsigned input) {
  BlockArgument argument = kernel.getBody().getArgument(input);
  if (!argument.hasOneUse())
    return std::nullopt;
  OpOperand &use = *argument.getUses().begin();
  auto reader = dyn_cast<InPlaceOpInterface>(use.getOwner());
  auto result = cast<RankedTensorType>(kernel.getResult(0).getType());
  if (!reader ||
      cast<RankedTensorType>(reader->getResult(0).getType()).getShape() !=
          result.getShape())
    return std::nullopt;
  for (Operation &op : kernel.getBody().front().without_terminator())
    if (&op != reader && !isa<ElementwiseOpInterface>(op) &&
        !op.hasTrait<OpTrait::ConstantLike>())
      return std::nullopt;
  int64_t bytes = llvm::divideCeil(result.getElementTypeBitWidth(), 8);
  return reader.getWriteLead(use.getOperandNumber(), bytes);
}
