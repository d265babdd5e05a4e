//===- TensorReader.cpp - Elements of tensors as scalar code --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorReader.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace lathe;

Value TensorReader::broadcast(Location loc, Value value, int64_t width) {
  if (width == 1 || !value || isa<VectorType>(value.getType()))
    return value;
  auto type = VectorType::get(width, value.getType());
  TypedAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    return arith::ConstantOp::create(builder, loc,
                                     SplatElementsAttr::get(type, constant));
  return vector::BroadcastOp::create(builder, loc, type, value);
}

Value TensorReader::readLanes(
    Location loc, ArrayRef<AffineExpr> indices, int64_t width,
    llvm::function_ref<Value(ArrayRef<AffineExpr>)> readOne) {
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < width; ++lane) {
    Indices one;
    for (AffineExpr index : indices)
      one.push_back(space.atLane(index, lane));
    Value element = readOne(one);
    if (!element)
      return {};
    elements.push_back(element);
  }
  auto type = VectorType::get(width, elements[0].getType());
  return vector::FromElementsOp::create(builder, loc, type, elements);
}

Value TensorReader::read(Value tensor, ArrayRef<AffineExpr> indices,
                         int64_t width) {
  if (Value value = known.lookup(tensor))
    return value;
  if (Value memref = stored.lookup(tensor))
    return load(tensor.getLoc(), memref, indices, width);
  Operation *op = tensor.getDefiningOp();
  if (auto buffer = dyn_cast_if_present<bufferization::ToTensorOp>(op))
    return load(op->getLoc(), buffer.getBuffer(), indices, width);
  if (auto generic = dyn_cast_if_present<linalg::GenericOp>(op))
    return readGeneric(generic, cast<OpResult>(tensor).getResultNumber(),
                       indices, width);
  if (auto pad = dyn_cast_if_present<tensor::PadOp>(op))
    return readPad(pad, indices, width);
  if (auto fill = dyn_cast_if_present<linalg::FillOp>(op))
    return fill.getInputs()[0];
  if (isa_and_present<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
    return readReshaped(op, indices, width);
  SplatElementsAttr splat;
  if (matchPattern(tensor, m_Constant(&splat)))
    return arith::ConstantOp::create(builder, tensor.getLoc(),
                                     splat.getSplatValue<TypedAttr>());
  emitError(tensor.getLoc(), "has no lowering to loops")
      << (op ? " for '" + op->getName().getStringRef().str() + "'" : "");
  return {};
}

Value TensorReader::load(Location loc, Value memref,
                         ArrayRef<AffineExpr> indices, int64_t width) {
  auto type = cast<MemRefType>(memref.getType());
  auto readOne = [&](ArrayRef<AffineExpr> at) -> Value {
    SmallVector<Value> values;
    for (AffineExpr index : at)
      values.push_back(space.materialize(builder, loc, space.simplify(index)));
    return memref::LoadOp::create(builder, loc, memref, values);
  };
  if (width == 1)
    return readOne(indices);

  // A vector load needs lanes that are neighbours in memory; bits are packed
  // in vectors but not in memory.
  auto [strides, offset] = type.getStridesAndOffset();
  bool uniform = true, contiguous = !type.getElementType().isInteger(1);
  for (auto [dim, index] : llvm::enumerate(indices)) {
    std::optional<int64_t> step = space.laneStep(space.simplify(index));
    bool isLast = dim + 1 == indices.size();
    uniform &= step == 0;
    contiguous &= step == (isLast ? 1 : 0);
  }
  if (uniform)
    return readOne(indices);
  if (!contiguous || strides.back() != 1)
    return readLanes(loc, indices, width,
                     [&](ArrayRef<AffineExpr> one) { return readOne(one); });
  SmallVector<Value> values;
  for (AffineExpr index : indices)
    values.push_back(space.materialize(builder, loc,
                                       space.simplify(space.atLane(index, 0))));
  auto vector = VectorType::get(width, type.getElementType());
  return vector::LoadOp::create(builder, loc, vector, memref, values);
}

void TensorReader::store(Location loc, Value value, Value memref,
                         ArrayRef<AffineExpr> indices, int64_t width) {
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  bool contiguous = !type.getElementType().isInteger(1) && strides.size() > 0 &&
                    strides.back() == 1;
  for (auto [dim, index] : llvm::enumerate(indices))
    contiguous &= space.laneStep(index) == (dim + 1 == indices.size() ? 1 : 0);
  value = broadcast(loc, value, width);
  int64_t stores = width == 1 || contiguous ? 1 : width;
  for (int64_t lane = 0; lane < stores; ++lane) {
    SmallVector<Value> at;
    for (AffineExpr index : indices)
      at.push_back(space.materialize(
          builder, loc, space.simplify(space.atLane(index, lane))));
    if (width == 1) {
      memref::StoreOp::create(builder, loc, value, memref, at);
    } else if (contiguous) {
      vector::StoreOp::create(builder, loc, value, memref, at);
    } else {
      Value element = vector::ExtractOp::create(builder, loc, value, lane);
      memref::StoreOp::create(builder, loc, element, memref, at);
    }
  }
}

/// Whether each op of the region computes lane by lane on vectors, at
/// iterations where `loops` depend on the lane.
static bool isVectorizable(linalg::GenericOp op, ArrayRef<AffineExpr> loops) {
  return llvm::all_of(op.getBody()->without_terminator(),
                      [&](Operation &inner) {
                        if (auto index = dyn_cast<linalg::IndexOp>(inner))
                          return !loops[index.getDim()].isFunctionOfDim(0);
                        return isa<arith::ConstantOp>(inner) ||
                               OpTrait::hasElementwiseMappableTraits(&inner);
                      });
}

Value TensorReader::readGeneric(linalg::GenericOp op, unsigned result,
                                ArrayRef<AffineExpr> indices, int64_t width) {
  if (op.getNumReductionLoops() != 0) {
    op.emitError("a reduction cannot be computed inside another loop nest");
    return {};
  }
  AffineMap output = op.getIndexingMapsArray()[op.getNumDpsInputs() + result];
  Indices loops(op.getNumLoops(), space.constant(0));
  for (auto [i, expr] : llvm::enumerate(output.getResults()))
    loops[cast<AffineDimExpr>(expr).getPosition()] = indices[i];

  if (width > 1 && !isVectorizable(op, loops))
    return readLanes(op.getLoc(), indices, width,
                     [&](ArrayRef<AffineExpr> one) {
                       return readGeneric(op, result, one, 1);
                     });

  SmallVector<Value> arguments;
  for (OpOperand &operand : op->getOpOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(&operand);
    if (argument.use_empty()) {
      arguments.push_back({});
      continue;
    }
    AffineMap map = op.getMatchingIndexingMap(&operand);
    Indices at;
    for (AffineExpr expr : map.getResults())
      at.push_back(expr.replaceDims(loops));
    Value element = read(operand.get(), at, width);
    if (!element)
      return {};
    arguments.push_back(element);
  }
  SmallVector<Value> results = inlineRegion(op, loops, arguments, width);
  return results.empty() ? Value() : results[result];
}

Indices TensorReader::indicesInSource(tensor::PadOp pad,
                                      ArrayRef<AffineExpr> indices) {
  Indices source;
  for (auto [index, low] : llvm::zip(indices, pad.getStaticLow()))
    source.push_back(index - low);
  return source;
}

Value TensorReader::readPad(tensor::PadOp pad, ArrayRef<AffineExpr> indices,
                            int64_t width) {
  Indices source = indicesInSource(pad, indices);
  if (unpadded.contains(pad))
    return read(pad.getSource(), source, width);

  // The checks that remain after what is known of the indices.
  Location loc = pad.getLoc();
  ArrayRef<int64_t> shape = pad.getSourceType().getShape();
  Value inside;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    AffineExpr index = source[dim];
    int64_t extent = shape[dim];
    if (width > 1 && index.isFunctionOfDim(0) &&
        pad.getResultType().getShape() != shape)
      return readLanes(loc, indices, width, [&](ArrayRef<AffineExpr> one) {
        return readPad(pad, one, 1);
      });
    IndexRange range = space.rangeOf(index);
    auto check = [&](arith::CmpIPredicate predicate, int64_t bound) {
      Value value = space.materialize(builder, loc, space.simplify(index));
      Value limit = arith::ConstantIndexOp::create(builder, loc, bound);
      Value holds =
          arith::CmpIOp::create(builder, loc, predicate, value, limit);
      inside =
          inside ? arith::AndIOp::create(builder, loc, inside, holds) : holds;
    };
    if (range.low < 0)
      check(arith::CmpIPredicate::sge, 0);
    if (range.high >= extent)
      check(arith::CmpIPredicate::slt, extent);
  }
  if (!inside)
    return read(pad.getSource(), source, width);

  Value padding = broadcast(loc, pad.getConstantPaddingValue(), width);
  auto choice = scf::IfOp::create(builder, loc, padding.getType(), inside,
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(choice.thenBlock());
  Value element = read(pad.getSource(), source, width);
  if (!element)
    return {};
  scf::YieldOp::create(builder, loc, broadcast(loc, element, width));
  builder.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(builder, loc, padding);
  return choice.getResult(0);
}

/// The indices of the dimensions in one reassociation group joined into one.
static AffineExpr join(ArrayRef<AffineExpr> indices, ArrayRef<int64_t> group,
                       ArrayRef<int64_t> shape) {
  AffineExpr sum = indices[group[0]];
  for (int64_t dim : group.drop_front())
    sum = sum * shape[dim] + indices[dim];
  return sum;
}

Value TensorReader::readReshaped(Operation *op, ArrayRef<AffineExpr> indices,
                                 int64_t width) {
  Indices source;
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    ArrayRef<int64_t> shape = expand.getResultType().getShape();
    for (const ReassociationIndices &group : expand.getReassociationIndices())
      source.push_back(group.empty() ? space.constant(0)
                                     : join(indices, group, shape));
    return read(expand.getSrc(), source, width);
  }
  auto collapse = cast<tensor::CollapseShapeOp>(op);
  ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
  source.assign(shape.size(), space.constant(0));
  for (auto [i, group] : llvm::enumerate(collapse.getReassociationIndices())) {
    AffineExpr rest = indices[i];
    for (int64_t dim : llvm::reverse(group)) {
      bool isFirst = dim == group.front();
      source[dim] = isFirst ? rest : space.simplify(rest % shape[dim]);
      rest = space.simplify(rest.floorDiv(shape[dim]));
    }
  }
  return read(collapse.getSrc(), source, width);
}

