//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/BlockScales.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <limits>
#include <vector>

using namespace lathe;

/// The integers of a block.
static constexpr double low = -8, high = 7;

static double quantize(float value, double scale) {
  return std::clamp<double>(std::nearbyint(value / scale), low, high);
}

static double getSquaredError(llvm::ArrayRef<float> values, double scale) {
  double sum = 0;
  for (float value : values) {
    double error = value - scale * quantize(value, scale);
    sum += error * error;
  }
  return sum;
}

/// `scale` as f16 has it.
static double roundToHalf(double scale) {
  HostTensor half(ElementKind::F16, {});
  half.setDouble(0, scale);
  return half.getDouble(0);
}

/// The scale of the least error. A negative one puts the greatest magnitude on
/// the side that has one integer more.
static double getBestScale(llvm::ArrayRef<float> values) {
  float extreme = 0;
  for (float value : values)
    if (std::abs(value) > std::abs(extreme))
      extreme = value;
  double best = 0, leastError = std::numeric_limits<double>::infinity();
  for (double side : {-1.0, 1.0})
    for (double steps = 5.5; steps <= 8.5; steps += 0.125) {
      double scale = roundToHalf(side * extreme / steps);
      // Beyond what f16 has, nothing is left.
      if (scale == 0 || !std::isfinite(scale))
        continue;
      double error = getSquaredError(values, scale);
      if (error < leastError) {
        best = scale;
        leastError = error;
      }
    }
  return best;
}

BlockwiseTensor lathe::quantizeInBlocks(const HostTensor &real, int64_t axis,
                                        int64_t block) {
  llvm::SmallVector<int64_t> shape(real.getShape());
  int64_t extent = shape[axis], inner = 1, outer = 1;
  for (int64_t dim : llvm::ArrayRef(shape).drop_front(axis + 1))
    inner *= dim;
  for (int64_t dim : llvm::ArrayRef(shape).take_front(axis))
    outer *= dim;
  int64_t blocks = llvm::divideCeil(extent, block);
  shape[axis] = blocks;
  BlockwiseTensor result{HostTensor(ElementKind::I8, real.getShape()),
                         HostTensor(ElementKind::F16, shape)};
  llvm::ArrayRef<float> data = real.data<float>();
  llvm::MutableArrayRef<int8_t> integers =
      result.integers.mutableData<int8_t>();
  std::vector<float> values;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t b = 0; b < blocks; ++b)
      for (int64_t i = 0; i < inner; ++i) {
        int64_t first = b * block, last = std::min(first + block, extent);
        auto place = [&](int64_t k) { return (o * extent + k) * inner + i; };
        values.clear();
        for (int64_t k = first; k < last; ++k)
          values.push_back(data[place(k)]);
        double scale = getBestScale(values);
        result.scales.setDouble((o * blocks + b) * inner + i, scale);
        for (int64_t k = first; k < last && scale != 0; ++k)
          integers[place(k)] =
              static_cast<int8_t>(quantize(data[place(k)], scale));
      }
  return result;
}
