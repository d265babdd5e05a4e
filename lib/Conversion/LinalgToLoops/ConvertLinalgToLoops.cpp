//===- ConvertLinalgToLoops.cpp - Lower kernels to scheduled loops --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Conversion/LinalgToLoops/Passes.h"

#include "KernelLoops.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace lathe {
#define GEN_PASS_DEF_CONVERTLINALGTOLOOPS
#include "lathe/Conversion/LinalgToLoops/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

SmallVector<StringRef> lathe::loopNames(linalg::GenericOp op) {
  SmallVector<StringRef> names;
  if (auto attr = op->getAttrOfType<ArrayAttr>("lathe.loops"))
    for (StringAttr name : attr.getAsRange<StringAttr>())
      names.push_back(name);
  for (unsigned i = names.size(); i < op.getNumLoops(); ++i)
    names.push_back(i < op.getNumParallelLoops() ? "i" : "r");
  return names;
}

bool lathe::canComputeUnused(const KernelBody &body) {
  bool result = true;
  Value memref = body.stores[0].memref;
  memref.getParentRegion()->walk([&](linalg::GenericOp op) {
    for (Operation &inner : op.getBody()->without_terminator())
      result &= isSpeculatable(&inner);
  });
  return result;
}

bool lathe::usesTables(const KernelBody &body) {
  bool result = false;
  Value memref = body.stores[0].memref;
  memref.getParentRegion()->walk([&](tensor::ExtractOp) { result = true; });
  return result;
}

SmallVector<Value> lathe::buildLoop(
    OpBuilder &builder, IndexSpace &space, Location loc, StringRef name,
    OpFoldResult low, OpFoldResult high, int64_t step, IndexRange range,
    ValueRange carried,
    llvm::function_ref<SmallVector<Value>(AffineExpr, ValueRange)> body) {
  std::optional<int64_t> first = getConstantIntValue(low);
  std::optional<int64_t> end = getConstantIntValue(high);
  if (first && end && *end - *first == step)
    return body(space.constant(*first), carried);

  auto valueOf = [&](OpFoldResult bound) -> Value {
    if (std::optional<int64_t> constant = getConstantIntValue(bound))
      return arith::ConstantIndexOp::create(builder, loc, *constant);
    return cast<Value>(bound);
  };
  Value stepValue = arith::ConstantIndexOp::create(builder, loc, step);
  auto loop = scf::ForOp::create(builder, loc, valueOf(low), valueOf(high),
                                 stepValue, carried);
  SmallVector<StringRef> names(1 + carried.size(), "acc");
  names[0] = name;
  loop->setAttr("lathe.names", builder.getStrArrayAttr(names));
  OpBuilder::InsertionGuard guard(builder);
  if (carried.empty())
    builder.setInsertionPoint(loop.getBody()->getTerminator());
  else
    builder.setInsertionPointToEnd(loop.getBody());
  SmallVector<Value> next = body(space.add(loop.getInductionVar(), range, step),
                                 loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(builder, loc, next);
  return llvm::to_vector(ValueRange(loop.getResults()));
}

void lathe::buildParallelLoop(
    OpBuilder &builder, IndexSpace &space, Location loc, StringRef name,
    int64_t low, int64_t high, int64_t step,
    llvm::function_ref<SmallVector<Value>(AffineExpr, ValueRange)> body) {
  if (high - low == step) {
    body(space.constant(low), {});
    return;
  }
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  auto loop = scf::ParallelOp::create(builder, loc, {constant(low)},
                                      {constant(high)}, {constant(step)});
  loop->setAttr("lathe.names", builder.getStrArrayAttr({name}));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(loop.getBody()->getTerminator());
  body(space.add(loop.getInductionVars()[0], {low, high - step}, step), {});
}

Value lathe::isWithin(OpBuilder &builder, const IndexSpace &space, Location loc,
                      AffineExpr index, int64_t extent) {
  index = space.simplify(space.flatten(index), /*lanes=*/1);
  IndexRange range = space.rangeOf(index);
  if (range.low >= 0 && range.high < extent)
    return {};
  // As unsigned numbers, negative ones are large.
  Value limit = arith::ConstantIndexOp::create(builder, loc, extent);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                               space.materialize(builder, loc, index), limit);
}

Value lathe::both(OpBuilder &builder, Location loc, Value a, Value b) {
  if (!a || !b)
    return a ? a : b;
  return arith::AndIOp::create(builder, loc, a, b);
}

void lathe::buildIf(OpBuilder &builder, Location loc, Value condition,
                    llvm::function_ref<void()> then,
                    llvm::function_ref<void()> otherwise) {
  if (!condition)
    return then();
  auto branch =
      scf::IfOp::create(builder, loc, condition,
                        /*withElseRegion=*/static_cast<bool>(otherwise));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(branch.thenYield());
  then();
  if (!otherwise)
    return;
  builder.setInsertionPoint(branch.elseYield());
  otherwise();
}

