//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolution, pooling, matrix product and resize: types, verifiers, cost.
//
//===----------------------------------------------------------------------===//

#include "Window.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/Dialect/Traits.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

/// The element type of a sum of products: int32 for data of 8 bits; for 16 bits
/// that of the bias, int64 without one; else the data's.
static Type accumulatorType(Type element, Value bias) {
  if (!element.isInteger() || element.getIntOrFloatBitWidth() > 16)
    return element;
  bool isByte = element.getIntOrFloatBitWidth() <= 8;
  bool isNarrow =
      bias && lathe::impl::elementTypeOf(bias).isSignlessInteger(32);
  return IntegerType::get(element.getContext(), isByte || isNarrow ? 32 : 64);
}

/// Infers [N, o1 … ok, channels] for a window sliding over `input`.
static LogicalResult inferWindowed(std::optional<Location> loc,
                                   RankedTensorType input, const Window &window,
                                   int64_t channels, Type element,
                                   SmallVectorImpl<Type> &types) {
  int64_t spatialRank = input.getRank() - 2;
  if (spatialRank < 1)
    return emitOptionalError(loc, "input needs a batch, a channel and at least "
                                  "one spatial dimension");
  if (failed(window.check(loc, spatialRank)))
    return failure();
  SmallVector<int64_t> shape(input.getShape());
  if (failed(
          window.slide(loc, MutableArrayRef(shape).drop_front().drop_back())))
    return failure();
  shape.back() = channels;
  types.push_back(RankedTensorType::get(shape, element));
  return success();
}

