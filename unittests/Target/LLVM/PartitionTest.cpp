//===- PartitionTest.cpp - Code in parts that are compiled apart ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/Partition.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace lathe;
using llvm::StringRef;

namespace {

/// Two entries, kernels of 2, 6, 3 and 4 instructions, the third with a thread
/// function of 1, a helper of 3 with a constant that all but the first call,
/// and a counter of the first and the last.
constexpr const char *Model = R"ll(
@weights = external hidden constant [64 x i8]
@table = internal constant [2 x i32] [i32 3, i32 5]
@counter = internal global i32 0

declare void @GOMP_parallel(ptr, ptr, i32, i32)

define internal i32 @helper(i32 %i) {
  %p = getelementptr i32, ptr @table, i32 %i
  %v = load i32, ptr %p
  ret i32 %v
}

define internal void @small(ptr %x) noinline {
  store i32 1, ptr @counter
  ret void
}

define internal void @large(ptr %x) noinline {
  %a = call i32 @helper(i32 0)
  %b = add i32 %a, 7
  %c = mul i32 %b, %b
  %d = xor i32 %c, %a
  store i32 %d, ptr %x
  ret void
}

define internal void @thread(ptr %x) {
  ret void
}

define internal void @parallel(ptr %x) noinline {
  %a = call i32 @helper(i32 0)
  call void @GOMP_parallel(ptr @thread, ptr %x, i32 %a, i32 0)
  ret void
}

define internal void @last(ptr %x) noinline {
  %a = call i32 @helper(i32 1)
  %b = load i32, ptr @counter
  store i32 %b, ptr %x
  ret void
}

define i32 @net_run(ptr %x) {
  call void @small(ptr @weights)
  call void @large(ptr %x)
  call void @parallel(ptr %x)
  call void @last(ptr %x)
  ret i32 0
}

define i32 @net_reset(ptr %x) {
  call void @small(ptr %x)
  ret i32 0
}
)ll";

class PartitionTest : public testing::Test {
protected:
  PartitionTest() {
    llvm::SMDiagnostic error;
    code = llvm::parseAssemblyString(Model, error, context);
    if (!code)
      error.print("PartitionTest", llvm::errs());
  }

  /// The names of the functions in each part.
  static std::vector<std::vector<std::string>>
  getNames(const Partition &partition) {
    std::vector<std::vector<std::string>> names(partition.getNumParts());
    for (unsigned part = 0; part < partition.getNumParts(); ++part)
      for (const FunctionGroup &group : partition.getPart(part))
        for (const llvm::Function *function : group)
          names[part].push_back(function->getName().str());
    return names;
  }

  std::vector<std::unique_ptr<llvm::Module>> split(Partition &partition) {
    std::vector<std::unique_ptr<llvm::Module>> parts;
    partition.split("net", [&](llvm::SmallVector<char, 0> bitcode) {
      auto part = llvm::cantFail(llvm::parseBitcodeFile(
          {StringRef(bitcode.data(), bitcode.size()), "part"}, context));
      EXPECT_FALSE(llvm::verifyModule(*part, &llvm::errs()));
      parts.push_back(std::move(part));
    });
    return parts;
  }

  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code;
};

using Names = std::vector<std::vector<std::string>>;

TEST_F(PartitionTest, LittleCodeStaysWhole) {
  Partition partition(*code);
  EXPECT_EQ(getNames(partition),
            (Names{{"net_run", "net_reset", "small", "large", "helper",
                    "parallel", "helper", "thread", "last", "helper"}}));
  auto parts = split(partition);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_TRUE(parts[0]->getFunction("large")->hasLocalLinkage());
}

TEST_F(PartitionTest, PartsAreBalancedByWhatIsCompiledInThem) {
  // Of 32 instructions: entries 7, large 9, parallel 7, last 7 and small 2.
  Partition partition(*code, {/*minInstructions=*/10, /*maxParts=*/16});
  EXPECT_EQ(getNames(partition),
            (Names{{"net_run", "net_reset", "last", "helper"},
                   {"large", "helper"},
                   {"small", "parallel", "helper", "thread"}}));
}

TEST_F(PartitionTest, NumberOfPartsIsLimitedByFunctionsAndOptions) {
  EXPECT_EQ(Partition(*code, {1, 16}).getNumParts(), 5u);
  EXPECT_EQ(Partition(*code, {1, 3}).getNumParts(), 3u);
  EXPECT_EQ(Partition(*code, {0, 1}).getNumParts(), 1u);
  llvm::Module empty("empty", context);
  EXPECT_EQ(Partition(empty, {1, 16}).getNumParts(), 1u);
}

TEST_F(PartitionTest, KernelsAreHiddenAndCalledAfterTheModel) {
  Partition partition(*code, {1, 16});
  for (const auto &part : split(partition))
    for (llvm::Function &function : *part)
      if (!function.isDeclaration() && !function.hasLocalLinkage() &&
          function.getName() != "net_run" &&
          function.getName() != "net_reset") {
        EXPECT_TRUE(function.hasHiddenVisibility());
        EXPECT_TRUE(function.getName().starts_with("net."))
            << function.getName().str();
      }
}

TEST_F(PartitionTest, ConstantsAndHelpersAreCopiedAndVariablesAreNot) {
  Partition partition(*code, {1, 16});
  unsigned helpers = 0, tables = 0, counters = 0;
  for (const auto &part : split(partition)) {
    if (llvm::Function *helper = part->getFunction("helper"))
      helpers += !helper->isDeclaration() && helper->hasLocalLinkage();
    if (llvm::GlobalVariable *table = part->getNamedGlobal("table"))
      tables += table->hasInitializer() && table->hasLocalLinkage();
    if (llvm::GlobalVariable *counter = part->getNamedGlobal("net.counter"))
      counters += counter->hasInitializer();
    llvm::GlobalVariable *weights = part->getNamedGlobal("weights");
    EXPECT_TRUE(!weights || weights->isDeclaration());
  }
  EXPECT_EQ(helpers, 3u);
  EXPECT_EQ(tables, 5u);
  EXPECT_EQ(counters, 1u);
}

TEST_F(PartitionTest, PartsLinkToTheWhole) {
  Partition partition(*code, {1, 16});
  llvm::Module whole("whole", context);
  whole.setDataLayout(code->getDataLayout());
  for (std::unique_ptr<llvm::Module> &part : split(partition))
    ASSERT_FALSE(llvm::Linker::linkModules(whole, std::move(part)));
  EXPECT_FALSE(llvm::verifyModule(whole, &llvm::errs()));
  for (llvm::Function &function : whole)
    EXPECT_TRUE(!function.isDeclaration() || function.use_empty() ||
                function.getName() == "GOMP_parallel")
        << function.getName().str();
}

} // namespace
