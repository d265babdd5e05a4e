//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The families of converters, each in a file of its own.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_CONVERTERS_H
#define LATHE_LIB_FRONTEND_ONNX_CONVERTERS_H

namespace lathe::frontend {

class OperatorRegistry;

void addActivations(OperatorRegistry &registry);
void addConstants(OperatorRegistry &registry);
void addContrib(OperatorRegistry &registry);
void addConvolutions(OperatorRegistry &registry);
void addDataMovement(OperatorRegistry &registry);
void addElementwise(OperatorRegistry &registry);
void addIndexing(OperatorRegistry &registry);
void addMatMul(OperatorRegistry &registry);
void addNormalizations(OperatorRegistry &registry);
void addPooling(OperatorRegistry &registry);
void addQuantizeLinear(OperatorRegistry &registry);
void addQuantizedElementwise(OperatorRegistry &registry);
void addQuantizedProducts(OperatorRegistry &registry);
void addReductions(OperatorRegistry &registry);
void addResize(OperatorRegistry &registry);
void addShapes(OperatorRegistry &registry);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_CONVERTERS_H