static SmallVector<int64_t> spatialDims(RankedTensorType weight) {
  return SmallVector<int64_t>(weight.getShape().drop_back(2));
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

LogicalResult ConvOp::inferReturnTypes(MLIRContext *,
                                       std::optional<Location> loc,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  auto weight = cast<RankedTensorType>(adaptor.getWeight().getType());
  if (weight.getRank() != input.getRank())
    return emitOptionalError(loc, "weight has rank ", weight.getRank(),
                             ", but the input has rank ", input.getRank());
  Window window{spatialDims(weight), adaptor.getStrides(),
                adaptor.getDilations(), adaptor.getPads()};
  return inferWindowed(
      loc, input, window, weight.getShape().back(),
      accumulatorType(input.getElementType(), adaptor.getBias()), types);
}

/// Checks what convolutions have in common: groups and the bias.
static LogicalResult verifyConvolution(Operation *op, int64_t group,
                                       int64_t inputChannels,
                                       int64_t weightInputs, int64_t outputs,
                                       Value bias) {
  if (group < 1 || inputChannels % group != 0 || outputs % group != 0)
    return op->emitOpError("group ")
           << group << " does not divide the " << inputChannels << " input and "
           << outputs << " output channels";
  if (inputChannels < 1 || outputs < 1)
    return op->emitOpError("needs at least one input and one output channel");
  if (weightInputs * group != inputChannels)
    return op->emitOpError("weight has ")
           << weightInputs << " input channels a group, but the input has "
           << inputChannels << " channels in " << group << " groups";
  if (!bias)
    return success();
  auto type = cast<RankedTensorType>(bias.getType());
  if (type.getRank() != 1 || type.getDimSize(0) != outputs)
    return op->emitOpError("bias needs shape [") << outputs << "]";
  return success();
}

/// Checks that elements of `tensor`, an operand of `op`, can have the zero
/// point `zeroPoint`.
static LogicalResult verifyZeroPoint(Operation *op, int64_t zeroPoint,
                                     Value tensor) {
  if (zeroPoint == 0)
    return success();
  auto type = dyn_cast<IntegerType>(lathe::impl::elementTypeOf(tensor));
  if (!type || type.getWidth() > 16)
    return op->emitOpError("only integers of 8 or 16 bits have a zero point");
  bool isUnsigned = type.isUnsigned();
  bool fits = isUnsigned ? llvm::isUIntN(type.getWidth(), zeroPoint)
                         : llvm::isIntN(type.getWidth(), zeroPoint);
  if (!fits || (isUnsigned && zeroPoint < 0))
    return op->emitOpError("zero point ")
           << zeroPoint << " is not in the range of " << type;
  return success();
}

/// Whether input and weight have the ranks that inferReturnTypes, which runs
/// after the verifiers, asks for.
static bool haveConvolutionRanks(RankedTensorType input,
                                 RankedTensorType weight) {
  return input.getRank() >= 3 && input.getRank() == weight.getRank();
}

LogicalResult ConvOp::verify() {
  if (failed(verifyZeroPoint(*this, getInputZeroPoint(), getInput())))
    return failure();
  if (!haveConvolutionRanks(getInput().getType(), getWeight().getType()))
    return success();
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  return verifyConvolution(*this, getGroup(),
                           getInput().getType().getShape().back(),
                           weight[weight.size() - 2], weight.back(), getBias());
}

bool ConvOp::isDepthwise() {
  int64_t channels = getInput().getType().getShape().back();
  return static_cast<int64_t>(getGroup()) == channels && channels > 1;
}

int64_t ConvOp::getMACs() {
  int64_t perOutput = getWeight().getType().getNumElements() /
                      getWeight().getType().getShape().back();
  return getType().getNumElements() * perOutput;
}

/// Loops of a windowed op: batch, output positions, channels; then `reduction`
/// window positions and input channels.
static void addSpatialLoops(SmallVectorImpl<LoopDim> &loops, StringRef prefix,
                            ArrayRef<int64_t> extents, bool isReduction) {
  static constexpr StringLiteral output[] = {"od", "oh", "ow"};
  static constexpr StringLiteral window[] = {"kd", "kh", "kw"};
  for (auto [i, extent] : llvm::enumerate(extents)) {
    // The last spatial dimension is the width, whatever their number.
    int64_t name =
        static_cast<int64_t>(i) + 3 - static_cast<int64_t>(extents.size());
    StringRef text = prefix;
    if (name >= 0)
      text = isReduction ? window[name] : output[name];
    loops.push_back({text, extent, isReduction});
  }
}

/// The loops over the batch and the positions of `result`.
static SmallVector<LoopDim> getOutputLoops(ArrayRef<int64_t> result) {
  SmallVector<LoopDim> loops = {{"n", result[0], false}};
  addSpatialLoops(loops, "o", result.drop_front().drop_back(), false);
  return loops;
}

SmallVector<LoopDim> ConvOp::getLoops() {
  ArrayRef<int64_t> result = getType().getShape();
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  SmallVector<LoopDim> loops = getOutputLoops(result);
  int64_t group = getGroup();
  if (group > 1)
    loops.push_back({"g", group, false});
  if (group == 1 || weight.back() != group)
    loops.push_back({"oc", weight.back() / group, false});
  addSpatialLoops(loops, "k", weight.drop_back(2), true);
  if (weight[weight.size() - 2] != 1)
    loops.push_back({"ic", weight[weight.size() - 2], true});
  return loops;
}

/// Behind the batch and the positions come loops over channels.
int64_t ConvOp::getRowLoop() { return getSpatialRank(); }
int64_t ConvTransposeOp::getRowLoop() { return getSpatialRank(); }

/// The extent of a window whose neighbour begins `stride` further, or 0 if that
/// one shares nothing with it.
static int64_t sharedWindow(int64_t extent, int64_t stride, int64_t dilation) {
  return stride % dilation == 0 && stride / dilation < extent ? extent : 0;
}

int64_t ConvOp::getRowWindow() {
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  // With several outputs a channel, its elements are broadcast to these.
  if (!isDepthwise() || weight.back() != static_cast<int64_t>(getGroup()))
    return 0;
  return sharedWindow(weight.drop_back(2).back(), getStrides().back(),
                      getDilations().back());
}

/// [in] as [in, 1], which broadcasts along the output channels.
static Value asColumn(OpBuilder &builder, Value vector) {
  int64_t extent = cast<RankedTensorType>(vector.getType()).getNumElements();
  return ReshapeOp::create(builder, vector.getLoc(), vector,
                           ArrayRef<int64_t>{extent, 1});
}

/// Channel c of group g meets weights [.., c, o] of the outputs o of group g.
Value ConvOp::spreadInputChannels(OpBuilder &builder, Value vector) {
  int64_t group = getGroup();
  if (group == 1)
    return asColumn(builder, vector);
  Location loc = vector.getLoc();
  int64_t inputs = getWeight().getType().getShape().take_back(2)[0];
  int64_t outputs = getWeight().getType().getShape().back();
  using Dims = ArrayRef<int64_t>;
  Value groups = ReshapeOp::create(builder, loc, vector, Dims{group, inputs});
  Value columns = TransposeOp::create(builder, loc, groups, Dims{1, 0});
  Value split =
      ReshapeOp::create(builder, loc, columns, Dims{inputs, group, 1});
  Value repeated = BroadcastOp::create(builder, loc, split,
                                       Dims{inputs, group, outputs / group});
  return ReshapeOp::create(builder, loc, repeated, Dims{inputs, outputs});
}

bool ConvOp::usesAllWeights() {
  return llvm::all_of(getPads(), [](int64_t amount) { return amount == 0; });
}

LogicalResult ConvTransposeOp::inferReturnTypes(MLIRContext *,
                                                std::optional<Location> loc,
                                                Adaptor adaptor,
                                                SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  auto weight = cast<RankedTensorType>(adaptor.getWeight().getType());
  int64_t spatialRank = input.getRank() - 2;
  if (spatialRank < 1 || weight.getRank() != input.getRank())
    return emitOptionalError(loc, "input and weight need the same rank, at "
                                  "least three");
  Window window{spatialDims(weight), adaptor.getStrides(),
                adaptor.getDilations(), adaptor.getPads()};
  if (failed(window.check(loc, spatialRank)) ||
      failed(checkWindow(loc, "output_padding", adaptor.getOutputPadding(),
                         spatialRank, 0)))
    return failure();
  SmallVector<int64_t> shape = {input.getDimSize(0)};
  for (int64_t i = 0; i < spatialRank; ++i) {
    shape.push_back((input.getDimSize(i + 1) - 1) * window.strides[i] +
                    (window.kernel[i] - 1) * window.dilations[i] + 1 +
                    adaptor.getOutputPadding()[i] - window.pads[i] -
                    window.pads[spatialRank + i]);
    if (shape.back() <= 0)
      return emitOptionalError(loc, "pads leave nothing of spatial dimension ",
                               i);
  }
  int64_t group = adaptor.getGroup();
  shape.push_back(weight.getShape().back() * std::max<int64_t>(group, 1));
  types.push_back(RankedTensorType::get(
      shape, accumulatorType(input.getElementType(), adaptor.getBias())));
  return success();
}

LogicalResult ConvTransposeOp::verify() {
  if (failed(verifyZeroPoint(*this, getInputZeroPoint(), getInput())))
    return failure();
  if (!haveConvolutionRanks(getInput().getType(), getWeight().getType()))
    return success();
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  int64_t group = getGroup();
  int64_t inputs = getInput().getType().getShape().back();
  if (weight[weight.size() - 2] != inputs)
    return emitOpError("weight has ")
           << weight[weight.size() - 2] << " input channels, but the input has "
           << inputs;
  return verifyConvolution(*this, group, inputs,
                           inputs / std::max<int64_t>(group, 1),
                           weight.back() * group, getBias());
}

int64_t ConvTransposeOp::getMACs() {
  int64_t perInput = getWeight().getType().getNumElements() /
                     getInput().getType().getShape().back();
  return getInput().getType().getNumElements() * perInput;
}

SmallVector<LoopDim> ConvTransposeOp::getLoops() {
  ArrayRef<int64_t> result = getType().getShape();
  ArrayRef<int64_t> weight = getWeight().getType().getShape();
  SmallVector<LoopDim> loops = getOutputLoops(result);
  int64_t group = getGroup();
  if (group > 1)
    loops.push_back({"g", group, false});
  loops.push_back({"oc", weight.back(), false});
  // Of a strided dimension's taps only every stride-th meets an output.
  SmallVector<int64_t> taps = spatialDims(getWeight().getType());
  for (auto [i, extent] : llvm::enumerate(taps))
    if (int64_t stride = getStrides()[i]; stride > 1)
      extent = llvm::divideCeil((extent - 1) * getDilations()[i] + 1, stride);
  addSpatialLoops(loops, "k", taps, true);
  loops.push_back({"ic", weight[weight.size() - 2] / group, true});
  return loops;
}

Value ConvTransposeOp::spreadInputChannels(OpBuilder &builder, Value vector) {
  return asColumn(builder, vector);
}

/// Output channel o of group g has weights [.., c, o] of the inputs c of group
/// g.
Value ConvTransposeOp::spreadOutputChannels(OpBuilder &builder, Value vector) {
  int64_t group = getGroup();
  if (group == 1)
    return vector;
  Location loc = vector.getLoc();
  int64_t inputs = getWeight().getType().getShape().take_back(2)[0];
  int64_t outputs = getWeight().getType().getShape().back();
  using Dims = ArrayRef<int64_t>;
  Value split =
      ReshapeOp::create(builder, loc, vector, Dims{group, 1, outputs});
  Value repeated = BroadcastOp::create(builder, loc, split,
                                       Dims{group, inputs / group, outputs});
  return ReshapeOp::create(builder, loc, repeated, Dims{inputs, outputs});
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

template <typename Adaptor>
static LogicalResult inferPool(std::optional<Location> loc, Adaptor adaptor,
                               SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  Window window{SmallVector<int64_t>(adaptor.getKernel()), adaptor.getStrides(),
                adaptor.getDilations(), adaptor.getPads()};
  return inferWindowed(loc, input, window, input.getShape().back(),
                       input.getElementType(), types);
}

template <typename Pool> static SmallVector<LoopDim> poolLoops(Pool pool) {
  ArrayRef<int64_t> result = pool.getType().getShape();
  SmallVector<LoopDim> loops = getOutputLoops(result);
  loops.push_back({"c", result.back(), false});
  addSpatialLoops(loops, "k", pool.getKernel(), true);
  return loops;
}

template <typename Pool> static int64_t poolOps(Pool pool) {
  int64_t window = 1;
  for (int64_t extent : pool.getKernel())
    window *= extent;
  return pool.getType().getNumElements() * window;
}

/// A window that lies in the padding alone has no largest element and no mean.
template <typename Pool> static LogicalResult verifyPool(Pool pool) {
  size_t rank = pool.getKernel().size();
  // Wrong counts and extents are reported by inferReturnTypes, which runs
  // later.
  if (pool.getPads().size() != 2 * rank || pool.getDilations().size() != rank ||
      llvm::any_of(pool.getKernel(), [](int64_t extent) { return extent < 1; }))
    return success();
  for (size_t i = 0; i < rank; ++i)
    if (pool.getPads()[i] > (pool.getKernel()[i] - 1) * pool.getDilations()[i])
      return pool.emitOpError("padding ")
             << pool.getPads()[i] << " of spatial dimension " << i
             << " is not smaller than the window";
  return success();
}

LogicalResult MaxPoolOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> loc,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  return inferPool(loc, adaptor, types);
}
LogicalResult MaxPoolOp::verify() { return verifyPool(*this); }
int64_t MaxPoolOp::getElementOps() { return poolOps(*this); }
SmallVector<LoopDim> MaxPoolOp::getLoops() { return poolLoops(*this); }
int64_t MaxPoolOp::getRowWindow() {
  return sharedWindow(getKernel().back(), getStrides().back(),
                      getDilations().back());
}

LogicalResult AvgPoolOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> loc,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  return inferPool(loc, adaptor, types);
}
LogicalResult AvgPoolOp::verify() {
  if (auto counted = getCountedPads())
    if (counted->size() != getPads().size())
      return emitOpError("'counted_pads' needs ")
             << getPads().size() << " entries, as 'pads' has";
  return verifyPool(*this);
}
int64_t AvgPoolOp::getElementOps() { return poolOps(*this); }
SmallVector<LoopDim> AvgPoolOp::getLoops() { return poolLoops(*this); }
int64_t AvgPoolOp::getRowWindow() {
  return sharedWindow(getKernel().back(), getStrides().back(),
                      getDilations().back());
}

