//===- TargetSpec.cpp - Processors LLVM compiles for ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/TargetSpec.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/Function.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

namespace {

constexpr const char *x86Triple = "x86_64-unknown-linux-gnu";
constexpr const char *aarch64Triple = "aarch64-unknown-linux-gnu";

/// Registers the back ends that Lathe offers and that of this machine. Debian's
/// LLVM has about twenty.
void initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser(); // for inline assembly
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
}

Expected<const llvm::Target *> lookupTarget(StringRef triple) {
  initializeTargets();
  std::string message;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(llvm::Triple(triple), message);
  if (!target)
    return llvm::createStringError(message);
  return target;
}

void addFeature(TargetSpec &spec, StringRef feature) {
  if (!spec.features.empty())
    spec.features += ',';
  spec.features += '+';
  spec.features += feature;
}

TargetSpec getHost() {
  TargetSpec spec;
  spec.triple = llvm::sys::getProcessTriple();
  spec.cpu = llvm::sys::getHostCPUName();
  auto features = llvm::sys::getHostCPUFeatures();
  llvm::SmallVector<StringRef> names;
  for (auto &feature : features)
    if (feature.second)
      names.push_back(feature.first());
  llvm::sort(names);
  for (StringRef name : names)
    addFeature(spec, name);
  // Those that get up to 512 bits get all of them.
  if (features.lookup("avx512f"))
    spec.preferVectorWidth = 512;
  return spec;
}

TargetSpec getArchitecture(StringRef name) {
  if (name == "host")
    return getHost();
  if (name.starts_with("x86-64"))
    return {x86Triple, name.str(), "", name == "x86-64-v4" ? 512u : 0u};
  // What is neither is a processor's own name; most that people name are Arm's.
  return {aarch64Triple, name == "aarch64" ? "generic" : name.str(), "", 0};
}

/// LLVM's name of a feature.
StringRef getFeatureName(const TargetSpec &spec, StringRef name) {
  if (name != "vnni")
    return name;
  // The 512-bit form came first; AVX2 machines have it under a name of its own.
  return spec.cpu == "x86-64-v3" ? "avxvnni" : "avx512vnni";
}

Error checkFeature(const llvm::MCSubtargetInfo &info, const TargetSpec &spec,
                   StringRef given, StringRef name) {
  bool isVNNI = name.ends_with("vnni");
  if (isVNNI && (spec.cpu == "x86-64" || spec.cpu == "x86-64-v2"))
    return llvm::createStringError(
        "feature 'vnni' needs AVX2 or AVX-512: use x86-64-v3+vnni or "
        "x86-64-v4+vnni");
  for (const llvm::SubtargetFeatureKV &feature : info.getAllProcessorFeatures())
    if (feature.Key == name)
      return Error::success();
  return llvm::createStringError("'" + given + "' is no feature of " +
                                 llvm::Triple(spec.triple).getArchName());
}

} // namespace

Expected<TargetSpec> TargetSpec::parse(StringRef text) {
  llvm::SmallVector<StringRef> parts;
  text.split(parts, '+');
  TargetSpec spec = getArchitecture(parts.front());
  Expected<const llvm::Target *> target = lookupTarget(spec.triple);
  if (!target)
    return target.takeError();
  // Made for no processor: an unknown name would be reported on stderr.
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      (*target)->createMCSubtargetInfo(llvm::Triple(spec.triple), "", ""));
  if (parts.front() != "host" && !info->isCPUStringValid(spec.cpu))
    return llvm::createStringError(
        "unknown processor '" + parts.front() +
        "': use x86-64-v2, x86-64-v3, x86-64-v4, aarch64, host or the name of "
        "an Arm processor such as cortex-a53");
  for (StringRef given : llvm::ArrayRef(parts).drop_front()) {
    StringRef name = getFeatureName(spec, given);
    if (Error error = checkFeature(*info, spec, given, name))
      return std::move(error);
    addFeature(spec, name);
  }
  return spec;
}

bool lathe::hasFeature(const TargetSpec &spec, StringRef name) {
  Expected<const llvm::Target *> target = lookupTarget(spec.triple);
  if (!target) {
    llvm::consumeError(target.takeError());
    return false;
  }
  std::unique_ptr<llvm::MCSubtargetInfo> info((*target)->createMCSubtargetInfo(
      llvm::Triple(spec.triple), spec.cpu, spec.features));
  return info->checkFeatures(("+" + name).str());
}

Expected<std::unique_ptr<llvm::TargetMachine>>
lathe::createTargetMachine(const TargetSpec &spec) {
  Expected<const llvm::Target *> target = lookupTarget(spec.triple);
  if (!target)
    return target.takeError();
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  options.FunctionSections = true;
  std::unique_ptr<llvm::TargetMachine> machine((*target)->createTargetMachine(
      llvm::Triple(spec.triple), spec.cpu, spec.features, options,
      llvm::Reloc::PIC_, /*CM=*/std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
  if (!machine)
    return llvm::createStringError("LLVM cannot generate code for " +
                                   spec.triple);
  return machine;
}

void lathe::setTargetAttributes(llvm::Function &function,
                                const TargetSpec &spec) {
  function.addFnAttr("target-cpu", spec.cpu);
  if (!spec.features.empty())
    function.addFnAttr("target-features", spec.features);
  if (spec.preferVectorWidth != 0)
    function.addFnAttr("prefer-vector-width",
                       std::to_string(spec.preferVectorWidth));
}
