//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reductions and normalizations.
//
//===----------------------------------------------------------------------===//

#include "ConverterRegistry.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::exporter;

static StringRef getOperator(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::Sum:
    return "ReduceSum";
  case ReduceKind::Mean:
    return "ReduceMean";
  case ReduceKind::Prod:
    return "ReduceProd";
  case ReduceKind::Max:
    return "ReduceMax";
  case ReduceKind::Min:
    return "ReduceMin";
  }
  llvm_unreachable("every kind is handled");
}

/// The axes of a tensor in `layout` that are `axes` of its value.
static SmallVector<int64_t> moveAxes(ArrayRef<int64_t> layout,
                                     ArrayRef<int64_t> axes) {
  SmallVector<int64_t> moved;
  for (int64_t axis : axes)
    moved.push_back(getPosition(layout, axis));
  llvm::sort(moved);
  return moved;
}

static LogicalResult convertReduce(ReduceOp op, OpContext &context) {
  Layout layout = context.getLayout(op.getInput());
  std::string input = context.get(op.getInput(), layout);
  // No axes would mean all.
  if (op.getAxes().empty())
    return context.setResult("Identity", input, {}, layout);
  StringRef type = getOperator(op.getKind());
  bool ordered =
      op.getKind() == ReduceKind::Max || op.getKind() == ReduceKind::Min;
  KindSet kinds = floats | wideIntegers;
  if (!context.getComputedKind(type, ordered ? kinds | bytes : kinds,
                               getKind(op.getInput())))
    return failure();
  std::string axes = context.createInts("axes", moveAxes(layout, op.getAxes()));
  return context.setResult(
      type, {input, axes}, NodeAttribute("keepdims", op.getKeepDims()),
      op.getKeepDims() ? layout : dropAxes(layout, op.getAxes()));
}

static LogicalResult convertArgReduce(ArgReduceOp op, OpContext &context) {
  Layout layout = context.getLayout(op.getInput());
  auto axis = static_cast<int64_t>(op.getAxis());
  return context.setResult(
      op.getKind() == ReduceKind::Max ? "ArgMax" : "ArgMin",
      context.get(op.getInput(), layout),
      {NodeAttribute("axis", getPosition(layout, axis)),
       NodeAttribute("keepdims", op.getKeepDims()),
       NodeAttribute("select_last_index", op.getSelectLast())},
      op.getKeepDims() ? layout : dropAxes(layout, axis));
}

static LogicalResult convertSoftmax(SoftmaxOp op, OpContext &context) {
  Layout layout = context.getLayout(op.getInput());
  auto axis = static_cast<int64_t>(op.getAxis());
  return context.setResult(op.getLog() ? "LogSoftmax" : "Softmax",
                           context.get(op.getInput(), layout),
                           NodeAttribute("axis", getPosition(layout, axis)),
                           layout);
}

/// The normalization in terms of other operators, computed in f32 or f64.
static LogicalResult spellOutLayerNorm(LayerNormOp op, OpContext &context) {
  ElementKind kind = getKind(op.getInput());
  ElementKind computed =
      kind == ElementKind::F64 ? ElementKind::F64 : ElementKind::F32;
  int64_t rank = getRank(op.getInput());
  auto axis = static_cast<int64_t>(op.getAxis());
  std::string axes = context.createInts(
      "axes", llvm::to_vector(llvm::seq<int64_t>(axis, rank)));
  std::string x =
      context.createCast(context.get(op.getInput()), kind, computed);
  if (!op.getRms()) {
    std::string mean = context.create("ReduceMean", {x, axes});
    x = context.create("Sub", {x, mean});
  }
  std::string square = context.create("Mul", {x, x});
  std::string variance = context.create("ReduceMean", {square, axes});
  std::string epsilon = context.createScalar("epsilon", computed,
                                             op.getEpsilon().convertToDouble());
  std::string sum = context.create("Add", {variance, epsilon});
  std::string deviation = context.create("Sqrt", sum);

  StringRef lastType = "Div";
  std::string last[2] = {x, deviation};
  auto append = [&](StringRef type, Value parameter) {
    if (!parameter)
      return;
    last[0] = context.create(lastType, last);
    last[1] = context.createCast(context.get(parameter), kind, computed);
    lastType = type;
  };
  append("Mul", op.getScale());
  append("Add", op.getBias());
  return context.setResultIn(computed, lastType, last, {}, getIdentity(rank));
}

static LogicalResult convertLayerNorm(LayerNormOp op, OpContext &context) {
  ElementKind kind = getKind(op.getInput());
  // LayerNormalization computes in f32 at most, and RMSNormalization came with
  // version 23.
  if (op.getRms() || kind == ElementKind::F64)
    return spellOutLayerNorm(op, context);
  std::string scale = context.get(op.getScale());
  if (scale.empty()) {
    auto axis = static_cast<int64_t>(op.getAxis());
    HostTensor ones(kind, getShape(op.getInput()).drop_front(axis));
    for (int64_t i = 0; i < ones.getNumElements(); ++i)
      ones.setDouble(i, 1);
    scale = context.getGraph().addInitializer(
        (context.getName() + "/scale").str(), ones);
  }
  return context.setResult(
      "LayerNormalization",
      {context.get(op.getInput()), scale, context.get(op.getBias())},
      {NodeAttribute("axis", op.getAxis()),
       NodeAttribute("epsilon", op.getEpsilon().convertToDouble())});
}

void lathe::exporter::addReductions(ConverterRegistry &registry) {
  registry.add<ReduceOp>(convertReduce);
  registry.add<ArgReduceOp>(convertArgReduce);
  registry.add<SoftmaxOp>(convertSoftmax);
  registry.add<LayerNormOp>(convertLayerNorm);
}
