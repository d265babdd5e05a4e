//===- OutputExtents.h - Outputs of data-dependent extents ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model returns an output whose extents depend on the data in a buffer of the
// largest shape it can have, and the extents in another output. Who runs a
// model sees the one tensor that ONNX defines.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_OUTPUTEXTENTS_H
#define LATHE_DRIVER_OUTPUTEXTENTS_H

#include "lathe/Support/NamedTensors.h"

#include <string>
#include <utility>

namespace lathe {

/// The names of an output and of the one that holds its extents.
using OutputExtents = std::pair<std::string, std::string>;

/// `outputs` without those that hold extents, and the others cut to them.
NamedTensors cropOutputs(const NamedTensors &outputs,
                         llvm::ArrayRef<OutputExtents> extents);

} // namespace lathe

#endif // LATHE_DRIVER_OUTPUTEXTENTS_H
