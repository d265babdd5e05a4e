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
#include "lathe/Support/HostTensorAttr.h"

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

/// Element `column` of row `row` of `parameters`, as a scalar.
static Value getParameter(OpBuilder &builder, Location loc, Value parameters,
                          int64_t row, int64_t column) {
  Value element =
      SliceOp::create(builder, loc, parameters, ArrayRef<int64_t>{row, column},
                      ArrayRef<int64_t>{1, 1}, ArrayRef<int64_t>{1, 1});
  return ReshapeOp::create(builder, loc, element, ArrayRef<int64_t>());
}

/// Whether the scalar `parameter` is `number`.
static Value isEqual(OpBuilder &builder, Location loc, Value parameter,
                     double number) {
  Value other = createSplat(
      builder, loc, RankedTensorType::get({}, builder.getF32Type()), number);
  return CompareOp::create(builder, loc, ComparePredicate::EQ, parameter,
                           other);
}

/// Lets all that uses `value` use what quantization with row `row` of
/// `parameters` leaves of it.
static void roundValue(Value value, Value parameters, int64_t row) {
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  Location loc = value.getLoc();
  auto get = [&](int64_t column) {
    return getParameter(builder, loc, parameters, row, column);
  };
  Value scale = get(0), low = get(1), high = get(2);
  auto division = DivOp::create(builder, loc, value, scale);
  Value steps = RoundOp::create(builder, loc, division);
  steps = MaxOp::create(builder, loc, steps, low);
  steps = MinOp::create(builder, loc, steps, high);
  Value rounded = MulOp::create(builder, loc, steps, scale);
  Value isOff = isEqual(builder, loc, scale, 0);
  auto result = SelectOp::create(builder, loc, isOff, value, rounded);
  llvm::SmallPtrSet<Operation *, 2> own = {division, result};
  value.replaceAllUsesExcept(result, own);
}

/// Lets `op` multiply by the one of `alternatives` that row `row` of
/// `parameters` chooses.
static void chooseWeights(WeightedOpInterface op,
                          ArrayRef<HostTensor> alternatives, Value parameters,
                          int64_t row) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  Value number = getParameter(builder, loc, parameters, row, 0);
  Value weights = op.getWeights();
  for (auto [i, alternative] : llvm::enumerate(alternatives)) {
    Value constant = ConstantOp::create(
        builder, loc, toElementsAttr(alternative, builder.getContext()));
    Value isChosen = isEqual(builder, loc, number, static_cast<double>(i + 1));
    weights = SelectOp::create(builder, loc, isChosen, constant, weights);
  }
  op.setWeights(weights);
}

/// Adds an argument with `numRows` rows of parameters.
static Value addParameters(func::FuncOp model, size_t numRows, StringRef name) {
  Builder builder(model.getContext());
  auto type = RankedTensorType::get({static_cast<int64_t>(numRows), numColumns},
                                    builder.getF32Type());
  auto attribute =
      builder.getNamedAttr(attr::name, builder.getStringAttr(name));
  unsigned index = model.getNumArguments();
  if (failed(model.insertArgument(
          index, type, builder.getDictionaryAttr(attribute), model.getLoc())))
    return {};
  return model.getArgument(index);
}

//===----------------------------------------------------------------------===//
// FakeQuantizedModel
//===----------------------------------------------------------------------===//

FakeQuantizedModel::FakeQuantizedModel(std::unique_ptr<PreparedModel> prepared,
                                       std::string parameterName,
                                       size_t numValues, size_t numWeights)
    : prepared(std::move(prepared)), parameterName(std::move(parameterName)),
      parameters(ElementKind::F32,
                 {static_cast<int64_t>(numValues + numWeights), numColumns}),
      numValues(numValues) {}

llvm::Expected<std::unique_ptr<FakeQuantizedModel>>
FakeQuantizedModel::create(func::FuncOp model, ArrayRef<Value> values,
                           unsigned threads,
                           ArrayRef<WeightAlternatives> weights) {
  IRMapping mapping;
  OwningOpRef<ModuleOp> clone(
      cast<ModuleOp>(model->getParentOfType<ModuleOp>()->clone(mapping)));
  std::string name = chooseParameterName(model);
  Value parameters =
      addParameters(cast<func::FuncOp>(mapping.lookup(model.getOperation())),
                    values.size() + weights.size(), name);
  if (!parameters)
    return llvm::createStringError(
        "the model's function cannot take its parameters");
  for (auto [row, value] : llvm::enumerate(values))
    roundValue(mapping.lookup(value), parameters, static_cast<int64_t>(row));
  for (auto [i, entry] : llvm::enumerate(weights)) {
    Operation *op = entry.op;
    chooseWeights(cast<WeightedOpInterface>(mapping.lookup(op)),
                  entry.alternatives, parameters,
                  static_cast<int64_t>(values.size() + i));
  }
  llvm::Expected<ModuleBytes> bytes = toBytes(*clone);
  if (!bytes)
    return bytes.takeError();
  auto prepared = prepareCopy(
      **bytes, "the model cannot be run with rounded values", threads);
  if (!prepared)
    return prepared.takeError();
  return std::unique_ptr<FakeQuantizedModel>(new FakeQuantizedModel(
      std::move(*prepared), std::move(name), values.size(), weights.size()));
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

void FakeQuantizedModel::setWeights(size_t index,
                                    std::optional<size_t> alternative) {
  parameters.mutableData<float>()[(numValues + index) * numColumns] =
      alternative ? static_cast<float>(*alternative + 1) : 0;
}

llvm::Error FakeQuantizedModel::run(const NamedTensors &inputs) {
  NamedTensors all = inputs;
  all.set(parameterName, parameters);
  return prepared->run(all);
}
