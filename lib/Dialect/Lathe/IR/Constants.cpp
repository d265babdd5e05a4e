//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

std::optional<double> lathe::getSplatValue(Value value) {
  SplatElementsAttr splat;
  if (!matchPattern(value, m_Constant(&splat)))
    return std::nullopt;
  if (isa<FloatType>(splat.getElementType())) {
    APFloat element = splat.getSplatValue<APFloat>();
    bool losesInfo;
    element.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
    return element.convertToDouble();
  }
  if (auto type = dyn_cast<IntegerType>(splat.getElementType()))
    return splat.getSplatValue<APInt>().roundToDouble(!type.isUnsigned());
  return std::nullopt;
}

bool lathe::isConstantExpression(Value value) {
  constexpr size_t maxOps = 64;
  SmallVector<Value> worklist = {value};
  llvm::SmallDenseSet<Operation *> visited;
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || op->getNumRegions() != 0 || !isPure(op) ||
        visited.size() > maxOps)
      return false;
    if (visited.insert(op).second)
      llvm::append_range(worklist, op->getOperands());
  }
  return true;
}

Value lathe::createSplat(OpBuilder &builder, Location loc,
                         RankedTensorType type, double value) {
  Type element = type.getElementType();
  DenseElementsAttr splat;
  if (auto floatType = dyn_cast<FloatType>(element))
    splat = DenseElementsAttr::get(
        type, builder.getFloatAttr(floatType, value).getValue());
  else
    splat = DenseElementsAttr::get(type, APInt(element.getIntOrFloatBitWidth(),
                                               static_cast<int64_t>(value),
                                               /*isSigned=*/true,
                                               /*implicitTrunc=*/true));
  return ConstantOp::create(builder, loc, splat);
}

StringRef lathe::getConstantName(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  auto resource = constant
                      ? dyn_cast<DenseResourceElementsAttr>(constant.getValue())
                      : nullptr;
  return resource ? resource.getRawHandle().getKey() : "constant";
}
