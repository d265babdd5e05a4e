//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tensors of the ONNX graph that hold the values of a function.
//
//===----------------------------------------------------------------------===//

#include "LazyTensors.h"

using namespace lathe;
using namespace lathe::exporter;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using mlir::Value;

static ArrayRef<int64_t> getShapeOf(Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

/// Copies the elements of `tensor` into the order of `layout`.
static HostTensor transpose(const HostTensor &tensor,
                            ArrayRef<int64_t> layout) {
  ArrayRef<int64_t> shape = tensor.getShape();
  HostTensor result(tensor.getKind(), permute(shape, layout));
  int64_t rank = tensor.getRank();
  SmallVector<int64_t> strides(rank, 1), index(rank, 0);
  for (int64_t dim = rank - 1; dim > 0; --dim)
    strides[dim - 1] = strides[dim] * shape[dim];
  strides = permute<int64_t>(strides, layout);
  size_t size = getByteSize(tensor.getKind());
  const char *from = tensor.getBytes().data();
  int64_t offset = 0;
  for (char *to = result.getMutableBytes().begin(),
            *end = result.getMutableBytes().end();
       to != end; to += size) {
    std::copy_n(from + offset * size, size, to);
    // Counts up, from the last dimension on.
    for (int64_t dim = rank - 1; dim >= 0; --dim) {
      offset += strides[dim];
      if (++index[dim] < result.getShape()[dim])
        break;
      offset -= strides[dim] * index[dim];
      index[dim] = 0;
    }
  }
  return result;
}

/// Whether tensors of these layouts are the same, shape and elements.
static bool areEqual(ArrayRef<int64_t> a, ArrayRef<int64_t> b,
                     ArrayRef<int64_t> shape) {
  return permute(shape, a) == permute(shape, b) &&
         getMajorOrder(a, shape) == getMajorOrder(b, shape);
}

//===----------------------------------------------------------------------===//
// Definition of values
//===----------------------------------------------------------------------===//

LazyTensors::View LazyTensors::addSource(Source source) {
  Layout identity = getIdentity(source.shape.size());
  sources.push_back(std::move(source));
  return {static_cast<unsigned>(sources.size() - 1), identity};
}

LazyTensors::View LazyTensors::addConstant(HostTensor constant,
                                           StringRef name) {
  SmallVector<int64_t> shape(constant.getShape());
  return addSource({shape, {}, std::move(constant), name.str()});
}

void LazyTensors::define(Value value, std::string tensor,
                         ArrayRef<int64_t> layout) {
  SmallVector<int64_t> shape(getShapeOf(value));
  Form form{Layout(layout), std::move(tensor)};
  views[value] = addSource({shape, {std::move(form)}, std::nullopt, ""});
}

void LazyTensors::defineConstant(Value value, HostTensor constant,
                                 StringRef name) {
  views[value] = addConstant(std::move(constant), name);
}

const HostTensor *LazyTensors::getConstant(Value value) const {
  const Source &source = getSource(getView(value));
  return source.constant && !source.convert ? &*source.constant : nullptr;
}

void LazyTensors::defineConverted(Value value, Value source,
                                  Conversion convert) {
  View view = getView(source);
  const Source &from = getSource(view);
  HostTensor constant = transpose(*from.constant, view.layout);
  SmallVector<int64_t> shape(constant.getShape());
  views[value] = addSource(
      {shape, {}, std::move(constant), from.name, std::move(convert)});
}

void LazyTensors::defineAlias(Value value, Value source) {
  View view = getView(source);
  views[value] = std::move(view);
}

void LazyTensors::defineTransposed(Value value, Value source,
                                   ArrayRef<int64_t> permutation) {
  View view = getView(source);
  view.layout = compose(view.layout, permutation);
  views[value] = std::move(view);
}

void LazyTensors::defineReshaped(Value value, Value source, StringRef name) {
  View view = reshape(getView(source), getShapeOf(value), name);
  views[value] = std::move(view);
}

const LazyTensors::View &LazyTensors::getView(Value value) const {
  return views.find(value)->second;
}

const LazyTensors::Source &LazyTensors::getSource(const View &view) const {
  return sources[view.source];
}

SmallVector<int64_t> LazyTensors::getShape(const View &view) const {
  return permute<int64_t>(getSource(view).shape, view.layout);
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

/// Makes a form that does not exist yet.
std::string LazyTensors::createForm(const Source &source,
                                    ArrayRef<int64_t> layout, StringRef name) {
  if (source.constant) {
    std::string initializer =
        graph.addInitializer(source.name, transpose(*source.constant, layout));
    return source.convert ? source.convert(initializer, layout) : initializer;
  }
  Layout order = getMajorOrder(layout, source.shape);
  for (const Form &form : source.forms)
    if (getMajorOrder(form.layout, source.shape) == order)
      return graph.addReshape((name + "/Reshape").str(), form.tensor,
                              permute<int64_t>(source.shape, layout));
  const Form &form = source.forms.front();
  return graph.addNode(
      "Transpose", (name + "/Transpose").str(), form.tensor,
      NodeAttribute("perm", compose(invert(form.layout), layout)));
}

/// The tensor that has the dimensions of `view` in the order of `layout`.
std::string LazyTensors::getForm(const View &view, ArrayRef<int64_t> layout,
                                 StringRef name) {
  const Source &source = sources[view.source];
  Layout wanted = compose(view.layout, layout);
  for (const Form &form : source.forms)
    if (areEqual(form.layout, wanted, source.shape))
      return form.tensor;
  std::string tensor = createForm(source, wanted, name);
  sources[view.source].forms.push_back({std::move(wanted), tensor});
  return tensor;
}

LazyTensors::View LazyTensors::reshape(const View &view,
                                       ArrayRef<int64_t> shape,
                                       StringRef name) {
  const Source &source = getSource(view);
  if (source.constant && !source.convert)
    return addConstant(transpose(*source.constant, view.layout).reshape(shape),
                       source.name);
  // Any form with the elements in the right order does.
  Layout order = getMajorOrder(view.layout, source.shape);
  const Form *form = llvm::find_if(source.forms, [&](const Form &form) {
    return getMajorOrder(form.layout, source.shape) == order;
  });
  std::string tensor =
      form != source.forms.end()
          ? form->tensor
          : getForm(view, getIdentity(view.layout.size()), name);
  tensor = graph.addReshape(name, tensor, shape);
  Form reshaped{getIdentity(shape.size()), std::move(tensor)};
  return addSource({SmallVector<int64_t>(shape), {reshaped}, std::nullopt, ""});
}

//===----------------------------------------------------------------------===//
// Use of values
//===----------------------------------------------------------------------===//

std::string LazyTensors::get(Value value, ArrayRef<int64_t> layout,
                             StringRef name) {
  const View &view = getView(value);
  int64_t rank = view.layout.size(), wantedRank = layout.size();
  if (rank == wantedRank)
    return getForm(view, layout, name);
  SmallVector<int64_t> shape = getShape(view);
  shape.insert(shape.begin(), wantedRank - rank, 1);
  // Broadcasting adds the ones itself.
  if (areEqual(layout, getIdentity(wantedRank), shape))
    return getForm(view, getIdentity(rank), name);
  auto found = extended.find({value, wantedRank});
  if (found == extended.end())
    found = extended
                .insert({{value, wantedRank},
                         reshape(view, shape, (name + "/Reshape").str())})
                .first;
  return getForm(found->second, layout, name);
}

std::string LazyTensors::getReshaped(Value value, ArrayRef<int64_t> shape,
                                     StringRef name) {
  View view = reshape(getView(value), shape, (name + "/Reshape").str());
  return getForm(view, getIdentity(shape.size()), name);
}

int64_t LazyTensors::getCost(Value value, ArrayRef<int64_t> layout) const {
  const View &view = getView(value);
  const Source &source = getSource(view);
  if (source.constant)
    return 0;
  // Ones in front of the value's dimensions move nothing.
  int64_t added = layout.size() - view.layout.size();
  Layout own;
  for (int64_t dim : layout)
    if (dim >= added)
      own.push_back(view.layout[dim - added]);
  Layout order = getMajorOrder(own, source.shape);
  bool exists = llvm::any_of(source.forms, [&](const Form &form) {
    return getMajorOrder(form.layout, source.shape) == order;
  });
  return exists ? 0 : mlir::ShapedType::getNumElements(source.shape);
}

Layout LazyTensors::chooseLayout(mlir::ValueRange operands,
                                 int64_t rank) const {
  std::optional<Layout> best;
  int64_t leastCost = 0;
  for (Value operand : operands) {
    const View &view = getView(operand);
    if (static_cast<int64_t>(view.layout.size()) != rank ||
        getSource(view).constant)
      continue;
    for (const Form &form : getSource(view).forms) {
      Layout layout = compose(invert(view.layout), form.layout);
      int64_t cost = 0;
      for (Value other : operands)
        cost += getCost(other, layout);
      if (!best || cost < leastCost) {
        best = layout;
        leastCost = cost;
      }
    }
  }
  return best.value_or(getIdentity(rank));
}
