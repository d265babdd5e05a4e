//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What Lathe knows about a machine that it compiles for: one YAML file per
// machine in targets/, whose keys are the fields below.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_DESCRIPTION_TARGETDESCRIPTION_H
#define LATHE_TARGET_DESCRIPTION_TARGETDESCRIPTION_H

#include "lathe/Target/Description/CostTable.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace lathe {

/// What is emitted for a target unless the user asks for something else.
enum class TargetBackend { C, LLVM };

enum class MemoryKind { Flash, RAM };

/// A number about a device and where it was taken from.
struct SourcedFigure {
  double value = 0;
  std::string source;
};

/// A contiguous memory of a device.
struct MemoryRegion {
  std::string name;
  MemoryKind kind = MemoryKind::RAM;
  uint64_t bytes = 0;
  std::string source;
};

/// The SIMD registers that f32 arithmetic may use; none where `bits` is 0.
struct VectorUnit {
  unsigned bits = 0;
  unsigned registers = 0;
  /// Whether a multiplication and an addition are one instruction.
  bool fma = false;
};

/// How to run code for the target on another machine.
struct Emulator {
  /// The QEMU program, as "qemu-system-arm".
  std::string program;
  /// Its -M and -cpu; no machine where single programs are run.
  std::string machine;
  std::string cpu;
  /// The linker script of runtime/qemu/ for that machine, and the memory that
  /// it gives to code with constants and to data, in bytes.
  std::string linkerScript;
  uint64_t flashBytes = 0;
  uint64_t ramBytes = 0;
  /// Instructions per tick of the SysTick timer under `-icount shift=0`; 0
  /// where there is no such timer.
  double instructionsPerTick = 0;
};

/// Something that may be added to a target's name, as "+dotprod", and how it
/// changes the description.
struct TargetOption {
  std::string name;
  std::string description;
  /// LLVM's names of what is added, "dotprod", or with a "-" taken away.
  std::vector<std::string> llvmFeatures;
  /// Where given, these replace the fields of the same name.
  std::optional<std::string> triple;
  std::optional<std::vector<std::string>> cFlags;
  std::optional<FloatUnit> floatUnit;
  std::optional<VectorUnit> vector;
  std::optional<bool> dsp;
  std::optional<bool> helium;
};

struct TargetDescription {
  /// As the user asked for it, options included: "aarch64+dotprod".
  std::string name;
  std::vector<std::string> aliases;
  std::string description;
  TargetBackend backend = TargetBackend::C;
  /// The name of the target that this one refines: a board's core.
  std::string base;
  /// The core as an Arm or x86 name, "cortex-m4"; the key of per-core tables.
  std::string core;
  unsigned cores = 1;

  /// For LLVM: target triple, -mcpu and the features beyond it ("+dotprod").
  /// No triple means C for any machine.
  std::string triple;
  std::string cpu;
  std::vector<std::string> llvmFeatures;
  /// The targets that a library has code for, best first, if it is to choose
  /// when it runs; else none. See getVersions.
  std::vector<std::string> versions;
  /// The C compiler, and the flags it needs for this machine.
  std::string cCompiler;
  std::vector<std::string> cFlags;

  FloatUnit floatUnit = FloatUnit::None;
  VectorUnit vector;
  /// Arm's DSP extension (smlad, sxtb16 …) and Helium (MVE with floats).
  bool dsp = false;
  bool helium = false;
  /// Whether one instruction multiplies integers and adds the product.
  bool multiplyAccumulate = true;

  std::vector<MemoryRegion> memories;
  /// Hz.
  std::optional<SourcedFigure> clock;
  /// Power while computing, W.
  std::optional<SourcedFigure> activePower;
  /// What the core's instructions cost; none where estimates have no base.
  std::optional<CostTable> costs;
  /// In order of preference: the first that has room for the model.
  std::vector<Emulator> emulators;
  std::vector<TargetOption> options;

  bool isBoard() const { return !memories.empty(); }

  /// The sum, and the largest contiguous piece, of the memories of a kind in
  /// bytes; none for a target that is not a board.
  std::optional<uint64_t> getTotalBytes(MemoryKind kind) const;
  std::optional<uint64_t> getLargestBytes(MemoryKind kind) const;
};

/// The target of a command line: `ARCH[+option…]`, a board or one of its
/// aliases, "host", or the path of a YAML file (anything with a '/' or the
/// extension .yaml or .yml). An unknown name is an error that lists close ones.
llvm::Expected<TargetDescription> getTarget(llvm::StringRef spec);

/// The machine that this program runs on, from what LLVM detects.
llvm::Expected<TargetDescription> getHostTarget();

/// The targets that a library for `target` has code for, best first: `target`
/// alone, unless it lists versions and is compiled through LLVM. Fails if one
/// of them does not exist, or is not a machine of the same triple.
llvm::Expected<std::vector<TargetDescription>>
getVersions(const TargetDescription &target);

/// The names of all targets that Lathe brings along, "host" included, sorted:
/// cores first, then boards.
std::vector<std::string> getTargetNames();

/// The table of `lathe targets`: name, backend, memories, clock, power,
/// options.
void printTargets(llvm::raw_ostream &os);

/// What is known of one target, a line `KEY  VALUE` each: `target`, `backend`
/// (c or llvm), `description`, and what else it has.
void printTarget(const TargetDescription &target, llvm::raw_ostream &os);

} // namespace lathe

#endif // LATHE_TARGET_DESCRIPTION_TARGETDESCRIPTION_H
