//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Description/TargetDescription.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe;
using llvm::formatv;
using llvm::StringRef;

/// "2 MB" or "640 KB", in units of 1,024, or "" for none.
static std::string formatBytes(std::optional<uint64_t> bytes) {
  if (!bytes)
    return "";
  if (*bytes % (1 << 20) == 0)
    return formatv("{0} MB", *bytes >> 20);
  return formatv("{0} KB", *bytes >> 10);
}

/// `figure` in units of `unit`, with up to `digits` decimals, or "" for none.
static std::string formatFigure(const std::optional<SourcedFigure> &figure,
                                double unit, StringRef name) {
  if (!figure)
    return "";
  std::string text = formatv("{0:f1}", figure->value / unit);
  StringRef number = text;
  number.consume_back(".0");
  return (number + " " + name).str();
}

/// The same with where it is from.
static std::string formatSourced(const std::optional<SourcedFigure> &figure,
                                 double unit, StringRef name) {
  if (!figure)
    return "";
  return formatFigure(figure, unit, name) + " (" + figure->source + ")";
}

static std::string formatOptions(const TargetDescription &target) {
  std::string text;
  for (const TargetOption &option : target.options)
    text += (text.empty() ? "+" : " +") + option.name;
  return text;
}

static StringRef getBackendName(TargetBackend backend) {
  return backend == TargetBackend::C ? "c" : "llvm";
}

/// The cells of one row, from the second column on.
static std::vector<std::string> getCells(const TargetDescription &target) {
  return {getBackendName(target.backend).str(),
          formatBytes(target.getTotalBytes(MemoryKind::Flash)),
          formatBytes(target.getTotalBytes(MemoryKind::RAM)),
          formatFigure(target.clock, 1e6, "MHz"),
          formatFigure(target.activePower, 1e-3, "mW"),
          target.description,
          formatOptions(target)};
}

void lathe::printTargets(llvm::raw_ostream &os) {
  std::vector<std::vector<std::string>> rows = {{"target", "backend", "flash",
                                                 "RAM", "clock", "power",
                                                 "description", "options"}};
  for (const std::string &name : getTargetNames()) {
    llvm::Expected<TargetDescription> target = getTarget(name);
    if (!target) {
      // A host that Lathe has no backend for is not a target.
      llvm::consumeError(target.takeError());
      continue;
    }
    std::vector<std::string> row = {
        llvm::join(llvm::concat<const std::string>(
                       llvm::ArrayRef<std::string>(name), target->aliases),
                   ", ")};
    llvm::append_range(row, getCells(*target));
    rows.push_back(std::move(row));
  }
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const std::vector<std::string> &row : rows)
    for (auto [width, cell] : llvm::zip(widths, row))
      width = std::max(width, cell.size());
  for (const std::vector<std::string> &row : rows) {
    std::string line;
    for (auto [width, cell] : llvm::zip(widths, row))
      line += cell + std::string(width + 2 - cell.size(), ' ');
    os << StringRef(line).rtrim() << '\n';
  }
}

void lathe::printTarget(const TargetDescription &target,
                        llvm::raw_ostream &os) {
  auto printLine = [&](StringRef key, const llvm::Twine &value) {
    std::string text = value.str();
    if (!text.empty())
      os << llvm::left_justify(key, 13) << text << '\n';
  };
  printLine("target", target.name);
  printLine("aliases", llvm::join(target.aliases, ", "));
  printLine("backend", getBackendName(target.backend));
  printLine("description", target.description);
  printLine("core", target.core);
  printLine("triple", target.triple);
  printLine("versions", llvm::join(target.versions, ", "));
  printLine("c-compiler",
            target.cCompiler.empty()
                ? ""
                : target.cCompiler + " " + llvm::join(target.cFlags, " "));
  for (const MemoryRegion &memory : target.memories)
    printLine(memory.kind == MemoryKind::Flash ? "flash" : "ram",
              memory.name + ", " + formatBytes(memory.bytes) + " (" +
                  memory.source + ")");
  printLine("clock", formatSourced(target.clock, 1e6, "MHz"));
  printLine("active-power", formatSourced(target.activePower, 1e-3, "mW"));
  printLine("costs", target.costs ? target.costs->source : "");
  for (const Emulator &emulator : target.emulators)
    printLine("emulator",
              emulator.program +
                  (emulator.machine.empty() ? "" : " -M " + emulator.machine) +
                  " -cpu " + emulator.cpu);
  for (const TargetOption &option : target.options)
    printLine("option", "+" + option.name + ": " + option.description);
}
