//===- FormKernels.cpp - Group ops into kernels ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Works backwards through the function. An op that no kernel took yet starts
// one, and takes the producers of its elementwise ops as long as the kernel
// keeps one root and its loops still fit every member. A root that reads each
// element once takes what makes its elements wider.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/IR/LatheWinogradOps.h"
#include "lathe/Dialect/Lathe/IR/Movement.h"
#include "lathe/Dialect/Lathe/IR/TableLookup.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

namespace lathe {
#define GEN_PASS_DEF_FORMKERNELS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// The ops of one kernel, collected from its last op upwards.
struct Group {
  /// No more ops than this fuse. Real models stay far below it; without it, a
  /// model that is one long chain would be one expression of any depth.
  static constexpr size_t maxOps = 64;

  llvm::SetVector<Operation *> ops;
  bool hasRoot = false;
  /// The root, if it reads each element once, and what is computed in front of
  /// it.
  llvm::DenseSet<Operation *> readers;
};

/// Whether `op` computes elements of a constant, or moves computed ones.
bool isDecodingStep(Operation *op) {
  if (op->getNumResults() != 1 || op->getNumOperands() == 0 ||
      !isConstantExpression(op->getResult(0)))
    return false;
  return isa<ElementwiseOpInterface>(op) ||
         (movesOneTensor(op) && !isa<LoopNestOpInterface>(op));
}

/// Whether `op` expands a constant from the form in which it is stored, element
/// by element. It belongs to the kernel that reads the constant, which then
/// needs no memory for the expanded form.
bool isDecoding(Operation *op) {
  if (!isDecodingStep(op) || !op->hasOneUse())
    return false;
  Operation *user = *op->user_begin();
  return !isa<MemoryOpInterface>(user) &&
         (needsCode(user) || (movesOneTensor(user) && isDecoding(user)));
}

/// Whether each element of the result is computed from the elements of the
/// operands at the same place, and from tables.
bool isFunctionOfElements(Operation *op) {
  return isa<ElementwiseOpInterface>(op) || isTableLookup(op);
}

int64_t getElementWidth(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getElementTypeBitWidth();
}

/// The only operand of an elementwise op that is not constant, null if it has
/// several or none.
Value getOnlySource(Operation *op) {
  Value source;
  for (Value operand : op->getOperands()) {
    if (isConstantExpression(operand))
      continue;
    if (source)
      return {};
    source = operand;
  }
  return source;
}

/// Whether `op` computes each element from one of a narrower tensor in memory,
/// alone or with elementwise ops before it, so that it had better be computed
/// where it is read.
bool isWidening(Operation *op) {
  int64_t width = getElementWidth(op->getResult(0));
  for (size_t i = 0; i < Group::maxOps; ++i) {
    if (!isa_and_present<ElementwiseOpInterface>(op) || !op->hasOneUse())
      return false;
    Value source = getOnlySource(op);
    if (!source || getElementWidth(source) < width)
      return static_cast<bool>(source);
    op = source.getDefiningOp();
  }
  return false;
}

/// Whether `op` makes what a root computes for it alone narrower.
bool isNarrowingRoot(Operation *op) {
  if (!isFunctionOfElements(op))
    return false;
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    Operation *root = operand.getDefiningOp();
    return isa_and_present<LoopNestOpInterface>(root) && root->hasOneUse() &&
           getElementWidth(operand) > getElementWidth(op->getResult(0));
  });
}

/// Whether `producer` may join the kernel of `group`: everything that uses it
/// is in there and reads the very elements that the loops visit.
bool canFuse(Operation *producer, const Group &group) {
  if (isDecoding(producer))
    return true;
  if (producer->getNumResults() != 1 || group.ops.size() >= Group::maxOps)
    return false;
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(producer->getResult(0).getType()).getShape();
  for (Operation *user : producer->getUsers()) {
    if (group.readers.contains(user))
      return isWidening(producer);
    if (!group.ops.contains(user) || !isFunctionOfElements(user))
      return false;
    // A broadcast operand would be computed again and again.
    auto result = cast<RankedTensorType>(user->getResult(0).getType());
    if (result.getShape() != shape)
      return false;
  }
  // A second root's results are stored in fewer bytes with it.
  if (group.hasRoot && isNarrowingRoot(producer))
    return false;
  if (isFunctionOfElements(producer))
    return true;
  return isa<LoopNestOpInterface>(producer) && !group.hasRoot;
}

/// Adds to `group` what can be fused into `op`, the residual branch last.
void collect(Operation *op, Group &group) {
  group.ops.insert(op);
  auto root = dyn_cast<LoopNestOpInterface>(op);
  group.hasRoot |= static_cast<bool>(root);
  if ((root && root.readsElementsOnce()) ||
      llvm::any_of(op->getUsers(), [&](Operation *user) {
        return group.readers.contains(user);
      }))
    group.readers.insert(op);
  for (Value operand : op->getOperands()) {
    Operation *producer = operand.getDefiningOp();
    // One with several users joins through the last of them.
    if (producer && !group.ops.contains(producer) && canFuse(producer, group))
      collect(producer, group);
  }
}

