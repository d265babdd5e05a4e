//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InputBinding.h"
#include "Model.h"
#include "NodeContext.h"

#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/OnnxTensor.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using onnx::ValueInfoProto;

static const onnx::TensorShapeProto *
getShapeProto(const ValueInfoProto &input) {
  const auto &type = input.type();
  return type.has_tensor_type() && type.tensor_type().has_shape()
             ? &type.tensor_type().shape()
             : nullptr;
}

/// The input called `name`, or an error that lists those there are.
static Expected<const ValueInfoProto *>
findInput(ArrayRef<const ValueInfoProto *> inputs, StringRef name) {
  std::string names;
  for (const ValueInfoProto *input : inputs) {
    if (input->name() == name)
      return input;
    names += (names.empty() ? "'" : ", '") + input->name() + "'";
  }
  return createStringError("the model has no input '" + name +
                           "'; its inputs are " + names);
}

Error InputBinding::bindDimension(StringRef name, int64_t extent,
                                  const std::string &origin) {
  auto [entry, isNew] = dims.try_emplace(name.str(), Bound{extent, origin});
  if (isNew || entry->second.extent == extent)
    return Error::success();
  return createStringError(
      "dimension '" + name + "' is " + Twine(entry->second.extent) + " by " +
      entry->second.origin + ", but " + Twine(extent) + " by " + origin);
}

Error InputBinding::checkFixedDimensions(const ValueInfoProto &input,
                                         const ImportOptions::Shape &shape,
                                         StringRef origin) {
  const onnx::TensorShapeProto *proto = getShapeProto(input);
  for (auto [i, extent] : llvm::enumerate(shape.dims)) {
    const auto &dim = proto->dim(static_cast<int>(i));
    if (dim.has_dim_value() && dim.dim_value() > 0 && dim.dim_value() != extent)
      return createStringError(
          origin + " contradicts the model, where dimension " + Twine(i) +
          " is " + Twine(dim.dim_value()) + "; --reshape overrides it");
  }
  return Error::success();
}

/// What stands before the input in the flag that overrides the model's shapes.
static constexpr llvm::StringLiteral reshapeFlag = "--reshape ";

Error InputBinding::bindShape(const ValueInfoProto &input,
                              const ImportOptions::Shape &shape,
                              StringRef flag) {
  const onnx::TensorShapeProto *proto = getShapeProto(input);
  std::string origin =
      (flag + input.name() + "=" + formatShape(shape.dims)).str();
  auto [entry, isNew] = shapes.try_emplace(input.name(), shape.dims);
  if (!isNew && entry->second != shape.dims)
    return createStringError(origin + " contradicts an earlier shape of " +
                             formatShape(entry->second));
  if (!proto)
    return Error::success();
  if (proto->dim_size() != static_cast<int>(shape.dims.size()))
    return createStringError(origin + " has " + Twine(shape.dims.size()) +
                             " dimensions, but the model gives the input " +
                             Twine(proto->dim_size()));
  if (flag != reshapeFlag)
    if (Error error = checkFixedDimensions(input, shape, origin))
      return error;
  for (auto [i, extent] : llvm::enumerate(shape.dims))
    if (const auto &dim = proto->dim(static_cast<int>(i)); dim.has_dim_param())
      if (Error error = bindDimension(dim.dim_param(), extent, origin))
        return error;
  return Error::success();
}

Error InputBinding::bindKnown(const ValueInfoProto &input,
                              ArrayRef<int64_t> known) {
  const onnx::TensorShapeProto *proto = getShapeProto(input);
  if (shapes.count(input.name()))
    return Error::success();
  llvm::SmallVector<int64_t, 4> shape(known);
  // A tensor that does not fit at all is reported when it is used.
  if (proto && proto->dim_size() != static_cast<int>(shape.size()))
    return Error::success();
  for (int i = 0; proto && i < proto->dim_size(); ++i) {
    const auto &dim = proto->dim(i);
    if (dim.has_dim_value() && dim.dim_value() > 0)
      shape[i] = dim.dim_value();
    else if (dim.has_dim_param())
      if (Error error = bindDimension(dim.dim_param(), shape[i],
                                      "--input " + input.name()))
        return error;
  }
  shapes[input.name()] = shape;
  return Error::success();
}

