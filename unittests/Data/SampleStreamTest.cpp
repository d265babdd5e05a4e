//===- SampleStreamTest.cpp - Samples read ahead --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Data/SampleStream.h"
#include "TestFiles.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

/// Samples called by their indices, one of which cannot be read.
class NumberedDataset : public Dataset {
public:
  explicit NumberedDataset(int64_t broken = -1) : broken(broken) {}

  llvm::StringRef getKind() const override { return "numbers"; }
  int64_t getNumSamples() const override { return 100; }
  llvm::Expected<Sample> read(int64_t index) override {
    if (index == broken)
      return llvm::createStringError("sample 7 is broken");
    Sample sample;
    sample.name = std::to_string(index);
    return sample;
  }

private:
  int64_t broken;
};

TEST(SampleStreamTest, SamplesComeInTheirOrder) {
  NumberedDataset dataset;
  std::vector<int64_t> indices = {3, 1, 99, 1};
  for (int64_t i = 0; i < 50; ++i)
    indices.push_back(i);
  SampleStream stream(dataset, indices);
  for (int64_t index : indices) {
    llvm::Expected<Sample> sample = stream.next();
    ASSERT_TRUE(bool(sample)) << getMessage(sample);
    EXPECT_EQ(sample->name, std::to_string(index));
  }
}

TEST(SampleStreamTest, ErrorComesInItsPlace) {
  NumberedDataset dataset(7);
  SampleStream stream(dataset, {6, 7, 8});
  llvm::Expected<Sample> sample = stream.next();
  ASSERT_TRUE(bool(sample)) << getMessage(sample);
  EXPECT_EQ(getMessage(stream.next()), "sample 7 is broken");
}

TEST(SampleStreamTest, StreamMayEndBeforeItsSamples) {
  NumberedDataset dataset(7);
  for (int64_t taken = 0; taken < 3; ++taken) {
    SampleStream stream(dataset, {4, 5, 6, 7, 8, 9, 10});
    for (int64_t i = 0; i < taken; ++i)
      EXPECT_EQ(getMessage(stream.next()), "");
  }
}

TEST(SampleStreamTest, WorkEndsWithTheFirstError) {
  NumberedDataset dataset(7);
  std::string names;
  auto collect = [&](const Sample &sample) -> llvm::Error {
    names += sample.name + " ";
    if (sample.name == "3")
      return llvm::createStringError("enough");
    return llvm::Error::success();
  };
  EXPECT_EQ(getMessage(forEachSample(dataset, {1, 2}, collect)), "");
  EXPECT_EQ(getMessage(forEachSample(dataset, {2, 3, 4}, collect)), "enough");
  EXPECT_EQ(getMessage(forEachSample(dataset, {6, 7, 8}, collect)),
            "sample 7 is broken");
  EXPECT_EQ(names, "1 2 2 3 6 ");
}

TEST(SampleStreamTest, FewSamplesAreSpreadOverAll) {
  EXPECT_EQ(spreadSamples(10, 4), (std::vector<int64_t>{0, 2, 5, 7}));
  EXPECT_EQ(spreadSamples(3, 8), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_TRUE(spreadSamples(3, 0).empty());
}

} // namespace
