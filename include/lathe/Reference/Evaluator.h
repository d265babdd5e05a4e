//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Executes IR of the `lathe` dialect in the compiler: the oracle of the tests,
// `lathe run --backend=reference`, and what constant folding uses.
//
// Numbers: floats are computed in double and rounded once to the element type
// at the end of each op; integers are exact, and what a result cannot hold
// wraps around. An integer divided by zero, or its remainder, is zero. A
// quantized op computes on the real numbers that its operands stand for, and
// its result is rounded to the nearest quantized value, ties to even.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_REFERENCE_EVALUATOR_H
#define LATHE_REFERENCE_EVALUATOR_H

#include "lathe/Support/HostTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"
#include <cstdint>

namespace lathe {

/// Called after each op of a function with the op's results; a kernel is one
/// op.
using EvaluationObserver = llvm::function_ref<void(
    mlir::Operation *op, llvm::ArrayRef<HostTensor> results)>;

/// Runs `function`, one block of `lathe` ops, on `inputs`, and returns what it
/// returns. Tensors of quantized type hold the stored integers. A tensor is
/// freed after its last use. Fails, with the location and the reason, if the
/// inputs have other types than the function's arguments, or if an op has no
/// reference model or cannot be evaluated.
llvm::Expected<llvm::SmallVector<HostTensor>>
evaluate(mlir::func::FuncOp function, llvm::ArrayRef<HostTensor> inputs,
         EvaluationObserver observer = nullptr);

/// Runs the ops of `block` with `inputs` as its arguments and appends the
/// operands of its terminator to `results`. Emits an error at the op that
/// fails.
llvm::LogicalResult evaluateBlock(mlir::Block &block,
                                  llvm::ArrayRef<HostTensor> inputs,
                                  llvm::SmallVectorImpl<HostTensor> &results,
                                  EvaluationObserver observer = nullptr);

/// Runs one op and appends its results to `results`. Emits an error at the op
/// if it has no reference model or cannot be evaluated.
llvm::LogicalResult evaluateOp(mlir::Operation *op,
                               llvm::ArrayRef<HostTensor> operands,
                               llvm::SmallVectorImpl<HostTensor> &results);

/// The value of a tensor that ops which can be evaluated compute from constants
/// alone, or none. Nothing is kept: each call computes it again.
std::optional<HostTensor> evaluateConstant(mlir::Value value);

/// Bounds the work of evaluations on this thread while it lives: after so many
/// steps, each an op or an iteration of a loop, they fail with an error. Loops
/// over data that come from a hostile model may have no end.
class EvaluationLimit {
public:
  explicit EvaluationLimit(uint64_t steps);
  ~EvaluationLimit();
  EvaluationLimit(const EvaluationLimit &) = delete;
  EvaluationLimit &operator=(const EvaluationLimit &) = delete;

private:
  uint64_t outer;
};

/// Whether `evaluateOp` knows `op`, its operands and its results. It may still
/// fail on certain values.
bool isEvaluable(mlir::Operation *op);

} // namespace lathe

#endif // LATHE_REFERENCE_EVALUATOR_H
