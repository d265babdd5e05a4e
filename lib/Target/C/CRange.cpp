//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bounds on the values of integers.
//
//===----------------------------------------------------------------------===//

#include "CRange.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace lathe {

/// Levels of arithmetic to look through; printed expressions are hardly deeper.
static constexpr unsigned maxDepth = 8;

static IntRange rangeOf(Value value, unsigned depth);

bool IntRange::fits(unsigned width) const {
  return width >= 64 ||
         (min >= llvm::minIntN(width) && max <= llvm::maxIntN(width));
}

static IntRange getTypeRange(Type type) {
  if (type.isInteger(1))
    return {0, 1};
  if (auto integer = dyn_cast<IntegerType>(type);
      integer && integer.getWidth() < 64)
    return {llvm::minIntN(integer.getWidth()),
            llvm::maxIntN(integer.getWidth())};
  return {};
}

/// `range` if the type of `value` holds it, else what the type holds.
static IntRange wrapTo(Value value, IntRange range) {
  IntRange type = getTypeRange(value.getType());
  return range.min >= type.min && range.max <= type.max ? range : type;
}

/// Bounds of `op` applied to the corners of both ranges, where `op` is
/// monotonic in each operand and says whether it overflowed; nothing if it did.
template <typename OpFn>
static std::optional<IntRange> combineCorners(IntRange a, IntRange b, OpFn op) {
  IntRange result{INT64_MAX, INT64_MIN};
  for (int64_t x : {a.min, a.max}) {
    for (int64_t y : {b.min, b.max}) {
      int64_t corner;
      if (op(x, y, corner))
        return std::nullopt;
      result.min = std::min(result.min, corner);
      result.max = std::max(result.max, corner);
    }
  }
  return result;
}

static std::optional<IntRange> exactRange(Operation *op, unsigned depth) {
  IntRange a = rangeOf(op->getOperand(0), depth);
  IntRange b = rangeOf(op->getOperand(1), depth);
  return TypeSwitch<Operation *, std::optional<IntRange>>(op)
      .Case<arith::AddIOp>([&](auto) {
        return combineCorners(a, b, [](int64_t x, int64_t y, int64_t &r) {
          return llvm::AddOverflow(x, y, r);
        });
      })
      .Case<arith::SubIOp>([&](auto) {
        return combineCorners(a, b, [](int64_t x, int64_t y, int64_t &r) {
          return llvm::SubOverflow(x, y, r);
        });
      })
      .Case<arith::MulIOp>([&](auto) {
        return combineCorners(a, b, [](int64_t x, int64_t y, int64_t &r) {
          return llvm::MulOverflow(x, y, r);
        });
      })
      .Default([](Operation *) { return std::nullopt; });
}

/// Bounds of `iv`, a block argument, if it counts the iterations of a loop.
static IntRange getInductionRange(BlockArgument iv, unsigned depth) {
  auto loop = dyn_cast<LoopLikeOpInterface>(iv.getOwner()->getParentOp());
  std::optional<SmallVector<Value>> ivs;
  if (!loop || !(ivs = loop.getLoopInductionVars()))
    return {};
  for (auto [candidate, low, high, by] :
       llvm::zip(*ivs, *loop.getLoopLowerBounds(), *loop.getLoopUpperBounds(),
                 *loop.getLoopSteps())) {
    if (candidate != iv)
      continue;
    IntRange step = rangeOf(cast<Value>(by), depth);
    IntRange lower = rangeOf(cast<Value>(low), depth);
    IntRange upper = rangeOf(cast<Value>(high), depth);
    if (step.min <= 0 || upper.max == INT64_MIN)
      return {};
    return {lower.min, std::max(lower.min, upper.max - 1)};
  }
  return {};
}

static IntRange divideByConstant(Value lhs, Value rhs, unsigned depth) {
  IntRange divisor = rangeOf(rhs, depth);
  IntRange dividend = rangeOf(lhs, depth);
  if (divisor.min <= 0 || !dividend.isNonNegative())
    return {};
  return {dividend.min / divisor.max, dividend.max / divisor.min};
}

