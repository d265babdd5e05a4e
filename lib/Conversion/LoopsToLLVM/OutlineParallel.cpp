//===- OutlineParallel.cpp - Move parallel loops into functions -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "lathe/Conversion/LoopsToLLVM/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_OUTLINEPARALLEL
#include "lathe/Conversion/LoopsToLLVM/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// One dimension of a parallel loop: iteration i runs at lower + i * step.
struct Dimension {
  int64_t lower;
  int64_t step;
  int64_t count;
};

/// Returns nothing if a bound is not constant.
std::optional<SmallVector<Dimension>> getDimensions(scf::ParallelOp loop) {
  SmallVector<Dimension> dimensions;
  for (auto [lower, upper, step] : llvm::zip_equal(
           loop.getLowerBound(), loop.getUpperBound(), loop.getStep())) {
    std::optional<int64_t> lowerValue = getConstantIntValue(lower);
    std::optional<int64_t> upperValue = getConstantIntValue(upper);
    std::optional<int64_t> stepValue = getConstantIntValue(step);
    if (!lowerValue || !upperValue || !stepValue || *stepValue <= 0)
      return std::nullopt;
    int64_t extent = std::max<int64_t>(*upperValue - *lowerValue, 0);
    dimensions.push_back(
        {*lowerValue, *stepValue, llvm::divideCeilSigned(extent, *stepValue)});
  }
  return dimensions;
}

int64_t getNumIterations(ArrayRef<Dimension> dimensions) {
  int64_t product = 1;
  for (const Dimension &dimension : dimensions)
    product *= dimension.count;
  return product;
}

/// Whether a bare pointer, or a register, carries all there is to `type`.
bool canPass(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref)
    return type.isIntOrIndexOrFloat() || isa<VectorType>(type);
  int64_t offset;
  SmallVector<int64_t> strides;
  return memref.hasStaticShape() &&
         succeeded(memref.getStridesAndOffset(strides, offset)) &&
         !ShapedType::isDynamic(offset) &&
         llvm::none_of(strides, ShapedType::isDynamic);
}

/// What the body of a loop uses from outside.
struct Captures {
  /// Passed to the function.
  llvm::SetVector<Value> arguments;
  /// Computed again inside it: constants and views, operands first.
  llvm::SetVector<Operation *> copies;

  /// False if neither way works for `value`.
  bool add(Value value) {
    Operation *op = value.getDefiningOp();
    bool isCheap = op && isMemoryEffectFree(op) && op->getNumRegions() == 0 &&
                   (op->hasTrait<OpTrait::ConstantLike>() ||
                    isa<MemRefType>(value.getType()));
    if (!isCheap) {
      arguments.insert(value);
      return canPass(value.getType());
    }
    if (copies.contains(op))
      return true;
    for (Value operand : op->getOperands())
      if (!add(operand))
        return false;
    copies.insert(op);
    return true;
  }
};

std::optional<Captures> getCaptures(scf::ParallelOp loop) {
  llvm::SetVector<Value> values;
  getUsedValuesDefinedAbove(loop.getRegion(), values);
  Captures captures;
  for (Value value : values)
    if (!captures.add(value))
      return std::nullopt;
  return captures;
}

/// Rewrites one loop that can be outlined.
class Outliner {
public:
  Outliner(scf::ParallelOp loop, ArrayRef<Dimension> dimensions,
           const Captures &captures)
      : loop(loop), dimensions(dimensions), captures(captures),
        caller(loop->getParentOfType<func::FuncOp>()), builder(loop) {}

  void run(SymbolTable &symbols, int64_t maxThreads);

private:
  func::FuncOp createFunction(SymbolTable &symbols);
  void fillBody(func::FuncOp func);
  void copyArgumentAttributes(func::FuncOp func);
  Value createInductionValue(Location loc, Value linear, unsigned dimension);

  scf::ParallelOp loop;
  ArrayRef<Dimension> dimensions;
  const Captures &captures;
  func::FuncOp caller;
  OpBuilder builder;
};

/// The value of the loop's induction variable in iteration `linear` of all,
/// the last dimension running fastest.
Value Outliner::createInductionValue(Location loc, Value linear,
                                     unsigned dimension) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  int64_t inner = getNumIterations(dimensions.drop_front(dimension + 1));
  Value index = linear;
  if (inner != 1)
    index = arith::DivUIOp::create(builder, loc, index, constant(inner));
  if (dimension != 0)
    index = arith::RemUIOp::create(builder, loc, index,
                                   constant(dimensions[dimension].count));
  if (dimensions[dimension].step != 1)
    index = arith::MulIOp::create(builder, loc, index,
                                  constant(dimensions[dimension].step));
  if (dimensions[dimension].lower != 0)
    index = arith::AddIOp::create(builder, loc, index,
                                  constant(dimensions[dimension].lower));
  return index;
}

