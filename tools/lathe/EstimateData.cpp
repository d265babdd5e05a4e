//===- EstimateData.cpp - Estimates for other programs --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EstimateReport.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe;
using namespace lathe::tool;
using llvm::StringRef;

std::string lathe::tool::quoteCSV(StringRef text) {
  std::string quoted = "\"";
  for (char c : text)
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

//===----------------------------------------------------------------------===//
// CSV
//===----------------------------------------------------------------------===//

/// A count, or a figure that may be missing, behind a comma.
static std::string field(double count) {
  return llvm::formatv(",{0}", llvm::format("%.0f", count)).str();
}

static std::string field(std::optional<double> figure) {
  return figure ? llvm::formatv(",{0}", llvm::format("%.6g", *figure)).str()
                : ",";
}

static std::string field(std::optional<int64_t> count) {
  return count ? llvm::formatv(",{0}", *count).str() : ",";
}

/// The four fields of an estimate, which may be missing.
static std::string getFields(const CostEstimate *cost) {
  if (!cost)
    return ",,,,";
  return field(cost->instructions) + field(cost->cycles) +
         field(cost->seconds) + field(cost->joules);
}

static constexpr StringRef costHeads =
    "estimated_instructions,estimated_cycles,estimated_seconds,"
    "estimated_joules";

static void printKernelsCSV(const EstimateRow &row, llvm::raw_ostream &os) {
  os << "kernel,nodes,shapes,macs,element_ops,bytes," << costHeads << "\n";
  for (const KernelEstimate &entry : row.estimate->kernels) {
    const KernelDescription &kernel = entry.kernel;
    os << quoteCSV(kernel.name) << ',' << quoteCSV(kernel.nodes) << ','
       << quoteCSV(kernel.shapes) << ',' << kernel.macs << ','
       << kernel.elementOps << ',' << kernel.bytes
       << getFields(row.estimate->cost ? &entry.cost : nullptr) << "\n";
  }
}

static std::optional<int64_t> getAvailable(const EstimateRow &row,
                                           MemoryKind kind) {
  std::optional<MemoryFit> fit = row.getFit(kind);
  return fit ? std::optional(fit->available) : std::nullopt;
}

static void printRowCSV(const EstimateRow &row, llvm::raw_ostream &os) {
  os << quoteCSV(row.model) << ',' << quoteCSV(row.target.name);
  if (!row.estimate) {
    os << ",,,,,,,,,,,," << quoteCSV(row.error) << "\n";
    return;
  }
  const ModelEstimate &estimate = *row.estimate;
  std::optional<bool> fits = row.fits();
  os << ',' << row.getNeeded(MemoryKind::Flash)
     << field(getAvailable(row, MemoryKind::Flash)) << ','
     << row.getNeeded(MemoryKind::RAM)
     << field(getAvailable(row, MemoryKind::RAM)) << ','
     << (fits ? *fits ? "yes" : "no" : "") << ',' << estimate.footprint.weights
     << field(row.code ? std::optional(row.code->code) : std::nullopt)
     << field(row.code ? row.code->stack.bytes : std::nullopt)
     << getFields(estimate.cost ? &*estimate.cost : nullptr) << ",\n";
}

void lathe::tool::printEstimatesCSV(llvm::ArrayRef<EstimateRow> rows,
                                    llvm::raw_ostream &os) {
  if (rows.size() == 1)
    return printKernelsCSV(rows.front(), os);
  os << "model,target,flash_bytes,flash_available,ram_bytes,ram_available,fits,"
        "weights_bytes,code_bytes,stack_bytes,"
     << costHeads << ",error\n";
  for (const EstimateRow &row : rows)
    printRowCSV(row, os);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

void lathe::tool::addDescription(llvm::json::OStream &json,
                                 const KernelDescription &kernel) {
  json.attribute("name", kernel.name);
  json.attribute("nodes", kernel.nodes);
  json.attribute("shapes", kernel.shapes);
  json.attribute("macs", kernel.macs);
  json.attribute("element_ops", kernel.elementOps);
  json.attribute("bytes", kernel.bytes);
}

static void addMemory(llvm::json::OStream &json, StringRef name,
                      const EstimateRow &row, MemoryKind kind) {
  json.attributeObject(name, [&] {
    json.attribute("needed", row.getNeeded(kind));
    if (std::optional<MemoryFit> fit = row.getFit(kind)) {
      json.attribute("available", fit->available);
      json.attribute("fits", fit->fits());
    }
  });
}

static void addCost(llvm::json::OStream &json, const CostEstimate &cost) {
  json.attributeObject("estimated", [&] {
    json.attribute("instructions",
                   static_cast<int64_t>(cost.instructions + .5));
    json.attribute("cycles", static_cast<int64_t>(cost.cycles + .5));
    if (cost.seconds)
      json.attribute("seconds", *cost.seconds);
    if (cost.joules)
      json.attribute("joules", *cost.joules);
  });
}

static void addKernel(llvm::json::OStream &json, const KernelEstimate &entry,
                      bool hasCost) {
  const KernelDescription &kernel = entry.kernel;
  json.object([&] {
    addDescription(json, kernel);
    json.attribute("depends_on_data", entry.dependsOnData);
    if (!hasCost)
      return;
    addCost(json, entry.cost);
    json.attributeObject("estimated_executions", [&] {
      for (unsigned i = 0; i < numInstructionClasses; ++i) {
        auto kind = static_cast<InstructionClass>(i);
        if (auto count = static_cast<int64_t>(entry.counts[kind] + .5))
          json.attribute(getName(kind), count);
      }
    });
  });
}

static void addRow(llvm::json::OStream &json, const EstimateRow &row) {
  json.attribute("model", row.model);
  json.attribute("target", row.target.name);
  if (!row.estimate) {
    json.attribute("error", row.error);
    return;
  }
  const ModelEstimate &estimate = *row.estimate;
  addMemory(json, "flash", row, MemoryKind::Flash);
  addMemory(json, "ram", row, MemoryKind::RAM);
  json.attribute("weights", estimate.footprint.weights);
  const RemovedChannels &removed = estimate.footprint.removed;
  json.attributeObject("removed", [&] {
    json.attribute("channels", removed.channels);
    json.attribute("macs", removed.macs);
    json.attribute("weights", removed.weightBytes);
  });
  json.attribute("arena", estimate.footprint.arena);
  json.attribute("inputs", estimate.footprint.inputs);
  json.attribute("outputs", estimate.footprint.outputs);
  json.attribute("states", estimate.footprint.states);
  if (row.code) {
    json.attribute("code", row.code->code);
    if (row.code->stack.bytes)
      json.attribute("stack", *row.code->stack.bytes);
    if (!row.code->stack.note.empty())
      json.attribute("stack_note", row.code->stack.note);
  }
  if (estimate.cost) {
    addCost(json, *estimate.cost);
    json.attribute("costs_source", row.target.costs->source);
  }
  json.attributeArray("kernels", [&] {
    for (const KernelEstimate &kernel : estimate.kernels)
      addKernel(json, kernel, estimate.cost.has_value());
  });
}

void lathe::tool::printEstimatesJSON(llvm::ArrayRef<EstimateRow> rows,
                                     llvm::raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.array([&] {
    for (const EstimateRow &row : rows)
      json.object([&] { addRow(json, row); });
  });
  os << "\n";
}