//===----------------------------------------------------------------------===//
// Matrix product
//===----------------------------------------------------------------------===//

LogicalResult MatMulOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  auto lhs = cast<RankedTensorType>(adaptor.getLhs().getType());
  auto rhs = cast<RankedTensorType>(adaptor.getRhs().getType());
  if (lhs.getRank() < 2 || rhs.getRank() < 2)
    return emitOptionalError(loc, "operands need at least two dimensions");
  if (lhs.getShape().back() != rhs.getShape().take_back(2)[0])
    return emitOptionalError(loc, "operands of shapes [", lhs.getShape(),
                             "] and [", rhs.getShape(), "] do not multiply");
  SmallVector<int64_t> shape;
  if (!OpTrait::util::getBroadcastedShape(lhs.getShape().drop_back(2),
                                          rhs.getShape().drop_back(2), shape))
    return emitOptionalError(loc, "batch dimensions of [", lhs.getShape(),
                             "] and [", rhs.getShape(), "] do not broadcast");
  shape.push_back(lhs.getShape().take_back(2)[0]);
  shape.push_back(rhs.getShape().back());
  if (Value bias = adaptor.getBias()) {
    auto type = cast<RankedTensorType>(bias.getType());
    if (type.getRank() != 1 || type.getDimSize(0) != shape.back())
      return emitOptionalError(loc, "bias needs shape [", shape.back(), "]");
  }
  types.push_back(RankedTensorType::get(
      shape, accumulatorType(lhs.getElementType(), adaptor.getBias())));
  return success();
}

