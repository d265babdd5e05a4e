//===- VersionsTest.cpp - One library for several processors --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/Versions.h"
#include "LoopModule.h"
#include "lathe/Target/LLVM/Emit.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "gtest/gtest.h"

using namespace lathe;
using llvm::StringRef;

namespace {

/// A module `net` that returns y = `scale` for any x, from a weight, and a
/// second weight that each of them has.
std::string getModule(StringRef scale) {
  return R"mlir(
    memref.global "private" constant @same : memref<4xf32> = dense<0.0>
    memref.global "private" constant @w : memref<64xf32> = dense<)mlir" +
         scale.str() + R"mlir(>
    func.func @net_run(%x: memref<1xf32>, %y: memref<1xf32>,
                       %arena: memref<64xi8> {lathe.align = 64 : i64})
        attributes {lathe.entry, lathe.model = "net",
                    lathe.num_inputs = 1 : i64} {
      %c3 = arith.constant 3 : index
      %c0 = arith.constant 0 : index
      %same = memref.get_global @same : memref<4xf32>
      %w = memref.get_global @w : memref<64xf32>
      %a = memref.load %same[%c3] : memref<4xf32>
      %b = memref.load %w[%c3] : memref<64xf32>
      %c = arith.addf %a, %b : f32
      memref.store %c, %y[%c0] : memref<1xf32>
      return
    })mlir";
}

/// Versions for the given targets, which return 1, 2 and so on.
class Versions {
public:
  Versions(std::initializer_list<const char *> targets)
      : spec(llvm::cantFail(TargetSpec::parse("x86-64"))),
        machine(llvm::cantFail(createTargetMachine(spec))) {
    WeightsBlob weights;
    for (StringRef target : targets) {
      std::string scale = std::to_string(modules.size() + 1) + ".0";
      modules.push_back(std::make_unique<test::LoopModule>(getModule(scale)));
      NativeVersion &version = versions.emplace_back();
      version.name = (target + "." + llvm::Twine(modules.size())).str();
      version.spec = llvm::cantFail(TargetSpec::parse(target));
      version.machine = llvm::cantFail(createTargetMachine(version.spec));
      version.code = llvm::cantFail(lowerToNative(
          modules.back()->get(), version.spec, *version.machine, {}, weights));
      weights = version.code.weights;
    }
  }

  void setNames(StringRef name) {
    for (NativeVersion &version : versions)
      version.name = name.str();
  }

  llvm::Expected<NativeModule> join() {
    return joinVersions(versions, spec, *machine);
  }

  std::string getError() {
    llvm::Expected<NativeModule> joined = join();
    return joined ? "no error" : llvm::toString(joined.takeError());
  }

  /// What the version that is chosen here returns; -1 for an error.
  float run() {
    NativeModule joined = llvm::cantFail(join());
    optimize(*joined.code, *machine);
    EXPECT_FALSE(llvm::verifyModule(*joined.code, &llvm::errs()));
    llvm::SmallString<0> object;
    llvm::raw_svector_ostream os(object);
    llvm::cantFail(emitObject(joined, *machine, os));
    auto jit = llvm::cantFail(llvm::orc::LLJITBuilder().create());
    llvm::cantFail(
        jit->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(object)));
    auto net = llvm::cantFail(jit->lookup("net_run"))
                   .toPtr<int(const float *, float *, void *)>();
    alignas(64) char arena[64];
    float x = 0, y = 0;
    int status = net(&x, &y, arena);
    EXPECT_EQ(net(&x, &y, arena), status) << "the second time";
    return status == 0 ? y : -1;
  }

private:
  std::vector<std::unique_ptr<test::LoopModule>> modules;
  TargetSpec spec;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::vector<NativeVersion> versions;
};

bool isX86() {
  return llvm::Triple(llvm::sys::getProcessTriple()).getArch() ==
         llvm::Triple::x86_64;
}

TEST(VersionsTest, WeightsAreThereOnceAndBehindThemWhatIsOfOneVersion) {
  NativeModule joined =
      llvm::cantFail(Versions({"x86-64-v3", "x86-64-v2"}).join());
  ASSERT_EQ(joined.weights.segments.size(), 3u);
  EXPECT_EQ(joined.weights.getConstantBytes(), 16u + 2 * 256u);
  EXPECT_EQ(joined.entries, std::vector<std::string>{"net_run"});
}

TEST(VersionsTest, FirstThatTheProcessorCanRunIsCalledWithItsWeights) {
  if (!isX86())
    GTEST_SKIP() << "needs x86-64";
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  bool isV3 = features.lookup("avx2") && features.lookup("fma") &&
              features.lookup("bmi2") && features.lookup("f16c");
  bool isV4 = features.lookup("avx512vl") && features.lookup("avx512bw");
  float expected = isV4 ? 1 : isV3 ? 2 : 3;
  EXPECT_EQ(Versions({"x86-64-v4", "x86-64-v3", "x86-64"}).run(), expected);
  EXPECT_EQ(Versions({"x86-64", "x86-64-v3"}).run(), 1);
}

TEST(VersionsTest, DotProductsAreOneOfTheFeatures) {
  if (!isX86())
    GTEST_SKIP() << "needs x86-64";
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  EXPECT_EQ(Versions({"x86-64-v4+vnni", "x86-64"}).run(),
            features.lookup("avx512vnni") ? 1 : 2);
  EXPECT_EQ(Versions({"x86-64-v3+vnni", "x86-64"}).run(),
            features.lookup("avxvnni") ? 1 : 2);
}

TEST(VersionsTest, NamesAreDifferent) {
  Versions versions({"x86-64-v3", "x86-64-v2"});
  versions.setNames("v+4");
  EXPECT_EQ(versions.getError(), "two versions of 'net' are called 'v+4'");
}

TEST(VersionsTest, ProcessorMustBeAskedForEachFeature) {
  EXPECT_EQ(Versions({"x86-64-v3+sse4a", "x86-64-v2"}).getError(),
            "Lathe does not know how to ask a processor for 'sse4a', so no "
            "library can choose a version that uses it");
  EXPECT_EQ(Versions({"aarch64+dotprod", "aarch64"}).getError(),
            "a library can choose among versions on x86-64 only, not for "
            "aarch64-unknown-linux-gnu");
}

} // namespace
