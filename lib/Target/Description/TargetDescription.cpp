//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Description/TargetDescription.h"
#include "TargetYAML.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace lathe;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace {
/// A file of targets/, compiled in so that an installed Lathe has no search
/// path and cannot lose them.
struct EmbeddedTarget {
  const char *name;
  const char *yaml;
};
} // namespace

static constexpr EmbeddedTarget embeddedTargets[] = {
#include "EmbeddedTargets.inc"
};

static constexpr StringRef hostName = "host";

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static Expected<TargetDescription> readTarget(llvm::MemoryBufferRef file);

/// The target whose file is called `name`, if there is one.
static std::optional<Expected<TargetDescription>> readEmbedded(StringRef name) {
  for (const EmbeddedTarget &target : embeddedTargets)
    if (name == target.name)
      return readTarget(llvm::MemoryBufferRef(target.yaml, target.name));
  return std::nullopt;
}

/// Reads a target file on top of the target that it names as its base.
static Expected<TargetDescription> readTarget(llvm::MemoryBufferRef file) {
  TargetDescription own;
  if (Error error = parseTarget(file, own))
    return std::move(error);
  if (own.base.empty())
    return own;
  std::optional<Expected<TargetDescription>> base = readEmbedded(own.base);
  if (!base)
    return llvm::createFileError(
        file.getBufferIdentifier(),
        createStringError("its base '" + own.base +
                          "' is not one of Lathe's targets, which lathe "
                          "targets lists"));
  if (!*base)
    return base->takeError();
  // What identifies a target is its own; the rest holds until overridden.
  TargetDescription target = std::move(**base);
  target.aliases.clear();
  if (Error error = parseTarget(file, target))
    return std::move(error);
  return target;
}

/// All targets of targets/, in the order of their names. Those files are
/// checked by a test, so that one that cannot be read is just left out here.
static std::vector<TargetDescription> readAllEmbedded() {
  std::vector<TargetDescription> targets;
  for (const EmbeddedTarget &embedded : embeddedTargets) {
    Expected<TargetDescription> target = *readEmbedded(embedded.name);
    if (target)
      targets.push_back(std::move(*target));
    else
      llvm::consumeError(target.takeError());
  }
  return targets;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

std::vector<std::string> lathe::getTargetNames() {
  std::vector<std::string> cores = {hostName.str()}, boards;
  for (const TargetDescription &target : readAllEmbedded())
    (target.isBoard() ? boards : cores).push_back(target.name);
  llvm::sort(cores);
  llvm::sort(boards);
  llvm::append_range(cores, boards);
  return cores;
}

/// The error for a name that is none of `known`, with those a typing error
/// away or, failing that, all of them.
static Error makeUnknownError(const Twine &message, StringRef name,
                              llvm::ArrayRef<std::string> known,
                              StringRef hint) {
  llvm::SmallVector<StringRef> close;
  for (StringRef candidate : known)
    if (candidate.starts_with(name) || name.starts_with(candidate) ||
        candidate.edit_distance(name, /*AllowReplacements=*/true,
                                /*MaxEditDistance=*/3) <= 2)
      close.push_back(candidate);
  if (!close.empty())
    return createStringError(message + "; did you mean " +
                             llvm::join(close, ", ") + "?");
  return createStringError(message + "; " + hint + llvm::join(known, ", "));
}

/// The target of that name or alias.
static Expected<TargetDescription> getNamedTarget(StringRef name) {
  if (std::optional<Expected<TargetDescription>> target = readEmbedded(name))
    return std::move(*target);
  std::vector<std::string> known = getTargetNames();
  for (TargetDescription &target : readAllEmbedded()) {
    if (llvm::is_contained(target.aliases, name))
      return std::move(target);
    llvm::append_range(known, target.aliases);
  }
  return makeUnknownError("unknown target '" + name + "'", name, known,
                          "the targets are ");
}

//===----------------------------------------------------------------------===//
// Options and the host
//===----------------------------------------------------------------------===//

static Error addOption(StringRef name, TargetDescription &target) {
  auto option = llvm::find_if(target.options, [&](const TargetOption &option) {
    return option.name == name;
  });
  if (option == target.options.end()) {
    const std::string message =
        ("target '" + target.name + "' has no option '" + name + "'").str();
    if (target.options.empty())
      return createStringError(message);
    std::vector<std::string> known;
    for (const TargetOption &option : target.options)
      known.push_back(option.name);
    return makeUnknownError(message, name, known, "its options are ");
  }
  for (StringRef feature : option->llvmFeatures)
    target.llvmFeatures.push_back(
        feature.starts_with("-") ? feature.str() : ("+" + feature).str());
  target.triple = option->triple.value_or(target.triple);
  target.cFlags = option->cFlags.value_or(target.cFlags);
  target.floatUnit = option->floatUnit.value_or(target.floatUnit);
  target.vector = option->vector.value_or(target.vector);
  target.dsp = option->dsp.value_or(target.dsp);
  target.helium = option->helium.value_or(target.helium);
  target.name += ("+" + name).str();
  return Error::success();
}

/// The level of x86-64 that code for a processor with `features` may use, as
/// the psABI defines them (x86-64 psABI, table 3.1); only what tells them
/// apart is asked for.
static StringRef getX86Level(const llvm::StringMap<bool> &features) {
  auto has = [&](StringRef name) { return features.lookup(name); };
  if (has("avx512f") && has("avx512bw") && has("avx512dq") && has("avx512vl") &&
      has("avx512cd"))
    return "x86-64-v4";
  if (has("avx2") && has("fma") && has("bmi2") && has("f16c"))
    return "x86-64-v3";
  return "x86-64-v2";
}

Expected<TargetDescription> lathe::getHostTarget() {
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  StringRef like;
  if (triple.getArch() == llvm::Triple::x86_64)
    like = getX86Level(features);
  else if (triple.isAArch64())
    like = "aarch64";
  else
    return createStringError("Lathe generates no machine code for this host (" +
                             triple.str() + "); use the target c99");
  Expected<TargetDescription> target = getNamedTarget(like);
  if (!target)
    return target.takeError();
  target->name = hostName.str();
  target->description = ("this machine, like " + like).str();
  target->triple = triple.str();
  target->cpu = llvm::sys::getHostCPUName().str();
  target->llvmFeatures.clear();
  for (const auto &feature : features)
    target->llvmFeatures.push_back(
        ((feature.getValue() ? "+" : "-") + feature.getKey()).str());
  llvm::sort(target->llvmFeatures);
  target->cFlags = {"-march=native"};
  target->emulators.clear();
  target->options.clear();
  return target;
}

//===----------------------------------------------------------------------===//
// Look-up
//===----------------------------------------------------------------------===//

/// Reads the file of a target of the user's own.
static Expected<TargetDescription> readTargetFile(StringRef path) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> file =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (std::error_code code = file.getError())
    return createStringError("cannot read the target file '" + path +
                             "': " + code.message() +
                             "; lathe targets lists the targets that need "
                             "none");
  return readTarget(**file);
}

