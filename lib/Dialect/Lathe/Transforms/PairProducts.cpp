//===- PairProducts.cpp - Products by 16-bit multiply-accumulates ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelAnalysis.h"

#include "lathe/Dialect/Lathe/IR/LathePairOps.h"
#include "lathe/Dialect/Lathe/Transforms/Locations.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_PAIRPRODUCTS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// A product as `lathe.pair_conv` or `lathe.pair_depthwise` computes it.
struct PairProduct {
  WeightedOpInterface op;
  SmallVector<int64_t> kernel, strides, pads;
  ProductConstants constants;
  /// Whether each channel has a filter of its own.
  bool isDepthwise = false;

  int64_t getRows() const { return kernel.size() > 1 ? kernel.front() : 1; }
  int64_t getColumns() const { return kernel.empty() ? 1 : kernel.back(); }
  int64_t getInputs() const { return constants.getNumInputs(); }
  int64_t getOutputs() const { return constants.getNumOutputs(); }
  /// Whether the data are a single row of a matrix.
  bool isRow() const {
    WeightedOpInterface product = op;
    return kernel.empty() &&
           typeOf(product.getData()).getNumElements() == getInputs();
  }
  /// The weight of an output channel; 0 beyond the last channel of either side.
  int64_t getWeight(int64_t row, int64_t column, int64_t input,
                    int64_t output) const;
};

} // namespace

int64_t PairProduct::getWeight(int64_t row, int64_t column, int64_t input,
                               int64_t output) const {
  if (input >= getInputs() || output >= getOutputs())
    return 0;
  int64_t tap = row * getColumns() + column;
  return constants.weights.getInt((tap * getInputs() + input) * getOutputs() +
                                  output);
}

/// The windows of `op`, or none if there are no loops for such ones.
static std::optional<PairProduct> match(WeightedOpInterface op) {
  RankedTensorType data = typeOf(op.getData());
  if (data.getElementTypeBitWidth() != 8 || data.getRank() < 2 ||
      !typeOf(op->getResult(0)).getElementType().isInteger(32) ||
      !typeOf(op.getWeights()).getElementType().isSignlessInteger(8))
    return std::nullopt;
  SmallVector<int64_t> kernel, strides, pads;
  auto isOne = [](int64_t amount) { return amount == 1; };
  if (auto conv = dyn_cast<ConvOp>(op.getOperation())) {
    if (conv.getSpatialRank() > 2 || !llvm::all_of(conv.getDilations(), isOne))
      return std::nullopt;
    kernel =
        llvm::to_vector(conv.getWeight().getType().getShape().drop_back(2));
    strides = llvm::to_vector(conv.getStrides());
    pads = llvm::to_vector(conv.getPads());
    if (conv.getGroup() == 1 && llvm::all_of(kernel, isOne) &&
        llvm::all_of(strides, isOne) && conv.usesAllWeights())
      kernel.clear(), strides.clear(), pads.clear();
  } else if (!isa<MatMulOp>(op) || typeOf(op.getWeights()).getRank() != 2) {
    return std::nullopt;
  }
  std::optional<ProductConstants> constants = ProductConstants::get(op);
  if (!constants || constants->isGrouped())
    return std::nullopt;
  PairProduct product{op, kernel, strides, pads, std::move(*constants)};
  product.isDepthwise =
      isa<ConvOp>(op.getOperation()) && product.constants.isDepthwise();
  // Loops for filters are there for images alone.
  if (product.isDepthwise && (data.getRank() != 4 || kernel.size() != 2))
    return std::nullopt;
  return product;
}

/// Whether two channels can share each product: 16 bits hold their weights, and
/// what `sums` of every second one lie between has at most 24 bits.
static bool canShare(const ProductConstants &constants,
                     ArrayRef<IntegerRange> sums) {
  constexpr int64_t limit = int64_t(1) << 23;
  for (size_t output = 1; output < sums.size(); output += 2)
    if (sums[output].low < -limit || sums[output].high >= limit)
      return false;
  // The least weight of two is 256 * -128 + 0.
  for (int64_t i = 0; i < constants.weights.getNumElements(); ++i)
    if (constants.getOutput(i) % 2 == 1 &&
        constants.weights.getInt(i) == -128 &&
        constants.weights.getInt(i - 1) < 0)
      return false;
  return true;
}

/// The elements that share words, in the order of `lathe.expand_bytes`: of a
/// row of a window of so many, -1 for one that is 0.
static SmallVector<std::pair<int64_t, int64_t>> pairElements(int64_t count) {
  SmallVector<std::pair<int64_t, int64_t>> pairs;
  int64_t first = 0;
  for (; first + 4 <= count; first += 4) {
    pairs.push_back({first, first + 2});
    pairs.push_back({first + 1, first + 3});
  }
  switch (count - first) {
  case 3:
    pairs.push_back({first, first + 2});
    pairs.push_back({first + 1, -1});
    break;
  case 2:
    pairs.push_back({first, first + 1});
    break;
  case 1:
    pairs.push_back({first, -1});
    break;
  default:
    break;
  }
  return pairs;
}