std::optional<Indices> lathe::project(const IndexSpace &space, Value from,
                                      const Indices &at, Value target,
                                      Lanes lanes) {
  if (from == target)
    return at;
  for (OpOperand &use : from.getUses()) {
    Operation *user = use.getOwner();
    Indices next;
    if (auto generic = dyn_cast<linalg::GenericOp>(user)) {
      AffineMap map = generic.getMatchingIndexingMap(&use);
      if (generic.getNumReductionLoops() != 0 || !map.isPermutation())
        continue;
      Indices loops(generic.getNumLoops());
      for (auto [i, expr] : llvm::enumerate(map.getResults()))
        loops[cast<AffineDimExpr>(expr).getPosition()] = at[i];
      AffineMap output = generic.getIndexingMapsArray().back();
      for (AffineExpr expr : output.getResults())
        next.push_back(loops[cast<AffineDimExpr>(expr).getPosition()]);
    } else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(user)) {
      ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
      for (const ReassociationIndices &group :
           collapse.getReassociationIndices()) {
        AffineExpr index = space.constant(0);
        for (int64_t dim : group)
          index = index * shape[dim] + at[dim];
        next.push_back(index);
      }
    } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(user)) {
      ArrayRef<int64_t> shape = expand.getResultType().getShape();
      next.assign(shape.size(), space.constant(0));
      for (auto [i, group] :
           llvm::enumerate(expand.getReassociationIndices())) {
        AffineExpr rest = at[i];
        for (int64_t dim : llvm::reverse(group)) {
          bool isFirst = dim == group.front();
          next[dim] = isFirst ? rest : space.simplify(rest % shape[dim], lanes);
          rest = space.simplify(rest.floorDiv(shape[dim]), lanes);
        }
      }
    } else {
      continue;
    }
    if (std::optional<Indices> found =
            project(space, user->getResult(0), next, target, lanes))
      return found;
  }
  return std::nullopt;
}

/// Whether one loop nest over the only reduction's parallel dimensions reaches
/// every element of all results.
static bool isOneNest(const KernelBody &body, MLIRContext *context) {
  if (body.reductions.empty())
    return true;
  if (body.reductions.size() > 1)
    return false;
  linalg::GenericOp root = body.reductions[0];
  IndexSpace space(context);
  Indices indices;
  SmallVector<int64_t> extents = root.getStaticLoopRanges();
  for (int64_t extent :
       ArrayRef(extents).take_front(root.getNumParallelLoops()))
    indices.push_back(space.add({}, {0, extent - 1}));
  return llvm::all_of(body.stores, [&](const KernelStore &store) {
    return llvm::any_of(root.getResults(), [&](Value result) {
      return project(space, result, indices, store.tensor, /*lanes=*/1)
          .has_value();
    });
  });
}

namespace {

/// Emits the form of loops that suits what the kernel computes; `root` is null
/// or an op whose loops have no form in linalg.
LogicalResult emitLoops(OpBuilder &builder, const KernelBody &body,
                        Operation *root) {
  if (auto winograd = dyn_cast_if_present<WinogradConvOp>(root))
    return emitWinograd(builder, body, winograd);
  if (auto conv = dyn_cast_if_present<WindowConvOp>(root))
    return emitWindowConv(builder, body, conv);
  if (auto conv = dyn_cast_if_present<PlaneDepthwiseOp>(root))
    return emitPlaneDepthwise(builder, body, conv);
  return isOneNest(body, builder.getContext()) ? emitTiles(builder, body)
                                               : emitRows(builder, body);
}

struct ConvertLinalgToLoops
    : lathe::impl::ConvertLinalgToLoopsBase<ConvertLinalgToLoops> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    KernelBody body;
    Operation *root = nullptr;
    SmallVector<Operation *> old;
    func.walk([&](Operation *op) {
      if (isa<ScratchOpInterface>(op))
        root = op;
      if (auto store = dyn_cast<bufferization::MaterializeInDestinationOp>(op))
        body.stores.push_back({store.getSource(), store.getDest()});
      if (auto generic = dyn_cast<linalg::GenericOp>(op))
        if (generic.getNumReductionLoops() != 0)
          body.reductions.push_back(generic);
    });
    if (body.stores.empty())
      return; // not a kernel, or lowered before
    for (Operation &op : func.getBody().front().without_terminator())
      old.push_back(&op);
    if (auto strategy = func->getAttrOfType<StrategyAttr>("lathe.strategy")) {
      body.order = llvm::to_vector(strategy.getOrder());
      body.tile = llvm::to_vector(strategy.getTile());
      body.vector = strategy.getVector();
      body.parallel = strategy.getParallel();
    }

    auto scratchOp = dyn_cast_if_present<ScratchOpInterface>(root);
    if (scratchOp && scratchOp.getScratchBytes() > 0)
      body.scratch = func.getArguments().back();

    OpBuilder builder(func.getBody().front().getTerminator());
    if (failed(emitLoops(builder, body, root)))
      return signalPassFailure();

    // What described the computation on tensors is no longer needed; scalar
    // constants may be used by the loops.
    for (Operation *op : llvm::reverse(old))
      if (isa<bufferization::MaterializeInDestinationOp>(op) || op->use_empty())
        op->erase();
  }
};

} // namespace
