//===- Compiler.cpp - From a model to files -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Compiler.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/Pipelines.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/NativeTarget.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace lathe;

/// The instructions of a multiply-accumulate, next to those that move data: of
/// ResNet-8 by its multiply-accumulates (bench/count-instructions).
static double getMACInstructions(WindowForm form) {
  switch (form) {
  case WindowForm::Pairs:
    return 1.1;
  // On cores that multiply halves everything takes about twice as many.
  case WindowForm::Bytes:
  case WindowForm::Halves:
    return 2.1;
  case WindowForm::Vectors:
    return 0.3;
  }
  llvm_unreachable("no form of windows");
}

/// Decides how much it may cost to run kernels by rows.
static void setStreams(LoweringOptions &options, Objective objective) {
  options.macInstructions = getMACInstructions(options.windowForm);
  switch (objective) {
  case Objective::Speed:
    return;
  case Objective::Balanced:
  case Objective::Flash:
    options.streamOverhead = 3;
    options.streamSlack = options.streamGain = 10;
    return;
  case Objective::RAM:
    options.streamOverhead = 1000;
    return;
  }
}

void lathe::setLoweringOptions(LoweringOptions &options,
                               const TargetDescription &target,
                               const CodeOptions &code) {
  options.ioInArena = code.io == IOMode::Arena;
  bool hasVectors = target.backend == TargetBackend::LLVM;
  options.vectorBits = hasVectors ? target.vector.bits : 0;
  options.windows = target.backend == TargetBackend::C;
  options.windowForm = target.helium               ? WindowForm::Vectors
                       : target.dsp                ? WindowForm::Pairs
                       : target.multiplyAccumulate ? WindowForm::Bytes
                                                   : WindowForm::Halves;
  if (options.windows)
    setStreams(options, code.objective.value_or(Objective::Balanced));
  if (hasVectors) {
    options.vectorRegisters = target.vector.registers;
    options.alignment = 64; // a cache line, and the widest vector
    options.threads = code.threads;
    options.winograd = code.winograd;
    options.dots = getDotKind(target);
    options.tiles = code.tiles;
    // Two vectors of 512 bits, four of 256 and so on.
    options.panelWidth = code.sharesWeights ? 32 : 0;
  }
}

llvm::Error lathe::simplifyGraph(ModuleOp module) {
  PassManager pm(module.getContext());
  buildGraphPipeline(pm);
  return runPasses(pm, module);
}

llvm::Error lathe::settleIntegers(ModuleOp module) {
  PassManager pm(module.getContext());
  buildIntegerPipeline(pm);
  return runPasses(pm, module);
}

llvm::Error lathe::planKernels(ModuleOp module,
                               const LoweringOptions &options) {
  PassManager pm(module.getContext());
  buildKernelPipeline(pm, options);
  return runPasses(pm, module);
}

llvm::Error lathe::lowerToKernels(ModuleOp module,
                                  const TargetDescription &target,
                                  const CodeOptions &code) {
  if (llvm::Error error = simplifyGraph(module))
    return error;
  LoweringOptions options;
  setLoweringOptions(options, target, code);
  return planKernels(module, options);
}

llvm::Error lathe::lowerToLoops(ModuleOp module) {
  PassManager pm(module.getContext());
  buildLoopPipeline(pm);
  return runPasses(pm, module);
}

/// Prints a path as the value of an option of a pipeline, between a shell's
/// double quotes.
static void printInQuotes(StringRef path, raw_ostream &os) {
  os << "{";
  for (char c : path)
    os << (StringRef("\"\\$`").contains(c) ? "\\" : "") << c;
  os << "}";
}

