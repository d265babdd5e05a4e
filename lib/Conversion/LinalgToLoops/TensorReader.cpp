//===- TensorReader.cpp - Elements of tensors as scalar code --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorReader.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

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
    Location loc, ArrayRef<AffineExpr> indices, Lanes lanes,
    llvm::function_ref<Value(ArrayRef<AffineExpr>)> readOne) {
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < lanes.used; ++lane) {
    Indices one;
    for (AffineExpr index : indices)
      one.push_back(space.atLane(index, lane));
    Value element = readOne(one);
    if (!element)
      return {};
    elements.push_back(element);
  }
  return joinLanes(loc, std::move(elements), lanes);
}

Value TensorReader::joinLanes(Location loc, SmallVector<Value> elements,
                              Lanes lanes) {
  // Any value is right for the others.
  elements.resize(lanes.width, elements.back());
  auto type = VectorType::get(lanes.width, elements[0].getType());
  return vector::FromElementsOp::create(builder, loc, type, elements);
}

Value TensorReader::read(Value tensor, ArrayRef<AffineExpr> indices,
                         Lanes lanes) {
  if (Value value = known.lookup(tensor))
    return value;
  if (Value memref = stored.lookup(tensor))
    return load(tensor.getLoc(), memref, indices, lanes);
  Operation *op = tensor.getDefiningOp();
  if (auto buffer = dyn_cast_if_present<bufferization::ToTensorOp>(op))
    return load(op->getLoc(), buffer.getBuffer(), indices, lanes);
  if (auto generic = dyn_cast_if_present<linalg::GenericOp>(op))
    return readGeneric(generic, cast<OpResult>(tensor).getResultNumber(),
                       indices, lanes);
  if (auto pad = dyn_cast_if_present<tensor::PadOp>(op))
    return readPad(pad, indices, lanes);
  if (auto slice = dyn_cast_if_present<tensor::ExtractSliceOp>(op))
    return readSlice(slice, indices, lanes);
  if (auto fill = dyn_cast_if_present<linalg::FillOp>(op))
    return fill.getInputs()[0];
  if (isa_and_present<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
    return readReshaped(op, indices, lanes);
  SplatElementsAttr splat;
  if (matchPattern(tensor, m_Constant(&splat)))
    return arith::ConstantOp::create(builder, tensor.getLoc(),
                                     splat.getSplatValue<TypedAttr>());
  emitError(tensor.getLoc(), "has no lowering to loops")
      << (op ? " for '" + op->getName().getStringRef().str() + "'" : "");
  return {};
}

std::optional<std::pair<Value, AffineExpr>>
TensorReader::locate(Value tensor, ArrayRef<AffineExpr> indices) {
  Operation *op = tensor.getDefiningOp();
  if (auto buffer = dyn_cast_if_present<bufferization::ToTensorOp>(op)) {
    auto type = cast<MemRefType>(buffer.getBuffer().getType());
    auto [strides, offset] = type.getStridesAndOffset();
    AffineExpr number = space.constant(0);
    for (auto [index, stride] : llvm::zip_equal(indices, strides))
      number = number + index * stride;
    return std::make_pair(buffer.getBuffer(), number);
  }
  if (auto pad = dyn_cast_if_present<tensor::PadOp>(op))
    return locate(pad.getSource(), indicesInSource(pad, indices));
  auto generic = dyn_cast_if_present<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() != 1 ||
      generic.getNumReductionLoops() != 0)
    return std::nullopt;
  AffineMap output = generic.getIndexingMapsArray().back();
  Indices loops(generic.getNumLoops(), space.constant(0));
  for (auto [expr, index] : llvm::zip_equal(output.getResults(), indices))
    loops[cast<AffineDimExpr>(expr).getPosition()] = index;
  Indices source;
  for (AffineExpr expr : generic.getIndexingMapsArray()[0].getResults())
    source.push_back(expr.replaceDims(loops));
  return locate(generic.getInputs()[0], source);
}

