//===- IndexSpace.cpp - Indices as affine expressions ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IndexSpace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace lathe;

IndexSpace::IndexSpace(MLIRContext *context) : context(context) {}

AffineExpr IndexSpace::lane() const { return getAffineDimExpr(0, context); }

AffineExpr IndexSpace::add(Value value, IndexRange range, int64_t step) {
  indices.push_back({value, range, step});
  return getAffineDimExpr(indices.size(), context);
}

AffineExpr IndexSpace::constant(int64_t value) const {
  return getAffineConstantExpr(value, context);
}

IndexRange IndexSpace::rangeOf(AffineExpr expr) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {constant.getValue(), constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dim.getPosition() == 0 ? IndexRange{0, 0}
                                  : indices[dim.getPosition() - 1].range;
  auto binary = cast<AffineBinaryOpExpr>(expr);
  IndexRange left = rangeOf(binary.getLHS()), right = rangeOf(binary.getRHS());
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return {left.low + right.low, left.high + right.high};
  case AffineExprKind::Mul: {
    // One side is a constant.
    int64_t a = left.low * right.low, b = left.high * right.high;
    return {std::min(a, b), std::max(a, b)};
  }
  case AffineExprKind::FloorDiv:
    return {llvm::divideFloorSigned(left.low, right.low),
            llvm::divideFloorSigned(left.high, right.low)};
  case AffineExprKind::CeilDiv:
    return {llvm::divideCeilSigned(left.low, right.low),
            llvm::divideCeilSigned(left.high, right.low)};
  default: // Mod
    if (left.low >= 0 && left.high < right.low)
      return left;
    return {0, right.low - 1};
  }
}

AffineExpr IndexSpace::flatten(AffineExpr expr) const {
  return simplifyAffineExpr(expr, indices.size() + 1, 0);
}

bool IndexSpace::isMultipleOf(AffineExpr expr, int64_t divisor) const {
  if (expr.isMultipleOf(divisor))
    return true;
  auto dim = dyn_cast<AffineDimExpr>(expr);
  if (!dim || dim.getPosition() == 0)
    return false;
  const Index &index = indices[dim.getPosition() - 1];
  return index.step % divisor == 0 && index.range.low % divisor == 0;
}

std::optional<IndexRange> IndexSpace::rangeOf(AffineExpr expr,
                                              Lanes lanes) const {
  std::optional<int64_t> step = laneStep(expr);
  if (!step)
    return std::nullopt;
  IndexRange range = rangeOf(atLane(expr, 0));
  int64_t reach = *step * (lanes.used - 1);
  return IndexRange{range.low + std::min<int64_t>(reach, 0),
                    range.high + std::max<int64_t>(reach, 0)};
}

AffineExpr IndexSpace::simplify(AffineExpr expr, Lanes lanes) const {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return expr;
  AffineExpr left = simplify(binary.getLHS(), lanes);
  AffineExpr right = simplify(binary.getRHS(), lanes);
  bool divides = expr.getKind() == AffineExprKind::FloorDiv ||
                 expr.getKind() == AffineExprKind::Mod;
  if (!divides)
    return getAffineBinaryOpExpr(expr.getKind(), left, right);

  // (q * n + r) floordiv n is q and its mod n is r when 0 <= r < n.
  int64_t divisor = cast<AffineConstantExpr>(right).getValue();
  AffineExpr quotient = constant(0), rest = constant(0);
  SmallVector<AffineExpr> terms = {left}, restTerms;
  while (!terms.empty()) {
    AffineExpr term = terms.pop_back_val();
    if (term.getKind() == AffineExprKind::Add) {
      auto sum = cast<AffineBinaryOpExpr>(term);
      terms.push_back(sum.getRHS());
      terms.push_back(sum.getLHS());
    } else if (isMultipleOf(term, divisor)) {
      quotient = quotient + term.floorDiv(divisor);
    } else {
      rest = rest + term;
      restTerms.push_back(term);
    }
  }
  bool isQuotient = expr.getKind() == AffineExprKind::FloorDiv;
  if (isWithin(rest, divisor, lanes))
    return isQuotient ? quotient : rest;

  // If r is a + b, where a is a multiple of some divisor of n and b less than
  // that, then b has no part in the quotient.
  auto [coarse, fine, grain] = splitByStep(restTerms, divisor);
  if (grain > 1 && isWithin(fine, grain, lanes))
    return isQuotient ? quotient + coarse.floorDiv(divisor)
                      : coarse % divisor + fine;
  return getAffineBinaryOpExpr(expr.getKind(), left, right);
}

