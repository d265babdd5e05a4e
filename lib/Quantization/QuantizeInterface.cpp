//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Movement.h"
#include "lathe/Dialect/Lathe/IR/QuantizedInterface.h"
#include "lathe/Quantization/Passes.h"

namespace lathe {
#define GEN_PASS_DEF_QUANTIZEINTERFACE
#include "lathe/Quantization/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

/// The type that all readers of `value` quantize it to; null if there is none.
static Type getQuantizedTo(Value value) {
  Type to;
  for (Operation *user : value.getUsers()) {
    auto quantize = dyn_cast<QuantizeOp>(user);
    if (!quantize || (to && quantize.getTo() != to))
      return {};
    to = quantize.getTo();
  }
  return isa_and_present<quant::UniformQuantizedType>(to) ? to : Type();
}

/// The quantized tensor that `value` has the elements of, moved by `movers`,
/// the last first; null if there is none.
static Value findDequantized(Value value,
                             SmallVectorImpl<Operation *> &movers) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto dequantize = dyn_cast<DequantizeOp>(op))
      return dequantize.getInput();
    if (!movesOneTensor(op))
      return {};
    movers.push_back(op);
    value = op->getOperand(0);
  }
  return {};
}

static Value createStorageCast(OpBuilder &builder, Value value, Type to) {
  return StorageCastOp::create(builder, value.getLoc(), value, to);
}

namespace {

struct QuantizeInterface
    : lathe::impl::QuantizeInterfaceBase<QuantizeInterface> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal() || function.isPrivate())
      return;
    for (BlockArgument argument : function.getArguments())
      quantizeInput(argument);
    Operation *terminator = function.getBody().front().getTerminator();
    for (OpOperand &result : terminator->getOpOperands())
      quantizeOutput(result);
    function.setType(FunctionType::get(
        &getContext(), function.getBody().front().getArgumentTypes(),
        terminator->getOperandTypes()));
    recordInterfaceTypes(function);
  }

private:
  void quantizeInput(BlockArgument argument) {
    auto to =
        dyn_cast_if_present<quant::QuantizedType>(getQuantizedTo(argument));
    auto real = cast<RankedTensorType>(argument.getType());
    if (!to || !real.getElementType().isF32())
      return;
    argument.setType(real.clone(getStorageType(to)));
    OpBuilder builder(&getContext());
    builder.setInsertionPointToStart(argument.getOwner());
    Value quantized = createStorageCast(builder, argument, to);
    for (Operation *user : llvm::make_early_inc_range(argument.getUsers()))
      if (auto quantize = dyn_cast<QuantizeOp>(user)) {
        quantize.replaceAllUsesWith(quantized);
        quantize.erase();
      }
    ++numInputs;
  }

  void quantizeOutput(OpOperand &result) {
    SmallVector<Operation *> movers;
    Value quantized = findDequantized(result.get(), movers);
    auto type = quantized ? dyn_cast<quant::UniformQuantizedType>(
                                lathe::impl::elementTypeOf(quantized))
                          : nullptr;
    if (!type || !lathe::impl::elementTypeOf(result.get()).isF32())
      return;
    OpBuilder builder(result.getOwner());
    for (Operation *mover : llvm::reverse(movers)) {
      Operation *moved = builder.clone(*mover);
      moved->setOperand(0, quantized);
      quantized = moved->getResult(0);
      quantized.setType(
          cast<RankedTensorType>(quantized.getType()).clone(type));
    }
    result.set(createStorageCast(builder, quantized, getStorageType(type)));
    ++numOutputs;
  }
};

} // namespace
