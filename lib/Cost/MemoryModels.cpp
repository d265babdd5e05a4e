//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loads and stores. The arithmetic on their addresses is counted elsewhere.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::cost;
using Class = InstructionClass;

/// Instructions that move an element of a type.
static double getMoves(Type type, const InstructionSet &set) {
  bool isOne = getWidth(type) <= 32 ||
               (isa<FloatType>(type) && set.hasFloat(getWidth(type)));
  return isOne ? 1 : 2;
}

static InstructionCounts countLoad(memref::LoadOp op,
                                   const InstructionSet &set) {
  InstructionCounts counts(Class::Load, getMoves(op.getType(), set));
  // Armv6-M extends a sign only when it adds two registers to an address.
  if (set.isThumb1 &&
      llvm::any_of(op->getUsers(), llvm::IsaPred<arith::ExtSIOp>))
    counts += InstructionCounts(Class::ALU);
  return counts;
}

static InstructionCounts countStore(memref::StoreOp op,
                                    const InstructionSet &set) {
  return {Class::Store, getMoves(op.getValue().getType(), set)};
}

InstructionCounts cost::countCopy(double count) {
  constexpr double inPlace = 64, step = 64, smallStep = 16;
  double words = std::floor(count / 4), rest = count - 4 * words;
  double moves = words + llvm::popcount(static_cast<unsigned>(rest));
  InstructionCounts copy(Class::Load, moves);
  copy += InstructionCounts(Class::Store, moves);
  if (count <= inPlace)
    return copy;
  double steps = std::floor(count / step);
  double smallSteps = std::floor((count - steps * step) / smallStep);
  copy += InstructionCounts(Class::ALU, 16 + 3 * (steps + smallSteps));
  copy += InstructionCounts(Class::Branch, steps + smallSteps);
  return copy + InstructionCounts(Class::Call);
}

static InstructionCounts countMemoryCopy(memref::CopyOp op,
                                         const InstructionSet &) {
  auto type = cast<MemRefType>(op.getSource().getType());
  return countCopy(
      static_cast<double>(type.getNumElements() *
                          llvm::divideCeil(type.getElementTypeBitWidth(), 8)));
}

/// Views are pointers that addresses begin with.
struct ViewModel : CountableOpInterface::FallbackModel<ViewModel> {
  InstructionCounts getInstructions(Operation *, const InstructionSet &,
                                    OperandValues) const {
    return {};
  }
  bool isCountedBy(Operation *, unsigned) const { return false; }
};

void cost::attachMemoryModels(MLIRContext &context) {
  memref::LoadOp::attachInterface<FixedModel<memref::LoadOp, countLoad>>(
      context);
  memref::StoreOp::attachInterface<FixedModel<memref::StoreOp, countStore>>(
      context);
  memref::CopyOp::attachInterface<FixedModel<memref::CopyOp, countMemoryCopy>>(
      context);
  memref::ViewOp::attachInterface<ViewModel>(context);
  memref::ReinterpretCastOp::attachInterface<ViewModel>(context);
  memref::CollapseShapeOp::attachInterface<ViewModel>(context);
  memref::ExpandShapeOp::attachInterface<ViewModel>(context);
  memref::SubViewOp::attachInterface<ViewModel>(context);
  memref::CastOp::attachInterface<ViewModel>(context);
  memref::GetGlobalOp::attachInterface<ViewModel>(context);
  memref::AllocaOp::attachInterface<ViewModel>(context);
}
