//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reference models of the elementwise ops. What each op computes is stated once
// more here, in C++, and shares nothing with its lowering (buildScalar), so
// that the two check each other.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "lathe/Support/HostTensorAttr.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

//===----------------------------------------------------------------------===//
// The function of one element
//===----------------------------------------------------------------------===//

/// A remainder with the dividend's sign.
static double remainderOf(double a, double b) { return std::fmod(a, b); }
static int64_t remainderOf(int64_t a, int64_t b) {
  return b == 0 || b == -1 ? 0 : a % b;
}
static uint64_t remainderOf(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : a % b;
}

/// Integer power modulo 2^64. Negative exponents give the quotient rounded
/// towards zero, and 0 for base 0.
template <typename W> static W power(W base, W exponent) {
  if constexpr (std::is_same_v<W, double>) {
    return std::pow(base, exponent);
  } else {
    if constexpr (std::is_signed_v<W>)
      if (exponent < 0)
        return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
    uint64_t result = 1, factor = static_cast<uint64_t>(base);
    for (uint64_t rest = exponent; rest != 0; rest >>= 1, factor *= factor)
      if (rest & 1)
        result *= factor;
    return static_cast<W>(result);
  }
}

/// `limit` as the nearest number that elements of `tensor` can have, in wide
/// type `W`.
template <typename W> static W toLimit(Value tensor, double limit) {
  if constexpr (std::is_same_v<W, double>)
    return limit;
  else
    return visitElementType(
        *getElementKind(lathe::impl::elementTypeOf(tensor)),
        [&](auto zero) -> W { return convertElement<decltype(zero)>(limit); });
}

static unsigned widthOf(Value tensor) {
  return lathe::impl::elementTypeOf(tensor).getIntOrFloatBitWidth();
}

// scalarFunction(op) gives the function of one element, on wide types.
#define LATHE_MATH_FUNCTION(OP, CALL)                                          \
  static auto scalarFunction(OP) {                                             \
    return [](double x) { return CALL; };                                      \
  }
LATHE_MATH_FUNCTION(ExpOp, std::exp(x))
LATHE_MATH_FUNCTION(LogOp, std::log(x))
LATHE_MATH_FUNCTION(SqrtOp, std::sqrt(x))
LATHE_MATH_FUNCTION(FloorOp, std::floor(x))
LATHE_MATH_FUNCTION(CeilOp, std::ceil(x))
LATHE_MATH_FUNCTION(RoundOp, std::nearbyint(x))
LATHE_MATH_FUNCTION(SinOp, std::sin(x))
LATHE_MATH_FUNCTION(CosOp, std::cos(x))
LATHE_MATH_FUNCTION(TanOp, std::tan(x))
LATHE_MATH_FUNCTION(AsinOp, std::asin(x))
LATHE_MATH_FUNCTION(AcosOp, std::acos(x))
LATHE_MATH_FUNCTION(AtanOp, std::atan(x))
LATHE_MATH_FUNCTION(SinhOp, std::sinh(x))
LATHE_MATH_FUNCTION(CoshOp, std::cosh(x))
LATHE_MATH_FUNCTION(TanhOp, std::tanh(x))
LATHE_MATH_FUNCTION(AsinhOp, std::asinh(x))
LATHE_MATH_FUNCTION(AcoshOp, std::acosh(x))
LATHE_MATH_FUNCTION(AtanhOp, std::atanh(x))
LATHE_MATH_FUNCTION(ErfOp, std::erf(x))
LATHE_MATH_FUNCTION(ReciprocalOp, 1 / x)
LATHE_MATH_FUNCTION(SigmoidOp, 1 / (1 + std::exp(-x)))
LATHE_MATH_FUNCTION(SoftplusOp,
                    std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))))
LATHE_MATH_FUNCTION(IsNanOp, uint64_t(std::isnan(x)))
#undef LATHE_MATH_FUNCTION

