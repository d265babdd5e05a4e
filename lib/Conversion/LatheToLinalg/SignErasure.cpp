//===- SignErasure.cpp - Unsigned integers to signless ones ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// arith knows signless integers only. Types lose their sign everywhere, also in
// signatures and in the ops on memory between kernels.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;
using namespace lathe;

namespace {

/// Any op on memory: the same op on converted types.
struct EraseSigns : ConversionPattern {
  EraseSigns(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/0,
                          context) {}

  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    bool isTensorOp =
        isa<LatheDialect>(op->getDialect()) && !isa<MemoryAtOp>(op);
    if (isTensorOp || op->getNumRegions() != 0)
      return rewriter.notifyMatchFailure(op, "not a plain op on memory");
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op->getResultTypes(), types)))
      return failure();
    OperationState state(op->getLoc(), op->getName(), operands, types,
                         op->getAttrs(), op->getSuccessors());
    rewriter.replaceOp(op, rewriter.create(state));
    return success();
  }
};

/// Globals keep the bits of their value.
struct EraseGlobalSigns : OpConversionPattern<memref::GlobalOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(memref::GlobalOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = getTypeConverter()->convertType<MemRefType>(op.getType());
    rewriter.modifyOpInPlace(op, [&] {
      op.setType(type);
      auto shape =
          RankedTensorType::get(type.getShape(), type.getElementType());
      Attribute value = op.getInitialValueAttr();
      if (auto dense = dyn_cast_if_present<DenseElementsAttr>(value))
        op.setInitialValueAttr(dense.bitcast(type.getElementType()));
      else if (auto blob =
                   dyn_cast_if_present<DenseResourceElementsAttr>(value))
        op.setInitialValueAttr(
            DenseResourceElementsAttr::get(shape, blob.getRawHandle()));
    });
    return success();
  }
};

/// A cast that drops the sign, for which the type itself now has none.
struct EraseCasts : OpConversionPattern<UnrealizedConversionCastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(UnrealizedConversionCastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (adaptor.getInputs().getTypes() != op.getResultTypes())
      return failure();
    rewriter.replaceOp(op, adaptor.getInputs());
    return success();
  }
};

} // namespace

void lathe::detail::addSignErasure(TypeConverter &converter) {
  converter.addConversion([](Type type) { return type; });
  converter.addConversion([](IntegerType type) {
    return type.isUnsigned()
               ? IntegerType::get(type.getContext(), type.getWidth())
               : type;
  });
  // Shaped types convert by their element type.
  auto convertShaped = [&converter](auto type) {
    return type.clone(converter.convertType(type.getElementType()));
  };
  converter.addConversion(
      [=](RankedTensorType type) { return convertShaped(type); });
  converter.addConversion(
      [=](MemRefType type) -> Type { return convertShaped(type); });
}

void lathe::detail::addSignlessLegality(const TypeConverter &converter,
                                        ConversionTarget &target) {
  target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp function) {
    return converter.isSignatureLegal(function.getFunctionType()) &&
           converter.isLegal(&function.getBody());
  });
  target.addDynamicallyLegalOp<memref::GlobalOp>([&](memref::GlobalOp global) {
    return converter.isLegal(global.getType());
  });
  target.markUnknownOpDynamicallyLegal(
      [&](Operation *op) { return converter.isLegal(op); });
}

void lathe::detail::populateSignErasurePatterns(const TypeConverter &converter,
                                                RewritePatternSet &patterns) {
  patterns.add<EraseSigns, EraseGlobalSigns, EraseCasts>(converter,
                                                         patterns.getContext());
  populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                 converter);
}
