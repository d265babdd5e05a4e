//===- RecognizeGelu.cpp - GELU from primitive ops ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters multiply the factors of GELU in any order and association. A
// product is therefore compared as a number times a multiset of other factors.
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/Composites.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace lathe;

namespace {

/// number * factors[0] * factors[1] * …
struct Product {
  double number = 1;
  SmallVector<Value> factors;

  /// Takes one occurrence of `factor` out.
  bool remove(Value factor) {
    auto *it = llvm::find(factors, factor);
    if (it == factors.end())
      return false;
    factors.erase(it);
    return true;
  }
};

} // namespace

/// Whether a constant of a model, rounded to float16 at worst, means `wanted`.
static bool isAbout(double number, double wanted) {
  return std::abs(number - wanted) <= 1e-3 * std::abs(wanted);
}

/// Multiplies `product` by `value`, which is taken apart down to `depth` ops.
static void multiply(Product &product, Value value, unsigned depth = 6) {
  if (std::optional<double> number = getSplatValue(value)) {
    product.number *= *number;
    return;
  }
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0) {
    product.factors.push_back(value);
    return;
  }
  if (auto mul = dyn_cast<MulOp>(op)) {
    multiply(product, mul.getLhs(), depth - 1);
    multiply(product, mul.getRhs(), depth - 1);
    return;
  }
  if (auto div = dyn_cast<DivOp>(op)) {
    if (std::optional<double> divisor = getSplatValue(div.getRhs())) {
      multiply(product, div.getLhs(), depth - 1);
      product.number /= *divisor;
      return;
    }
  }
  if (auto pow = dyn_cast<PowOp>(op))
    if (getSplatValue(pow.getRhs()) == std::optional<double>(3)) {
      for (int i = 0; i < 3; ++i)
        multiply(product, pow.getLhs(), depth - 1);
      return;
    }
  product.factors.push_back(value);
}

static Product productOf(Value value) {
  Product product;
  multiply(product, value);
  return product;
}

/// The other summand of `value` = 1 + summand; null when it is none.
static Value onePlus(Value value) {
  auto add = value.getDefiningOp<AddOp>();
  if (!add)
    return {};
  if (getSplatValue(add.getRhs()) == std::optional<double>(1))
    return add.getLhs();
  if (getSplatValue(add.getLhs()) == std::optional<double>(1))
    return add.getRhs();
  return {};
}

/// Whether `value` is 0.044715 * x^`power`.
static bool isCubicTerm(Value value, Value x, int power) {
  Product term = productOf(value);
  for (int i = 0; i < power; ++i)
    if (!term.remove(x))
      return false;
  return term.factors.empty() && isAbout(term.number, 0.044715);
}

/// Whether `value` is sqrt(2 / pi) * (x + 0.044715 * x^3), or the same with x
/// taken out of the sum.
static bool isTanhArgument(Value value, Value x) {
  Product product = productOf(value);
  if (!isAbout(product.number, std::sqrt(2 / M_PI)))
    return false;
  if (product.remove(x)) {
    if (product.factors.size() != 1)
      return false;
    Value term = onePlus(product.factors[0]);
    return term && isCubicTerm(term, x, 2);
  }
  if (product.factors.size() != 1)
    return false;
  auto sum = product.factors[0].getDefiningOp<AddOp>();
  return sum && ((sum.getLhs() == x && isCubicTerm(sum.getRhs(), x, 3)) ||
                 (sum.getRhs() == x && isCubicTerm(sum.getLhs(), x, 3)));
}

/// Whether `value` is x / sqrt(2).
static bool isErfArgument(Value value, Value x) {
  Product product = productOf(value);
  return product.remove(x) && product.factors.empty() &&
         isAbout(product.number, std::sqrt(0.5));
}

namespace {

/// x / 2 * (1 + erf(x / sqrt(2))), or with tanh its approximation (Hendrycks
/// and Gimpel, 2016).
struct RecognizeGelu : OpRewritePattern<MulOp> {
  RecognizeGelu(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(MulOp op,
                                PatternRewriter &rewriter) const override {
    Product product = productOf(op);
    if (product.factors.size() != 2 || !isAbout(product.number, 0.5))
      return failure();
    for (int i : {0, 1}) {
      Value x = product.factors[i], function = onePlus(product.factors[1 - i]);
      if (!function || x.getType() != op.getType())
        continue;
      auto erf = function.getDefiningOp<ErfOp>();
      auto tanh = function.getDefiningOp<TanhOp>();
      bool isExact = erf && isErfArgument(erf.getInput(), x);
      if (!isExact && !(tanh && isTanhArgument(tanh.getInput(), x)))
        continue;
      rewriter.replaceOpWithNewOp<GeluOp>(op, x,
                                          /*tanh_approximation=*/!isExact);
      ++count;
      return success();
    }
    return failure();
  }

  Pass::Statistic &count;
};

} // namespace

void lathe::populateGeluPatterns(RewritePatternSet &patterns,
                                 Pass::Statistic &count) {
  patterns.add<RecognizeGelu>(patterns.getContext(), count);
}
