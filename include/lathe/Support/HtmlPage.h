//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_HTMLPAGE_H
#define LATHE_SUPPORT_HTMLPAGE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <string>
#include <vector>

namespace lathe {

/// A report as one file that needs nothing else: its charts are drawn by
/// chart.js, which the page holds a copy of.
class HtmlPage {
public:
  /// A cell of a table: its text, and how deep it is coloured, from 0 to 1.
  struct Cell {
    std::string text;
    double depth = 0;
  };
  using Row = std::vector<Cell>;

  /// Where Debian's package libjs-chart.js has chart.js.
  static constexpr llvm::StringLiteral chartScript =
      "/usr/share/javascript/chart.js/chart.min.js";

  /// An empty page, with chart.js from the file `script`. Fails, saying what to
  /// install, if that cannot be read.
  static llvm::Expected<HtmlPage> create(llvm::StringRef title,
                                         llvm::StringRef script = chartScript);

  /// The functions below take plain text, and escape it.
  void addHeading(llvm::StringRef text);
  void addParagraph(llvm::StringRef text);
  /// The first cell of each row, and the first row, are headings.
  void addTable(llvm::ArrayRef<Row> rows);
  /// A chart, as chart.js configures it, without functions. `height` is in
  /// pixels of CSS; the width is that of the page.
  void addChart(const llvm::json::Value &configuration, int64_t height);

  void print(llvm::raw_ostream &os) const;

private:
  HtmlPage() = default;

  std::string title, script, body;
  std::vector<std::string> charts;
};

/// The colours of a chart's sets, those of Okabe and Ito, "Color Universal
/// Design": told apart by the colour-blind, too.
llvm::StringRef getChartColor(size_t index);

/// The options of a chart that fills its place, with titles of its axes, none
/// where they are empty.
llvm::json::Object makeChartOptions(llvm::StringRef x, llvm::StringRef y);

/// `text` for a place between tags, or in an attribute in quotes.
std::string escapeHtml(llvm::StringRef text);

} // namespace lathe

#endif // LATHE_SUPPORT_HTMLPAGE_H
