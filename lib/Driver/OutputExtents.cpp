//===- OutputExtents.cpp - Outputs of data-dependent extents --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/OutputExtents.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cstring>

using namespace lathe;

/// The elements of `tensor` within `shape`, which is nowhere larger.
static HostTensor crop(const HostTensor &tensor,
                       llvm::ArrayRef<int64_t> shape) {
  HostTensor result(tensor.getKind(), shape);
  if (result.getNumElements() == 0)
    return result;
  // A row of the last dimension at a time.
  int64_t rank = shape.size();
  int64_t row = rank == 0 ? 1 : shape.back();
  size_t bytes = tensor.getSizeInBytes() / tensor.getNumElements();
  char *to = result.getMutableBytes().data();
  for (int64_t i = 0; i < result.getNumElements(); i += row) {
    int64_t place = 0, stride = 1, rest = i;
    for (int64_t dim = rank - 1; dim >= 0; --dim) {
      place += rest % shape[dim] * stride;
      rest /= shape[dim];
      stride *= tensor.getShape()[dim];
    }
    std::memcpy(to + i * bytes, tensor.getBytes().data() + place * bytes,
                row * bytes);
  }
  return result;
}

NamedTensors lathe::cropOutputs(const NamedTensors &outputs,
                                llvm::ArrayRef<OutputExtents> extents) {
  NamedTensors result;
  for (const auto &[name, tensor] : outputs) {
    bool isDims = false;
    const HostTensor *dims = nullptr;
    for (const OutputExtents &entry : extents) {
      isDims |= entry.second == name;
      if (entry.first == name)
        dims = outputs.find(entry.second);
    }
    if (isDims)
      continue;
    if (!dims || dims->getNumElements() != tensor.getRank()) {
      result.set(name, tensor);
      continue;
    }
    llvm::SmallVector<int64_t> shape;
    for (int64_t dim = 0; dim < tensor.getRank(); ++dim)
      shape.push_back(
          std::clamp<int64_t>(dims->getInt(dim), 0, tensor.getShape()[dim]));
    result.set(name, crop(tensor, shape));
  }
  return result;
}
