//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TargetYAML.h"
#include "lathe/Support/ReadYAML.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe;
namespace yaml = llvm::yaml;

LLVM_YAML_IS_SEQUENCE_VECTOR(lathe::MemoryRegion)
LLVM_YAML_IS_SEQUENCE_VECTOR(lathe::Emulator)
LLVM_YAML_IS_SEQUENCE_VECTOR(lathe::TargetOption)

/// Reads a list so that it replaces what is there: YAML's own reading of a
/// sequence would keep the elements beyond the new ones.
template <typename T>
static void mapList(yaml::IO &io, const char *key, std::vector<T> &list) {
  std::optional<std::vector<T>> read;
  io.mapOptional(key, read);
  if (read)
    list = std::move(*read);
}

/// Reads a value so that, where there is none, that of the base holds.
template <typename T>
static void mapRefined(yaml::IO &io, const char *key, std::optional<T> &value) {
  std::optional<T> read;
  io.mapOptional(key, read);
  if (read)
    value = std::move(read);
}

namespace llvm::yaml {
template <> struct ScalarEnumerationTraits<TargetBackend> {
  static void enumeration(IO &io, TargetBackend &backend) {
    io.enumCase(backend, "c", TargetBackend::C);
    io.enumCase(backend, "llvm", TargetBackend::LLVM);
  }
};

template <> struct ScalarEnumerationTraits<FloatUnit> {
  static void enumeration(IO &io, FloatUnit &unit) {
    io.enumCase(unit, "none", FloatUnit::None);
    io.enumCase(unit, "single", FloatUnit::Single);
    io.enumCase(unit, "double", FloatUnit::Double);
  }
};

template <> struct ScalarEnumerationTraits<MemoryKind> {
  static void enumeration(IO &io, MemoryKind &kind) {
    io.enumCase(kind, "flash", MemoryKind::Flash);
    io.enumCase(kind, "ram", MemoryKind::RAM);
  }
};

template <> struct MappingTraits<SourcedFigure> {
  static void mapping(IO &io, SourcedFigure &figure) {
    io.mapRequired("value", figure.value);
    io.mapRequired("source", figure.source);
  }
  static std::string validate(IO &, SourcedFigure &figure) {
    return figure.value > 0 ? "" : "a figure must be positive";
  }
};

template <> struct MappingTraits<MemoryRegion> {
  static void mapping(IO &io, MemoryRegion &memory) {
    io.mapRequired("name", memory.name);
    io.mapRequired("kind", memory.kind);
    io.mapRequired("bytes", memory.bytes);
    io.mapRequired("source", memory.source);
  }
  static std::string validate(IO &, MemoryRegion &memory) {
    return memory.bytes > 0 ? "" : "a memory must have bytes";
  }
};

template <> struct MappingTraits<VectorUnit> {
  static void mapping(IO &io, VectorUnit &vector) {
    io.mapRequired("bits", vector.bits);
    io.mapRequired("registers", vector.registers);
    io.mapRequired("fma", vector.fma);
  }
  static std::string validate(IO &, VectorUnit &vector) {
    return vector.bits % 32 == 0 ? "" : "a vector must hold whole floats";
  }
};

/// Figures by the names of classes.
struct FigureMap {
  ClassFigures *figures = nullptr;
};

template <> struct MappingTraits<FigureMap> {
  static void mapping(IO &io, FigureMap &map) {
    for (auto [i, figure] : llvm::enumerate(*map.figures))
      io.mapOptional(getName(static_cast<InstructionClass>(i)).data(), figure);
  }
};

template <> struct MappingTraits<CostTable> {
  static void mapping(IO &io, CostTable &table) {
    io.mapRequired("source", table.source);
    FigureMap cycles{&table.cycles}, functions{&table.functions};
    io.mapRequired("cycles", cycles);
    io.mapOptional("functions", functions);
    io.mapOptional("cycles-per-instruction", table.cyclesPerInstruction);
  }
};

template <> struct MappingTraits<Emulator> {
  static void mapping(IO &io, Emulator &emulator) {
    io.mapRequired("program", emulator.program);
    io.mapOptional("machine", emulator.machine);
    io.mapOptional("cpu", emulator.cpu);
    io.mapOptional("linker-script", emulator.linkerScript);
    io.mapOptional("flash-bytes", emulator.flashBytes);
    io.mapOptional("ram-bytes", emulator.ramBytes);
    io.mapOptional("instructions-per-tick", emulator.instructionsPerTick);
  }
};

template <> struct MappingTraits<TargetOption> {
  static void mapping(IO &io, TargetOption &option) {
    io.mapRequired("name", option.name);
    io.mapRequired("description", option.description);
    mapList(io, "llvm-features", option.llvmFeatures);
    io.mapOptional("triple", option.triple);
    io.mapOptional("c-flags", option.cFlags);
    io.mapOptional("float", option.floatUnit);
    io.mapOptional("vector", option.vector);
    io.mapOptional("dsp", option.dsp);
    io.mapOptional("helium", option.helium);
  }
};

template <> struct MappingTraits<TargetDescription> {
  static void mapping(IO &io, TargetDescription &target) {
    io.mapRequired("name", target.name);
    mapList(io, "aliases", target.aliases);
    io.mapRequired("description", target.description);
    io.mapOptional("base", target.base);
    io.mapOptional("backend", target.backend);
    io.mapOptional("core", target.core);
    io.mapOptional("cores", target.cores);
    io.mapOptional("triple", target.triple);
    io.mapOptional("cpu", target.cpu);
    mapList(io, "llvm-features", target.llvmFeatures);
    mapList(io, "versions", target.versions);
    io.mapOptional("c-compiler", target.cCompiler);
    mapList(io, "c-flags", target.cFlags);
    io.mapOptional("float", target.floatUnit);
    io.mapOptional("vector", target.vector);
    io.mapOptional("dsp", target.dsp);
    io.mapOptional("helium", target.helium);
    io.mapOptional("multiply-accumulate", target.multiplyAccumulate);
    mapList(io, "memories", target.memories);
    mapRefined(io, "clock-hz", target.clock);
    mapRefined(io, "active-power-w", target.activePower);
    mapRefined(io, "costs", target.costs);
    mapList(io, "emulators", target.emulators);
    mapList(io, "options", target.options);
  }
  static std::string validate(IO &, TargetDescription &target) {
    return target.costs ? target.costs->validate(target.helium) : "";
  }
};
} // namespace llvm::yaml

llvm::Error lathe::parseTarget(llvm::MemoryBufferRef file,
                               TargetDescription &target) {
  std::string message;
  auto collect = [](const llvm::SMDiagnostic &diagnostic, void *context) {
    llvm::raw_string_ostream os(*static_cast<std::string *>(context));
    diagnostic.print(nullptr, os, /*ShowColors=*/false);
  };
  yaml::Input input(file, /*Ctxt=*/nullptr, collect, &message);
  bool isRead = readDocument(input, target);
  if (isRead && !input.error())
    return llvm::Error::success();
  if (message.empty())
    message = (file.getBufferIdentifier() +
               ": this is no target; see those that lathe comes with")
                  .str();
  return llvm::createStringError(llvm::StringRef(message).rtrim());
}
