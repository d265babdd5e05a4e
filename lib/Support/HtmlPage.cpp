//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/HtmlPage.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace lathe;
using llvm::StringRef;

static constexpr StringRef style = R"(
body { font: 15px/1.45 system-ui, sans-serif; color: #222; margin: 2em auto;
       max-width: 75em; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25em .6em; text-align: right; border: 1px solid #ddd; }
th { background: #f4f4f4; } th:first-child { text-align: left; }
.chart { position: relative; margin: 1em 0; }
)";

llvm::StringRef lathe::getChartColor(size_t index) {
  static constexpr llvm::StringRef colors[] = {"#0072b2", "#e69f00", "#009e73",
                                               "#cc79a7", "#56b4e9", "#d55e00",
                                               "#f0e442", "#000000"};
  return colors[index % std::size(colors)];
}

llvm::json::Object lathe::makeChartOptions(llvm::StringRef x,
                                           llvm::StringRef y) {
  using llvm::json::Object;
  auto makeAxis = [](llvm::StringRef title) {
    return Object{
        {"title", Object{{"display", !title.empty()}, {"text", title}}}};
  };
  return Object{{"maintainAspectRatio", false},
                {"animation", false},
                {"scales", Object{{"x", makeAxis(x)}, {"y", makeAxis(y)}}}};
}

std::string lathe::escapeHtml(StringRef text) {
  std::string result;
  for (char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

llvm::Expected<HtmlPage> HtmlPage::create(StringRef title, StringRef script) {
  auto file = llvm::MemoryBuffer::getFile(script);
  if (std::error_code code = file.getError())
    return llvm::createStringError(
        "a page needs chart.js at '" + script + "': " + code.message() +
        "; install the package libjs-chart.js, as scripts/setup does, or write "
        "no page");
  HtmlPage page;
  page.title = title.str();
  page.script = (*file)->getBuffer().str();
  return page;
}

void HtmlPage::addHeading(StringRef text) {
  body += "<h2>" + escapeHtml(text) + "</h2>\n";
}

void HtmlPage::addParagraph(StringRef text) {
  body += "<p>" + escapeHtml(text) + "</p>\n";
}

void HtmlPage::addTable(llvm::ArrayRef<Row> rows) {
  llvm::raw_string_ostream os(body);
  os << "<div class=\"scroll\"><table>\n";
  for (auto [i, row] : llvm::enumerate(rows)) {
    os << "<tr>";
    for (auto [k, cell] : llvm::enumerate(row)) {
      StringRef tag = i == 0 || k == 0 ? "th" : "td";
      os << "<" << tag;
      if (cell.depth > 0)
        os << llvm::format(" style=\"background: rgba(54, 120, 200, %.2f)\"",
                           cell.depth);
      os << ">" << escapeHtml(cell.text) << "</" << tag << ">";
    }
    os << "</tr>\n";
  }
  os << "</table></div>\n";
}

/// JSON in a script: whatever its strings hold, they cannot end it.
static std::string printForScript(const llvm::json::Value &value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  std::string result;
  for (char c : text)
    result += c == '<' ? "\\u003c" : std::string(1, c);
  return result;
}

void HtmlPage::addChart(const llvm::json::Value &configuration,
                        int64_t height) {
  llvm::raw_string_ostream(body)
      << "<div class=\"chart\" style=\"height: " << height
      << "px\"><canvas id=\"chart" << charts.size() << "\"></canvas></div>\n";
  charts.push_back(printForScript(configuration));
}

void HtmlPage::print(llvm::raw_ostream &os) const {
  os << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
     << "<meta charset=\"utf-8\">\n<title>" << escapeHtml(title)
     << "</title>\n<style>" << style << "</style>\n</head>\n<body>\n<h1>"
     << escapeHtml(title) << "</h1>\n"
     << body;
  if (!charts.empty())
    os << "<script>" << script << "</script>\n<script>\n";
  for (auto [i, chart] : llvm::enumerate(charts))
    os << "new Chart(document.getElementById(\"chart" << i << "\"), " << chart
       << ");\n";
  if (!charts.empty())
    os << "</script>\n";
  os << "</body>\n</html>\n";
}