static auto scalarFunction(AbsOp) {
  return [](auto x) {
    using W = decltype(x);
    if constexpr (std::is_same_v<W, double>)
      return std::fabs(x);
    else
      return x < 0 ? wrapping(std::minus<>(), W(0), x) : x;
  };
}
static auto scalarFunction(NegOp) {
  return [](auto x) {
    using W = decltype(x);
    if constexpr (std::is_same_v<W, double>)
      return -x;
    else
      return wrapping(std::minus<>(), W(0), x);
  };
}
static auto scalarFunction(SignOp) {
  return [](auto x) {
    using W = decltype(x);
    return x > 0 ? W(1) : x < 0 ? W(-1) : x; // NaN is neither
  };
}
static auto scalarFunction(ReluOp) {
  return [](auto x) { return x < 0 ? decltype(x)(0) : x; };
}
static auto scalarFunction(NotOp) {
  return [](auto x) { return ~x; };
}
static auto scalarFunction(IsInfOp op) {
  return [positive = op.getPositive(),
          negative = op.getNegative()](double x) -> uint64_t {
    return std::isinf(x) && (x > 0 ? positive : negative);
  };
}
static auto scalarFunction(LeakyReluOp op) {
  return [alpha = op.getAlpha().convertToDouble()](double x) {
    return x < 0 ? alpha * x : x;
  };
}
static auto scalarFunction(EluOp op) {
  return [alpha = op.getAlpha().convertToDouble()](double x) {
    return x < 0 ? alpha * std::expm1(x) : x;
  };
}
static auto scalarFunction(HardSigmoidOp op) {
  return [alpha = op.getAlpha().convertToDouble(),
          beta = op.getBeta().convertToDouble()](double x) {
    return maximum(0.0, minimum(1.0, alpha * x + beta));
  };
}
static auto scalarFunction(GeluOp op) {
  return [approximate = op.getTanhApproximation()](double x) {
    const double pi = std::acos(-1.0);
    double phi = approximate
                     ? std::tanh(std::sqrt(2 / pi) * (x + 0.044715 * x * x * x))
                     : std::erf(x / std::sqrt(2.0));
    return x / 2 * (1 + phi);
  };
}
static auto scalarFunction(ClampOp op) {
  return [tensor = op.getInput(), min = op.getMin().convertToDouble(),
          max = op.getMax().convertToDouble()](auto x) {
    using W = decltype(x);
    return minimum(maximum(x, toLimit<W>(tensor, min)),
                   toLimit<W>(tensor, max));
  };
}

static auto scalarFunction(AddOp) {
  return [](auto a, auto b) { return wrapping(std::plus<>(), a, b); };
}
static auto scalarFunction(SubOp) {
  return [](auto a, auto b) { return wrapping(std::minus<>(), a, b); };
}
static auto scalarFunction(MulOp) {
  return [](auto a, auto b) { return wrapping(std::multiplies<>(), a, b); };
}
static auto scalarFunction(DivOp) {
  return [](auto a, auto b) { return divide(a, b); };
}
static auto scalarFunction(ModOp op) {
  return [truncated = op.getTruncated()](auto a, auto b) {
    auto rest = remainderOf(a, b);
    bool signsDiffer = (rest < 0) != (b < 0);
    return !truncated && rest != 0 && signsDiffer ? rest + b : rest;
  };
}
static auto scalarFunction(PowOp) {
  return [](auto a, auto b) { return power(a, b); };
}
static auto scalarFunction(MinOp) {
  return [](auto a, auto b) { return minimum(a, b); };
}
static auto scalarFunction(MaxOp) {
  return [](auto a, auto b) { return maximum(a, b); };
}
static auto scalarFunction(AndOp) {
  return [](auto a, auto b) { return a & b; };
}
static auto scalarFunction(OrOp) {
  return [](auto a, auto b) { return a | b; };
}
static auto scalarFunction(XorOp) {
  return [](auto a, auto b) { return a ^ b; };
}
static auto scalarFunction(ShiftLeftOp op) {
  return [width = widthOf(op.getLhs())](auto a, auto b) {
    uint64_t amount = b; // negative ones are large
    return amount < width
               ? static_cast<decltype(a)>(static_cast<uint64_t>(a) << amount)
               : 0;
  };
}
static auto scalarFunction(ShiftRightOp op) {
  return [width = widthOf(op.getLhs())](auto a, auto b) {
    // Beyond the width nothing is left but the sign.
    uint64_t amount = b;
    if (amount < width)
      return a >> amount;
    return a < 0 ? ~decltype(a)(0) : decltype(a)(0);
  };
}
static auto scalarFunction(CompareOp op) {
  return [predicate = op.getPredicate()](auto a, auto b) -> uint64_t {
    switch (predicate) {
    case ComparePredicate::EQ:
      return a == b;
    case ComparePredicate::NE:
      return a != b;
    case ComparePredicate::LT:
      return a < b;
    case ComparePredicate::LE:
      return a <= b;
    case ComparePredicate::GT:
      return a > b;
    case ComparePredicate::GE:
      return a >= b;
    }
    llvm_unreachable("a predicate is one of the six above");
  };
}

