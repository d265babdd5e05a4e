//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Conditionals and loops: what their bodies must be, and how they run them.
//
//===----------------------------------------------------------------------===//

#include "MemoryBuilder.h"

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

static func::FuncOp lookupBody(Operation *op, FlatSymbolRefAttr body) {
  return SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, body);
}

/// Whether `body` is a private function of these types; emits an error if not.
static LogicalResult verifyBody(Operation *op, SymbolTableCollection &symbols,
                                FlatSymbolRefAttr body, TypeRange arguments,
                                TypeRange results) {
  auto function = symbols.lookupNearestSymbolFrom<func::FuncOp>(op, body);
  if (!function || !function.isPrivate() || function.isExternal())
    return op->emitOpError() << body << " is no private function with a body";
  // Once outlined it takes memory, and its callers no longer are.
  if (llvm::any_of(function.getArgumentTypes(), llvm::IsaPred<MemRefType>))
    return success();
  if (TypeRange(function.getArgumentTypes()) == arguments &&
      TypeRange(function.getResultTypes()) == results)
    return success();
  auto expected = FunctionType::get(op->getContext(), arguments, results);
  return op->emitOpError() << "needs " << body << " to have type " << expected
                           << ", not " << function.getFunctionType();
}

static int64_t getArenaBytes(Operation *op, FlatSymbolRefAttr body) {
  auto bytes =
      lookupBody(op, body)->getAttrOfType<IntegerAttr>("lathe.arena_size");
  return bytes ? bytes.getInt() : 0;
}

/// What executing a body once costs, by `cost` of each op.
static int64_t sumCost(Operation *op, FlatSymbolRefAttr body,
                       llvm::function_ref<int64_t(CostOpInterface)> cost) {
  int64_t sum = 0;
  if (func::FuncOp function = lookupBody(op, body))
    function.walk([&](CostOpInterface inner) { sum += cost(inner); });
  return sum;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

LogicalResult MemoryAtOp::verify() {
  auto source = cast<MemRefType>(getSource().getType());
  auto result = cast<MemRefType>(getResult().getType());
  size_t leading = getIndices().size();
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!source.hasStaticShape() ||
      failed(source.getStridesAndOffset(strides, offset)) ||
      llvm::any_of(strides, ShapedType::isDynamic))
    return emitOpError("needs memory of static shape and strides");
  // All dimensions, or those behind the indices.
  ArrayRef<int64_t> shape = result.getShape();
  if (shape.size() == source.getShape().size() &&
      llvm::all_of_zip(shape, source.getShape(),
                       [](int64_t part, int64_t all) { return part <= all; }))
    shape = shape.drop_front(leading);
  if (!result.getLayout().isIdentity() ||
      result.getElementType() != source.getElementType() ||
      source.getShape().size() < leading ||
      shape != source.getShape().drop_front(leading))
    return emitOpError("of ")
           << source << " at " << leading << " indices is no " << result;
  StridedView view{strides, 0};
  ArrayRef<int64_t> dims = result.getShape();
  if (size_t outer = strides.size() - dims.size())
    view.strides.erase(view.strides.begin(), view.strides.begin() + outer);
  if (!view.isContiguous(dims))
    return emitOpError("behind the indices, the memory must be dense");
  return success();
}

Value MemoryAtOp::getViewSource() { return getSource(); }

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

LogicalResult IfOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (failed(verifyBody(*this, symbols, getThenBodyAttr(),
                        getThenInputs().getTypes(), getResultTypes())))
    return failure();
  return verifyBody(*this, symbols, getElseBodyAttr(),
                    getElseInputs().getTypes(), getResultTypes());
}

SmallVector<FlatSymbolRefAttr> IfOp::getBodies() {
  return {getThenBodyAttr(), getElseBodyAttr()};
}

bool IfOp::needsDenseMemory() { return true; }

int64_t IfOp::getMACs() {
  auto cost = [](CostOpInterface op) { return op.getMACs(); };
  return std::max(sumCost(*this, getThenBodyAttr(), cost),
                  sumCost(*this, getElseBodyAttr(), cost));
}

int64_t IfOp::getElementOps() {
  auto cost = [](CostOpInterface op) { return op.getElementOps(); };
  return std::max(sumCost(*this, getThenBodyAttr(), cost),
                  sumCost(*this, getElseBodyAttr(), cost));
}

int64_t IfOp::getScratchBytes() {
  return std::max(getArenaBytes(*this, getThenBodyAttr()),
                  getArenaBytes(*this, getElseBodyAttr()));
}

