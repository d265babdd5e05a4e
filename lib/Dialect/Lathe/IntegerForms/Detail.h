//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the integer forms of ops have in common.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_INTEGERFORMS_DETAIL_H
#define LATHE_LIB_DIALECT_LATHE_INTEGERFORMS_DETAIL_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Support/FixedPoint.h"
#include "lathe/Support/HostTensor.h"

namespace lathe::integer {

void registerArithmeticForms(mlir::MLIRContext *context);
void registerChannelFactors(mlir::MLIRContext *context);
void registerMeanForms(mlir::MLIRContext *context);
void registerProductForms(mlir::MLIRContext *context);
void registerRealFunctions(mlir::MLIRContext *context);
void registerSoftmaxForm(mlir::MLIRContext *context);

/// Why an op has no integer form, where several say so.
inline constexpr llvm::StringLiteral notQuantized =
    "an operand is not quantized";
inline constexpr llvm::StringLiteral severalScales =
    "an operand has more than one scale";
inline constexpr llvm::StringLiteral hugeScale =
    "the ratio of the scales is not finite";

/// The one scale and zero point of `operand`, or none and why not.
std::optional<TensorQuantization> readUniform(const QuantizedOperand &operand,
                                              std::string &reason);

/// The storage type of an operand or result, and the range that its quantized
/// type leaves of it.
mlir::Type getStorage(const QuantizedResult &result);
int64_t getLow(const QuantizedOperand &operand);
int64_t getHigh(const QuantizedOperand &operand);

/// Whether `operand` has more than 8 bits, so that sums of it are requantized
/// with multipliers of 15 (WideRequantization).
bool isWide(const QuantizedOperand &operand);

/// The largest magnitude of the integers of `operand` less `zeroPoint`.
int64_t getMagnitude(const QuantizedOperand &operand, int64_t zeroPoint);

/// Exact integers that are to be requantized.
struct Sums {
  mlir::Value value;
  /// For those of data of more than 8 bits: no magnitude exceeds it. Below
  /// 2^47.
  std::optional<int64_t> wideBound = std::nullopt;
};

/// Builds ops of integer arithmetic at one place.
class IntegerBuilder {
public:
  IntegerBuilder(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  template <typename Op, typename... Args> mlir::Value create(Args &&...args) {
    return Op::create(builder, loc, std::forward<Args>(args)...);
  }
  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::Type getI32() { return builder.getI32Type(); }
  mlir::Type getI64() { return builder.getI64Type(); }

  mlir::Value constant(const HostTensor &tensor);
  /// A scalar tensor.
  mlir::Value scalar(int64_t value, mlir::Type element);
  mlir::Value cast(mlir::Value value, mlir::Type element);

  /// The entries of `table`, a constant of one dimension, at `indices`, which
  /// cannot lie outside.
  mlir::Value lookUp(mlir::Value table, mlir::Value indices);

  /// The integers of `operand`, which has one scale, less the zero point, in
  /// 32 bits.
  mlir::Value center(const QuantizedOperand &operand);

  /// A bias of nothing for sums of 16-bit data, which take its type, if 32 bits
  /// are enough for `bound`; else null.
  mlir::Value zeroBias(int64_t channels, int64_t bound);

  /// `steps`, in units of the scale of `result`, limited to its range and with
  /// its zero point added.
  mlir::Value saturate(mlir::Value steps, const QuantizedResult &result);

  /// `sums` times `factors`, of a shape that broadcasts to them, rounded and
  /// saturated. Null if a factor is negative or not finite.
  mlir::Value requantize(const Sums &sums, llvm::ArrayRef<double> factors,
                         llvm::ArrayRef<int64_t> shape,
                         const QuantizedResult &result);

private:
  mlir::Value requantize(mlir::Value sums, llvm::ArrayRef<int32_t> multipliers,
                         unsigned shift, llvm::ArrayRef<int64_t> shape,
                         const QuantizedResult &result);
  mlir::Value requantizeEach(mlir::Value sums, const WideRequantization &steps,
                             llvm::ArrayRef<int64_t> shape,
                             const QuantizedResult &result);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace lathe::integer

#endif // LATHE_LIB_DIALECT_LATHE_INTEGERFORMS_DETAIL_H
