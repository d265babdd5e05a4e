//===- LatheBase.td - The lathe dialect, its types and op classes ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEBASE_TD
#define LATHE_DIALECT_LATHE_IR_LATHEBASE_TD

include "mlir/Dialect/Quant/IR/QuantBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "lathe/Dialect/Lathe/IR/LatheInterfaces.td"

def Lathe_Dialect : Dialect {
  let name = "lathe";
  let cppNamespace = "::lathe";
  let summary = "Trained networks as a small set of ops on static tensors";
  let description = [{
    The dialect in which Lathe optimizes a model: about a hundred ops on tensors
    of static shape, spatial data channels last. What an op means for cost,
    quantization, layout, memory and loops is answered by its interfaces; no
    pass asks for an op by name.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::quant::QuantDialect"];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

// Signless integers are ONNX's signed ones; `ui` its unsigned ones; i1 is bool.
def Lathe_Float : AnyTypeOf<[F16, BF16, F32, F64], "float">;
def Lathe_Integer : AnyTypeOf<[I8, I16, I32, I64, UI8, UI16, UI32, UI64],
                              "integer of 8 to 64 bits">;
def Lathe_Bool : AnyTypeOf<[I1], "bool">;
def Lathe_Quantized
    : Type<CPred<"::llvm::isa<::mlir::quant::QuantizedType>($_self)">,
           "quantized type">;
def Lathe_Number
    : AnyTypeOf<[Lathe_Float, Lathe_Integer, Lathe_Quantized], "number">;
def Lathe_Element
    : AnyTypeOf<[Lathe_Float, Lathe_Integer, Lathe_Bool, Lathe_Quantized],
                "number or bool">;

def Lathe_Tensor : RankedTensorOf<[Lathe_Element]>;
def Lathe_NumberTensor : RankedTensorOf<[Lathe_Number]>;
def Lathe_FloatTensor : RankedTensorOf<[Lathe_Float, Lathe_Quantized]>;
def Lathe_BoolTensor : RankedTensorOf<[Lathe_Bool]>;
def Lathe_IndexTensor : RankedTensorOf<[AnyTypeOf<[I32, I64]>]>;

/// Any op of the dialect.
class Lathe_Op<string mnemonic, list<Trait> traits = []>
    : Op<Lathe_Dialect, mnemonic, traits>;

/// A pure tensor op whose result type follows from its operands and attributes.
/// Cost, quantization, layout and channels are asked of every op, so that passes need no
/// list of ops; the interfaces' defaults suit ops that move data, and an op
/// that differs declares the method in `extraClassDeclaration`.
class Lathe_TensorOp<string mnemonic, list<Trait> traits = []>
    : Lathe_Op<mnemonic,
               traits # [Pure, InferTypeOpAdaptorWithIsCompatible,
                         CostOpInterface, QuantizationOpInterface,
                         LayoutOpInterface, ChannelOpInterface]> {
  let results = (outs Lathe_Tensor:$result);
  // Quantized results choose their own scale and zero point.
  code ownDefinitions = "";
  let extraClassDefinition = [{
    bool $cppClass::isCompatibleReturnTypes(::mlir::TypeRange inferred,
                                            ::mlir::TypeRange actual) {
      return ::lathe::impl::areCompatibleTypes(inferred, actual);
    }
  }] # ownDefinitions;
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEBASE_TD
