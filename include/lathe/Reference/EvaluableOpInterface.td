//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_REFERENCE_EVALUABLEOPINTERFACE_TD
#define LATHE_REFERENCE_EVALUABLEOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def EvaluableOpInterface : OpInterface<"EvaluableOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op that the reference evaluator can execute. The models of the `lathe`
    dialect are external (see `registerReferenceModels`), so that the dialect
    does not depend on them.
  }];
  let methods = [
    InterfaceMethod<[{
        Appends the values of the op's results for the values `operands` of its
        operands, or emits an error at the op. The tensors have the kinds and
        shapes of the op's types; where those are quantized, they hold real
        numbers of the expressed type, unless `takesStoredIntegers`.
      }],
      "::llvm::LogicalResult", "evaluate",
      (ins "::llvm::ArrayRef<::lathe::HostTensor>":$operands,
           "::llvm::SmallVectorImpl<::lathe::HostTensor> &":$results)>,
    InterfaceMethod<[{
        Whether the tensors of quantized type that `evaluate` takes and gives
        hold the stored integers: so for ops that contain others.
      }],
      "bool", "takesStoredIntegers", (ins), "", "return false;">,
  ];
}

#endif // LATHE_REFERENCE_EVALUABLEOPINTERFACE_TD
