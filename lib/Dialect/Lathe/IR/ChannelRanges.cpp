//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How ops treat channels, and what the channels of their results lie between.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/ChannelRanges.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IR/TableLookup.h"
#include "lathe/Support/HostTensorAttr.h"

#include "mlir/Interfaces/InferIntRangeInterface.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

/// The integer type of the elements of `type` if int64_t holds them, else null.
static IntegerType getChannelElement(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return {};
  auto element = dyn_cast<IntegerType>(tensor.getElementType());
  bool fits = element && element.getWidth() > 1 && element.getWidth() <= 64 &&
              !(element.isUnsigned() && element.getWidth() == 64);
  return fits ? element : IntegerType();
}

static IntegerRange getElementRange(IntegerType type) {
  unsigned width = type.getWidth();
  if (type.isUnsigned())
    return {0, static_cast<int64_t>(llvm::maxUIntN(width))};
  return {llvm::minIntN(width), llvm::maxIntN(width)};
}

static int64_t getNumChannels(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape().back();
}

ChannelRanges lathe::getTypeRanges(Type type) {
  IntegerType element = getChannelElement(type);
  if (!element)
    return {};
  ArrayRef<int64_t> shape = cast<RankedTensorType>(type).getShape();
  return ChannelRanges(shape.empty() ? 1 : shape.back(),
                       getElementRange(element));
}

ChannelRanges lathe::impl::getMovedRanges(Operation *op,
                                          ArrayRef<ChannelRanges> operands) {
  ChannelRanges ranges = getTypeRanges(op->getResult(0).getType());
  bool isFirst = true;
  for (unsigned number : cast<ChannelOpInterface>(op).getChannelOperands()) {
    const ChannelRanges &operand = operands[number];
    if (operand.empty() || ranges.empty())
      return getTypeRanges(op->getResult(0).getType());
    for (auto [c, range] : llvm::enumerate(ranges)) {
      IntegerRange moved = operand[c % operand.size()];
      range = isFirst ? moved : range.hull(moved);
    }
    isFirst = false;
  }
  return ranges;
}

Value lathe::impl::cloneOnChannels(Operation *op, OpBuilder &builder,
                                   ValueRange operands) {
  OperationState state(op->getLoc(), op->getName(), operands,
                       op->getResultTypes(), op->getAttrs());
  Operation *clone = builder.create(state);
  SmallVector<Type> types;
  LogicalResult inferred = cast<InferTypeOpInterface>(clone).inferReturnTypes(
      op->getContext(), op->getLoc(), operands, clone->getAttrDictionary(),
      clone->getPropertiesStorage(), clone->getRegions(), types);
  assert(succeeded(inferred) && "channels are in no attribute");
  (void)inferred;
  // Quantized results have parameters of their own.
  auto type = cast<RankedTensorType>(clone->getResult(0).getType());
  clone->getResult(0).setType(
      type.clone(cast<RankedTensorType>(types.front()).getShape()));
  return clone->getResult(0);
}

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

namespace {

/// The computation of one element of an elementwise op, for interval
/// arithmetic.
class ScalarComputation {
public:
  explicit ScalarComputation(Operation *op);

  /// What the result lies between if each operand lies in its range.
  IntegerRange evaluate(ArrayRef<IntegerRange> operands);

private:
  static ConstantIntRanges toRanges(IntegerType type, IntegerRange range);

  Operation *op;
  Block block;
  Value result;
};

} // namespace

ScalarComputation::ScalarComputation(Operation *op) : op(op) {
  OpBuilder builder(op->getContext());
  builder.setInsertionPointToStart(&block);
  for (Value operand : op->getOperands())
    block.addArgument(
        builder.getIntegerType(
            lathe::impl::elementTypeOf(operand).getIntOrFloatBitWidth()),
        op->getLoc());
  result = cast<ElementwiseOpInterface>(op).buildScalar(builder, op->getLoc(),
                                                        block.getArguments());
}

ConstantIntRanges ScalarComputation::toRanges(IntegerType type,
                                              IntegerRange range) {
  auto number = [&](int64_t value) {
    return APInt(type.getWidth(), static_cast<uint64_t>(value),
                 /*isSigned=*/!type.isUnsigned());
  };
  if (type.isUnsigned())
    return ConstantIntRanges::fromUnsigned(number(range.low),
                                           number(range.high));
  return ConstantIntRanges::fromSigned(number(range.low), number(range.high));
}

