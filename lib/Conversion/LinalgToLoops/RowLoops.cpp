//===- RowLoops.cpp - Several reductions over the same rows ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Softmax, normalization and reductions of the innermost dimension. The loops
// that all reductions share run outside; for each of their iterations the
// reductions run in order, with vectors along the innermost reduced dimension,
// and then the result's remaining dimensions.
//
//===----------------------------------------------------------------------===//

#include "KernelLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

namespace {

class RowEmitter {
public:
  RowEmitter(OpBuilder &builder, const KernelBody &body)
      : builder(builder), body(body), store(body.stores[0]),
        space(builder.getContext()), reader(builder, space),
        loc(store.tensor.getLoc()), canOverrun(canComputeUnused(body)) {
    // The next row often is read where the rest of this one ends.
    reader.avoidMaskedStores();
  }

  LogicalResult emit();

private:
  using Rows = llvm::MapVector<Operation *, Indices>;

  void collectRows(Value tensor, const Indices &at, Rows &rows);
  LogicalResult findSharedLoops();
  void moveOutermostFirst();
  void emitShared(ArrayRef<int64_t> loops, Indices bases);
  void emitReduction(linalg::GenericOp op, const Indices &bases);
  SmallVector<Value> reduceRange(linalg::GenericOp op, const Indices &loops,
                                 int64_t loop, int64_t low, int64_t high,
                                 Lanes lanes, ValueRange accumulators);
  SmallVector<Value> reduceVectors(linalg::GenericOp op, const Indices &loops,
                                   Value initial);
  SmallVector<Value> accumulate(linalg::GenericOp op, const Indices &loops,
                                Lanes lanes, ValueRange accumulators);
  void emitRest(ArrayRef<int64_t> loops, Indices bases);
  bool readsKept(linalg::GenericOp op) const;

  /// Elements in a vector of a row of `extent`, which may fill it in part.
  int64_t vectorOf(int64_t extent) const {
    int64_t enough = llvm::PowerOf2Ceil(std::max<int64_t>(extent, 1));
    return canOverrun ? std::min(body.vector, enough)
                      : (extent >= body.vector ? body.vector : 1);
  }

  OpBuilder &builder;
  const KernelBody &body;
  const KernelStore &store;
  IndexSpace space;
  TensorReader reader;
  Location loc;
  /// Of each reduction, its parallel indices in terms of the result's
  /// dimensions.
  Rows rows;
  llvm::DenseSet<Value> visited; ///< while these are collected
  int64_t nextDim = 0;
  SmallVector<int64_t> shared, rest;
  /// A tensor that the last reductions and the result both read: it is kept in
  /// the result's memory instead of being computed twice (softmax's
  /// exponentials).
  Value kept;
  /// Whether lanes beyond the end of a row may be computed.
  bool canOverrun;
  bool failed = false;
};

} // namespace

/// Records where the reductions that `tensor` depends on are read.
void RowEmitter::collectRows(Value tensor, const Indices &at, Rows &rows) {
  // However many ops read it, it depends on the same.
  if (!visited.insert(tensor).second)
    return;
  Operation *op = tensor.getDefiningOp();
  if (auto collapse = dyn_cast_if_present<tensor::CollapseShapeOp>(op)) {
    // Only unit dimensions come and go between the reductions of a kernel.
    Indices source;
    for (auto [i, group] :
         llvm::enumerate(collapse.getReassociationIndices())) {
      bool placed = false;
      for (int64_t dim : group) {
        bool unit = collapse.getSrcType().getDimSize(dim) == 1;
        source.push_back(unit || placed ? space.constant(0) : at[i]);
        placed |= !unit;
      }
    }
    return collectRows(collapse.getSrc(), source, rows);
  }
  if (auto expand = dyn_cast_if_present<tensor::ExpandShapeOp>(op)) {
    Indices source;
    for (const ReassociationIndices &group : expand.getReassociationIndices()) {
      AffineExpr index = space.constant(0);
      for (int64_t dim : group)
        if (expand.getResultType().getDimSize(dim) != 1)
          index = at[dim];
      source.push_back(index);
    }
    return collectRows(expand.getSrc(), source, rows);
  }
  auto generic = dyn_cast_if_present<linalg::GenericOp>(op);
  if (!generic)
    return;
  AffineMap output = generic.getIndexingMapsArray()[generic.getNumDpsInputs()];
  Indices loops(generic.getNumLoops());
  for (auto [i, expr] : llvm::enumerate(output.getResults()))
    loops[cast<AffineDimExpr>(expr).getPosition()] = at[i];
  for (AffineExpr &loop : loops)
    if (!loop)
      loop = getAffineDimExpr(nextDim++, builder.getContext());
  if (generic.getNumReductionLoops() != 0)
    rows.insert(
        {generic, Indices(loops.begin(),
                          loops.begin() + generic.getNumParallelLoops())});
  for (OpOperand *input : generic.getDpsInputOperands()) {
    Indices source;
    for (AffineExpr expr : generic.getMatchingIndexingMap(input).getResults())
      source.push_back(expr.replaceDims(loops));
    collectRows(input->get(), source, rows);
  }
}

