//===- LatheElementwiseOps.td - Functions of single elements ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEELEMENTWISEOPS_TD
#define LATHE_DIALECT_LATHE_IR_LATHEELEMENTWISEOPS_TD

include "lathe/Dialect/Lathe/IR/LatheAttributes.td"
include "lathe/Dialect/Lathe/IR/LatheBase.td"

class Lathe_ElementwiseOp<string mnemonic, string quantizationKind>
    : Lathe_TensorOp<mnemonic,
          [DeclareOpInterfaceMethods<ElementwiseOpInterface>,
           InPlaceOpInterface]> {
  // The element type of the result, computed from `adaptor`.
  code resultElement = "::lathe::impl::elementTypeOf(adaptor.getOperands()[0])";
  // More C++ definitions of the op.
  code moreDefinitions = "";
  // More members, such as those of QuantizationOpInterface.
  code moreDeclarations = "";
  let ownDefinitions = [{
    ::mlir::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *context, std::optional<::mlir::Location> loc,
        Adaptor adaptor, ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return ::lathe::impl::inferBroadcast(loc, adaptor.getOperands(),
                                             }] # resultElement # [{, types);
    }
  }] # moreDefinitions;
  let extraClassDeclaration = [{
    int64_t getElementOps() { return getResult().getType().getNumElements(); }
    ::lathe::QuantizationKind getQuantizationKind() {
      return ::lathe::QuantizationKind::}] # quantizationKind # [{;
    }
    ::llvm::SmallVector<unsigned>
    getPermutedOperands(::llvm::ArrayRef<int64_t> permutation) {
      return ::lathe::impl::nonScalarOperands(getOperation());
    }
    ::mlir::Value buildPermuted(::mlir::OpBuilder &builder,
                                ::mlir::ValueRange operands,
                                ::llvm::ArrayRef<int64_t> permutation) {
      return ::lathe::impl::rebuildElementwise(getOperation(), builder,
                                                 operands, permutation);
    }
    bool canWriteOver(unsigned operand) {
      return ::lathe::impl::hasShapeOfResult(getOperation(), operand);
    }
    ::llvm::SmallVector<unsigned> getChannelOperands() {
      return ::lathe::impl::nonScalarOperands(getOperation());
    }
    ::lathe::ChannelRanges
    getChannelRanges(::llvm::ArrayRef<::lathe::ChannelRanges> operands) {
      return ::lathe::impl::getElementwiseRanges(getOperation(), operands);
    }
  }] # moreDeclarations;
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

/// Declares what the results of an op lie between.
class Lathe_Bounds<string low, string high = "::lathe::RealInterval().high"> {
  code declarations = [{
    ::lathe::RealInterval getResultBounds() {
      return {}] # low # ", " # high # [{};
    }
  }];
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

class Lathe_UnaryOp<string mnemonic, string what, Type type = Lathe_NumberTensor>
    : Lathe_ElementwiseOp<mnemonic, "Table"> {
  let summary = what;
  let arguments = (ins type:$input);
}

/// A function that `math` has as an op of its own.
class Lathe_MathOp<string mnemonic, string what, string mathOp>
    : Lathe_UnaryOp<mnemonic, what, Lathe_FloatTensor> {
  let moreDefinitions = [{
    ::mlir::Value $cppClass::buildScalar(::mlir::OpBuilder &builder,
                                         ::mlir::Location loc,
                                         ::mlir::ValueRange scalars) {
      return ::mlir::math::}] # mathOp # [{::create(builder, loc, scalars[0]);
    }
  }];
}

def Lathe_ExpOp   : Lathe_MathOp<"exp", "e to the power of the operand", "ExpOp"> {
  let moreDeclarations = Lathe_Bounds<"0">.declarations;
}
def Lathe_LogOp   : Lathe_MathOp<"log", "natural logarithm", "LogOp">;
def Lathe_SqrtOp  : Lathe_MathOp<"sqrt", "square root", "SqrtOp"> {
  let moreDeclarations = Lathe_Bounds<"0">.declarations;
}
def Lathe_FloorOp : Lathe_MathOp<"floor", "largest integer not above", "FloorOp">;
def Lathe_CeilOp  : Lathe_MathOp<"ceil", "smallest integer not below", "CeilOp">;
def Lathe_RoundOp
    : Lathe_MathOp<"round", "nearest integer, halves to even", "RoundEvenOp">;
