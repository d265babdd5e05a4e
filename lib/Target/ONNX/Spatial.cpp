//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Convolution, pooling and matrix product.
//
//===----------------------------------------------------------------------===//

#include "ConverterRegistry.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::exporter;

/// The attributes that a convolution or a pooling operator has for its window.
template <typename OpTy>
static SmallVector<NodeAttribute> getWindow(OpTy op, ArrayRef<int64_t> kernel) {
  return {NodeAttribute("kernel_shape", kernel),
          NodeAttribute("strides", op.getStrides()),
          NodeAttribute("dilations", op.getDilations()),
          NodeAttribute("pads", op.getPads())};
}

template <typename OpTy> static ArrayRef<int64_t> getKernel(OpTy op) {
  return getShape(op.getWeight()).drop_back(2);
}

/// Weights are [kernel…, a, b]; with `swap` the layout is [b, a, kernel…], else
/// [a, b, kernel…].
static Layout getWeightLayout(int64_t rank, bool swap) {
  Layout layout = getIdentity(rank);
  std::rotate(layout.begin(), layout.end() - 2, layout.end());
  if (swap)
    std::swap(layout[0], layout[1]);
  return layout;
}

//===----------------------------------------------------------------------===//
// Sums of products
//===----------------------------------------------------------------------===//

/// A product of integers, which gives `kind`, and the bias added to it.
/// `layout` is the one of the product.
static LogicalResult setProduct(Value bias, StringRef type, Inputs inputs,
                                ArrayRef<NodeAttribute> attributes,
                                ArrayRef<int64_t> layout, OpContext &context,
                                ElementKind kind = ElementKind::I32) {
  if (!bias)
    return context.setResult(type, inputs, attributes, layout);
  std::string product = context.create(type, inputs, attributes);
  std::string added =
      context.createCast(context.get(bias, layout), getKind(bias), kind);
  return context.setResult("Add", {product, added}, {}, layout);
}

static LogicalResult convertConv(ConvOp op, OpContext &context) {
  int64_t rank = getRank(op);
  Layout layout = getChannelsFirst(rank);
  SmallVector<std::string> inputs = {
      context.get(op.getInput(), layout),
      context.get(op.getWeight(), getWeightLayout(rank, /*swap=*/true))};
  SmallVector<NodeAttribute> attributes = getWindow(op, getKernel(op));
  attributes.emplace_back("group", op.getGroup());
  if (isFloat(getKind(op.getInput()))) {
    inputs.push_back(context.get(op.getBias()));
    return context.compute("Conv", ieeeFloats, op.getInput(), inputs,
                           attributes, layout);
  }
  for (Value factor : {op.getInput(), op.getWeight()})
    if (!context.getComputedKind("ConvInteger", bytes, getKind(factor)))
      return failure();
  if (op.getInputZeroPoint() != 0)
    inputs.push_back(
        context.createScalar("zero_point", getKind(op.getInput()),
                             static_cast<double>(op.getInputZeroPoint())));
  return setProduct(op.getBias(), "ConvInteger", inputs, attributes, layout,
                    context);
}

static LogicalResult convertConvTranspose(ConvTransposeOp op,
                                          OpContext &context) {
  int64_t rank = getRank(op);
  Layout layout = getChannelsFirst(rank);
  std::string inputs[] = {
      context.get(op.getInput(), layout),
      context.get(op.getWeight(), getWeightLayout(rank, /*swap=*/false)),
      context.get(op.getBias())};
  if (op.getInputZeroPoint() != 0)
    return context.error("ONNX has no transposed convolution of integers");
  SmallVector<NodeAttribute> attributes = getWindow(op, getKernel(op));
  attributes.emplace_back("group", op.getGroup());
  attributes.emplace_back("output_padding", op.getOutputPadding());
  return context.compute("ConvTranspose", ieeeFloats, op.getInput(), inputs,
                         attributes, layout);
}

static LogicalResult convertFloatMatMul(MatMulOp op, OpContext &context) {
  std::string lhs = context.get(op.getLhs()), rhs = context.get(op.getRhs());
  std::string bias = context.get(op.getBias());
  if (bias.empty())
    return context.setResult("MatMul", {lhs, rhs});
  if (getRank(op.getLhs()) == 2 && getRank(op.getRhs()) == 2)
    return context.setResult("Gemm", {lhs, rhs, bias});
  return context.setResult("Add", {context.create("MatMul", {lhs, rhs}), bias});
}