/// "conv_add_relu": the mnemonics in the order of execution, or the names that
/// ops have of their own. How constants are stored is not worth a name.
std::string nameOf(ArrayRef<Operation *> ops) {
  std::string name;
  for (Operation *op : ops) {
    if (op != ops.back() && isDecodingStep(op))
      continue;
    if (!name.empty())
      name += '_';
    auto own = op->getAttrOfType<StringAttr>("kernel_name");
    name += own ? own.strref() : op->getName().stripDialect();
  }
  return name;
}

/// The bytes of the arena that the ops need beside what they read and write.
int64_t getScratchBytes(ArrayRef<Operation *> ops) {
  int64_t bytes = 0;
  for (Operation *op : ops) {
    if (auto memoryOp = dyn_cast<MemoryOpInterface>(op))
      bytes += memoryOp.getScratchBytes();
    if (auto scratchOp = dyn_cast<ScratchOpInterface>(op))
      bytes += scratchOp.getScratchBytes();
  }
  return bytes;
}

/// Moves the ops of `group` into a new kernel in place of its last op.
void outline(Group &group) {
  Operation *last = group.ops.front();
  SmallVector<Operation *> ops(group.ops.begin(), group.ops.end());
  llvm::sort(ops,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });

  llvm::SetVector<Value> inputs;
  SmallVector<Location> locations;
  for (Operation *op : ops) {
    locations.push_back(op->getLoc());
    for (Value operand : op->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      // One that works on memory reads no literals.
      bool isSplat = !isa<MemoryOpInterface>(last) &&
                     !isa<ScratchOpInterface>(op) && producer &&
                     producer->hasTrait<OpTrait::ConstantLike>() &&
                     cast<ConstantOp>(producer).getValue().isSplat();
      if (!isSplat && (!producer || !group.ops.contains(producer)))
        inputs.insert(operand);
    }
  }

  OpBuilder builder(last);
  Location loc = FusedLoc::get(builder.getContext(), locations);
  auto kernel = KernelOp::create(
      builder, loc, last->getResultTypes(), inputs.getArrayRef(),
      builder.getStringAttr(nameOf(ops)), StrategyAttr(),
      builder.getI64IntegerAttr(getScratchBytes(ops)), DenseI64ArrayAttr(),
      ArrayAttr(), IntegerAttr());
  Block *body = builder.createBlock(&kernel.getBody());
  IRMapping mapping;
  for (Value input : inputs)
    mapping.map(input, body->addArgument(input.getType(), input.getLoc()));
  for (Operation *op : ops) {
    // Splat constants cost nothing inside and give the loops a literal.
    for (Value operand : op->getOperands())
      if (!mapping.contains(operand))
        builder.clone(*operand.getDefiningOp(), mapping);
    builder.clone(*op, mapping);
  }
  YieldOp::create(builder, last->getLoc(),
                  llvm::map_to_vector(last->getResults(), [&](Value result) {
                    return mapping.lookup(result);
                  }));
  last->replaceAllUsesWith(kernel);
  for (Operation *op : llvm::reverse(ops))
    op->erase();
}

struct FormKernels : lathe::impl::FormKernelsBase<FormKernels> {
  /// Gives each reader of an expanded constant an expansion of its own.
  void separateDecodings(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
      if (!isDecodingStep(&op) || op.use_empty())
        continue;
      OpBuilder builder(op.getContext());
      builder.setInsertionPointAfter(&op);
      for (OpOperand &use : llvm::make_early_inc_range(
               llvm::drop_begin(op.getResult(0).getUses())))
        use.set(builder.clone(op)->getResult(0));
    }
  }

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    separateDecodings(getOperation().getBody().front());
    SmallVector<Operation *> ops;
    for (Operation &op : getOperation().getBody().front().without_terminator())
      ops.push_back(&op);

    // From the end, so that a group is entered at the op nothing else fuses.
    llvm::DenseSet<Operation *> taken;
    SmallVector<Group> groups;
    for (Operation *op : llvm::reverse(ops)) {
      if (taken.contains(op) || !needsCode(op) || isa<KernelOp>(op) ||
          (op->getNumResults() != 1 && !isa<MemoryOpInterface>(op)))
        continue;
      Group group;
      collect(op, group);
      taken.insert(group.ops.begin(), group.ops.end());
      groups.push_back(std::move(group));
    }
    for (Group &group : groups) {
      ++numKernels;
      numFused += group.ops.size() - 1;
      outline(group);
    }
  }
};

} // namespace
