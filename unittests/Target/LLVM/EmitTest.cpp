//===- EmitTest.cpp - Objects and libraries -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/Emit.h"
#include "LoopModule.h"
#include "lathe/Target/LLVM/TargetSpec.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "gtest/gtest.h"

#include <map>

using namespace lathe;
using llvm::StringRef;

namespace {

/// A C program that prints y of test::getMatMulModule() for x[i] = i / 16 - 1
/// and b[n] = n, one element a line.
constexpr const char *MainProgram = R"c(
#include <stdio.h>
int net_run(const float *x, const float *b, float *y, void *arena);
static _Alignas(64) char arena[64];
int main(void) {
  float x[32], b[20], y[80];
  for (int i = 0; i < 32; ++i) x[i] = (float)i / 16 - 1;
  for (int n = 0; n < 20; ++n) b[n] = (float)n;
  if (net_run(x, b, y, arena) != 0) return 1;
  for (int i = 0; i < 80; ++i) printf("%.9g\n", y[i]);
  return 0;
})c";

void expectOutput(StringRef output) {
  float x[32], b[20];
  for (int i = 0; i < 32; ++i)
    x[i] = static_cast<float>(i) / 16 - 1;
  for (int n = 0; n < 20; ++n)
    b[n] = static_cast<float>(n);
  llvm::SmallVector<StringRef> lines;
  output.split(lines, '\n', -1, /*KeepEmpty=*/false);
  ASSERT_EQ(lines.size(), 80u) << output.str();
  for (int i = 0; i < 80; ++i) {
    double expected = test::getMatMulResult(x, b, i / 20, i % 20);
    double value;
    ASSERT_FALSE(lines[i].getAsDouble(value)) << lines[i].str();
    EXPECT_NEAR(value, expected, 2e-6 * std::abs(expected) + 1e-6);
  }
}

/// test::getMatMulModule() compiled for `target`, and what it needs to live.
struct Compiled {
  test::LoopModule loops;
  TargetSpec spec;
  std::unique_ptr<llvm::TargetMachine> machine;
  NativeModule native;

  explicit Compiled(StringRef target, int64_t maxThreads = 1)
      : loops(test::getMatMulModule()),
        spec(llvm::cantFail(TargetSpec::parse(target))),
        machine(llvm::cantFail(createTargetMachine(spec))) {
    NativeOptions options;
    options.maxThreads = maxThreads;
    native =
        llvm::cantFail(lowerToNative(loops.get(), spec, *machine, options));
  }

  /// Of code that is of no use afterwards.
  std::string getArchive() {
    std::string bytes;
    llvm::raw_string_ostream os(bytes);
    llvm::cantFail(
        emitArchive(llvm::cantFail(compileObjects(native, *machine)), os));
    return bytes;
  }

  std::string getAssembly() {
    optimize(*native.code, *machine);
    std::string text;
    llvm::raw_string_ostream os(text);
    llvm::cantFail(emitAssembly(native, *machine, os));
    return text;
  }
};

/// A folder for one test, removed afterwards.
class EmitTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("lathe-emit", folder));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string getPath(StringRef name) const {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    return std::string(path);
  }

  std::string write(StringRef name, StringRef content) const {
    std::error_code code;
    llvm::raw_fd_ostream os(getPath(name), code);
    EXPECT_FALSE(code);
    os << content;
    return getPath(name);
  }

  std::string read(StringRef name) const {
    auto buffer = llvm::MemoryBuffer::getFile(getPath(name));
    return buffer ? (*buffer)->getBuffer().str() : "";
  }

  /// Runs a program found on PATH; its output goes to the file "output".
  int execute(std::vector<std::string> command) const {
    auto program = llvm::sys::findProgramByName(command.front());
    if (!program)
      return -1;
    command.front() = *program;
    std::vector<StringRef> arguments(command.begin(), command.end());
    std::string output = getPath("output");
    return llvm::sys::ExecuteAndWait(*program, arguments, std::nullopt,
                                     {StringRef(""), output, output});
  }

  /// Compiles MainProgram with `driver`, links it with the library and runs it.
  void checkProgram(std::vector<std::string> driver, StringRef library,
                    std::vector<std::string> runner = {}) const {
    std::string program = getPath("program");
    driver.insert(driver.end(), {write("main.c", MainProgram), library.str(),
                                 "-o", program, "-lm"});
    ASSERT_EQ(execute(driver), 0) << read("output");
    runner.push_back(program);
    ASSERT_EQ(execute(runner), 0) << read("output");
    expectOutput(read("output"));
  }

  llvm::SmallString<128> folder;
};

bool hasProgram(StringRef name) {
  return static_cast<bool>(llvm::sys::findProgramByName(name));
}

/// Whether this machine runs what `target` compiles to.
bool hostRuns(StringRef target) {
  auto features = llvm::sys::getHostCPUFeatures();
  if (target == "x86-64-v4")
    return features.lookup("avx512f") && features.lookup("avx512vl");
  if (target == "x86-64-v3")
    return features.lookup("avx2") && features.lookup("fma");
  return target == "x86-64-v2" && features.lookup("sse4.2");
}

class EmitX86Test : public EmitTest,
                    public testing::WithParamInterface<const char *> {};

