//===- FoldConstants.cpp - Compute what depends on constants alone --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Three walks over a block: forwards to find the ops that depend on constants
// alone, backwards to choose those whose results become constants, forwards
// again to evaluate them and what they need.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/Movement.h"
#include "lathe/Dialect/Lathe/Transforms/Locations.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lathe-fold-constants"

namespace lathe {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// Results of no more bytes than this may outgrow their sources.
constexpr int64_t freeBytes = 4096;
/// Constants of no more elements than this are printed with the IR.
constexpr int64_t maxDenseElements = 32;

/// The constants that an op is computed from, in the order of their first use.
using Sources = llvm::SmallSetVector<ConstantOp, 4>;

/// Whether the value is there: a resource may be elided from printed IR.
bool isLoaded(ConstantOp constant) {
  return isa<DenseElementsAttr>(constant.getValue()) ||
         toHostTensor(constant.getValue());
}

/// Whether `op` reads quantized numbers: as reals they are larger, and which
/// integers they were is lost.
bool hasQuantizedOperand(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), [](Type type) {
    return isa<quant::QuantizedType>(getElementTypeOrSelf(type));
  });
}

/// Whether `op` gives floats more bits: that is how weights of 16 bits are
/// read, and as constants they would take twice as much.
bool isWidening(CastOp op) {
  auto from = dyn_cast<FloatType>(lathe::impl::elementTypeOf(op.getInput()));
  auto to = dyn_cast<FloatType>(op.getTo());
  return from && to && from.getWidth() < to.getWidth();
}

/// Moves widened constants before they are widened, so that what is stored is
/// what weights are read as and yet has 16 bits.
void sinkWidening(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (!movesOneTensor(&op))
      continue;
    auto cast = op.getOperand(0).getDefiningOp<CastOp>();
    if (!cast || !isWidening(cast) || !isConstantExpression(cast.getInput()))
      continue;
    OpBuilder builder(&op);
    auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
    Operation *moved = builder.clone(op);
    moved->setOperand(0, cast.getInput());
    moved->getResult(0).setType(
        type.clone(lathe::impl::elementTypeOf(cast.getInput())));
    Value wide =
        CastOp::create(builder, op.getLoc(), moved->getResult(0), cast.getTo());
    op.getResult(0).replaceAllUsesWith(wide);
    op.erase();
  }
}

int64_t sizeInBytes(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  std::optional<ElementKind> kind = getElementKind(tensor.getElementType());
  return kind ? tensor.getNumElements() * getByteSize(*kind) : 0;
}

/// The bytes that a constant takes in the IR: a splat is one element.
int64_t storedBytes(ConstantOp constant) {
  int64_t bytes = sizeInBytes(constant.getType());
  bool isSplat = bytes != 0 && constant.getValue().isSplat();
  return isSplat ? bytes / constant.getType().getNumElements() : bytes;
}

ConstantOp largestOf(const Sources &sources) {
  ConstantOp largest = sources.front();
  for (ConstantOp source : sources)
    if (storedBytes(source) > storedBytes(largest))
      largest = source;
  return largest;
}

/// The name of a constant's resource, or the first one its location has.
StringRef nameOf(ConstantOp constant) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue()))
    return resource.getRawHandle().getKey();
  SmallVector<StringRef> names = getNodeNames(constant.getLoc());
  return names.empty() ? "constant" : names.front();
}

/// Folds the constants of one block.
class BlockFolder {
public:
  BlockFolder(Block &block, int64_t maxElements, int64_t maxGrowth)
      : block(block), maxElements(maxElements), maxGrowth(maxGrowth) {}

  LogicalResult run() {
    findConstantOps();
    chooseFolded();
    if (failed(evaluateChosen()))
      return failure();
    eraseDead();
    return success();
  }

  int64_t numEvaluated = 0, numConstants = 0;

private:
  void findConstantOps();
  void chooseFolded();
  LogicalResult evaluateChosen();
  void eraseDead();

  bool mayFold(Operation *op) const;
  bool mayStore(const Sources &sources, int64_t bytes) const;
  /// Whether `op` is neither replaced nor read by replaced ops alone.
  bool stays(Operation *op) const {
    return !folded.contains(op) && !unneeded.contains(op);
  }
  SmallVector<HostTensor> takeOperands(Operation *op);
  void replace(Operation *op, ArrayRef<HostTensor> results);

  Block &block;
  int64_t maxElements, maxGrowth;
  /// The ops that depend on constants alone, constants included.
  llvm::DenseMap<Operation *, Sources> sourcesOf;
  /// Those of them that the block no longer needs once `folded` are replaced.
  llvm::DenseSet<Operation *> folded, unneeded;
  /// What is computed and still to be read, and how often.
  llvm::DenseMap<Value, HostTensor> live;
  llvm::DenseMap<Value, int64_t> remainingUses;
};

