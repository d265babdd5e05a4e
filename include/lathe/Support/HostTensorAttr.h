//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Between host tensors and MLIR's types and attributes.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_HOSTTENSORATTR_H
#define LATHE_SUPPORT_HOSTTENSORATTR_H

#include "lathe/Support/HostTensor.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"

namespace lathe {

/// The kind that stores elements of `type`: f16 … f64, i1, and integers of 8 to
/// 64 bits, signless and signed ones being ONNX's signed types. None for any
/// other type.
std::optional<ElementKind> getElementKind(mlir::Type type);

/// The type as Lathe's dialect has it: signless for signed integers, i1 for
/// bool.
mlir::Type getElementType(mlir::MLIRContext *context, ElementKind kind);

/// The elements of a constant, or none for attributes other than
/// DenseElementsAttr and DenseResourceElementsAttr, element types Lathe does
/// not have, and a resource that is not loaded or does not fill its type.
/// Where the attribute holds the elements as they are (anything but splats and
/// i1), the tensor borrows them and must not outlive `attr`'s context.
std::optional<HostTensor> toHostTensor(mlir::ElementsAttr attr);

/// A constant of type `tensor<…>` with the elements of `tensor`: a splat where
/// all elements have the same bits, an ordinary dense attribute up to
/// `maxDenseBytes`, and a resource called `name` (made unique) above. A
/// resource shares the tensor's bytes. bool is always dense, because resources
/// of i1 and of bytes differ in layout.
mlir::ElementsAttr toElementsAttr(const HostTensor &tensor,
                                  mlir::MLIRContext *context,
                                  llvm::StringRef name = "constant",
                                  size_t maxDenseBytes = 1024);

/// Frees the bytes of resources that no operation of `modules` has. An
/// MLIRContext never frees attributes: without this, all that passes made of a
/// model's weights stays in memory until its end. `modules` must be all that
/// still need constants of the context; other attributes lose theirs.
void freeUnusedResources(llvm::ArrayRef<mlir::ModuleOp> modules);

} // namespace lathe

#endif // LATHE_SUPPORT_HOSTTENSORATTR_H
