//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What compilers make of integer arithmetic on 32-bit cores.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::cost;
using Class = InstructionClass;

static bool isConstant(Value value) {
  return matchPattern(value, m_Constant());
}

/// Registers that a value takes.
static unsigned getWords(Type type) { return getWidth(type) > 32 ? 2 : 1; }

static InstructionCounts countSimple(Operation *op) {
  return {Class::ALU,
          static_cast<double>(getWords(op->getOperand(0).getType()))};
}

/// The op that is the only one to take the result of `op`, in the same block.
static Operation *getOnlyUser(Operation *op) {
  if (!op->hasOneUse())
    return nullptr;
  Operation *user = *op->user_begin();
  return user->getBlock() == op->getBlock() ? user : nullptr;
}

//===----------------------------------------------------------------------===//
// Sums and products
//===----------------------------------------------------------------------===//

/// The product that an instruction for both adds; none on cores without it.
static arith::MulIOp getFusedProduct(arith::AddIOp add,
                                     const InstructionSet &set) {
  if (set.isThumb1 || getWords(add.getType()) > 1)
    return {};
  for (Value operand : add->getOperands())
    if (auto product = operand.getDefiningOp<arith::MulIOp>())
      if (getOnlyUser(product) == add)
        return product;
  return {};
}

static InstructionCounts countAdd(arith::AddIOp op, const InstructionSet &set) {
  if (getFusedProduct(op, set))
    return Class::MultiplyAccumulate;
  return countSimple(op);
}

static InstructionCounts countMultiply(arith::MulIOp op,
                                       const InstructionSet &set) {
  if (getWords(op.getType()) > 1)
    // Of two words each: the product of the lower ones and two cross products,
    // or for factors that were widened the first alone.
    return op.getLhs().getDefiningOp<arith::ExtSIOp>() &&
                   op.getRhs().getDefiningOp<arith::ExtSIOp>()
               ? InstructionCounts(Class::MultiplyLong)
               : InstructionCounts(Class::MultiplyLong) +
                     InstructionCounts(Class::MultiplyAccumulate, 2);
  if (auto add = dyn_cast_or_null<arith::AddIOp>(getOnlyUser(op)))
    if (getFusedProduct(add, set) == op)
      return {};
  APInt factor;
  if (matchPattern(op.getRhs(), m_ConstantInt(&factor)) &&
      (factor.isPowerOf2() || (factor - 1).isPowerOf2()))
    return Class::ALU; // a shift, or a sum with a shifted operand
  // Armv6-M writes the product over one factor.
  bool isNeededAgain = !op.getLhs().hasOneUse() && !op.getRhs().hasOneUse();
  return InstructionCounts(Class::Multiply) +
         InstructionCounts(Class::ALU, set.isThumb1 && isNeededAgain ? 1 : 0);
}

static InstructionCounts countSubtract(arith::SubIOp op,
                                       const InstructionSet &) {
  return countSimple(op);
}

/// A quotient by a constant is the upper half of a product, shifted.
static InstructionCounts countDivision(Operation *op, bool isSigned,
                                       bool isRemainder,
                                       const InstructionSet &set) {
  if (getWords(op->getResult(0).getType()) > 1)
    return Class::LongDivide;
  APInt divisor;
  InstructionCounts counts;
  bool isKnown = matchPattern(op->getOperand(1), m_ConstantInt(&divisor));
  if (isKnown && divisor.isPowerOf2())
    return {Class::ALU, isSigned ? 3.0 : 1.0};
  if (isKnown && !set.isThumb1)
    counts = InstructionCounts(Class::MultiplyLong) +
             InstructionCounts(Class::ALU, isSigned ? 2 : 1);
  else
    counts = Class::Divide;
  // On Armv6-M the function that divides gives the remainder, too.
  if (isRemainder && !set.isThumb1)
    counts += InstructionCounts(Class::MultiplyAccumulate);
  return counts;
}

template <typename Op, bool isSigned, bool isRemainder>
static InstructionCounts countDivision(Op op, const InstructionSet &set) {
  return countDivision(op, isSigned, isRemainder, set);
}

/// Quotients that round up or down look at the remainder as well.
template <typename Op>
static InstructionCounts countRoundedDivision(Op op,
                                              const InstructionSet &set) {
  return countDivision(op, true, true, set) + InstructionCounts(Class::ALU, 4);
}

//===----------------------------------------------------------------------===//
// Limits, comparisons, shifts
//===----------------------------------------------------------------------===//

/// The minimum that limits the maximum `op` to the other side: one instruction
/// does both.
static bool isSaturation(arith::MaxSIOp max, arith::MinSIOp min) {
  return max && min && isConstant(max.getRhs()) && isConstant(min.getRhs()) &&
         getOnlyUser(max) == min && getWords(max.getType()) == 1;
}

/// A comparison and a move that depends on it; on Armv6-M a branch around it.
static InstructionCounts countLimit(Operation *op, const InstructionSet &set) {
  double words = getWords(op->getResult(0).getType());
  if (set.isThumb1)
    return InstructionCounts(Class::ALU, 1.5 * words) + Class::Branch;
  return {Class::ALU, words == 1 ? 3.0 : 6.0};
}

static InstructionCounts countMax(arith::MaxSIOp op,
                                  const InstructionSet &set) {
  auto min = dyn_cast_or_null<arith::MinSIOp>(getOnlyUser(op));
  if (!set.isThumb1 && isSaturation(op, min))
    return {};
  // The sign tells: x & ~(x >> 31).
  if (matchPattern(op.getRhs(), m_Zero()))
    return {Class::ALU, set.isThumb1 ? 3.0 : 1.0};
  return countLimit(op, set);
}