LogicalResult RowEmitter::findSharedLoops() {
  int64_t rank = cast<RankedTensorType>(store.tensor.getType()).getRank();
  Indices at;
  for (int64_t dim = 0; dim < rank; ++dim)
    at.push_back(getAffineDimExpr(dim, builder.getContext()));
  nextDim = rank;
  collectRows(store.tensor, at, rows);
  llvm::SmallSetVector<int64_t, 8> used;
  for (auto &[op, indices] : rows)
    for (AffineExpr index : indices) {
      for (int64_t dim = 0; dim < rank; ++dim)
        if (index.isFunctionOfDim(dim))
          used.insert(dim);
      for (int64_t dim = rank; dim < nextDim; ++dim)
        if (index.isFunctionOfDim(dim))
          return op->emitError("reductions of a kernel must share their rows");
    }
  for (int64_t dim = 0; dim < rank; ++dim)
    (used.contains(dim) ? shared : rest).push_back(dim);

  // The last elementwise op that both a reduction and the result read.
  for (linalg::GenericOp op : body.reductions)
    for (OpOperand *input : op.getDpsInputOperands()) {
      auto producer = input->get().getDefiningOp<linalg::GenericOp>();
      if (producer && producer.getNumReductionLoops() == 0 &&
          !input->get().hasOneUse() && input->get() != store.tensor &&
          input->get().getType() == store.tensor.getType() &&
          op.getMatchingIndexingMap(input).isPermutation() &&
          llvm::any_of(input->get().getUsers(), [&](Operation *user) {
            return user == store.tensor.getDefiningOp();
          }))
        kept = input->get();
    }
  return success();
}

/// Puts the outermost loop of the strategy, which counts the first reduction's
/// loops, before the others.
void RowEmitter::moveOutermostFirst() {
  const Indices &loops = rows[body.reductions[0]];
  if (body.order.empty() || body.order[0] >= static_cast<int64_t>(loops.size()))
    return;
  auto dim = dyn_cast<AffineDimExpr>(loops[body.order[0]]);
  auto *place = dim ? llvm::find(shared, dim.getPosition()) : shared.end();
  if (place != shared.end())
    std::rotate(shared.begin(), place, place + 1);
}

bool RowEmitter::readsKept(linalg::GenericOp op) const {
  return kept && llvm::is_contained(op.getInputs(), kept);
}

void RowEmitter::emitShared(ArrayRef<int64_t> loops, Indices bases) {
  if (!loops.empty()) {
    int64_t dim = loops.front();
    int64_t extent =
        cast<RankedTensorType>(store.tensor.getType()).getDimSize(dim);
    auto emitInside = [&](AffineExpr index, ValueRange) -> SmallVector<Value> {
      bases[dim] = index;
      emitShared(loops.drop_front(), bases);
      return {};
    };
    if (body.parallel && loops.size() == shared.size())
      buildParallelLoop(builder, space, loc, "i", 0, extent, 1, emitInside);
    else
      buildLoop(builder, space, loc, "i", builder.getIndexAttr(0),
                builder.getIndexAttr(extent), 1, {0, extent - 1}, {},
                emitInside);
    return;
  }
  for (linalg::GenericOp op : body.reductions) {
    emitReduction(op, bases);
    if (failed)
      return;
    if (readsKept(op))
      reader.setStored(kept, store.memref);
  }
  emitRest(rest, bases);
}

/// Whether `select` keeps the greater (or, by `predicate`, smaller) of a value
/// and `accumulator`, passing over NaN.
static bool keepsExtremum(arith::SelectOp select, Value accumulator,
                          arith::CmpFPredicate predicate) {
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  return compare && compare.getPredicate() == predicate &&
         compare.getLhs() == select.getTrueValue() &&
         compare.getRhs() == accumulator &&
         select.getFalseValue() == accumulator;
}

