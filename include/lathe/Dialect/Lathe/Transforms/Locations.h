//===- Locations.h - ONNX node names from locations -------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_TRANSFORMS_LOCATIONS_H
#define LATHE_DIALECT_LATHE_TRANSFORMS_LOCATIONS_H

#include "lathe/Support/HostTensor.h"
#include "lathe/Support/NodeNames.h"

#include "mlir/IR/Builders.h"

namespace lathe {

/// A constant that is stored with the first name of `loc`, or `otherwise` if
/// that has none.
mlir::Value createNamedConstant(mlir::OpBuilder &builder, mlir::Location loc,
                                const HostTensor &tensor,
                                llvm::StringRef otherwise);

} // namespace lathe

#endif // LATHE_DIALECT_LATHE_TRANSFORMS_LOCATIONS_H
