//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tensors whose extents depend on the data. In the IR such a tensor has the
// largest shape that it can have, its bound; a second value holds the extents
// that it has at run time. Its elements are those of the bound that lie within
// them, and what the others hold is of no importance.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_DYNAMICEXTENTS_H
#define LATHE_LIB_FRONTEND_ONNX_DYNAMICEXTENTS_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <string>

namespace lathe::frontend {

class NodeContext;

/// The extents of a tensor some of which are only known at run time.
struct DynamicExtents {
  /// tensor<rank x i64>: all extents, none larger than the bound.
  mlir::Value actual;
  /// Which dimensions may be smaller than the bound.
  llvm::SmallVector<bool> isOpen;
};

/// The extents of the values that have dynamic ones.
using ExtentTable = llvm::DenseMap<mlir::Value, DynamicExtents>;

/// Collects the extents of a result, dimension by dimension.
class ExtentList {
public:
  explicit ExtentList(NodeContext &node) : node(node) {}

  /// An extent that is known.
  void add(int64_t extent);
  void add(llvm::ArrayRef<int64_t> extents);
  /// Element `dim` of `extents`, a tensor that is only known at run time.
  void addOpen(mlir::Value extents, int64_t dim);
  /// That of dimension `dim` of input `index`.
  void addOf(unsigned index, int64_t dim);
  /// Those of all dimensions from `begin` to `end` of input `index`.
  void addOf(unsigned index, int64_t begin, int64_t end);

  /// None if all extents are known.
  std::optional<DynamicExtents> create();

private:
  /// An extent, or where to read it.
  struct Source {
    mlir::Value extents;
    int64_t number;
  };
  NodeContext &node;
  llvm::SmallVector<Source> sources;
};

/// Why an elementwise operator cannot keep the extents of `inputs`, or nothing:
/// its open inputs must have the same extents, and each of the others be
/// broadcast to them, lest elements of different places meet.
std::optional<std::string> findMismatch(llvm::ArrayRef<mlir::Value> inputs,
                                        const ExtentTable &table);

/// The index of the first of `inputs` that has dynamic extents.
std::optional<unsigned> findOpen(llvm::ArrayRef<mlir::Value> inputs,
                                 const ExtentTable &table);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_DYNAMICEXTENTS_H