/// How vectors of partial results are joined, for the reductions that have an
/// instruction for it.
static std::optional<vector::CombiningKind> combinerOf(linalg::GenericOp op) {
  if (op.getNumResults() != 1)
    return std::nullopt;
  Value accumulator = op.getRegionOutputArgs()[0];
  Operation *last =
      op.getBody()->getTerminator()->getOperand(0).getDefiningOp();
  if (!last || !llvm::is_contained(last->getOperands(), accumulator))
    return std::nullopt;
  using Kind = std::optional<vector::CombiningKind>;
  return llvm::TypeSwitch<Operation *, Kind>(last)
      .Case<arith::AddFOp, arith::AddIOp>(
          [](auto) { return vector::CombiningKind::ADD; })
      .Case<arith::MaximumFOp>(
          [](auto) { return vector::CombiningKind::MAXIMUMF; })
      .Case<arith::MinimumFOp>(
          [](auto) { return vector::CombiningKind::MINIMUMF; })
      .Case<arith::SelectOp>([&](arith::SelectOp select) -> Kind {
        if (keepsExtremum(select, accumulator, arith::CmpFPredicate::OGT))
          return vector::CombiningKind::MAXNUMF;
        if (keepsExtremum(select, accumulator, arith::CmpFPredicate::OLT))
          return vector::CombiningKind::MINNUMF;
        return std::nullopt;
      })
      .Case<arith::MaxSIOp>([](auto) { return vector::CombiningKind::MAXSI; })
      .Case<arith::MinSIOp>([](auto) { return vector::CombiningKind::MINSI; })
      .Default([](Operation *) { return Kind(); });
}

SmallVector<Value> RowEmitter::accumulate(linalg::GenericOp op,
                                          const Indices &loops, Lanes lanes,
                                          ValueRange accumulators) {
  reader.startPoint();
  SmallVector<Value> arguments;
  for (OpOperand *input : op.getDpsInputOperands()) {
    Indices at;
    for (AffineExpr expr : op.getMatchingIndexingMap(input).getResults())
      at.push_back(expr.replaceDims(loops));
    Value value = reader.read(input->get(), at, lanes);
    failed |= !value;
    if (failed)
      return llvm::to_vector(accumulators);
    if (input->get() == kept)
      reader.store(loc, value, store.memref, at, lanes);
    arguments.push_back(value);
  }
  llvm::append_range(arguments, accumulators);
  SmallVector<Value> next = reader.inlineRegion(op, loops, arguments, lanes);
  for (auto [value, accumulator] : llvm::zip_equal(next, accumulators)) {
    value = reader.broadcast(loc, value, lanes.width);
    // What the unused lanes computed counts for nothing.
    if (lanes.used < lanes.width)
      value = arith::SelectOp::create(
          builder, loc, reader.buildMask(loc, lanes), value, accumulator);
  }
  return next;
}

/// Runs reduction loop number `loop` and those inside; the innermost from `low`
/// to `high` in steps of `lanes`.
SmallVector<Value> RowEmitter::reduceRange(linalg::GenericOp op,
                                           const Indices &loops, int64_t loop,
                                           int64_t low, int64_t high,
                                           Lanes lanes,
                                           ValueRange accumulators) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  bool isLast = loop + 1 == static_cast<int64_t>(extents.size());
  int64_t first = isLast ? low : 0, end = isLast ? high : extents[loop];
  int64_t step = isLast ? lanes.width : 1;
  return buildLoop(
      builder, space, loc, loopNames(op)[loop], builder.getIndexAttr(first),
      builder.getIndexAttr(end), step, {first, end - step}, accumulators,
      [&](AffineExpr index, ValueRange carried) {
        Indices inner = loops;
        inner[loop] = isLast && lanes.width > 1 ? index + space.lane() : index;
        if (isLast)
          return accumulate(op, inner, lanes, carried);
        return reduceRange(op, inner, loop + 1, low, high, lanes, carried);
      });
}

