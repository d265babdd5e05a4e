//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The table of operators: what the registry has, beside what ONNX has.
//
//===----------------------------------------------------------------------===//

#include "LibONNX.h"
#include "OperatorRegistry.h"

#include "lathe/Frontend/ONNX/Import.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe;
using namespace lathe::frontend;
using llvm::StringRef;
using Key = OperatorRegistry::Key;

/// The operators that ONNX defines.
static std::map<Key, OperatorSchema> collectSchemas() {
  std::map<Key, OperatorSchema> schemas;
  for (OperatorSchema &schema : listOperators()) {
    Key key(schema.domain, schema.name);
    schemas.emplace(std::move(key), std::move(schema));
  }
  return schemas;
}

/// The elements of an operator's first input, in groups: all floats go where
/// one goes, since kernels are made for the type that they meet.
static std::string describeElements(const OperatorSchema &schema) {
  auto has = [&](StringRef element) {
    return llvm::is_contained(schema.types, ("tensor(" + element + ")").str());
  };
  llvm::SmallVector<StringRef> groups, integers;
  if (has("float"))
    groups.push_back("floats");
  for (StringRef element : {"int8", "int16", "int32", "int64", "uint8",
                            "uint16", "uint32", "uint64"})
    if (has(element))
      integers.push_back(element);
  if (integers.size() == 8)
    integers = {"integers"};
  llvm::append_range(groups, integers);
  if (has("bool"))
    groups.push_back("bool");
  return groups.empty() ? "" : llvm::join(groups, ", ");
}

/// What inputs must be known at compile time, and what is not supported.
static std::string describeLimits(const OperatorRegistry::Entries &entries) {
  std::string limits;
  // The newest version speaks for the operator.
  const OperatorRegistry::Entry &entry = entries.back();
  if (!entry.known.empty())
    limits += ("known at compile time: " + entry.known).str();
  if (!entry.gap.empty())
    limits += (limits.empty() ? "without " : "; without ") + entry.gap.str();
  return limits;
}

static std::string nameDomain(StringRef domain) {
  return domain.empty() ? "ai.onnx" : domain.str();
}

static std::string describeVersions(int64_t since, int64_t until) {
  return since == until ? std::to_string(since)
                        : llvm::formatv("{0} to {1}", since, until).str();
}

static void printSupported(llvm::raw_ostream &os,
                           const std::map<Key, OperatorSchema> &schemas) {
  os << "| operator | domain | versions | elements | limits |\n"
        "|---|---|---|---|---|\n";
  for (const auto &[key, entries] : OperatorRegistry::get().getOperators()) {
    const auto &[domain, name] = key;
    int64_t since = entries.front().versions.since;
    if (domain.empty())
      since = std::max(since, oldestOpset);
    // Other domains than ONNX's own are at their first version.
    int64_t until = domain.empty() || domain == mlDomain
                        ? entries.back().versions.until
                        : since;
    auto schema = schemas.find(key);
    os << llvm::formatv(
        "| {0} | {1} | {2} | {3} | {4} |\n", name, nameDomain(domain),
        describeVersions(since, until),
        schema == schemas.end() ? "" : describeElements(schema->second),
        describeLimits(entries));
  }
}

static void printExpanded(llvm::raw_ostream &os,
                          const std::map<Key, OperatorSchema> &schemas) {
  for (const auto &[key, schema] : schemas)
    if (schema.hasBody && !OperatorRegistry::get().find(key.first, key.second))
      os << "- " << key.second << "\n";
}

static void printRefused(llvm::raw_ostream &os,
                         const std::map<Key, OperatorSchema> &schemas) {
  const OperatorRegistry &registry = OperatorRegistry::get();
  std::map<Key, StringRef> refused = registry.getRefusals();
  for (const auto &[key, schema] : schemas)
    if (!schema.hasBody && !registry.find(key.first, key.second))
      refused.try_emplace(key, "it is not implemented");
  os << "| operator | domain | reason |\n|---|---|---|\n";
  for (const auto &[key, reason] : refused)
    os << llvm::formatv("| {0} | {1} | {2} |\n", key.second,
                        nameDomain(key.first), reason);
}

void lathe::printOperatorTable(llvm::raw_ostream &os) {
  std::map<Key, OperatorSchema> schemas = collectSchemas();
  os << "# Operators\n\n"
        "The operators of ONNX that Lathe compiles, and the versions of the\n"
        "operator set that it knows them in. `lathe operators` prints this\n"
        "page. Each has one lowering, which all backends share: the code for\n"
        "x86-64 and AArch64, and C. The reference evaluator has its own.\n\n"
        "Elements are those of the first input, where Debian's libonnx knows\n"
        "the operator: *floats* are float16, bfloat16, float and double,\n"
        "*integers* all of 8 to 64 bits. Floats of 4 to 8 bits and integers\n"
        "of 2 and 4 are read, quantized and cast, and held in wider types.\n"
        "What must be known at compile time may be computed from constants\n"
        "and shapes, or fixed with `--bind`.\n\n";
  printSupported(os, schemas);
  os << "\nThese are expanded into others, as ONNX defines them, and so are\n"
        "functions that a model brings along:\n\n";
  printExpanded(os, schemas);
  os << "\n## Not supported\n\n";
  printRefused(os, schemas);
}
