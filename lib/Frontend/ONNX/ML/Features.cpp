//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The operators of ai.onnx.ml that prepare features, and ZipMap.
//
//===----------------------------------------------------------------------===//

#include "../Converters.h"
#include "../LoopBuilder.h"
#include "../OperatorRegistry.h"
#include "Scores.h"

#include "lathe/Support/HostTensorAttr.h"
#include "mlir/IR/Diagnostics.h"

#include <cmath>
#include <limits>
#include <map>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// The extent of the last dimension.
static int64_t getNumFeatures(Value input) {
  return getRank(input) == 0 ? 1 : getShape(input).back();
}

static LogicalResult checkCount(NodeContext &node, StringRef name,
                                size_t count) {
  int64_t features = getNumFeatures(node.getInput(0));
  if (count == 1 || static_cast<int64_t>(count) == features)
    return success();
  return node.error("attribute '" + name + "' has " + Twine(count) +
                    " entries for " + Twine(features) + " features");
}

/// A vector or scalar that goes with the last dimension of the input.
static Value createFeatures(NodeContext &node, ArrayRef<double> numbers,
                            Type element) {
  Value row = createRow(node, numbers, element);
  return row ? node.createReshape(row, numbers.size()) : row;
}

static LogicalResult convertScaler(NodeContext &node) {
  Type element = node.getBuilder().getF32Type();
  SmallVector<double> offset = node.getFloats("offset", {0.0});
  SmallVector<double> scale = node.getFloats("scale", {1.0});
  if (failed(checkCount(node, "offset", offset.size())) ||
      failed(checkCount(node, "scale", scale.size())))
    return failure();
  Value input = node.castTo(node.getInput(0), element);
  Value centered =
      node.create<SubOp>(input, createFeatures(node, offset, element));
  return node.setResults(
      node.create<MulOp>(centered, createFeatures(node, scale, element)));
}

/// Divides each row by its norm; rows of norm zero stay.
static LogicalResult convertNormalizer(NodeContext &node) {
  enum class Norm { Max, L1, L2 };
  Norm norm = node.getChoice<Norm>(
      "norm", "MAX", {{"MAX", Norm::Max}, {"L1", Norm::L1}, {"L2", Norm::L2}});
  Type element = node.getBuilder().getF32Type();
  Value input = node.castTo(node.getInput(0), element);
  if (node.hasFailed())
    return failure();
  int64_t rank = getRank(input);
  if (rank < 1 || rank > 2)
    return node.error("the input must be a vector or a matrix");
  Value parts = norm == Norm::Max  ? input
                : norm == Norm::L1 ? node.create<AbsOp>(input)
                                   : node.create<MulOp>(input, input);
  Value size = node.create<ReduceOp>(
      parts, norm == Norm::Max ? ReduceKind::Max : ReduceKind::Sum, rank - 1,
      /*keep_dims=*/true);
  if (norm == Norm::L2)
    size = node.create<SqrtOp>(size);
  Value isZero = node.create<CompareOp>(ComparePredicate::EQ, size,
                                        node.createScalar(0, element));
  Value divisor =
      node.create<SelectOp>(isZero, node.createScalar(1, element), size);
  return node.setResults(node.create<DivOp>(input, divisor));
}

static LogicalResult convertImputer(NodeContext &node) {
  Value input = node.getInput(0);
  Type element = getElement(input);
  bool isFloat = isa<FloatType>(element);
  SmallVector<double> values = node.getFloats("imputed_value_floats");
  double replaced = node.getFloat("replaced_value_float", 0);
  SmallVector<int64_t> integers = node.getInts("imputed_value_int64s");
  int64_t replacedInteger = node.getInt("replaced_value_int64", 0);
  if (!isFloat) {
    values.assign(integers.begin(), integers.end());
    replaced = static_cast<double>(replacedInteger);
  }
  if (failed(checkCount(node, "imputed_value", values.size())))
    return failure();
  Value isMissing =
      std::isnan(replaced)
          ? node.create<IsNanOp>(input)
          : node.create<CompareOp>(ComparePredicate::EQ, input,
                                   node.createScalar(replaced, element));
  return node.setResults(node.create<SelectOp>(
      isMissing, createFeatures(node, values, element), input));
}

