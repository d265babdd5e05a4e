//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DatasetKinds.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

/// More classes than any data set has; class numbers size tables.
static constexpr int64_t maxClasses = 1 << 20;

static Error makeLineError(StringRef path, int64_t line, const Twine &message) {
  return llvm::createStringError(path + ":" + Twine(line) + ": " + message);
}

static Expected<std::unique_ptr<llvm::MemoryBuffer>> readText(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (std::error_code code = file.getError())
    return llvm::createFileError(path, code);
  return std::move(*file);
}

/// Takes the first field off a line of CSV; a field may be in double quotes.
static StringRef takeField(StringRef &line) {
  line = line.ltrim();
  if (line.consume_front("\"")) {
    auto [field, rest] = line.split('"');
    line = rest.split(',').second;
    return field;
  }
  auto [field, rest] = line.split(',');
  line = rest;
  return field.trim();
}

Expected<LabelTable> lathe::readLabelTable(StringRef path) {
  Expected<std::unique_ptr<llvm::MemoryBuffer>> file = readText(path);
  if (!file)
    return file.takeError();
  LabelTable table;
  table.path = path.str();
  for (llvm::line_iterator line(**file); !line.is_at_end(); ++line) {
    StringRef rest = *line;
    const StringRef name = takeField(rest);
    const StringRef label = takeField(rest);
    int64_t classIndex;
    if (label.getAsInteger(10, classIndex)) {
      // The first line may name the columns.
      if (line.line_number() == 1)
        continue;
      return makeLineError(path, line.line_number(),
                           "'" + label +
                               "' is no class number; a line is FILE,CLASS");
    }
    if (classIndex < 0 || classIndex >= maxClasses)
      return makeLineError(path, line.line_number(),
                           "class " + Twine(classIndex) +
                               " is not between 0 and " +
                               Twine(maxClasses - 1));
    if (!table.classes.try_emplace(name, classIndex).second)
      return makeLineError(path, line.line_number(),
                           "'" + name + "' has a class already");
    if (const StringRef className = takeField(rest); !className.empty()) {
      if (int64_t(table.names.size()) <= classIndex)
        table.names.resize(classIndex + 1);
      table.names[classIndex] = className.str();
    }
  }
  if (table.classes.empty())
    return makeFileError(path, "it has no line FILE,CLASS");
  return table;
}

/// A line of a YOLO label file: class, centre x and y, width, height, the last
/// four as fractions of the image's width and height.
static std::optional<Box> parseYoloLine(StringRef line, int64_t height,
                                        int64_t width) {
  llvm::SmallVector<StringRef, 5> fields;
  llvm::SplitString(line, fields);
  Box box;
  if (fields.size() != 5 || fields[0].getAsInteger(10, box.classIndex) ||
      box.classIndex < 0 || box.classIndex >= maxClasses)
    return std::nullopt;
  double numbers[4];
  for (int i = 0; i < 4; ++i)
    if (fields[i + 1].getAsDouble(numbers[i]) ||
        !(numbers[i] >= 0 && numbers[i] <= 1))
      return std::nullopt;
  const auto [x, y, boxWidth, boxHeight] = numbers;
  box.left = (x - boxWidth / 2) * width;
  box.right = (x + boxWidth / 2) * width;
  box.top = (y - boxHeight / 2) * height;
  box.bottom = (y + boxHeight / 2) * height;
  return box;
}

Expected<std::vector<Box>> lathe::readYoloLabels(StringRef path, int64_t height,
                                                 int64_t width) {
  std::vector<Box> boxes;
  if (!llvm::sys::fs::exists(path))
    return boxes;
  Expected<std::unique_ptr<llvm::MemoryBuffer>> file = readText(path);
  if (!file)
    return file.takeError();
  for (llvm::line_iterator line(**file); !line.is_at_end(); ++line) {
    std::optional<Box> box = parseYoloLine(*line, height, width);
    if (!box)
      return makeLineError(path, line.line_number(),
                           "'" + *line +
                               "' is not CLASS X Y WIDTH HEIGHT with the "
                               "centre and the size between 0 and 1");
    boxes.push_back(*box);
  }
  return boxes;
}
