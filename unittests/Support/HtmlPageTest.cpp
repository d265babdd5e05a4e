//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/HtmlPage.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"
#include "gtest/gtest.h"

using namespace lathe;
using llvm::StringRef;

namespace {

/// A page whose chart.js is a file of one line.
class HtmlPageTest : public testing::Test {
protected:
  void SetUp() override {
    int file;
    ASSERT_FALSE(
        llvm::sys::fs::createTemporaryFile("chart", "js", file, library));
    llvm::raw_fd_ostream(file, /*shouldClose=*/true) << "class Chart {}";
  }
  void TearDown() override { llvm::sys::fs::remove(library); }

  std::string print(llvm::function_ref<void(HtmlPage &)> fill) {
    llvm::Expected<HtmlPage> page = HtmlPage::create("a < b", library);
    if (!page) {
      ADD_FAILURE() << llvm::toString(page.takeError());
      return "";
    }
    fill(*page);
    std::string text;
    llvm::raw_string_ostream os(text);
    page->print(os);
    return text;
  }

  llvm::SmallString<128> library;
};

TEST_F(HtmlPageTest, TextCannotBecomeTags) {
  std::string text = print([](HtmlPage &page) {
    page.addHeading("<h>");
    page.addParagraph("\"p\" & <p>");
    page.addTable({{{"<model>"}, {"x"}}, {{"m"}, {"1", 0.5}}});
  });
  StringRef page(text);
  EXPECT_TRUE(page.contains("<title>a &lt; b</title>"));
  EXPECT_TRUE(page.contains("<h2>&lt;h&gt;</h2>"));
  EXPECT_TRUE(page.contains("<p>&quot;p&quot; &amp; &lt;p&gt;</p>"));
  EXPECT_TRUE(page.contains("<th>&lt;model&gt;</th><th>x</th>"));
  EXPECT_TRUE(page.contains(
      "<th>m</th><td style=\"background: rgba(54, 120, 200, 0.50)\">1</td>"));
}

TEST_F(HtmlPageTest, ChartsComeWithTheLibraryAndCannotEndTheScript) {
  std::string text = print([](HtmlPage &page) {
    page.addChart(llvm::json::Object{{"type", "</script>"}}, 100);
  });
  StringRef page(text);
  EXPECT_TRUE(page.contains("<script>class Chart {}</script>"));
  EXPECT_TRUE(page.contains("new Chart(document.getElementById(\"chart0\"), "
                            "{\"type\":\"\\u003c/script>\"});"));
  EXPECT_EQ(page.count("</script>"), 2u);
}

TEST_F(HtmlPageTest, WithoutChartsThereIsNoScript) {
  EXPECT_FALSE(StringRef(print([](HtmlPage &) {})).contains("<script"));
}

TEST_F(HtmlPageTest, MissingLibrarySaysWhatToInstall) {
  llvm::Expected<HtmlPage> page = HtmlPage::create("t", "/none/chart.min.js");
  EXPECT_EQ(llvm::toString(page.takeError()),
            "a page needs chart.js at '/none/chart.min.js': No such file or "
            "directory; install the package libjs-chart.js, as scripts/setup "
            "does, or write no page");
}

} // namespace