static LogicalResult convertBinarizer(NodeContext &node) {
  Value input = node.getInput(0);
  Type element = getElement(input);
  Value threshold = node.createScalar(node.getFloat("threshold", 0), element);
  Value isAbove =
      node.create<CompareOp>(ComparePredicate::GT, input, threshold);
  return node.setResults(node.castTo(isAbove, element));
}

/// The elements of the last dimension that the indices select; a vector counts
/// as a matrix of one row.
static LogicalResult convertArrayFeatureExtractor(NodeContext &node) {
  Value input = node.getInput(0), indices = node.getInput(1);
  int64_t rank = getRank(input), count = getType(indices).getNumElements();
  if (rank == 0 || count == 0 || !getElement(indices).isInteger(64))
    return node.error("the input must be an array, and the indices int64");
  SmallVector<int64_t> shape(getShape(input).drop_back());
  if (rank == 1)
    shape = {1};
  shape.push_back(count);
  Value flat = node.createReshape(indices, count);
  return node.setResults(
      node.createReshape(node.create<GatherOp>(input, flat, rank - 1), shape));
}

static LogicalResult convertFeatureVectorizer(NodeContext &node) {
  SmallVector<int64_t> extents = node.getInts("inputdimensions");
  if (extents.size() != node.getNumInputs())
    return node.error("attribute 'inputdimensions' has " +
                      Twine(extents.size()) + " entries for " +
                      Twine(node.getNumInputs()) + " inputs");
  SmallVector<Value> parts;
  for (auto [input, extent] : llvm::zip(node.getInputs(), extents)) {
    if (!input || getRank(input) < 1 || getRank(input) > 2 || extent < 1 ||
        extent > INT32_MAX)
      return node.error("the inputs must be vectors or matrices, and their "
                        "dimensions positive");
    Value part = node.castTo(input, node.getBuilder().getF32Type());
    if (getRank(input) == 1)
      part = node.createReshape(part, {getShape(input)[0], 1});
    if (node.hasFailed())
      return failure();
    int64_t rows = getShape(part)[0], columns = getShape(part)[1];
    if (extent < columns)
      part = node.create<SliceOp>(part, ArrayRef<int64_t>{0, 0},
                                  ArrayRef<int64_t>{rows, extent},
                                  ArrayRef<int64_t>{1, 1});
    else
      part = node.create<PadOp>(part, Value(), ArrayRef<int64_t>{0, 0},
                                ArrayRef<int64_t>{0, extent - columns},
                                PadMode::Constant);
    parts.push_back(part);
  }
  return node.setResults(node.create<ConcatOp>(parts, 1));
}

//===----------------------------------------------------------------------===//
// Categories
//===----------------------------------------------------------------------===//

/// Categories that the attribute does not name give zeros.
static LogicalResult convertOneHotEncoder(NodeContext &node) {
  SmallVector<int64_t> categories = node.getInts("cats_int64s");
  bool hasStrings = !node.getStrings("cats_strings").empty();
  node.getInt("zeros", 1); // Whether others are an error.
  if (hasStrings || categories.empty())
    return node.error("categories that are strings are not supported; encode "
                      "them as integers before the model, and export it anew");
  Value input = node.getInput(0);
  SmallVector<int64_t> shape(getShape(input));
  shape.push_back(1);
  Value whole = node.castTo(input, node.getBuilder().getI64Type());
  Value isCategory = node.create<CompareOp>(
      ComparePredicate::EQ, node.createReshape(whole, shape),
      node.createConstant(static_cast<int64_t>(categories.size()), categories));
  return node.setResults(
      node.castTo(isCategory, node.getBuilder().getF32Type()));
}

