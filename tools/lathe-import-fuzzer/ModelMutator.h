//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Changes ONNX models at random, but so that they stay models.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_IMPORT_FUZZER_MODELMUTATOR_H
#define LATHE_TOOLS_LATHE_IMPORT_FUZZER_MODELMUTATOR_H

#include "llvm/ADT/STLFunctionalExtras.h"

#include <onnx/onnx_pb.h>
#include <random>
#include <string>
#include <vector>

namespace lathe {

/// Mutates models through the reflection of their protobuf. Most changes know
/// nothing about ONNX: any field of any message is set, removed, repeated, or
/// taken from elsewhere in the model. Others know what makes a model get
/// further into the importer: tensors have names that nodes share, and nodes
/// are of operators that the importer has, with the attributes that ONNX's
/// schemas list.
class ModelMutator {
public:
  /// Changes the bytes of a field.
  using MutateBytes = llvm::function_ref<void(std::string &bytes)>;

  ModelMutator(unsigned seed, MutateBytes mutateBytes)
      : random(seed), mutateBytes(mutateBytes) {}

  /// Makes one change to `model`.
  void mutate(onnx::ModelProto &model);

  /// Takes a part of `other` into `model`.
  void crossOver(onnx::ModelProto &model, const onnx::ModelProto &other);

  /// Whether an event of which one in `n` happens does.
  bool oneIn(unsigned n) { return pick(n) == 0; }

private:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;

  /// A number below `n`, or 0.
  size_t pick(size_t n) { return n > 1 ? random() % n : 0; }
  template <typename T> const T &pickFrom(const std::vector<T> &all) {
    return all[pick(all.size())];
  }
  int64_t pickInteger(int64_t old);
  double pickNumber();

  // Any field.
  void mutateField(Message &message, const Field *field);
  void mutateRepeated(Message &message, const Field *field);
  void setScalar(Message &message, const Field *field, int index);
  void setMessage(Message &message, const Field *field, int index);
  std::string makeString(const Field *field, std::string old);

  // What ONNX means.
  void insertNode(onnx::GraphProto &graph);
  void changeOperator(onnx::NodeProto &node);
  void importDomain(onnx::ModelProto &model);
  void addAttribute(onnx::NodeProto &node);
  void setValue(onnx::AttributeProto &attribute);
  void renameInput(onnx::GraphProto &graph);

  std::minstd_rand random;
  MutateBytes mutateBytes;
  /// The messages of the model that is being mutated, until it is.
  std::vector<Message *> messages;
  /// A copy of one of its tensors.
  onnx::TensorProto tensor;
};

} // namespace lathe

#endif // LATHE_TOOLS_LATHE_IMPORT_FUZZER_MODELMUTATOR_H
