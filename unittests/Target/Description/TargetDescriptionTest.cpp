//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Description/TargetDescription.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace lathe;
using llvm::StringRef;

namespace {

TargetDescription get(StringRef spec) {
  llvm::Expected<TargetDescription> target = getTarget(spec);
  if (!target) {
    ADD_FAILURE() << spec.str() << ": " << llvm::toString(target.takeError());
    return {};
  }
  return *target;
}

std::string getError(StringRef spec) {
  llvm::Expected<TargetDescription> target = getTarget(spec);
  return target ? "no error" : llvm::toString(target.takeError());
}

/// A target file of the user's, deleted in the end.
class TemporaryTarget {
public:
  explicit TemporaryTarget(StringRef yaml) {
    int descriptor;
    EXPECT_FALSE(
        llvm::sys::fs::createTemporaryFile("lathe", "yaml", descriptor, path));
    llvm::raw_fd_ostream(descriptor, /*shouldClose=*/true) << yaml;
  }
  ~TemporaryTarget() { llvm::sys::fs::remove(path); }
  StringRef str() const { return path; }

private:
  llvm::SmallString<128> path;
};

TEST(TargetDescriptionTest, EveryTargetFileIsReadUnderItsName) {
  std::vector<std::string> names = getTargetNames();
  EXPECT_EQ(names.size(), TARGET_FILES + 1u) << "the files and the host";
  for (const std::string &name : names) {
    TargetDescription target = get(name);
    EXPECT_EQ(target.name, name);
    EXPECT_FALSE(target.description.empty()) << name;
    EXPECT_FALSE(target.core.empty()) << name;
    EXPECT_FALSE(target.cCompiler.empty()) << name;
    if (target.backend == TargetBackend::LLVM) {
      EXPECT_FALSE(target.triple.empty()) << name;
      EXPECT_FALSE(target.cpu.empty()) << name;
      EXPECT_NE(target.vector.bits, 0u) << name;
    }
  }
}

TEST(TargetDescriptionTest, EveryBoardHasFlashRamAndClock) {
  unsigned boards = 0;
  for (const std::string &name : getTargetNames()) {
    TargetDescription target = get(name);
    if (!target.isBoard())
      continue;
    ++boards;
    EXPECT_TRUE(target.getTotalBytes(MemoryKind::Flash)) << name;
    EXPECT_TRUE(target.getLargestBytes(MemoryKind::RAM)) << name;
    ASSERT_TRUE(target.clock) << name;
    EXPECT_FALSE(target.clock->source.empty()) << name;
    // QEMU is set up for boards of Arm.
    if (llvm::StringRef(target.triple).starts_with("thumb"))
      EXPECT_FALSE(target.emulators.empty()) << name;
  }
  EXPECT_EQ(boards, 15u);
}

TEST(TargetDescriptionTest, ABoardThatRefinesABoardKeepsItsFigures) {
  TargetDescription pico = get("pico");
  EXPECT_EQ(pico.name, "raspberry-pi-pico");
  EXPECT_EQ(pico.getTotalBytes(MemoryKind::Flash), 2u << 20);
  EXPECT_EQ(pico.clock->value, get("rp2040").clock->value);
}

TEST(TargetDescriptionTest, EveryLinkerScriptOfAnEmulatorExists) {
  for (const std::string &name : getTargetNames())
    for (const Emulator &emulator : get(name).emulators)
      if (!emulator.linkerScript.empty())
        EXPECT_TRUE(
            llvm::sys::fs::exists(LINKER_SCRIPTS "/" + emulator.linkerScript))
            << name << ": " << emulator.linkerScript;
}

TEST(TargetDescriptionTest, BoardInheritsItsCore) {
  TargetDescription target = get("stm32l4r5");
  EXPECT_EQ(target.core, "cortex-m4");
  EXPECT_EQ(target.floatUnit, FloatUnit::Single);
  EXPECT_TRUE(target.dsp);
  EXPECT_TRUE(llvm::is_contained(target.cFlags, "-mcpu=cortex-m4"));
  EXPECT_EQ(target.getTotalBytes(MemoryKind::RAM), 640u << 10);
  EXPECT_DOUBLE_EQ(target.activePower->value, 0.0335);
  EXPECT_DOUBLE_EQ(target.clock->value, 120e6);
}

TEST(TargetDescriptionTest, AliasGivesTheBoard) {
  EXPECT_EQ(get("nano33ble").name, "nrf52840");
  EXPECT_EQ(get("portenta-h7").name, "stm32h743");
}

TEST(TargetDescriptionTest, LargestMemoryIsNotTheirSum) {
  TargetDescription target = get("stm32l476");
  EXPECT_EQ(target.getTotalBytes(MemoryKind::RAM), 128u << 10);
  EXPECT_EQ(target.getLargestBytes(MemoryKind::RAM), 96u << 10);
  EXPECT_EQ(get("c99").getTotalBytes(MemoryKind::RAM), std::nullopt);
}

TEST(TargetDescriptionTest, OptionsAddFeatures) {
  TargetDescription target = get("aarch64+dotprod+i8mm");
  EXPECT_EQ(target.name, "aarch64+dotprod+i8mm");
  EXPECT_EQ(target.llvmFeatures,
            (std::vector<std::string>{"+dotprod", "+i8mm"}));
  EXPECT_EQ(get("x86-64-v4+vnni").llvmFeatures,
            std::vector<std::string>{"+avx512vnni"});
}

TEST(TargetDescriptionTest, OptionsReplaceFields) {
  TargetDescription target = get("stm32l4r5+nofp");
  EXPECT_EQ(target.floatUnit, FloatUnit::None);
  EXPECT_EQ(target.triple, "thumbv7em-none-eabi");
  EXPECT_TRUE(llvm::is_contained(target.cFlags, "-mfloat-abi=soft"));
  EXPECT_TRUE(target.dsp);
}

TEST(TargetDescriptionTest, VersionsAreTargetsOfTheirOwn) {
  std::vector<TargetDescription> versions =
      llvm::cantFail(getVersions(get("x86-64")));
  ASSERT_EQ(versions.size(), 3u);
  for (size_t i = 0; i < versions.size(); ++i)
    EXPECT_EQ(versions[i].name, ("x86-64-v" + llvm::Twine(4 - i)).str());
  EXPECT_EQ(versions[0].vector.bits, 512u);
  EXPECT_EQ(llvm::cantFail(getVersions(get("x86-64-v3"))).size(), 1u);
  TargetDescription c = get("x86-64");
  c.backend = TargetBackend::C;
  EXPECT_EQ(llvm::cantFail(getVersions(c)).front().name, "x86-64")
      << "C is the same for each";
}

TEST(TargetDescriptionTest, VersionsOfAUsersFileAreOfOneArchitecture) {
  auto getVersionError = [](StringRef versions) {
    TemporaryTarget file(("name: mine\ndescription: my servers\n"
                          "base: x86-64\nversions: " +
                          versions + "\n")
                             .str());
    auto read = getVersions(get(file.str()));
    return read ? "no error" : llvm::toString(read.takeError());
  };
  EXPECT_EQ(getVersionError("[x86-64-v4+vnni, x86-64-v3]"), "no error");
  EXPECT_EQ(getVersionError("[x86-64-v3, aarch64]"),
            "target 'mine' cannot have the version 'aarch64'; it takes single "
            "targets for x86_64-unknown-linux-gnu");
  EXPECT_EQ(getVersionError("[x86-64]"),
            "target 'mine' cannot have the version 'x86-64'; it takes single "
            "targets for x86_64-unknown-linux-gnu");
  EXPECT_EQ(getVersionError("[x86-64-v4+sve]"),
            "target 'x86-64-v4' has no option 'sve'; its options are vnni, "
            "bf16");
}

TEST(TargetDescriptionTest, HostIsAMachineWithVectors) {
  TargetDescription target = get("host");
  EXPECT_EQ(target.backend, TargetBackend::LLVM);
  EXPECT_GE(target.vector.bits, 128u);
  EXPECT_TRUE(llvm::is_sorted(target.llvmFeatures));
}

TEST(TargetDescriptionTest, UnknownTargetNamesCloseOnes) {
  EXPECT_EQ(getError("cortex-m5"), "unknown target 'cortex-m5'; did you mean "
                                   "cortex-a53, cortex-m3, cortex-m33, "
                                   "cortex-m4, cortex-m55, cortex-m7?");
  EXPECT_EQ(getError("stm32l4"),
            "unknown target 'stm32l4'; did you mean stm32l476, stm32l4r5?");
  EXPECT_EQ(getError("riscv"), "unknown target 'riscv'; did you mean riscv32?");
  EXPECT_TRUE(getError("sparc").find(
                  "unknown target 'sparc'; the targets are aarch64, c99") == 0)
      << getError("sparc");
}

TEST(TargetDescriptionTest, UnknownOptionNamesTheRightOnes) {
  EXPECT_EQ(getError("x86-64-v4+vnnii"),
            "target 'x86-64-v4' has no option 'vnnii'; did you mean vnni?");
  EXPECT_EQ(getError("x86-64-v4+sve2"),
            "target 'x86-64-v4' has no option 'sve2'; its options are vnni, "
            "bf16");
  EXPECT_EQ(getError("c99+dsp"), "target 'c99' has no option 'dsp'");
  EXPECT_EQ(getError("c99+"), "target 'c99' has no option ''");
}

TEST(TargetDescriptionTest, UsersOwnFileRefinesATarget) {
  TemporaryTarget file(
      "name: mine\n"
      "description: my board\n"
      "base: nrf52840\n"
      "memories:\n"
      "  - { name: f, kind: flash, bytes: 1024, source: me }\n");
  TargetDescription target = get(file.str());
  EXPECT_EQ(target.name, "mine");
  EXPECT_TRUE(target.aliases.empty());
  EXPECT_EQ(target.core, "cortex-m4");
  EXPECT_EQ(target.getTotalBytes(MemoryKind::Flash), 1024u);
  EXPECT_EQ(target.getTotalBytes(MemoryKind::RAM), std::nullopt)
      << "a list is replaced, not merged";
}

TEST(TargetDescriptionTest, ErrorsOfAUsersFileNameFileAndLine) {
  auto expect = [](StringRef yaml, StringRef message) {
    TemporaryTarget file(yaml);
    std::string error = getError(file.str());
    EXPECT_TRUE(StringRef(error).contains(message)) << error;
    EXPECT_TRUE(StringRef(error).contains(file.str())) << error;
  };
  expect("name: x\n", "missing required key 'description'");
  expect("name: x\ndescription: y\nbackend: rust\n",
         ":3:10: error: unknown enumerated scalar");
  expect("name: x\ndescription: y\nfpu: single\n", "unknown key 'fpu'");
  expect("name: x\ndescription: y\nclock-hz: { value: 5 }\n",
         "missing required key 'source'");
  expect("name: x\ndescription: y\nbase: z80\n",
         "its base 'z80' is not one of Lathe's targets, which lathe targets "
         "lists");
  EXPECT_EQ(getError("./missing.yaml"),
            "cannot read the target file './missing.yaml': No such file or "
            "directory; lathe targets lists the targets that need none");
}

TEST(TargetDescriptionTest, TableHasOneLineATarget) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printTargets(os);
  llvm::SmallVector<StringRef> lines;
  StringRef(text).split(lines, '\n', -1, /*KeepEmpty=*/false);
  EXPECT_EQ(lines.size(), getTargetNames().size() + 1);
  auto line = llvm::find_if(lines, [](StringRef line) {
    return line.starts_with("stm32l4r5, nucleo-l4r5zi ");
  });
  ASSERT_NE(line, lines.end());
  for (StringRef cell : {"c", "2 MB", "640 KB", "120 MHz", "33.5 mW", "+nofp"})
    EXPECT_TRUE(line->contains(cell)) << cell.str();
}

