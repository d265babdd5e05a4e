//===- Partition.cpp - Code in parts that are compiled apart --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/LLVM/Partition.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/ValueMapper.h"

using namespace lathe;
using llvm::Function;
using llvm::GlobalValue;

/// Whether every part may refer to `function` where it is defined: exported, or
/// nothing that a caller could inline.
static bool isRoot(const Function &function) {
  return !function.isDeclaration() &&
         (!function.hasLocalLinkage() ||
          function.hasFnAttribute(llvm::Attribute::NoInline));
}

/// Calls `visit` with each global value that `user` refers to, through
/// constants and the initializers of variables too.
static void
forEachReference(const llvm::User &user,
                 llvm::DenseSet<const llvm::User *> &visited,
                 llvm::function_ref<void(const GlobalValue &)> visit) {
  if (!visited.insert(&user).second)
    return;
  for (const llvm::Value *operand : user.operand_values()) {
    if (auto *global = llvm::dyn_cast<GlobalValue>(operand))
      visit(*global);
    if (auto *constant = llvm::dyn_cast<llvm::Constant>(operand);
        constant && !llvm::isa<Function>(constant))
      forEachReference(*constant, visited, visit);
  }
}

/// The functions `roots` and those that are reached from them without passing
/// another root.
static FunctionGroup closeGroup(llvm::ArrayRef<const Function *> roots) {
  llvm::SetVector<const Function *> group(roots.begin(), roots.end());
  llvm::DenseSet<const llvm::User *> visited;
  for (size_t i = 0; i < group.size(); ++i)
    for (const llvm::BasicBlock &block : *group[i])
      for (const llvm::Instruction &instruction : block)
        forEachReference(instruction, visited, [&](const GlobalValue &global) {
          auto *function = llvm::dyn_cast<Function>(&global);
          if (function && !function->isDeclaration() && !isRoot(*function))
            group.insert(function);
        });
  return FunctionGroup(group.begin(), group.end());
}

/// The groups of `code`, in its order, that of the exported functions first.
static std::vector<FunctionGroup> findGroups(const llvm::Module &code) {
  std::vector<FunctionGroup> groups;
  llvm::SmallVector<const Function *> exported;
  for (const Function &function : code)
    if (isRoot(function) && !function.hasLocalLinkage())
      exported.push_back(&function);
  if (!exported.empty())
    groups.push_back(closeGroup(exported));
  for (const Function &function : code)
    if (isRoot(function) && function.hasLocalLinkage())
      groups.push_back(closeGroup(&function));
  return groups;
}

static uint64_t countInstructions(const FunctionGroup &group) {
  uint64_t count = 0;
  for (const Function *function : group)
    count += function->getInstructionCount();
  return count;
}

Partition::Partition(llvm::Module &code, const PartitionOptions &options)
    : code(code) {
  std::vector<FunctionGroup> groups = findGroups(code);
  auto sizes = llvm::to_vector(llvm::map_range(groups, countInstructions));
  uint64_t total = llvm::sum_of(sizes);
  uint64_t worthwhile = total / std::max<uint64_t>(options.minInstructions, 1);
  size_t numParts = std::max<size_t>(
      std::min<uint64_t>({worthwhile, options.maxParts, groups.size()}), 1);

  // The largest first, each to the part that has the least (Graham, 1969,
  // "Bounds on Multiprocessing Timing Anomalies").
  auto order = llvm::to_vector(llvm::seq<size_t>(0, groups.size()));
  if (order.size() > 1)
    llvm::sort(llvm::MutableArrayRef(order).drop_front(),
               [&](size_t a, size_t b) {
                 return std::tuple(sizes[b], a) < std::tuple(sizes[a], b);
               });
  llvm::SmallVector<uint64_t> loads(numParts, 0);
  llvm::SmallVector<size_t> partOf(groups.size());
  for (size_t group : order) {
    partOf[group] = llvm::min_element(loads) - loads.begin();
    loads[partOf[group]] += sizes[group];
  }
  parts.resize(numParts);
  for (auto [group, part] : llvm::zip_equal(groups, partOf))
    parts[part].push_back(std::move(group));
}

/// Makes what several parts may refer to a symbol that they can share: roots,
/// and variables that are not constant.
static void share(llvm::Module &code, llvm::StringRef model) {
  std::string prefix = (model + ".").str();
  auto makeHidden = [&](GlobalValue &global) {
    global.setLinkage(GlobalValue::ExternalLinkage);
    global.setVisibility(GlobalValue::HiddenVisibility);
    global.setDSOLocal(true);
    if (!global.getName().starts_with(prefix))
      global.setName(prefix + global.getName());
  };
  for (Function &function : code)
    if (isRoot(function) && function.hasLocalLinkage())
      makeHidden(function);
  for (llvm::GlobalVariable &variable : code.globals())
    if (variable.hasLocalLinkage() && !variable.isConstant())
      makeHidden(variable);
}

void Partition::split(
    llvm::StringRef model,
    llvm::function_ref<void(llvm::SmallVector<char, 0> bitcode)> take) {
  if (parts.size() > 1)
    share(code, model);
  for (auto [i, part] : llvm::enumerate(parts)) {
    llvm::DenseSet<const GlobalValue *> defined;
    for (const FunctionGroup &group : part)
      defined.insert_range(group);
    bool isFirst = i == 0;
    llvm::ValueToValueMapTy values;
    std::unique_ptr<llvm::Module> copy =
        llvm::CloneModule(code, values, [&](const GlobalValue *global) {
          // Each part has constants of its own; the first has the variables.
          return llvm::isa<llvm::GlobalVariable>(global)
                     ? isFirst || global->hasLocalLinkage()
                     : defined.contains(global);
        });
    llvm::SmallVector<char, 0> bitcode;
    llvm::raw_svector_ostream os(bitcode);
    llvm::WriteBitcodeToFile(*copy, os);
    take(std::move(bitcode));
  }
}