static InstructionCounts countMin(arith::MinSIOp op,
                                  const InstructionSet &set) {
  if (!set.isThumb1 &&
      isSaturation(op.getLhs().getDefiningOp<arith::MaxSIOp>(), op))
    return Class::ALU;
  return countLimit(op, set);
}

template <typename Op>
static InstructionCounts countUnsignedLimit(Op op, const InstructionSet &set) {
  return countLimit(op, set);
}

/// Whether branches and selections take the flags that `op` sets.
static bool setsFlagsOnly(arith::CmpIOp op) {
  return llvm::all_of(op->getUsers(), [](Operation *user) {
    return user->getNumRegions() > 0 || isa<arith::SelectOp>(user);
  });
}

static InstructionCounts countCompare(arith::CmpIOp op,
                                      const InstructionSet &) {
  double words = getWords(op.getLhs().getType());
  return {Class::ALU, setsFlagsOnly(op) ? words : words + 2};
}

static InstructionCounts countSelect(arith::SelectOp op,
                                     const InstructionSet &set) {
  if (set.isThumb1)
    return InstructionCounts(Class::ALU) + Class::Branch;
  return {Class::ALU, 1.0 + getWords(op.getType())};
}

template <typename Op>
static InstructionCounts countBits(Op op, const InstructionSet &) {
  return countSimple(op);
}

template <typename Op>
static InstructionCounts countShift(Op op, const InstructionSet &) {
  if (getWords(op.getType()) == 1)
    return Class::ALU;
  return {Class::ALU, isConstant(op.getRhs()) ? 3.0 : 8.0};
}

//===----------------------------------------------------------------------===//
// Widths
//===----------------------------------------------------------------------===//

/// A load extends what it reads.
template <typename Op>
static InstructionCounts countExtension(Op op, const InstructionSet &) {
  bool isWide = getWords(op.getType()) > getWords(op.getIn().getType());
  if (isWide && llvm::all_of(op->getUsers(), llvm::IsaPred<arith::MulIOp>))
    return {}; // a product of two words
  bool isLoaded = op.getIn().template getDefiningOp<memref::LoadOp>() ||
                  getWidth(op.getIn().getType()) == 32 ||
                  op.getIn().getType().isInteger(1);
  return {Class::ALU, (isLoaded ? 0.0 : 1.0) + (isWide ? 1.0 : 0.0)};
}

/// A store writes the lower bytes of what it is given; what else takes the
/// number needs its sign.
static InstructionCounts countTruncation(arith::TruncIOp op,
                                         const InstructionSet &) {
  unsigned width = getWidth(op.getType());
  bool isFree =
      width >= 32 || llvm::all_of(op->getUsers(), [](Operation *user) {
        return isa<memref::StoreOp>(user);
      });
  return {Class::ALU, isFree ? 0.0 : 1.0};
}

template <typename Op>
static InstructionCounts countNothing(Op, const InstructionSet &) {
  return {};
}

template <typename Op, InstructionCounts (*count)(Op, const InstructionSet &)>
static void attach(MLIRContext &context) {
  Op::template attachInterface<FixedModel<Op, count>>(context);
}

void cost::attachIntegerModels(MLIRContext &context) {
  using namespace arith;
  attach<AddIOp, countAdd>(context);
  attach<SubIOp, countSubtract>(context);
  attach<MulIOp, countMultiply>(context);
  attach<DivSIOp, countDivision<DivSIOp, true, false>>(context);
  attach<DivUIOp, countDivision<DivUIOp, false, false>>(context);
  attach<RemSIOp, countDivision<RemSIOp, true, true>>(context);
  attach<RemUIOp, countDivision<RemUIOp, false, true>>(context);
  attach<FloorDivSIOp, countRoundedDivision<FloorDivSIOp>>(context);
  attach<CeilDivSIOp, countRoundedDivision<CeilDivSIOp>>(context);
  attach<CeilDivUIOp, countRoundedDivision<CeilDivUIOp>>(context);
  attach<MaxSIOp, countMax>(context);
  attach<MinSIOp, countMin>(context);
  attach<MaxUIOp, countUnsignedLimit<MaxUIOp>>(context);
  attach<MinUIOp, countUnsignedLimit<MinUIOp>>(context);
  attach<CmpIOp, countCompare>(context);
  attach<SelectOp, countSelect>(context);
  attach<AndIOp, countBits<AndIOp>>(context);
  attach<OrIOp, countBits<OrIOp>>(context);
  attach<XOrIOp, countBits<XOrIOp>>(context);
  attach<ShLIOp, countShift<ShLIOp>>(context);
  attach<ShRSIOp, countShift<ShRSIOp>>(context);
  attach<ShRUIOp, countShift<ShRUIOp>>(context);
  attach<ExtSIOp, countExtension<ExtSIOp>>(context);
  attach<ExtUIOp, countExtension<ExtUIOp>>(context);
  attach<TruncIOp, countTruncation>(context);
  attach<IndexCastOp, countNothing<IndexCastOp>>(context);
  attach<IndexCastUIOp, countNothing<IndexCastUIOp>>(context);
  attach<BitcastOp, countNothing<BitcastOp>>(context);
  attach<ConstantOp, countNothing<ConstantOp>>(context);
}
