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
#include "lathe/Support/HostTensorAttr.h"

#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_PAIRPRODUCTS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// A product as `lathe.pair_conv` computes it.
struct PairProduct {
  WeightedOpInterface op;
  SmallVector<int64_t> kernel, strides, pads;
  ProductConstants constants;

  int64_t getRows() const { return kernel.size() > 1 ? kernel.front() : 1; }
  int64_t getColumns() const { return kernel.empty() ? 1 : kernel.back(); }
  int64_t getInputs() const { return constants.getNumInputs(); }
  int64_t getOutputs() const { return constants.getNumOutputs(); }
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

/// The windows of `op`, or none if `lathe.pair_conv` has no such ones.
static std::optional<PairProduct> match(WeightedOpInterface op) {
  RankedTensorType data = typeOf(op.getData());
  if (data.getElementTypeBitWidth() != 8 || data.getRank() < 2 ||
      !typeOf(op->getResult(0)).getElementType().isInteger(32) ||
      !typeOf(op.getWeights()).getElementType().isSignlessInteger(8))
    return std::nullopt;
  SmallVector<int64_t> kernel, strides, pads;
  auto isOne = [](int64_t amount) { return amount == 1; };
  if (auto conv = dyn_cast<ConvOp>(op.getOperation())) {
    if (conv.getSpatialRank() > 2 || conv.getGroup() != 1 ||
        !llvm::all_of(conv.getDilations(), isOne))
      return std::nullopt;
    kernel =
        llvm::to_vector(conv.getWeight().getType().getShape().drop_back(2));
    strides = llvm::to_vector(conv.getStrides());
    pads = llvm::to_vector(conv.getPads());
    if (llvm::all_of(kernel, isOne) && llvm::all_of(strides, isOne) &&
        conv.usesAllWeights())
      kernel.clear(), strides.clear(), pads.clear();
  } else if (!isa<MatMulOp>(op) || typeOf(op.getWeights()).getRank() != 2) {
    return std::nullopt;
  }
  std::optional<ProductConstants> constants = ProductConstants::get(op);
  if (!constants || constants->isGrouped())
    return std::nullopt;
  return PairProduct{op, kernel, strides, pads, std::move(*constants)};
}

/// Whether two channels can share each product: a word holds their weights, and
/// the sums of the second, bias included, have at most 24 bits.
static bool canShare(const PairProduct &product, ArrayRef<IntegerRange> data) {
  constexpr int64_t limit = int64_t(1) << 23;
  WeightedOpInterface op = product.op;
  int64_t zero = op.getDataZeroPoint();
  SmallVector<IntegerRange, 0> sums;
  for (int64_t bias : product.constants.bias)
    sums.push_back({bias, bias});
  const HostTensor &weights = product.constants.weights;
  for (int64_t i = 0; i < weights.getNumElements(); ++i) {
    int64_t weight = weights.getInt(i);
    int64_t output = product.constants.getOutput(i);
    if (output % 2 == 1 && weight < -127)
      return false;
    IntegerRange factor = data[product.constants.getInput(i)];
    factor = IntegerRange{factor.low - zero, factor.high - zero}.hull({0, 0});
    sums[output].low += weight * (weight < 0 ? factor.high : factor.low);
    sums[output].high += weight * (weight < 0 ? factor.low : factor.high);
  }
  for (size_t output = 1; output < sums.size(); output += 2)
    if (sums[output].low < -limit || sums[output].high >= limit)
      return false;
  return true;
}

/// The weights in the order of `lathe.pair_conv`.
static HostTensor packWeights(const PairProduct &product) {
  constexpr int64_t block = PairConvOp::channelBlock;
  int64_t blocks = llvm::divideCeil(product.getOutputs(), block);
  int64_t pairs = llvm::divideCeil(product.getInputs(), 2);
  HostTensor packed(
      ElementKind::I32,
      {blocks, product.getRows(), product.getColumns() * pairs, block / 2});
  MutableArrayRef<int32_t> words = packed.mutableData<int32_t>();
  size_t next = 0;
  for (int64_t o = 0; o < blocks * block; o += block)
    for (int64_t row = 0; row < product.getRows(); ++row)
      for (int64_t column = 0; column < product.getColumns(); ++column)
        for (int64_t input = 0; input < 2 * pairs; input += 2)
          for (int64_t half = 0; half < block; half += 2) {
            auto join = [&](int64_t input) {
              int64_t both =
                  product.getWeight(row, column, input, o + half) +
                  256 * product.getWeight(row, column, input, o + half + 1);
              return static_cast<uint32_t>(both & 0xffff);
            };
            words[next++] =
                static_cast<int32_t>(join(input) | join(input + 1) << 16);
          }
  return packed;
}

static HostTensor packBias(const PairProduct &product) {
  constexpr int64_t block = PairConvOp::channelBlock;
  int64_t count = llvm::divideCeil(product.getOutputs(), block) * block;
  HostTensor packed(ElementKind::I32, {count});
  for (auto [i, bias] : llvm::enumerate(product.constants.bias)) {
    bool isOdd = i % 2 == 1;
    uint64_t value = static_cast<uint64_t>(bias);
    if (isOdd)
      value =
          256 * value + static_cast<uint64_t>(product.constants.bias[i - 1]);
    packed.setInt(static_cast<int64_t>(i), static_cast<int32_t>(value));
  }
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
      if (canShare(*product, ranges.get(op.getData()))) {
        replace(*product);
        ++numConverted;
      } else {
        ++numTooLarge;
      }
    }
  }

  static void replace(const PairProduct &product) {
    WeightedOpInterface op = product.op;
    OpBuilder builder(op);
    auto constant = [&](Value like, StringRef name, const HostTensor &tensor) {
      Location loc = like ? like.getLoc() : op->getLoc();
      SmallVector<StringRef> names = getNodeNames(loc);
      return ConstantOp::create(
          builder, loc,
          toElementsAttr(tensor, builder.getContext(),
                         names.empty() ? name : names.front()));
    };
    Value weights = constant(op.getWeights(), "weights", packWeights(product));
    Value bias = constant(op.getBias(), "bias", packBias(product));
    bool isUnsigned = typeOf(op.getData()).getElementType().isUnsignedInteger();
    auto conv = PairConvOp::create(builder, op->getLoc(), op.getData(), weights,
                                   bias, product.kernel, product.strides,
                                   product.pads, product.getOutputs(),
                                   op.getDataZeroPoint(), isUnsigned);
    conv->setAttr("kernel_name",
                  builder.getStringAttr(op->getName().stripDialect()));
    op->getResult(0).replaceAllUsesWith(conv);
    op->erase();
  }
};

} // namespace