Expected<TargetDescription> lathe::getTarget(StringRef spec) {
  // A path may hold a '+', so it takes no options.
  if (spec.contains('/') || spec.ends_with(".yaml") || spec.ends_with(".yml"))
    return readTargetFile(spec);
  auto [name, options] = spec.split('+');
  Expected<TargetDescription> target =
      name == hostName ? getHostTarget() : getNamedTarget(name);
  if (!target)
    return target;
  if (!spec.contains('+'))
    return target;
  for (StringRef option : llvm::split(options, '+'))
    if (Error error = addOption(option, *target))
      return std::move(error);
  return target;
}

Expected<std::vector<TargetDescription>>
lathe::getVersions(const TargetDescription &target) {
  // C has no vectors, and so nothing to choose.
  if (target.versions.empty() || target.backend == TargetBackend::C)
    return std::vector<TargetDescription>{target};
  std::vector<TargetDescription> versions;
  for (StringRef name : target.versions) {
    Expected<TargetDescription> version = getTarget(name);
    if (!version)
      return version.takeError();
    if (version->backend != target.backend ||
        version->triple != target.triple || !version->versions.empty())
      return createStringError(
          "target '" + target.name + "' cannot have the version '" + name +
          "'; it takes single targets for " + target.triple);
    versions.push_back(std::move(*version));
  }
  return versions;
}

/// The sizes of the memories of a kind.
static llvm::SmallVector<uint64_t> getSizes(const TargetDescription &target,
                                            MemoryKind kind) {
  llvm::SmallVector<uint64_t> sizes;
  for (const MemoryRegion &memory : target.memories)
    if (memory.kind == kind)
      sizes.push_back(memory.bytes);
  return sizes;
}

std::optional<uint64_t>
TargetDescription::getTotalBytes(MemoryKind kind) const {
  llvm::SmallVector<uint64_t> sizes = getSizes(*this, kind);
  if (sizes.empty())
    return std::nullopt;
  return llvm::sum_of(sizes, uint64_t(0));
}

std::optional<uint64_t>
TargetDescription::getLargestBytes(MemoryKind kind) const {
  llvm::SmallVector<uint64_t> sizes = getSizes(*this, kind);
  if (sizes.empty())
    return std::nullopt;
  return *llvm::max_element(sizes);
}