TEST(TargetDescriptionTest, OneTargetIsDescribedWithItsOptions) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printTarget(llvm::cantFail(getTarget("stm32l4r5+nofp")), os);
  for (StringRef line :
       {"target       stm32l4r5+nofp\n", "backend      c\n",
        "core         cortex-m4\n", "triple       thumbv7em-none-eabi\n",
        "flash        flash, 2 MB (STMicroelectronics, data sheet of the "
        "STM32L4R5xx)\n",
        "clock        120 MHz (STMicroelectronics, data sheet of the "
        "STM32L4R5xx)\n",
        "emulator     qemu-system-arm -M mps2-an386 -cpu cortex-m4\n"})
    EXPECT_TRUE(StringRef(text).contains(line)) << line.str() << text;
}

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

/// A target of one's own whose costs are `costs`.
std::string getCostError(StringRef costs) {
  TemporaryTarget file(
      ("name: mine\ndescription: mine\ncosts:\n" + costs + "\n").str());
  return getError(file.str());
}

TEST(TargetDescriptionTest, EveryCortexMHasCostsWithASource) {
  for (const std::string &name : getTargetNames()) {
    TargetDescription target = get(name);
    if (!llvm::StringRef(target.core).starts_with("cortex-m"))
      continue;
    ASSERT_TRUE(target.costs) << name;
    EXPECT_FALSE(target.costs->source.empty()) << name;
    EXPECT_EQ(target.costs->validate(target.helium), "") << name;
  }
}