def Lathe_SinOp   : Lathe_MathOp<"sin", "sine", "SinOp"> {
  let moreDeclarations = Lathe_Bounds<"-1", "1">.declarations;
}
def Lathe_CosOp   : Lathe_MathOp<"cos", "cosine", "CosOp"> {
  let moreDeclarations = Lathe_Bounds<"-1", "1">.declarations;
}
def Lathe_TanOp   : Lathe_MathOp<"tan", "tangent", "TanOp">;
def Lathe_AsinOp  : Lathe_MathOp<"asin", "arc sine", "AsinOp">;
def Lathe_AcosOp  : Lathe_MathOp<"acos", "arc cosine", "AcosOp">;
def Lathe_AtanOp  : Lathe_MathOp<"atan", "arc tangent", "AtanOp">;
def Lathe_SinhOp  : Lathe_MathOp<"sinh", "hyperbolic sine", "SinhOp">;
def Lathe_CoshOp  : Lathe_MathOp<"cosh", "hyperbolic cosine", "CoshOp">;
def Lathe_TanhOp  : Lathe_MathOp<"tanh", "hyperbolic tangent", "TanhOp"> {
  let moreDeclarations = Lathe_Bounds<"-1", "1">.declarations;
}
def Lathe_AsinhOp : Lathe_MathOp<"asinh", "inverse hyperbolic sine", "AsinhOp">;
def Lathe_AcoshOp : Lathe_MathOp<"acosh", "inverse hyperbolic cosine", "AcoshOp">;
def Lathe_AtanhOp
    : Lathe_MathOp<"atanh", "inverse hyperbolic tangent", "AtanhOp">;
def Lathe_ErfOp   : Lathe_MathOp<"erf", "error function", "ErfOp"> {
  let moreDeclarations = Lathe_Bounds<"-1", "1">.declarations;
}

def Lathe_AbsOp  : Lathe_UnaryOp<"abs", "absolute value"> {
  let moreDeclarations = Lathe_Bounds<"0">.declarations;
}
def Lathe_NegOp  : Lathe_UnaryOp<"neg", "negation"> {
  let hasCanonicalizer = 1;
}
def Lathe_SignOp : Lathe_UnaryOp<"sign", "-1, 0 or 1 by the operand's sign"> {
  let moreDeclarations = Lathe_Bounds<"-1", "1">.declarations;
}
def Lathe_ReciprocalOp
    : Lathe_UnaryOp<"reciprocal", "one divided by the operand", Lathe_FloatTensor>;
def Lathe_SigmoidOp
    : Lathe_UnaryOp<"sigmoid", "1 / (1 + exp(-x))", Lathe_FloatTensor> {
  let moreDeclarations = Lathe_Bounds<"0", "1">.declarations;
}
def Lathe_SoftplusOp
    : Lathe_UnaryOp<"softplus", "log(1 + exp(x))", Lathe_FloatTensor> {
  let moreDeclarations = Lathe_Bounds<"0">.declarations;
}
def Lathe_ReluOp : Lathe_UnaryOp<"relu", "max(x, 0)"> {
  let description = [{NaN stays NaN.}];
  let moreDeclarations =
      Lathe_Bounds<"0">.declarations # "bool isLimit() { return true; }";
}
def Lathe_NotOp : Lathe_UnaryOp<"not", "bitwise, for bool logical, complement",
    RankedTensorOf<[Lathe_Bool, Lathe_Integer]>>;
def Lathe_IsNanOp : Lathe_UnaryOp<"is_nan", "whether the operand is NaN",
                                  Lathe_FloatTensor> {
  let resultElement = "::mlir::IntegerType::get(context, 1)";
}
def Lathe_IsInfOp : Lathe_UnaryOp<"is_inf", "whether the operand is infinite",
                                  Lathe_FloatTensor> {
  let arguments = (ins Lathe_FloatTensor:$input,
                       DefaultValuedAttr<BoolAttr, "true">:$positive,
                       DefaultValuedAttr<BoolAttr, "true">:$negative);
  let resultElement = "::mlir::IntegerType::get(context, 1)";
}

