//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds the body of a lathe.loops op in a notation near to C, for operators
// that are not worth an op of their own.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_LOOPBUILDER_H
#define LATHE_LIB_FRONTEND_ONNX_LOOPBUILDER_H

#include "NodeContext.h"

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"

namespace lathe::frontend {

class LoopBuilder;

/// A scalar in loops: a float of 32 or 64 bits, an integer with its sign, a
/// bool (i1), or an index. Arithmetic and comparisons take two of one type; a
/// number of C++ on the right takes the type of the left.
class Scalar {
public:
  Scalar() = default;
  Scalar(LoopBuilder &loops, mlir::Value value, bool isUnsigned = false)
      : loops(&loops), value(value), isUnsigned(isUnsigned) {}

  mlir::Value getValue() const { return value; }
  mlir::Type getType() const { return value.getType(); }
  bool isUnsignedInteger() const { return isUnsigned; }
  bool isFloat() const { return llvm::isa<mlir::FloatType>(getType()); }
  LoopBuilder &getLoops() const { return *loops; }

private:
  LoopBuilder *loops = nullptr;
  mlir::Value value;
  bool isUnsigned = false;
};

/// What is in an input, a result, or scratch, element by element.
class Memory {
public:
  Memory(LoopBuilder &loops, mlir::Value memory, bool isUnsigned)
      : loops(&loops), memory(memory), isUnsigned(isUnsigned) {}

  llvm::ArrayRef<int64_t> getShape() const;
  int64_t getExtent(unsigned dim) const { return getShape()[dim]; }
  int64_t getRank() const { return getShape().size(); }

  /// The type that elements are computed in: that of the memory, but 32 bits
  /// for floats of 16.
  mlir::Type getComputeType() const;
  bool isUnsignedInteger() const { return isUnsigned; }

  /// Reads an element. Each index has type index.
  Scalar load(llvm::ArrayRef<Scalar> indices) const;
  /// Writes an element, converted to the memory's type.
  void store(llvm::ArrayRef<Scalar> indices, Scalar value) const;
  /// The same with the bits of the element as they are in memory, as an
  /// integer of its width.
  Scalar loadBits(llvm::ArrayRef<Scalar> indices) const;
  void storeBits(llvm::ArrayRef<Scalar> indices, Scalar bits) const;

private:
  LoopBuilder *loops;
  mlir::Value memory;
  bool isUnsigned;
};

/// Shape and element type of scratch; unsigned integers are not distinguished.
struct Scratch {
  llvm::SmallVector<int64_t> shape;
  mlir::Type element;
};

class LoopBuilder {
public:
  using Scalars = llvm::SmallVector<Scalar>;

  /// Begins a lathe.loops op called `name`, part of the C function's name where
  /// no node gives one. No input may be null.
  LoopBuilder(NodeContext &node, llvm::StringRef name,
              llvm::ArrayRef<mlir::Value> inputs,
              llvm::ArrayRef<mlir::RankedTensorType> results,
              llvm::ArrayRef<Scratch> scratch = {});

  Memory getInput(unsigned index);
  Memory getOutput(unsigned index);
  Memory getScratch(unsigned index);

  Scalar getIndex(int64_t value);
  Scalar getConstant(mlir::Type type, double value, bool isUnsigned = false);
  Scalar getInteger(mlir::Type type, int64_t value, bool isUnsigned = false);
  Scalar getBool(bool value);
  /// `value` in the type of `like`.
  Scalar getLike(Scalar like, double value);

  //===--------------------------------------------------------------------===//
  // Control
  //===--------------------------------------------------------------------===//