//===----------------------------------------------------------------------===//
// Loops over the elements
//===----------------------------------------------------------------------===//

/// Reads a tensor, broadcast to a shape, in blocks of wide elements.
template <typename W> class BroadcastReader {
public:
  BroadcastReader(const HostTensor &tensor, ArrayRef<int64_t> shape)
      : tensor(tensor), isWhole(tensor.getShape() == shape),
        walk(shape, broadcastStrides(tensor.getShape(), shape)) {}

  /// Reads the next `count` elements.
  ArrayRef<W> read(int64_t count) {
    block.resize(count);
    visitElementType(tensor.getKind(), [&](auto zero) {
      const auto *data = tensor.data<decltype(zero)>().data();
      for (W &value : block)
        value = data[isWhole ? position++ : walk.next()];
    });
    return block;
  }

private:
  const HostTensor &tensor;
  bool isWhole;
  StridedWalk walk;
  int64_t position = 0;
  std::vector<W> block;
};

/// Applies `fn` to the elements of the operands, read as `W` each.
template <typename... W, typename Fn, size_t... I>
static void mapElements(Fn fn, ArrayRef<HostTensor> operands,
                        HostTensor &result, std::index_sequence<I...>) {
  constexpr int64_t blockSize = 4096;
  std::tuple<BroadcastReader<W>...> readers(
      BroadcastReader<W>(operands[I], result.getShape())...);
  std::vector<std::invoke_result_t<Fn, W...>> values;
  for (int64_t begin = 0; begin < result.getNumElements(); begin += blockSize) {
    int64_t count = std::min(blockSize, result.getNumElements() - begin);
    std::tuple<std::conditional_t<true, ArrayRef<W>, void>...> blocks(
        std::get<I>(readers).read(count)...);
    values.clear();
    for (int64_t i = 0; i < count; ++i)
      values.push_back(fn(std::get<I>(blocks)[i]...));
    store(ArrayRef(values), result, begin);
  }
}
template <typename... W, typename Fn>
static void mapElements(Fn fn, ArrayRef<HostTensor> operands,
                        HostTensor &result) {
  mapElements<W...>(fn, operands, result, std::index_sequence_for<W...>());
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

namespace {

/// What kinds of elements an op takes: calls `fn` with a zero of the wide type.
struct Floats {
  template <typename Fn> static void visit(ElementKind, Fn fn) { fn(double()); }
};
struct Integers {
  template <typename Fn> static void visit(ElementKind kind, Fn fn) {
    if (isInteger(kind) && !isUnsignedInteger(kind))
      fn(int64_t());
    else
      fn(uint64_t());
  }
};
struct Numbers {
  template <typename Fn> static void visit(ElementKind kind, Fn fn) {
    visitWide(kind, fn);
  }
};

/// An op with one or two operands of the same element type.
template <typename Op, typename Kinds>
struct ElementwiseModel
    : EvaluableOpInterface::ExternalModel<ElementwiseModel<Op, Kinds>, Op> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    HostTensor result = makeResult(op->getResult(0));
    Kinds::visit(operands[0].getKind(), [&](auto zero) {
      using W = decltype(zero);
      auto fn = scalarFunction(cast<Op>(op));
      if constexpr (Op::template hasTrait<OpTrait::OneOperand>())
        mapElements<W>(fn, operands, result);
      else
        mapElements<W, W>(fn, operands, result);
    });
    results.push_back(std::move(result));
    return success();
  }
};

