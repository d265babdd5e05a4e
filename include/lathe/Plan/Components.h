//===- Components.h - A model cut into models -------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PLAN_COMPONENTS_H
#define LATHE_PLAN_COMPONENTS_H

#include "lathe/Plan/ModelUnits.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace lathe {

/// Units of one device that run without waiting for another device in between.
struct Component {
  unsigned device = 0;
  /// Ascending.
  std::vector<unsigned> units;
  /// Tensors, by number, that it reads from others and that others, or the
  /// model's caller, read of it. Ascending.
  std::vector<unsigned> inputs, outputs;
};

/// Fills in the tensors of `components`, which have a device and units each and
/// all units together.
void addTensors(const ModelUnits &units, std::vector<Component> &components);

/// A model at the graph level of what `component` computes of `model`, to which
/// `units` belong. Inputs and outputs have the names of the tensors; those that
/// are quantized have the type of their integers, and say what they stand for.
mlir::OwningOpRef<mlir::ModuleOp> extractComponent(mlir::func::FuncOp model,
                                                   const ModelUnits &units,
                                                   const Component &component,
                                                   llvm::StringRef name);

} // namespace lathe

#endif // LATHE_PLAN_COMPONENTS_H