  void forEach(Scalar lower, Scalar upper,
               llvm::function_ref<void(Scalar)> body);
  void forEach(int64_t extent, llvm::function_ref<void(Scalar)> body);
  /// Loops over the elements of a shape, in row-major order.
  void forShape(llvm::ArrayRef<int64_t> shape,
                llvm::function_ref<void(llvm::ArrayRef<Scalar>)> body);
  /// Loops over the rows of a shape along `axis`. `body` gets what makes the
  /// indices of an element from its place in the row.
  void forRows(llvm::ArrayRef<int64_t> shape, unsigned axis,
               llvm::function_ref<
                   void(llvm::function_ref<llvm::SmallVector<Scalar>(Scalar)>)>
                   body);
  /// A loop that carries values: `body` gets the index and the values, and
  /// returns the next ones. Returns the last.
  Scalars
  fold(Scalar lower, Scalar upper, llvm::ArrayRef<Scalar> init,
       llvm::function_ref<Scalars(Scalar, llvm::ArrayRef<Scalar>)> body);
  /// The same for one value.
  Scalar fold(Scalar lower, Scalar upper, Scalar init,
              llvm::function_ref<Scalar(Scalar, Scalar)> body);
  /// While `test` of the values is true, `body` gives the next ones.
  Scalars repeatWhile(llvm::ArrayRef<Scalar> init,
                      llvm::function_ref<Scalar(llvm::ArrayRef<Scalar>)> test,
                      llvm::function_ref<Scalars(llvm::ArrayRef<Scalar>)> body);
  void when(Scalar condition, llvm::function_ref<void()> then,
            llvm::function_ref<void()> otherwise = nullptr);
  /// The values of the branch that is taken; only that one is executed.
  Scalars choose(Scalar condition, llvm::function_ref<Scalars()> then,
                 llvm::function_ref<Scalars()> otherwise);

  //===--------------------------------------------------------------------===//
  // Functions
  //===--------------------------------------------------------------------===//

  Scalar select(Scalar condition, Scalar a, Scalar b);
  Scalar min(Scalar a, Scalar b);
  Scalar max(Scalar a, Scalar b);
  Scalar clamp(Scalar value, Scalar low, Scalar high) {
    return max(min(value, high), low);
  }
  /// A function of `math`: apply<mlir::math::ExpOp>(x).
  template <typename Op> Scalar apply(Scalar a) {
    return {*this, Op::create(builder, loc, a.getValue())};
  }
  template <typename Op> Scalar apply(Scalar a, Scalar b) {
    return {*this, Op::create(builder, loc, a.getValue(), b.getValue())};
  }

  /// Conversion between numbers as C does it, saturated from float to integer.
  Scalar cast(Scalar value, mlir::Type type, bool isUnsigned = false);
  /// The bits of a number as one of another type of the same width, which has a
  /// sign if it is an integer.
  Scalar reinterpret(Scalar value, mlir::Type type);
  Scalar toIndex(Scalar value) { return cast(value, builder.getIndexType()); }
  /// An index into a dimension from an integer of ONNX: negative ones count
  /// from the end. What is out of bounds is moved into them, so that no input
  /// makes the program leave its memory.
  Scalar toIndexWithin(Scalar value, int64_t extent);

  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::Location getLoc() const { return loc; }

  /// Ends the op, folds it if its inputs are constants, and returns its
  /// results; null values after an error.
  llvm::SmallVector<mlir::Value> finish();

private:
  Memory getMemory(unsigned argument, mlir::Type element);

  NodeContext &node;
  mlir::OpBuilder builder;
  mlir::Location loc;
  LoopsOp op;
};

Scalar operator+(Scalar a, Scalar b);
Scalar operator-(Scalar a, Scalar b);
Scalar operator*(Scalar a, Scalar b);
/// Integers are divided towards zero; the divisor must not be 0.
Scalar operator/(Scalar a, Scalar b);
Scalar operator%(Scalar a, Scalar b);
Scalar operator<(Scalar a, Scalar b);
Scalar operator<=(Scalar a, Scalar b);
Scalar operator>(Scalar a, Scalar b);
Scalar operator>=(Scalar a, Scalar b);
Scalar operator==(Scalar a, Scalar b);
/// For floats true if one is NaN.
Scalar operator!=(Scalar a, Scalar b);
/// On bools and integers; both sides are evaluated.
Scalar operator&(Scalar a, Scalar b);
Scalar operator|(Scalar a, Scalar b);
Scalar operator!(Scalar a);

#define LATHE_SCALAR_OPERATOR(OPERATOR)                                        \
  inline Scalar operator OPERATOR(Scalar a, double b) {                        \
    return a OPERATOR a.getLoops().getLike(a, b);                              \
  }
LATHE_SCALAR_OPERATOR(+)
LATHE_SCALAR_OPERATOR(-)
LATHE_SCALAR_OPERATOR(*)
LATHE_SCALAR_OPERATOR(/)
LATHE_SCALAR_OPERATOR(%)
LATHE_SCALAR_OPERATOR(<)
LATHE_SCALAR_OPERATOR(<=)
LATHE_SCALAR_OPERATOR(>)
LATHE_SCALAR_OPERATOR(>=)
LATHE_SCALAR_OPERATOR(==)
LATHE_SCALAR_OPERATOR(!=)
#undef LATHE_SCALAR_OPERATOR

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_LOOPBUILDER_H
