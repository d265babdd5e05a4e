//===- LowerVectors.cpp - Lower vector ops to LLVM's counterparts ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Conversion/LoopsToLLVM/Passes.h"

#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_LOWERVECTORS
#include "lathe/Conversion/LoopsToLLVM/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// Halves of a vector of floats are joined until one element is left. LLVM keeps
/// to the order of a sum's lanes and to what a maximum does with NaN, and takes
/// lane by lane for both.
struct ReduceByHalves : OpRewritePattern<vector::ReductionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ReductionOp op,
                                PatternRewriter &rewriter) const override {
    Value value = op.getVector();
    auto type = cast<VectorType>(value.getType());
    int64_t size = type.getNumElements();
    if (!isa<FloatType>(type.getElementType()) || op.getAcc() ||
        !llvm::isPowerOf2_64(size) || type.getRank() != 1)
      return failure();
    Location loc = op.getLoc();
    while (size > 1) {
      size /= 2;
      auto half = [&](int64_t first) -> Value {
        return vector::ExtractStridedSliceOp::create(rewriter, loc, value,
                                                     first, size, 1);
      };
      value = vector::makeArithReduction(rewriter, loc, op.getKind(), half(0),
                                         half(size));
    }
    rewriter.replaceOpWithNewOp<vector::ExtractOp>(op, value, int64_t(0));
    return success();
  }
};

/// Contractions, reductions and transposes, apart from the rest: together they
/// would take accumulators apart into scalars.
LogicalResult lowerContractions(ModuleOp module) {
  RewritePatternSet patterns(module.getContext());
  vector::populateVectorContractLoweringPatterns(
      patterns, vector::VectorContractLowering::OuterProduct);
  vector::populateVectorMultiReductionLoweringPatterns(
      patterns, vector::VectorMultiReductionLowering::InnerParallel);
  vector::populateVectorOuterProductLoweringPatterns(patterns);
  vector::populateVectorTransposeLoweringPatterns(
      patterns, vector::VectorTransposeLowering::Shuffle1D);
  patterns.add<ReduceByHalves>(module.getContext());
  return applyPatternsGreedily(module, std::move(patterns));
}

/// Transfers of several dimensions, unrolled to those of one.
LogicalResult unrollTransfers(ModuleOp module) {
  RewritePatternSet patterns(module.getContext());
  vector::populateVectorTransferPermutationMapLoweringPatterns(patterns);
  populateVectorToSCFConversionPatterns(
      patterns, VectorTransferToSCFOptions().enableFullUnroll());
  return applyPatternsGreedily(module, std::move(patterns));
}

/// Everything that `populateVectorToLLVMConversionPatterns` does not take.
LogicalResult lowerRest(ModuleOp module) {
  RewritePatternSet patterns(module.getContext());
  vector::populateVectorBitCastLoweringPatterns(patterns);
  vector::populateVectorBroadcastLoweringPatterns(patterns);
  vector::populateVectorGatherLoweringPatterns(patterns);
  vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
  vector::populateVectorInterleaveLoweringPatterns(patterns);
  vector::populateVectorMaskLoweringPatternsForSideEffectingOps(patterns);
  // Rows of static memrefs have far less than 2^31 elements, and 32-bit lanes
  // make masks twice as cheap.
  vector::populateVectorMaskMaterializationPatterns(
      patterns, /*force32BitVectorIndices=*/true);
  vector::populateVectorMaskOpLoweringPatterns(patterns);
  vector::populateVectorRankReducingFMAPattern(patterns);
  vector::populateVectorShapeCastLoweringPatterns(patterns);
  vector::populateVectorStepLoweringPatterns(patterns);
  vector::populateVectorFromElementsUnrollPatterns(patterns);
  vector::populateVectorToElementsUnrollPatterns(patterns);
  vector::populateVectorTransferLoweringPatterns(patterns,
                                                 /*maxTransferRank=*/1);
  return applyPatternsGreedily(module, std::move(patterns));
}

struct LowerVectors : public lathe::impl::LowerVectorsBase<LowerVectors> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(lowerContractions(module)) || failed(unrollTransfers(module)) ||
        failed(lowerRest(module)))
      signalPassFailure();
  }
};

} // namespace
