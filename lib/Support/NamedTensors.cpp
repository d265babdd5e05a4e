//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tensors by name, matched with what a model takes.
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/NamedTensors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace lathe;

static std::string formatShape(llvm::ArrayRef<int64_t> shape) {
  return "[" +
         llvm::join(
             llvm::map_range(
                 shape, [](int64_t extent) { return std::to_string(extent); }),
             ", ") +
         "]";
}

static llvm::Error createMissingInputError(llvm::StringRef name,
                                           const NamedTensors &given) {
  std::string others;
  for (const auto &[other, tensor] : given)
    if (!other.empty())
      others += (others.empty() ? " among '" : ", '") + other + "'";
  return llvm::createStringError("input '" + name + "' is missing" + others +
                                 "; give it with --input " + name + "=FILE");
}

NamedTensors lathe::copyTensors(const NamedTensors &tensors) {
  NamedTensors copies;
  for (const auto &[name, tensor] : tensors)
    copies.set(name, HostTensor::copyOf(tensor.getKind(), tensor.getShape(),
                                        tensor.getBytes()));
  return copies;
}

llvm::Expected<HostTensor> lathe::selectInput(const NamedTensors &given,
                                              llvm::StringRef name, bool only,
                                              ElementKind kind,
                                              llvm::ArrayRef<int64_t> shape) {
  const HostTensor *tensor = given.find(name);
  if (!tensor && only && given.size() == 1)
    tensor = given.find("");
  if (!tensor)
    return createMissingInputError(name, given);
  if (tensor->getShape() != shape)
    return llvm::createStringError(
        "input '" + name + "' has shape " + formatShape(tensor->getShape()) +
        ", but the model takes " + formatShape(shape));
  if (tensor->getKind() == ElementKind::UI16 && kind == ElementKind::BF16)
    return tensor->reinterpret(kind);
  if (tensor->getKind() != kind)
    return llvm::createStringError("input '" + name + "' holds " +
                                   getName(tensor->getKind()) +
                                   ", but the model takes " + getName(kind));
  return *tensor;
}
