//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Evaluation/SampleSelection.h"
#include "gtest/gtest.h"

using namespace lathe;
using Indices = std::vector<int64_t>;

namespace {

Indices select(llvm::StringRef text, int64_t count,
               std::optional<int64_t> limit = std::nullopt) {
  auto selection = SampleSelection::parse(text);
  if (!selection) {
    ADD_FAILURE() << llvm::toString(selection.takeError());
    return {};
  }
  if (limit)
    selection->setLimit(*limit);
  auto indices = selection->select(count);
  if (indices)
    return *indices;
  ADD_FAILURE() << llvm::toString(indices.takeError());
  return {};
}

TEST(SampleSelectionTest, HalvesHaveNoSampleInCommonAndMissNone) {
  EXPECT_EQ(select("even", 5), (Indices{0, 2, 4}));
  EXPECT_EQ(select("odd", 5), (Indices{1, 3}));
}

TEST(SampleSelectionTest, RangesEndBeforeTheirEnd) {
  EXPECT_EQ(select("1:3", 5), (Indices{1, 2}));
  EXPECT_EQ(select(":2", 5), (Indices{0, 1}));
  EXPECT_EQ(select("3:", 5), (Indices{3, 4}));
  EXPECT_EQ(select("3:100", 5), (Indices{3, 4}));
}

TEST(SampleSelectionTest, LimitCountsWhatIsSelected) {
  EXPECT_EQ(select("odd", 100, 2), (Indices{1, 3}));
}

TEST(SampleSelectionTest, WithoutChoiceAllAreTaken) {
  EXPECT_EQ(*SampleSelection().select(2), (Indices{0, 1}));
}

TEST(SampleSelectionTest, NothingSelectedIsAnError) {
  auto selection = SampleSelection::parse("7:9");
  ASSERT_TRUE(bool(selection));
  EXPECT_EQ(llvm::toString(selection->select(5).takeError()),
            "none of the 5 samples is selected");
}

TEST(SampleSelectionTest, OtherTextsAreErrors) {
  for (const char *text : {"", "5", "a:b", "3:3", "-1:5", "0x1:2", "evens"})
    EXPECT_EQ(llvm::toString(SampleSelection::parse(text).takeError()),
              "'" + std::string(text) +
                  "' is neither 'even', 'odd' nor a range of samples, as "
                  "100:200");
}

} // namespace
