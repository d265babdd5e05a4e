//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What instructions cost on a core.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_DESCRIPTION_COSTTABLE_H
#define LATHE_TARGET_DESCRIPTION_COSTTABLE_H

#include "llvm/ADT/StringRef.h"
#include <array>
#include <string>

namespace lathe {

/// Instructions that cost the same on every core of interest. Where a core has
/// no such instruction, the class is the function that the compiler calls
/// instead.
enum class InstructionClass : unsigned {
  ALU,     ///< integers, but for what follows; comparisons and moves
  Load,    ///< of any width, floats too
  LoadTwo, ///< two words by one instruction
  Store,   ///< of any width
  Multiply,
  MultiplyAccumulate,
  DualMultiply, ///< one or two products of 16 bits, with or without a sum
  MultiplyLong, ///< products of 64 bits and their upper halves
  Divide,
  LongDivide,     ///< of 64 bits
  Branch,         ///< one that is taken
  Call,           ///< to a function and back
  VectorLoad,     ///< 16 bytes by Helium, and stores
  VectorMultiply, ///< 16 products of bytes that Helium adds to a sum
  FloatAdd,       ///< sums, comparisons, moves and conversions of 32-bit floats
  FloatMultiply,
  FloatMultiplyAccumulate,
  FloatDivide,   ///< and square roots
  FloatFunction, ///< exp, tanh and the like
  DoubleAdd,     ///< likewise of 64 bits
  DoubleMultiply,
  DoubleMultiplyAccumulate,
  DoubleDivide,
  DoubleFunction,
};

constexpr unsigned numInstructionClasses =
    static_cast<unsigned>(InstructionClass::DoubleFunction) + 1;

/// The name of a class in the files of targets/, as "multiply-long".
llvm::StringRef getName(InstructionClass kind);

/// The floating point that a target has in hardware.
enum class FloatUnit { None, Single, Double };

/// Figures for the classes of instructions.
using ClassFigures = std::array<double, numInstructionClasses>;

/// What each class of instructions costs on one core.
struct CostTable {
  /// Where the figures were taken from.
  std::string source;
  /// Cycles of one instruction; 0 where the core has none.
  ClassFigures cycles{};
  /// Instructions of the compiler's function where the core, or one like it
  /// without a floating-point unit, has no instruction; else 0.
  ClassFigures functions{};
  /// Of those functions.
  double cyclesPerInstruction = 1;

  /// Instructions and cycles of one instruction of the class, or of one call of
  /// its function, on a core with `unit`.
  double getInstructions(InstructionClass kind, FloatUnit unit) const;
  double getCycles(InstructionClass kind, FloatUnit unit) const;

  /// What is wrong with the table, or nothing. Only cores with Helium need
  /// costs of vectors.
  std::string validate(bool hasHelium) const;

private:
  bool isFunction(InstructionClass kind, FloatUnit unit) const;
};

} // namespace lathe

#endif // LATHE_TARGET_DESCRIPTION_COSTTABLE_H