/// The weights in the order of `lathe.pair_conv`.
static HostTensor packWeights(const PairProduct &product) {
  constexpr int64_t block = PairConvOp::channelBlock;
  int64_t blocks = llvm::divideCeil(product.getOutputs(), block);
  int64_t elements = product.getColumns() * product.getInputs();
  auto pairs = pairElements(
      product.isRow() ? llvm::alignTo(elements, PairConvOp::rowElements)
                      : elements);
  int64_t words =
      llvm::alignTo(product.getRows() * static_cast<int64_t>(pairs.size()),
                    PairConvOp::wordBlock);
  HostTensor packed(ElementKind::I32, {blocks, words, block / 2});
  MutableArrayRef<int32_t> values = packed.mutableData<int32_t>();
  // The multiplicand of channels `output` and the next for an element of a row.
  auto join = [&](int64_t row, int64_t element, int64_t output) -> uint32_t {
    if (element < 0 || element >= elements)
      return 0;
    int64_t column = element / product.getInputs();
    int64_t input = element % product.getInputs();
    return static_cast<uint32_t>(
               product.getWeight(row, column, input, output) +
               256 * product.getWeight(row, column, input, output + 1)) &
           0xffff;
  };
  for (int64_t o = 0; o < blocks; ++o) {
    size_t next = static_cast<size_t>(o * words * (block / 2));
    for (int64_t row = 0; row < product.getRows(); ++row)
      for (auto [low, high] : pairs)
        for (int64_t half = 0; half < block; half += 2)
          values[next++] =
              static_cast<int32_t>(join(row, low, o * block + half) |
                                   join(row, high, o * block + half) << 16);
  }
  return packed;
}

/// The bias of each output, less the zero point times the sum of its weights,
/// modulo 2^64.
static SmallVector<uint64_t, 0> foldZeroPoint(const PairProduct &product) {
  WeightedOpInterface op = product.op;
  SmallVector<uint64_t, 0> bias;
  for (int64_t value : product.constants.bias)
    bias.push_back(static_cast<uint64_t>(value));
  const HostTensor &weights = product.constants.weights;
  for (int64_t i = 0; i < weights.getNumElements(); ++i)
    bias[product.constants.getOutput(i)] -=
        static_cast<uint64_t>(op.getDataZeroPoint() * weights.getInt(i));
  return bias;
}

static HostTensor packBias(const PairProduct &product) {
  constexpr int64_t block = PairConvOp::channelBlock;
  int64_t count = llvm::divideCeil(product.getOutputs(), block) * block;
  HostTensor packed(ElementKind::I32, {count});
  SmallVector<uint64_t, 0> bias = foldZeroPoint(product);
  for (size_t i = 0; i < bias.size(); ++i) {
    uint64_t value = i % 2 == 1 ? 256 * bias[i] + bias[i - 1] : bias[i];
    packed.setInt(static_cast<int64_t>(i), static_cast<int32_t>(value));
  }
  return packed;
}

/// The weights and the bias in the order of `lathe.pair_depthwise`.
static HostTensor packFilters(const PairProduct &product) {
  int64_t channels = product.getOutputs(), rows = product.getRows();
  int64_t columns = product.getColumns();
  HostTensor packed(ElementKind::I8, {channels, rows, columns});
  const HostTensor &weights = product.constants.weights;
  for (int64_t i = 0; i < weights.getNumElements(); ++i)
    packed.setInt(i % channels * rows * columns + i / channels,
                  weights.getInt(i));
  return packed;
}

static HostTensor packFilterBias(const PairProduct &product) {
  SmallVector<uint64_t, 0> bias = foldZeroPoint(product);
  HostTensor packed(ElementKind::I32, {product.getOutputs()});
  for (size_t i = 0; i < bias.size(); ++i)
    packed.setInt(static_cast<int64_t>(i), static_cast<int32_t>(bias[i]));
  return packed;
}

namespace {

struct PairProducts : lathe::impl::PairProductsBase<PairProducts> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    ChannelRangeAnalysis ranges(getOperation());
    for (auto op : llvm::make_early_inc_range(
             getOperation().getOps<WeightedOpInterface>())) {
      std::optional<PairProduct> product = match(op);
      if (!product)
        continue;
      if (product->isDepthwise)
        replaceByPlanes(*product);
      else if (canShare(product->constants, ranges.get(op->getResult(0))))
        replaceByShares(*product);
      else
        ++numTooLarge;
    }
  }

private:
  /// The weights or the bias of `op` in another order, named as they were.
  static Value createConstant(OpBuilder &builder, WeightedOpInterface op,
                              Value old, StringRef otherwise,
                              const HostTensor &tensor) {
    return createNamedConstant(builder, old ? old.getLoc() : op->getLoc(),
                               tensor, otherwise);
  }

  void replace(WeightedOpInterface op, Operation *by) {
    by->setAttr("kernel_name",
                StringAttr::get(&getContext(), op->getName().stripDialect()));
    op->getResult(0).replaceAllUsesWith(by->getResult(0));
    op->erase();
    ++numConverted;
  }

  void replaceByShares(const PairProduct &product) {
    WeightedOpInterface op = product.op;
    OpBuilder builder(op);
    Value weights = createConstant(builder, op, op.getWeights(), "weights",
                                   packWeights(product));
    Value bias =
        createConstant(builder, op, op.getBias(), "bias", packBias(product));
    bool isUnsigned = typeOf(op.getData()).getElementType().isUnsignedInteger();
    replace(op, PairConvOp::create(builder, op->getLoc(), op.getData(), weights,
                                   bias, product.kernel, product.strides,
                                   product.pads, product.getOutputs(),
                                   op.getDataZeroPoint(), isUnsigned));
  }

  void replaceByPlanes(const PairProduct &product) {
    WeightedOpInterface op = product.op;
    OpBuilder builder(op);
    Value filters = createConstant(builder, op, op.getWeights(), "weights",
                                   packFilters(product));
    Value bias = createConstant(builder, op, op.getBias(), "bias",
                                packFilterBias(product));
    bool isUnsigned = typeOf(op.getData()).getElementType().isUnsignedInteger();
    replace(op, PairDepthwiseOp::create(builder, op->getLoc(), op.getData(),
                                        filters, bias, product.strides,
                                        product.pads, op.getDataZeroPoint(),
                                        isUnsigned));
  }
};

} // namespace