void BlockFolder::findConstantOps() {
  for (Operation &op : block) {
    if (auto constant = dyn_cast<ConstantOp>(op)) {
      if (isEvaluable(&op) && isLoaded(constant))
        sourcesOf[&op].insert(constant);
      continue;
    }
    // A kernel has its place in the memory plan.
    if (isa<KernelOp>(op) || op.getNumOperands() == 0 || !isEvaluable(&op) ||
        !isMemoryEffectFree(&op) || hasQuantizedOperand(&op))
      continue;
    Sources sources;
    bool isConstant = llvm::all_of(op.getOperands(), [&](Value operand) {
      auto found = sourcesOf.find(operand.getDefiningOp());
      if (found == sourcesOf.end())
        return false;
      sources.insert_range(found->second);
      return true;
    });
    if (isConstant)
      sourcesOf[&op] = std::move(sources);
  }
}

bool BlockFolder::mayStore(const Sources &sources, int64_t bytes) const {
  int64_t sourceBytes = 0;
  for (ConstantOp source : sources)
    sourceBytes += storedBytes(source);
  return bytes <= std::max(freeBytes, maxGrowth * sourceBytes);
}

/// Whether the results of `op` are to become constants, as far as can be told
/// before they are known.
bool BlockFolder::mayFold(Operation *op) const {
  const Sources &sources = sourcesOf.at(op);
  bool allSplats = llvm::all_of(
      sources, [](ConstantOp source) { return source.getValue().isSplat(); });
  if (auto cast = dyn_cast<CastOp>(op); cast && isWidening(cast) && !allSplats)
    return false;
  return llvm::all_of(op->getResultTypes(), [&](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return getElementKind(tensor.getElementType()) &&
           (maxElements == 0 || tensor.getNumElements() <= maxElements) &&
           (allSplats || mayStore(sources, sizeInBytes(type)));
  });
}

void BlockFolder::chooseFolded() {
  for (Operation &op : llvm::reverse(block)) {
    if (isa<ConstantOp>(op) || !sourcesOf.contains(&op))
      continue;
    bool isNeeded = llvm::any_of(op.getUsers(),
                                 [&](Operation *user) { return stays(user); });
    if (!isNeeded)
      unneeded.insert(&op);
    else if (mayFold(&op))
      folded.insert(&op);
  }
}

/// The values of the operands of `op`, dropped here if nothing else needs them.
SmallVector<HostTensor> BlockFolder::takeOperands(Operation *op) {
  SmallVector<HostTensor> operands;
  for (Value operand : op->getOperands()) {
    auto found = live.find(operand);
    operands.push_back(found->second);
    if (--remainingUses[operand] == 0)
      live.erase(found);
  }
  return operands;
}

LogicalResult BlockFolder::evaluateChosen() {
  llvm::DenseSet<Operation *> required;
  for (Operation &op : llvm::reverse(block)) {
    bool isRead = llvm::any_of(op.getResults(), [&](Value result) {
      return remainingUses.contains(result);
    });
    if (!isRead && !folded.contains(&op))
      continue;
    required.insert(&op);
    for (Value operand : op.getOperands())
      ++remainingUses[operand];
  }

  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (!required.contains(&op))
      continue;
    SmallVector<HostTensor> results;
    if (failed(evaluateOp(&op, takeOperands(&op), results)))
      return failure();
    numEvaluated += !isa<ConstantOp>(op);
    for (auto [value, tensor] : llvm::zip(op.getResults(), results))
      if (remainingUses.contains(value))
        live.try_emplace(value, tensor);
    if (folded.contains(&op))
      replace(&op, results);
  }
  return success();
}

/// Replaces the uses of the results of `op` outside what is evaluated by
/// constants, unless they turn out too large.
void BlockFolder::replace(Operation *op, ArrayRef<HostTensor> results) {
  const Sources &sources = sourcesOf.at(op);
  ConstantOp largest = largestOf(sources);
  OpBuilder builder(op);
  Location loc =
      FusedLoc::get(op->getContext(), {largest.getLoc(), op->getLoc()});
  for (auto [value, tensor] : llvm::zip(op->getResults(), results)) {
    ElementsAttr attr =
        toElementsAttr(tensor, op->getContext(), nameOf(largest),
                       maxDenseElements * getByteSize(tensor.getKind()));
    if (!attr.isSplat() && !mayStore(sources, tensor.getSizeInBytes())) {
      LDBG() << "too large to keep: " << *op;
      continue;
    }
    auto constant = ConstantOp::create(builder, loc, attr);
    value.replaceUsesWithIf(constant.getResult(), [&](OpOperand &use) {
      // Those that are evaluated read the tensor.
      return stays(use.getOwner());
    });
    ++numConstants;
  }
}

void BlockFolder::eraseDead() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (sourcesOf.contains(&op) && op.use_empty())
      op.erase();
}

struct FoldConstants : lathe::impl::FoldConstantsBase<FoldConstants> {
  using FoldConstantsBase::FoldConstantsBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      for (Block &block : function.getBody()) {
        sinkWidening(block);
        BlockFolder folder(block, maxElements, maxGrowth);
        if (failed(folder.run()))
          return signalPassFailure();
        numEvaluated += folder.numEvaluated;
        numConstants += folder.numConstants;
      }
  }
};

} // namespace
