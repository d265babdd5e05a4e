//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds the body of a lathe.loops op.
//
//===----------------------------------------------------------------------===//

#include "LoopBuilder.h"

#include "ConstantFolding.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Verifier.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static SmallVector<Value> getValues(ArrayRef<Scalar> scalars) {
  return llvm::map_to_vector(scalars,
                             [](Scalar scalar) { return scalar.getValue(); });
}

ArrayRef<int64_t> Memory::getShape() const {
  return cast<MemRefType>(memory.getType()).getShape();
}

Type Memory::getComputeType() const {
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  bool isHalf = element.isF16() || element.isBF16();
  return isHalf ? Float32Type::get(element.getContext()) : element;
}

Scalar Memory::load(ArrayRef<Scalar> indices) const {
  Value element = memref::LoadOp::create(loops->getBuilder(), loops->getLoc(),
                                         memory, getValues(indices));
  return loops->cast({*loops, element, isUnsigned}, getComputeType(),
                     isUnsigned);
}

void Memory::store(ArrayRef<Scalar> indices, Scalar value) const {
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  memref::StoreOp::create(loops->getBuilder(), loops->getLoc(),
                          loops->cast(value, element, isUnsigned).getValue(),
                          memory, getValues(indices));
}

Scalar Memory::loadBits(ArrayRef<Scalar> indices) const {
  OpBuilder &builder = loops->getBuilder();
  Value element = memref::LoadOp::create(builder, loops->getLoc(), memory,
                                         getValues(indices));
  if (isa<FloatType>(element.getType()))
    element = arith::BitcastOp::create(
        builder, loops->getLoc(),
        builder.getIntegerType(element.getType().getIntOrFloatBitWidth()),
        element);
  return {*loops, element, isUnsigned};
}

void Memory::storeBits(ArrayRef<Scalar> indices, Scalar bits) const {
  OpBuilder &builder = loops->getBuilder();
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  Value value = bits.getValue();
  if (value.getType() != element)
    value = arith::BitcastOp::create(builder, loops->getLoc(), element, value);
  memref::StoreOp::create(builder, loops->getLoc(), value, memory,
                          getValues(indices));
}

//===----------------------------------------------------------------------===//
// The op
//===----------------------------------------------------------------------===//

static Type eraseSign(Type element) {
  return element.isUnsignedInteger()
             ? IntegerType::get(element.getContext(),
                                element.getIntOrFloatBitWidth())
             : element;
}

LoopBuilder::LoopBuilder(NodeContext &node, StringRef name,
                         ArrayRef<Value> inputs,
                         ArrayRef<RankedTensorType> results,
                         ArrayRef<Scratch> scratch)
    : node(node), builder(node.getBuilder()), loc(node.getLoc()) {
  auto check = [&](ArrayRef<int64_t> shape) {
    if (isTooLarge(shape))
      (void)node.error("the result, or what computing it needs, has shape " +
                       formatShape(shape) + ", which is too large");
  };
  for (RankedTensorType result : results)
    check(result.getShape());
  for (const Scratch &piece : scratch)
    check(piece.shape);
  auto types = llvm::to_vector_of<Type>(results);
  op =
      LoopsOp::create(builder, loc, types, builder.getStringAttr(name), inputs);
  SmallVector<Type> memories;
  auto add = [&](ArrayRef<int64_t> shape, Type element) {
    memories.push_back(MemRefType::get(shape, eraseSign(element)));
  };
  for (Value input : inputs)
    add(getShape(input), getElement(input));
  for (RankedTensorType result : results)
    add(result.getShape(), result.getElementType());
  for (const Scratch &piece : scratch)
    add(piece.shape, piece.element);
  builder.createBlock(&op.getBody(), {}, memories,
                      SmallVector<Location>(memories.size(), loc));
}

Memory LoopBuilder::getMemory(unsigned argument, Type element) {
  return {*this, op.getBody().getArgument(argument),
          element.isUnsignedInteger()};
}