bool IndexSpace::isWithin(AffineExpr expr, int64_t extent, Lanes lanes) const {
  std::optional<IndexRange> range = rangeOf(expr, lanes);
  return range && range->low >= 0 && range->high < extent;
}

IndexSpace::Split IndexSpace::splitByStep(ArrayRef<AffineExpr> terms,
                                          int64_t divisor) const {
  Split split{constant(0), constant(0), divisor};
  for (AffineExpr term : terms)
    if (auto dim = dyn_cast<AffineDimExpr>(term); dim && dim.getPosition() != 0)
      split.grain = std::gcd(split.grain, indices[dim.getPosition() - 1].step);
  for (AffineExpr term : terms) {
    if (auto number = dyn_cast<AffineConstantExpr>(term)) {
      int64_t part = llvm::mod(number.getValue(), split.grain);
      split.coarse = split.coarse + (number.getValue() - part);
      split.fine = split.fine + part;
    } else if (isMultipleOf(term, split.grain)) {
      split.coarse = split.coarse + term;
    } else {
      split.fine = split.fine + term;
    }
  }
  return split;
}

Value IndexSpace::materialize(OpBuilder &builder, Location loc,
                              AffineExpr expr) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return arith::ConstantIndexOp::create(builder, loc, constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    if (dim.getPosition() == 0)
      return arith::ConstantIndexOp::create(builder, loc, 0);
    return indices[dim.getPosition() - 1].value;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  // x + -c reads better as x - c.
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Add && constant &&
      constant.getValue() < 0) {
    Value left = materialize(builder, loc, binary.getLHS());
    Value amount =
        arith::ConstantIndexOp::create(builder, loc, -constant.getValue());
    return arith::SubIOp::create(builder, loc, left, amount);
  }
  // x * -c + y is y - x * c.
  auto product = dyn_cast<AffineBinaryOpExpr>(binary.getLHS());
  if (expr.getKind() == AffineExprKind::Add && product &&
      product.getKind() == AffineExprKind::Mul &&
      isa<AffineConstantExpr>(product.getRHS()) &&
      cast<AffineConstantExpr>(product.getRHS()).getValue() < 0) {
    Value amount = materialize(builder, loc, -product);
    Value from = materialize(builder, loc, binary.getRHS());
    return arith::SubIOp::create(builder, loc, from, amount);
  }
  Value left = materialize(builder, loc, binary.getLHS());
  Value right = materialize(builder, loc, binary.getRHS());
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(builder, loc, left, right);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(builder, loc, left, right);
  case AffineExprKind::FloorDiv:
    if (rangeOf(binary.getLHS()).low >= 0)
      return arith::DivUIOp::create(builder, loc, left, right);
    return arith::FloorDivSIOp::create(builder, loc, left, right);
  case AffineExprKind::CeilDiv:
    return arith::CeilDivSIOp::create(builder, loc, left, right);
  default: // Mod
    break;
  }
  if (rangeOf(binary.getLHS()).low >= 0)
    return arith::RemUIOp::create(builder, loc, left, right);
  Value quotient = arith::FloorDivSIOp::create(builder, loc, left, right);
  Value whole = arith::MulIOp::create(builder, loc, quotient, right);
  return arith::SubIOp::create(builder, loc, left, whole);
}

AffineExpr IndexSpace::atLane(AffineExpr expr, int64_t number) const {
  return expr.replace(lane(), constant(number));
}

std::optional<int64_t> IndexSpace::laneStep(AffineExpr expr) const {
  if (!expr.isFunctionOfDim(0))
    return 0;
  AffineExpr step = flatten(expr.replace(lane(), lane() + constant(1)) - expr);
  if (auto constant = dyn_cast<AffineConstantExpr>(step))
    return constant.getValue();
  return std::nullopt;
}
