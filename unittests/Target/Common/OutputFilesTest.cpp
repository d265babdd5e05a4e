//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tests of writing files all or none.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Common/OutputFiles.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <set>

using namespace lathe;
using namespace llvm;

namespace {

class OutputFilesTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(sys::fs::createUniqueDirectory("lathe-output", root));
  }
  void TearDown() override { sys::fs::remove_directories(root); }

  std::string path(StringRef name) const {
    SmallString<128> result(root);
    sys::path::append(result, name);
    return std::string(result);
  }
  std::string read(StringRef name) const {
    auto buffer = MemoryBuffer::getFile(path(name));
    return buffer ? (*buffer)->getBuffer().str() : "absent";
  }
  /// Every file and folder below the root, relative to it.
  std::set<std::string> list() const {
    std::set<std::string> found;
    std::error_code code;
    for (sys::fs::recursive_directory_iterator it(root, code), end;
         it != end && !code; it.increment(code))
      found.insert(it->path().substr(root.size() + 1));
    return found;
  }

  SmallString<128> root;
};

} // namespace

TEST_F(OutputFilesTest, CreatesFoldersAndKeepsOtherFiles) {
  std::string out = path("a/out");
  ASSERT_FALSE(errorToBool(
      writeOutputFiles(out, {{"m.c", "one"}, {"zephyr/module.yml", "two"}})));
  ASSERT_FALSE(errorToBool(writeOutputFiles(out + "/", {{"m.h", "three"}})));
  EXPECT_EQ(read("a/out/m.c"), "one");
  EXPECT_EQ(read("a/out/zephyr/module.yml"), "two");
  EXPECT_EQ(read("a/out/m.h"), "three");
  EXPECT_EQ(list().size(), 6u); // a, out, zephyr and the files
}

TEST_F(OutputFilesTest, FunctionsWriteFilesOrFail) {
  OutputFile file{"m.a", "", [](raw_ostream &os) {
                    os << "bytes";
                    return Error::success();
                  }};
  ASSERT_FALSE(errorToBool(writeOutputFiles(path("out"), file)));
  EXPECT_EQ(read("out/m.a"), "bytes");
  file.write = [](raw_ostream &os) {
    os << "half";
    return createStringError("no more");
  };
  EXPECT_EQ(toString(writeOutputFiles(path("out"), file)), "no more");
  EXPECT_EQ(read("out/m.a"), "bytes");
  EXPECT_EQ(list(), (std::set<std::string>{"out", "out/m.a"}));
}

TEST_F(OutputFilesTest, ReplacesFiles) {
  ASSERT_FALSE(errorToBool(writeOutputFiles(path("out"), {{"m.c", "old"}})));
  ASSERT_FALSE(errorToBool(writeOutputFiles(path("out"), {{"m.c", "new"}})));
  EXPECT_EQ(read("out/m.c"), "new");
  EXPECT_EQ(list().size(), 2u);
}

TEST_F(OutputFilesTest, RestoresEverythingOnFailure) {
  ASSERT_FALSE(errorToBool(writeOutputFiles(
      path("out"), {{"m.c", "old"}, {"blocked/inner", "a folder"}})));
  std::set<std::string> before = list();
  // A file cannot take the place of the folder `blocked`.
  Error error = writeOutputFiles(
      path("out"), {{"m.c", "new"}, {"sub/n.c", "new"}, {"blocked", "new"}});
  std::string message = toString(std::move(error));
  EXPECT_NE(message.find("blocked"), std::string::npos) << message;
  EXPECT_EQ(read("out/m.c"), "old");
  EXPECT_EQ(list(), before);
}

TEST_F(OutputFilesTest, LeavesNothingUnderAFile) {
  ASSERT_FALSE(errorToBool(writeOutputFiles(path("out"), {{"m.c", "old"}})));
  std::set<std::string> before = list();
  std::string message =
      toString(writeOutputFiles(path("out/m.c/deeper"), {{"n.c", "new"}}));
  EXPECT_NE(message.find("deeper"), std::string::npos) << message;
  EXPECT_EQ(list(), before);
}
