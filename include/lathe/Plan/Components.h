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

/// A tensor of ModelUnits as it is passed on.
struct PassedTensor {
  unsigned tensor = 0;
  /// In 16 bits, where it is of f32.
  bool isHalf = false;

  bool operator==(const PassedTensor &other) const {
    return tensor == other.tensor && isHalf == other.isHalf;
  }
  /// The tensor's, with `_f16` behind it.
  std::string getName(const ModelUnits &units) const;
};

/// Units of one device that run without waiting for another device in between.
struct Component {
  unsigned device = 0;
  /// Ascending.
  std::vector<unsigned> units;
  /// What it reads from others and what others, or the model's caller, read of
  /// it. Ascending by tensor.
  std::vector<PassedTensor> inputs, outputs;
};

/// Fills in the tensors of `components`, which have a device and units each and
/// all units together. `isHalf` says which tensors cross to a device in 16
/// bits.
void addTensors(
    const ModelUnits &units, std::vector<Component> &components,
    llvm::function_ref<bool(unsigned tensor, unsigned device)> isHalf);

/// A model at the graph level of what `component` computes of `model`, to which
/// `units` belong. Inputs and outputs have the names of the tensors; those that
/// are quantized have the type of their integers, and say what they stand for.
mlir::OwningOpRef<mlir::ModuleOp> extractComponent(mlir::func::FuncOp model,
                                                   const ModelUnits &units,
                                                   const Component &component,
                                                   llvm::StringRef name);

} // namespace lathe

#endif // LATHE_PLAN_COMPONENTS_H
