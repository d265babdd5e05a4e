//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the blocks of a function take in one execution. The rules are those that
// GCC 12 and Clang follow with -O2: arithmetic on what does not change leaves a
// loop, addresses become pointers that advance, and the end of a loop is where
// a pointer arrives.
//
//===----------------------------------------------------------------------===//

#include "KernelCounter.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/DebugLog.h"

#define DEBUG_TYPE "lathe-cost"

using namespace mlir;
using namespace lathe;
using namespace lathe::cost;
using Class = InstructionClass;

/// The loop around a block, behind branches; null outside of loops.
static scf::ForOp getLoopAround(Block *block) {
  for (Operation *op = block->getParentOp(); op; op = op->getParentOp())
    if (auto loop = dyn_cast<scf::ForOp>(op))
      return loop;
  return {};
}

static bool isInnermost(scf::ForOp loop) {
  return !loop.getBody()
              ->walk([](scf::ForOp) { return WalkResult::interrupt(); })
              .wasInterrupted();
}

BlockCosts::BlockCosts(func::FuncOp function, const InstructionSet &set)
    : set(set) {
  findWrittenMemory(function);
  addOps(function);
  addPointers();
  function.walk([&](scf::ForOp loop) {
    addLoop(loop);
    addSpills(loop);
  });
}

const InstructionCounts &BlockCosts::get(Block *block) const {
  static const InstructionCounts nothing;
  auto it = costs.find(block);
  return it == costs.end() ? nothing : it->second;
}

//===----------------------------------------------------------------------===//
// Where ops are executed
//===----------------------------------------------------------------------===//

void BlockCosts::findWrittenMemory(func::FuncOp function) {
  function.walk([&](MemoryEffectOpInterface op) {
    SmallVector<MemoryEffects::EffectInstance> effects;
    op.getEffects(effects);
    for (const MemoryEffects::EffectInstance &effect : effects)
      if (isa<MemoryEffects::Write>(effect.getEffect()) && effect.getValue())
        written.insert(getRootMemory(effect.getValue()));
  });
  // Bodies write what they are given.
  function.walk([&](func::CallOp call) {
    for (Value operand : call.getOperands())
      written.insert(getRootMemory(operand));
  });
}

/// Arguments are `restrict` in C, but for those that may overlap.
bool BlockCosts::canLeaveLoops(Operation *op) const {
  if (op->getNumRegions() > 0 || op->hasTrait<OpTrait::IsTerminator>())
    return false;
  if (isPure(op))
    return true;
  Value memory = getAccess(op).memory;
  if (!memory || op->getNumResults() == 0)
    return false;
  Value root = getRootMemory(memory);
  auto argument = dyn_cast<BlockArgument>(root);
  if (!argument || written.contains(root))
    return false;
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  return function &&
         !function.getArgAttr(argument.getArgNumber(), "lathe.may_alias");
}

Block *BlockCosts::getHome(Value value) {
  if (Operation *op = value.getDefiningOp())
    return getHome(op);
  return value.getParentBlock();
}

Block *BlockCosts::getHome(Operation *op) {
  auto [it, isNew] = homes.try_emplace(op, op->getBlock());
  if (!isNew || !canLeaveLoops(op))
    return it->second;
  SmallVector<Block *> operands;
  for (Value operand : op->getOperands())
    operands.push_back(getHome(operand));
  Block *home = op->getBlock();
  while (scf::ForOp loop = getLoopAround(home)) {
    bool isChanging = llvm::any_of(operands, [&](Block *operand) {
      return loop->isAncestor(operand->getParentOp());
    });
    if (isChanging)
      break;
    home = loop->getBlock();
  }
  return homes[op] = home;
}

//===----------------------------------------------------------------------===//
// Ops and pointers
//===----------------------------------------------------------------------===//

static bool dependsOnValues(CountableOpInterface op) {
  return llvm::any_of(llvm::seq<unsigned>(0, op->getNumOperands()),
                      [&](unsigned i) { return op.isCountedBy(i); });
}

void BlockCosts::addOps(func::FuncOp function) {
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op == function || op->getNumRegions() > 0 ||
        op->hasTrait<OpTrait::IsTerminator>() || isa<func::CallOp>(op))
      return;
    Block *home = getHome(op);
    if (Access access = getAccess(op); access.memory)
      accesses[home].push_back(std::move(access));
    if (op->getNumResults() == 1 && isForAddressesOnly(op->getResult(0)))
      return;
    auto countable = dyn_cast<CountableOpInterface>(op);
    if (!countable) {
      LDBG() << "no model for " << op->getName() << ": counted as one";
      costs[home] += InstructionCounts(Class::ALU);
    } else if (!dependsOnValues(countable)) {
      costs[home] += countable.getInstructions(
          set, SmallVector<std::optional<int64_t>>(op->getNumOperands()));
    }
  });
}

