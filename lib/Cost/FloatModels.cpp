//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What compilers make of floats, by a floating-point unit or by functions.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::cost;
using Class = InstructionClass;

/// The class of an operation on floats of a type. 16 bits are computed in 32.
static Class select(Type type, Class single, Class twice) {
  return getWidth(type) > 32 ? twice : single;
}

static Class getAdd(Type type) {
  return select(type, Class::FloatAdd, Class::DoubleAdd);
}

/// A function's call, or the instruction itself.
static InstructionCounts computed(Class kind, Type type,
                                  const InstructionSet &set) {
  InstructionCounts counts(kind);
  if (!set.hasFloat(getWidth(type)))
    counts += InstructionCounts(Class::ALU, 2); // its arguments
  return counts;
}

/// The product that `sum` takes into one instruction, which compilers do by
/// default.
static arith::MulFOp getFusedProduct(Operation *sum,
                                     const InstructionSet &set) {
  if (!set.hasFloat(getWidth(sum->getResult(0).getType())))
    return {};
  for (Value operand : sum->getOperands())
    if (auto product = operand.getDefiningOp<arith::MulFOp>())
      if (product->hasOneUse() && product->getBlock() == sum->getBlock())
        return product;
  return {};
}

template <typename Op>
static InstructionCounts countSum(Op op, const InstructionSet &set) {
  Type type = op.getType();
  if (getFusedProduct(op, set))
    return select(type, Class::FloatMultiplyAccumulate,
                  Class::DoubleMultiplyAccumulate);
  return computed(getAdd(type), type, set);
}

static InstructionCounts countProduct(arith::MulFOp op,
                                      const InstructionSet &set) {
  Type type = op.getType();
  for (Operation *user : op->getUsers())
    if (isa<arith::AddFOp, arith::SubFOp>(user) &&
        getFusedProduct(user, set) == op)
      return {};
  return computed(select(type, Class::FloatMultiply, Class::DoubleMultiply),
                  type, set);
}

template <typename Op>
static InstructionCounts countQuotient(Op op, const InstructionSet &set) {
  Type type = op.getType();
  return computed(select(type, Class::FloatDivide, Class::DoubleDivide), type,
                  set);
}

/// A comparison, its flags brought to the processor, and two moves that depend
/// on them, one for NaN.
template <typename Op>
static InstructionCounts countLimit(Op op, const InstructionSet &set) {
  Type type = op.getType();
  if (set.hasFloat(getWidth(type)))
    return InstructionCounts(getAdd(type), 3) +
           InstructionCounts(Class::ALU, 2);
  return computed(getAdd(type), type, set) * 1.5 +
         InstructionCounts(Class::ALU, 3);
}

static InstructionCounts countCompare(arith::CmpFOp op,
                                      const InstructionSet &set) {
  Type type = op.getLhs().getType();
  return computed(getAdd(type), type, set) + InstructionCounts(Class::ALU);
}

/// Between integers and floats by way of a register of the other kind.
template <typename Op>
static InstructionCounts countConversion(Op op, const InstructionSet &set) {
  Type type =
      isa<FloatType>(op.getType()) ? op.getType() : op.getIn().getType();
  InstructionCounts counts = computed(getAdd(type), type, set);
  if (set.hasFloat(getWidth(type)))
    counts += InstructionCounts(getAdd(type));
  return counts;
}

/// Changes of width; f16 and bf16 are put together from bits.
template <typename Op>
static InstructionCounts countCast(Op op, const InstructionSet &set) {
  unsigned in = getWidth(op.getIn().getType()), out = getWidth(op.getType());
  if (std::min(in, out) == 16)
    return {Class::ALU, std::max(in, out) == 32 ? 10.0 : 20.0};
  return computed(Class::DoubleAdd, op.getType(), set);
}

