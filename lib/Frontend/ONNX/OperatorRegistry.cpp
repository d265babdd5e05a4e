//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorRegistry.h"
#include "Converters.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe;
using namespace lathe::frontend;
using llvm::StringRef;

const OperatorRegistry &OperatorRegistry::get() {
  static const OperatorRegistry registry = [] {
    OperatorRegistry all;
    for (auto addFamily : {addActivations,
                           addAttention,
                           addBitCast,
                           addColumns,
                           addConstants,
                           addContrib,
                           addControlFlow,
                           addConvolutions,
                           addCumulative,
                           addDataMovement,
                           addDeterminant,
                           addEinsum,
                           addElementwise,
                           addFeatures,
                           addFlexAttention,
                           addIndexedPooling,
                           addIndexing,
                           addLinearAttention,
                           addLinearModels,
                           addMasks,
                           addMatMul,
                           addNonMaxSuppression,
                           addNormalizations,
                           addPooling,
                           addQuantizeLinear,
                           addQuantizedElementwise,
                           addQuantizedProducts,
                           addRecurrences,
                           addReductions,
                           addRegions,
                           addResize,
                           addSampling,
                           addSelections,
                           addSequences,
                           addShapes,
                           addSignals,
                           addSorting,
                           addSupportVectorMachines,
                           addTfIdfVectorizer,
                           addRefusals,
                           addTreeEnsembles})
      addFamily(all);
    return all;
  }();
  return registry;
}

OperatorRegistry::Entry &
OperatorRegistry::addInDomain(StringRef domain, StringRef name,
                              Versions versions, Inputs inputs,
                              Converter converter, OpenExtents extents) {
  Entries &entries = operators[Key(domain, name)];
  auto behind = llvm::upper_bound(entries, versions.since,
                                  [](int64_t since, const Entry &entry) {
                                    return since < entry.versions.since;
                                  });
  return *entries.insert(behind, {versions, inputs, converter, extents});
}

const OperatorRegistry::Entries *OperatorRegistry::find(StringRef domain,
                                                        StringRef name) const {
  auto found = operators.find(Key(domain, name));
  return found == operators.end() ? nullptr : &found->second;
}

StringRef OperatorRegistry::getSimilarName(StringRef name) const {
  StringRef best;
  // Names that differ by more than a third are not typing errors.
  unsigned bestDistance = static_cast<unsigned>(name.size()) / 3 + 1;
  for (const auto &[key, entries] : operators) {
    unsigned distance = name.edit_distance_insensitive(
        key.second, /*AllowReplacements=*/true, bestDistance);
    if (distance >= bestDistance)
      continue;
    bestDistance = distance;
    best = key.second;
  }
  return best;
}

void OperatorRegistry::refuse(StringRef domain, StringRef name,
                              llvm::StringLiteral reason) {
  refusals[Key(domain, name)] = reason;
}

StringRef OperatorRegistry::getRefusal(StringRef domain, StringRef name) const {
  auto found = refusals.find(Key(domain, name));
  return found == refusals.end() ? StringRef() : found->second;
}
