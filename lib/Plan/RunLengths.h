//===- RunLengths.h - Tensors that cross run-length coded -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The code is that of runtime/wire/run_length.h. How long it is depends on the
// data, so samples tell.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PLAN_RUNLENGTHS_H
#define LATHE_LIB_PLAN_RUNLENGTHS_H

#include "PlanProblem.h"
#include "lathe/Support/HostTensor.h"

namespace lathe {

/// `tensor` in the code.
llvm::SmallVector<char> encodeRunLengths(const HostTensor &tensor);

/// The tensor like `tensor` whose code `code` is; none if there is none.
std::optional<HostTensor> decodeRunLengths(llvm::ArrayRef<char> code,
                                           const HostTensor &tensor);

/// The bytes of a tensor's code, the mean over samples.
struct CodedBytes {
  /// Of the code: twice those of a tensor of 64 bits.
  size_t numElements = 0;
  double raw = 0;
  /// Of a tensor of f32 that was rounded to 16 bits.
  std::optional<double> half;
};

/// Runs `model` on `samples`. Returns an entry for each tensor of `units`,
/// which are those of `model`; `withHalves` says whether halves are measured,
/// too. Fails if a sample cannot be read, or as
/// PreparedModel::create does.
llvm::Expected<std::vector<CodedBytes>>
measureRunLengths(mlir::func::FuncOp model, const ModelUnits &units,
                  const PlanSamples &samples, bool withHalves);

/// What an element of the code takes on each device, in s.
struct CodingTimes {
  llvm::SmallVector<double> encode, decode;
};

/// Fails if it is not known how fast a device of `network` codes.
llvm::Expected<CodingTimes> getCodingTimes(const Network &network);

/// Lets tensors cross in the code where that is shorter, those that have a
/// codec of 16 bits in that, too.
void addRunLengths(partition::PlacementProblem &problem,
                   const ModelUnits &units, const CodingTimes &times,
                   llvm::ArrayRef<CodedBytes> bytes);

} // namespace lathe

#endif // LATHE_LIB_PLAN_RUNLENGTHS_H
