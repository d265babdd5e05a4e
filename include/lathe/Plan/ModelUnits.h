//===- ModelUnits.h - What of a model is placed as a whole ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PLAN_MODELUNITS_H
#define LATHE_PLAN_MODELUNITS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace lathe {

/// Ops that become one kernel, or as good as one, on any device.
struct ModelUnit {
  /// Of the ONNX node that computes its last result.
  std::string name;
  /// In their order.
  std::vector<mlir::Operation *> ops;
  int64_t macs = 0;        ///< multiplications with an addition
  int64_t elementOps = 0;  ///< other operations on elements
  int64_t weightBytes = 0; ///< of constants that it reads
  /// Whether it computes with integers of 8 bits what it multiplies or, if it
  /// multiplies nothing, all that it reads.
  bool isInt8 = false;
};

/// A tensor that units pass on, or that is an input or output of the model.
struct UnitTensor {
  mlir::Value value;
  /// Unique, and a C identifier for what is no input or output.
  std::string name;
  /// None for an input of the model.
  std::optional<unsigned> source;
  std::vector<unsigned> consumers;
  /// Which results of the model it is.
  std::vector<unsigned> outputs;
  int64_t bytes = 0;
};

/// The units of a function at the graph level, simplified, in which constants
/// belong to whoever reads them. What is computed element by element joins what
/// it is computed from if nothing else reads that; tensors between units are
/// those that kernels leave in memory, quantized ones in their integers.
/// What makes a tensor narrower does not join what reads it.
class ModelUnits {
public:
  /// Changes `model` so that each unit has its own copy of what makes a
  /// quantized tensor wider, and each result is a value of its own. Fails if
  /// the model has states.
  static llvm::Expected<ModelUnits> get(mlir::func::FuncOp model);

  std::vector<ModelUnit> units;
  /// Those of inputs first, the others in the order of their sources.
  std::vector<UnitTensor> tensors;

  /// The unit of `op`, which is not constant.
  unsigned getUnit(mlir::Operation *op) const { return unitOf.at(op); }

private:
  llvm::DenseMap<mlir::Operation *, unsigned> unitOf;
};

/// Whether `op` computes a constant, which every unit that reads it has.
bool isConstantOp(mlir::Operation *op);

} // namespace lathe

#endif // LATHE_PLAN_MODELUNITS_H
