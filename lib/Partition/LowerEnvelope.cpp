//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LowerEnvelope.h"

using namespace lathe::partition;
using llvm::Error;
using llvm::Expected;

namespace {

class EnvelopeFinder {
public:
  explicit EnvelopeFinder(const LineSource &source) : source(source) {}

  /// Between `begin`, where `first` is lowest, and `end`, where `last` is.
  Error find(double begin, unsigned first, double end, unsigned last);

  std::vector<EnvelopePiece> pieces;

private:
  void add(double begin, double end, unsigned line);

  const LineSource &source;
};

} // namespace

void EnvelopeFinder::add(double begin, double end, unsigned line) {
  if (!pieces.empty() && pieces.back().line == line)
    pieces.back().end = end;
  else
    pieces.push_back({begin, end, line});
}

Error EnvelopeFinder::find(double begin, unsigned first, double end,
                           unsigned last) {
  if (first == last) {
    add(begin, end, first);
    return Error::success();
  }
  EnvelopeLine atBegin = source.getLine(first), atEnd = source.getLine(last);
  double steeper = atEnd.slope - atBegin.slope;
  // Where both are lowest all the way, they are the same line but for rounding.
  double corner =
      steeper != 0 ? (atBegin.constant - atEnd.constant) / steeper : begin;
  if (!(corner < begin && corner > end)) {
    add(begin, end, corner >= begin ? last : first);
    return Error::success();
  }
  Expected<std::optional<unsigned>> found = source.findLowest(corner);
  if (!found)
    return found.takeError();
  double known = atBegin.at(corner);
  if (!*found || source.getLine(**found).at(corner) >= known * (1 - 1e-12)) {
    add(begin, corner, first);
    add(corner, end, last);
    return Error::success();
  }
  if (Error error = find(begin, first, corner, **found))
    return error;
  return find(corner, **found, end, last);
}

Expected<std::vector<EnvelopePiece>>
lathe::partition::findLowerEnvelope(const LineSource &source, double begin,
                                    double end) {
  EnvelopeFinder finder(source);
  Expected<std::optional<unsigned>> first = source.findLowest(begin);
  if (!first)
    return first.takeError();
  if (!*first)
    return finder.pieces;
  Expected<std::optional<unsigned>> last = source.findLowest(end);
  if (!last)
    return last.takeError();
  if (Error error = finder.find(begin, **first, end, last->value_or(**first)))
    return std::move(error);
  return std::move(finder.pieces);
}
