//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Description/CostTable.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/ErrorHandling.h"

using namespace lathe;

llvm::StringRef lathe::getName(InstructionClass kind) {
  switch (kind) {
  case InstructionClass::ALU:
    return "alu";
  case InstructionClass::Load:
    return "load";
  case InstructionClass::LoadTwo:
    return "load-two";
  case InstructionClass::Store:
    return "store";
  case InstructionClass::Multiply:
    return "multiply";
  case InstructionClass::MultiplyAccumulate:
    return "multiply-accumulate";
  case InstructionClass::DualMultiply:
    return "dual-multiply";
  case InstructionClass::MultiplyLong:
    return "multiply-long";
  case InstructionClass::Divide:
    return "divide";
  case InstructionClass::LongDivide:
    return "long-divide";
  case InstructionClass::Branch:
    return "branch";
  case InstructionClass::Call:
    return "call";
  case InstructionClass::VectorLoad:
    return "vector-load";
  case InstructionClass::VectorMultiply:
    return "vector-multiply";
  case InstructionClass::FloatAdd:
    return "float-add";
  case InstructionClass::FloatMultiply:
    return "float-multiply";
  case InstructionClass::FloatMultiplyAccumulate:
    return "float-multiply-accumulate";
  case InstructionClass::FloatDivide:
    return "float-divide";
  case InstructionClass::FloatFunction:
    return "float-function";
  case InstructionClass::DoubleAdd:
    return "double-add";
  case InstructionClass::DoubleMultiply:
    return "double-multiply";
  case InstructionClass::DoubleMultiplyAccumulate:
    return "double-multiply-accumulate";
  case InstructionClass::DoubleDivide:
    return "double-divide";
  case InstructionClass::DoubleFunction:
    return "double-function";
  }
  llvm_unreachable("unknown class of instructions");
}

/// Whether a floating-point unit computes the class at all.
static bool needsUnit(InstructionClass kind) {
  return kind >= InstructionClass::FloatAdd;
}

/// Whether cores without Helium do without a cost of the class.
static bool needsVectors(InstructionClass kind) {
  return kind == InstructionClass::VectorLoad ||
         kind == InstructionClass::VectorMultiply;
}

static bool needsDoubleUnit(InstructionClass kind) {
  return kind >= InstructionClass::DoubleAdd;
}

bool CostTable::isFunction(InstructionClass kind, FloatUnit unit) const {
  auto index = static_cast<unsigned>(kind);
  if (cycles[index] == 0)
    return true;
  if (functions[index] == 0)
    return false;
  return needsDoubleUnit(kind) ? unit != FloatUnit::Double
                               : needsUnit(kind) && unit == FloatUnit::None;
}

double CostTable::getInstructions(InstructionClass kind, FloatUnit unit) const {
  return isFunction(kind, unit) ? functions[static_cast<unsigned>(kind)] : 1;
}

double CostTable::getCycles(InstructionClass kind, FloatUnit unit) const {
  auto index = static_cast<unsigned>(kind);
  return isFunction(kind, unit) ? functions[index] * cyclesPerInstruction
                                : cycles[index];
}

std::string CostTable::validate(bool hasHelium) const {
  for (unsigned i = 0; i < numInstructionClasses; ++i) {
    auto kind = static_cast<InstructionClass>(i);
    llvm::StringRef name = getName(kind);
    if (!(cycles[i] >= 0) || !(functions[i] >= 0))
      return (llvm::Twine("the cost of '") + name + "' is negative").str();
    if (cycles[i] == 0 && functions[i] == 0 &&
        (hasHelium || !needsVectors(kind)))
      return (llvm::Twine("there is no cost of '") + name + "'").str();
  }
  return cyclesPerInstruction > 0 ? ""
                                  : "cycles-per-instruction must be positive";
}
