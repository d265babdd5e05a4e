//===- Winograd.cpp - Choose Winograd's algorithm where it wins -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheWinogradOps.h"
#include "lathe/Dialect/Lathe/Transforms/DotProducts.h"
#include "lathe/Dialect/Lathe/Transforms/Locations.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Reference/Evaluator.h"
#include "lathe/Support/HostTensorAttr.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_WINOGRAD
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

constexpr int64_t tile = WinogradConvOp::tile;
constexpr int64_t positions = WinogradConvOp::patch * WinogradConvOp::patch;

/// A convolution that Winograd's algorithm can compute.
struct Candidate {
  int64_t batch, height, width, inputs, outputs;
  /// Of bytes, which are multiplied as numbers of 16 bits.
  bool isOfBytes;

  explicit Candidate(ConvOp conv) {
    ArrayRef<int64_t> result = conv.getType().getShape();
    batch = result[0];
    height = result[1];
    width = result[2];
    inputs = conv.getInput().getType().getShape().back();
    outputs = result[3];
    isOfBytes = conv.getType().getElementType().isInteger();
  }

  int64_t tileRows() const { return llvm::divideCeil(height, tile); }
  int64_t tileColumns() const { return llvm::divideCeil(width, tile); }
  /// The bytes of an element of the filter, of the weights and of V.
  double elementBytes() const { return isOfBytes ? 2 : 4; }
  double filterBytes() const {
    return elementBytes() * positions * inputs * outputs;
  }
};

/// What a target needs for either algorithm. The unit of time is a vector
/// multiply-accumulate: half a cycle where two are issued at once.
class CostModel {
public:
  CostModel(int64_t lanes, int64_t channelBlock)
      : lanes(lanes), channelBlock(channelBlock) {}

  /// The time of the convolution as it is.
  double ofDirect(const Candidate &conv) const {
    double macs = 9.0 * conv.batch * conv.height * conv.width * conv.inputs *
                  vectors(conv.outputs);
    double weights = conv.elementBytes() * 9 * conv.inputs * conv.outputs;
    return std::max(macs * (conv.isOfBytes ? directPairCost : 1),
                    weights / memoryRate);
  }

  /// The time of Winograd's algorithm in blocks of `rows` x `columns` tiles.
  double ofBlocks(const Candidate &conv, int64_t rows, int64_t columns) const {
    double tiles =
        static_cast<double>(conv.batch) * conv.tileRows() * conv.tileColumns();
    double products = positions * conv.inputs * vectors(conv.outputs);
    double transforms =
        transformCost * (vectors(conv.inputs) + vectors(conv.outputs));
    double compute =
        tiles * (products * (conv.isOfBytes ? pairCost : 1) + transforms);
    double blocks = static_cast<double>(conv.batch) *
                    llvm::divideCeil(conv.tileRows(), rows) *
                    llvm::divideCeil(conv.tileColumns(), columns);
    // V and M pass once for each block of channels, the filter once for each
    // block of tiles; it stays in the near cache if all three fit.
    double passes = llvm::divideCeil(conv.outputs, channelBlock);
    double matrices = positions * rows * columns *
                      (conv.elementBytes() * conv.inputs + 4.0 * channelBlock);
    double filter = conv.filterBytes();
    double again = (blocks - 1) * filter / rateOf(filter, /*beside=*/matrices);
    double patches = blocks * passes * matrices / rateOf(matrices);
    return std::max(compute, filter / memoryRate) + again + patches;
  }

