//===- TargetSpecTest.cpp - Names of processors ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/TargetSpec.h"

#include "llvm/Target/TargetMachine.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

std::string getError(llvm::StringRef text) {
  auto spec = TargetSpec::parse(text);
  return spec ? "" : llvm::toString(spec.takeError());
}

TEST(TargetSpec, ReadsProcessorsAndFeatures) {
  TargetSpec v4 = llvm::cantFail(TargetSpec::parse("x86-64-v4+vnni"));
  EXPECT_EQ(v4.triple, "x86_64-unknown-linux-gnu");
  EXPECT_EQ(v4.cpu, "x86-64-v4");
  EXPECT_EQ(v4.features, "+avx512vnni");
  EXPECT_EQ(v4.preferVectorWidth, 512u);
  TargetSpec v3 = llvm::cantFail(TargetSpec::parse("x86-64-v3+vnni"));
  EXPECT_EQ(v3.features, "+avxvnni");
  EXPECT_EQ(v3.preferVectorWidth, 0u);
  TargetSpec arm = llvm::cantFail(TargetSpec::parse("aarch64+dotprod+i8mm"));
  EXPECT_EQ(arm.triple, "aarch64-unknown-linux-gnu");
  EXPECT_EQ(arm.cpu, "generic");
  EXPECT_EQ(arm.features, "+dotprod,+i8mm");
  EXPECT_EQ(llvm::cantFail(TargetSpec::parse("cortex-a53")).cpu, "cortex-a53");
}

TEST(TargetSpec, SaysWhatIsWrong) {
  EXPECT_NE(getError("pentium").find("unknown processor 'pentium'"),
            std::string::npos);
  EXPECT_NE(getError("x86-64-v9").find("unknown processor 'x86-64-v9'"),
            std::string::npos);
  EXPECT_EQ(getError("aarch64+mmx"), "'mmx' is no feature of aarch64");
  EXPECT_NE(getError("x86-64-v2+vnni").find("x86-64-v3+vnni"),
            std::string::npos);
}

TEST(TargetSpec, MakesMachines) {
  for (const char *text : {"x86-64-v2", "x86-64-v3", "x86-64-v4+vnni",
                           "aarch64+dotprod+i8mm", "host"}) {
    TargetSpec spec = llvm::cantFail(TargetSpec::parse(text));
    auto machine = llvm::cantFail(createTargetMachine(spec));
    EXPECT_TRUE(machine->isPositionIndependent()) << text;
  }
}

} // namespace