std::string lathe::getLoweringFlag(const TargetDescription &target,
                                   const CodeOptions &code) {
  LoweringOptions options;
  setLoweringOptions(options, target, code);
  std::string flag;
  llvm::raw_string_ostream os(flag);
  os << "--lathe-lowering-pipeline=\"vector-bits=" << options.vectorBits
     << " vector-registers=" << options.vectorRegisters
     << " alignment=" << options.alignment << " threads=" << options.threads
     << (options.ioInArena ? " io-in-arena=true" : "")
     << (options.winograd ? "" : " winograd=false");
  if (options.windows)
    os << " windows=true window-form="
       << stringifyWindowForm(options.windowForm);
  if (options.streamOverhead >= 0)
    os << llvm::format(" stream-overhead=%g stream-slack=%g stream-gain=%g "
                       "mac-instructions=%g",
                       static_cast<double>(options.streamOverhead),
                       static_cast<double>(options.streamSlack),
                       static_cast<double>(options.streamGain),
                       static_cast<double>(options.macInstructions));
  if (options.dots != DotKind::None)
    os << " dots=" << getName(options.dots);
  if (options.panelWidth != 0)
    os << " panel-width=" << options.panelWidth;
  if (!options.tiles.empty())
    printInQuotes(options.tiles, os << " tiles=");
  os << "\"";
  return flag;
}

static int64_t bytesOf(TypeRange types) {
  int64_t bytes = 0;
  for (Type type : types)
    bytes += getByteSize(cast<RankedTensorType>(type));
  return bytes;
}

static int64_t attributeOf(func::FuncOp model, StringRef name) {
  auto attr = model->getAttrOfType<IntegerAttr>(name);
  return attr ? attr.getInt() : 0;
}

Footprint lathe::getFootprint(func::FuncOp model) {
  Footprint footprint;
  footprint.arena = attributeOf(model, "lathe.arena_size");
  footprint.arenaLowerBound = attributeOf(model, "lathe.arena_lower_bound");
  for (State state : getStates(model))
    footprint.states += bytesOf(model.getArgumentTypes()[state.argument]);
  footprint.inputs = bytesOf(model.getArgumentTypes()) - footprint.states;
  footprint.outputs = bytesOf(model.getResultTypes()) - footprint.states;
  footprint.removed = RemovedChannels::get(model);
  if (model->hasAttr(attr::io))
    footprint.io = IOMode::Arena;
  llvm::DenseSet<Attribute> seen;
  // Those of the bodies that the model's ops run, too.
  model->getParentOfType<ModuleOp>().walk([&](ConstantOp constant) {
    if (!constant->getParentOfType<KernelOp>() &&
        seen.insert(constant.getValue()).second)
      footprint.weights += bytesOf(constant->getResultTypes());
  });
  return footprint;
}

/// The lines of the inputs and states that lie in the arena.
static void printInputPlaces(func::FuncOp model, raw_ostream &os) {
  for (BlockArgument argument : model.getArguments()) {
    unsigned index = argument.getArgNumber();
    auto offset = model.getArgAttrOfType<IntegerAttr>(index, "lathe.offset");
    if (!offset)
      continue;
    auto type = cast<RankedTensorType>(argument.getType());
    os << llvm::format("   -  %-28s %11lld %11lld  ", "",
                       static_cast<long long>(offset.getInt()),
                       static_cast<long long>(getByteSize(type)))
       << "arena, " << (isStateArgument(model, index) ? "state " : "input ")
       << index << "\n";
  }
}

void lathe::printMemoryPlan(func::FuncOp model, raw_ostream &os) {
  os << "step  kernel                            offset       bytes  placed\n";
  printInputPlaces(model, os);
  unsigned step = 0;
  for (auto kernel : model.getOps<KernelOp>()) {
    for (auto [result, attr] :
         llvm::zip(kernel.getOutputs(), *kernel.getPlacements())) {
      auto placement = cast<PlacementAttr>(attr);
      auto type = cast<RankedTensorType>(result.getType());
      bool isArena = placement.getSpace() == MemorySpace::Arena;
      std::string where =
          isArena ? "arena" : "output " + std::to_string(placement.getIndex());
      if (!StridedView{llvm::to_vector(placement.getStrides()), 0}.isContiguous(
              type.getShape()))
        where += ", part of a joined tensor";
      os << llvm::format("%4u  %-28s %11lld %11lld  ", step,
                         kernel.getKernelName().str().c_str(),
                         static_cast<long long>(placement.getOffset()),
                         static_cast<long long>(getByteSize(type)))
         << where << "\n";
    }
    if (kernel.getScratch() != 0)
      os << llvm::format("%4u  %-28s %11lld %11lld  scratch\n", step, "",
                         static_cast<long long>(*kernel.getScratchOffset()),
                         static_cast<long long>(kernel.getScratch()));
    ++step;
  }
  Footprint footprint = getFootprint(model);
  os << "arena " << footprint.arena << " bytes; lower bound of this order "
     << footprint.arenaLowerBound << " bytes; inputs " << footprint.inputs
     << ", outputs " << footprint.outputs
     << (footprint.io == IOMode::Arena ? " in the arena" : "");
  if (footprint.states != 0)
    os << ", states in the arena " << footprint.states;
  os << ", weights " << footprint.weights << "\n";
}