namespace {
/// A map of LabelEncoder's, its keys in ascending order.
struct Encoding {
  HostTensor keys, values, otherwise;
  /// The place of the value for NaN.
  std::optional<int64_t> ofNaN;

  LogicalResult sort(NodeContext &node);
};
} // namespace

LogicalResult Encoding::sort(NodeContext &node) {
  int64_t count = keys.getNumElements();
  if (count == 0 || values.getNumElements() != count ||
      otherwise.getNumElements() != 1)
    return node.error("keys and values differ in number, or are none");
  // Of keys that stand twice the first counts.
  std::map<int64_t, int64_t> integers;
  std::map<double, int64_t> floats;
  for (int64_t i = 0; i < count; ++i) {
    double key = keys.getDouble(i);
    if (std::isnan(key))
      ofNaN = i;
    else if (isFloat(keys.getKind()))
      floats.try_emplace(key, i);
    else
      integers.try_emplace(keys.getInt(i), i);
  }
  SmallVector<int64_t> order;
  for (auto [key, place] : integers)
    order.push_back(place);
  for (auto [key, place] : floats)
    order.push_back(place);
  if (ofNaN)
    order.push_back(*ofNaN);
  int64_t size = order.size();
  HostTensor sortedKeys(keys.getKind(), {size});
  HostTensor sortedValues(values.getKind(), {size});
  auto copy = [](const HostTensor &from, int64_t at, HostTensor &to,
                 int64_t place) {
    if (isFloat(from.getKind()))
      to.setDouble(place, from.getDouble(at));
    else
      to.setInt(place, from.getInt(at));
  };
  for (auto [i, place] : llvm::enumerate(order)) {
    copy(keys, place, sortedKeys, static_cast<int64_t>(i));
    copy(values, place, sortedValues, static_cast<int64_t>(i));
  }
  keys = sortedKeys;
  values = sortedValues;
  if (ofNaN)
    ofNaN = size - 1;
  return success();
}

/// The keys or values of LabelEncoder, from whichever attribute states them.
static std::optional<HostTensor> getMapPart(NodeContext &node, StringRef name) {
  auto attribute = [&](StringRef suffix) { return (name + suffix).str(); };
  if (node.hasAttribute(attribute("_tensor")))
    return node.getTensor(attribute("_tensor"));
  SmallVector<int64_t> integers = node.getInts(attribute("_int64s"));
  if (!integers.empty())
    return HostTensor::get<int64_t>(static_cast<int64_t>(integers.size()),
                                    integers);
  SmallVector<double> floats = node.getFloats(attribute("_floats"));
  HostTensor result(ElementKind::F32, {static_cast<int64_t>(floats.size())});
  for (auto [i, value] : llvm::enumerate(floats))
    result.setDouble(static_cast<int64_t>(i), value);
  return result;
}

static std::optional<Encoding> getEncoding(NodeContext &node) {
  if (node.hasAttribute("keys_strings") ||
      node.hasAttribute("values_strings") ||
      node.hasAttribute("classes_strings"))
    return (void)node.error("labels that are strings are not supported; encode "
                            "them as integers outside the model, and export it "
                            "anew"),
           std::nullopt;
  Encoding encoding;
  std::optional<HostTensor> keys = getMapPart(node, "keys");
  std::optional<HostTensor> values = getMapPart(node, "values");
  double otherwise = node.getFloat("default_float", 0);
  int64_t otherwiseInteger = node.getInt("default_int64", -1);
  node.getString("default_string", "_Unused");
  if (!keys || !values)
    return std::nullopt;
  encoding = {*keys, *values, HostTensor(values->getKind(), {1}), {}};
  if (node.hasAttribute("default_tensor")) {
    std::optional<HostTensor> tensor = node.getTensor("default_tensor");
    if (!tensor)
      return std::nullopt;
    encoding.otherwise = tensor->convertTo(values->getKind());
  } else if (isFloat(values->getKind())) {
    encoding.otherwise.setDouble(0, otherwise);
  } else {
    encoding.otherwise.setInt(0, otherwiseInteger);
  }
  if (failed(encoding.sort(node)))
    return std::nullopt;
  return encoding;
}