void IfOp::buildOnMemory(OpBuilder &builder, Location loc, ValueRange inputs,
                         ValueRange outputs, Value scratch) {
  MemoryBuilder memory{builder, loc};
  Value condition =
      memref::LoadOp::create(builder, loc, inputs[0], ValueRange());
  auto branch = scf::IfOp::create(builder, loc, condition,
                                  /*withElseRegion=*/true);
  auto fill = [&](Block *block, FlatSymbolRefAttr body, ValueRange given) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(block);
    func::FuncOp function = lookupBody(*this, body);
    SmallVector<Value> arguments;
    for (Value value : llvm::concat<Value>(given, outputs))
      arguments.push_back(
          memory.at(value, {}, function.getArgumentTypes()[arguments.size()]));
    memory.call(function, arguments, scratch);
  };
  inputs = inputs.drop_front();
  unsigned numThen = getThenInputs().size();
  fill(branch.thenBlock(), getThenBodyAttr(), inputs.take_front(numThen));
  fill(branch.elseBlock(), getElseBodyAttr(), inputs.drop_front(numThen));
}

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

static Type dropLeadingDimension(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(tensor.getShape().drop_front(),
                               tensor.getElementType());
}

LogicalResult LoopOp::verify() {
  std::optional<int64_t> bound = getBound();
  if (!bound && !getTripCount() && !getCondition())
    return emitOpError("needs a bound, a trip count or a condition");
  if (bound && *bound < 0)
    return emitOpError("'bound' must not be negative");
  if (getNumResults() == 0)
    return emitOpError("needs a result");
  for (Type type :
       llvm::concat<Type>(getScanned().getTypes(), getStacked().getTypes())) {
    auto tensor = cast<RankedTensorType>(type);
    if (!bound || tensor.getRank() == 0 || tensor.getDimSize(0) != *bound)
      return emitOpError("has slices of ")
             << type << ", whose first dimension is not 'bound'";
  }
  if (getInitial().getTypes() != getCarried().getTypes())
    return emitOpError("carried values end with another type than they have "
                       "at the start");
  if ((getReversedInputs() &&
       getReversedInputs()->size() != getScanned().size()) ||
      (getReversedOutputs() &&
       getReversedOutputs()->size() != getStacked().size()))
    return emitOpError("says for another number of tensors than it has "
                       "whether they are reversed");
  return success();
}

LogicalResult LoopOp::verifySymbolUses(SymbolTableCollection &symbols) {
  SmallVector<Type> arguments, results;
  for (Type type : getScanned().getTypes())
    arguments.push_back(dropLeadingDimension(type));
  llvm::append_range(arguments, getInitial().getTypes());
  llvm::append_range(arguments, getCaptured().getTypes());
  if (getCondition())
    results.push_back(getCondition().getType());
  llvm::append_range(results, getCarried().getTypes());
  for (Type type : getStacked().getTypes())
    results.push_back(dropLeadingDimension(type));
  return verifyBody(*this, symbols, getBodyAttr(), arguments, results);
}

SmallVector<FlatSymbolRefAttr> LoopOp::getBodies() { return {getBodyAttr()}; }

bool LoopOp::needsDenseMemory() { return true; }

int64_t LoopOp::getMACs() {
  return getBound().value_or(1) *
         sumCost(*this, getBodyAttr(),
                 [](CostOpInterface op) { return op.getMACs(); });
}

int64_t LoopOp::getElementOps() {
  return getBound().value_or(1) *
         sumCost(*this, getBodyAttr(),
                 [](CostOpInterface op) { return op.getElementOps(); });
}

// The body's arena, in which the carried values stay, then the condition.
int64_t LoopOp::getScratchBytes() {
  return getArenaBytes(*this, getBodyAttr()) + (getCondition() ? 1 : 0);
}

namespace {

/// Builds a loop from the parts of its memory.
class LoopLowering {
public:
  LoopLowering(LoopOp op, OpBuilder &builder, Location loc, ValueRange inputs,
               ValueRange outputs, Value scratch)
      : op(op), builder(builder), loc(loc), memory{builder, loc},
        body(lookupBody(op, op.getBodyAttr())), scratch(scratch) {
    auto take = [](ValueRange &values, unsigned count) {
      ValueRange taken = values.take_front(count);
      values = values.drop_front(count);
      return taken;
    };
    tripCount = take(inputs, op.getTripCount() ? 1 : 0);
    condition = take(inputs, op.getCondition() ? 1 : 0);
    scanned = take(inputs, op.getScanned().size());
    initial = take(inputs, op.getInitial().size());
    captured = inputs;
    carried = take(outputs, op.getCarried().size());
    stacked = outputs;
  }

  void run();

private:
  void placeCarried();
  Value getLimit();
  void buildIteration(Value i);
  void buildFor(Value limit);
  void buildWhile(Value limit);

  LoopOp op;
  OpBuilder &builder;
  Location loc;
  MemoryBuilder memory;
  func::FuncOp body;
  Value scratch;
  ValueRange tripCount, condition, scanned, initial, captured, carried, stacked;
  /// Where the body keeps the carried values.
  SmallVector<Value> states;
  /// Where it leaves the next condition.
  Value next;
};

} // namespace

