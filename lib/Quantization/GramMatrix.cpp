//===- GramMatrix.cpp - How the inputs of a layer go together -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/GramMatrix.h"

#include "lathe/Data/SampleStream.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Quantization/ObservedModel.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// The most patches in one call of a compiled product. Its sums are f32, and
/// those over calls double.
static constexpr int64_t patchesPerCall = 512;

GramComputer::GramComputer(unsigned threads, int64_t mostPatches)
    : threads(threads), mostPatches(mostPatches) {}
GramComputer::~GramComputer() = default;

/// A model that multiplies the transpose of "x" by "y", or by "x" if it has no
/// other input. Both are of type `patches`: groups, patches, elements.
static OwningOpRef<ModuleOp> buildProduct(RankedTensorType patches,
                                          bool isSquare) {
  OpBuilder builder(patches.getContext());
  Location loc = builder.getUnknownLoc();
  OwningOpRef<ModuleOp> module(ModuleOp::create(loc));
  builder.setInsertionPointToStart(module->getBody());
  int64_t size = patches.getShape().back();
  Type result = patches.clone({patches.getDimSize(0), size, size});
  SmallVector<Type> operands(isSquare ? 1 : 2, patches);
  auto model = func::FuncOp::create(builder, loc, "gram",
                                    builder.getFunctionType(operands, result));
  model.setArgAttr(0, attr::name, builder.getStringAttr("x"));
  if (!isSquare)
    model.setArgAttr(1, attr::name, builder.getStringAttr("y"));
  model.setResultAttr(0, attr::name, builder.getStringAttr("gram"));
  Block *body = model.addEntryBlock();
  builder.setInsertionPointToStart(body);
  Value transposed = TransposeOp::create(builder, loc, body->getArgument(0),
                                         ArrayRef<int64_t>{0, 2, 1});
  Value product = MatMulOp::create(builder, loc, transposed,
                                   body->getArguments().back(), Value());
  func::ReturnOp::create(builder, loc, product);
  return module;
}

llvm::Expected<PreparedModel *>
GramComputer::getProduct(const ProductShape &shape) {
  std::unique_ptr<PreparedModel> &product = products[shape];
  if (product)
    return product.get();
  auto [numGroups, numPatches, size, isSquare] = shape;
  DialectRegistry registry;
  registerLatheDialects(registry);
  MLIRContext context(registry);
  context.loadDialect<LatheDialect, func::FuncDialect>();
  auto patches = RankedTensorType::get({numGroups, numPatches, size},
                                       Float32Type::get(&context));
  CodeOptions code;
  code.threads = threads;
  if (llvm::Error error = PreparedModel::create(buildProduct(patches, isSquare),
                                                RunBackend::Native, code)
                              .moveInto(product))
    return std::move(error);
  return product.get();
}

/// `count` patches from number `begin` on of `numPatches` that are spread
/// evenly; behind the last there are zeros.
static HostTensor readPatches(const Patches &patches, const HostTensor &tensor,
                              int64_t begin, int64_t count,
                              int64_t numPatches) {
  const int64_t size = patches.getSize();
  HostTensor result(ElementKind::F32, {patches.getNumGroups(), count, size});
  llvm::MutableArrayRef<float> elements = result.mutableData<float>();
  llvm::ArrayRef<float> data = tensor.data<float>();
  int64_t end = std::min(begin + count, numPatches);
  for (int64_t i = begin; i < end; ++i)
    patches.read(data, i * patches.getNumPatches() / numPatches,
                 &elements[(i - begin) * size], count * size);
  return result;
}

/// Adds the patches of `tensor`, groups by patches by elements, to `sums`.
static void addRows(const HostTensor &tensor,
                    llvm::MutableArrayRef<double> sums) {
  const int64_t count = tensor.getShape()[1], size = tensor.getShape()[2];
  llvm::ArrayRef<float> elements = tensor.data<float>();
  for (int64_t group = 0; group < tensor.getShape()[0]; ++group)
    for (int64_t patch = 0; patch < count; ++patch) {
      const float *row = &elements[(group * count + patch) * size];
      double *sum = &sums[group * size];
      for (int64_t i = 0; i < size; ++i)
        sum[i] += row[i];
    }
}