/// The lowest used lanes in pieces of ever smaller powers of two, as the first
/// lane and the number of lanes.
static SmallVector<std::pair<int64_t, int64_t>> piecesOf(Lanes lanes) {
  SmallVector<std::pair<int64_t, int64_t>> pieces;
  int64_t first = 0;
  for (int64_t size = lanes.width; size > 0; size /= 2)
    if (lanes.used & size) {
      pieces.push_back({first, size});
      first += size;
    }
  return pieces;
}

/// Whether memory is accessed with masks. Vectors of 512 bits are AVX-512's, on
/// which it costs no more than an access without. Where there are no masks at
/// all (NEON), or storing with them takes many steps (AVX2 on AMD: 18 to 42
/// operations, A. Fog, "Instruction tables"), smaller vectors do.
static bool usesMasks(Type element, Lanes lanes) {
  return element.getIntOrFloatBitWidth() * lanes.width == 512;
}

Value TensorReader::buildMask(Location loc, Lanes lanes) {
  SmallVector<bool> bits(lanes.width, false);
  std::fill_n(bits.begin(), lanes.used, true);
  return arith::ConstantOp::create(builder, loc,
                                   builder.getBoolVectorAttr(bits));
}

Value TensorReader::loadUsed(Location loc, Value memref, ArrayRef<Value> at,
                             Lanes lanes) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  auto type = VectorType::get(lanes.width, element);
  Value vector =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  if (usesMasks(element, lanes))
    return vector::MaskedLoadOp::create(builder, loc, type, memref, at,
                                        buildMask(loc, lanes), vector);
  for (auto [first, size] : piecesOf(lanes)) {
    SmallVector<Value> start(at);
    start.back() = addConstant(loc, start.back(), first);
    Value piece = vector::LoadOp::create(
        builder, loc, VectorType::get(size, element), memref, start);
    vector = vector::InsertStridedSliceOp::create(builder, loc, piece, vector,
                                                  first, int64_t(1));
  }
  return vector;
}

void TensorReader::storeUsed(Location loc, Value value, Value memref,
                             ArrayRef<Value> at, Lanes lanes) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  if (usesMasks(element, lanes) && storesMasked) {
    vector::MaskedStoreOp::create(builder, loc, memref, at,
                                  buildMask(loc, lanes), value);
    return;
  }
  for (auto [first, size] : piecesOf(lanes)) {
    SmallVector<Value> start(at);
    start.back() = addConstant(loc, start.back(), first);
    Value piece = vector::ExtractStridedSliceOp::create(builder, loc, value,
                                                        first, size, 1);
    vector::StoreOp::create(builder, loc, piece, memref, start);
  }
}

Value TensorReader::addConstant(Location loc, Value index, int64_t amount) {
  if (amount == 0)
    return index;
  Value constant = arith::ConstantIndexOp::create(builder, loc, amount);
  return arith::AddIOp::create(builder, loc, index, constant);
}

SmallVector<Value> TensorReader::materializeAt(Location loc,
                                               ArrayRef<AffineExpr> indices,
                                               int64_t lane) {
  SmallVector<Value> values;
  for (AffineExpr index : indices)
    values.push_back(space.materialize(
        builder, loc, space.simplify(space.atLane(index, lane), 1)));
  return values;
}