def Lathe_LeakyReluOp
    : Lathe_UnaryOp<"leaky_relu", "x where x >= 0, alpha * x elsewhere"> {
  let arguments = (ins Lathe_FloatTensor:$input, F64Attr:$alpha);
}
def Lathe_EluOp
    : Lathe_UnaryOp<"elu", "x where x >= 0, alpha * (exp(x) - 1) elsewhere"> {
  let arguments = (ins Lathe_FloatTensor:$input, F64Attr:$alpha);
}
def Lathe_HardSigmoidOp
    : Lathe_UnaryOp<"hard_sigmoid", "max(0, min(1, alpha * x + beta))"> {
  let moreDeclarations = Lathe_Bounds<"0", "1">.declarations;
  let arguments = (ins Lathe_FloatTensor:$input, F64Attr:$alpha, F64Attr:$beta);
}
def Lathe_GeluOp : Lathe_UnaryOp<"gelu", "Gaussian error linear unit"> {
  let description = [{
    `x / 2 * (1 + erf(x / sqrt(2)))`, with `tanh_approximation`
    `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))` (Hendrycks and
    Gimpel, 2016).
  }];
  let arguments = (ins Lathe_FloatTensor:$input, UnitAttr:$tanh_approximation);
  // The minimum is -0.16997 at -0.7518, or -0.17004 of the approximation.
  let moreDeclarations = Lathe_Bounds<"-0.1701">.declarations;
}
def Lathe_ClampOp : Lathe_UnaryOp<"clamp", "limits to [min, max]"> {
  let description = [{
    `min` and `max` have the operand's real value, for integers too. NaN stays
    NaN. With min > max the result is max, as in ONNX's Clip.
  }];
  let arguments = (ins Lathe_NumberTensor:$input, F64Attr:$min, F64Attr:$max);
  let moreDeclarations =
      Lathe_Bounds<"getMin().convertToDouble()",
                   "getMax().convertToDouble()">.declarations #
      "bool isLimit() { return true; }";
  let hasFolder = 1;
}
def Lathe_CastOp : Lathe_UnaryOp<"cast", "conversion to another element type"> {
  let description = [{
    Float to integer rounds towards zero; values out of range give the nearest
    representable one and NaN gives zero. Numbers become bool by comparison
    with zero.
  }];
  let arguments = (ins Lathe_Tensor:$input, TypeAttr:$to);
  let resultElement = "adaptor.getTo()";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

//===----------------------------------------------------------------------===//
// Two or three operands
//===----------------------------------------------------------------------===//

class Lathe_BinaryOp<string mnemonic, string what, Type type = Lathe_NumberTensor>
    : Lathe_ElementwiseOp<mnemonic, "Rescaled"> {
  let summary = what;
  let arguments = (ins type:$lhs, type:$rhs);
  let hasVerifier = 1;
  let moreDefinitions = [{
    ::mlir::LogicalResult $cppClass::verify() {
      return ::lathe::impl::verifySameElementTypes(getOperation());
    }
  }];
}
defvar Lathe_BitsTensor = RankedTensorOf<[Lathe_Bool, Lathe_Integer]>;

def Lathe_AddOp : Lathe_BinaryOp<"add", "sum"> { let hasCanonicalizer = 1; }
def Lathe_SubOp : Lathe_BinaryOp<"sub", "difference"> {
  let hasCanonicalizer = 1;
}
def Lathe_MulOp : Lathe_BinaryOp<"mul", "product"> { let hasCanonicalizer = 1; }
def Lathe_DivOp : Lathe_BinaryOp<"div", "quotient"> {
  let description = [{Integer division rounds towards zero.}];
  let hasCanonicalizer = 1;
}
def Lathe_ModOp : Lathe_BinaryOp<"mod", "remainder"> {
  let description = [{
    The result has the divisor's sign, as in Python, or with `truncated` the
    dividend's, as in C's fmod.
  }];
  let arguments = (ins Lathe_NumberTensor:$lhs, Lathe_NumberTensor:$rhs,
                       UnitAttr:$truncated);
}
def Lathe_PowOp : Lathe_BinaryOp<"pow", "power"> { let hasCanonicalizer = 1; }
def Lathe_MinOp : Lathe_BinaryOp<"min", "smaller operand"> {
  let description = [{NaN if one of the operands is.}];
}
def Lathe_MaxOp : Lathe_BinaryOp<"max", "larger operand"> {
  let description = [{NaN if one of the operands is.}];
}
def Lathe_AndOp : Lathe_BinaryOp<"and", "bitwise and", Lathe_BitsTensor>;
def Lathe_OrOp  : Lathe_BinaryOp<"or", "bitwise or", Lathe_BitsTensor>;
def Lathe_XorOp : Lathe_BinaryOp<"xor", "bitwise exclusive or", Lathe_BitsTensor>;
def Lathe_ShiftLeftOp
    : Lathe_BinaryOp<"shift_left", "bits moved up", Lathe_BitsTensor>;
def Lathe_ShiftRightOp
    : Lathe_BinaryOp<"shift_right", "bits moved down", Lathe_BitsTensor>;

def Lathe_CompareOp : Lathe_ElementwiseOp<"compare", "Rescaled"> {
  let summary = "comparison of elements; the result is bool";
  let description = [{Comparisons with NaN are false, but for `ne`.}];
  let arguments = (ins Lathe_ComparePredicateAttr:$predicate,
                       Lathe_Tensor:$lhs, Lathe_Tensor:$rhs);
  let resultElement = "::mlir::IntegerType::get(context, 1)";
  let assemblyFormat = [{
    $predicate operands attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let moreDefinitions = [{
    ::mlir::LogicalResult $cppClass::verify() {
      return ::lathe::impl::verifySameElementTypes(getOperation());
    }
  }];
}

def Lathe_SelectOp : Lathe_ElementwiseOp<"select", "Rescaled"> {
  let summary = "elements of the one or the other operand";
  let arguments = (ins Lathe_BoolTensor:$condition, Lathe_Tensor:$on_true,
                       Lathe_Tensor:$on_false);
  let resultElement = "::lathe::impl::elementTypeOf(adaptor.getOnTrue())";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEELEMENTWISEOPS_TD
