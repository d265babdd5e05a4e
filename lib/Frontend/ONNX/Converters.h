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
void addAttention(OperatorRegistry &registry);
void addBitCast(OperatorRegistry &registry);
void addColumns(OperatorRegistry &registry);
void addConstants(OperatorRegistry &registry);
void addContrib(OperatorRegistry &registry);
void addControlFlow(OperatorRegistry &registry);
void addConvolutions(OperatorRegistry &registry);
void addCumulative(OperatorRegistry &registry);
void addDataMovement(OperatorRegistry &registry);
void addDeterminant(OperatorRegistry &registry);
void addEinsum(OperatorRegistry &registry);
void addElementwise(OperatorRegistry &registry);
void addFeatures(OperatorRegistry &registry);
void addFlexAttention(OperatorRegistry &registry);
void addIndexedPooling(OperatorRegistry &registry);
void addIndexing(OperatorRegistry &registry);
void addLinearAttention(OperatorRegistry &registry);
void addLinearModels(OperatorRegistry &registry);
void addMasks(OperatorRegistry &registry);
void addMatMul(OperatorRegistry &registry);
void addNonMaxSuppression(OperatorRegistry &registry);
void addNormalizations(OperatorRegistry &registry);
void addPooling(OperatorRegistry &registry);
void addQuantizedElementwise(OperatorRegistry &registry);
void addQuantizedProducts(OperatorRegistry &registry);
void addQuantizeLinear(OperatorRegistry &registry);
void addRecurrences(OperatorRegistry &registry);
void addReductions(OperatorRegistry &registry);
/// States why operators have no converter.
void addRefusals(OperatorRegistry &registry);
void addRegions(OperatorRegistry &registry);
void addResize(OperatorRegistry &registry);
void addSampling(OperatorRegistry &registry);
void addSelections(OperatorRegistry &registry);
void addSequences(OperatorRegistry &registry);
void addShapes(OperatorRegistry &registry);
void addSignals(OperatorRegistry &registry);
void addSorting(OperatorRegistry &registry);
void addSupportVectorMachines(OperatorRegistry &registry);
void addTfIdfVectorizer(OperatorRegistry &registry);
void addTreeEnsembles(OperatorRegistry &registry);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_CONVERTERS_H
