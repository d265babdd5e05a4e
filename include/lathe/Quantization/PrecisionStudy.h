//===- PrecisionStudy.h - Precisions by someone else's choice ---*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What quantization after training offers to someone who chooses precisions by
// more than a model's noise and size, such as by the devices that it is to run
// on.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_QUANTIZATION_PRECISIONSTUDY_H
#define LATHE_QUANTIZATION_PRECISIONSTUDY_H

#include "lathe/Quantization/PrecisionGroup.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallBitVector.h"

namespace lathe {

/// Which activations are stored in 8 bits, and which layers have weights of 8
/// bits: those multiply integers if what they read is in 8 bits, too. The rest
/// is float.
struct PrecisionMask {
  llvm::SmallBitVector values; ///< by their places in the plan
  llvm::SmallBitVector layers; ///< by their places in the study

  bool operator==(const PrecisionMask &other) const {
    return values == other.values && layers == other.layers;
  }
};

/// A model with the precisions of a mask.
struct StudiedModel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Of its outputs on held-out samples for a signal of 1.
  double noise = 0;
};

class PrecisionStudy {
public:
  PrecisionStudy(mlir::func::FuncOp model, QuantizationPlan plan,
                 std::vector<WeightedOpInterface> layers)
      : model(model), plan(std::move(plan)), layers(std::move(layers)) {}
  virtual ~PrecisionStudy() = default;

  /// The float model, at the graph level and simplified.
  mlir::func::FuncOp getModel() const { return model; }
  /// Its activations that may be in 8 bits.
  const QuantizationPlan &getPlan() const { return plan; }
  /// Its ops that multiply one of them, moved at most, by constant weights.
  llvm::ArrayRef<WeightedOpInterface> getLayers() const { return layers; }

  /// The mask with all of them, or with none.
  PrecisionMask getMask(bool isInt8) const {
    return {llvm::SmallBitVector(plan.getValues().size(), isInt8),
            llvm::SmallBitVector(layers.size(), isInt8)};
  }

  /// The noise of each part of the outputs of each held-out sample, or with
  /// `isQuick` of some of them, for a signal of 1. By rounding in the float
  /// model, which is much cheaper than to build another one.
  virtual llvm::Expected<llvm::SmallVector<double, 1>>
  simulate(const PrecisionMask &mask, bool isQuick) = 0;

  /// The model that it becomes, and what is measured of that.
  virtual llvm::Expected<StudiedModel> build(const PrecisionMask &mask) = 0;

private:
  mlir::func::FuncOp model;
  QuantizationPlan plan;
  std::vector<WeightedOpInterface> layers;
};

} // namespace lathe

#endif // LATHE_QUANTIZATION_PRECISIONSTUDY_H
