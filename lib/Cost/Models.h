//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The models of ops, a function for each file of them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_COST_MODELS_H
#define LATHE_LIB_COST_MODELS_H

#include "lathe/Cost/CountableOpInterface.h"

namespace lathe::cost {

/// The values of counted operands.
using OperandValues = llvm::ArrayRef<std::optional<int64_t>>;

/// Integers and floats of `arith`; `math`; loads, stores and views; Lathe's ops
/// on integers.
void attachIntegerModels(mlir::MLIRContext &context);
void attachFloatModels(mlir::MLIRContext &context);
void attachMathModels(mlir::MLIRContext &context);
void attachMemoryModels(mlir::MLIRContext &context);
void attachWindowModels(mlir::MLIRContext &context);

/// A model for `Op` whose counts are what `count(op, set)` gives.
template <typename Op,
          InstructionCounts (*count)(Op op, const InstructionSet &set)>
struct FixedModel
    : CountableOpInterface::ExternalModel<FixedModel<Op, count>, Op> {
  InstructionCounts getInstructions(mlir::Operation *op,
                                    const InstructionSet &set,
                                    OperandValues) const {
    return count(llvm::cast<Op>(op), set);
  }
};

/// The width of an element of the type, 32 for an index, which the C backend
/// computes in int32_t.
unsigned getWidth(mlir::Type type);

/// memcpy of so many bytes: up to 64 GCC copies in place, a word at a time;
/// above, newlib's function does, 64 bytes in a step of its loop, then 16.
InstructionCounts countCopy(double count);

} // namespace lathe::cost

#endif // LATHE_LIB_COST_MODELS_H
