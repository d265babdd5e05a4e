//===- LatheInterfaces.td - What passes may ask of an op ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEINTERFACES_TD
#define LATHE_DIALECT_LATHE_IR_LATHEINTERFACES_TD

include "mlir/IR/OpBase.td"

def CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    What executing the op once costs, independent of any target. Passes and
    reports multiply these counts by a target's figures.
  }];
  let methods = [
    InterfaceMethod<"Multiply-accumulates of one execution.",
      "int64_t", "getMACs", (ins), "", "return 0;">,
    InterfaceMethod<
      "The multiplications that are carried out for these: fewer where the "
      "algorithm spares some.",
      "int64_t", "getProducts", (ins), "", "return $_op.getMACs();">,
    InterfaceMethod<
      "Other arithmetic operations of one execution: for elementwise ops one "
      "for each element, whatever the function.",
      "int64_t", "getElementOps", (ins), "", "return 0;">,
  ];
}

def QuantizationOpInterface : OpInterface<"QuantizationOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    How the op behaves when its tensors become integers.
  }];
  let methods = [
    InterfaceMethod<"The op's behaviour under quantization.",
      "::lathe::QuantizationKind", "getQuantizationKind", (ins), "",
      "return ::lathe::QuantizationKind::Float;">,
    InterfaceMethod<
      "The operand that holds weights, with one scale for each index of "
      "`getWeightChannelAxis`, or -1.",
      "int64_t", "getWeightOperand", (ins), "", "return -1;">,
    InterfaceMethod<"The output-channel axis of the weights, or -1.",
      "int64_t", "getWeightChannelAxis", (ins), "", "return -1;">,
    InterfaceMethod<[{
        What every element of the result lies between, whatever the operands
        are: [0, 1] for a sigmoid. Infinite where there is no bound.
      }],
      "::lathe::RealInterval", "getResultBounds", (ins), "", "return {};">,
    InterfaceMethod<[{
        Whether the op does nothing but limit its operand to the result's
        bounds, so that a quantized result need only be limited, too.
      }],
      "bool", "isLimit", (ins), "", "return false;">,
  ];
}

def LayoutOpInterface : OpInterface<"LayoutOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    Whether a change of layout passes through the op.
  }];
  let methods = [
    InterfaceMethod<[{
        Which operands must be permuted when the result is to be permuted by
        `permutation` (result dimension i is old dimension permutation[i]).
        An empty answer means that the permutation does not pass.
      }],
      "::llvm::SmallVector<unsigned>", "getPermutedOperands",
      (ins "::llvm::ArrayRef<int64_t>":$permutation), "", "return {};">,
    InterfaceMethod<[{
        Builds the op that computes the permuted result from `operands`, of
        which those named by getPermutedOperands are permuted already.
      }],
      "::mlir::Value", "buildPermuted",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands,
           "::llvm::ArrayRef<int64_t>":$permutation), "", "return {};">,
  ];
}

def ChannelOpInterface : OpInterface<"ChannelOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    How an op treats the channels of tensors, their last dimension.
  }];
  let methods = [
    InterfaceMethod<[{
        The operands, by number, of which channel c of the result is computed by
        their channel c alone, or their channel c mod n if they have fewer, n.
        Nothing else of the op has channels then. Empty where channels are mixed.
      }],
      "::llvm::SmallVector<unsigned>", "getChannelOperands", (ins), "",
      "return {};">,
    InterfaceMethod<[{
        What the channels of the result lie between if those of the operands lie
        in `operands`.
      }],
      "::lathe::ChannelRanges", "getChannelRanges",
      (ins "::llvm::ArrayRef<::lathe::ChannelRanges>":$operands), "",
      "return ::lathe::getTypeRanges($_op->getResult(0).getType());">,
    InterfaceMethod<[{
        Builds the op that keeps channels on operands of which channels were
        taken away.
      }],
      "::mlir::Value", "buildOnChannels",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands), "",
      "return ::lathe::impl::cloneOnChannels($_op, builder, operands);">,
  ];
}

def WeightedOpInterface : OpInterface<"WeightedOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op that multiplies data by weights and sums: each element of the result,
    whose channel is its last index, is a sum of input elements times weights
    plus the channel's bias. What multiplies a channel therefore can multiply
    its weights and bias instead.
  }];
  let methods = [
    InterfaceMethod<"The operand that the weights multiply, channels last.",
      "::mlir::Value", "getData", (ins)>,
    InterfaceMethod<"The weights, which need not be constant.",
      "::mlir::Value", "getWeights", (ins)>,
    InterfaceMethod<"The bias, of shape [output channels], or null.",
      "::mlir::Value", "getBias", (ins)>,
    InterfaceMethod<"What is subtracted from integers of the data.",
      "int64_t", "getDataZeroPoint", (ins)>,
    InterfaceMethod<"Replaces the data by a tensor of the same type.",
      "void", "setData", (ins "::mlir::Value":$value)>,
    InterfaceMethod<"Replaces the weights by a tensor of the same type.",
      "void", "setWeights", (ins "::mlir::Value":$value)>,
    InterfaceMethod<"Replaces or adds the bias.",
      "void", "setBias", (ins "::mlir::Value":$value)>,
    InterfaceMethod<[{
        Brings `vector`, of shape [output channels], into a shape that
        broadcasts to the weights so that each element meets its channel's
        weights.
      }],
      "::mlir::Value", "spreadOutputChannels",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Value":$vector), "",
      "return vector;">,
    InterfaceMethod<[{
        Brings `vector`, of shape [input channels], into a shape that broadcasts
        to the weights so that each element meets the weights that multiply its
        channel.
      }],
      "::mlir::Value", "spreadInputChannels",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Value":$vector)>,
    InterfaceMethod<[{
        Whether every element of the result sums over all weights of its
        channel, so that what is added to the whole input adds the sum of its
        products with all weights but the last dimension to the result. False
        where padding or the ends of the input leave weights out.
      }],
      "bool", "usesAllWeights", (ins), "", "return false;">,
    InterfaceMethod<[{
        How many parts the last dimension of the weights has that are read one
        after the other, each by sums over all other dimensions: the groups of a
        convolution. 0 where the weights are read in another order.
      }],
      "int64_t", "getWeightGroups", (ins), "", "return 0;">,
    InterfaceMethod<[{
        Builds the op on operands of which channels were taken away: input
        channels of the data and of the last dimension but one of the weights,
        output channels of the last dimension of the weights and of the bias. In a
        depthwise convolution these are the same.
      }],
      "::mlir::Value", "buildOnFewerChannels",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands), "",
      "return ::lathe::impl::cloneOnChannels($_op, builder, operands);">,
    InterfaceMethod<
      "How far apart, along the last dimension of the data but one, the first "
      "elements lie that neighbouring iterations of the row loop read.",
      "int64_t", "getRowStride", (ins), "", "return 1;">,
  ];
}

def ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op that computes each element of its result from the elements of its
    operands at the same index, after NumPy's broadcasting.
  }];
  let methods = [
    InterfaceMethod<[{
        Builds the computation of one element in `arith` and `math`. `scalars`
        are signless; where the sign matters the op looks at its operand's type.
      }],
      "::mlir::Value", "buildScalar",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::mlir::ValueRange":$scalars)>,
  ];
}

def LoopNestOpInterface : OpInterface<"LoopNestOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op that is the root of a kernel: the loop nest the kernel's strategy is
    chosen for. Dimensions come in the order of the op's linalg form.
  }];
  let methods = [
    InterfaceMethod<"The op's loops, parallel ones first.",
      "::llvm::SmallVector<::lathe::LoopDim>", "getLoops", (ins)>,
    InterfaceMethod<[{
        The loop that spans a register tile with the last parallel one, because
        its iterations read the same weights or neighbouring data: pixels, rows
        of a matrix. Negative if there is none.
      }],
      "int64_t", "getRowLoop", (ins), "", [{
        int64_t row = -2;
        for (const ::lathe::LoopDim &loop : $_op.getLoops())
          row += !loop.isReduction;
        return row;
      }]>,
    InterfaceMethod<[{
        How many vectors of data one iteration of the row loop reads along that
        loop, of which the next iteration reads some again. 0 if it broadcasts
        elements instead, or if neighbours share nothing.
      }],
      "int64_t", "getRowWindow", (ins), "", "return 0;">,
    InterfaceMethod<[{
        Whether the loops read each element of the operands once, so that what
        makes them wider can be computed where they are read.
      }],
      "bool", "readsElementsOnce", (ins), "", "return false;">,
    InterfaceMethod<[{
        Registers that a tile needs beside its sums, an element and the weights.
      }],
      "int64_t", "getOtherRegisters", (ins), "", "return 0;">,
  ];
}

def InPlaceOpInterface : OpInterface<"InPlaceOpInterface"> {
  let cppNamespace = "::lathe";
  let methods = [
    InterfaceMethod<[{
        Whether the result may be written over operand number `operand`,
        because each element is read for the last time before or when the
        element of the same index is written.
      }],
      "bool", "canWriteOver", (ins "unsigned":$operand)>,
    InterfaceMethod<[{
        By how many bytes what is written of the result, whose elements have
        `bytes` bytes and are written in the order of memory, is ever ahead of
        what is still needed of operand number `operand`; none if that is read
        in another order. With so many bytes between their beginnings, the
        result may be written over the operand.
      }],
      "std::optional<int64_t>", "getWriteLead",
      (ins "unsigned":$operand, "int64_t":$bytes), "", "return std::nullopt;">,
  ];
}

def ViewOpInterface : OpInterface<"ViewOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op whose result can be read in place from its first operand's memory.
  }];
  let methods = [
    InterfaceMethod<[{
        The strides and offset, in elements, with which the result is found in
        memory that holds the operand with `source` layout; failure where the
        result needs a copy.
      }],
      "::mlir::FailureOr<::lathe::StridedView>", "getResultView",
      (ins "const ::lathe::StridedView &":$source)>,
  ];
}

def AssembleOpInterface : OpInterface<"AssembleOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op whose operands can be produced in place, each in its part of the
    result's memory.
  }];
  let methods = [
    InterfaceMethod<[{
        The strides and offset, in elements, with which operand number
        `operand` lies in memory that holds the result with `result` layout.
      }],
      "::lathe::StridedView", "getOperandView",
      (ins "unsigned":$operand, "const ::lathe::StridedView &":$result)>,
  ];
}

def ScratchOpInterface : OpInterface<"ScratchOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    An op whose loops need memory besides that of its operands and results.
  }];
  let methods = [
    InterfaceMethod<"The bytes of the arena that the loops need.",
      "int64_t", "getScratchBytes", (ins)>,
    InterfaceMethod<"Whether operands must be dense in memory.",
      "bool", "readsDenseMemory", (ins), "", "return false;">,
  ];
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEINTERFACES_TD