static LogicalResult convertMatMul(MatMulOp op, OpContext &context) {
  ElementKind lhsKind = getKind(op.getLhs()), rhsKind = getKind(op.getRhs());
  if (isFloat(lhsKind))
    return convertFloatMatMul(op, context);
  SmallVector<std::string> inputs = {context.get(op.getLhs()),
                                     context.get(op.getRhs())};
  Layout layout = getIdentity(getRank(op));
  if (bytes.contains(lhsKind) && bytes.contains(rhsKind)) {
    if (op.getLhsZeroPoint() != 0 || op.getRhsZeroPoint() != 0) {
      inputs.push_back(
          context.createScalar("lhs_zero_point", lhsKind,
                               static_cast<double>(op.getLhsZeroPoint())));
      inputs.push_back(
          context.createScalar("rhs_zero_point", rhsKind,
                               static_cast<double>(op.getRhsZeroPoint())));
    }
    return setProduct(op.getBias(), "MatMulInteger", inputs, {}, layout,
                      context);
  }
  if (op.getLhsZeroPoint() != 0 || op.getRhsZeroPoint() != 0)
    return context.error("ONNX has zero points in products of 8 bits alone");
  // The low bits of the result depend only on those of the factors.
  ElementKind kind = getKind(op.getResult());
  inputs[0] = context.createCast(inputs[0], lhsKind, kind);
  inputs[1] = context.createCast(inputs[1], rhsKind, kind);
  return setProduct(op.getBias(), "MatMul", inputs, {}, layout, context, kind);
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

static LogicalResult convertMaxPool(MaxPoolOp op, OpContext &context) {
  Layout layout = getChannelsFirst(getRank(op));
  std::string input = context.get(op.getInput(), layout);
  return context.compute("MaxPool", ieeeFloats | bytes, op.getInput(), input,
                         getWindow(op, op.getKernel()), layout);
}

/// Adds the zeros that count for the mean to `input`, and takes them from
/// `pads`.
static std::string padWithCounted(AvgPoolOp op, std::string input,
                                  MutableArrayRef<int64_t> pads,
                                  OpContext &context) {
  size_t rank = pads.size() / 2;
  SmallVector<int64_t> counted(2 * (rank + 2), 0);
  for (auto [i, pad] : llvm::enumerate(pads)) {
    // What lies beyond the padding is in no window.
    int64_t zeros = std::min((*op.getCountedPads())[i], pad);
    counted[i + (i < rank ? 2 : 4)] = zeros;
    pad -= zeros;
  }
  return context.create(
      "Pad", {std::move(input), context.createInts("pads", counted)});
}

static LogicalResult convertAvgPool(AvgPoolOp op, OpContext &context) {
  Layout layout = getChannelsFirst(getRank(op));
  std::string input = context.get(op.getInput(), layout);
  bool counts = op.getCountIncludePad();
  SmallVector<int64_t> pads(op.getPads());
  if (counts && op.getCountedPads() && *op.getCountedPads() != op.getPads()) {
    input = padWithCounted(op, std::move(input), pads, context);
    counts = false;
  }
  SmallVector<NodeAttribute> attributes = {
      NodeAttribute("kernel_shape", op.getKernel()),
      NodeAttribute("strides", op.getStrides()), NodeAttribute("pads", pads),
      NodeAttribute("count_include_pad", counts)};
  if (llvm::any_of(op.getDilations(), [](int64_t step) { return step != 1; })) {
    context.getGraph().requireOpset(19);
    attributes.emplace_back("dilations", op.getDilations());
  }
  return context.compute("AveragePool", ieeeFloats, op.getInput(), input,
                         attributes, layout);
}

void lathe::exporter::addSpatial(ConverterRegistry &registry) {
  registry.add<ConvOp>(convertConv);
  registry.add<ConvTransposeOp>(convertConvTranspose);
  registry.add<MatMulOp>(convertMatMul);
  registry.add<MaxPoolOp>(convertMaxPool);
  registry.add<AvgPoolOp>(convertAvgPool);
}
