//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decides which values become variables, and which variables are shared.
//
//===----------------------------------------------------------------------===//

#include "CInlining.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OpDefinition.h"

using namespace mlir;

namespace lathe {

/// Ops in one statement beyond which a reader wants a name for a part of it.
static constexpr unsigned maxStatementSize = 12;

static bool isExpression(Operation *op) {
  return op->getNumResults() == 1 &&
         (isa<memref::LoadOp>(op) ||
          isa_and_present<arith::ArithDialect, math::MathDialect>(
              op->getDialect()));
}

/// True if the text of an operand of `op` appears twice in the printed C.
static bool duplicatesOperands(Operation *op) {
  auto compare = dyn_cast<arith::CmpFOp>(op);
  if (!compare)
    return false;
  switch (compare.getPredicate()) {
  case arith::CmpFPredicate::ONE:
  case arith::CmpFPredicate::UEQ:
  case arith::CmpFPredicate::ORD:
  case arith::CmpFPredicate::UNO:
    return true;
  default:
    return false;
  }
}

/// True if `use` is evaluated once, where its owner stands, so that an
/// expression may take its place.
static bool takesExpression(OpOperand &use) {
  Operation *user = use.getOwner();
  if (auto loop = dyn_cast<scf::ForOp>(user))
    // C evaluates the bound and the step again in each iteration.
    return &use != &loop.getUpperBoundMutable() &&
           &use != &loop.getStepMutable();
  if (isa<scf::ParallelOp>(user))
    return false;
  // The offset of a view becomes part of every access.
  if (isa<ViewLikeOpInterface>(user))
    return false;
  return !duplicatesOperands(user);
}

InlinePlan::InlinePlan(func::FuncOp function) {
  function.walk<WalkOrder::PreOrder>([&](Block *block) { visit(*block); });
}

/// True for a loop variable plus or minus a constant, which reads better in
/// each place that uses it than a name for it would.
static bool isOffsetOfLoopVariable(Operation *op) {
  if (!isa<arith::AddIOp, arith::SubIOp>(op) ||
      !matchPattern(op->getOperand(1), m_Constant()))
    return false;
  auto variable = dyn_cast<BlockArgument>(op->getOperand(0));
  auto loop = variable
                  ? dyn_cast<scf::ForOp>(variable.getOwner()->getParentOp())
                  : scf::ForOp();
  return loop && loop.getInductionVar() == variable;
}

void InlinePlan::visit(Block &block) {
  // Users come before what they use, so that the statement is known.
  for (Operation &op : llvm::reverse(block)) {
    if (op.hasTrait<OpTrait::ConstantLike>() || isOffsetOfLoopVariable(&op)) {
      inlined.insert(&op);
      continue;
    }
    if (!canInline(&op))
      continue;
    Operation *statement = getStatement(*op.getUsers().begin());
    inlined.insert(&op);
    statements[&op] = statement;
    ++sizes[statement];
  }
}

Operation *InlinePlan::getStatement(Operation *op) const {
  auto it = statements.find(op);
  return it == statements.end() ? op : it->second;
}

bool InlinePlan::canInline(Operation *op) {
  if (!isExpression(op) || !op->hasOneUse())
    return false;
  OpOperand &use = *op->getUses().begin();
  if (use.getOwner()->getBlock() != op->getBlock() || !takesExpression(use))
    return false;
  Operation *statement = getStatement(use.getOwner());
  if (sizes.lookup(statement) >= maxStatementSize)
    return false;
  return !isa<memref::LoadOp>(op) || !writesBetween(op, statement);
}

bool InlinePlan::writesBetween(Operation *first, Operation *last) {
  for (Operation *op = first->getNextNode(); op != last; op = op->getNextNode())
    if (mayWrite(op))
      return true;
  return false;
}

static bool isWrite(Operation *op) {
  return isa<func::CallOp>(op) || hasEffect<MemoryEffects::Write>(op);
}

bool InlinePlan::mayWrite(Operation *op) {
  if (op->getNumRegions() == 0)
    return isWrite(op);
  auto [it, isNew] = writes.try_emplace(op, false);
  if (!isNew)
    return it->second;
  WalkResult result = op->walk([](Operation *inner) {
    return isWrite(inner) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return writes[op] = result.wasInterrupted();
}

bool isMutableVariable(Value value) {
  if (auto result = dyn_cast<OpResult>(value))
    return isa<scf::ForOp, scf::IfOp>(result.getOwner());
  auto argument = cast<BlockArgument>(value);
  auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
  return loop && value != loop.getInductionVar();
}

/// True if `a` and `b` lie in different branches of one conditional.
static bool areExclusive(Operation *a, Operation *b) {
  for (auto branch = a->getParentOfType<scf::IfOp>(); branch;
       branch = branch->getParentOfType<scf::IfOp>()) {
    if (!branch->isProperAncestor(b))
      continue;
    Region *regionOfB = b->getParentRegion();
    Region *regionOfA = a->getParentRegion();
    auto climb = [&](Region *region) {
      while (region->getParentOp() != branch)
        region = region->getParentOp()->getParentRegion();
      return region;
    };
    return climb(regionOfA) != climb(regionOfB);
  }
  return false;
}

bool canTakeOver(Value value, Operation *op, bool mayReadInside) {
  if (!isMutableVariable(value))
    return false;
  // Were there a loop between the definition and `op`, its next iteration would
  // have to find the old value.
  for (Operation *current = op; current->getBlock() != value.getParentBlock();
       current = current->getParentOp())
    if (!isa<scf::IfOp>(current->getParentOp()))
      return false;
  unsigned ownUses = 0;
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (user == op)
      ++ownUses;
    else if (!areExclusive(user, op) &&
             !(mayReadInside && op->isProperAncestor(user)))
      return false;
  }
  return ownUses <= 1;
}

} // namespace lathe
