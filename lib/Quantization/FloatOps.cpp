//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/FloatOps.h"
#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Quantization/ObservedModel.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace lathe;

/// Whether `op` computes something that is not known when it is compiled, in
/// float.
static bool computesInFloat(Operation *op) {
  return op->getNumResults() == 1 && isa<CostOpInterface>(op) &&
         !isa<QuantizeOp, DequantizeOp, StorageCastOp, CastOp>(op) &&
         isa<FloatType>(lathe::impl::elementTypeOf(op->getResult(0))) &&
         !isConstantExpression(op->getResult(0));
}

/// An op before and after the passes on integers.
using Identity = std::pair<OperationName, Location>;

llvm::Expected<std::vector<FloatOp>> lathe::findFloatOps(ModuleOp quantized) {
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(quantized->clone());
  std::vector<std::pair<Identity, std::string>> ops;
  copy->walk([&](Operation *op) {
    if (computesInFloat(op))
      ops.push_back(
          {{op->getName(), op->getLoc()}, describeValue(op->getResult(0))});
  });

  // Why a result could not be computed in integers is said in remarks.
  llvm::DenseMap<Location, std::string> reasons;
  ScopedDiagnosticHandler handler(
      quantized.getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Remark)
          return failure();
        reasons.try_emplace(diagnostic.getLocation(), diagnostic.str());
        return success();
      });
  PassManager passes(quantized.getContext());
  passes.addNestedPass<func::FuncOp>(createPropagateQuantization());
  IntegerGraphOptions options;
  options.remarks = true;
  passes.addNestedPass<func::FuncOp>(createIntegerGraph(options));
  if (llvm::Error error = runPasses(passes, *copy))
    return std::move(error);

  llvm::DenseSet<Identity> left;
  copy->walk([&](Operation *op) {
    if (computesInFloat(op))
      left.insert({op->getName(), op->getLoc()});
  });
  std::vector<FloatOp> result;
  for (const auto &[identity, name] : ops) {
    if (!left.contains(identity))
      continue;
    auto found = reasons.find(identity.second);
    result.push_back({name, found != reasons.end()
                                ? found->second
                                : "what it gives is used in float"});
  }
  return result;
}
