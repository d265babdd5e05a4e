//===- UnitTimes.h - What the units of a model take on devices --*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PLAN_UNITTIMES_H
#define LATHE_PLAN_UNITTIMES_H

#include "lathe/Plan/ModelUnits.h"
#include "lathe/Plan/Network.h"

#include "mlir/IR/BuiltinOps.h"

namespace lathe {

/// What each unit of a model takes on a device.
struct UnitTimes {
  std::vector<double> seconds;
  /// Whether they come from a measurement, rather than from a model of the
  /// device.
  bool isMeasured = false;
  /// Where they are from.
  std::string source;
};

/// Whether instructions tell what `device` takes for something.
bool countsInstructions(const NetworkDevice &device);

/// The times on `device` of `units`, whose nodes the only model of `module`
/// has: from the device's profile, or of the kernels that the model becomes
/// there, by the instructions that they have on a microcontroller with a table
/// of costs, or by the speed that the network gives. `isInt8` says which units
/// a profile of the model in 8 bits is for, where there are two. Fails if there
/// is none of these, or if a profile is one of another model.
llvm::Expected<UnitTimes>
getUnitTimes(mlir::ModuleOp module, const ModelUnits &units,
             const NetworkDevice &device, const Network &network,
             llvm::function_ref<bool(unsigned unit)> isInt8);

} // namespace lathe

#endif // LATHE_PLAN_UNITTIMES_H
