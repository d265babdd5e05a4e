//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers of instructions by class, and what a core's instructions can do.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_COST_INSTRUCTIONS_H
#define LATHE_COST_INSTRUCTIONS_H

#include "lathe/Target/Description/TargetDescription.h"

#include <array>
#include <cstdint>

namespace lathe {

/// How many instructions of each class are executed. Fractions come from
/// branches whose condition nothing is known of.
class InstructionCounts {
public:
  InstructionCounts() = default;
  InstructionCounts(InstructionClass kind, double count = 1) {
    (*this)[kind] = count;
  }

  double &operator[](InstructionClass kind) {
    return counts[static_cast<unsigned>(kind)];
  }
  double operator[](InstructionClass kind) const {
    return counts[static_cast<unsigned>(kind)];
  }

  InstructionCounts &operator+=(const InstructionCounts &other);
  InstructionCounts &operator*=(double factor);
  friend InstructionCounts operator+(InstructionCounts a,
                                     const InstructionCounts &b) {
    return a += b;
  }
  friend InstructionCounts operator*(InstructionCounts a, double factor) {
    return a *= factor;
  }

  /// All instructions, those of the compiler's functions included, and their
  /// cycles on a core with `table` and `unit`.
  double getInstructions(const CostTable &table, FloatUnit unit) const;
  double getCycles(const CostTable &table, FloatUnit unit) const;

private:
  std::array<double, numInstructionClasses> counts{};
};

/// What a C compiler can make of an op on a core, from its description.
struct InstructionSet {
  explicit InstructionSet(const TargetDescription &target);

  /// The instructions of Armv6-M, most of which take the eight lower registers
  /// and write over one of their operands.
  bool isThumb1 = false;
  /// Registers for values, pointers and counters.
  unsigned registers = 13;
  /// The bytes behind a pointer that a load or store reaches by itself.
  int64_t reach = 4096;
  bool dsp = false;
  bool helium = false;
  FloatUnit floatUnit = FloatUnit::None;

  /// Whether the core computes floats of so many bits.
  bool hasFloat(unsigned bits) const {
    return floatUnit == FloatUnit::Double ||
           (floatUnit == FloatUnit::Single && bits <= 32);
  }
};

} // namespace lathe

#endif // LATHE_COST_INSTRUCTIONS_H