LogicalResult MatMulOp::verify() {
  return success(
      succeeded(verifyZeroPoint(*this, getLhsZeroPoint(), getLhs())) &&
      succeeded(verifyZeroPoint(*this, getRhsZeroPoint(), getRhs())));
}

int64_t MatMulOp::getMACs() {
  return getType().getNumElements() * getLhs().getType().getShape().back();
}

SmallVector<LoopDim> MatMulOp::getLoops() {
  ArrayRef<int64_t> shape = getType().getShape();
  SmallVector<LoopDim> loops;
  for (int64_t extent : shape.drop_back(2))
    loops.push_back({"b", extent, false});
  loops.push_back({"m", shape.take_back(2)[0], false});
  loops.push_back({"n", shape.back(), false});
  loops.push_back({"k", getLhs().getType().getShape().back(), true});
  return loops;
}

Value MatMulOp::spreadInputChannels(OpBuilder &builder, Value vector) {
  return asColumn(builder, vector);
}

/// A batch of matrices gives the sums a batch, which no bias has.
bool MatMulOp::usesAllWeights() { return getRhs().getType().getRank() == 2; }

//===----------------------------------------------------------------------===//
// Resize
//===----------------------------------------------------------------------===//

LogicalResult ResizeOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  if (failed(checkWindow(loc, "sizes", adaptor.getSizes(), input.getRank(), 1)))
    return failure();
  if (static_cast<int64_t>(adaptor.getScales().size()) != input.getRank())
    return emitOptionalError(loc, "'scales' needs one entry a dimension");
  types.push_back(input.clone(adaptor.getSizes()));
  return success();
}

OpFoldResult ResizeOp::fold(FoldAdaptor) {
  bool scalesAreOne =
      llvm::all_of(getScales(), [](double s) { return s == 1; });
  return getInput().getType() == getType() && scalesAreOne ? getInput()
                                                           : OpFoldResult();
}

SmallVector<unsigned> ResizeOp::getPermutedOperands(ArrayRef<int64_t>) {
  return {0};
}

Value ResizeOp::buildPermuted(OpBuilder &builder, ValueRange operands,
                              ArrayRef<int64_t> permutation) {
  return ResizeOp::create(
      builder, getLoc(), operands[0], applyPermutation(getSizes(), permutation),
      applyPermutation(getScales(), permutation), getMode(), getCoordinates(),
      getRounding(), getCubicCoefficient(), getExcludeOutside());
}