IntegerRange ScalarComputation::evaluate(ArrayRef<IntegerRange> operands) {
  llvm::DenseMap<Value, ConstantIntRanges> known;
  auto get = [&](Value value) {
    auto it = known.find(value);
    if (it != known.end())
      return it->second;
    return ConstantIntRanges::maxRange(value.getType().getIntOrFloatBitWidth());
  };
  for (auto [argument, operand, range] :
       llvm::zip_equal(block.getArguments(), op->getOperands(), operands))
    known.try_emplace(
        argument,
        toRanges(cast<IntegerType>(lathe::impl::elementTypeOf(operand)),
                 range));
  for (Operation &step : block) {
    auto inferable = dyn_cast<InferIntRangeInterface>(step);
    if (!inferable)
      continue;
    SmallVector<ConstantIntRanges> ranges;
    for (Value operand : step.getOperands())
      ranges.push_back(get(operand));
    inferable.inferResultRanges(
        ranges, [&](Value value, const ConstantIntRanges &range) {
          known.insert_or_assign(value, range);
        });
  }
  ConstantIntRanges range = get(result);
  if (cast<IntegerType>(lathe::impl::elementTypeOf(op->getResult(0)))
          .isUnsigned())
    return {static_cast<int64_t>(range.umin().getZExtValue()),
            static_cast<int64_t>(range.umax().getZExtValue())};
  return {range.smin().getSExtValue(), range.smax().getSExtValue()};
}

ChannelRanges
lathe::impl::getElementwiseRanges(Operation *op,
                                  ArrayRef<ChannelRanges> operands) {
  ChannelRanges ranges = getTypeRanges(op->getResult(0).getType());
  auto isInteger = [](Value operand) {
    auto type = dyn_cast<IntegerType>(elementTypeOf(operand));
    return type && type.getWidth() <= 64;
  };
  if (ranges.empty() || !llvm::all_of(op->getOperands(), isInteger))
    return ranges;
  auto getRange = [&](unsigned operand, size_t channel) {
    const ChannelRanges &known = operands[operand];
    return known[channel % known.size()];
  };
  if (llvm::any_of(operands,
                   [](const ChannelRanges &known) { return known.empty(); }))
    return ranges;
  ScalarComputation computation(op);
  for (auto [channel, range] : llvm::enumerate(ranges)) {
    SmallVector<IntegerRange> scalars;
    for (unsigned i = 0; i < operands.size(); ++i)
      scalars.push_back(getRange(i, channel));
    range = computation.evaluate(scalars);
  }
  return ranges;
}

//===----------------------------------------------------------------------===//
// Ops that move elements
//===----------------------------------------------------------------------===//

/// {0} if the condition holds: the only data keep their channels.
static SmallVector<unsigned> firstIf(bool condition) {
  return condition ? SmallVector<unsigned>{0} : SmallVector<unsigned>{};
}

SmallVector<unsigned> ReshapeOp::getChannelOperands() {
  ArrayRef<int64_t> from = getInput().getType().getShape();
  return firstIf(!from.empty() && !getShape().empty() && from.back() != 0 &&
                 getShape().back() % from.back() == 0);
}

Value ReshapeOp::buildOnChannels(OpBuilder &builder, ValueRange operands) {
  SmallVector<int64_t> shape(getShape());
  shape.back() =
      shape.back() / getNumChannels(getInput()) * getNumChannels(operands[0]);
  return ReshapeOp::create(builder, getLoc(), operands[0], shape);
}

SmallVector<unsigned> TransposeOp::getChannelOperands() {
  ArrayRef<int64_t> order = getPermutation();
  return firstIf(!order.empty() &&
                 order.back() == static_cast<int64_t>(order.size()) - 1);
}

SmallVector<unsigned> SliceOp::getChannelOperands() {
  ArrayRef<int64_t> from = getInput().getType().getShape();
  return firstIf(!from.empty() && getSizes().back() == from.back() &&
                 getSteps().back() == 1);
}

