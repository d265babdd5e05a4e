//===- EstimateReport.cpp - Tables of what models cost on boards ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EstimateReport.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe;
using namespace lathe::tool;
using llvm::StringRef;

int64_t EstimateRow::getNeeded(MemoryKind kind) const {
  const Footprint &footprint = estimate->footprint;
  if (kind == MemoryKind::Flash)
    return footprint.weights + (code ? code->code : 0);
  return footprint.getRam() + (code ? code->stack.bytes.value_or(0) : 0);
}

std::optional<bool> EstimateRow::fits() const {
  std::optional<MemoryFit> flash = getFit(MemoryKind::Flash);
  std::optional<MemoryFit> ram = getFit(MemoryKind::RAM);
  if (!flash && !ram)
    return std::nullopt;
  return (!flash || flash->fits()) && (!ram || ram->fits());
}

/// A count with its thousands apart: "3,431,000".
static std::string group(double count) {
  return llvm::formatv("{0:N}", static_cast<int64_t>(count + 0.5)).str();
}

static std::string groupBytes(int64_t bytes) {
  return llvm::formatv("{0:N}", bytes).str();
}

/// A figure in a unit with four digits, or "" where there is none.
static std::string scale(std::optional<double> figure, double factor) {
  if (!figure)
    return "";
  double value = *figure * factor;
  return value >= 1e4 ? group(value)
                      : llvm::formatv("{0}", llvm::format("%.4g", value)).str();
}

//===----------------------------------------------------------------------===//
// One model on one target
//===----------------------------------------------------------------------===//

/// "; fits 2,097,152, 2,064,384 left".
static std::string describeFit(const std::optional<MemoryFit> &fit,
                               StringRef target) {
  if (!fit)
    return (", and " + target + " has no memories to compare with").str();
  int64_t left = fit->available - fit->needed;
  if (fit->fits())
    return llvm::formatv("; fits {0:N}, {1:N} left", fit->available, left);
  return llvm::formatv("; does not fit {0:N}, {1:N} too many", fit->available,
                       -left);
}

static void printMemory(const EstimateRow &row, llvm::raw_ostream &os) {
  const Footprint &footprint = row.estimate->footprint;
  if (const RemovedChannels &removed = footprint.removed; removed.channels)
    os << "removed    " << groupBytes(removed.channels)
       << " channels that no output needs: " << groupBytes(removed.macs)
       << " MACs, " << groupBytes(removed.weightBytes) << " bytes of weights\n";
  os << "flash      " << groupBytes(row.getNeeded(MemoryKind::Flash))
     << " bytes: weights " << groupBytes(footprint.weights);
  if (row.code)
    os << ", code " << groupBytes(row.code->code);
  else
    os << ", without code (--measure adds it)";
  os << describeFit(row.getFit(MemoryKind::Flash), row.target.name) << "\n";
  bool isArena = footprint.io == IOMode::Arena;
  os << "RAM        " << groupBytes(row.getNeeded(MemoryKind::RAM))
     << " bytes: arena " << groupBytes(footprint.arena)
     << (isArena ? " with inputs " : ", inputs ")
     << groupBytes(footprint.inputs)
     << (isArena ? " and outputs " : ", outputs ")
     << groupBytes(footprint.outputs);
  if (footprint.states != 0)
    os << ", states in the arena " << groupBytes(footprint.states);
  if (!row.code)
    os << ", without stack (--measure adds it)";
  else if (row.code->stack.bytes)
    os << ", stack " << groupBytes(*row.code->stack.bytes);
  else
    os << ", without stack";
  os << describeFit(row.getFit(MemoryKind::RAM), row.target.name) << "\n";
  if (row.code && !row.code->stack.note.empty())
    os << "stack      "
       << (row.code->stack.bytes ? row.code->stack.note
                                 : "not known: " + row.code->stack.note)
       << "\n";
}

using Cells = std::vector<std::string>;

/// Each of `lines` as text: columns as wide as their widest cell and two spaces
/// apart, the first `numLeft` of them flush left, and the last with
/// `lastIsLeft`.
static std::vector<std::string> align(const std::vector<Cells> &lines,
                                      size_t numLeft, bool lastIsLeft) {
  std::vector<size_t> widths(lines.front().size(), 0);
  for (const Cells &line : lines)
    for (auto [width, cell] : llvm::zip(widths, line))
      width = std::max(width, cell.size());
  std::vector<std::string> texts;
  for (const Cells &line : lines) {
    std::string text;
    for (auto [column, cell] : llvm::enumerate(line)) {
      std::string space(widths[column] - cell.size(), ' ');
      bool isLeft =
          column < numLeft || (lastIsLeft && column + 1 == widths.size());
      text += (isLeft ? cell + space : space + cell) + "  ";
    }
    texts.push_back(StringRef(text).rtrim().str());
  }
  return texts;
}

/// What a table of costs would be for; without a triple, C is for any core.
static std::string getCoreName(const TargetDescription &target) {
  if (target.triple.empty() || target.core == target.name)
    return target.name;
  return target.core + ", the core of " + target.name;
}

