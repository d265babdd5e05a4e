//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeOrder.h"

#include "llvm/ADT/STLExtras.h"
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

Error NodeOrder::collectProducers(llvm::function_ref<bool(StringRef)> given) {
  for (int index = 0; index < nodes.size(); ++index) {
    for (const std::string &output : nodes[index].output()) {
      if (output.empty())
        continue;
      std::string node = getNodeName(nodes[index], index);
      if (given(output))
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
    if (input == node.input_size()) {
      states[index] = State::Done;
      sorted.push_back(index);
      path.pop_back();
      continue;
    }
    const std::string &name = node.input(input++);
    if (name.empty() || isGiven(name))
      continue;
    int producer = getProducer(name);
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
                      llvm::function_ref<bool(StringRef)> given) {
  isGiven = given;
  if (Error error = collectProducers(given))
    return error;
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