/// An argument of the caller means the same in the function.
void Outliner::copyArgumentAttributes(func::FuncOp func) {
  for (auto [i, value] : llvm::enumerate(captures.arguments))
    if (auto argument = dyn_cast<BlockArgument>(value))
      if (argument.getOwner()->getParentOp() == caller)
        func.setArgAttrs(i + 2, caller.getArgAttrDict(argument.getArgNumber()));
}

void Outliner::fillBody(func::FuncOp func) {
  Location loc = loop.getLoc();
  Block *block = func.addEntryBlock();
  builder.setInsertionPointToStart(block);
  IRMapping mapping;
  mapping.map(captures.arguments.getArrayRef(),
              block->getArguments().drop_front(2));
  for (Operation *op : captures.copies)
    builder.clone(*op, mapping);

  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  auto range = scf::ForOp::create(builder, loc, block->getArgument(0),
                                  block->getArgument(1), one);
  func::ReturnOp::create(builder, loc);
  builder.setInsertionPointToStart(range.getBody());
  for (auto [i, variable] : llvm::enumerate(loop.getInductionVars()))
    mapping.map(variable, createInductionValue(variable.getLoc(),
                                               range.getInductionVar(), i));
  for (Operation &op : loop.getBody()->without_terminator())
    builder.clone(op, mapping);
}

func::FuncOp Outliner::createFunction(SymbolTable &symbols) {
  SmallVector<Type> types(2, builder.getIndexType());
  for (Value value : captures.arguments)
    types.push_back(value.getType());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(caller);
  auto func = func::FuncOp::create(builder, loop.getLoc(),
                                   (caller.getName() + "_parallel").str(),
                                   builder.getFunctionType(types, {}));
  func.setPrivate();
  symbols.insert(func, caller->getIterator()); // makes the name unique
  copyArgumentAttributes(func);
  fillBody(func);
  return func;
}

void Outliner::run(SymbolTable &symbols, int64_t maxThreads) {
  Location loc = loop.getLoc();
  func::FuncOp func = createFunction(symbols);
  int64_t count = getNumIterations(dimensions);
  SmallVector<Value> operands = {
      arith::ConstantIndexOp::create(builder, loc, 0),
      arith::ConstantIndexOp::create(builder, loc, count)};
  llvm::append_range(operands, captures.arguments);
  auto call = func::CallOp::create(builder, loc, func, operands);
  call->setAttr(lathe::detail::ThreadsAttr,
                builder.getI64IntegerAttr(std::min(count, maxThreads)));
  loop.erase();
}

struct OutlineParallel
    : public lathe::impl::OutlineParallelBase<OutlineParallel> {
  using OutlineParallelBase::OutlineParallelBase;

  void runOnOperation() override {
    SmallVector<scf::ParallelOp> loops;
    llvm::StringSet<> bodies = getBodies();
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      auto func = dyn_cast<func::FuncOp>(op);
      if (func && bodies.contains(func.getName()))
        return WalkResult::skip();
      auto loop = dyn_cast<scf::ParallelOp>(op);
      if (!loop)
        return WalkResult::advance();
      loops.push_back(loop);
      return WalkResult::skip(); // what is nested in it stays serial
    });
    SymbolTable symbols(getOperation());
    for (scf::ParallelOp loop : loops)
      ++(outline(loop, symbols) ? numOutlined : numSerial);
  }

private:
  /// The functions that were outlined before: threads run them already.
  llvm::StringSet<> getBodies() {
    llvm::StringSet<> names;
    getOperation().walk([&](func::CallOp call) {
      if (call->hasAttr(lathe::detail::ThreadsAttr))
        names.insert(call.getCallee());
    });
    return names;
  }

  /// False if the loop stays where it is.
  bool outline(scf::ParallelOp loop, SymbolTable &symbols) {
    if (maxThreads <= 1 || loop.getNumReductions() != 0 ||
        !loop->getParentOfType<func::FuncOp>())
      return false;
    std::optional<SmallVector<Dimension>> dimensions = getDimensions(loop);
    if (!dimensions || getNumIterations(*dimensions) <= 1)
      return false;
    std::optional<Captures> captures = getCaptures(loop);
    if (!captures)
      return false;
    Outliner(loop, *dimensions, *captures).run(symbols, maxThreads);
    return true;
  }
};

} // namespace
