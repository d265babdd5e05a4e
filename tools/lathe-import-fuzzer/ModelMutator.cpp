//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled with exceptions, which the header of ONNX's schemas needs.
//
//===----------------------------------------------------------------------===//

#include "ModelMutator.h"

#include "OperatorRegistry.h"
#include "llvm/ADT/STLExtras.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <limits>
#include <onnx/defs/schema.h>

using namespace lathe;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using onnx::AttributeProto;

/// Adds `message` and all messages inside it to `messages`.
static void collect(Message &message, std::vector<Message *> &messages) {
  messages.push_back(&message);
  const Reflection *reflection = message.GetReflection();
  std::vector<const FieldDescriptor *> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor *field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE)
      continue;
    if (!field->is_repeated()) {
      collect(*reflection->MutableMessage(&message, field), messages);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      collect(*reflection->MutableRepeatedMessage(&message, field, i),
              messages);
  }
}

/// The messages that are of type `T`.
template <typename T>
static std::vector<T *> select(const std::vector<Message *> &messages) {
  std::vector<T *> selected;
  for (Message *message : messages)
    if (auto *found = dynamic_cast<T *>(message))
      selected.push_back(found);
  return selected;
}

/// The messages that are of `type`.
static std::vector<Message *>
selectLike(const std::vector<Message *> &messages,
           const google::protobuf::Descriptor *type) {
  std::vector<Message *> selected;
  llvm::copy_if(messages, std::back_inserter(selected), [&](Message *message) {
    return message->GetDescriptor() == type;
  });
  return selected;
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

int64_t ModelMutator::pickInteger(int64_t old) {
  // Around where extents, axes and counts overflow or change their meaning.
  static const std::vector<int64_t> edges = {
      0,
      1,
      -1,
      2,
      -2,
      3,
      7,
      64,
      -64,
      1 << 16,
      std::numeric_limits<int32_t>::max(),
      std::numeric_limits<int32_t>::min(),
      int64_t(1) << 31,
      int64_t(1) << 32,
      std::numeric_limits<int64_t>::max() / 2,
      std::numeric_limits<int64_t>::max(),
      std::numeric_limits<int64_t>::min()};
  switch (pick(4)) {
  case 0:
    return pickFrom(edges);
  case 1:
    return static_cast<int64_t>(static_cast<uint64_t>(old) + 1);
  case 2:
    return static_cast<int64_t>(static_cast<uint64_t>(old) - 1);
  default:
    return static_cast<int64_t>(pick(12)) - 4;
  }
}

double ModelMutator::pickNumber() {
  static const std::vector<double> edges = {
      0, -0.0, 1, -1, 0.5, 2, 1e-8, 1e30, -1e30, 255, INFINITY, -INFINITY, NAN};
  return pickFrom(edges);
}

std::string ModelMutator::makeString(const Field *field, std::string old) {
  switch (pick(3)) {
  case 0: {
    // One from the same field elsewhere.
    for (unsigned attempt = 0; attempt < 8; ++attempt) {
      const Message *message = pickFrom(messages);
      const Reflection *reflection = message->GetReflection();
      if (message->GetDescriptor() != field->containing_type())
        continue;
      if (!field->is_repeated())
        return reflection->GetString(*message, field);
      if (int size = reflection->FieldSize(*message, field))
        return reflection->GetRepeatedString(*message, field,
                                             static_cast<int>(pick(size)));
    }
    return {};
  }
  case 1:
    return {};
  default:
    mutateBytes(old);
    return old;
  }
}

void ModelMutator::setScalar(Message &message, const Field *field, int index) {
  const Reflection *reflection = message.GetReflection();
  bool repeated = field->is_repeated();
  // Calls the reflection's setter of a field or of an element.
#define SET(KIND, VALUE)                                                       \
  repeated ? reflection->SetRepeated##KIND(&message, field, index, VALUE)      \
           : reflection->Set##KIND(&message, field, VALUE)
#define GET(KIND)                                                              \
  (repeated ? reflection->GetRepeated##KIND(message, field, index)             \
            : reflection->Get##KIND(message, field))
  switch (field->cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
    return SET(Int32, static_cast<int32_t>(pickInteger(GET(Int32))));
  case FieldDescriptor::CPPTYPE_INT64:
    return SET(Int64, pickInteger(GET(Int64)));
  case FieldDescriptor::CPPTYPE_UINT64:
    return SET(UInt64, static_cast<uint64_t>(
                           pickInteger(static_cast<int64_t>(GET(UInt64)))));
  case FieldDescriptor::CPPTYPE_FLOAT:
    return SET(Float, static_cast<float>(pickNumber()));
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return SET(Double, pickNumber());
  case FieldDescriptor::CPPTYPE_ENUM: {
    const auto *type = field->enum_type();
    int value = static_cast<int>(pick(type->value_count()));
    return SET(Enum, type->value(value));
  }
  case FieldDescriptor::CPPTYPE_STRING:
    return SET(String, makeString(field, GET(String)));
  default:
    // ONNX has no other scalars.
    return;
  }
#undef GET
#undef SET
}

//===----------------------------------------------------------------------===//
// Any field
//===----------------------------------------------------------------------===//

/// Makes a message field, or an element of one, a copy of another such message.
void ModelMutator::setMessage(Message &message, const Field *field, int index) {
  const Reflection *reflection = message.GetReflection();
  std::vector<Message *> others = selectLike(messages, field->message_type());
  // The copy comes first: the other may be inside, or around, this one.
  std::unique_ptr<Message> copy;
  if (!others.empty() && !oneIn(8)) {
    const Message *other = pickFrom(others);
    copy.reset(other->New());
    copy->CopyFrom(*other);
  }
  Message *target =
      field->is_repeated()
          ? reflection->MutableRepeatedMessage(&message, field, index)
          : reflection->MutableMessage(&message, field);
  target->Clear();
  if (copy)
    target->CopyFrom(*copy);
}

static void addElement(Message &message, const FieldDescriptor *field) {
  const Reflection *reflection = message.GetReflection();
  switch (field->cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
    return reflection->AddInt32(&message, field, 0);
  case FieldDescriptor::CPPTYPE_INT64:
    return reflection->AddInt64(&message, field, 0);
  case FieldDescriptor::CPPTYPE_UINT64:
    return reflection->AddUInt64(&message, field, 0);
  case FieldDescriptor::CPPTYPE_FLOAT:
    return reflection->AddFloat(&message, field, 0);
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return reflection->AddDouble(&message, field, 0);
  case FieldDescriptor::CPPTYPE_STRING:
    return reflection->AddString(&message, field, "");
  case FieldDescriptor::CPPTYPE_MESSAGE:
    (void)reflection->AddMessage(&message, field);
    return;
  default:
    // ONNX repeats nothing else.
    return;
  }
}

void ModelMutator::mutateRepeated(Message &message, const Field *field) {
  const Reflection *reflection = message.GetReflection();
  bool ofMessages = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  int size = reflection->FieldSize(message, field);
  auto set = [&](int index) {
    if (ofMessages)
      setMessage(message, field, index);
    else
      setScalar(message, field, index);
  };
  int index = static_cast<int>(pick(size));
  switch (pick(5)) {
  case 0:
    if (size == 0)
      return;
    reflection->SwapElements(&message, field, index, size - 1);
    return reflection->RemoveLast(&message, field);
  case 1:
    if (size != 0)
      reflection->SwapElements(&message, field, index,
                               static_cast<int>(pick(size)));
    return;
  case 2:
    return reflection->ClearField(&message, field);
  case 3:
    if (size != 0)
      return set(index);
    [[fallthrough]];
  default:
    addElement(message, field);
    if (reflection->FieldSize(message, field) > size)
      set(size);
  }
}

void ModelMutator::mutateField(Message &message, const Field *field) {
  if (field->is_repeated())
    return mutateRepeated(message, field);
  if (oneIn(8))
    return message.GetReflection()->ClearField(&message, field);
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
    return setMessage(message, field, 0);
  setScalar(message, field, 0);
}

//===----------------------------------------------------------------------===//
// What ONNX means
//===----------------------------------------------------------------------===//

namespace {
struct Operator {
  std::string domain, name;
  /// What ONNX says about it; null for operators of others.
  const onnx::OpSchema *schema;
};
} // namespace

/// All operators that the importer has.
static const std::vector<Operator> &getOperators() {
  static const std::vector<Operator> operators = [] {
    std::vector<Operator> all;
    for (const auto &[key, entries] :
         frontend::OperatorRegistry::get().getOperators()) {
      const auto &[domain, name] = key;
      all.push_back(
          {domain, name, onnx::OpSchemaRegistry::Schema(name, domain)});
    }
    return all;
  }();
  return operators;
}

/// The tensors of `graph` that its nodes can read.
static std::vector<std::string> getTensorNames(const onnx::GraphProto &graph) {
  std::vector<std::string> names;
  for (const auto &input : graph.input())
    names.push_back(input.name());
  for (const auto &tensor : graph.initializer())
    names.push_back(tensor.name());
  for (const onnx::NodeProto &node : graph.node())
    names.insert(names.end(), node.output().begin(), node.output().end());
  return names;
}

void ModelMutator::setValue(AttributeProto &attribute) {
  switch (attribute.type()) {
  case AttributeProto::INT:
    return attribute.set_i(pickInteger(attribute.i()));
  case AttributeProto::FLOAT:
    return attribute.set_f(static_cast<float>(pickNumber()));
  case AttributeProto::INTS:
    for (size_t i = pick(5); i-- > 0;)
      attribute.add_ints(pickInteger(1));
    return;
  case AttributeProto::FLOATS:
    for (size_t i = pick(5); i-- > 0;)
      attribute.add_floats(static_cast<float>(pickNumber()));
    return;
  case AttributeProto::TENSOR:
    *attribute.mutable_t() = tensor;
    return;
  default:
    return;
  }
}

/// Gives `node` an attribute that its operator has.
void ModelMutator::addAttribute(onnx::NodeProto &node) {
  auto known = llvm::find_if(getOperators(), [&](const Operator &candidate) {
    return candidate.name == node.op_type();
  });
  if (known == getOperators().end() || !known->schema ||
      known->schema->attributes().empty())
    return;
  const auto &attributes = known->schema->attributes();
  auto chosen = attributes.begin();
  std::advance(chosen, pick(attributes.size()));
  AttributeProto *attribute = node.add_attribute();
  *attribute = chosen->second.default_value;
  attribute->set_name(chosen->first);
  attribute->set_type(chosen->second.type);
  if (oneIn(2))
    setValue(*attribute);
}

void ModelMutator::changeOperator(onnx::NodeProto &node) {
  const Operator &chosen = pickFrom(getOperators());
  node.set_op_type(chosen.name);
  node.set_domain(chosen.domain);
  node.clear_attribute();
  for (size_t i = pick(4); i-- > 0;)
    addAttribute(node);
}

/// Lets the nodes of `model` be of another domain's operators.
void ModelMutator::importDomain(onnx::ModelProto &model) {
  const std::string &domain = pickFrom(getOperators()).domain;
  for (const auto &import : model.opset_import())
    if (import.domain() == domain)
      return;
  auto *import = model.add_opset_import();
  import->set_domain(domain);
  import->set_version(static_cast<int64_t>(1 + pick(5)));
}

/// Puts a node of a random operator into an edge of the graph.
void ModelMutator::insertNode(onnx::GraphProto &graph) {
  std::vector<std::string> names = getTensorNames(graph);
  if (names.empty())
    return;
  auto pickName = [&] { return pickFrom(names); };
  std::string from = pickName(), to = "t" + std::to_string(pick(1 << 16));
  // Some of those that read the tensor read the new one instead.
  for (onnx::NodeProto &reader : *graph.mutable_node())
    for (std::string &input : *reader.mutable_input())
      if (input == from && oneIn(2))
        input = to;
  for (auto &output : *graph.mutable_output())
    if (output.name() == from)
      output.set_name(to);
  onnx::NodeProto *node = graph.add_node();
  changeOperator(*node);
  node->add_input(from);
  for (size_t i = pick(4); i-- > 0;)
    node->add_input(pickName());
  node->add_output(to);
}

/// Lets a node read another tensor.
void ModelMutator::renameInput(onnx::GraphProto &graph) {
  std::vector<std::string> names = getTensorNames(graph);
  if (names.empty() || graph.node().empty())
    return;
  onnx::NodeProto *node =
      graph.mutable_node(static_cast<int>(pick(graph.node_size())));
  const std::string &name = pickFrom(names);
  if (node->input().empty() || oneIn(4))
    node->add_input(name);
  else
    node->set_input(static_cast<int>(pick(node->input_size())), name);
}

void ModelMutator::mutate(onnx::ModelProto &model) {
  messages.clear();
  collect(model, messages);
  auto graphs = select<onnx::GraphProto>(messages);
  auto nodes = select<onnx::NodeProto>(messages);
  auto attributes = select<AttributeProto>(messages);
  auto tensors = select<onnx::TensorProto>(messages);
  if (!tensors.empty())
    tensor = *pickFrom(tensors);
  importDomain(model);
  size_t change = pick(16);
  if (change == 0 && !graphs.empty())
    return insertNode(*pickFrom(graphs));
  if (change == 1 && !graphs.empty())
    return renameInput(*pickFrom(graphs));
  if (change == 2 && !nodes.empty())
    return addAttribute(*pickFrom(nodes));
  if (change == 3 && !attributes.empty())
    return setValue(*pickFrom(attributes));
  if (change == 4 && !nodes.empty())
    return changeOperator(*pickFrom(nodes));
  Message *message = pickFrom(messages);
  const auto *type = message->GetDescriptor();
  std::vector<const Field *> fields;
  // Fields that are set tell more about a message than those that are not.
  if (!oneIn(4))
    message->GetReflection()->ListFields(*message, &fields);
  if (fields.empty())
    for (int i = 0; i < type->field_count(); ++i)
      fields.push_back(type->field(i));
  if (!fields.empty())
    mutateField(*message, pickFrom(fields));
}

void ModelMutator::crossOver(onnx::ModelProto &model,
                             const onnx::ModelProto &other) {
  messages.clear();
  collect(model, messages);
  onnx::ModelProto donor = other;
  std::vector<Message *> parts;
  collect(donor, parts);
  // The first part is the whole model.
  if (parts.size() < 2)
    return;
  const Message *part = parts[1 + pick(parts.size() - 1)];
  std::vector<Message *> targets = selectLike(messages, part->GetDescriptor());
  if (targets.empty() || oneIn(2)) {
    // Add it where messages of its type are repeated.
    for (Message *message : messages) {
      const auto *type = message->GetDescriptor();
      for (int i = 0; i < type->field_count(); ++i) {
        const Field *field = type->field(i);
        if (field->message_type() != part->GetDescriptor() ||
            !field->is_repeated())
          continue;
        message->GetReflection()->AddMessage(message, field)->CopyFrom(*part);
        return;
      }
    }
    return;
  }
  pickFrom(targets)->CopyFrom(*part);
}
