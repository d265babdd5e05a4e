//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Arithmetic, comparison and logic on elements. Activations have a file of
// their own.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NarrowTypes.h"
#include "OperatorRegistry.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

template <typename OpTy> static LogicalResult convertUnary(NodeContext &node) {
  return node.setResults(node.create<OpTy>(node.getInput(0)));
}

/// The second operand of a binary operator. Before opset 7 it broadcast only
/// where the attribute `broadcast` said so, along dimensions from `axis` on.
static Value getSecondOperand(NodeContext &node) {
  Value first = node.getInput(0), second = node.getInput(1);
  if (node.getOpset() >= 7)
    return second;
  bool broadcasts = node.getBool("broadcast", false);
  int64_t free = getRank(first) - getRank(second);
  int64_t axis = node.getInt("axis", free);
  if (!broadcasts && getShape(first) != getShape(second))
    return (void)node.error("the inputs differ in shape, and the attribute "
                            "'broadcast' is not set"),
           Value();
  if (axis < 0 || axis > free)
    return (void)node.error("the second input does not fit the first at axis " +
                            Twine(axis)),
           Value();
  SmallVector<int64_t> shape(getShape(second));
  shape.append(free - axis, 1);
  return node.createReshape(second, shape);
}

template <typename OpTy> static LogicalResult convertBinary(NodeContext &node) {
  return node.setResults(
      node.create<OpTy>(node.getInput(0), getSecondOperand(node)));
}

/// An operator of any number of inputs, as a chain of `OpTy`.
template <typename OpTy> static Value createChain(NodeContext &node) {
  Value result = node.getInput(0);
  for (Value input : node.getInputs().drop_front())
    result = input ? node.create<OpTy>(result, input) : result;
  return result;
}

template <typename OpTy> static LogicalResult convertChain(NodeContext &node) {
  return node.setResults(createChain<OpTy>(node));
}

static LogicalResult convertMean(NodeContext &node) {
  Value sum = createChain<AddOp>(node);
  Value count =
      node.createScalar(node.getNumInputs(), getElement(node.getInput(0)));
  return node.setResults(node.create<DivOp>(sum, count));
}

template <ComparePredicate predicate>
static LogicalResult convertCompare(NodeContext &node) {
  return node.setResults(node.create<CompareOp>(predicate, node.getInput(0),
                                                getSecondOperand(node)));
}

static LogicalResult convertPow(NodeContext &node) {
  // The exponent may have another type than the base and the result.
  Value base = node.getInput(0), exponent = getSecondOperand(node);
  if (node.hasFailed())
    return failure();
  Type element = getElement(base);
  // Exponents that are no integers need floats that hold the base exactly.
  Type compute = element;
  if (element.isInteger() && isa<FloatType>(getElement(exponent)))
    compute = node.getBuilder().getF64Type();
  Value power = node.create<PowOp>(node.castTo(base, compute),
                                   node.castTo(exponent, compute));
  return node.setResults(node.castTo(power, element));
}

static LogicalResult convertMod(NodeContext &node) {
  bool truncated = node.getBool("fmod", false);
  return node.setResults(
      node.create<ModOp>(node.getInput(0), node.getInput(1), truncated));
}

static LogicalResult convertBitShift(NodeContext &node) {
  bool left =
      node.getChoice<bool>("direction", "", {{"LEFT", true}, {"RIGHT", false}});
  if (left)
    return convertBinary<ShiftLeftOp>(node);
  return convertBinary<ShiftRightOp>(node);
}

static LogicalResult convertIsInf(NodeContext &node) {
  bool positive = node.getBool("detect_positive", true);
  bool negative = node.getBool("detect_negative", true);
  return node.setResults(
      node.create<IsInfOp>(node.getInput(0), positive, negative));
}

static LogicalResult convertWhere(NodeContext &node) {
  return node.setResults(node.create<SelectOp>(
      node.getInput(0), node.getInput(1), node.getInput(2)));
}

static LogicalResult convertCast(NodeContext &node) {
  auto to = static_cast<int32_t>(node.getInt("to", 0));
  NarrowCast how = NarrowCast::get(node);
  return node.setResults(castToDataType(node, node.getInput(0), to, how));
}