static void printCost(const EstimateRow &row, llvm::raw_ostream &os) {
  const std::optional<CostEstimate> &cost = row.estimate->cost;
  if (!cost) {
    os << "estimated  nothing: there is no table of costs for "
       << getCoreName(row.target)
       << "; cores of Cortex-M have one, and a target file can give one\n";
    return;
  }
  os << "estimated  " << group(cost->instructions) << " instructions, "
     << group(cost->cycles) << " cycles";
  if (cost->seconds)
    os << ", " << scale(cost->seconds, 1e3) << " ms at "
       << llvm::format("%.4g MHz", row.target.clock->value * 1e-6);
  if (cost->joules)
    os << ", " << scale(cost->joules, 1e6) << " uJ at "
       << llvm::format("%.4g mW", row.target.activePower->value * 1e3);
  os << "\n";
  if (!cost->seconds)
    os << "           " << row.target.name
       << " is a core: no clock, so no ms; name a board for them\n";
}

static Cells getCells(const KernelEstimate &entry, const CostEstimate *cost) {
  const KernelDescription &kernel = entry.kernel;
  Cells cells = {groupBytes(kernel.macs)};
  if (cost) {
    double share = entry.cost.cycles / cost->cycles * 100;
    cells.push_back(group(entry.cost.cycles));
    cells.push_back(llvm::formatv("{0}", llvm::format("%.1f%%", share)).str());
    cells.push_back(scale(entry.cost.seconds, 1e3));
    cells.push_back(scale(entry.cost.joules, 1e6));
  }
  cells.push_back(groupBytes(kernel.bytes));
  cells.push_back(kernel.name + (entry.dependsOnData ? "*" : "") +
                  (kernel.nodes != kernel.name ? ": " + kernel.nodes : ""));
  return cells;
}

static void printKernels(const EstimateRow &row, llvm::raw_ostream &os) {
  const ModelEstimate &estimate = *row.estimate;
  const CostEstimate *cost = estimate.cost ? &*estimate.cost : nullptr;
  std::vector<Cells> lines = {cost ? Cells{"MACs", "cycles", "share", "ms",
                                           "uJ", "bytes", "kernel: nodes"}
                                   : Cells{"MACs", "bytes", "kernel: nodes"}};
  for (const KernelEstimate &entry : estimate.kernels)
    lines.push_back(getCells(entry, cost));
  os << (cost ? "\nestimated\n" : "\n");
  for (const std::string &line :
       align(lines, /*numLeft=*/0, /*lastIsLeft=*/true))
    os << line << "\n";
  auto dependsOnData = [](const KernelEstimate &entry) {
    return entry.dependsOnData;
  };
  if (cost && llvm::any_of(estimate.kernels, dependsOnData))
    os << "* how much it does depends on the data\n";
}

static void printOne(const EstimateRow &row, llvm::raw_ostream &os) {
  os << row.model << " on " << row.target.name << "\n";
  printMemory(row, os);
  printCost(row, os);
  printKernels(row, os);
}

//===----------------------------------------------------------------------===//
// Side by side
//===----------------------------------------------------------------------===//

static std::string getLeft(const std::optional<MemoryFit> &fit) {
  return fit ? groupBytes(fit->available - fit->needed) : "";
}

static Cells getHeads(bool isMeasured) {
  Cells heads = {"model", "target", "flash", "left", "RAM", "left", "fits"};
  if (isMeasured)
    heads.insert(heads.end(), {"code", "stack"});
  heads.insert(heads.end(), {"instructions", "cycles", "ms", "uJ"});
  return heads;
}

static Cells getCells(const EstimateRow &row, bool isMeasured) {
  std::optional<bool> fits = row.fits();
  Cells cells = {row.model,
                 row.target.name,
                 groupBytes(row.getNeeded(MemoryKind::Flash)),
                 getLeft(row.getFit(MemoryKind::Flash)),
                 groupBytes(row.getNeeded(MemoryKind::RAM)),
                 getLeft(row.getFit(MemoryKind::RAM)),
                 fits ? *fits ? "yes" : "no" : ""};
  if (isMeasured)
    cells.insert(
        cells.end(),
        {groupBytes(row.code->code),
         row.code->stack.bytes ? groupBytes(*row.code->stack.bytes) : "?"});
  const std::optional<CostEstimate> &cost = row.estimate->cost;
  cells.push_back(cost ? group(cost->instructions) : "");
  cells.push_back(cost ? group(cost->cycles) : "");
  cells.push_back(cost ? scale(cost->seconds, 1e3) : "");
  cells.push_back(cost ? scale(cost->joules, 1e6) : "");
  return cells;
}

static void printSideBySide(llvm::ArrayRef<EstimateRow> rows,
                            llvm::raw_ostream &os) {
  bool isMeasured =
      llvm::any_of(rows, [](const EstimateRow &row) { return !!row.code; });
  std::vector<Cells> lines = {getHeads(isMeasured)};
  for (const EstimateRow &row : rows)
    lines.push_back(row.estimate ? getCells(row, isMeasured)
                                 : Cells{row.model, row.target.name});
  os << "Instructions, cycles, ms and uJ are estimated. Flash is that of "
        "weights"
     << (isMeasured ? ", code and tables" : "; --measure adds code and stack")
     << ".\n\n";
  for (auto [i, line] :
       llvm::enumerate(align(lines, /*numLeft=*/2, /*lastIsLeft=*/false))) {
    os << line;
    if (i > 0 && !rows[i - 1].estimate)
      os << "  " << rows[i - 1].error;
    os << "\n";
  }
}

void lathe::tool::printEstimates(llvm::ArrayRef<EstimateRow> rows,
                                 ReportFormat format, llvm::raw_ostream &os) {
  if (format == ReportFormat::CSV)
    return printEstimatesCSV(rows, os);
  if (format == ReportFormat::JSON)
    return printEstimatesJSON(rows, os);
  if (rows.size() == 1)
    return printOne(rows.front(), os);
  printSideBySide(rows, os);
}
