//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/Progress.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

/// Work whose steps take as long as a test says, and what it prints.
struct ProgressTest : testing::Test {
  Progress start(ProgressStyle style, int64_t total) {
    return Progress("calibrating", total, style, os, [this] { return now; });
  }

  /// Passes the time and does a step.
  void step(Progress &progress, double seconds) {
    now += seconds;
    progress.advance();
  }

  double now = 1000;
  std::string text;
  llvm::raw_string_ostream os{text};
};

TEST_F(ProgressTest, LinesAreTenSecondsApart) {
  {
    Progress progress = start(ProgressStyle::Lines, 100);
    for (int i = 0; i < 5; ++i)
      step(progress, 5);
  }
  EXPECT_EQ(text, "calibrating: 2 of 100, 8:10 min left\n"
                  "calibrating: 4 of 100, 8:00 min left\n"
                  "calibrating: 5 done in 25 s\n");
}

TEST_F(ProgressTest, ShortWorkPrintsNoLine) {
  {
    Progress progress = start(ProgressStyle::Lines, 100);
    for (int i = 0; i < 100; ++i)
      step(progress, 0.09);
  }
  EXPECT_EQ(text, "");
}

TEST_F(ProgressTest, SilentPrintsNothing) {
  {
    Progress progress = start(ProgressStyle::Silent, 3);
    for (int i = 0; i < 3; ++i)
      step(progress, 100);
  }
  EXPECT_EQ(text, "");
}

TEST_F(ProgressTest, BarIsRedrawnInPlaceAndDisappears) {
  {
    Progress progress = start(ProgressStyle::Bar, 2);
    step(progress, 30);
    step(progress, 30);
  }
  std::string full = "calibrating [########################] 2 of 2";
  EXPECT_EQ(text,
            "calibrating [------------------------] 0 of 2\r" +
                std::string(45, ' ') +
                "\rcalibrating [############------------] 1 of 2, 30 s left\r" +
                std::string(56, ' ') + "\r" + full + "\r" +
                std::string(full.size(), ' ') + "\r");
}

TEST_F(ProgressTest, BarIsNotRedrawnForEachOfManySteps) {
  Progress progress = start(ProgressStyle::Bar, 1000);
  text.clear();
  for (int i = 0; i < 1000; ++i)
    step(progress, 0.0009);
  // 0.9 seconds.
  EXPECT_LE(llvm::StringRef(text).count("calibrating"), 9u);
  EXPECT_GE(llvm::StringRef(text).count("calibrating"), 8u);
}

TEST_F(ProgressTest, MessagesGetALineOfTheirOwn) {
  Progress progress = start(ProgressStyle::Bar, 0);
  progress.setNote("best 3 dB");
  progress.interrupt([&] { os << "warning: NaN\n"; });
  EXPECT_EQ(text, "calibrating \r            \rwarning: NaN\n"
                  "calibrating best 3 dB");
}

TEST_F(ProgressTest, WorkWithoutKnownEndHasNoEstimate) {
  Progress progress = start(ProgressStyle::Lines, 0);
  step(progress, 20);
  EXPECT_EQ(text, "calibrating: 1\n");
}

TEST(FormatDurationTest, UnitsFollowTheLength) {
  EXPECT_EQ(formatDuration(0.4), "0 s");
  EXPECT_EQ(formatDuration(59.4), "59 s");
  EXPECT_EQ(formatDuration(59.6), "1:00 min");
  EXPECT_EQ(formatDuration(125), "2:05 min");
  EXPECT_EQ(formatDuration(3725), "1:02:05 h");
}

} // namespace