Value SliceOp::buildOnChannels(OpBuilder &builder, ValueRange operands) {
  SmallVector<int64_t> sizes(getSizes());
  sizes.back() = getNumChannels(operands[0]);
  return SliceOp::create(builder, getLoc(), operands[0], getOffsets(), sizes,
                         getSteps());
}

SmallVector<unsigned> BroadcastOp::getChannelOperands() { return {}; }

SmallVector<unsigned> ConcatOp::getChannelOperands() {
  if (getAxis() == static_cast<uint64_t>(getType().getRank()) - 1)
    return {};
  return llvm::to_vector(llvm::seq<unsigned>(0, getInputs().size()));
}

SmallVector<unsigned> PadOp::getChannelOperands() {
  return firstIf(!getLow().empty() && getLow().back() == 0 &&
                 getHigh().back() == 0);
}

ChannelRanges PadOp::getChannelRanges(ArrayRef<ChannelRanges> operands) {
  ChannelRanges ranges = lathe::impl::getMovedRanges(*this, operands);
  if (getMode() != PadMode::Constant)
    return ranges;
  std::optional<double> border =
      getValue() ? getSplatValue(getValue()) : std::optional<double>(0);
  if (!border)
    return getTypeRanges(getType());
  auto value = static_cast<int64_t>(*border);
  for (IntegerRange &range : ranges)
    range = range.hull({value, value});
  return ranges;
}

SmallVector<unsigned> GatherOp::getChannelOperands() {
  return isTableLookup(*this) ? SmallVector<unsigned>{1}
                              : SmallVector<unsigned>{};
}

/// Of a function of one element, by going through its table.
ChannelRanges GatherOp::getChannelRanges(ArrayRef<ChannelRanges> operands) {
  ChannelRanges ranges = getTypeRanges(getType());
  auto constant = getInput().getDefiningOp<ConstantOp>();
  std::optional<HostTensor> table;
  if (constant && isTableLookup(*this))
    table = toHostTensor(constant.getValue());
  if (!table || operands[1].empty())
    return ranges;
  int64_t size = table->getNumElements();
  for (auto [range, indices] : llvm::zip_equal(ranges, operands[1])) {
    if (indices.low < 0 || indices.high >= size)
      continue;
    int64_t first = table->getInt(indices.low);
    range = {first, first};
    for (int64_t i = indices.low + 1; i <= indices.high; ++i)
      range = range.hull({table->getInt(i), table->getInt(i)});
  }
  return ranges;
}

SmallVector<unsigned> ReduceOp::getChannelOperands() {
  int64_t rank = getInput().getType().getRank();
  return firstIf(rank > 0 && getType().getRank() > 0 &&
                 !llvm::is_contained(getAxes(), rank - 1));
}

ChannelRanges ReduceOp::getChannelRanges(ArrayRef<ChannelRanges> operands) {
  ChannelRanges ranges = getTypeRanges(getType());
  if (getChannelOperands().empty() || ranges.empty() || operands[0].empty() ||
      getType().getNumElements() == 0)
    return ranges;
  if (getKind() == ReduceKind::Max || getKind() == ReduceKind::Min)
    return operands[0];
  if (getKind() != ReduceKind::Sum)
    return ranges;
  int64_t count =
      getInput().getType().getNumElements() / getType().getNumElements();
  for (auto [range, operand] : llvm::zip_equal(ranges, operands[0])) {
    IntegerRange sum;
    if (!llvm::MulOverflow(operand.low, count, sum.low) &&
        !llvm::MulOverflow(operand.high, count, sum.high) &&
        sum.low >= range.low && sum.high <= range.high)
      range = sum;
  }
  return ranges;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Value ConvOp::buildOnFewerChannels(OpBuilder &builder, ValueRange operands) {
  Value bias = operands.size() > 2 ? operands[2] : Value();
  int64_t group = isDepthwise() && getGroup() > 1
                      ? getNumChannels(operands[0])
                      : static_cast<int64_t>(getGroup());
  return ConvOp::create(builder, getLoc(), operands[0], operands[1], bias,
                        getStrides(), getDilations(), getPads(), group,
                        getInputZeroPoint());
}
