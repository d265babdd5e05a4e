//===- WindowProducts.cpp - Products over windows in memory ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WindowWeights.h"

#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Dialect/Lathe/Transforms/Locations.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "llvm/Support/MathExtras.h"

namespace lathe {
#define GEN_PASS_DEF_WINDOWPRODUCTS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

/// The windows of `op`, or none if there are no loops for such ones.
static std::optional<WindowProduct> match(WeightedOpInterface op) {
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
  WindowProduct product{op, kernel, strides, pads, std::move(*constants)};
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

namespace {

struct WindowProducts : lathe::impl::WindowProductsBase<WindowProducts> {
  using WindowProductsBase::WindowProductsBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    ChannelRangeAnalysis ranges(getOperation());
    for (auto op : llvm::make_early_inc_range(
             getOperation().getOps<WeightedOpInterface>())) {
      std::optional<WindowProduct> product = match(op);
      if (!product)
        continue;
      if (product->isDepthwise)
        replaceByFilters(*product);
      else
        replaceByWindows(*product,
                         choose(*product, ranges.get(op->getResult(0))));
    }
  }

private:
  /// The best form that computes the product. All processors with vectors
  /// multiply pairs as well.
  WindowForm choose(const WindowProduct &product, ArrayRef<IntegerRange> sums) {
    if (form == WindowForm::Vectors && !product.isUnsigned())
      return WindowForm::Vectors;
    if (form == WindowForm::Bytes)
      return WindowForm::Bytes;
    if (form == WindowForm::Halves)
      return fitsHalves(product) ? WindowForm::Halves : WindowForm::Bytes;
    if (canShare(product.constants, sums))
      return WindowForm::Pairs;
    ++numTooLarge;
    return WindowForm::Bytes;
  }

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

  void replaceByWindows(const WindowProduct &product, WindowForm form) {
    WeightedOpInterface op = product.op;
    OpBuilder builder(op);
    Value weights = createConstant(builder, op, op.getWeights(), "weights",
                                   packWindowWeights(product, form));
    Value bias = createConstant(builder, op, op.getBias(), "bias",
                                packWindowBias(product, form));
    replace(op,
            WindowConvOp::create(builder, op->getLoc(), op.getData(), weights,
                                 bias, form, product.kernel, product.strides,
                                 product.pads, product.getOutputs(),
                                 op.getDataZeroPoint(), product.isUnsigned()));
  }

  /// Vectors have no planes.
  WindowForm getPlaneForm(const WindowProduct &product) const {
    if (form == WindowForm::Halves)
      return fitsPlanes(product) ? WindowForm::Halves : WindowForm::Bytes;
    return form == WindowForm::Bytes ? WindowForm::Bytes : WindowForm::Pairs;
  }

  void replaceByFilters(const WindowProduct &product) {
    WeightedOpInterface op = product.op;
    OpBuilder builder(op);
    if (form == WindowForm::Vectors && fitsRows(product)) {
      Value filters = createConstant(builder, op, op.getWeights(), "weights",
                                     packRowFilters(product));
      Value bias = createConstant(builder, op, op.getBias(), "bias",
                                  packRowBias(product));
      replace(op, RowDepthwiseOp::create(builder, op->getLoc(), op.getData(),
                                         filters, bias, product.strides,
                                         product.pads, op.getDataZeroPoint()));
      return;
    }
    Value filters = createConstant(builder, op, op.getWeights(), "weights",
                                   packFilters(product));
    WindowForm form = getPlaneForm(product);
    Value bias = createConstant(builder, op, op.getBias(), "bias",
                                packFilterBias(product, form));
    replace(op, PlaneDepthwiseOp::create(builder, op->getLoc(), op.getData(),
                                         filters, bias, form, product.strides,
                                         product.pads, op.getDataZeroPoint(),
                                         product.isUnsigned()));
  }
};

} // namespace