static LogicalResult convertCastLike(NodeContext &node) {
  NarrowCast how = NarrowCast::get(node);
  return node.setResults(
      castToDataType(node, node.getInput(0), node.getDataType(1), how));
}

void lathe::frontend::addElementwise(OperatorRegistry &registry) {
  const std::pair<StringRef, Converter> unary[] = {
      {"Abs", convertUnary<AbsOp>},
      {"Acos", convertUnary<AcosOp>},
      {"Acosh", convertUnary<AcoshOp>},
      {"Asin", convertUnary<AsinOp>},
      {"Asinh", convertUnary<AsinhOp>},
      {"Atan", convertUnary<AtanOp>},
      {"Atanh", convertUnary<AtanhOp>},
      {"BitwiseNot", convertUnary<NotOp>},
      {"Ceil", convertUnary<CeilOp>},
      {"Cos", convertUnary<CosOp>},
      {"Cosh", convertUnary<CoshOp>},
      {"Erf", convertUnary<ErfOp>},
      {"Exp", convertUnary<ExpOp>},
      {"Floor", convertUnary<FloorOp>},
      {"IsNaN", convertUnary<IsNanOp>},
      {"Log", convertUnary<LogOp>},
      {"Neg", convertUnary<NegOp>},
      {"Not", convertUnary<NotOp>},
      {"Reciprocal", convertUnary<ReciprocalOp>},
      {"Round", convertUnary<RoundOp>},
      {"Sign", convertUnary<SignOp>},
      {"Sin", convertUnary<SinOp>},
      {"Sinh", convertUnary<SinhOp>},
      {"Sqrt", convertUnary<SqrtOp>},
      {"Tan", convertUnary<TanOp>}};
  for (auto [name, converter] : unary)
    registry.add(name, {1}, 1, converter, OpenExtents::Kept);
  registry.add("IsInf", {10}, 1, convertIsInf, OpenExtents::Kept);

  const std::pair<StringRef, Converter> binary[] = {
      {"Add", convertBinary<AddOp>},
      {"Sub", convertBinary<SubOp>},
      {"Mul", convertBinary<MulOp>},
      {"Div", convertBinary<DivOp>},
      {"And", convertBinary<AndOp>},
      {"Or", convertBinary<OrOp>},
      {"Xor", convertBinary<XorOp>},
      {"BitwiseAnd", convertBinary<AndOp>},
      {"BitwiseOr", convertBinary<OrOp>},
      {"BitwiseXor", convertBinary<XorOp>},
      {"Equal", convertCompare<ComparePredicate::EQ>},
      {"Less", convertCompare<ComparePredicate::LT>},
      {"LessOrEqual", convertCompare<ComparePredicate::LE>},
      {"Greater", convertCompare<ComparePredicate::GT>},
      {"GreaterOrEqual", convertCompare<ComparePredicate::GE>}};
  for (auto [name, converter] : binary)
    registry.add(name, {1}, 2, converter, OpenExtents::Kept);
  registry.add("Pow", {1}, 2, convertPow, OpenExtents::Kept);
  registry.add("Mod", {10}, 2, convertMod, OpenExtents::Kept);
  registry.add("BitShift", {11}, 2, convertBitShift, OpenExtents::Kept);
  registry.add("Where", {9}, 3, convertWhere, OpenExtents::Kept);
  registry.add("Cast", {6}, 1, convertCast, OpenExtents::Kept);
  registry.add("CastLike", {15}, 2, convertCastLike, OpenExtents::Kept);

  registry.add("Sum", {1}, {1, Inputs::any}, convertChain<AddOp>,
               OpenExtents::Kept);
  registry.add("Max", {1}, {1, Inputs::any}, convertChain<MaxOp>,
               OpenExtents::Kept);
  registry.add("Min", {1}, {1, Inputs::any}, convertChain<MinOp>,
               OpenExtents::Kept);
  registry.add("Mean", {1}, {1, Inputs::any}, convertMean, OpenExtents::Kept);
}
