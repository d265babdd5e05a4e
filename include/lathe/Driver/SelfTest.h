//===- SelfTest.h - Known inputs and outputs of a model ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_SELFTEST_H
#define LATHE_DRIVER_SELFTEST_H

#include "lathe/Support/NamedTensors.h"
#include "lathe/Target/C/Package.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lathe {

/// Inputs for `model`, at the graph level, without its states: pseudo-random,
/// the same on every machine.
llvm::Expected<llvm::SmallVector<HostTensor>>
createRandomInputs(mlir::func::FuncOp model);

/// Runs `model`, at the graph level, with the reference evaluator and returns
/// what went in and what came out, for NAME_self_test.
///
/// With `given`, one run on these tensors, matched as `runModel` does. Without,
/// two runs on pseudo-random numbers that are the same on every machine: floats
/// are multiples of 1/64 in [-1, 1), which every float type holds exactly;
/// integers of 8 bits take any value; wider ones and bools, which are often
/// indices, are 0 or 1. The second run finds what the first left in the states,
/// and in the rest of the arena.
///
/// Floats may differ by a relative 1e-3, and by 1e-5 of the largest magnitude
/// of any float output. Fails if an input does not fit the model, or if the
/// evaluator cannot run it.
llvm::Expected<SelfTestData> createSelfTest(mlir::func::FuncOp model,
                                            const NamedTensors &given);

} // namespace lathe

#endif // LATHE_DRIVER_SELFTEST_H
