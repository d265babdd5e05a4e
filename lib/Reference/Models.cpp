//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Registration of the reference models, and what they share.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "lathe/Support/HostTensorAttr.h"

using namespace mlir;
using namespace lathe;

#include "lathe/Reference/EvaluableOpInterface.cpp.inc"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"

void lathe::registerReferenceModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, LatheDialect *) {
    reference::registerControlModels(context);
    reference::registerDataModels(context);
    reference::registerElementwiseModels(context);
    reference::registerKernelModels(context);
    reference::registerLoopsModel(context);
    reference::registerReductionModels(context);
    reference::registerResizeModel(context);
    reference::registerSpatialModels(context);
    reference::registerStorageModels(context);
    reference::registerWinogradModels(context);
  });
}

HostTensor reference::makeResult(Value result) {
  auto type = cast<RankedTensorType>(result.getType());
  Type element = type.getElementType();
  if (auto quantized = dyn_cast<quant::QuantizedType>(element))
    element = quantized.getExpressedType();
  return HostTensor(getElementKind(element).value(), type.getShape());
}

SmallVector<int64_t> reference::broadcastStrides(ArrayRef<int64_t> from,
                                                 ArrayRef<int64_t> to) {
  SmallVector<int64_t> strides = StridedView::contiguous(from).strides;
  for (auto [stride, extent] : llvm::zip(strides, from))
    if (extent == 1)
      stride = 0;
  strides.insert(strides.begin(), to.size() - from.size(), 0);
  return strides;
}

/// Fills the block at `to`, and returns its end, for the dimensions that
/// `tables` and `strides` are left for.
template <typename T>
static T *select(ArrayRef<std::vector<int64_t>> tables,
                 ArrayRef<int64_t> strides, const T *from, T *to) {
  if (tables.empty()) {
    *to = *from;
    return to + 1;
  }
  int64_t inner = 1;
  for (const std::vector<int64_t> &table : tables.drop_front())
    inner *= table.size();
  for (int64_t index : tables.front()) {
    if (index >= 0)
      select(tables.drop_front(), strides.drop_front(),
             from + index * strides.front(), to);
    to += inner;
  }
  return to;
}

void reference::selectElements(const HostTensor &source,
                               const IndexTables &tables, HostTensor &result) {
  if (result.getNumElements() == 0)
    return;
  SmallVector<int64_t> strides =
      StridedView::contiguous(source.getShape()).strides;
  visitElementType(source.getKind(), [&](auto zero) {
    using T = decltype(zero);
    select<T>(tables, strides, source.data<T>().data(),
              result.mutableData<T>().data());
  });
}
