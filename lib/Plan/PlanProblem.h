//===- PlanProblem.h - A model's placement problem --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The units of a model and a network as the engine sees them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PLAN_PLANPROBLEM_H
#define LATHE_LIB_PLAN_PLANPROBLEM_H

#include "lathe/Partition/ConstrainedSolver.h"
#include "lathe/Partition/NormalizedObjective.h"
#include "lathe/Plan/Planner.h"
#include "lathe/Plan/UnitTimes.h"

namespace lathe {

/// Bytes of RAM that a model may have on `device`: for activations and, unless
/// it is a board, which has flash, weights.
std::optional<double> getMemoryLimit(const NetworkDevice &device);

/// Bytes of weights that each device has room for.
std::vector<double> getWeightLimits(const Network &network);

/// Adds the devices and links of `network`.
void addDevices(partition::PlacementProblem &problem, const Network &network);

/// Adds a node without options for each unit.
void addNodes(partition::PlacementProblem &problem, const ModelUnits &units);

/// Lets each unit that `isPossible` says run in `precision` on the devices that
/// have room for its tensors, where it takes what `times`, an entry for each
/// device, say. Its tensors and weights have `byteShare` of their bytes.
void addOptions(partition::PlacementProblem &problem, const ModelUnits &units,
                const Network &network, llvm::ArrayRef<UnitTimes> times,
                partition::Precision precision, double byteShare,
                llvm::function_ref<bool(unsigned unit)> isPossible);

/// Fails if a node is left without options, naming it.
llvm::Error checkRoom(const partition::PlacementProblem &problem);

/// Adds the tensors, which cross as they are.
void addTensors(partition::PlacementProblem &problem, const ModelUnits &units,
                const Network &network);

/// Codecs of the choice of precisions: in 8 bits, and as the pixels of an
/// image. A plan has others of PlanTransfer.
inline constexpr llvm::StringLiteral int8Codec = "int8", byteCodec = "u8";

/// Lets `tensor` cross as `name`, with `bytes` for one of its own, too.
partition::WireCodec &addCodec(partition::PlacementTensor &tensor,
                               llvm::StringRef name, double bytes);

/// The name of the codec of `crossing`.
llvm::StringRef getCodec(const partition::PlacementProblem &problem,
                         const partition::Crossing &crossing);

/// Lets tensors of f32 between units cross in 16 bits. The model's caller gives
/// and takes what the model does.
void addHalves(partition::PlacementProblem &problem, const ModelUnits &units);

/// Those of `options`, with weights of at most `weightLimits` for each device.
partition::PlacementLimits getLimits(llvm::ArrayRef<double> weightLimits,
                                     const PlanOptions &options);

/// A placement of the least makespan that is found, or of the least time
/// between runs that follow each other, as `objective` says, which is not
/// latency. What it has and the bound on that are the result's.
llvm::Expected<partition::SolverResult>
solveSideBySide(const partition::PlacementProblem &problem,
                PlanObjective objective,
                const partition::PlacementLimits &limits);

/// Latency and energy by the weights of `options`. None if nothing is within
/// `limits`.
llvm::Expected<std::optional<partition::NormalizedObjective>>
getObjective(const partition::PlacementProblem &problem, const Network &network,
             const PlanOptions &options, partition::PlacementOracle &oracle,
             const partition::PlacementLimits &limits);

} // namespace lathe

#endif // LATHE_LIB_PLAN_PLANPROBLEM_H