struct SelectModel
    : EvaluableOpInterface::ExternalModel<SelectModel, SelectOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    HostTensor result = makeResult(op->getResult(0));
    visitWide(result.getKind(), [&](auto zero) {
      using W = decltype(zero);
      mapElements<uint64_t, W, W>(
          [](uint64_t condition, W a, W b) { return condition ? a : b; },
          operands, result);
    });
    results.push_back(std::move(result));
    return success();
  }
};

struct CastModel : EvaluableOpInterface::ExternalModel<CastModel, CastOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    ElementKind kind = makeResult(op->getResult(0)).getKind();
    results.push_back(operands[0].convertTo(kind));
    return success();
  }
};

struct RequantizeModel
    : EvaluableOpInterface::ExternalModel<RequantizeModel, RequantizeOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto requantize = cast<RequantizeOp>(op);
    int64_t shift = requantize.getShift(), zero = requantize.getZeroPoint();
    int64_t low = requantize.getLow(), high = requantize.getHigh();
    HostTensor result = makeResult(op->getResult(0));
    auto scale = [&](int64_t sum, int64_t multiplier) {
      int64_t product = wrapping(std::multiplies<>(), sum, multiplier);
      int64_t half = int64_t(1) << (shift - 1);
      int64_t steps = wrapping(std::plus<>(), product, half) >> shift;
      return zero + std::clamp(steps, low - zero, high - zero);
    };
    mapElements<int64_t, int64_t>(scale, operands, result);
    results.push_back(std::move(result));
    return success();
  }
};

/// Conversions between reals and quantized numbers compute nothing: the
/// evaluator turns operands into the reals that they stand for, and results
/// into the nearest quantized numbers.
template <typename Op>
struct ConversionModel
    : EvaluableOpInterface::ExternalModel<ConversionModel<Op>, Op> {
  LogicalResult evaluate(Operation *, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    results.push_back(operands[0]);
    return success();
  }
};

struct StorageCastModel
    : EvaluableOpInterface::ExternalModel<StorageCastModel, StorageCastOp> {
  bool takesStoredIntegers(Operation *) const { return true; }
  LogicalResult evaluate(Operation *, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    results.push_back(operands[0]);
    return success();
  }
};

template <typename Kinds, typename... Ops> void attach(MLIRContext *context) {
  (Ops::template attachInterface<ElementwiseModel<Ops, Kinds>>(*context), ...);
}

} // namespace

void reference::registerElementwiseModels(MLIRContext *context) {
  attach<Floats, ExpOp, LogOp, SqrtOp, FloorOp, CeilOp, RoundOp, SinOp, CosOp,
         TanOp, AsinOp, AcosOp, AtanOp, SinhOp, CoshOp, TanhOp, AsinhOp,
         AcoshOp, AtanhOp, ErfOp, ReciprocalOp, SigmoidOp, SoftplusOp, IsNanOp,
         IsInfOp, LeakyReluOp, EluOp, HardSigmoidOp, GeluOp>(context);
  attach<Integers, NotOp, AndOp, OrOp, XorOp, ShiftLeftOp, ShiftRightOp>(
      context);
  attach<Numbers, AbsOp, NegOp, SignOp, ReluOp, ClampOp, AddOp, SubOp, MulOp,
         DivOp, ModOp, PowOp, MinOp, MaxOp, CompareOp>(context);
  SelectOp::attachInterface<SelectModel>(*context);
  CastOp::attachInterface<CastModel>(*context);
  RequantizeOp::attachInterface<RequantizeModel>(*context);
  QuantizeOp::attachInterface<ConversionModel<QuantizeOp>>(*context);
  DequantizeOp::attachInterface<ConversionModel<DequantizeOp>>(*context);
  StorageCastOp::attachInterface<StorageCastModel>(*context);
}