/// Finds the carried values in the body's arena.
void LoopLowering::placeCarried() {
  auto offsets = body->getAttrOfType<DenseI64ArrayAttr>("lathe.carried");
  for (auto [i, value] : llvm::enumerate(op.getCarried())) {
    auto tensor = cast<RankedTensorType>(value.getType());
    auto type = MemRefType::get(tensor.getShape(), tensor.getElementType());
    states.push_back(memory.place(scratch, offsets[i], type, "state"));
  }
  if (op.getCondition())
    next = memory.place(scratch, op.getScratchBytes() - 1,
                        MemRefType::get({}, builder.getI1Type()), "again");
}

/// The most iterations, as an index; null if nothing limits them.
Value LoopLowering::getLimit() {
  if (tripCount.empty())
    return op.getBound() ? memory.getIndex(*op.getBound()) : Value();
  // Exporters write the largest integer where they mean no limit, and an index
  // may have 32 bits.
  int64_t most = op.getBound().value_or(std::numeric_limits<int32_t>::max());
  auto getInteger = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(builder, loc, value, 64);
  };
  Value count =
      memref::LoadOp::create(builder, loc, tripCount.front(), ValueRange());
  count = arith::MinSIOp::create(builder, loc, count, getInteger(most));
  count = arith::MaxSIOp::create(builder, loc, count, getInteger(0));
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                    count);
}

void LoopLowering::buildIteration(Value i) {
  Value last;
  auto addRow = [&](SmallVector<Value> &arguments, Value rows, bool reversed) {
    Value at = i;
    if (reversed) {
      if (!last)
        last = arith::SubIOp::create(builder, loc,
                                     memory.getIndex(*op.getBound() - 1), i);
      at = last;
    }
    arguments.push_back(
        memory.at(rows, at, body.getArgumentTypes()[arguments.size()]));
  };
  SmallVector<Value> arguments;
  for (auto [index, rows] : llvm::enumerate(scanned))
    addRow(arguments, rows, op.isReversedInput(index));
  for (Value value : captured)
    arguments.push_back(
        memory.at(value, {}, body.getArgumentTypes()[arguments.size()]));
  if (next)
    arguments.push_back(next);
  for (auto [index, rows] : llvm::enumerate(stacked))
    addRow(arguments, rows, op.isReversedOutput(index));
  memory.call(body, arguments, scratch);
}

void LoopLowering::buildFor(Value limit) {
  OpBuilder::InsertionGuard guard(builder);
  auto loop = scf::ForOp::create(builder, loc, memory.getIndex(0), limit,
                                 memory.getIndex(1));
  builder.setInsertionPointToStart(loop.getBody());
  buildIteration(loop.getInductionVar());
}

/// A loop that carries the condition, and counts if there is a limit.
void LoopLowering::buildWhile(Value limit) {
  SmallVector<Value> start = {
      memref::LoadOp::create(builder, loc, condition.front(), ValueRange())};
  if (limit)
    start.push_back(memory.getIndex(0));
  auto loop = scf::WhileOp::create(
      builder, loc, ValueRange(start).getTypes(), start,
      [&](OpBuilder &inner, Location, ValueRange values) {
        Value goOn = values[0];
        if (limit) {
          Value isBelow = arith::CmpIOp::create(
              inner, loc, arith::CmpIPredicate::slt, values[1], limit);
          goOn = arith::AndIOp::create(inner, loc, goOn, isBelow);
        }
        scf::ConditionOp::create(inner, loc, goOn, values);
      },
      [&](OpBuilder &inner, Location, ValueRange values) {
        OpBuilder::InsertionGuard guard(builder);
        builder.restoreInsertionPoint(inner.saveInsertionPoint());
        buildIteration(limit ? values[1] : Value());
        SmallVector<Value> following = {
            memref::LoadOp::create(builder, loc, next, ValueRange())};
        if (limit)
          following.push_back(arith::AddIOp::create(builder, loc, values[1],
                                                    memory.getIndex(1)));
        scf::YieldOp::create(builder, loc, following);
      });
  loop->setAttr("lathe.names", builder.getStrArrayAttr({"goes_on", "i"}));
}

void LoopLowering::run() {
  placeCarried();
  for (auto [from, to] : llvm::zip(initial, states))
    memory.copy(from, to);
  if (!tripCount.empty() || !condition.empty())
    for (Value rows : stacked)
      memory.fillWithZero(rows);
  if (Value limit = getLimit(); condition.empty())
    buildFor(limit);
  else
    buildWhile(limit);
  for (auto [from, to] : llvm::zip(states, carried))
    memory.copy(from, to);
}

void LoopOp::buildOnMemory(OpBuilder &builder, Location loc, ValueRange inputs,
                           ValueRange outputs, Value scratch) {
  LoopLowering(*this, builder, loc, inputs, outputs, scratch).run();
}
