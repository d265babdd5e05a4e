//===- LoopsToLLVM.cpp - Convert to the LLVM dialect ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "lathe/Conversion/LoopsToLLVM/Passes.h"
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace lathe {
#define GEN_PASS_DEF_LOOPSTOLLVM
#include "lathe/Conversion/LoopsToLLVM/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// Moves the pointer, so that the new memory has no offset.
struct LowerMemoryAt : ConvertOpToLLVMPattern<MemoryAtOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(MemoryAtOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    const LLVMTypeConverter &converter = *getTypeConverter();
    auto type = cast<MemRefType>(op.getResult().getType());
    Type element = converter.convertType(type.getElementType());
    MemRefDescriptor source(adaptor.getSource());
    Value offset = source.offset(rewriter, loc);
    for (auto [i, index] : llvm::enumerate(adaptor.getIndices())) {
      Value step = LLVM::MulOp::create(rewriter, loc, index,
                                       source.stride(rewriter, loc, i));
      offset = LLVM::AddOp::create(rewriter, loc, offset, step);
    }
    Value pointer = source.alignedPtr(rewriter, loc);
    Value start = LLVM::GEPOp::create(rewriter, loc, pointer.getType(), element,
                                      pointer, offset);
    rewriter.replaceOp(op, {MemRefDescriptor::fromStaticShape(
                               rewriter, loc, converter, type, start)});
    return success();
  }
};

/// Bytes from the first to the last element of a strided memref, 0 if unknown.
int64_t getExtent(MemRefType type) {
  int64_t offset;
  SmallVector<int64_t> strides;
  if (!type.hasStaticShape() || !type.getElementType().isIntOrFloat() ||
      type.getNumElements() == 0 ||
      failed(type.getStridesAndOffset(strides, offset)) || offset != 0)
    return 0;
  int64_t last = 0;
  for (auto [size, stride] : llvm::zip_equal(type.getShape(), strides)) {
    if (ShapedType::isDynamic(stride) || stride < 0)
      return 0;
    last += (size - 1) * stride;
  }
  return (last + 1) *
         llvm::divideCeil(type.getElementType().getIntOrFloatBitWidth(), 8);
}

/// Makes the arguments of `func` that have no elements memrefs of rank one: the
/// bare pointers of others need strides, which MLIR has none of for them.
void flattenEmptyArguments(func::FuncOp func) {
  for (BlockArgument argument : func.getArguments())
    if (auto type = dyn_cast<MemRefType>(argument.getType());
        type && type.hasStaticShape() && type.getNumElements() == 0)
      argument.setType(MemRefType::get(0, type.getElementType()));
  if (!func.isExternal())
    func.setType(func.getFunctionType().clone(func.front().getArgumentTypes(),
                                              func.getResultTypes()));
}

/// States what the loop level guarantees about the arguments of `func`.
void annotateArguments(func::FuncOp func) {
  auto *context = func.getContext();
  for (BlockArgument argument : func.getArguments()) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    unsigned i = argument.getArgNumber();
    // Pointers from outside are not checked yet.
    if (type && !lathe::detail::isExported(func)) {
      if (!func.getArgAttr(i, "lathe.may_alias"))
        func.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                        UnitAttr::get(context));
      if (int64_t extent = getExtent(type))
        func.setArgAttr(
            i, LLVM::LLVMDialect::getDereferenceableAttrName(),
            IntegerAttr::get(IntegerType::get(context, 64), extent));
    }
    // LLVM knows none of Lathe's own.
    for (NamedAttribute attr : function_interface_impl::getArgAttrs(func, i))
      if (attr.getName().strref().starts_with("lathe."))
        func.removeArgAttr(i, attr.getName());
  }
}

/// Keeps kernels functions of their own: profiles then name them, and one huge
/// function takes longer to optimize without getting faster.
void keepKernelsApart(LLVM::LLVMFuncOp entry) {
  entry.walk([&](LLVM::CallOp call) {
    if (!call.getCallee())
      return;
    auto module = entry->getParentOfType<ModuleOp>();
    auto callee = module.lookupSymbol<LLVM::LLVMFuncOp>(*call.getCallee());
    if (callee && !callee.isExternal())
      callee.setNoInline(true);
  });
}

/// Leaves the entries as the only functions that other objects see.
void setLinkage(ModuleOp module) {
  for (auto func : module.getOps<LLVM::LLVMFuncOp>()) {
    if (func.isExternal())
      continue;
    func.setNoUnwind(true);
    if (lathe::detail::isExported(func))
      keepKernelsApart(func);
    else
      func.setLinkage(LLVM::Linkage::Internal);
  }
  // What has no value here is the block of weights, of this library alone.
  for (auto global : module.getOps<LLVM::GlobalOp>())
    if (!global.getValueOrNull() && global.getInitializerRegion().empty()) {
      global.setVisibility_(LLVM::Visibility::Hidden);
      global.setDsoLocal(true);
    }
}

/// Drops attributes that only Lathe reads.
void dropAttributes(ModuleOp module) {
  for (auto func : module.getOps<LLVM::LLVMFuncOp>())
    for (NamedAttribute attr : llvm::to_vector(func->getDiscardableAttrs()))
      if (attr.getName().getValue().starts_with("lathe."))
        func->removeDiscardableAttr(attr.getName());
}

struct LoopsToLLVM : public lathe::impl::LoopsToLLVMBase<LoopsToLLVM> {
  using LoopsToLLVMBase::LoopsToLLVMBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (auto func : module.getOps<func::FuncOp>()) {
      flattenEmptyArguments(func);
      annotateArguments(func);
    }
    if (failed(convert()))
      return signalPassFailure();
    lathe::detail::lowerForkCalls(module);
    setLinkage(module);
    dropAttributes(module);
  }

private:
  LogicalResult convert();
};

LogicalResult LoopsToLLVM::convert() {
  MLIRContext *context = &getContext();
  LowerToLLVMOptions options(context);
  options.useBarePtrCallConv = true;
  options.overrideIndexBitwidth(64);
  LLVMTypeConverter converter(context, options);

  RewritePatternSet patterns(context);
  populateVectorToLLVMConversionPatterns(converter, patterns,
                                         /*reassociateFPReductions=*/false,
                                         /*force32BitVectorIndices=*/true);
  populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  index::populateIndexToLLVMConversionPatterns(converter, patterns);
  ub::populateUBToLLVMConversionPatterns(converter, patterns);
  // Where LLVM has an intrinsic it may also have an instruction; functions
  // without one are called by name.
  populateMathToLLVMConversionPatterns(converter, patterns,
                                       /*approximateLog1p=*/false,
                                       /*benefit=*/2);
  populateMathToLibmConversionPatterns(patterns, /*benefit=*/1);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  populateFuncToLLVMConversionPatterns(converter, patterns);
  patterns.add<LowerMemoryAt>(converter);
  lathe::detail::populateIntegerPatterns(converter, patterns, dots,
                                         bytePermutes);

  LLVMConversionTarget target(*context);
  target.addLegalOp<ModuleOp>();
  return applyFullConversion(getOperation(), target, std::move(patterns));
}

} // namespace
