//===- LowerIntegers.cpp - Dot products, rescaling, tables ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM forms instructions for dot products from no arithmetic of its own on x86
// and from little on Arm, so they are asked for by name. Of a product of 64
// bits it needs to be told which 32 are read. So are those that permute two
// registers by a third: a table of 256 bytes fills four.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

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

/// In 64 bits. x86 multiplies lanes of these by the lower halves of others, so
/// that odd lanes are moved there and back; elsewhere, vectors become twice as
/// long.
struct LowerRescale : ConvertOpToLLVMPattern<RescaleOp> {
  LowerRescale(const LLVMTypeConverter &converter, DotMachine machine)
      : ConvertOpToLLVMPattern(converter), machine(machine) {}

  LogicalResult
  matchAndRewrite(RescaleOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = dyn_cast<VectorType>(op.getType());
    bool hasPairs = type && type.getNumElements() % 2 == 0;
    if (machine == DotMachine::X86 && hasPairs)
      rewriter.replaceOp(op, buildPairs(b, op, adaptor, type));
    else
      rewriter.replaceOp(op, buildWide(b, op, adaptor));
    return success();
  }

private:
  /// `value` in all lanes of `type`.
  static Value constant(ImplicitLocOpBuilder &b, Type type, int64_t value) {
    TypedAttr attr = b.getIntegerAttr(getElementTypeOrSelf(type), value);
    if (auto vector = dyn_cast<VectorType>(type))
      attr = SplatElementsAttr::get(vector, Attribute(attr));
    return LLVM::ConstantOp::create(b, type, attr);
  }

  static Value buildWide(ImplicitLocOpBuilder &b, RescaleOp op,
                         OpAdaptor adaptor) {
    Type type = op.getType(), wide = b.getI64Type();
    if (auto vector = dyn_cast<VectorType>(type))
      wide = vector.clone(wide);
    Value product =
        LLVM::MulOp::create(b, LLVM::SExtOp::create(b, wide, adaptor.getX()),
                            LLVM::SExtOp::create(b, wide, adaptor.getFactor()));
    product =
        LLVM::AddOp::create(b, product, constant(b, wide, op.getOffset()));
    product =
        LLVM::AShrOp::create(b, product, constant(b, wide, op.getShift()));
    return LLVM::TruncOp::create(b, type, product);
  }

  static Value buildPairs(ImplicitLocOpBuilder &b, RescaleOp op,
                          OpAdaptor adaptor, VectorType type) {
    int64_t lanes = type.getNumElements(), shift = op.getShift();
    auto wide = VectorType::get(lanes / 2, b.getI64Type());
    // The form from which LLVM knows the instruction, even if it moves one
    // factor out of a loop: it moves these two shifts back.
    Value half = constant(b, wide, 32);
    auto even = [&](Value value) -> Value {
      value = LLVM::BitcastOp::create(b, wide, value);
      return LLVM::AShrOp::create(b, LLVM::ShlOp::create(b, value, half), half);
    };
    auto odd = [&](Value value) -> Value {
      // AVX-512 has this shift; a shuffle competes with others.
      if (lanes % 16 == 0)
        return LLVM::AShrOp::create(b, LLVM::BitcastOp::create(b, wide, value),
                                    half);
      SmallVector<int32_t> upper;
      for (int64_t lane = 0; lane < lanes; ++lane)
        upper.push_back(lane | 1);
      return even(LLVM::ShuffleVectorOp::create(b, value, value, upper));
    };
    Value x = adaptor.getX(), factor = adaptor.getFactor();
    auto multiply = [&](Value a, Value c) -> Value {
      return LLVM::AddOp::create(b, LLVM::MulOp::create(b, a, c),
                                 constant(b, wide, op.getOffset()));
    };
    Value low = multiply(even(x), even(factor));
    Value high = multiply(odd(x), odd(factor));
    // Of each pair of lanes, the upper one is the result's upper one.
    if (shift != 32) {
      Value amount = constant(b, wide, 32 - shift);
      low = LLVM::ShlOp::create(b, low, amount);
      high = LLVM::ShlOp::create(b, high, amount);
    }
    SmallVector<int32_t> mask;
    for (int64_t lane = 0; lane < lanes; ++lane)
      mask.push_back(lane % 2 == 0 ? lane + 1 : lanes + lane);
    return LLVM::ShuffleVectorOp::create(
        b, LLVM::BitcastOp::create(b, type, low),
        LLVM::BitcastOp::create(b, type, high), mask);
  }

  DotMachine machine;
};

