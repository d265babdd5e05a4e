//===- MemoryPlanTest.cpp - The memory plan of whole models ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Plays a plan byte by byte, knowing nothing of how it was made: every byte of
// the arena remembers which tensor wrote it last, and a kernel must find all
// bytes of its inputs as their kernels left them.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Driver/Compiler.h"
#include "lathe/Driver/Loader.h"

#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace lathe;

namespace {

/// The kernels' results that `value` is made of, through views and joins.
void collectResults(Value value, SmallVectorImpl<OpResult> &results) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return;
  if (isa<KernelOp>(op))
    results.push_back(cast<OpResult>(value));
  else
    for (Value operand : op->getOperands())
      collectResults(operand, results);
}

/// Calls `visit` with the offset of every byte of a kernel's result in the
/// arena; never for results in the caller's memory.
void forEachByte(OpResult result, llvm::function_ref<void(int64_t)> visit) {
  auto kernel = cast<KernelOp>(result.getOwner());
  auto placement =
      cast<PlacementAttr>((*kernel.getPlacements())[result.getResultNumber()]);
  if (placement.getSpace() != MemorySpace::Arena)
    return;
  auto type = cast<RankedTensorType>(result.getType());
  int64_t bytes = std::max<int64_t>(type.getElementTypeBitWidth() / 8, 1);
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    int64_t rest = i, element = 0;
    for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
      element += rest % type.getDimSize(dim) * placement.getStrides()[dim];
      rest /= type.getDimSize(dim);
    }
    for (int64_t byte = 0; byte < bytes; ++byte)
      visit(placement.getOffset() + element * bytes + byte);
  }
}

/// Runs the plan of `model`; returns the most bytes that held something a later
/// kernel reads, or that the running kernel reads or writes.
int64_t play(func::FuncOp model, int64_t arenaSize) {
  SmallVector<KernelOp> kernels(model.getOps<KernelOp>());
  llvm::DenseMap<OpResult, size_t> lastRead;
  for (auto [step, kernel] : llvm::enumerate(kernels))
    for (Value input : kernel.getInputs()) {
      SmallVector<OpResult> results;
      collectResults(input, results);
      for (OpResult result : results)
        lastRead[result] = step;
    }

  std::vector<OpResult> writer(arenaSize);
  int64_t most = 0;
  for (auto [step, kernel] : llvm::enumerate(kernels)) {
    for (Value input : kernel.getInputs()) {
      SmallVector<OpResult> results;
      collectResults(input, results);
      for (OpResult result : results) {
        int64_t lost = 0;
        forEachByte(result,
                    [&](int64_t byte) { lost += writer[byte] != result; });
        EXPECT_EQ(lost, 0) << "bytes of an input of kernel " << step
                           << " were overwritten";
      }
    }
    std::vector<bool> live(arenaSize);
    for (int64_t byte = 0; byte < arenaSize; ++byte)
      live[byte] = writer[byte] && lastRead.lookup(writer[byte]) >= step;
    // Scratch is written first, for what a result does not overlap.
    for (int64_t byte = 0; byte < int64_t(kernel.getScratch()); ++byte) {
      live[*kernel.getScratchOffset() + byte] = true;
      writer[*kernel.getScratchOffset() + byte] = {};
    }
    for (OpResult result : kernel->getResults())
      forEachByte(result, [&](int64_t byte) {
        EXPECT_LT(byte, arenaSize);
        live[byte] = true;
        writer[byte] = result;
      });
    most = std::max<int64_t>(most, llvm::count(live, true));
  }
  return most;
}

struct MemoryPlan : testing::TestWithParam<const char *> {};

TEST_P(MemoryPlan, KeepsWhatIsReadAndMeetsTheBound) {
  if (!llvm::sys::fs::exists(GetParam()))
    GTEST_SKIP() << GetParam() << " is not there";
  DialectRegistry registry;
  registerLatheDialects(registry);
  MLIRContext context(registry);
  ImportOptions options;
  OwningOpRef<ModuleOp> module = loadModel(GetParam(), options, &context);
  ASSERT_TRUE(module);
  llvm::Expected<TargetDescription> target = getTarget("c99");
  ASSERT_TRUE(static_cast<bool>(target));
  ASSERT_FALSE(
      static_cast<bool>(lowerToKernels(*module, *target, CodeOptions())));
  func::FuncOp model = lookupModel(*module);
  Footprint footprint = getFootprint(model);
  int64_t most = play(model, footprint.arena);
  // The planner's bound counts what alignment makes unavoidable on top.
  EXPECT_LE(most, footprint.arenaLowerBound);
  EXPECT_GE(most + 64, footprint.arenaLowerBound);
  EXPECT_LE(footprint.arena, footprint.arenaLowerBound * 11 / 10);
}

INSTANTIATE_TEST_SUITE_P(
    Models, MemoryPlan,
    testing::Values(LATHE_EXAMPLES "/digits/digits.onnx",
                    LATHE_EXAMPLES "/sine/sine.onnx",
                    LATHE_MODELS "/kws_dscnn_f32.onnx",
                    LATHE_MODELS "/resnet8_cifar10_f32.onnx",
                    LATHE_MODELS "/squeezenet_f32.onnx",
                    LATHE_MODELS "/ultraface_rfb320_f32.onnx",
                    LATHE_MODELS "/vww_mobilenet_f32.onnx"));

} // namespace
