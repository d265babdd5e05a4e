//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_PROGRESS_H
#define LATHE_SUPPORT_PROGRESS_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <functional>
#include <string>

namespace lathe {

/// How progress is shown.
enum class ProgressStyle {
  /// Not at all: what -q asks for.
  Silent,
  /// A plain line now and then, for files and logs.
  Lines,
  /// A bar that is redrawn in place, for a terminal.
  Bar
};

/// `Silent` if the user asked for quiet; a bar if standard error is a terminal
/// that can move its cursor; else lines.
ProgressStyle chooseProgressStyle(bool quiet);

/// Shows how far a long piece of work of countable steps has come, and an
/// estimate of how long the rest takes, on standard error. One thread uses it.
///
///   Progress progress("calibrating", numSamples, chooseProgressStyle(quiet));
///   for (…) {
///     …
///     progress.advance();
///   }
///
/// A bar is redrawn ten times a second at most, and disappears when the work is
/// done or given up, so that messages and results follow on a clean line. Lines
/// are ten seconds apart, so that short work prints none; the last says how
/// long all took, if one came before it.
class Progress {
public:
  /// Seconds from any fixed point, never decreasing.
  using Clock = std::function<double()>;

  /// `task` says what is done, as "calibrating". With 0 as `total` the number
  /// of steps is not known, or there is but one: there is no estimate then.
  /// `clock`, if there is one, takes the place of the steady clock.
  Progress(llvm::StringRef task, int64_t total, ProgressStyle style,
           llvm::raw_ostream &os = llvm::errs(), Clock clock = nullptr);
  ~Progress() { finish(); }
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// Says that `steps` more are done.
  void advance(int64_t steps = 1);

  /// A few words to show behind the numbers from now on, as the best result
  /// so far; in ASCII.
  void setNote(llvm::StringRef text) { note = text.str(); }

  /// Calls `print`, which may write to the same stream, where it does not get
  /// mixed with the bar.
  void interrupt(llvm::function_ref<void()> print);

  /// Ends the display; further calls do nothing.
  void finish();

private:
  void redraw();
  void clearBar();
  void printLine();
  /// "12 of 100, 1:05 min left, best 3.1 dB", with what is known.
  std::string describeCount() const;
  double getElapsed() const { return clock() - begin; }

  std::string task, note;
  int64_t total;
  int64_t done = 0;
  ProgressStyle style;
  llvm::raw_ostream &os;
  Clock clock;
  /// When the work began and when something was printed last.
  double begin, last;
  /// That the bar on the screen takes.
  unsigned columns = 0;
  bool printedLine = false;
};

/// `seconds` as people read them: "8 s", "2:05 min", "1:02:05 h".
std::string formatDuration(double seconds);

} // namespace lathe

#endif // LATHE_SUPPORT_PROGRESS_H
