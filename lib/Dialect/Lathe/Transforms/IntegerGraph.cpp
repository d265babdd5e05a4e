//===- IntegerGraph.cpp - Quantized ops in integer arithmetic -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedValues.h"
#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/QuantizedScales.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Support/HostTensorAttr.h"

#include "llvm/ADT/MapVector.h"

namespace lathe {
#define GEN_PASS_DEF_INTEGERGRAPH
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Functions of one quantized tensor
//===----------------------------------------------------------------------===//

namespace {

/// A value as a function of the elements of one dequantized tensor: the
/// elementwise ops between the two, of which each is a known real function.
class ElementFunction {
public:
  /// That of `value`; none if it is not of that kind.
  static std::optional<ElementFunction> get(Value value);

  /// The dequantized tensor.
  Value getSource() const { return source; }

  /// The element of the value where that of the source is `x`.
  double operator()(double x) const;

private:
  bool add(Value value);

  /// More ops than this are not one function but a model.
  static constexpr size_t maxOps = 32;

  Value result, source;
  /// The ops, each behind those it reads, and the constants.
  llvm::MapVector<Value, RealFunctionOpInterface> ops;
  llvm::DenseMap<Value, double> constants;
};

} // namespace

bool ElementFunction::add(Value value) {
  if (value == source || ops.contains(value) || constants.contains(value))
    return true;
  if (std::optional<double> splat = getSplatValue(value)) {
    constants[value] = *splat;
    return true;
  }
  if (!source && value.getDefiningOp<DequantizeOp>()) {
    source = value;
    return true;
  }
  auto op = value.getDefiningOp<RealFunctionOpInterface>();
  if (!op || op->getNumResults() != 1 || ops.size() == maxOps ||
      !llvm::all_of(op->getOperands(), [&](Value x) { return add(x); }))
    return false;
  ops.insert({value, op});
  return true;
}

std::optional<ElementFunction> ElementFunction::get(Value value) {
  ElementFunction function;
  function.result = value;
  if (!function.add(value) || !function.source || function.ops.empty() ||
      function.source.getType() != value.getType())
    return std::nullopt;
  return function;
}

double ElementFunction::operator()(double x) const {
  llvm::DenseMap<Value, double> elements(constants);
  elements[source] = x;
  for (auto [value, op] : ops) {
    auto operands = llvm::map_to_vector(
        op->getOperands(), [&](Value operand) { return elements[operand]; });
    elements[value] = RealFunctionOpInterface(op).computeReal(operands);
  }
  return elements[result];
}

//===----------------------------------------------------------------------===//
// Quantized results
//===----------------------------------------------------------------------===//

namespace {

/// Replaces what is quantized by its computation in integers.
class ResultConverter {
public:
  explicit ResultConverter(QuantizeOp op)
      : op(op), builder(op), loc(op.getLoc()) {}

  /// The integers of the result, or null with a reason.
  Value convert();

  const std::string &getReason() const { return reason; }

private:
  Value convertProducer(Value value, const QuantizedResult &result);

  QuantizeOp op;
  OpBuilder builder;
  Location loc;
  std::string reason;
};

} // namespace

Value ResultConverter::convertProducer(Value value,
                                       const QuantizedResult &result) {
  auto form = value.getDefiningOp<IntegerFormOpInterface>();
  if (!form) {
    reason = value.getDefiningOp()
                 ? ("'" + value.getDefiningOp()->getName().getStringRef() +
                    "' has no form in integers")
                       .str()
                 : "it is an input";
    return {};
  }
  if (!value.hasOneUse()) {
    reason = "its result is also used in float";
    return {};
  }
  auto operands = llvm::map_to_vector(form->getOperands(), [&](Value operand) {
    return getQuantizedOperand(builder, operand);
  });
  return form.buildInteger(builder, operands, result, reason);
}

Value ResultConverter::convert() {
  auto type = dyn_cast<quant::UniformQuantizedType>(op.getTo());
  if (!type) {
    reason = "the result has more than one scale";
    return {};
  }
  QuantizedResult whole = QuantizedResult::get(type), result = whole;
  Value value = op.getInput();
  while (auto limit = value.getDefiningOp<QuantizationOpInterface>()) {
    if (!limit.isLimit() || !value.hasOneUse())
      break;
    result = result.limitedTo(limit.getResultBounds());
    value = limit->getOperand(0);
  }
  if (value.getDefiningOp<DequantizeOp>())
    if (Value rescaled = buildRescaled(
            builder, loc, getQuantizedOperand(builder, value), result))
      return rescaled;
  auto function = ElementFunction::get(op.getInput());
  if (!function)
    return convertProducer(value, result);
  // What an op computes of 16 bits itself is nearer than lines are.
  QuantizedOperand source = getQuantizedOperand(builder, function->getSource());
  bool isWide = source.type.getStorageTypeIntegralWidth() > 8;
  Value stored = isWide ? convertProducer(value, result) : Value();
  if (!stored)
    stored = buildTable(builder, loc, source, whole, *function, reason);
  return stored || isWide ? stored : convertProducer(value, result);
}

//===----------------------------------------------------------------------===//
// What stays in float
//===----------------------------------------------------------------------===//

namespace {

/// The scales and zero points of `type` as constants that broadcast to a tensor
/// of rank `rank`.
class Parameters {
public:
  Parameters(OpBuilder &builder, Location loc, quant::QuantizedType type,
             int64_t rank)
      : builder(builder), loc(loc), rank(rank),
        parameters(*QuantizedScales::get(type)) {}