struct LowerLookup : ConvertOpToLLVMPattern<LookupOp> {
  LowerLookup(const LLVMTypeConverter &converter, bool bytePermutes)
      : ConvertOpToLLVMPattern(converter), bytePermutes(bytePermutes) {}

  LogicalResult
  matchAndRewrite(LookupOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t lanes = cast<VectorType>(op.getType()).getNumElements();
    Value indices = adaptor.getIndices(), table = adaptor.getTable();
    int64_t width = bytePermutes ? LookupOp::maxLanes : LookupOp::maxLanes / 2;
    SmallVector<Value> pieces;
    for (int64_t first = 0; first < lanes; first += width) {
      Value piece = take(b, indices, first, width);
      pieces.push_back(bytePermutes ? permuteBytes(b, piece, table)
                                    : permuteWords(b, piece, table));
    }
    Value result = pieces[0];
    if (pieces.size() > 1)
      result = LLVM::ShuffleVectorOp::create(
          b, pieces[0], pieces[1],
          llvm::to_vector(llvm::seq<int32_t>(0, lanes)));
    rewriter.replaceOp(op, take(b, result, 0, lanes));
    return success();
  }

private:
  /// Elements of `vector` from `first` on, `count` in all, those beyond the end
  /// undefined.
  static Value take(ImplicitLocOpBuilder &b, Value vector, int64_t first,
                    int64_t count) {
    int64_t size = cast<VectorType>(vector.getType()).getNumElements();
    if (first == 0 && size == count)
      return vector;
    SmallVector<int32_t> mask;
    for (int64_t i = first; i < first + count; ++i)
      mask.push_back(i < size ? i : -1);
    Value poison = LLVM::PoisonOp::create(b, vector.getType());
    return LLVM::ShuffleVectorOp::create(b, vector, poison, mask);
  }

  /// Elements of `table`, four registers, at `indices`; `isUpper` tells which
  /// are in the last two.
  static Value permute(ImplicitLocOpBuilder &b, StringRef name, Value table,
                       Value indices, Value isUpper) {
    int64_t width = cast<VectorType>(indices.getType()).getNumElements();
    auto half = [&](int64_t first) -> Value {
      return LLVM::CallIntrinsicOp::create(
                 b, indices.getType(), b.getStringAttr(name),
                 ValueRange{take(b, table, first * width, width), indices,
                            take(b, table, (first + 1) * width, width)})
          .getResults();
    };
    Value low = half(0), high = half(2);
    return LLVM::SelectOp::create(b, isUpper, high, low);
  }

  /// Which bytes are 128 or more.
  static Value isUpper(ImplicitLocOpBuilder &b, Value bytes) {
    Value zero = LLVM::ZeroOp::create(b, bytes.getType());
    return LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::slt, bytes, zero);
  }

  static Value permuteBytes(ImplicitLocOpBuilder &b, Value indices,
                            Value table) {
    return permute(b, "llvm.x86.avx512.vpermi2var.qi.512", table, indices,
                   isUpper(b, indices));
  }

  static Value permuteWords(ImplicitLocOpBuilder &b, Value indices,
                            Value table) {
    auto type = cast<VectorType>(indices.getType()).clone(b.getI16Type());
    auto constant = [&](int64_t value) -> Value {
      return LLVM::ConstantOp::create(
          b, type, SplatElementsAttr::get(type, b.getI16IntegerAttr(value)));
    };
    Value words = LLVM::BitcastOp::create(
        b, VectorType::get(LookupOp::tableSize / 2, b.getI16Type()), table);
    Value wide = LLVM::ZExtOp::create(b, type, indices);
    Value pair = permute(b, "llvm.x86.avx512.vpermi2var.hi.512", words,
                         LLVM::LShrOp::create(b, wide, constant(1)),
                         isUpper(b, indices));
    // The upper byte of those whose index is odd.
    Value shift = LLVM::AndOp::create(
        b, LLVM::ShlOp::create(b, wide, constant(3)), constant(8));
    return LLVM::TruncOp::create(b, indices.getType(),
                                 LLVM::LShrOp::create(b, pair, shift));
  }

  bool bytePermutes;
};

} // namespace

void lathe::detail::populateIntegerPatterns(const LLVMTypeConverter &converter,
                                            RewritePatternSet &patterns,
                                            DotMachine machine,
                                            bool bytePermutes) {
  patterns.add<LowerDot, LowerRescale>(converter, machine);
  patterns.add<LowerLookup>(converter, bytePermutes);
}