TEST_P(EmitX86Test, ArchiveLinksWithGccAndClang) {
  if (!hostRuns(GetParam()))
    GTEST_SKIP() << "this machine is not " << GetParam();
  std::string library = write("libnet.a", Compiled(GetParam()).getArchive());
  for (const char *driver : {"gcc", "clang-22"})
    for (const char *flag : {"-pie", "-no-pie"})
      if (hasProgram(driver))
        checkProgram({driver, flag}, library);
}

TEST_P(EmitX86Test, ArchiveLinksWithEitherOpenMP) {
  if (!hostRuns(GetParam()))
    GTEST_SKIP() << "this machine is not " << GetParam();
  Compiled compiled(GetParam(), /*maxThreads=*/4);
  EXPECT_TRUE(compiled.native.usesOpenMP);
  std::string library = write("libnet.a", compiled.getArchive());
  if (hasProgram("gcc"))
    checkProgram({"gcc", "-fopenmp"}, library);
  if (hasProgram("clang-22"))
    checkProgram({"clang-22", "-fopenmp=libomp"}, library);
}

INSTANTIATE_TEST_SUITE_P(Targets, EmitX86Test,
                         testing::Values("x86-64-v2", "x86-64-v3",
                                         "x86-64-v4"));

TEST_F(EmitTest, ArchiveRunsOnAArch64) {
  if (!hasProgram("aarch64-linux-gnu-gcc") || !hasProgram("qemu-aarch64"))
    GTEST_SKIP() << "needs aarch64-linux-gnu-gcc and qemu-aarch64";
  std::string library =
      write("libnet.a", Compiled("aarch64+dotprod").getArchive());
  checkProgram({"aarch64-linux-gnu-gcc", "-static"}, library, {"qemu-aarch64"});
}

TEST_F(EmitTest, SharedLibraryLinks) {
  if (!hostRuns("x86-64-v3") || !hasProgram("cc"))
    GTEST_SKIP() << "needs cc on x86-64-v3";
  Compiled compiled("x86-64-v3");
  std::string library = getPath("libnet.so");
  llvm::Error error =
      emitSharedLibrary(compiled.native, *compiled.machine, library);
  ASSERT_FALSE(static_cast<bool>(error)) << llvm::toString(std::move(error));
  checkProgram({"cc"}, library);
}

TEST_F(EmitTest, SharedLibraryNeedsALinker) {
  Compiled compiled("x86-64-v3");
  llvm::Error error = emitSharedLibrary(compiled.native, *compiled.machine,
                                        getPath("libnet.so"), "no-such-ld");
  EXPECT_EQ(llvm::toString(std::move(error)),
            "cannot find the linker 'no-such-ld'");
}

TEST_F(EmitTest, AssemblyAndWeightsLinkToo) {
  if (!hostRuns("x86-64-v3") || !hasProgram("gcc"))
    GTEST_SKIP() << "needs gcc on x86-64-v3";
  Compiled compiled("x86-64-v3");
  std::string weights;
  llvm::raw_string_ostream os(weights);
  llvm::cantFail(
      emitWeightsObject(compiled.native.weights, *compiled.machine, os));
  checkProgram({"gcc", write("net.s", compiled.getAssembly())},
               write("weights.o", weights));
}

/// Name and binding and visibility of the defined symbols that are not local.
std::map<std::string, std::string> getGlobalSymbols(StringRef object) {
  std::map<std::string, std::string> symbols;
  auto file = llvm::cantFail(llvm::object::ObjectFile::createELFObjectFile(
      llvm::MemoryBufferRef(object, "object")));
  auto *elf = llvm::cast<llvm::object::ELFObjectFileBase>(file.get());
  for (llvm::object::ELFSymbolRef symbol : elf->symbols())
    if (symbol.getBinding() == llvm::ELF::STB_GLOBAL &&
        !(llvm::cantFail(symbol.getFlags()) &
          llvm::object::SymbolRef::SF_Undefined))
      symbols[llvm::cantFail(symbol.getName()).str()] =
          (symbol.getOther() & 3) == llvm::ELF::STV_HIDDEN ? "hidden"
                                                           : "default";
  return symbols;
}

TEST_F(EmitTest, OnlyTheEntryIsVisible) {
  for (const char *target : {"x86-64-v4", "aarch64"}) {
    Compiled compiled(target, /*maxThreads=*/2);
    std::string object;
    llvm::raw_string_ostream os(object);
    llvm::cantFail(emitObject(compiled.native, *compiled.machine, os));
    std::map<std::string, std::string> expected = {{"net_run", "default"},
                                                   {"net_weights", "hidden"}};
    EXPECT_EQ(getGlobalSymbols(object), expected) << target;
  }
}

TEST_F(EmitTest, EmissionsAreByteIdentical) {
  for (const char *target : {"x86-64-v4+vnni", "aarch64"}) {
    Compiled first(target), second(target);
    EXPECT_EQ(first.getArchive(), second.getArchive());
  }
}

TEST_F(EmitTest, V4ComputesWithFullVectors) {
  Compiled compiled("x86-64-v4");
  EXPECT_TRUE(StringRef(compiled.getAssembly()).contains("zmm"));
}

} // namespace
