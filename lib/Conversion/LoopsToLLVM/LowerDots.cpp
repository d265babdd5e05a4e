//===- LowerDots.cpp - Dot products to intrinsics -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM forms these instructions from no arithmetic of its own on x86 and from
// little on Arm, so they are asked for by name.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace lathe;

/// The intrinsic that adds products of bytes to `bits` of sums.
static StringRef getByteIntrinsic(DotMachine machine, int64_t bits,
                                  bool isUnsigned) {
  if (machine == DotMachine::AArch64)
    return isUnsigned ? "llvm.aarch64.neon.usdot.v4i32.v16i8"
                      : "llvm.aarch64.neon.sdot.v4i32.v16i8";
  return bits == 512   ? "llvm.x86.avx512.vpdpbusd.512"
         : bits == 256 ? "llvm.x86.avx512.vpdpbusd.256"
                       : "llvm.x86.avx512.vpdpbusd.128";
}

/// The intrinsic that gives `bits` of sums of two products each.
static StringRef getPairIntrinsic(int64_t bits) {
  return bits == 512   ? "llvm.x86.avx512.pmaddw.d.512"
         : bits == 256 ? "llvm.x86.avx2.pmadd.wd"
                       : "llvm.x86.sse2.pmadd.wd";
}

namespace {

struct LowerDot : ConvertOpToLLVMPattern<DotOp> {
  LowerDot(const LLVMTypeConverter &converter, DotMachine machine)
      : ConvertOpToLLVMPattern(converter), machine(machine) {}

  LogicalResult
  matchAndRewrite(DotOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<VectorType>(op.getType());
    int64_t bits = 32 * type.getNumElements();
    bool isWide = bits == 512 || bits == 256;
    bool isBytes =
        cast<VectorType>(op.getData().getType()).getElementType().isInteger(8);
    bool isX86 = machine == DotMachine::X86;
    if ((!isWide && bits != 128) || (isWide && !isX86) ||
        (isBytes ? isX86 && !op.getIsUnsigned() : !isX86))
      return op.emitOpError("has no instruction on the target");
    auto call = [&](StringRef name, ValueRange operands) -> Value {
      return LLVM::CallIntrinsicOp::create(rewriter, op.getLoc(), type,
                                           rewriter.getStringAttr(name),
                                           operands)
          .getResults();
    };
    Value result;
    if (isBytes) {
      result = call(getByteIntrinsic(machine, bits, op.getIsUnsigned()),
                    adaptor.getOperands());
    } else {
      Value pairs = call(getPairIntrinsic(bits),
                         {adaptor.getData(), adaptor.getWeights()});
      result =
          LLVM::AddOp::create(rewriter, op.getLoc(), adaptor.getAcc(), pairs);
    }
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  DotMachine machine;
};

} // namespace

void lathe::detail::populateDotPatterns(const LLVMTypeConverter &converter,
                                        RewritePatternSet &patterns,
                                        DotMachine machine) {
  patterns.add<LowerDot>(converter, machine);
}