Value TensorReader::load(Location loc, Value memref,
                         ArrayRef<AffineExpr> indices, Lanes lanes) {
  auto type = cast<MemRefType>(memref.getType());
  auto readOne = [&](ArrayRef<AffineExpr> at) -> Value {
    return memref::LoadOp::create(builder, loc, memref,
                                  materializeAt(loc, at, 0));
  };
  if (lanes.width == 1)
    return readOne(indices);

  // A vector load needs lanes that are neighbours in memory; bits are packed
  // in vectors but not in memory.
  auto [strides, offset] = type.getStridesAndOffset();
  bool uniform = true, contiguous = !type.getElementType().isInteger(1);
  for (auto [dim, index] : llvm::enumerate(indices)) {
    std::optional<int64_t> step = space.laneStep(space.simplify(index, lanes));
    bool isLast = dim + 1 == indices.size();
    uniform &= step == 0;
    contiguous &= step == (isLast ? 1 : 0);
  }
  if (uniform)
    return readOne(indices);
  if (!contiguous || strides.back() != 1)
    return readLanes(loc, indices, lanes,
                     [&](ArrayRef<AffineExpr> one) { return readOne(one); });
  SmallVector<Value> values = materializeAt(loc, indices, 0);
  // What follows in the same row may be read, too.
  AffineExpr last = space.simplify(space.atLane(indices.back(), 0), 1);
  if (lanes.used < lanes.width &&
      space.rangeOf(last).high + lanes.width > type.getShape().back())
    return loadUsed(loc, memref, values, lanes);
  auto vector = VectorType::get(lanes.width, type.getElementType());
  return vector::LoadOp::create(builder, loc, vector, memref, values);
}

void TensorReader::store(Location loc, Value value, Value memref,
                         ArrayRef<AffineExpr> indices, Lanes lanes) {
  value = broadcast(loc, value, lanes.width);
  if (lanes.width == 1) {
    memref::StoreOp::create(builder, loc, value, memref,
                            materializeAt(loc, indices, 0));
    return;
  }
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  bool contiguous = !type.getElementType().isInteger(1) && strides.size() > 0 &&
                    strides.back() == 1;
  for (auto [dim, index] : llvm::enumerate(indices))
    contiguous &= space.laneStep(space.simplify(index, lanes)) ==
                  (dim + 1 == indices.size() ? 1 : 0);
  if (!contiguous) {
    for (int64_t lane = 0; lane < lanes.used; ++lane) {
      Value element = vector::ExtractOp::create(builder, loc, value, lane);
      memref::StoreOp::create(builder, loc, element, memref,
                              materializeAt(loc, indices, lane));
    }
    return;
  }
  SmallVector<Value> at = materializeAt(loc, indices, 0);
  if (lanes.used < lanes.width)
    storeUsed(loc, value, memref, at, lanes);
  else
    vector::StoreOp::create(builder, loc, value, memref, at);
}

/// Whether each op of the region computes on vectors, at iterations where
/// `loops` depend on the lane.
static bool isVectorizable(linalg::GenericOp op, ArrayRef<AffineExpr> loops) {
  return llvm::all_of(
      op.getBody()->without_terminator(), [&](Operation &inner) {
        if (auto index = dyn_cast<linalg::IndexOp>(inner))
          return !loops[index.getDim()].isFunctionOfDim(0);
        return isa<arith::ConstantOp, tensor::ExtractOp>(inner) ||
               OpTrait::hasElementwiseMappableTraits(&inner);
      });
}

Value TensorReader::findComputed(Value tensor, ArrayRef<AffineExpr> indices,
                                 Lanes lanes) const {
  auto found = computed.find(tensor);
  if (found == computed.end())
    return {};
  for (const Element &element : found->second)
    if (ArrayRef(element.indices) == indices &&
        element.lanes.width == lanes.width &&
        element.lanes.used == lanes.used &&
        element.block == builder.getInsertionBlock())
      return element.value;
  return {};
}

Value TensorReader::readGeneric(linalg::GenericOp op, unsigned result,
                                ArrayRef<AffineExpr> indices, Lanes lanes) {
  if (op.getNumReductionLoops() != 0) {
    op.emitError("a reduction cannot be computed inside another loop nest");
    return {};
  }
  bool isShared = !op.getResult(result).hasOneUse();
  if (isShared)
    if (Value value = findComputed(op.getResult(result), indices, lanes))
      return value;
  AffineMap output = op.getIndexingMapsArray()[op.getNumDpsInputs() + result];
  Indices loops(op.getNumLoops(), space.constant(0));
  for (auto [i, expr] : llvm::enumerate(output.getResults()))
    loops[cast<AffineDimExpr>(expr).getPosition()] = indices[i];

  if (lanes.width > 1 && !isVectorizable(op, loops))
    return readLanes(op.getLoc(), indices, lanes,
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
    Value element = read(operand.get(), at, lanes);
    if (!element)
      return {};
    arguments.push_back(element);
  }
  SmallVector<Value> results = inlineRegion(op, loops, arguments, lanes);
  if (results.empty())
    return {};
  if (isShared)
    computed[op.getResult(result)].push_back({llvm::to_vector(indices), lanes,
                                              results[result],
                                              builder.getInsertionBlock()});
  return results[result];
}

