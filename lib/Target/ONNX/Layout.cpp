//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Orders of dimensions.
//
//===----------------------------------------------------------------------===//

#include "Layout.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

using namespace lathe;
using namespace lathe::exporter;
using llvm::ArrayRef;

Layout exporter::getIdentity(int64_t rank) {
  return llvm::to_vector<6>(llvm::seq<int64_t>(0, rank));
}

Layout exporter::getChannelsFirst(int64_t rank) {
  Layout layout = getIdentity(rank);
  std::rotate(layout.begin() + 1, layout.end() - 1, layout.end());
  return layout;
}

Layout exporter::compose(ArrayRef<int64_t> first, ArrayRef<int64_t> second) {
  return Layout(permute(first, second));
}

Layout exporter::invert(ArrayRef<int64_t> layout) {
  Layout inverse(layout.size());
  for (auto [i, dim] : llvm::enumerate(layout))
    inverse[dim] = i;
  return inverse;
}

int64_t exporter::getPosition(ArrayRef<int64_t> layout, int64_t axis) {
  return llvm::find(layout, axis) - layout.begin();
}

Layout exporter::dropAxes(ArrayRef<int64_t> layout, ArrayRef<int64_t> axes) {
  Layout rest;
  for (int64_t dim : layout)
    if (!llvm::is_contained(axes, dim))
      rest.push_back(
          dim - llvm::count_if(axes, [=](int64_t axis) { return axis < dim; }));
  return rest;
}

Layout exporter::getMajorOrder(ArrayRef<int64_t> layout,
                               ArrayRef<int64_t> shape) {
  Layout order;
  llvm::copy_if(layout, std::back_inserter(order),
                [&](int64_t dim) { return shape[dim] != 1; });
  return order;
}
