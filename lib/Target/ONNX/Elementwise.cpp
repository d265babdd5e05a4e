//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Functions of single elements, but for activations.
//
//===----------------------------------------------------------------------===//

#include "ConverterRegistry.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::exporter;

/// An op that ONNX has an operator for, of type `type` and on `kinds`.
template <typename OpTy>
static void addSame(ConverterRegistry &registry, StringRef type,
                    KindSet kinds) {
  registry.add<OpTy>([=](OpTy, OpContext &context) {
    return context.computeElementwise(type, kinds);
  });
}

/// An op for which ONNX has one operator on bool and another on integers.
template <typename OpTy>
static void addLogic(ConverterRegistry &registry, StringRef onBool,
                     StringRef onIntegers) {
  registry.add<OpTy>([=](OpTy op, OpContext &context) {
    bool isBool = getKind(op->getOperand(0)) == ElementKind::Bool;
    return context.computeElementwise(isBool ? onBool : onIntegers, elements);
  });
}

template <typename OpTy>
static void addShift(ConverterRegistry &registry, StringRef direction) {
  registry.add<OpTy>([=](OpTy, OpContext &context) {
    return context.computeElementwise("BitShift", unsignedIntegers,
                                      NodeAttribute("direction", direction));
  });
}

static LogicalResult convertNeg(NegOp op, OpContext &context) {
  ElementKind kind = getKind(op.getInput());
  if (!isUnsignedInteger(kind))
    return context.computeElementwise("Neg", floats | signedIntegers);
  Layout layout = context.getLayout(op.getInput());
  std::string zero = context.createScalar("zero", kind, 0);
  return context.setResult("Sub", {zero, context.get(op.getInput(), layout)},
                           {}, layout);
}

static LogicalResult convertIsInf(IsInfOp op, OpContext &context) {
  return context.computeElementwise(
      "IsInf", KindSet(ElementKind::F32, ElementKind::F64),
      {NodeAttribute("detect_negative", op.getNegative()),
       NodeAttribute("detect_positive", op.getPositive())});
}

static LogicalResult convertCast(CastOp op, OpContext &context) {
  return context.computeElementwise(
      "Cast", elements, NodeAttribute("to", getOnnxDataType(getKind(op))));
}

/// ONNX's Mod has the divisor's sign for integers alone, and must be told to
/// have the dividend's for floats.
static LogicalResult convertMod(ModOp op, OpContext &context) {
  ElementKind kind = getKind(op.getLhs());
  NodeAttribute truncates("fmod", 1);
  if (op.getTruncated())
    return context.computeElementwise("Mod", numbers, truncates);
  if (!isFloat(kind))
    return context.computeElementwise("Mod", numbers);
  Layout layout;
  SmallVector<std::string> inputs = context.getOperands(layout);
  std::string zero = context.createScalar("zero", kind, 0);
  std::string rest = context.create("Mod", inputs, truncates);
  std::string restNegative = context.create("Less", {rest, zero});
  std::string divisorNegative = context.create("Less", {inputs[1], zero});
  std::string differ = context.create("Xor", {restNegative, divisorNegative});
  std::string exact = context.create("Equal", {rest, zero});
  std::string moved = context.create("Add", {rest, inputs[1]});
  std::string sameSign = context.create("Where", {differ, moved, rest});
  return context.setResult("Where", {exact, rest, sameSign}, {}, layout);
}

static StringRef getOperator(ComparePredicate predicate) {
  switch (predicate) {
  case ComparePredicate::EQ:
  case ComparePredicate::NE:
    return "Equal";
  case ComparePredicate::LT:
    return "Less";
  case ComparePredicate::LE:
    return "LessOrEqual";
  case ComparePredicate::GT:
    return "Greater";
  case ComparePredicate::GE:
    return "GreaterOrEqual";
  }
  llvm_unreachable("every predicate is handled");
}