/// Runs the reduction loops in vectors that begin with `initial` in each lane,
/// as far as they reach: what is left of a row is a vector, too, if its unused
/// lanes may be computed.
SmallVector<Value> RowEmitter::reduceVectors(linalg::GenericOp op,
                                             const Indices &loops,
                                             Value initial) {
  int64_t extent = op.getStaticLoopRanges().back();
  int64_t parallel = op.getNumParallelLoops();
  int64_t width = vectorOf(extent);
  int64_t main = extent / width * width, rest = extent - main;
  SmallVector<Value> vectors = {reader.broadcast(loc, initial, width)};
  if (main > 0)
    vectors = reduceRange(op, loops, parallel, 0, main, width, vectors);
  if (rest > 0 && canOverrun)
    vectors = reduceRange(op, loops, parallel, main, main + width,
                          Lanes(width, rest), vectors);
  return vectors;
}

void RowEmitter::emitReduction(linalg::GenericOp op, const Indices &bases) {
  int64_t parallel = op.getNumParallelLoops();
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  Indices loops(op.getNumLoops(), space.constant(0));
  for (auto [i, index] : llvm::enumerate(rows[op]))
    loops[i] = index.replaceDims(bases);

  SmallVector<Value> accumulators;
  for (OpOperand &init : op.getDpsInitsMutable()) {
    Indices at;
    for (AffineExpr expr : op.getMatchingIndexingMap(&init).getResults())
      at.push_back(expr.replaceDims(loops));
    accumulators.push_back(reader.read(init.get(), at, 1));
    failed |= !accumulators.back();
  }
  if (failed)
    return;

  int64_t extent = extents.back(), done = 0;
  std::optional<vector::CombiningKind> kind = combinerOf(op);
  // Sums start from zero in every lane, which is only right for an initial
  // zero.
  TypedAttr initial;
  bool startsAtNeutral =
      kind && (*kind != vector::CombiningKind::ADD ||
               (matchPattern(accumulators[0], m_Constant(&initial)) &&
                (matchPattern(accumulators[0], m_AnyZeroFloat()) ||
                 matchPattern(accumulators[0], m_Zero()))));
  int64_t width = vectorOf(extent);
  if (width > 1 && startsAtNeutral) {
    SmallVector<Value> vectors = reduceVectors(op, loops, accumulators[0]);
    accumulators = {
        vector::ReductionOp::create(builder, loc, *kind, vectors[0])};
    done = canOverrun ? extent : extent / width * width;
  }
  if (done < extent && !failed)
    accumulators =
        reduceRange(op, loops, parallel, done, extent, 1, accumulators);
  for (auto [result, value] : llvm::zip(op.getResults(), accumulators))
    reader.setKnown(result, value);
}

void RowEmitter::emitRest(ArrayRef<int64_t> loops, Indices bases) {
  auto storeAt = [&](const Indices &at, Lanes lanes) {
    reader.startPoint();
    for (const KernelStore &target : body.stores) {
      Value value = reader.read(target.tensor, at, lanes);
      failed |= !value;
      if (!failed)
        reader.store(loc, value, target.memref, at, lanes);
    }
  };
  if (loops.empty())
    return storeAt(bases, 1);
  int64_t dim = loops.front();
  int64_t extent =
      cast<RankedTensorType>(store.tensor.getType()).getDimSize(dim);
  bool isLast = loops.size() == 1;
  auto emitRange = [&](int64_t low, int64_t high, Lanes lanes) {
    if (low >= high)
      return;
    buildLoop(builder, space, loc, "j", builder.getIndexAttr(low),
              builder.getIndexAttr(high), lanes.width,
              {low, high - lanes.width}, {},
              [&](AffineExpr index, ValueRange) -> SmallVector<Value> {
                bases[dim] = lanes.width > 1 ? index + space.lane() : index;
                if (isLast)
                  storeAt(bases, lanes);
                else
                  emitRest(loops.drop_front(), bases);
                return {};
              });
  };
  int64_t width = isLast ? vectorOf(extent) : 1;
  int64_t main = extent / width * width, rest = extent - main;
  emitRange(0, main, width);
  if (rest > 0 && canOverrun)
    emitRange(main, main + width, Lanes(width, rest));
  else
    emitRange(main, extent, 1);
}

LogicalResult RowEmitter::emit() {
  if (mlir::failed(findSharedLoops()))
    return failure();
  if (body.parallel)
    moveOutermostFirst();
  int64_t rank = cast<RankedTensorType>(store.tensor.getType()).getRank();
  emitShared(shared, Indices(rank, space.constant(0)));
  return failure(failed);
}

LogicalResult lathe::emitRows(OpBuilder &builder, const KernelBody &body) {
  return RowEmitter(builder, body).emit();
}
