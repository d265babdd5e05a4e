//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs IR given as text, for the tests of the reference models.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_UNITTESTS_REFERENCE_EVALUATETEXT_H
#define LATHE_UNITTESTS_REFERENCE_EVALUATETEXT_H

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Reference/EvaluableOpInterface.h"
#include "lathe/Reference/Evaluator.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <cmath>

namespace lathe::testing {

template <typename T>
HostTensor tensor(llvm::ArrayRef<int64_t> shape, std::vector<T> values) {
  HostTensor result(elementKindOf<T>, shape);
  llvm::copy(values, result.template mutableData<T>().begin());
  return result;
}
inline HostTensor f32(llvm::ArrayRef<int64_t> shape,
                      std::vector<float> values) {
  return tensor<float>(shape, std::move(values));
}

/// A module with the dialect and its reference models.
class Text {
public:
  Text() {
    mlir::DialectRegistry registry;
    registry.insert<LatheDialect, mlir::func::FuncDialect,
                    mlir::quant::QuantDialect>();
    registerReferenceModels(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  /// The first function of `text`, which is kept here; null if it is not valid.
  mlir::func::FuncOp parse(llvm::StringRef text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module)
      return {};
    return *module->getOps<mlir::func::FuncOp>().begin();
  }

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// Evaluates one op, given as "lathe.relu %0 : (tensor<3xf32>) ->
/// tensor<3xf32>", on `inputs`, which it names %0, %1 …
inline HostTensor evaluateText(llvm::StringRef op,
                               std::vector<HostTensor> inputs) {
  auto [operandTypes, resultType] = op.rsplit(" : ").second.rsplit(" -> ");
  llvm::SmallVector<llvm::StringRef> types;
  operandTypes.drop_front().drop_back().split(types, ", ");
  std::string text = "func.func @f(";
  for (size_t i = 0; i < types.size(); ++i)
    text += (i ? ", %arg" : "%arg") + std::to_string(i) + ": " + types[i].str();
  text += ") -> " + resultType.str() + " {\n  %r = ";
  for (char c : op)
    text += c == '%' ? std::string("%arg") : std::string(1, c);
  text += "\n  return %r : " + resultType.str() + "\n}";

  Text ir;
  mlir::func::FuncOp function = ir.parse(text);
  if (!function) {
    ADD_FAILURE() << "not valid IR:\n" << text;
    return HostTensor();
  }
  auto results = evaluate(function, inputs);
  if (!results) {
    ADD_FAILURE() << llvm::toString(results.takeError());
    return HostTensor();
  }
  return results->front();
}

/// Checks that `actual` holds `expected`, floats up to an error of `tolerance`,
/// relative above 1.
inline void expectValues(const HostTensor &actual, std::vector<double> expected,
                         double tolerance = 1e-6) {
  ASSERT_EQ(actual.getNumElements(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    double value = actual.getDouble(i), golden = expected[i];
    if (std::isnan(golden))
      EXPECT_TRUE(std::isnan(value)) << "element " << i << " is " << value;
    else if (std::isinf(golden))
      EXPECT_EQ(value, golden) << "element " << i;
    else
      EXPECT_NEAR(value, golden, tolerance * std::fmax(1, std::fabs(golden)))
          << "element " << i;
  }
}

} // namespace lathe::testing

#endif // LATHE_UNITTESTS_REFERENCE_EVALUATETEXT_H
