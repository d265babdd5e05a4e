//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Evaluation/SampleSelection.h"
#include <algorithm>

using namespace lathe;
using llvm::Expected;
using llvm::StringRef;

Expected<SampleSelection> SampleSelection::parse(StringRef text) {
  SampleSelection result;
  if (text == "even" || text == "odd") {
    result.first = text == "odd";
    result.step = 2;
    return result;
  }
  auto [from, to] = text.split(':');
  int64_t end = 0;
  const bool isRange = text.contains(':') &&
                       (from.empty() || !from.getAsInteger(10, result.first)) &&
                       (to.empty() || !to.getAsInteger(10, end)) &&
                       result.first >= 0 && (to.empty() || end > result.first);
  if (!isRange)
    return llvm::createStringError(
        "'" + text + "' is neither 'even', 'odd' nor a range of samples, as " +
        "100:200");
  if (!to.empty())
    result.end = end;
  return result;
}

Expected<std::vector<int64_t>> SampleSelection::select(int64_t count) const {
  const int64_t bound = std::min(count, end.value_or(count));
  std::vector<int64_t> indices;
  for (int64_t i = first; i < bound; i += step) {
    if (limit && int64_t(indices.size()) >= *limit)
      break;
    indices.push_back(i);
  }
  if (indices.empty())
    return llvm::createStringError("none of the " + llvm::Twine(count) +
                                   " samples is selected");
  return indices;
}