void BlockCosts::addPointers() {
  for (auto &[block, list] : accesses)
    for (const Pointer &pointer : groupByPointer(list, set.reach))
      addPointer(pointer, block);
}

/// A pointer advances by one instruction in each loop whose counter it follows,
/// and takes one where another value is added.
void BlockCosts::addPointer(const Pointer &pointer, Block *block) {
  scf::ForOp around = getLoopAround(block);
  Block *body = around ? around.getBody() : nullptr;
  if (body)
    ++usedPointers[body];
  SmallPtrSet<Block *, 4> homes;
  for (auto [value, factor] : pointer.first.terms)
    homes.insert(getHome(value));
  for (Block *home : homes) {
    ++movedPointers[home];
    // A load or store alone moves its pointer by itself.
    bool isFree =
        home == body && block == body && pointer.accesses == 1 && !set.isThumb1;
    if (!isFree)
      costs[home] += InstructionCounts(Class::ALU);
  }
  // One that moves in this loop alone begins anew each time.
  if (body && homes.contains(body) && homes.size() == 1)
    costs[around->getBlock()] += InstructionCounts(Class::ALU);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static bool hasConstantBounds(scf::ForOp loop) {
  return matchPattern(loop.getLowerBound(), m_Constant()) &&
         matchPattern(loop.getUpperBound(), m_Constant());
}

/// A comparison and a branch, by a counter of its own where there is no pointer
/// that shows the end.
void BlockCosts::addLoop(scf::ForOp loop) {
  Block *body = loop.getBody();
  bool hasCounter = !hasConstantBounds(loop) || movedPointers.lookup(body) == 0;
  costs[body] += InstructionCounts(Class::ALU, hasCounter ? 2 : 1) +
                 InstructionCounts(Class::Branch);
  costs[loop->getBlock()] +=
      InstructionCounts(Class::ALU, hasConstantBounds(loop) ? 1 : 3);
}

/// Values from outside that the iterations of `loop` take, but for constants
/// and memory.
static unsigned countInvariants(scf::ForOp loop, const InstructionSet &set) {
  llvm::SmallDenseSet<Value> seen;
  loop.getBody()->walk([&](Operation *op) {
    if (op->getNumResults() == 1 && isForAddressesOnly(op->getResult(0)))
      return;
    if (getAccess(op).memory)
      return;
    for (Value operand : op->getOperands())
      if (!loop->isAncestor(operand.getParentBlock()->getParentOp()) &&
          !matchPattern(operand, m_Constant()) &&
          (operand.getType().isInteger() ||
           (isa<FloatType>(operand.getType()) &&
            !set.hasFloat(operand.getType().getIntOrFloatBitWidth()))))
        seen.insert(operand);
  });
  return seen.size();
}

static unsigned countAccumulators(scf::ForOp loop, const InstructionSet &set) {
  return llvm::count_if(loop.getInitArgs(), [&](Value value) {
    Type type = value.getType();
    return !isa<FloatType>(type) || !set.hasFloat(type.getIntOrFloatBitWidth());
  });
}

/// What an innermost loop keeps in registers beyond those there are is loaded
/// in each iteration, or on Armv6-M moved from an upper register, half of it
/// back again.
static InstructionCounts getSpills(unsigned needed, const InstructionSet &set) {
  if (needed <= set.registers)
    return {};
  double excess = needed - set.registers;
  return set.isThumb1 ? InstructionCounts(Class::ALU, 1.5 * excess)
                      : InstructionCounts(Class::Load, excess);
}

/// Innermost loops have the registers; what the loops around them move on is in
/// memory meanwhile.
void BlockCosts::addSpills(scf::ForOp loop) {
  Block *body = loop.getBody();
  bool hasCounter = !hasConstantBounds(loop);
  if (!isInnermost(loop)) {
    unsigned moved = movedPointers.lookup(body) + hasCounter;
    costs[body] += InstructionCounts(Class::Load, moved) +
                   InstructionCounts(Class::Store, moved);
    return;
  }
  constexpr unsigned temporaries = 3, end = 1;
  costs[body] +=
      getSpills(countAccumulators(loop, set) + usedPointers.lookup(body) +
                    countInvariants(loop, set) + temporaries + end + hasCounter,
                set);
}
