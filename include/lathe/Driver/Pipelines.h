//===- Pipelines.h - Named sequences of passes ------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the graph to loops. The driver runs nothing but these, and lathe-opt has
// each of them by name.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_PIPELINES_H
#define LATHE_DRIVER_PIPELINES_H

#include "lathe/Dialect/Lathe/Transforms/DotProducts.h"
#include "lathe/Dialect/Lathe/Transforms/Pipelines.h"
#include "lathe/Dialect/Lathe/Transforms/TileTable.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace lathe {

/// What the passes from the graph to loops need to know of a target.
struct LoweringOptions : mlir::PassPipelineOptions<LoweringOptions> {
  Option<int64_t> vectorBits{
      *this, "vector-bits",
      llvm::cl::desc(
          "Width of the target's vectors in bits; 0 for scalar code"),
      llvm::cl::init(0)};
  Option<int64_t> vectorRegisters{
      *this, "vector-registers",
      llvm::cl::desc("Number of the target's vector registers"),
      llvm::cl::init(16)};
  Option<int64_t> alignment{
      *this, "alignment",
      llvm::cl::desc("Alignment of buffers in the arena in bytes"),
      llvm::cl::init(16)};
  Option<int64_t> threads{*this, "threads",
                          llvm::cl::desc("Most threads that a kernel may use"),
                          llvm::cl::init(1)};
  Option<int64_t> panelWidth{
      *this, "panel-width",
      llvm::cl::desc("Output channels in a panel of packed weights; 0 for "
                     "those of the register tile"),
      llvm::cl::init(0)};
  Option<bool> winograd{
      *this, "winograd",
      llvm::cl::desc("Compute 3x3 convolutions by Winograd's algorithm where "
                     "that is faster on vectors"),
      llvm::cl::init(true)};
  Option<DotKind> dots{
      *this, "dots", llvm::cl::desc("What the target's dot products multiply"),
      llvm::cl::init(DotKind::None),
      llvm::cl::values(
          clEnumValN(DotKind::None, "none", "it has none"),
          clEnumValN(DotKind::UnsignedBytes, "u8",
                     "four unsigned bytes by signed ones"),
          clEnumValN(DotKind::SignedBytes, "s8", "four signed bytes"),
          clEnumValN(DotKind::AnyBytes, "u8s8",
                     "four bytes with or without sign"),
          clEnumValN(DotKind::Words, "s16", "two signed 16-bit integers"))};
  Option<bool> windows{
      *this, "windows",
      llvm::cl::desc("Compute products of 8-bit integers over windows in "
                     "memory"),
      llvm::cl::init(false)};
  Option<WindowForm> windowForm{
      *this, "window-form",
      llvm::cl::desc("The best form of windows that the target multiplies"),
      llvm::cl::init(WindowForm::Bytes),
      llvm::cl::values(
          clEnumValN(WindowForm::Pairs, "pairs",
                     "two pairs of 16-bit integers at a time"),
          clEnumValN(WindowForm::Bytes, "bytes", "one integer at a time"),
          clEnumValN(WindowForm::Vectors, "vectors",
                     "vectors of bytes, and pairs"),
          clEnumValN(WindowForm::Halves, "halves",
                     "two pixels by one product"))};
  Option<double> streamOverhead{
      *this, "stream-overhead",
      llvm::cl::desc("Percent of instructions that running kernels by rows may "
                     "cost; negative to run none"),
      llvm::cl::init(-1)};
  Option<double> streamSlack{
      *this, "stream-slack",
      llvm::cl::desc(
          "Percent by which that memory may exceed the least that is "
          "possible at this cost"),
      llvm::cl::init(0)};
  Option<double> macInstructions{
      *this, "mac-instructions",
      llvm::cl::desc("Instructions that a multiply-accumulate of bytes takes"),
      llvm::cl::init(1)};
  Option<double> streamGain{
      *this, "stream-gain",
      llvm::cl::desc("Percent by which that must lower the busiest step's "
                     "memory"),
      llvm::cl::init(0)};
  Option<bool> ioInArena{
      *this, "io-in-arena",
      llvm::cl::desc("Place inputs and outputs in the arena as well"),
      llvm::cl::init(false)};
  Option<bool> fixIO{
      *this, "fix-io",
      llvm::cl::desc(
          "Place inputs, outputs and states that are in the arena by "
          "their size and order alone"),
      llvm::cl::init(false)};
  Option<std::string> tiles{
      *this, "tiles",
      llvm::cl::desc("File of register tiles that were measured"),
      llvm::cl::init("")};
  /// Comes before `tiles`, for a caller that has not written its file yet.
  std::shared_ptr<const TileTable> tileTable;
};

/// Groups the graph's ops into kernels with a strategy and a place in memory.
void buildKernelPipeline(mlir::OpPassManager &pm,
                         const LoweringOptions &options);

/// Lowers kernels with their memory plan to functions of loops.
void buildLoopPipeline(mlir::OpPassManager &pm);

/// All of it: the graph pipeline, the kernel pipeline and the loop pipeline.
void buildLoweringPipeline(mlir::OpPassManager &pm,
                           const LoweringOptions &options);

/// Registers `lathe-kernel-pipeline`, `lathe-loop-pipeline` and
/// `lathe-lowering-pipeline`.
void registerLoweringPipelines();

} // namespace lathe

#endif // LATHE_DRIVER_PIPELINES_H