Indices TensorReader::indicesInSource(tensor::PadOp pad,
                                      ArrayRef<AffineExpr> indices) {
  Indices source;
  for (auto [index, low] : llvm::zip(indices, pad.getStaticLow()))
    source.push_back(index - low);
  return source;
}

Value TensorReader::readPad(tensor::PadOp pad, ArrayRef<AffineExpr> indices,
                            Lanes lanes) {
  Indices source = indicesInSource(pad, indices);
  if (unpadded.contains(pad))
    return read(pad.getSource(), source, lanes);

  // The checks that remain after what is known of the indices.
  Location loc = pad.getLoc();
  ArrayRef<int64_t> shape = pad.getSourceType().getShape();
  Value inside;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    AffineExpr index = source[dim];
    int64_t extent = shape[dim];
    if (lanes.width > 1 && index.isFunctionOfDim(0) &&
        pad.getResultType().getDimSize(dim) != extent)
      return readLanes(loc, indices, lanes, [&](ArrayRef<AffineExpr> one) {
        return readPad(pad, one, 1);
      });
    IndexRange range = space.rangeOf(index);
    auto check = [&](arith::CmpIPredicate predicate, int64_t bound) {
      Value value =
          space.materialize(builder, loc, space.simplify(index, lanes));
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
    return read(pad.getSource(), source, lanes);

  Value padding = broadcast(loc, pad.getConstantPaddingValue(), lanes.width);
  auto choice = scf::IfOp::create(builder, loc, padding.getType(), inside,
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(choice.thenBlock());
  Value element = read(pad.getSource(), source, lanes);
  if (!element)
    return {};
  scf::YieldOp::create(builder, loc, broadcast(loc, element, lanes.width));
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
                                 Lanes lanes) {
  Indices source;
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    ArrayRef<int64_t> shape = expand.getResultType().getShape();
    for (const ReassociationIndices &group : expand.getReassociationIndices())
      source.push_back(group.empty() ? space.constant(0)
                                     : join(indices, group, shape));
    return read(expand.getSrc(), source, lanes);
  }
  auto collapse = cast<tensor::CollapseShapeOp>(op);
  ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
  source.assign(shape.size(), space.constant(0));
  for (auto [i, group] : llvm::enumerate(collapse.getReassociationIndices())) {
    AffineExpr rest = indices[i];
    for (int64_t dim : llvm::reverse(group)) {
      bool isFirst = dim == group.front();
      source[dim] = isFirst ? rest : space.simplify(rest % shape[dim], lanes);
      rest = space.simplify(rest.floorDiv(shape[dim]), lanes);
    }
  }
  return read(collapse.getSrc(), source, lanes);
}

Value TensorReader::readSlice(tensor::ExtractSliceOp slice,
                              ArrayRef<AffineExpr> indices, Lanes lanes) {
  Indices source;
  for (auto [index, offset, step] :
       llvm::zip(indices, slice.getStaticOffsets(), slice.getStaticStrides()))
    source.push_back(index * step + offset);
  return read(slice.getSource(), source, lanes);
}

/// One lane of `value` if it is a vector. Indices are taken from the integers
/// that they are, of which more fit a vector.
static Value getLane(OpBuilder &builder, Location loc, Value value,
                     int64_t lane) {
  if (!isa<VectorType>(value.getType()))
    return value;
  auto cast = value.getDefiningOp<arith::IndexCastOp>();
  if (!cast)
    return vector::ExtractOp::create(builder, loc, value, lane);
  return arith::IndexCastOp::create(
      builder, loc, builder.getIndexType(),
      vector::ExtractOp::create(builder, loc, cast.getIn(), lane));
}

Value TensorReader::lookUp(tensor::ExtractOp op, ArrayRef<Value> indices) {
  RankedTensorType type = op.getTensor().getType();
  auto cast = indices.size() == 1
                  ? indices[0].getDefiningOp<arith::IndexCastOp>()
                  : arith::IndexCastOp();
  auto wide =
      cast ? dyn_cast<VectorType>(cast.getIn().getType()) : VectorType();
  // Of 512 bits, or more, are vectors of AVX-512's alone.
  if (!wide || wide.getNumElements() < 16 ||
      wide.getNumElements() > LookupOp::maxLanes ||
      type.getElementType() != builder.getI8Type() ||
      type.getNumElements() != LookupOp::tableSize)
    return {};
  Location loc = op.getLoc();
  Value table = read(op.getTensor(), space.lane(), LookupOp::tableSize);
  if (!table)
    return {};
  table = broadcast(loc, table, LookupOp::tableSize);
  VectorType bytes = wide.clone(builder.getI8Type());
  Value places = cast.getIn();
  if (wide != bytes)
    places = arith::TruncIOp::create(builder, loc, bytes, places);
  return LookupOp::create(builder, loc, places, table);
}

Value TensorReader::readComputed(tensor::ExtractOp op, ArrayRef<Value> indices,
                                 Lanes lanes) {
  auto shape = cast<RankedTensorType>(op.getTensor().getType()).getShape();
  auto readLane = [&](int64_t lane) {
    Indices at;
    for (auto [index, extent] : llvm::zip_equal(indices, shape))
      at.push_back(space.add(getLane(builder, op.getLoc(), index, lane),
                             {0, extent - 1}));
    return read(op.getTensor(), at, 1);
  };
  if (llvm::none_of(indices, [](Value index) {
        return isa<VectorType>(index.getType());
      }))
    return readLane(0);
  if (Value bytes = lookUp(op, indices))
    return bytes;
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < lanes.used; ++lane) {
    elements.push_back(readLane(lane));
    if (!elements.back())
      return {};
  }
  return joinLanes(op.getLoc(), std::move(elements), lanes);
}

