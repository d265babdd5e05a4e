//===- StackUsage.cpp - The deepest path through a call graph -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/CodeSize.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace lathe;
using llvm::StringRef;

namespace {

/// A node of the graph: `node: { title: "f.c:run" label: "run\nf.c:3:5\n48
/// bytes (static)\n0 dynamic objects" }`. A function of elsewhere has no
/// figure.
struct Function {
  std::optional<int64_t> frame;
  bool isDynamic = false;
  std::string name;
  llvm::SmallVector<std::string> callees;
  enum { New, Active, Done } state = New;
  int64_t deepest = 0;
};

class CallGraph {
public:
  explicit CallGraph(StringRef text);
  StackUsage getDeepest();

private:
  int64_t visit(Function &function);

  /// References to its values stay where they are.
  std::map<std::string, Function> functions;
  std::string problem;
};

} // namespace

/// The text between quotes behind `key` in a line.
static StringRef getField(StringRef line, StringRef key) {
  StringRef rest = line.split((key + ": \"").str()).second;
  return rest.split('"').first;
}

CallGraph::CallGraph(StringRef text) {
  llvm::SmallVector<StringRef> lines;
  text.split(lines, '\n');
  for (StringRef line : lines) {
    if (line.starts_with("edge:")) {
      std::string callee = getField(line, "targetname").str();
      functions.try_emplace(callee);
      functions[getField(line, "sourcename").str()].callees.push_back(
          std::move(callee));
      continue;
    }
    if (!line.starts_with("node:"))
      continue;
    Function &function = functions[getField(line, "title").str()];
    llvm::SmallVector<StringRef> label;
    getField(line, "label").split(label, "\\n");
    function.name = label.front().str();
    for (StringRef part : label) {
      auto [number, kind] = part.split(" bytes (");
      int64_t bytes;
      if (kind.empty() || number.getAsInteger(10, bytes))
        continue;
      function.frame = bytes;
      // "dynamic,bounded" has a figure that holds.
      function.isDynamic = kind.starts_with("dynamic)");
    }
  }
}

/// Generated code has no recursion; C that is not Lathe's might.
int64_t CallGraph::visit(Function &function) {
  if (function.state == Function::Done)
    return function.deepest;
  if (function.state == Function::Active) {
    problem = "'" + function.name + "' calls itself";
    return 0;
  }
  if (function.isDynamic)
    problem = "the frame of '" + function.name + "' has no fixed size";
  function.state = Function::Active;
  int64_t below = 0;
  for (const std::string &callee : function.callees)
    below = std::max(below, visit(functions[callee]));
  function.state = Function::Done;
  return function.deepest = below + function.frame.value_or(0);
}

StackUsage CallGraph::getDeepest() {
  int64_t deepest = 0;
  for (auto &[title, function] : functions)
    deepest = std::max(deepest, visit(function));
  if (!problem.empty())
    return {std::nullopt, problem};
  return {deepest, ""};
}

StackUsage lathe::findDeepestStack(StringRef graph) {
  return CallGraph(graph).getDeepest();
}