static LogicalResult convertLabelEncoder(NodeContext &node) {
  Value input = node.getInput(0);
  std::optional<Encoding> encoding = getEncoding(node);
  if (!encoding || node.hasFailed())
    return failure();
  Value keys = node.createConstant(encoding->keys);
  Value values = node.createConstant(encoding->values);
  Value otherwise = node.createConstant(encoding->otherwise.reshape({1}));
  if (getElement(keys) != getElement(input))
    return node.error("the keys and the input differ in type");
  int64_t count = getShape(keys)[0] - (encoding->ofNaN ? 1 : 0);
  LoopBuilder loops(node, "LabelEncoder", {input, keys, values, otherwise},
                    RankedTensorType::get(getShape(input), getElement(values)));
  using Scalars = LoopBuilder::Scalars;
  loops.forShape(getShape(input), [&](ArrayRef<Scalar> at) {
    Scalar key = loops.getInput(0).load(at);
    // The number of keys below is found by halving.
    Scalars found = loops.repeatWhile(
        {loops.getIndex(0), loops.getIndex(count)},
        [&](ArrayRef<Scalar> range) { return range[0] < range[1]; },
        [&](ArrayRef<Scalar> range) -> Scalars {
          Scalar middle = (range[0] + range[1]) / 2;
          Scalar isBelow = loops.getInput(1).load(middle) < key;
          return {loops.select(isBelow, middle + 1, range[0]),
                  loops.select(isBelow, range[1], middle)};
        });
    Scalar place = loops.clamp(found[0], loops.getIndex(0),
                               loops.getIndex(getShape(keys)[0] - 1));
    Scalar isKey = loops.getInput(1).load(place) == key;
    if (encoding->ofNaN) {
      Scalar isNaN = key != key;
      place = loops.select(isNaN, loops.getIndex(*encoding->ofNaN), place);
      isKey = isKey | isNaN;
    }
    loops.getOutput(0).store(
        at, loops.select(isKey, loops.getInput(2).load(place),
                         loops.getInput(3).load(loops.getIndex(0))));
  });
  return node.setResults(loops.finish());
}

/// A list of maps from labels to probabilities holds nothing that the tensor of
/// probabilities does not.
static LogicalResult convertZipMap(NodeContext &node) {
  node.getInts("classlabels_int64s");
  node.getStrings("classlabels_strings");
  emitRemark(node.getLoc()) << makePrintable(
      "ZipMap: the output '" + node.getNode().output(0) +
      "' is the tensor of probabilities, a column for each class, instead of a "
      "sequence of maps");
  return node.setResults(node.getInput(0));
}

void lathe::frontend::addFeatures(OperatorRegistry &registry) {
  auto add = [&](StringRef name, int64_t since, Inputs inputs,
                 Converter converter) -> OperatorRegistry::Entry & {
    return registry.addInDomain(mlDomain, name, {since, newestMlOpset}, inputs,
                                converter);
  };
  add("Scaler", 1, 1, convertScaler);
  add("Normalizer", 1, 1, convertNormalizer);
  add("Imputer", 1, 1, convertImputer);
  add("Binarizer", 1, 1, convertBinarizer);
  add("ArrayFeatureExtractor", 1, 2, convertArrayFeatureExtractor);
  add("FeatureVectorizer", 1, {1, Inputs::any}, convertFeatureVectorizer);
  add("OneHotEncoder", 1, 1, convertOneHotEncoder).lacks("strings");
  add("LabelEncoder", 1, 1, convertLabelEncoder).lacks("strings");
  add("ZipMap", 1, 1, convertZipMap).lacks("the maps: it returns the scores");
}