Value TensorReader::inlineOp(Operation &op, IRMapping &mapping,
                             ArrayRef<AffineExpr> loops, int64_t width) {
  Location loc = op.getLoc();
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return space.materialize(builder, loc, loops[index.getDim()]);
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    Indices at;
    auto shape =
        cast<RankedTensorType>(extract.getTensor().getType()).getShape();
    for (auto [index, extent] : llvm::zip(extract.getIndices(), shape))
      at.push_back(space.add(mapping.lookupOrDefault(index), {0, extent - 1}));
    return read(extract.getTensor(), at, 1);
  }
  // Ops on scalars stay scalar when no operand is a vector.
  bool isVector = llvm::any_of(op.getOperands(), [&](Value operand) {
    return isa<VectorType>(mapping.lookupOrDefault(operand).getType());
  });
  if (!isVector)
    return builder.clone(op, mapping)->getResult(0);
  SmallVector<Value> operands;
  for (Value operand : op.getOperands())
    operands.push_back(broadcast(loc, mapping.lookupOrDefault(operand), width));
  Type type = VectorType::get(width, op.getResult(0).getType());
  OperationState state(loc, op.getName(), operands, type, op.getAttrs());
  return builder.create(state)->getResult(0);
}

SmallVector<Value> TensorReader::inlineRegion(linalg::GenericOp op,
                                              ArrayRef<AffineExpr> loops,
                                              ValueRange arguments,
                                              int64_t width) {
  IRMapping mapping;
  for (auto [argument, value] :
       llvm::zip(op.getBody()->getArguments(), arguments))
    if (value)
      mapping.map(argument, value);
  for (Operation &inner : op.getBody()->without_terminator()) {
    Value value = inlineOp(inner, mapping, loops, width);
    if (!value)
      return {};
    mapping.map(inner.getResult(0), value);
  }
  SmallVector<Value> results;
  for (Value result : op.getBody()->getTerminator()->getOperands())
    results.push_back(mapping.lookupOrDefault(result));
  return results;
}