  /// The best block for `threads`: whole rows of tiles, or a part of one if
  /// that is too many.
  std::pair<int64_t, int64_t> selectBlock(const Candidate &conv,
                                          int64_t threads) const {
    int64_t columns = conv.tileColumns(), rows = conv.tileRows();
    std::pair<int64_t, int64_t> best = {1, columns};
    double least = ofBlocks(conv, 1, columns);
    auto consider = [&](int64_t height, int64_t width) {
      // A block for each thread, if there are enough rows.
      if (height > 1 &&
          llvm::divideCeil(rows, height) < std::min<uint64_t>(rows, threads))
        return;
      if (double cost = ofBlocks(conv, height, width); cost < least) {
        least = cost;
        best = {height, width};
      }
    };
    for (int64_t height = 2; height <= rows; ++height)
      consider(height, columns);
    for (int64_t parts = 2; parts <= columns / leastColumns; ++parts)
      consider(1, llvm::divideCeil(columns, parts));
    return best;
  }

private:
  // About 120 operations, 36 loads and 36 or 16 stores for a vector of
  // channels of a tile. Of bytes those of the input are half as many, and those
  // of the output more; measured on a Zen 5 server, this suits both.
  static constexpr double transformCost = 250;
  // What a multiply-accumulate takes where one instruction multiplies two pairs
  // of 16 bits and another one adds, at four a cycle; in the convolution as it
  // is, bytes become 16 bits beside that. 0.6 to 0.9 were measured.
  static constexpr double pairCost = 0.5, directPairCost = 0.7;
  // Fewer tiles than this leave multipliers idle.
  static constexpr int64_t leastColumns = 8;
  // What of a second-level cache of 1 MB, and of the share of a third-level
  // cache, data may take that is to stay there.
  static constexpr double nearCache = 800e3, farCache = 16e6;
  // Bytes in the time of a multiply-accumulate; one core of a Zen 5 server
  // reads 20 to 26 GB/s of DRAM in 3.8 GHz.
  static constexpr double nearRate = 32, farRate = 6, memoryRate = 3;

  double vectors(int64_t channels) const {
    return llvm::divideCeil(channels, lanes);
  }

  /// The rate at which `bytes` are read again, if `beside` other ones are used
  /// in between.
  static double rateOf(double bytes, double beside = 0) {
    if (bytes + beside <= nearCache)
      return nearRate;
    return bytes <= farCache ? farRate : memoryRate;
  }

  int64_t lanes, channelBlock;
};

/// Whether `value` is rounded to integers after elementwise ops: a difference
/// in its last bits may become one of a whole step there.
bool isRoundedToIntegers(Value value) {
  // As many as a kernel fuses.
  constexpr size_t maxOps = 64;
  llvm::SetVector<Operation *> readers(value.user_begin(), value.user_end());
  for (size_t i = 0; i < std::min(readers.size(), maxOps); ++i) {
    if (!isa<ElementwiseOpInterface>(readers[i]))
      continue;
    Value result = readers[i]->getResult(0);
    Type element = cast<RankedTensorType>(result.getType()).getElementType();
    if (!isa<FloatType>(element) && !element.isInteger(1))
      return true;
    readers.insert(result.user_begin(), result.user_end());
  }
  return false;
}

/// Whether `conv` is of floats, and stays as exact as what is quantized needs.
bool isOfFloats(ConvOp conv) {
  return conv.getType().getElementType().isF32() &&
         conv.getInput().getType().getElementType().isF32() &&
         conv.getWeight().getType().getElementType().isF32() &&
         !isRoundedToIntegers(conv.getResult());
}

/// The largest magnitude that a sum of products of bytes by `weights`
/// [3, 3, C, O] can have.
int64_t getLargestSum(const HostTensor &weights, bool hasUnsignedData) {
  int64_t outputs = weights.getShape().back(), largest = 0;
  std::vector<int64_t> positive(outputs, 0), negative(outputs, 0);
  for (auto [i, weight] : llvm::enumerate(weights.data<int8_t>()))
    (weight > 0 ? positive : negative)[i % outputs] += std::abs(weight);
  for (auto [above, below] : llvm::zip_equal(positive, negative)) {
    int64_t sum =
        hasUnsignedData ? 255 * std::max(above, below) : 128 * (above + below);
    largest = std::max(largest, sum);
  }
  return largest;
}

/// Whether `conv` is of bytes that are computed by dot products of 16 bits, and
/// comes out exact.
bool isOfBytes(ConvOp conv, const HostTensor &weights, DotKind kind) {
  if (kind != DotKind::Words || !isByteProduct(conv) ||
      conv.getInputZeroPoint() != 0 ||
      !conv.getType().getElementType().isInteger(32))
    return false;
  bool isUnsigned =
      conv.getInput().getType().getElementType().isUnsignedInteger();
  return getLargestSum(weights, isUnsigned) < WinogradConvOp::sumLimit;
}

