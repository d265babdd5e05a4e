//===- PlanTest.cpp - plan.json -------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/Plan.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

/// A folder with a plan.json of `text`.
class PlanFolder {
public:
  explicit PlanFolder(llvm::StringRef text) {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("plan", path));
    llvm::SmallString<128> file(path);
    llvm::sys::path::append(file, Plan::fileName);
    std::error_code error;
    llvm::raw_fd_ostream os(file, error);
    os << text;
  }
  ~PlanFolder() { llvm::sys::fs::remove_directories(path); }

  llvm::SmallString<128> path;
};

Plan makePlan() {
  Plan plan;
  plan.model = "m";
  plan.network = "n";
  plan.inputs = {"x"};
  plan.outputs = {"y"};
  plan.outputDevice = 1;
  plan.devices = {{"a", "c99", "a profile", true, 0.25, 1.5, 64},
                  {"b", "cortex-m4", "its instructions", false, 0, 0, 0}};
  plan.components = {
      {"m_a", 0, {"conv1", "conv2"}, {"conv2"}, {"x"}, {"y"}, 0.25, 8, 64}};
  plan.transfers = {{"y", 0, 1, "raw", 16, 0.001}};
  plan.latencySeconds = 0.251;
  plan.joules = 1.5;
  plan.objective = 0.251;
  plan.bound = 0.2;
  plan.precision = {0.001, 0.25, 0.125};
  plan.simulation = {20,   0.5, 0.25,        0.375,     0.5,
                     0.75, 2,   {0.5, 0.25}, {0, 0.125}};
  return plan;
}

TEST(PlanTest, IsReadAsItWasWritten) {
  Plan plan = makePlan();
  PlanFolder folder(plan.print());
  ASSERT_TRUE(Plan::isPlan(folder.path));
  auto read = Plan::load(folder.path);
  ASSERT_TRUE(static_cast<bool>(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(read->print(), plan.print());
  EXPECT_EQ(read->components[0].units, plan.components[0].units);
  EXPECT_EQ(read->components[0].int8Units, plan.components[0].int8Units);
  EXPECT_EQ(read->transfers[0].to, 1u);
  ASSERT_TRUE(read->precision.has_value());
  EXPECT_EQ(read->precision->bound, 0.125);
  ASSERT_TRUE(read->simulation.has_value());
  EXPECT_EQ(read->simulation->runs, 20u);
  EXPECT_EQ(read->simulation->uplinkShares, plan.simulation->uplinkShares);
  EXPECT_NEAR(read->getGap(), 0.2031872, 1e-6);
  EXPECT_FALSE(Plan::isPlan(folder.path.str().str() + "/none"));
}

TEST(PlanTest, OthersAreRefused) {
  auto fail = [](llvm::StringRef text) {
    PlanFolder folder(text);
    auto read = Plan::load(folder.path);
    EXPECT_FALSE(static_cast<bool>(read));
    return read ? std::string() : llvm::toString(read.takeError());
  };
  EXPECT_NE(fail("[").find("plan.json: is not JSON"), std::string::npos);
  EXPECT_NE(fail("{\"lathe_plan\": 2}").find("another version of Lathe"),
            std::string::npos);
  EXPECT_NE(fail("{\"lathe_plan\": 1}").find("model"), std::string::npos);
  Plan plan = makePlan();
  plan.transfers[0].to = 2;
  EXPECT_NE(fail(plan.print()).find("a device that is not listed"),
            std::string::npos);
  plan = makePlan();
  plan.simulation->deviceShares.pop_back();
  EXPECT_NE(fail(plan.print()).find("the simulation of other devices"),
            std::string::npos);
}

} // namespace
