//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reference models of convolution by Winograd's algorithm: the matrix products
// of Lavin and Gray, 2015, section 4.3, as they stand there, in double.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "lathe/Dialect/Lathe/IR/LatheWinogradOps.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

namespace {

constexpr int64_t tile = WinogradConvOp::tile, patch = WinogradConvOp::patch;
constexpr int64_t taps = 3, positions = patch * patch;

constexpr double filterMatrix[patch][taps] = {{1. / 4, 0, 0},
                                              {-1. / 6, -1. / 6, -1. / 6},
                                              {-1. / 6, 1. / 6, -1. / 6},
                                              {1. / 24, 1. / 12, 1. / 6},
                                              {1. / 24, -1. / 12, 1. / 6},
                                              {0, 0, 1}};

/// What the filter of integers is transformed by: the rows above times 24, the
/// last one times 6. The output's last factor is 4 times as large instead.
constexpr double integerFilterMatrix[patch][taps] = {
    {6, 0, 0}, {-4, -4, -4}, {-4, 4, -4}, {1, 2, 4}, {1, -2, 4}, {0, 0, 6}};
constexpr double integerScale = 24 * 24;

constexpr double inputMatrix[patch][patch] = {
    {4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
    {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};

constexpr double outputMatrix[tile][patch] = {{1, 1, 1, 1, 1, 0},
                                              {0, 1, -1, 2, -2, 0},
                                              {0, 1, 1, 4, 4, 0},
                                              {0, 1, -1, 8, -8, 1}};

constexpr double integerOutputMatrix[tile][patch] = {{1, 1, 1, 1, 1, 0},
                                                     {0, 1, -1, 2, -2, 0},
                                                     {0, 1, 1, 4, 4, 0},
                                                     {0, 1, -1, 8, -8, 4}};

/// `left` * from * `left`^T for matrices `from` of `width` elements each: the
/// first of element (i, j) of `from` is `from[(i * columns + j) * width]`, and
/// `to` is laid out alike.
template <size_t Rows, size_t Columns>
std::vector<double> transform(const double (&left)[Rows][Columns],
                              const std::vector<double> &from, size_t width) {
  std::vector<double> to(Rows * Rows * width, 0);
  for (size_t row = 0; row < Rows; ++row)
    for (size_t column = 0; column < Rows; ++column)
      for (size_t i = 0; i < Columns; ++i)
        for (size_t j = 0; j < Columns; ++j) {
          double factor = left[row][i] * left[column][j];
          if (factor == 0)
            continue;
          const double *source = from.data() + (i * Columns + j) * width;
          double *target = to.data() + (row * Rows + column) * width;
          for (size_t x = 0; x < width; ++x)
            target[x] += factor * source[x];
        }
  return to;
}

struct FilterModel
    : EvaluableOpInterface::ExternalModel<FilterModel, WinogradFilterOp> {
  /// Packs `weight` [3, 3, C, O], transformed by `matrix`, in blocks of `block`
  /// output channels, in which `joined` input channels are side by side.
  template <typename Weight, typename Packed>
  static void pack(const HostTensor &weight,
                   const double (&matrix)[patch][taps], int64_t block,
                   int64_t joined, HostTensor &result) {
    int64_t inputs = weight.getShape()[2], outputs = weight.getShape()[3];
    int64_t steps = result.getShape()[2];
    ArrayRef<Weight> from = weight.data<Weight>();
    MutableArrayRef<Packed> to = result.mutableData<Packed>();
    std::vector<double> taken(taps * taps * outputs);
    for (int64_t c = 0; c < inputs; ++c) {
      for (int64_t tap = 0; tap < taps * taps; ++tap)
        llvm::copy(from.slice((tap * inputs + c) * outputs, outputs),
                   taken.begin() + tap * outputs);
      std::vector<double> filter = transform(matrix, taken, outputs);
      for (int64_t p = 0; p < positions; ++p)
        for (int64_t o = 0; o < outputs; ++o) {
          int64_t step = (o / block * positions + p) * steps + c / joined;
          to[(step * block + o % block) * joined + c % joined] =
              static_cast<Packed>(filter[p * outputs + o]);
        }
    }
  }

  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    int64_t block = cast<WinogradFilterOp>(op).getBlock();
    HostTensor result = makeResult(op->getResult(0));
    if (operands[0].getKind() == ElementKind::F32)
      pack<float, float>(operands[0], filterMatrix, block, 1, result);
    else
      pack<int8_t, int16_t>(operands[0], integerFilterMatrix, block, 2, result);
    results.push_back(std::move(result));
    return success();
  }
};

struct ConvModel
    : EvaluableOpInterface::ExternalModel<ConvModel, WinogradConvOp> {
  /// What one evaluation works on. Doubles hold all integers of the algorithm.
  struct Data {
    ArrayRef<int64_t> pads, input, filter, output;
    /// Input channels that are side by side in the filter.
    int64_t joined;
    std::vector<double> x, u;
  };

  /// The patch at tile (`row`, `column`) of image `n`, zero in the padding.
  static std::vector<double> getPatch(const Data &data, int64_t n, int64_t row,
                                      int64_t column) {
    int64_t channels = data.input[3];
    std::vector<double> result(positions * channels, 0);
    for (int64_t p = 0; p < positions; ++p) {
      int64_t h = row * tile + p / patch - data.pads[0];
      int64_t w = column * tile + p % patch - data.pads[1];
      if (h < 0 || h >= data.input[1] || w < 0 || w >= data.input[2])
        continue;
      int64_t pixel = (n * data.input[1] + h) * data.input[2] + w;
      llvm::copy(ArrayRef(data.x).slice(pixel * channels, channels),
                 result.begin() + p * channels);
    }
    return result;
  }

  /// Multiplies the transformed patch by the filter of each position.
  static std::vector<double> multiply(const Data &data,
                                      const std::vector<double> &v) {
    int64_t inputs = data.input[3], block = data.filter[3] / data.joined;
    int64_t outputs = data.output[3];
    std::vector<double> m(positions * outputs, 0);
    for (int64_t p = 0; p < positions; ++p)
      for (int64_t c = 0; c < inputs; ++c)
        for (int64_t o = 0; o < outputs; ++o) {
          int64_t step =
              (o / block * positions + p) * data.filter[2] + c / data.joined;
          m[p * outputs + o] +=
              v[p * inputs + c] *
              data.u[(step * block + o % block) * data.joined +
                     c % data.joined];
        }
    return m;
  }

  /// The elements of the input.
  static std::vector<double> getInput(WinogradConvOp conv,
                                      const HostTensor &input) {
    std::vector<double> x = widen<double>(input);
    if (conv.isInteger() && conv.hasUnsignedInput())
      for (double &value : x)
        value += value < 0 ? 256 : 0;
    return x;
  }

  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto conv = cast<WinogradConvOp>(op);
    HostTensor result = makeResult(op->getResult(0));
    Data data{conv.getPads(),
              operands[0].getShape(),
              operands[1].getShape(),
              result.getShape(),
              conv.getChannelsInProduct(),
              getInput(conv, operands[0]),
              widen<double>(operands[1])};
    const auto &matrix = conv.isInteger() ? integerOutputMatrix : outputMatrix;
    double scale = conv.isInteger() ? integerScale : 1;
    std::vector<double> bias(data.output[3], 0);
    if (operands.size() > 2)
      bias = widen<double>(operands[2]);
    int64_t grid[] = {data.output[0], conv.getNumTiles(0), conv.getNumTiles(1)};
    forEachIndex(grid, [&](ArrayRef<int64_t> at) {
      std::vector<double> v = transform(
          inputMatrix, getPatch(data, at[0], at[1], at[2]), data.input[3]);
      std::vector<double> y =
          transform(matrix, multiply(data, v), data.output[3]);
      for (int64_t i = 0; i < tile * tile; ++i) {
        int64_t h = at[1] * tile + i / tile, w = at[2] * tile + i % tile;
        if (h >= data.output[1] || w >= data.output[2])
          continue;
        int64_t pixel = (at[0] * data.output[1] + h) * data.output[2] + w;
        for (int64_t o = 0; o < data.output[3]; ++o) {
          int64_t element = pixel * data.output[3] + o;
          double sum = y[i * data.output[3] + o] / scale + bias[o];
          if (conv.isInteger()) // wraps around
            result.setInt(element, static_cast<int64_t>(sum));
          else
            result.setDouble(element, sum);
        }
      }
    });
    results.push_back(std::move(result));
    return success();
  }
};

} // namespace

void reference::registerWinogradModels(MLIRContext *context) {
  WinogradFilterOp::attachInterface<FilterModel>(*context);
  WinogradConvOp::attachInterface<ConvModel>(*context);
}