/// A sign is one bit.
template <typename Op>
static InstructionCounts countSign(Op op, const InstructionSet &set) {
  Type type = op.getType();
  return set.hasFloat(getWidth(type)) ? getAdd(type) : Class::ALU;
}

/// Rounding to integers: by bits, without a function's tables and divisions.
template <typename Op>
static InstructionCounts countRounding(Op op, const InstructionSet &) {
  return {Class::ALU, 25};
}

/// What <math.h> computes: one figure for all functions of a width. Where there
/// are no instructions for floats, they call those of the compiler as often as
/// exp and tanh of newlib do in the mean: 45 times for floats, 40 for doubles.
struct FunctionModel : CountableOpInterface::FallbackModel<FunctionModel> {
  InstructionCounts getInstructions(Operation *op, const InstructionSet &set,
                                    OperandValues) const {
    Type type = op->getOperand(0).getType();
    bool isDouble = getWidth(type) > 32;
    InstructionCounts counts(
        select(type, Class::FloatFunction, Class::DoubleFunction));
    if (set.hasFloat(getWidth(type)))
      return counts;
    double calls = isDouble ? 40 : 45;
    counts[getAdd(type)] += calls / 2;
    counts[select(type, Class::FloatMultiply, Class::DoubleMultiply)] +=
        calls / 2;
    return counts;
  }
  bool isCountedBy(Operation *, unsigned) const { return false; }
};

/// x ^ s - s, with s the sign in all bits.
static InstructionCounts countAbs(math::AbsIOp op, const InstructionSet &) {
  return {Class::ALU, getWidth(op.getType()) > 32 ? 5.0 : 2.0};
}

template <typename Op, InstructionCounts (*count)(Op, const InstructionSet &)>
static void attach(MLIRContext &context) {
  Op::template attachInterface<FixedModel<Op, count>>(context);
}

void cost::attachFloatModels(MLIRContext &context) {
  using namespace arith;
  attach<AddFOp, countSum<AddFOp>>(context);
  attach<SubFOp, countSum<SubFOp>>(context);
  attach<MulFOp, countProduct>(context);
  attach<DivFOp, countQuotient<DivFOp>>(context);
  attach<MaximumFOp, countLimit<MaximumFOp>>(context);
  attach<MinimumFOp, countLimit<MinimumFOp>>(context);
  attach<MaxNumFOp, countLimit<MaxNumFOp>>(context);
  attach<MinNumFOp, countLimit<MinNumFOp>>(context);
  attach<CmpFOp, countCompare>(context);
  attach<SIToFPOp, countConversion<SIToFPOp>>(context);
  attach<UIToFPOp, countConversion<UIToFPOp>>(context);
  attach<FPToSIOp, countConversion<FPToSIOp>>(context);
  attach<FPToUIOp, countConversion<FPToUIOp>>(context);
  attach<ExtFOp, countCast<ExtFOp>>(context);
  attach<TruncFOp, countCast<TruncFOp>>(context);
  attach<NegFOp, countSign<NegFOp>>(context);
  RemFOp::attachInterface<FunctionModel>(context);
}

void cost::attachMathModels(MLIRContext &context) {
  attach<math::AbsFOp, countSign<math::AbsFOp>>(context);
  attach<math::SqrtOp, countQuotient<math::SqrtOp>>(context);
  attach<math::FloorOp, countRounding<math::FloorOp>>(context);
  attach<math::CeilOp, countRounding<math::CeilOp>>(context);
  attach<math::TruncOp, countRounding<math::TruncOp>>(context);
  attach<math::RoundOp, countRounding<math::RoundOp>>(context);
  attach<math::RoundEvenOp, countRounding<math::RoundEvenOp>>(context);
  attach<math::AbsIOp, countAbs>(context);
  for (RegisteredOperationName name :
       context.getRegisteredOperationsByDialect("math"))
    if (!name.hasInterface<CountableOpInterface>())
      name.attachInterface<FunctionModel>();
}