llvm::Error GramComputer::add(const Patches &patches, const HostTensor &x,
                              const HostTensor &y, GramMatrix &gram) {
  HostTensor xFloats = x.convertTo(ElementKind::F32);
  HostTensor yFloats = y.convertTo(ElementKind::F32);
  const bool isSquare = x.getBytes().data() == y.getBytes().data();
  const int64_t numPatches = std::min(mostPatches, patches.getNumPatches());
  const int64_t count = std::min(patchesPerCall, numPatches);
  if (count == 0)
    return llvm::Error::success();
  llvm::Expected<PreparedModel *> product =
      getProduct({patches.getNumGroups(), count, patches.getSize(), isSquare});
  if (!product)
    return product.takeError();
  for (int64_t begin = 0; begin < numPatches; begin += count) {
    NamedTensors operands;
    HostTensor rows = readPatches(patches, xFloats, begin, count, numPatches);
    addRows(rows, gram.sums);
    operands.set("x", std::move(rows));
    if (!isSquare)
      operands.set("y",
                   readPatches(patches, yFloats, begin, count, numPatches));
    if (llvm::Error error = (*product)->run(operands))
      return error;
    llvm::ArrayRef<float> sums =
        (*product)->getOutputs().find("gram")->data<float>();
    for (size_t i = 0; i < sums.size(); ++i)
      gram.values[i] += sums[i];
  }
  gram.numPatches += numPatches;
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Layers of a model
//===----------------------------------------------------------------------===//

namespace {

/// A layer, and what is collected of it.
struct GramLayer {
  size_t index;
  Value data;
  Patches patches;
  GramMatrix gram;
};

class GramCollector {
public:
  GramCollector(func::FuncOp model, ArrayRef<Operation *> layers,
                Dataset &dataset, const CalibrationOptions &options,
                int64_t mostPatches)
      : model(model), layers(layers), dataset(dataset), options(options),
        computer(options.threads, mostPatches) {}

  llvm::Error run(llvm::function_ref<llvm::Error(size_t, GramMatrix)> consume);

private:
  llvm::Expected<std::vector<GramLayer>> takeLayers(size_t &next) const;
  llvm::Error runPass(std::vector<GramLayer> &pass);

  func::FuncOp model;
  ArrayRef<Operation *> layers;
  Dataset &dataset;
  const CalibrationOptions &options;
  std::vector<int64_t> samples;
  GramComputer computer;
};

} // namespace

/// The layers from `next` on that one pass collects, at least one.
llvm::Expected<std::vector<GramLayer>>
GramCollector::takeLayers(size_t &next) const {
  std::vector<GramLayer> pass;
  int64_t bytes = 0;
  for (; next < layers.size(); ++next) {
    auto layer = dyn_cast<WeightedOpInterface>(layers[next]);
    std::optional<Patches> patches = Patches::get(layers[next]);
    if (!layer || !patches)
      return llvm::createStringError(
          describeValue(layers[next]->getResult(0)) +
          " is neither a convolution nor a product with one matrix");
    auto type = cast<RankedTensorType>(layer.getData().getType());
    int64_t size = patches->getSize();
    bytes += type.getNumElements() * type.getElementTypeBitWidth() / 8 +
             patches->getNumGroups() * size * size * sizeof(double);
    if (!pass.empty() && bytes > options.bytesPerPass)
      break;
    pass.push_back({next, layer.getData(), *patches,
                    GramMatrix(patches->getNumGroups(), size)});
  }
  return pass;
}

llvm::Error GramCollector::runPass(std::vector<GramLayer> &pass) {
  // Layers may share their data.
  llvm::SetVector<Value> values;
  for (const GramLayer &layer : pass)
    values.insert(layer.data);
  auto observed =
      ObservedModel::create(model, values.getArrayRef(), options.threads);
  if (!observed)
    return observed.takeError();
  return forEachSample(
      dataset, samples, [&](const Sample &sample) -> llvm::Error {
        if (llvm::Error error = (*observed)->run(sample.inputs))
          return error;
        SmallVector<HostTensor> tensors = (*observed)->getTensors();
        for (GramLayer &layer : pass) {
          auto place = llvm::find(values, layer.data) - values.begin();
          if (llvm::Error error = computer.add(layer.patches, tensors[place],
                                               tensors[place], layer.gram))
            return error;
        }
        return llvm::Error::success();
      });
}

llvm::Error GramCollector::run(
    llvm::function_ref<llvm::Error(size_t, GramMatrix)> consume) {
  llvm::Expected<std::vector<int64_t>> chosen = chooseSamples(dataset, options);
  if (!chosen)
    return chosen.takeError();
  samples = std::move(*chosen);
  for (size_t next = 0; next < layers.size();) {
    llvm::Expected<std::vector<GramLayer>> pass = takeLayers(next);
    if (!pass)
      return pass.takeError();
    if (llvm::Error error = runPass(*pass))
      return error;
    if (options.progress)
      options.progress(static_cast<int64_t>(next),
                       static_cast<int64_t>(layers.size()));
    for (GramLayer &layer : *pass)
      if (llvm::Error error = consume(layer.index, std::move(layer.gram)))
        return error;
  }
  return llvm::Error::success();
}

llvm::Error lathe::collectGramMatrices(
    func::FuncOp model, ArrayRef<Operation *> layers, Dataset &dataset,
    const CalibrationOptions &options, int64_t mostPatches,
    llvm::function_ref<llvm::Error(size_t, GramMatrix)> consume) {
  return GramCollector(model, layers, dataset, options, mostPatches)
      .run(consume);
}
