//===- FakeQuantizedModel.cpp - Quantization in float ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/FakeQuantizedModel.h"

#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Driver/ModuleCopy.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace lathe;

/// What a row of the parameters holds.
static constexpr int64_t numColumns = 3;

//===----------------------------------------------------------------------===//
// The graph
//===----------------------------------------------------------------------===//

/// A name that no argument of `model` has.
static std::string chooseParameterName(func::FuncOp model) {
  std::string name = "quantization parameters";
  auto isTaken = [&](unsigned i) {
    auto other = model.getArgAttrOfType<StringAttr>(i, attr::name);
    return other && other.getValue() == name;
  };
  while (llvm::any_of(llvm::seq<unsigned>(0, model.getNumArguments()), isTaken))
    name += "'";
  return name;
}

/// Lets all that uses `value` use what quantization with row `row` of
/// `parameters` leaves of it.
static void roundValue(Value value, Value parameters, int64_t row) {
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  Location loc = value.getLoc();
  auto getParameter = [&](int64_t column) -> Value {
    Value element = SliceOp::create(
        builder, loc, parameters, ArrayRef<int64_t>{row, column},
        ArrayRef<int64_t>{1, 1}, ArrayRef<int64_t>{1, 1});
    return ReshapeOp::create(builder, loc, element, ArrayRef<int64_t>());
  };
  Value scale = getParameter(0), low = getParameter(1), high = getParameter(2);
  auto division = DivOp::create(builder, loc, value, scale);
  Value steps = RoundOp::create(builder, loc, division);
  steps = MaxOp::create(builder, loc, steps, low);
  steps = MinOp::create(builder, loc, steps, high);
  Value rounded = MulOp::create(builder, loc, steps, scale);
  Value zero = createSplat(builder, loc,
                           RankedTensorType::get({}, builder.getF32Type()), 0);
  Value isOff =
      CompareOp::create(builder, loc, ComparePredicate::EQ, scale, zero);
  auto result = SelectOp::create(builder, loc, isOff, value, rounded);
  llvm::SmallPtrSet<Operation *, 2> own = {division, result};
  value.replaceAllUsesExcept(result, own);
}

/// Adds an argument with a row for each of `values` and rounds them.
static LogicalResult addRounding(func::FuncOp model, ArrayRef<Value> values,
                                 StringRef parameterName) {
  Builder builder(model.getContext());
  auto type = RankedTensorType::get(
      {static_cast<int64_t>(values.size()), numColumns}, builder.getF32Type());
  auto name =
      builder.getNamedAttr(attr::name, builder.getStringAttr(parameterName));
  unsigned index = model.getNumArguments();
  if (failed(model.insertArgument(index, type, builder.getDictionaryAttr(name),
                                  model.getLoc())))
    return failure();
  for (auto [row, value] : llvm::enumerate(values))
    roundValue(value, model.getArgument(index), static_cast<int64_t>(row));
  return success();
}

//===----------------------------------------------------------------------===//
// FakeQuantizedModel
//===----------------------------------------------------------------------===//

FakeQuantizedModel::FakeQuantizedModel(std::unique_ptr<PreparedModel> prepared,
                                       std::string parameterName,
                                       size_t numValues)
    : prepared(std::move(prepared)), parameterName(std::move(parameterName)),
      parameters(ElementKind::F32,
                 {static_cast<int64_t>(numValues), numColumns}) {}

llvm::Expected<std::unique_ptr<FakeQuantizedModel>>
FakeQuantizedModel::create(func::FuncOp model, ArrayRef<Value> values,
                           unsigned threads) {
  IRMapping mapping;
  OwningOpRef<ModuleOp> clone(
      cast<ModuleOp>(model->getParentOfType<ModuleOp>()->clone(mapping)));
  SmallVector<Value> cloned = llvm::map_to_vector(
      values, [&](Value value) { return mapping.lookup(value); });
  std::string name = chooseParameterName(model);
  if (failed(
          addRounding(cast<func::FuncOp>(mapping.lookup(model.getOperation())),
                      cloned, name)))
    return llvm::createStringError(
        "the model's function cannot take its parameters");
  llvm::Expected<ModuleBytes> bytes = toBytes(*clone);
  if (!bytes)
    return bytes.takeError();
  auto prepared = prepareCopy(
      **bytes, "the model cannot be run with rounded values", threads);
  if (!prepared)
    return prepared.takeError();
  return std::unique_ptr<FakeQuantizedModel>(new FakeQuantizedModel(
      std::move(*prepared), std::move(name), values.size()));
}

void FakeQuantizedModel::set(
    size_t index, const std::optional<QuantizationParameters> &chosen) {
  MutableArrayRef<float> row =
      parameters.mutableData<float>().slice(index * numColumns, numColumns);
  QuantizationParameters none{0, 0, 0, 0};
  const QuantizationParameters &used = chosen ? *chosen : none;
  row[0] = static_cast<float>(used.scale);
  row[1] = static_cast<float>(used.low - used.zeroPoint);
  row[2] = static_cast<float>(used.high - used.zeroPoint);
}

llvm::Error FakeQuantizedModel::run(const NamedTensors &inputs) {
  NamedTensors all = inputs;
  all.set(parameterName, parameters);
  return prepared->run(all);
}