static IntRange remainder(Value lhs, Value rhs, unsigned depth) {
  IntRange divisor = rangeOf(rhs, depth);
  if (divisor.min <= 0 || !rangeOf(lhs, depth).isNonNegative())
    return {};
  return {0, divisor.max - 1};
}

static IntRange extendUnsigned(Value operand, unsigned depth) {
  IntRange range = rangeOf(operand, depth);
  if (range.isNonNegative())
    return range;
  unsigned width = operand.getType().isIndex()
                       ? 64
                       : operand.getType().getIntOrFloatBitWidth();
  return width >= 63 ? IntRange{} : IntRange{0, (int64_t(1) << width) - 1};
}

/// Bounds of the result of `op` before they are cut to its type.
static IntRange rangeOfResult(Operation *op, unsigned depth) {
  auto operand = [&](unsigned i) { return rangeOf(op->getOperand(i), depth); };
  return TypeSwitch<Operation *, IntRange>(op)
      .Case<arith::AddIOp, arith::SubIOp, arith::MulIOp>([&](Operation *) {
        return exactRange(op, depth).value_or(IntRange());
      })
      .Case<arith::ExtSIOp>([&](auto ext) {
        return ext.getIn().getType().isInteger(1) ? IntRange{-1, 0}
                                                  : operand(0);
      })
      .Case<arith::IndexCastOp, arith::TruncIOp>(
          [&](auto) { return operand(0); })
      .Case<arith::ExtUIOp, arith::IndexCastUIOp>(
          [&](auto ext) { return extendUnsigned(ext.getIn(), depth); })
      .Case<arith::MinSIOp>([&](auto) {
        return IntRange{std::min(operand(0).min, operand(1).min),
                        std::min(operand(0).max, operand(1).max)};
      })
      .Case<arith::MaxSIOp>([&](auto) {
        return IntRange{std::max(operand(0).min, operand(1).min),
                        std::max(operand(0).max, operand(1).max)};
      })
      .Case<arith::SelectOp>([&](auto) {
        return IntRange{std::min(operand(1).min, operand(2).min),
                        std::max(operand(1).max, operand(2).max)};
      })
      .Case<arith::AndIOp>([&](auto) {
        // A mask without the sign bit bounds the result.
        for (unsigned i : {0, 1})
          if (operand(i).isNonNegative())
            return IntRange{0, operand(i).max};
        return IntRange();
      })
      .Case<arith::ShRSIOp>([&](auto) {
        APInt amount;
        if (!matchPattern(op->getOperand(1), m_ConstantInt(&amount)) ||
            amount.uge(64))
          return IntRange();
        unsigned shift = amount.getZExtValue();
        return IntRange{operand(0).min >> shift, operand(0).max >> shift};
      })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp>([&](auto div) {
        return divideByConstant(div.getLhs(), div.getRhs(), depth);
      })
      .Case<arith::RemSIOp, arith::RemUIOp>([&](auto rem) {
        return remainder(rem.getLhs(), rem.getRhs(), depth);
      })
      .Default([](Operation *) { return IntRange(); });
}

static IntRange rangeOf(Value value, unsigned depth) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    if (constant.getBitWidth() > 64)
      return {};
    int64_t number = value.getType().isInteger(1) ? constant.getZExtValue()
                                                  : constant.getSExtValue();
    return {number, number};
  }
  if (depth == 0)
    return getTypeRange(value.getType());
  if (auto argument = dyn_cast<BlockArgument>(value))
    return wrapTo(value, getInductionRange(argument, depth - 1));
  return wrapTo(value, rangeOfResult(value.getDefiningOp(), depth - 1));
}

IntRange getRange(Value value) { return rangeOf(value, maxDepth); }

std::optional<IntRange> getExactRange(Operation *op) {
  return exactRange(op, maxDepth);
}

} // namespace lathe
