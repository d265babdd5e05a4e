//===- Patches.cpp - What the elements of a result are sums of ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/Patches.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include <algorithm>

using namespace mlir;
using namespace lathe;

Patches::Patches(ArrayRef<Dim> dims, int64_t batch, int64_t channels,
                 int64_t numGroups)
    : dims(dims), channels(channels), numGroups(numGroups), numPatches(batch) {
  for (const Dim &dim : dims) {
    numTaps *= dim.kernel;
    numPatches *= dim.output;
  }
  for (int64_t i = 0; i < numTaps; ++i) {
    Tap &tap = taps.emplace_back();
    tap.position.resize(dims.size());
    tap.offset = 0;
    int64_t rest = i, stride = channels;
    for (int64_t d = static_cast<int64_t>(dims.size()) - 1; d >= 0; --d) {
      tap.position[d] = rest % dims[d].kernel * dims[d].dilation;
      tap.offset += tap.position[d] * stride;
      rest /= dims[d].kernel;
      stride *= dims[d].input;
    }
  }
}

std::optional<Patches> Patches::get(Operation *op) {
  if (auto matmul = dyn_cast<MatMulOp>(op)) {
    if (matmul.getRhs().getType().getRank() != 2)
      return std::nullopt;
    auto data = matmul.getLhs().getType();
    int64_t depth = data.getShape().back();
    return Patches({}, depth == 0 ? 0 : data.getNumElements() / depth, depth,
                   1);
  }
  auto conv = dyn_cast<ConvOp>(op);
  if (!conv)
    return std::nullopt;
  ArrayRef<int64_t> data = conv.getInput().getType().getShape();
  ArrayRef<int64_t> weights = conv.getWeight().getType().getShape();
  ArrayRef<int64_t> result = conv.getResult().getType().getShape();
  SmallVector<Dim, 3> dims;
  for (int64_t d = 0; d < conv.getSpatialRank(); ++d)
    dims.push_back({data[d + 1], result[d + 1], weights[d],
                    conv.getStrides()[d], conv.getDilations()[d],
                    conv.getPads()[d]});
  return Patches(dims, data.front(), data.back(), conv.getGroup());
}

void Patches::read(ArrayRef<float> data, int64_t patch, float *out,
                   int64_t groupStride) const {
  // The first element of the window, which may lie in the padding.
  SmallVector<int64_t, 3> begin(dims.size());
  int64_t rest = patch, origin = 0, stride = channels;
  for (int64_t d = static_cast<int64_t>(dims.size()) - 1; d >= 0; --d) {
    begin[d] = rest % dims[d].output * dims[d].stride - dims[d].padding;
    origin += begin[d] * stride;
    rest /= dims[d].output;
    stride *= dims[d].input;
  }
  origin += rest * stride;

  const int64_t groupChannels = getGroupChannels();
  for (const Tap &tap : taps) {
    bool isInside = true;
    for (size_t d = 0; d < dims.size(); ++d) {
      int64_t position = begin[d] + tap.position[d];
      isInside &= position >= 0 && position < dims[d].input;
    }
    for (int64_t group = 0; group < numGroups; ++group) {
      float *target = out + group * groupStride;
      if (isInside)
        std::copy_n(data.begin() + origin + tap.offset + group * groupChannels,
                    groupChannels, target);
      else
        std::fill_n(target, groupChannels, 0.0f);
    }
    out += groupChannels;
  }
}
