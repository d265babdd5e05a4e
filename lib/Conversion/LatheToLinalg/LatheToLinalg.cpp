//===- LatheToLinalg.cpp - Lower the bodies of kernels to linalg ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Conversion/LatheToLinalg/Passes.h"

#include "Patterns.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Dialect/Lathe/IR/LatheWinogradOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/DialectConversion.h"

namespace lathe {
#define GEN_PASS_DEF_CONVERTLATHETOLINALG
#include "lathe/Conversion/LatheToLinalg/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;
using namespace lathe::detail;

/// Reports ops on quantized types, which linalg refuses.
static LogicalResult verifyNoQuantizedTypes(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    for (Type type :
         llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
      if (Type element = getElementTypeOrSelf(type);
          isa<quant::QuantizedType>(element)) {
        op->emitOpError("has elements of the quantized type ")
            << element << ", which must become plain integers first";
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// Lets callers know the sign that arguments are about to lose.
static void recordSigns(func::FuncOp function, const TypeConverter &converter) {
  if (!function.isPublic())
    return;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    if (!converter.isLegal(type) && !function.getArgAttr(i, "lathe.type"))
      function.setArgAttr(i, "lathe.type",
                          TypeAttr::get(getElementTypeOrSelf(type)));
}

namespace {

struct ConvertLatheToLinalg
    : lathe::impl::ConvertLatheToLinalgBase<ConvertLatheToLinalg> {
  void runOnOperation() override {
    if (failed(verifyNoQuantizedTypes(getOperation())))
      return signalPassFailure();
    TypeConverter converter;
    addSignErasure(converter);
    for (auto function : getOperation().getOps<func::FuncOp>())
      recordSigns(function, converter);

    ConversionTarget target(getContext());
    target.addIllegalDialect<LatheDialect>();
    target.addDynamicallyLegalOp<MemoryAtOp, CopyBytesOp, FillBytesOp>(
        [&](Operation *op) { return converter.isLegal(op); });
    // Its loops have no form in linalg.
    target.addDynamicallyLegalOp<WindowConvOp, PlaneDepthwiseOp, RowDepthwiseOp,
                                 WinogradConvOp>(
        [&](Operation *op) { return converter.isLegal(op); });
    // In the regions of elementwise ops.
    target.addLegalOp<RescaleOp>();
    addSignlessLegality(converter, target);
    RewritePatternSet patterns(&getContext());
    populateSignErasurePatterns(converter, patterns);
    populateConvolutionPatterns(converter, patterns);
    populateDataPatterns(converter, patterns);
    populateElementwisePatterns(converter, patterns);
    populatePoolingPatterns(converter, patterns);
    populateReductionPatterns(converter, patterns);
    populateResizePatterns(converter, patterns);
    if (failed(
            applyFullConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