Expected<InputBinding>
InputBinding::create(ArrayRef<const ValueInfoProto *> inputs,
                     const ImportOptions &options,
                     const ImportOptions::ShapeBinding *shapeBinding) {
  InputBinding binding;
  binding.isBatchOfOne = options.isBatchOfOne;
  llvm::StringSet<> names;
  for (const ValueInfoProto *input : inputs)
    if (const onnx::TensorShapeProto *shape = getShapeProto(*input))
      for (const auto &dim : shape->dim())
        names.insert(dim.dim_param());
  auto bindNamed = [&](StringRef name, int64_t extent,
                       StringRef flag) -> Error {
    std::string origin = (flag + name + "=" + Twine(extent)).str();
    if (!names.contains(name))
      return createStringError(origin + " names a dimension that no input has");
    return binding.bindDimension(name, extent, origin);
  };
  for (const ImportOptions::Dimension &dim : options.dims)
    if (Error error = bindNamed(dim.name, dim.extent, "--dim "))
      return std::move(error);
  auto bindAll = [&](ArrayRef<ImportOptions::Shape> shapes,
                     StringRef flag) -> Error {
    for (const ImportOptions::Shape &shape : shapes) {
      Expected<const ValueInfoProto *> input = findInput(inputs, shape.input);
      if (!input)
        return input.takeError();
      if (Error error = binding.bindShape(**input, shape, flag))
        return error;
    }
    return Error::success();
  };
  if (Error error = bindAll(options.shapes, "--shape "))
    return std::move(error);
  if (Error error = bindAll(options.reshapes, reshapeFlag))
    return std::move(error);
  if (shapeBinding) {
    std::string flag = "--binding " + shapeBinding->suffix + ":";
    for (const ImportOptions::Shape &extents : shapeBinding->extents) {
      bool isDimension =
          extents.dims.size() == 1 && names.contains(extents.input) &&
          llvm::none_of(inputs, [&](const ValueInfoProto *input) {
            return input->name() == extents.input;
          });
      if (Error error =
              isDimension ? bindNamed(extents.input, extents.dims.front(), flag)
                          : bindAll(extents, flag))
        return std::move(error);
    }
  }
  for (const ValueInfoProto *input : inputs)
    if (const HostTensor *known =
            findKnown(options, input->name(), inputs.size()))
      if (Error error = binding.bindKnown(*input, known->getShape()))
        return std::move(error);
  for (const ImportOptions::Binding &bound : options.bindings)
    if (Error error = findInput(inputs, bound.input).takeError())
      return std::move(error);
  return binding;
}

/// What to say of a dimension that nothing fixes.
static Error openDimension(const ValueInfoProto &input, int index) {
  const onnx::TensorShapeProto &shape = *getShapeProto(input);
  std::string example;
  for (int i = 0; i < shape.dim_size(); ++i) {
    const auto &dim = shape.dim(i);
    bool known = dim.has_dim_value() && dim.dim_value() > 0;
    example += i ? "x" : "";
    example += known ? std::to_string(dim.dim_value()) : "1";
  }
  const std::string &name = shape.dim(index).dim_param();
  return createStringError(
      "input '" + input.name() + "' leaves dimension " + Twine(index) +
      (name.empty() ? Twine() : " ('" + name + "')") +
      " open; fix it with --shape " + input.name() + "=" + example +
      (name.empty() ? Twine() : " or --dim " + name + "=1"));
}

Expected<RankedTensorType> InputBinding::getType(const ValueInfoProto &input,
                                                 MLIRContext *context) const {
  if (!input.type().has_tensor_type())
    return createStringError("input '" + input.name() +
                             "' is not a tensor; Lathe imports tensors only");
  int32_t dataType = input.type().tensor_type().elem_type();
  std::optional<StoredType> stored = getStoredType(dataType);
  if (!stored)
    return createStringError("input '" + input.name() + "' has elements of " +
                             "type " + getDataTypeName(dataType) +
                             ", which are not supported");
  const onnx::TensorShapeProto *proto = getShapeProto(input);
  SmallVector<int64_t> shape;
  if (auto found = shapes.find(input.name()); found != shapes.end()) {
    shape.assign(found->second.begin(), found->second.end());
  } else if (!proto) {
    return createStringError("input '" + input.name() +
                             "' has no shape; give it one with --shape " +
                             input.name() + "=…");
  } else {
    for (int i = 0; i < proto->dim_size(); ++i) {
      const auto &dim = proto->dim(i);
      auto bound = dims.find(dim.dim_param());
      // Some exporters write 0 or -1 for a dimension that is not known.
      if (dim.has_dim_value() && dim.dim_value() > 0)
        shape.push_back(dim.dim_value());
      else if (dim.has_dim_param() && bound != dims.end())
        shape.push_back(bound->second.extent);
      else if (i == 0 && isBatchOfOne && proto->dim_size() > 1)
        shape.push_back(1);
      else
        return openDimension(input, i);
    }
  }
  if (isTooLarge(shape))
    return createStringError("input '" + input.name() + "' has shape " +
                             formatShape(shape) + ", which is too large");
  return RankedTensorType::get(shape, getElementType(context, stored->kind));
}

const HostTensor *lathe::frontend::findKnown(const ImportOptions &options,
                                             StringRef input,
                                             size_t numInputs) {
  const HostTensor *known = options.knownInputs.find(input);
  return known || numInputs != 1 ? known : options.knownInputs.find("");
}

Expected<HostTensor>
lathe::frontend::getBoundValue(const ImportOptions::Binding &binding,
                               RankedTensorType type) {
  std::optional<ElementKind> kind = getElementKind(type.getElementType());
  int64_t elements = type.getNumElements();
  int64_t given = static_cast<int64_t>(binding.values.size());
  if (!kind || (given != 1 && given != elements))
    return createStringError("--bind " + binding.input + " gives " +
                             Twine(given) + " values, but the input has " +
                             Twine(elements) + " elements");
  HostTensor tensor(*kind, type.getShape());
  for (int64_t i = 0; i < elements; ++i)
    tensor.setDouble(i, binding.values[given == 1 ? 0 : i]);
  return tensor;
}