Memory LoopBuilder::getInput(unsigned index) {
  return getMemory(index, getElement(op.getInputs()[index]));
}

Memory LoopBuilder::getOutput(unsigned index) {
  return getMemory(op.getInputs().size() + index,
                   getElement(op.getResult(index)));
}

Memory LoopBuilder::getScratch(unsigned index) {
  unsigned argument = op.getInputs().size() + op.getNumResults() + index;
  auto type = ::cast<MemRefType>(op.getBody().getArgument(argument).getType());
  return getMemory(argument, type.getElementType());
}

SmallVector<Value> LoopBuilder::finish() {
  bool ofNothing = readsNothing(op);
  if (!node.hasFailed()) {
    SmallVector<Value> results = foldOrKeepAll(op, node.getBuilder());
    if (ofNothing && results.front().getDefiningOp<LoopsOp>())
      (void)node.error("an input without elements is not supported");
    return results;
  }
  SmallVector<Value> nothing(op.getNumResults());
  op->erase();
  return nothing;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Scalar LoopBuilder::getIndex(int64_t value) {
  return {*this, arith::ConstantIndexOp::create(builder, loc, value)};
}

Scalar LoopBuilder::getInteger(Type type, int64_t value, bool isUnsigned) {
  if (type.isIndex())
    return getIndex(value);
  APInt bits(type.getIntOrFloatBitWidth(), value, /*isSigned=*/true,
             /*implicitTrunc=*/true);
  return {*this,
          arith::ConstantOp::create(builder, loc,
                                    builder.getIntegerAttr(type, bits)),
          isUnsigned};
}

Scalar LoopBuilder::getConstant(Type type, double value, bool isUnsigned) {
  if (isa<FloatType>(type))
    return {*this, arith::ConstantOp::create(
                       builder, loc, builder.getFloatAttr(type, value))};
  return getInteger(type, convertElement<int64_t>(value), isUnsigned);
}

Scalar LoopBuilder::getBool(bool value) {
  return getInteger(builder.getI1Type(), value);
}

Scalar LoopBuilder::getLike(Scalar like, double value) {
  return getConstant(like.getType(), value, like.isUnsignedInteger());
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

/// The arguments of a block as scalars of the signs that `like` have.
static LoopBuilder::Scalars getScalars(LoopBuilder &loops, ValueRange values,
                                       ArrayRef<Scalar> like) {
  LoopBuilder::Scalars scalars;
  for (auto [value, scalar] : llvm::zip_equal(values, like))
    scalars.push_back({loops, value, scalar.isUnsignedInteger()});
  return scalars;
}

LoopBuilder::Scalars
LoopBuilder::fold(Scalar lower, Scalar upper, ArrayRef<Scalar> init,
                  function_ref<Scalars(Scalar, ArrayRef<Scalar>)> body) {
  auto loop =
      scf::ForOp::create(builder, loc, lower.getValue(), upper.getValue(),
                         getIndex(1).getValue(), getValues(init));
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Scalars carried = getScalars(*this, loop.getRegionIterArgs(), init);
    Scalars next = body({*this, loop.getInductionVar()}, carried);
    // A loop that carries nothing has its terminator already.
    if (!init.empty())
      scf::YieldOp::create(builder, loc, getValues(next));
  }
  return getScalars(*this, loop.getResults(), init);
}

Scalar LoopBuilder::fold(Scalar lower, Scalar upper, Scalar init,
                         function_ref<Scalar(Scalar, Scalar)> body) {
  return fold(lower, upper, ArrayRef<Scalar>(init),
              [&](Scalar i, ArrayRef<Scalar> carried) {
                return Scalars{body(i, carried.front())};
              })
      .front();
}

void LoopBuilder::forEach(Scalar lower, Scalar upper,
                          function_ref<void(Scalar)> body) {
  fold(lower, upper, ArrayRef<Scalar>(),
       [&](Scalar i, ArrayRef<Scalar>) -> Scalars {
         body(i);
         return {};
       });
}

void LoopBuilder::forEach(int64_t extent, function_ref<void(Scalar)> body) {
  forEach(getIndex(0), getIndex(extent), body);
}

void LoopBuilder::forShape(ArrayRef<int64_t> shape,
                           function_ref<void(ArrayRef<Scalar>)> body) {
  Scalars indices;
  auto descend = [&](auto &descend, ArrayRef<int64_t> rest) -> void {
    if (rest.empty())
      return body(indices);
    forEach(rest.front(), [&](Scalar i) {
      indices.push_back(i);
      descend(descend, rest.drop_front());
      indices.pop_back();
    });
  };
  descend(descend, shape);
}

void LoopBuilder::forRows(
    ArrayRef<int64_t> shape, unsigned axis,
    function_ref<void(function_ref<Scalars(Scalar)>)> body) {
  SmallVector<int64_t> rows(shape);
  rows[axis] = 1;
  forShape(rows, [&](ArrayRef<Scalar> position) {
    body([&](Scalar place) {
      Scalars indices(position);
      indices[axis] = place;
      return indices;
    });
  });
}

LoopBuilder::Scalars
LoopBuilder::repeatWhile(ArrayRef<Scalar> init,
                         function_ref<Scalar(ArrayRef<Scalar>)> test,
                         function_ref<Scalars(ArrayRef<Scalar>)> body) {
  SmallVector<Value> values = getValues(init);
  SmallVector<Type> types = llvm::to_vector(ValueRange(values).getTypes());
  auto loop = scf::WhileOp::create(
      builder, loc, types, values,
      [&](OpBuilder &inner, Location, ValueRange arguments) {
        OpBuilder outer = builder;
        builder = inner;
        Scalar goOn = test(getScalars(*this, arguments, init));
        scf::ConditionOp::create(builder, loc, goOn.getValue(), arguments);
        builder = outer;
      },
      [&](OpBuilder &inner, Location, ValueRange arguments) {
        OpBuilder outer = builder;
        builder = inner;
        Scalars next = body(getScalars(*this, arguments, init));
        scf::YieldOp::create(builder, loc, getValues(next));
        builder = outer;
      });
  return getScalars(*this, loop.getResults(), init);
}

void LoopBuilder::when(Scalar condition, function_ref<void()> then,
                       function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(builder, loc, condition.getValue(),
                                  static_cast<bool>(otherwise));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  then();
  if (!otherwise)
    return;
  builder.setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

LoopBuilder::Scalars LoopBuilder::choose(Scalar condition,
                                         function_ref<Scalars()> then,
                                         function_ref<Scalars()> otherwise) {
  Scalars results;
  auto build = [&](function_ref<Scalars()> values) {
    return [&, values](OpBuilder &inner, Location) {
      OpBuilder outer = builder;
      builder = inner;
      results = values();
      scf::YieldOp::create(builder, loc, getValues(results));
      builder = outer;
    };
  };
  auto branch = scf::IfOp::create(builder, loc, condition.getValue(),
                                  build(then), build(otherwise));
  return getScalars(*this, branch.getResults(), results);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

Scalar LoopBuilder::select(Scalar condition, Scalar a, Scalar b) {
  return {*this,
          arith::SelectOp::create(builder, loc, condition.getValue(),
                                  a.getValue(), b.getValue()),
          a.isUnsignedInteger()};
}

Scalar LoopBuilder::min(Scalar a, Scalar b) { return select(b < a, b, a); }

Scalar LoopBuilder::max(Scalar a, Scalar b) { return select(a < b, b, a); }

/// A float as an integer: towards zero, within the range of the type, NaN as 0.
static Value saturate(LoopBuilder &loops, Scalar value, IntegerType type,
                      bool isUnsigned) {
  OpBuilder &builder = loops.getBuilder();
  Location loc = loops.getLoc();
  unsigned digits = type.getWidth() - (isUnsigned ? 0 : 1);
  // The bounds as floats, of which the upper one may round up to a value that
  // the integer has not; the float below it is taken then.
  double low = isUnsigned ? 0.0 : -std::ldexp(1.0, digits);
  double high = std::ldexp(1.0, digits) - 1;
  if (unsigned precision =
          cast<FloatType>(value.getType()).getFPMantissaWidth();
      digits > precision)
    high = std::ldexp(1.0, digits) - std::ldexp(1.0, digits - precision);
  Scalar isNumber = value == value;
  Scalar safe = loops.select(isNumber, value, loops.getLike(value, 0));
  safe =
      loops.clamp(safe, loops.getLike(value, low), loops.getLike(value, high));
  return isUnsigned ? Value(arith::FPToUIOp::create(builder, loc, type,
                                                    safe.getValue()))
                    : Value(arith::FPToSIOp::create(builder, loc, type,
                                                    safe.getValue()));
}

/// Between integers, bool and index.
static Value castInteger(OpBuilder &builder, Location loc, Scalar value,
                         Type to) {
  Type from = value.getType();
  Value v = value.getValue();
  bool extendsZero = value.isUnsignedInteger() || from.isInteger(1);
  if (from.isIndex() || to.isIndex())
    return extendsZero
               ? Value(arith::IndexCastUIOp::create(builder, loc, to, v))
               : Value(arith::IndexCastOp::create(builder, loc, to, v));
  unsigned width = from.getIntOrFloatBitWidth();
  unsigned newWidth = to.getIntOrFloatBitWidth();
  if (newWidth < width)
    return arith::TruncIOp::create(builder, loc, to, v);
  if (extendsZero)
    return arith::ExtUIOp::create(builder, loc, to, v);
  return arith::ExtSIOp::create(builder, loc, to, v);
}

Scalar LoopBuilder::cast(Scalar value, Type type, bool isUnsigned) {
  Type from = value.getType();
  Value v = value.getValue();
  if (from == type)
    return {*this, v, isUnsigned};
  if (type.isInteger(1))
    return value != 0;
  auto toFloat = dyn_cast<FloatType>(type);
  auto fromFloat = dyn_cast<FloatType>(from);
  if (toFloat && fromFloat) {
    if (toFloat.getWidth() > fromFloat.getWidth())
      return {*this, arith::ExtFOp::create(builder, loc, type, v)};
    return {*this, arith::TruncFOp::create(builder, loc, type, v)};
  }
  if (fromFloat) {
    if (type.isIndex())
      return cast(cast(value, builder.getI64Type()), type);
    return {*this,
            saturate(*this, value, ::cast<IntegerType>(type), isUnsigned),
            isUnsigned};
  }
  if (toFloat) {
    if (from.isIndex())
      return cast(cast(value, builder.getI64Type()), type);
    if (value.isUnsignedInteger() || from.isInteger(1))
      return {*this, arith::UIToFPOp::create(builder, loc, type, v)};
    return {*this, arith::SIToFPOp::create(builder, loc, type, v)};
  }
  return {*this, castInteger(builder, loc, value, type), isUnsigned};
}

Scalar LoopBuilder::reinterpret(Scalar value, Type type) {
  return {*this,
          arith::BitcastOp::create(builder, loc, type, value.getValue())};
}

Scalar LoopBuilder::toIndexWithin(Scalar value, int64_t extent) {
  // In the integer's own type, which index may be narrower than.
  Scalar wide = cast(value, builder.getI64Type());
  Scalar shifted = select(wide < 0, wide + double(extent), wide);
  Scalar low = getLike(wide, 0), high = getLike(wide, double(extent - 1));
  return toIndex(clamp(shifted, low, high));
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

/// `Float` on floats, `Unsigned` on unsigned integers, or else `Signed`.
template <typename Float, typename Signed, typename Unsigned>
static Scalar compute(Scalar a, Scalar b) {
  LoopBuilder &loops = a.getLoops();
  OpBuilder &builder = loops.getBuilder();
  Location loc = loops.getLoc();
  Value left = a.getValue(), right = b.getValue();
  Value result;
  if (a.isFloat())
    result = Float::create(builder, loc, left, right);
  else if (a.isUnsignedInteger())
    result = Unsigned::create(builder, loc, left, right);
  else
    result = Signed::create(builder, loc, left, right);
  return {loops, result, a.isUnsignedInteger()};
}

Scalar frontend::operator+(Scalar a, Scalar b) {
  return compute<arith::AddFOp, arith::AddIOp, arith::AddIOp>(a, b);
}

Scalar frontend::operator-(Scalar a, Scalar b) {
  return compute<arith::SubFOp, arith::SubIOp, arith::SubIOp>(a, b);
}

Scalar frontend::operator*(Scalar a, Scalar b) {
  return compute<arith::MulFOp, arith::MulIOp, arith::MulIOp>(a, b);
}

Scalar frontend::operator/(Scalar a, Scalar b) {
  return compute<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>(a, b);
}

Scalar frontend::operator%(Scalar a, Scalar b) {
  return compute<arith::RemFOp, arith::RemSIOp, arith::RemUIOp>(a, b);
}

static Scalar compare(Scalar a, Scalar b, arith::CmpFPredicate ofFloats,
                      arith::CmpIPredicate ofSigned,
                      arith::CmpIPredicate ofUnsigned) {
  LoopBuilder &loops = a.getLoops();
  OpBuilder &builder = loops.getBuilder();
  Value left = a.getValue(), right = b.getValue();
  if (a.isFloat())
    return {loops, arith::CmpFOp::create(builder, loops.getLoc(), ofFloats,
                                         left, right)};
  return {loops,
          arith::CmpIOp::create(builder, loops.getLoc(),
                                a.isUnsignedInteger() ? ofUnsigned : ofSigned,
                                left, right)};
}

Scalar frontend::operator<(Scalar a, Scalar b) {
  return compare(a, b, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt,
                 arith::CmpIPredicate::ult);
}

Scalar frontend::operator<=(Scalar a, Scalar b) {
  return compare(a, b, arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle,
                 arith::CmpIPredicate::ule);
}

Scalar frontend::operator>(Scalar a, Scalar b) {
  return compare(a, b, arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt,
                 arith::CmpIPredicate::ugt);
}

Scalar frontend::operator>=(Scalar a, Scalar b) {
  return compare(a, b, arith::CmpFPredicate::OGE, arith::CmpIPredicate::sge,
                 arith::CmpIPredicate::uge);
}

Scalar frontend::operator==(Scalar a, Scalar b) {
  return compare(a, b, arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq,
                 arith::CmpIPredicate::eq);
}

Scalar frontend::operator!=(Scalar a, Scalar b) {
  return compare(a, b, arith::CmpFPredicate::UNE, arith::CmpIPredicate::ne,
                 arith::CmpIPredicate::ne);
}

template <typename Op> static Scalar combine(Scalar a, Scalar b) {
  LoopBuilder &loops = a.getLoops();
  return {loops,
          Op::create(loops.getBuilder(), loops.getLoc(), a.getValue(),
                     b.getValue()),
          a.isUnsignedInteger()};
}

Scalar frontend::operator&(Scalar a, Scalar b) {
  return combine<arith::AndIOp>(a, b);
}

Scalar frontend::operator|(Scalar a, Scalar b) {
  return combine<arith::OrIOp>(a, b);
}

Scalar frontend::operator!(Scalar a) {
  return combine<arith::XOrIOp>(a, a.getLoops().getBool(true));
}
