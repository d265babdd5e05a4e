//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_COST_COUNTABLEOPINTERFACE_TD
#define LATHE_COST_COUNTABLEOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def CountableOpInterface : OpInterface<"CountableOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op at the loop level that knows the instructions a C compiler makes of it.
    The models are external (see `registerCostModels`), so that no dialect depends
    on them. What addresses of loads and stores, loops and branches take is counted
    apart (see `countInstructions`).
  }];
  let methods = [
    InterfaceMethod<[{
        The instructions of one execution for the core `set`. An op that becomes a
        part of another op's instruction (a product that a sum takes, a sign
        extension behind a load) has none. `operands` are the values of the
        operands for which `isCountedBy` holds, where they are known.
      }],
      "::lathe::InstructionCounts", "getInstructions",
      (ins "const ::lathe::InstructionSet &":$set,
           "::llvm::ArrayRef<std::optional<int64_t>>":$operands)>,
    InterfaceMethod<[{
        Whether the number of instructions depends on the value of operand number
        `operand`.
      }],
      "bool", "isCountedBy", (ins "unsigned":$operand), "", "return false;">,
  ];
}

#endif // LATHE_COST_COUNTABLEOPINTERFACE_TD
