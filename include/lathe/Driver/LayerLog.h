//===- LayerLog.h - What the layers of a package took -----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The log that the hook of a package in C prints on a device: after each layer
// a line of its number and of how many ticks of a clock it took.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_LAYERLOG_H
#define LATHE_DRIVER_LAYERLOG_H

#include "lathe/Driver/Artifact.h"
#include "lathe/Driver/Profiler.h"

namespace lathe {

/// The profile of `artifact` by its log at `path`, whose ticks take
/// `tickSeconds` each (above 0). A line counts if it is two whole numbers, the
/// layer and its ticks; others are ignored. Of several runs each layer takes
/// the median; the whole takes their sum. Of kernels nothing else is known but
/// names and nodes. Fails, naming the file and the line or layer, if it is the
/// log of another package, lacks a layer or has no ticks for most runs of each
/// layer, or if the package has no layers or several shape bindings.
llvm::Expected<ModelProfile> readLayerLog(const Artifact &artifact,
                                          llvm::StringRef path,
                                          double tickSeconds);

} // namespace lathe

#endif // LATHE_DRIVER_LAYERLOG_H