TEST(TargetDescriptionTest, BoardsHaveTheCostsOfTheirCore) {
  EXPECT_EQ(get("stm32l4r5").costs->cycles, get("cortex-m4").costs->cycles);
  EXPECT_EQ(get("samd21").costs->cycles, get("cortex-m0plus").costs->cycles);
  for (const char *name : {"c99", "rv32imc", "esp32s3", "nano-esp32"})
    EXPECT_FALSE(get(name).costs) << name;
}

TEST(TargetDescriptionTest, CostsNeedAFigureForEachClass) {
  EXPECT_NE(getCostError("  source: x\n  cycles: { alu: 1 }")
                .find("there is no cost of 'load'"),
            std::string::npos);
  EXPECT_NE(getCostError("  source: x\n  cycles: { alu: -1 }")
                .find("the cost of 'alu' is negative"),
            std::string::npos);
  EXPECT_NE(getCostError("  source: x\n  cycles: { jump: 1 }")
                .find("unknown key 'jump'"),
            std::string::npos);
  EXPECT_NE(getCostError("  cycles: { alu: 1 }").find("'source'"),
            std::string::npos);
}

TEST(TargetDescriptionTest, OnlyCoresWithHeliumNeedCostsOfVectors) {
  CostTable table = *get("cortex-m4").costs;
  EXPECT_EQ(table.validate(/*hasHelium=*/false), "");
  EXPECT_EQ(table.validate(/*hasHelium=*/true),
            "there is no cost of 'vector-load'");
}

TEST(TargetDescriptionTest, FunctionsStandInForWhatACoreLacks) {
  const CostTable table = *get("cortex-m4").costs;
  using Class = InstructionClass;
  EXPECT_EQ(table.getInstructions(Class::FloatAdd, FloatUnit::Single), 1);
  EXPECT_GT(table.getInstructions(Class::FloatAdd, FloatUnit::None), 1);
  EXPECT_GT(table.getInstructions(Class::DoubleAdd, FloatUnit::Single), 1);
  EXPECT_EQ(get("cortex-m7")
                .costs->getInstructions(Class::DoubleAdd, FloatUnit::Double),
            1);
  EXPECT_GT(
      get("cortex-m0plus").costs->getCycles(Class::Divide, FloatUnit::None),
      50);
}

} // namespace
