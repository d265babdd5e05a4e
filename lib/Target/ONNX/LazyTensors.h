//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tensors of the ONNX graph that hold the values of a function, made when
// they are needed and in the layout they are needed in.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_ONNX_LAZYTENSORS_H
#define LATHE_LIB_TARGET_ONNX_LAZYTENSORS_H

#include "GraphBuilder.h"
#include "Layout.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ValueRange.h"
#include <functional>

namespace lathe::exporter {

/// Maps values to tensors of the graph.
///
/// A value is a view, with its dimensions reordered, of something that exists
/// in one or several forms: tensors of the graph that hold the same elements in
/// different layouts. Transposing a value makes another view. Only when a
/// form is asked for that does not exist is a Transpose node added, or for a
/// constant an initializer; the form is kept for whoever asks next.
class LazyTensors {
public:
  explicit LazyTensors(GraphBuilder &graph) : graph(graph) {}

  //===--------------------------------------------------------------------===//
  // Definition of values
  //===--------------------------------------------------------------------===//

  /// `value` is in the graph as `tensor`, with its dimensions in `layout`.
  void define(mlir::Value value, std::string tensor,
              llvm::ArrayRef<int64_t> layout);
  /// `value` is `constant`, whose initializers are to be called `name`.
  void defineConstant(mlir::Value value, HostTensor constant,
                      llvm::StringRef name);
  /// Makes the tensor of a form from the initializer of a constant in `layout`.
  using Conversion = std::function<std::string(const std::string &initializer,
                                               llvm::ArrayRef<int64_t> layout)>;
  /// Whether `value` is a constant as it is.
  bool isConstant(mlir::Value value) const { return getConstant(value); }
  /// The constant that `value` is, its dimensions in any order; null if it is
  /// none.
  const HostTensor *getConstant(mlir::Value value) const;
  /// `value` has an element for each of the constant `source`, which `convert`
  /// computes in any layout.
  void defineConverted(mlir::Value value, mlir::Value source,
                       Conversion convert);
  /// `value` is the same as `source`.
  void defineAlias(mlir::Value value, mlir::Value source);
  /// Dimension i of `value` is dimension permutation[i] of `source`.
  void defineTransposed(mlir::Value value, mlir::Value source,
                        llvm::ArrayRef<int64_t> permutation);
  /// `value` has the elements of `source` in another shape. `name` is for nodes
  /// that this takes.
  void defineReshaped(mlir::Value value, mlir::Value source,
                      llvm::StringRef name);

  //===--------------------------------------------------------------------===//
  // Use of values
  //===--------------------------------------------------------------------===//

  /// The tensor that has the dimensions of `value` in the order of `layout`,
  /// which may have more than `value`: ones are put in front then, where they
  /// matter for broadcasting. `name` is for nodes that this takes.
  std::string get(mlir::Value value, llvm::ArrayRef<int64_t> layout,
                  llvm::StringRef name);

  /// The tensor that has the elements of `value` in another shape.
  std::string getReshaped(mlir::Value value, llvm::ArrayRef<int64_t> shape,
                          llvm::StringRef name);

  /// The layout, of `rank` dimensions, in which most of `operands` exist
  /// already, weighed by how many elements would have to be moved.
  Layout chooseLayout(mlir::ValueRange operands, int64_t rank) const;

private:
  struct Form {
    Layout layout;
    std::string tensor;
  };
  struct Source {
    llvm::SmallVector<int64_t> shape;
    llvm::SmallVector<Form, 2> forms;
    /// For a constant, its value and its name.
    std::optional<HostTensor> constant;
    std::string name;
    /// What the forms of a constant go through, if anything.
    Conversion convert = nullptr;
  };
  struct View {
    unsigned source;
    Layout layout;
  };

  View addSource(Source source);
  View addConstant(HostTensor constant, llvm::StringRef name);
  const View &getView(mlir::Value value) const;
  const Source &getSource(const View &view) const;
  llvm::SmallVector<int64_t> getShape(const View &view) const;

  std::string getForm(const View &view, llvm::ArrayRef<int64_t> layout,
                      llvm::StringRef name);
  std::string createForm(const Source &source, llvm::ArrayRef<int64_t> layout,
                         llvm::StringRef name);
  View reshape(const View &view, llvm::ArrayRef<int64_t> shape,
               llvm::StringRef name);
  /// The number of elements to move before `value` is there in `layout`.
  int64_t getCost(mlir::Value value, llvm::ArrayRef<int64_t> layout) const;

  GraphBuilder &graph;
  std::vector<Source> sources;
  llvm::DenseMap<mlir::Value, View> views;
  /// Values with ones in front of their dimensions, by the new rank.
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, View> extended;
};

} // namespace lathe::exporter

#endif // LATHE_LIB_TARGET_ONNX_LAZYTENSORS_H
