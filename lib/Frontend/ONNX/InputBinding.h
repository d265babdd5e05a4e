//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Static types for a model's inputs, from what the model and the user say.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_INPUTBINDING_H
#define LATHE_LIB_FRONTEND_ONNX_INPUTBINDING_H

#include "lathe/Frontend/ONNX/ImportOptions.h"
#include "lathe/Support/HostTensor.h"
#include "mlir/IR/BuiltinTypes.h"
#include <map>
#include <onnx/onnx_pb.h>

namespace lathe::frontend {

/// Binds dimensions that a model leaves open.
class InputBinding {
public:
  /// `inputs` are the model's inputs without those that have initializers.
  /// `shapeBinding`, which may be null, is one of those in `options`.
  /// Fails where options contradict each other or the model, or name something
  /// it does not have.
  static llvm::Expected<InputBinding>
  create(llvm::ArrayRef<const onnx::ValueInfoProto *> inputs,
         const ImportOptions &options,
         const ImportOptions::ShapeBinding *shapeBinding);

  /// The type of an input. Fails if a dimension is still open, or if it is no
  /// tensor of a type that Lathe has.
  llvm::Expected<mlir::RankedTensorType>
  getType(const onnx::ValueInfoProto &input, mlir::MLIRContext *context) const;

private:
  llvm::Error bindDimension(llvm::StringRef name, int64_t extent,
                            const std::string &origin);
  llvm::Error bindShape(const onnx::ValueInfoProto &input,
                        const ImportOptions::Shape &shape,
                        llvm::StringRef flag);
  /// Takes the dimensions that the model leaves open from a tensor.
  llvm::Error bindKnown(const onnx::ValueInfoProto &input,
                        llvm::ArrayRef<int64_t> known);
  llvm::Error checkFixedDimensions(const onnx::ValueInfoProto &input,
                                   const ImportOptions::Shape &shape,
                                   llvm::StringRef origin);

  struct Bound {
    int64_t extent;
    /// The flag that gave the extent.
    std::string origin;
  };
  /// Dimensions by their names.
  std::map<std::string, Bound> dims;
  bool isBatchOfOne = false;
  /// Whole shapes, by inputs' names.
  std::map<std::string, llvm::SmallVector<int64_t, 4>> shapes;
};

/// The tensor that a model with `numInputs` inputs is going to run on as
/// `input`, or null.
const HostTensor *findKnown(const ImportOptions &options, llvm::StringRef input,
                            size_t numInputs);

/// The tensor that `--bind` fixes an input of `type` to.
llvm::Expected<HostTensor> getBoundValue(const ImportOptions::Binding &binding,
                                         mlir::RankedTensorType type);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_INPUTBINDING_H
