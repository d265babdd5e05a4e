//===- PrepareIntegers.cpp - Integers as vector instructions take them ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Dot products know neither zero points nor, most of them, both signs of data.
// Since sum (x - z) w = sum x w - z sum w, a zero point is a part of the bias,
// where all weights count; so that they do, the padding becomes a part of the
// data if its value is not zero, and always where sums are so short that more
// code for borders would cost more.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/Transforms/DotProducts.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

namespace lathe {
#define GEN_PASS_DEF_PREPAREINTEGERS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static bool isZero(int64_t amount) { return amount == 0; }

namespace {

/// The data of a product and its zero point.
struct ByteData {
  Value tensor;
  int64_t zeroPoint;
};

class PrepareIntegers
    : public lathe::impl::PrepareIntegersBase<PrepareIntegers> {
public:
  using PrepareIntegersBase::PrepareIntegersBase;

  void runOnOperation() override {
    if (kind == DotKind::None)
      return;
    flipped.clear();
    for (auto product : llvm::make_early_inc_range(
             getOperation().getOps<WeightedOpInterface>())) {
      if (!(isByteProduct(product) || isByteDepthwise(product)) ||
          !product.getWeights().getDefiningOp<ConstantOp>())
        continue;
      ++numProducts;
      if (auto conv = dyn_cast<ConvOp>(product.getOperation()))
        prepare(conv);
      else
        prepare(cast<MatMulOp>(product.getOperation()));
    }
  }

private:
  void prepare(ConvOp conv);
  void prepare(MatMulOp product);
  ByteData withSign(OpBuilder &builder, ByteData data);

  /// Tensors with their highest bits flipped.
  llvm::DenseMap<Value, Value> flipped;
};

} // namespace

/// `data` with the sign that dot products take: the highest bit of each element
/// is flipped, so that both they and their zero point are 128 more or less.
ByteData PrepareIntegers::withSign(OpBuilder &builder, ByteData data) {
  RankedTensorType type = typeOf(data.tensor);
  if (acceptsData(kind, type.getElementType()))
    return data;
  bool isUnsigned = type.getElementType().isUnsignedInteger();
  Value &tensor = flipped[data.tensor];
  if (!tensor) {
    Location loc = data.tensor.getLoc();
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(data.tensor);
    Value highest = createSplat(builder, loc, type.clone(ArrayRef<int64_t>{}),
                                isUnsigned ? 128 : -128);
    Value bits = XorOp::create(builder, loc, data.tensor, highest);
    Type element = builder.getIntegerType(8);
    if (!isUnsigned)
      element =
          IntegerType::get(builder.getContext(), 8, IntegerType::Unsigned);
    tensor = CastOp::create(builder, loc, bits, element);
  }
  return {tensor, data.zeroPoint + (isUnsigned ? -128 : 128)};
}

/// `bias`, which may be null, less `zeroPoint` times the sum of `weights` over
/// all dimensions but the last.
static Value addZeroPoint(OpBuilder &builder, Value bias, Value weights,
                          int64_t zeroPoint) {
  if (zeroPoint == 0)
    return bias;
  Location loc = weights.getLoc();
  Value wide =
      CastOp::create(builder, loc, weights, builder.getIntegerType(32));
  auto axes =
      llvm::to_vector(llvm::seq<int64_t>(0, typeOf(weights).getRank() - 1));
  Value sum = ReduceOp::create(builder, loc, wide, ReduceKind::Sum, axes,
                               /*keep_dims=*/false);
  Value factor =
      createSplat(builder, loc, typeOf(sum).clone(ArrayRef<int64_t>{}),
                  static_cast<double>(-zeroPoint));
  Value term = MulOp::create(builder, loc, sum, factor);
  return bias ? Value(AddOp::create(builder, loc, bias, term)) : term;
}

/// Whether `tensor` can be computed right inside of a larger one: some op makes
/// it, and it has no place in another one already.
static bool canBeEnclosed(Value tensor) {
  Operation *op = tensor.getDefiningOp();
  if (!op || op->hasTrait<OpTrait::ConstantLike>() ||
      isa<ViewOpInterface, AssembleOpInterface, MemoryOpInterface>(op))
    return false;
  return llvm::none_of(tensor.getUsers(), [](Operation *user) {
    return isa<AssembleOpInterface>(user) ||
           user->hasTrait<OpTrait::IsTerminator>();
  });
}

/// As `padWithZeroPoint`, of parts that are joined: only the border is written
/// beside what computes the data.
static Value encloseInZeroPoint(OpBuilder &builder, Location loc, ByteData data,
                                ArrayRef<int64_t> low, ArrayRef<int64_t> high) {
  Value tensor = data.tensor;
  for (auto dim = static_cast<int64_t>(low.size()) - 1; dim >= 0; --dim) {
    SmallVector<Value> parts;
    auto addBorder = [&](int64_t amount) {
      SmallVector<int64_t> shape(typeOf(tensor).getShape());
      shape[dim] = amount;
      if (amount > 0)
        parts.push_back(createSplat(builder, loc, typeOf(tensor).clone(shape),
                                    static_cast<double>(data.zeroPoint)));
    };
    addBorder(low[dim]);
    parts.push_back(tensor);
    addBorder(high[dim]);
    if (parts.size() > 1)
      tensor = ConcatOp::create(builder, loc, parts, dim);
  }
  return tensor;
}

/// `data` with `low` and `high` more elements of its zero point around.
static Value padWithZeroPoint(OpBuilder &builder, Location loc, ByteData data,
                              ArrayRef<int64_t> low, ArrayRef<int64_t> high) {
  RankedTensorType type = typeOf(data.tensor);
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return data.tensor;
  if (canBeEnclosed(data.tensor))
    return encloseInZeroPoint(builder, loc, data, low, high);
  SmallVector<int64_t> shape(type.getShape());
  for (size_t dim = 0; dim < shape.size(); ++dim)
    shape[dim] += low[dim] + high[dim];
  Value value = createSplat(builder, loc, type.clone(ArrayRef<int64_t>{}),
                            static_cast<double>(data.zeroPoint));
  return PadOp::create(builder, loc, type.clone(shape), data.tensor, value, low,
                       high);
}

/// Whether the rows of windows, [last window, channels] in one, are worth a
/// copy of the input: where channels do not fill a quad, as those of an image.
static bool hasShortChannels(ConvOp conv) {
  ArrayRef<int64_t> weight = conv.getWeight().getType().getShape();
  return conv.getGroup() == 1 && conv.getDilations().back() == 1 &&
         weight[weight.size() - 2] < DotConvOp::quad &&
         (weight[weight.size() - 2] > 1 || !conv.usesAllWeights());
}

/// Joins the last spatial dimension of `conv` and the channels to a dimension
/// of one channel, whose windows are rows without gaps.
static void joinRows(OpBuilder &builder, ConvOp conv, ByteData data) {
  Location loc = conv.getLoc();
  RankedTensorType type = typeOf(data.tensor);
  int64_t rank = conv.getSpatialRank(), channels = type.getShape().back();
  ArrayRef<int64_t> pads = conv.getPads();
  SmallVector<int64_t> shape(type.getShape().drop_back(2));
  shape.push_back(type.getShape().take_back(2)[0] * channels);
  Value rows = ReshapeOp::create(builder, loc, data.tensor, shape);

  SmallVector<int64_t> weight(conv.getWeight().getType().getShape());
  weight[rank - 1] *= channels;
  weight[rank] = 1;
  SmallVector<int64_t> strides(conv.getStrides());
  strides.back() *= channels;
  SmallVector<int64_t> low = {0}, high = {0};
  llvm::append_range(low, pads.take_front(rank));
  llvm::append_range(high, pads.drop_front(rank));
  low.back() *= channels;
  high.back() *= channels;
  // What the last quad of the last window reads beyond its end.
  if (!llvm::all_of(pads, isZero)) {
    int64_t extent = shape.back() + low.back() + high.back();
    int64_t rest = (extent - weight[rank - 1]) % strides.back();
    high.back() += std::min<int64_t>(3, strides.back() - 1 - rest);
  }
  rows = padWithZeroPoint(builder, loc, {rows, data.zeroPoint}, low, high);
  SmallVector<int64_t> padded(typeOf(rows).getShape());
  padded.push_back(1);
  conv.getInputMutable().assign(
      ReshapeOp::create(builder, loc, rows, padded).getResult());
  conv.getWeightMutable().assign(
      ReshapeOp::create(builder, loc, conv.getWeight(), weight).getResult());
  conv.setStrides(strides);
  conv.setPads(SmallVector<int64_t>(2 * rank, 0));
}

void PrepareIntegers::prepare(ConvOp conv) {
  OpBuilder builder(conv);
  ByteData data =
      withSign(builder, {conv.getInput(), conv.getInputZeroPoint()});
  Value weights = conv.getWeight();
  conv.getInputMutable().assign(data.tensor);
  if (hasShortChannels(conv)) {
    joinRows(builder, conv, data);
  } else if (data.zeroPoint != 0 || conv.isDepthwise()) {
    int64_t rank = conv.getSpatialRank();
    ArrayRef<int64_t> pads = conv.getPads();
    SmallVector<int64_t> low = {0}, high = {0};
    llvm::append_range(low, pads.take_front(rank));
    llvm::append_range(high, pads.drop_front(rank));
    low.push_back(0);
    high.push_back(0);
    conv.getInputMutable().assign(
        padWithZeroPoint(builder, conv.getLoc(), data, low, high));
    conv.setPads(SmallVector<int64_t>(2 * rank, 0));
  }
  conv.setInputZeroPoint(0);
  if (Value bias =
          addZeroPoint(builder, conv.getBias(), weights, data.zeroPoint))
    conv.setBias(bias);
}

void PrepareIntegers::prepare(MatMulOp product) {
  OpBuilder builder(product);
  ByteData data =
      withSign(builder, {product.getLhs(), product.getLhsZeroPoint()});
  product.getLhsMutable().assign(data.tensor);
  product.setLhsZeroPoint(0);
  if (Value bias = addZeroPoint(builder, product.getBias(), product.getRhs(),
                                data.zeroPoint))
    product.setBias(bias);
}
