//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Cost/Instructions.h"

#include "llvm/ADT/STLExtras.h"

using namespace lathe;

InstructionCounts &
InstructionCounts::operator+=(const InstructionCounts &other) {
  for (auto [mine, theirs] : llvm::zip_equal(counts, other.counts))
    mine += theirs;
  return *this;
}

InstructionCounts &InstructionCounts::operator*=(double factor) {
  for (double &count : counts)
    count *= factor;
  return *this;
}

double InstructionCounts::getInstructions(const CostTable &table,
                                          FloatUnit unit) const {
  double sum = 0;
  for (auto [i, count] : llvm::enumerate(counts))
    sum +=
        count * table.getInstructions(static_cast<InstructionClass>(i), unit);
  return sum;
}

double InstructionCounts::getCycles(const CostTable &table,
                                    FloatUnit unit) const {
  double sum = 0;
  for (auto [i, count] : llvm::enumerate(counts))
    sum += count * table.getCycles(static_cast<InstructionClass>(i), unit);
  return sum;
}

InstructionSet::InstructionSet(const TargetDescription &target)
    : isThumb1(llvm::StringRef(target.triple).starts_with("thumbv6m")),
      dsp(target.dsp), helium(target.helium), floatUnit(target.floatUnit) {
  if (!isThumb1)
    return;
  registers = 8;
  reach = 32;
}