/// Whether the algorithm applies: 3x3, dense, one pixel apart, and with weights
/// that can be transformed now. Weights that are stored in another form, or are
/// all the same, stay as small as they are.
bool isCandidate(ConvOp conv, DotKind kind) {
  auto weights = conv.getWeight().getDefiningOp<ConstantOp>();
  auto isOne = [](int64_t step) { return step == 1; };
  if (conv.getSpatialRank() != 2 || conv.getGroup() != 1 ||
      conv.getWeight().getType().getShape().take_front(2) !=
          ArrayRef<int64_t>{3, 3} ||
      !llvm::all_of(conv.getStrides(), isOne) ||
      !llvm::all_of(conv.getDilations(), isOne) || !weights ||
      getSplatValue(weights))
    return false;
  std::optional<HostTensor> values = toHostTensor(weights.getValue());
  return values && (isOfFloats(conv) || isOfBytes(conv, *values, kind));
}

struct Winograd : lathe::impl::WinogradBase<Winograd> {
  using WinogradBase::WinogradBase;

  void runOnOperation() override {
    int64_t lanes = std::max<int64_t>(vectorBits / 32, 1);
    // A multiple of the register tile's vectors. The same for 256 and 512 bits,
    // so that versions for several processors share the filters.
    int64_t channelBlock = vectorBits <= 128 ? 4 * lanes : 32;
    CostModel model(lanes, channelBlock);
    for (auto function : getOperation().getOps<func::FuncOp>())
      for (auto conv : llvm::make_early_inc_range(function.getOps<ConvOp>()))
        if (isCandidate(conv, kind) &&
            failed(convert(conv, model, channelBlock)))
          return signalPassFailure();
  }

  /// Replaces `conv` if that pays.
  LogicalResult convert(ConvOp conv, const CostModel &model,
                        int64_t channelBlock) {
    // Less is not worth four times the weights.
    constexpr double leastGain = 1.25;
    Candidate candidate(conv);
    // Threads change no bit of the result, so they have no say in this.
    auto [rows, columns] = model.selectBlock(candidate, 1);
    if (model.ofDirect(candidate) <
        leastGain * model.ofBlocks(candidate, rows, columns))
      return success();
    std::tie(rows, columns) = model.selectBlock(candidate, threads);
    int64_t shares = std::min<int64_t>(threads, candidate.tileRows() /
                                                    std::max<int64_t>(rows, 1));
    OpBuilder builder(conv);
    // No more channels in a block than vectors, at most of 512 bits, hold.
    int64_t lanes = vectorBits <= 128 ? vectorBits / 32 : 16;
    channelBlock = std::min<int64_t>(
        channelBlock, llvm::divideCeil(candidate.outputs, lanes) * lanes);
    FailureOr<Value> filter = createFilter(builder, conv, channelBlock);
    if (failed(filter))
      return failure();
    Value result = WinogradConvOp::create(
        builder, conv.getLoc(), conv.getInput(), *filter, conv.getBias(),
        conv.getPads(), candidate.outputs, ArrayRef<int64_t>{rows, columns},
        std::max<int64_t>(shares, 1));
    conv.replaceAllUsesWith(result);
    conv.erase();
    ++numConverted;
    return success();
  }

  /// The transformed weights of `conv` as a constant.
  static FailureOr<Value> createFilter(OpBuilder &builder, ConvOp conv,
                                       int64_t channelBlock) {
    auto weights = conv.getWeight().getDefiningOp<ConstantOp>();
    auto filter =
        WinogradFilterOp::create(builder, conv.getLoc(), weights, channelBlock);
    SmallVector<HostTensor> result;
    if (failed(evaluateOp(filter, *toHostTensor(weights.getValue()), result)))
      return failure();
    Location loc = weights.getLoc();
    filter.erase();
    return createNamedConstant(builder, loc, result.front(), "filter");
  }
};

} // namespace
