//===- IntegerFormOpInterfaces.td - Ops in integer arithmetic -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_INTEGERFORMS_INTEGERFORMOPINTERFACES_TD
#define LATHE_DIALECT_LATHE_INTEGERFORMS_INTEGERFORMOPINTERFACES_TD

include "mlir/IR/OpBase.td"

def IntegerFormOpInterface : OpInterface<"IntegerFormOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op that can compute a quantized result from quantized operands in
    integers alone. What the integers are, docs/integer-semantics.md says.
  }];
  let methods = [
    InterfaceMethod<[{
        Builds the integers of the result from those of the operands. Null,
        with nothing built, where these operands or parameters have no form in
        integers; `reason` then says why, in words that follow "because".
      }],
      "::mlir::Value", "buildInteger",
      (ins "::mlir::OpBuilder &":$builder,
           "::llvm::ArrayRef<::lathe::QuantizedOperand>":$operands,
           "const ::lathe::QuantizedResult &":$result,
           "std::string &":$reason)>,
    InterfaceMethod<[{
        Builds the sums of a product of quantized operands whose result is not
        quantized. `units` are the real numbers that 1 means in them: one, or
        one for each index of the last dimension. Null as above, and for ops
        that are no products.
      }],
      "::mlir::Value", "buildSums",
      (ins "::mlir::OpBuilder &":$builder,
           "::llvm::ArrayRef<::lathe::QuantizedOperand>":$operands,
           "::llvm::SmallVectorImpl<double> &":$units,
           "std::string &":$reason), "", "return {};">,
  ];
}

def RealFunctionOpInterface : OpInterface<"RealFunctionOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An elementwise op whose function can be computed when a model is compiled,
    with the same result on every machine: from IEEE 754's basic operations
    alone, never by the C library.
  }];
  let methods = [
    InterfaceMethod<"The op's result for one element of each operand.",
      "double", "computeReal", (ins "::llvm::ArrayRef<double>":$operands)>,
  ];
}

def ChannelFactorOpInterface : OpInterface<"ChannelFactorOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op through which factors above 0 for channels, the last dimension of a
    float tensor, can pass.
  }];
  let methods = [
    InterfaceMethod<[{
        Whether factors for the channels of all operands come out as factors for
        those of the result, an upper limit aside.
      }],
      "bool", "passesChannelFactors", (ins)>,
    InterfaceMethod<"The upper limit; infinite where there is none.",
      "double", "getUpperLimit", (ins), "",
      "return std::numeric_limits<double>::infinity();">,
    InterfaceMethod<[{
        Whether constants of the op can be multiplied so that its result is, by
        factors for its channels.
      }],
      "bool", "absorbsChannelFactors", (ins), "", "return false;">,
    InterfaceMethod<"Multiplies them.",
      "void", "absorbChannelFactors",
      (ins "::llvm::ArrayRef<double>":$factors), "", "return;">,
  ];
}

#endif // LATHE_DIALECT_LATHE_INTEGERFORMS_INTEGERFORMOPINTERFACES_TD
