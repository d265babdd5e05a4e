//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/Progress.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Process.h"
#include <algorithm>
#include <chrono>
#include <cmath>

using namespace lathe;
using llvm::StringRef;

/// Seconds between two states of the bar, and between two lines.
static constexpr double barInterval = 0.1;
static constexpr double lineInterval = 10;
/// An estimate from less than this is a guess.
static constexpr double leastSecondsForEstimate = 1;

ProgressStyle lathe::chooseProgressStyle(bool quiet) {
  if (quiet)
    return ProgressStyle::Silent;
  bool movesCursor = llvm::errs().is_displayed() &&
                     llvm::sys::Process::GetEnv("TERM").value_or("") != "dumb";
  return movesCursor ? ProgressStyle::Bar : ProgressStyle::Lines;
}

std::string lathe::formatDuration(double seconds) {
  auto whole = static_cast<long long>(std::llround(seconds));
  std::string text;
  llvm::raw_string_ostream os(text);
  if (whole < 60)
    os << whole << " s";
  else if (whole < 3600)
    os << llvm::format("%lld:%02lld min", whole / 60, whole % 60);
  else
    os << llvm::format("%lld:%02lld:%02lld h", whole / 3600, whole / 60 % 60,
                       whole % 60);
  return text;
}

static double readSteadyClock() {
  std::chrono::duration<double> now =
      std::chrono::steady_clock::now().time_since_epoch();
  return now.count();
}

Progress::Progress(StringRef task, int64_t total, ProgressStyle style,
                   llvm::raw_ostream &os, Clock clock)
    : task(task), total(total), style(style), os(os),
      clock(clock ? std::move(clock) : readSteadyClock), begin(this->clock()),
      last(begin) {
  if (style == ProgressStyle::Bar)
    redraw();
}

void Progress::advance(int64_t steps) {
  done += steps;
  if (style == ProgressStyle::Silent)
    return;
  double now = clock();
  bool isBar = style == ProgressStyle::Bar;
  if (now - last < (isBar ? barInterval : lineInterval))
    return;
  last = now;
  if (isBar)
    redraw();
  else
    printLine();
}

std::string Progress::describeCount() const {
  // Of a single step there is nothing to count.
  std::string text = total == 0 && done == 0 ? "" : std::to_string(done);
  if (total > 0)
    text += " of " + std::to_string(total);
  double elapsed = getElapsed();
  if (done > 0 && done < total && elapsed >= leastSecondsForEstimate) {
    double rest =
        elapsed / static_cast<double>(done) * static_cast<double>(total - done);
    text += ", " + formatDuration(rest) + " left";
  }
  if (!note.empty())
    text += (text.empty() ? "" : ", ") + note;
  return text;
}

void Progress::printLine() {
  os << task << ": " << describeCount() << "\n";
  os.flush();
  printedLine = true;
}

void Progress::clearBar() {
  if (columns == 0)
    return;
  os << '\r';
  os.indent(columns) << '\r';
  columns = 0;
}

void Progress::redraw() {
  constexpr int64_t barWidth = 24;
  std::string text = task + " ";
  if (total > 0) {
    int64_t filled = std::min(done, total) * barWidth / total;
    text += "[" + std::string(filled, '#') +
            std::string(barWidth - filled, '-') + "] ";
  }
  text += describeCount();
  // A line that wraps could not be redrawn.
  unsigned limit = llvm::sys::Process::StandardErrColumns();
  if (limit > 1 && text.size() >= limit)
    text.resize(limit - 1);
  clearBar();
  os << text;
  os.flush();
  columns = static_cast<unsigned>(text.size());
}

void Progress::interrupt(llvm::function_ref<void()> print) {
  clearBar();
  print();
  if (style == ProgressStyle::Bar)
    redraw();
}

void Progress::finish() {
  if (style == ProgressStyle::Bar)
    clearBar();
  else if (style == ProgressStyle::Lines && printedLine)
    os << task << ": " << done << " done in " << formatDuration(getElapsed())
       << "\n";
  os.flush();
  style = ProgressStyle::Silent;
}