/// Reports that what is `needed` does not fit `limit`, in bytes.
static LogicalResult refuse(func::FuncOp model, const Twine &needed,
                            uint64_t limit, StringRef where, StringRef remedy) {
  return model.emitError() << "needs " << needed.str() << ", but " << where
                           << " has " << limit << " bytes; " << remedy
                           << ", or pass --allow-oversize to compile it anyway";
}

/// Bytes that the code of a model may have when few instructions matter more:
/// none of MLPerf Tiny's has more for a Cortex-M4, M3 or M0+ with -O2.
static constexpr uint64_t usualCodeBytes = 8192;

static std::optional<uint64_t> getRamLimit(const TargetDescription &target,
                                           const MemoryLimits &limits) {
  return limits.ram ? limits.ram : target.getLargestBytes(MemoryKind::RAM);
}

static std::optional<uint64_t> getFlashLimit(const TargetDescription &target,
                                             const MemoryLimits &limits) {
  return limits.flash ? limits.flash : target.getTotalBytes(MemoryKind::Flash);
}

llvm::Expected<Objective>
lathe::chooseObjective(ModuleOp module, const TargetDescription &target,
                       const CodeOptions &code, const MemoryLimits &limits) {
  std::optional<uint64_t> ram = getRamLimit(target, limits);
  std::optional<uint64_t> flash = getFlashLimit(target, limits);
  if (code.objective || (!ram && !flash) || target.backend != TargetBackend::C)
    return code.objective.value_or(Objective::Balanced);
  OwningOpRef<ModuleOp> trial = cast<ModuleOp>(module->clone());
  if (llvm::Error error = lowerToKernels(*trial, target, code))
    return std::move(error);
  bool isFlashShort = false;
  for (func::FuncOp model : lookupModels(*trial)) {
    Footprint footprint = getFootprint(model);
    if (ram && footprint.getRam() > static_cast<int64_t>(*ram))
      return Objective::RAM;
    isFlashShort |= flash && footprint.weights + usualCodeBytes > *flash;
  }
  return isFlashShort ? Objective::Flash : Objective::Balanced;
}

LogicalResult lathe::checkFit(func::FuncOp model,
                              const TargetDescription &target,
                              const MemoryLimits &limits) {
  Footprint footprint = getFootprint(model);
  std::optional<uint64_t> ram = getRamLimit(target, limits);
  std::optional<uint64_t> flash = getFlashLimit(target, limits);
  uint64_t neededRam = footprint.getRam(), neededFlash = footprint.weights;
  bool isArena = footprint.io == IOMode::Arena;
  if (ram && neededRam > *ram)
    return refuse(
        model,
        Twine(neededRam) + " bytes (arena " + Twine(footprint.arena) +
            (isArena ? " with" : ",") + " inputs " + Twine(footprint.inputs) +
            ", outputs " + Twine(footprint.outputs) + ") of RAM",
        *ram, limits.ram ? "--ram-limit" : target.name,
        isArena ? "a smaller input (--reshape) shrinks the arena"
                : "a smaller input (--reshape) shrinks the arena, and "
                  "--io=arena lets inputs and outputs share it");
  if (flash && neededFlash > *flash)
    return refuse(model,
                  Twine(neededFlash) + " bytes of flash for weights alone",
                  *flash, limits.flash ? "--flash-limit" : target.name,
                  "a board with more flash is needed");
  return success();
}
