//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeOrder.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"

using namespace lathe;
using namespace lathe::frontend;
using llvm::ArrayRef;
using llvm::createStringError;
using llvm::Error;
using llvm::StringRef;

std::string lathe::frontend::getNodeName(const onnx::NodeProto &node,
                                         int index) {
  if (!node.name().empty())
    return node.name();
  return node.op_type() + "_" + std::to_string(index);
}

int NodeOrder::getProducer(StringRef tensor) const {
  auto found = producers.find(tensor);
  return found == producers.end() ? -1 : found->second;
}

Error NodeOrder::collectProducers(llvm::function_ref<bool(StringRef)> defined) {
  for (int index = 0; index < nodes.size(); ++index) {
    for (const std::string &output : nodes[index].output()) {
      if (output.empty())
        continue;
      std::string node = getNodeName(nodes[index], index);
      if (defined(output))
        return createStringError("node '" + node + "' produces '" + output +
                                 "', which is an input or initializer");
      auto [entry, isNew] = producers.try_emplace(output, index);
      if (!isNew)
        return createStringError(
            "'" + output + "' is produced twice, by node '" +
            getNodeName(nodes[entry->second], entry->second) +
            "' and by node '" + node + "'");
    }
  }
  return Error::success();
}

/// `path` ends with a node that reads from `repeated`, which is on it too.
Error NodeOrder::makeCycleError(ArrayRef<std::pair<int, int>> path,
                                int repeated) const {
  constexpr size_t maxNames = 8;
  ArrayRef<std::pair<int, int>> cycle = path.drop_while(
      [&](const auto &entry) { return entry.first != repeated; });
  std::string names;
  for (const auto &[index, input] : cycle.take_front(maxNames))
    names += "'" + getNodeName(nodes[index], index) + "' <- ";
  if (cycle.size() > maxNames)
    names += "… <- ";
  names += "'" + getNodeName(nodes[repeated], repeated) + "'";
  return createStringError("the nodes form a cycle: " + names);
}

/// Adds what `node` reads: its inputs, and of what graphs inside it read, all
/// but what they define or `isInner` knows.
static void collectReads(const onnx::NodeProto &node,
                         llvm::function_ref<bool(StringRef)> isInner,
                         std::vector<StringRef> &reads) {
  auto add = [&](StringRef name) {
    if (!name.empty() && !isInner(name))
      reads.push_back(name);
  };
  for (const std::string &input : node.input())
    add(input);
  auto addGraph = [&](const onnx::GraphProto &graph) {
    llvm::StringSet<> defined;
    for (const auto &input : graph.input())
      defined.insert(input.name());
    for (const auto &tensor : graph.initializer())
      defined.insert(tensor.name());
    for (const auto &tensor : graph.sparse_initializer())
      defined.insert(tensor.values().name());
    for (const onnx::NodeProto &inner : graph.node())
      for (const std::string &output : inner.output())
        defined.insert(output);
    auto isDefined = [&](StringRef name) {
      return defined.contains(name) || isInner(name);
    };
    for (const onnx::NodeProto &inner : graph.node())
      collectReads(inner, isDefined, reads);
    for (const auto &output : graph.output())
      if (!defined.contains(output.name()))
        add(output.name());
  };
  for (const onnx::AttributeProto &attribute : node.attribute()) {
    if (attribute.has_g())
      addGraph(attribute.g());
    llvm::for_each(attribute.graphs(), addGraph);
  }
}

ArrayRef<StringRef> NodeOrder::getReads(int node) {
  std::optional<std::vector<StringRef>> &names = reads[node];
  if (!names) {
    names.emplace();
    collectReads(nodes[node], [](StringRef) { return false; }, *names);
  }
  return *names;
}

/// A depth-first search with a stack of its own, because a model may be a
/// chain of any length.
Error NodeOrder::visit(int root) {
  if (states[root] == State::Done)
    return Error::success();
  // Each entry is a node and the next of its inputs to look at.
  std::vector<std::pair<int, int>> path = {{root, 0}};
  states[root] = State::Open;
  while (!path.empty()) {
    auto &[index, input] = path.back();
    const onnx::NodeProto &node = nodes[index];
    ArrayRef<StringRef> names = getReads(index);
    if (input == static_cast<int>(names.size())) {
      states[index] = State::Done;
      sorted.push_back(index);
      path.pop_back();
      continue;
    }
    StringRef name = names[input++];
    int producer = getProducer(name);
    // Names of the graph itself come before those of one around it.
    if (producer < 0 && isGiven(name))
      continue;
    if (producer < 0)
      return createStringError("node '" + getNodeName(node, index) + "' (" +
                               node.op_type() + ") reads '" + name +
                               "', which no node, input or initializer gives");
    if (states[producer] == State::Open)
      return makeCycleError(path, producer);
    if (states[producer] == State::New) {
      states[producer] = State::Open;
      path.push_back({producer, 0});
    }
  }
  return Error::success();
}

Error NodeOrder::sort(ArrayRef<std::string> outputs,
                      llvm::function_ref<bool(StringRef)> defined,
                      llvm::function_ref<bool(StringRef)> given) {
  isGiven = given;
  if (Error error = collectProducers(defined))
    return error;
  reads.resize(nodes.size());
  states.assign(nodes.size(), State::New);
  // In the order of the file, so that sorted models keep it.
  std::vector<int> roots;
  for (const std::string &output : outputs) {
    int producer = getProducer(output);
    if (producer >= 0)
      roots.push_back(producer);
    else if (!given(output))
      return createStringError("output '" + output +
                               "' is given by no node, input or initializer");
  }
  llvm::sort(roots);
  for (int root : roots)
    if (Error error = visit(root))
      return error;
  return Error::success();
}