static LogicalResult convertCompare(CompareOp op, OpContext &context) {
  ComparePredicate predicate = op.getPredicate();
  StringRef type = getOperator(predicate);
  Layout layout;
  SmallVector<std::string> inputs = context.getOperands(layout);
  // Only equality is defined on bool.
  if (type != "Equal" && getKind(op.getLhs()) == ElementKind::Bool)
    for (std::string &input : inputs)
      input = context.createCast(input, ElementKind::Bool, ElementKind::UI8);
  if (predicate == ComparePredicate::NE)
    return context.setResult("Not", context.create(type, inputs), {}, layout);
  return context.setResult(type, inputs, {}, layout);
}

static LogicalResult convertSelect(SelectOp, OpContext &context) {
  Layout layout;
  SmallVector<std::string> inputs = context.getOperands(layout);
  return context.setResult("Where", inputs, {}, layout);
}

static void addUnary(ConverterRegistry &registry) {
  addSame<ExpOp>(registry, "Exp", floats);
  addSame<LogOp>(registry, "Log", floats);
  addSame<SqrtOp>(registry, "Sqrt", floats);
  addSame<FloorOp>(registry, "Floor", floats);
  addSame<CeilOp>(registry, "Ceil", floats);
  addSame<RoundOp>(registry, "Round", ieeeFloats);
  addSame<SinOp>(registry, "Sin", ieeeFloats);
  addSame<CosOp>(registry, "Cos", ieeeFloats);
  addSame<TanOp>(registry, "Tan", ieeeFloats);
  addSame<AsinOp>(registry, "Asin", ieeeFloats);
  addSame<AcosOp>(registry, "Acos", ieeeFloats);
  addSame<AtanOp>(registry, "Atan", ieeeFloats);
  addSame<SinhOp>(registry, "Sinh", ieeeFloats);
  addSame<CoshOp>(registry, "Cosh", ieeeFloats);
  addSame<TanhOp>(registry, "Tanh", floats);
  addSame<AsinhOp>(registry, "Asinh", ieeeFloats);
  addSame<AcoshOp>(registry, "Acosh", ieeeFloats);
  addSame<AtanhOp>(registry, "Atanh", ieeeFloats);
  addSame<ErfOp>(registry, "Erf", floats);
  addSame<AbsOp>(registry, "Abs", numbers);
  addSame<SignOp>(registry, "Sign", numbers);
  addSame<ReciprocalOp>(registry, "Reciprocal", floats);
  addSame<IsNanOp>(registry, "IsNaN", floats);
  addLogic<NotOp>(registry, "Not", "BitwiseNot");
  registry.add<NegOp>(convertNeg);
  registry.add<IsInfOp>(convertIsInf);
  registry.add<CastOp>(convertCast);
}

static void addBinary(ConverterRegistry &registry) {
  addSame<AddOp>(registry, "Add", numbers);
  addSame<SubOp>(registry, "Sub", numbers);
  addSame<MulOp>(registry, "Mul", numbers);
  addSame<DivOp>(registry, "Div", numbers);
  addSame<PowOp>(registry, "Pow",
                 floats | KindSet(ElementKind::I32, ElementKind::I64));
  addSame<MinOp>(registry, "Min", numbers);
  addSame<MaxOp>(registry, "Max", numbers);
  addLogic<AndOp>(registry, "And", "BitwiseAnd");
  addLogic<OrOp>(registry, "Or", "BitwiseOr");
  addLogic<XorOp>(registry, "Xor", "BitwiseXor");
  addShift<ShiftLeftOp>(registry, "LEFT");
  addShift<ShiftRightOp>(registry, "RIGHT");
  registry.add<ModOp>(convertMod);
  registry.add<CompareOp>(convertCompare);
}

void lathe::exporter::addElementwise(ConverterRegistry &registry) {
  addUnary(registry);
  addBinary(registry);
  registry.add<SelectOp>(convertSelect);
}
