//===- PlanBookFile.h - book.json -------------------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_PLAN_PLANBOOKFILE_H
#define LATHE_LIB_PLAN_PLANBOOKFILE_H

#include "PlanProblem.h"
#include "lathe/Partition/PlanBook.h"

#include "llvm/Support/JSON.h"

namespace lathe {

/// The part of book.json for classes of requests, of a problem whose nodes may
/// run in 8 bits: for each set of devices that are there and each class, which
/// plan is best between which factors of all bandwidths, and of each plan the
/// units that it has in 8 bits.
llvm::Expected<llvm::json::Object>
makeRequestBook(const partition::PlacementProblem &problem,
                const Network &network,
                llvm::ArrayRef<partition::RequestClass> classes,
                const partition::PlacementLimits &limits);

} // namespace lathe

#endif // LATHE_LIB_PLAN_PLANBOOKFILE_H