Value TensorReader::inlineOp(Operation &op, IRMapping &mapping,
                             ArrayRef<AffineExpr> loops, Lanes lanes) {
  Location loc = op.getLoc();
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return space.materialize(builder, loc, loops[index.getDim()]);
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    auto indices = llvm::map_to_vector(extract.getIndices(), [&](Value index) {
      return mapping.lookupOrDefault(index);
    });
    return readComputed(extract, indices, lanes);
  }
  // Ops on scalars stay scalar when no operand is a vector.
  bool isVector = llvm::any_of(op.getOperands(), [&](Value operand) {
    return isa<VectorType>(mapping.lookupOrDefault(operand).getType());
  });
  if (!isVector)
    return builder.clone(op, mapping)->getResult(0);
  SmallVector<Value> operands;
  for (Value operand : op.getOperands())
    operands.push_back(
        broadcast(loc, mapping.lookupOrDefault(operand), lanes.width));
  Type type = VectorType::get(lanes.width, op.getResult(0).getType());
  OperationState state(loc, op.getName(), operands, type, op.getAttrs());
  return builder.create(state)->getResult(0);
}

SmallVector<Value> TensorReader::inlineRegion(linalg::GenericOp op,
                                              ArrayRef<AffineExpr> loops,
                                              ValueRange arguments,
                                              Lanes lanes) {
  IRMapping mapping;
  for (auto [argument, value] :
       llvm::zip(op.getBody()->getArguments(), arguments))
    if (value)
      mapping.map(argument, value);
  for (Operation &inner : op.getBody()->without_terminator()) {
    Value value = inlineOp(inner, mapping, loops, lanes);
    if (!value)
      return {};
    mapping.map(inner.getResult(0), value);
  }
  SmallVector<Value> results;
  for (Value result : op.getBody()->getTerminator()->getOperands())
    results.push_back(mapping.lookupOrDefault(result));
  return results;
}
