//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reading of the three forms of a model file.
//
//===----------------------------------------------------------------------===//

#include "LibONNX.h"
#include "Model.h"

#include "mlir/IR/Diagnostics.h"
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;
namespace protobuf = google::protobuf;

Location lathe::frontend::getFileLocation(MLIRContext *context, StringRef path,
                                          unsigned line, unsigned column) {
  return FileLineColLoc::get(context, path, line, column);
}

// As deep as protobuf lets messages be nested in binary files. Parsers of the
// text forms descend by recursion.
static constexpr int maxDepth = 100;

namespace {
/// Keeps the first error of a protobuf in text form, with its position.
class FirstError : public protobuf::io::ErrorCollector {
public:
  void AddError(int errorLine, protobuf::io::ColumnNumber errorColumn,
                const std::string &text) override {
    if (!message.empty())
      return;
    // Protobuf counts from zero, and -1 is no position.
    line = errorLine + 1;
    column = errorColumn + 1;
    message = text;
  }

  int line = 0;
  int column = 0;
  std::string message;
};
} // namespace

static LogicalResult parseTextProto(StringRef text, StringRef path,
                                    onnx::ModelProto &proto,
                                    MLIRContext *context) {
  FirstError error;
  protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(maxDepth);
  if (parser.ParseFromString(text.str(), &proto))
    return success();
  return emitError(getFileLocation(context, path, error.line, error.column))
         << "not an ONNX model in protobuf's text form: " << error.message;
}

/// The number that follows `label` in `text`, or 0.
static unsigned findNumber(StringRef text, StringRef label) {
  unsigned number = 0;
  size_t position = text.find(label);
  if (position != StringRef::npos)
    text.drop_front(position + label.size()).consumeInteger(10, number);
  return number;
}

/// Whether brackets outside of strings and comments are nested more than so
/// deep.
static bool isNestedDeeper(StringRef text, int limit) {
  int depth = 0;
  while (!text.empty() && depth <= limit) {
    char c = text.front();
    text = text.drop_front();
    if (c == '#')
      text = text.drop_until([](char c) { return c == '\n'; });
    else if (c == '=') // An arrow has no bracket.
      text.consume_front(">");
    else if (StringRef("([{<").contains(c))
      ++depth;
    else if (StringRef(")]}>").contains(c))
      depth = std::max(depth - 1, 0);
    else if (c == '"')
      for (c = 0; c != '"' && !text.empty();
           text = text.substr(c == '\\' ? 2 : 1))
        c = text.front();
  }
  return depth > limit;
}

/// libonnx reports "[ParseError at position (line: 2 column: 1)]", the line of
/// the text, and what it expected.
static LogicalResult parseText(StringRef text, StringRef path,
                               onnx::ModelProto &proto, MLIRContext *context) {
  // A graph inside a node is in two brackets, of the attributes and its own.
  if (isNestedDeeper(text, 2 * maxDepth))
    return emitError(getFileLocation(context, path))
           << "not a model in ONNX's text format: brackets are nested more "
              "than "
           << 2 * maxDepth << " deep";
  std::optional<std::string> error = parseONNXText(text.str(), proto);
  if (!error)
    return success();
  StringRef message = StringRef(*error).trim();
  Location loc = getFileLocation(context, path, findNumber(message, "line: "),
                                 findNumber(message, "column: "));
  return emitError(loc) << "not a model in ONNX's text format: "
                        << message.substr(message.rfind('\n') + 1).trim();
}

static LogicalResult parseBinary(StringRef bytes, StringRef path,
                                 onnx::ModelProto &proto,
                                 MLIRContext *context) {
  Location loc = getFileLocation(context, path);
  // Protobuf counts the bytes of a message with an int.
  if (bytes.size() > size_t(INT32_MAX))
    return emitError(loc) << "the file has " << bytes.size()
                          << " bytes, but a protobuf has at most 2 GiB; save "
                             "the model with external data";
  protobuf::io::CodedInputStream stream(
      reinterpret_cast<const uint8_t *>(bytes.data()),
      static_cast<int>(bytes.size()));
  stream.SetTotalBytesLimit(INT32_MAX);
  if (proto.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage())
    return success();
  return emitError(loc) << "not an ONNX model, or cut off: its protobuf cannot "
                           "be decoded beyond byte "
                        << stream.CurrentPosition() << " of " << bytes.size();
}

std::shared_ptr<Model> Model::load(llvm::MemoryBufferRef buffer,
                                   MLIRContext *context) {
  auto model = std::make_shared<Model>();
  StringRef path = buffer.getBufferIdentifier();
  model->path = path.str();
  auto parse = parseBinary;
  if (path.ends_with(".onnxtxt"))
    parse = parseText;
  else if (path.ends_with(".textproto") || path.ends_with(".pbtxt") ||
           path.ends_with(".prototxt"))
    parse = parseTextProto;
  if (failed(parse(buffer.getBuffer(), path, model->proto, context)))
    return nullptr;
  if (!model->proto.has_graph()) {
    emitError(getFileLocation(context, path))
        << "not an ONNX model: it holds no graph";
    return nullptr;
  }
  return model;
}