  Value getScales() {
    auto values = llvm::map_to_vector(parameters.scales, [](double scale) {
      return static_cast<float>(scale);
    });
    return constant(builder.getF32Type(), ArrayRef<float>(values));
  }
  Value getZeroPoints() {
    auto values = llvm::map_to_vector(parameters.zeroPoints, [](int64_t zero) {
      return static_cast<int32_t>(zero);
    });
    return constant(builder.getI32Type(), ArrayRef<int32_t>(values));
  }
  bool haveZeroPoint() const {
    return llvm::any_of(parameters.zeroPoints,
                        [](int64_t zero) { return zero != 0; });
  }
  int64_t getLeastZeroPoint() const {
    return *llvm::min_element(parameters.zeroPoints);
  }
  int64_t getLargestZeroPoint() const {
    return *llvm::max_element(parameters.zeroPoints);
  }

private:
  template <typename T> Value constant(Type element, ArrayRef<T> values) {
    SmallVector<int64_t> shape;
    if (values.size() > 1) {
      shape.assign(rank, 1);
      shape[*parameters.axis] = static_cast<int64_t>(values.size());
    }
    return ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(RankedTensorType::get(shape, element), values));
  }

  OpBuilder &builder;
  Location loc;
  int64_t rank;
  QuantizedScales parameters;
};

} // namespace

/// `(q - zero point) * scale`
static Value expand(DequantizeOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  auto type =
      cast<quant::QuantizedType>(lathe::impl::elementTypeOf(op.getInput()));
  Parameters parameters(builder, loc, type, op.getType().getRank());
  Value value = getStoredIntegers(builder, op.getInput());
  if (parameters.haveZeroPoint())
    value = SubOp::create(
        builder, loc, CastOp::create(builder, loc, value, builder.getI32Type()),
        parameters.getZeroPoints());
  value = CastOp::create(builder, loc, value, builder.getF32Type());
  return MulOp::create(builder, loc, value, parameters.getScales());
}

/// `saturate(round(x / scale) + zero point)`
static Value expand(QuantizeOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  auto type = cast<quant::QuantizedType>(op.getTo());
  Parameters parameters(builder, loc, type, op.getType().getRank());
  auto clamp = [&](Value value, int64_t low, int64_t high) -> Value {
    return ClampOp::create(builder, loc, value,
                           APFloat(static_cast<double>(low)),
                           APFloat(static_cast<double>(high)));
  };
  int64_t low = type.getStorageTypeMin(), high = type.getStorageTypeMax();
  int64_t least = parameters.getLeastZeroPoint();
  int64_t largest = parameters.getLargestZeroPoint();
  Value steps = RoundOp::create(
      builder, loc,
      DivOp::create(builder, loc, op.getInput(), parameters.getScales()));
  // Limited first, so that it fits in 32 bits; NaN becomes 0 there.
  steps = clamp(steps, low - largest, high - least);
  steps = CastOp::create(builder, loc, steps, builder.getI32Type());
  if (parameters.haveZeroPoint())
    steps = AddOp::create(builder, loc, steps, parameters.getZeroPoints());
  if (least != largest)
    steps = clamp(steps, low, high);
  return CastOp::create(builder, loc, steps, getStorageType(type));
}

namespace {

struct IntegerGraph : lathe::impl::IntegerGraphBase<IntegerGraph> {
  using IntegerGraphBase::IntegerGraphBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    IntegerGraphBase::getDependentDialects(registry);
    registerIntegerForms(registry);
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    for (auto op : llvm::make_early_inc_range(function.getOps<QuantizeOp>()))
      convert(op);
    eraseDead();
    for (auto op :
         llvm::make_early_inc_range(function.getOps<IntegerFormOpInterface>()))
      convertToSums(op);
    eraseDead();
    for (auto op :
         llvm::make_early_inc_range(function.getOps<DequantizeOp>())) {
      op.replaceAllUsesWith(expand(op));
      op.erase();
    }
    eraseDead();
  }

private:
  void convert(QuantizeOp op) {
    ResultConverter converter(op);
    Value stored = converter.convert();
    if (stored) {
      ++numConverted;
    } else {
      stored = expand(op);
      ++numLeft;
      if (remarks)
        op.emitRemark("computed in float, because ") << converter.getReason();
    }
    OpBuilder builder(op);
    op.replaceAllUsesWith(
        StorageCastOp::create(builder, op.getLoc(), stored, op.getTo())
            .getResult());
    op.erase();
  }

  /// Sums the products of quantized operands in integers where the result is
  /// needed as a real number.
  void convertToSums(IntegerFormOpInterface op) {
    auto weighted = dyn_cast<WeightedOpInterface>(op.getOperation());
    if (!weighted || !lathe::impl::elementTypeOf(op->getResult(0)).isF32())
      return;
    OpBuilder builder(op);
    auto operands = llvm::map_to_vector(op->getOperands(), [&](Value operand) {
      return getQuantizedOperand(builder, operand);
    });
    if (!operands[0].stored || !operands[1].stored)
      return;
    SmallVector<double> units;
    std::string reason;
    Value sums = op.buildSums(builder, operands, units, reason);
    if (!sums) {
      if (remarks)
        op.emitRemark("computed in float, because ") << reason;
      return;
    }
    Location loc = op.getLoc();
    Value real = CastOp::create(builder, loc, sums, builder.getF32Type());
    op->getResult(0).replaceAllUsesWith(
        MulOp::create(builder, loc, real, buildFactors(builder, loc, units))
            .getResult());
    op->erase();
    ++numSummed;
  }

  /// Drops what only quantization needed, so that the rest shows what is left.
  void eraseDead() {
    for (Block &block : getOperation().getBody())
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
        if (op.getNumResults() != 0 && op.use_empty() && isPure(&op))
          op.erase();
  }
};

} // namespace
