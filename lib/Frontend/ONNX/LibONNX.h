//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The services of libonnx that are used besides its protobuf classes. The
// library reports some errors by exceptions, which Lathe is built without, so
// that they are caught in the one file behind this header.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_LIBONNX_H
#define LATHE_LIB_FRONTEND_ONNX_LIBONNX_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <onnx/onnx_pb.h>
#include <optional>
#include <string>
#include <vector>

namespace lathe::frontend {

/// Parses ONNX's text format. On failure the answer is what is wrong, with line
/// and column.
std::optional<std::string> parseONNXText(const std::string &text,
                                         onnx::ModelProto &model);

/// How ONNX defines an operator in terms of others.
struct OperatorBody {
  onnx::FunctionProto function;
  /// The attributes of the operator that have defaults.
  std::vector<onnx::AttributeProto> defaults;
};

/// The body of the operator of `node` at `opset` of its domain and for inputs
/// of `inputTypes`; none if it is a primitive or not known to libonnx.
std::optional<OperatorBody>
getOperatorBody(const onnx::NodeProto &node, int64_t opset,
                llvm::ArrayRef<onnx::TypeProto> inputTypes);

/// What libonnx knows of an operator in its newest version.
struct OperatorSchema {
  std::string domain, name;
  /// Whether it is defined in terms of others.
  bool hasBody;
  /// Types that the first input may have, or without inputs the first output:
  /// "tensor(float)".
  std::vector<std::string> types;
};

/// The operators that libonnx knows.
std::vector<OperatorSchema> listOperators();

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_LIBONNX_H
