//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An ONNX model in memory, and its tensors.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_MODEL_H
#define LATHE_LIB_FRONTEND_ONNX_MODEL_H

#include "lathe/Support/HostTensor.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <onnx/onnx_pb.h>

namespace lathe::frontend {

/// A loaded model. Tensors borrow from it and keep it alive.
class Model : public std::enable_shared_from_this<Model> {
public:
  /// Reads the model in `buffer`, whose identifier is its path. Null after an
  /// error has been emitted.
  static std::shared_ptr<Model> load(llvm::MemoryBufferRef buffer,
                                     mlir::MLIRContext *context);

  const onnx::ModelProto &getProto() const { return proto; }
  llvm::StringRef getPath() const { return path; }

  /// The elements of `tensor`, which is part of this model: borrowed where the
  /// file holds them as they are in memory. Fails on a type Lathe has no
  /// tensors of, on elements that do not fill the tensor's dimensions, and on
  /// external data that cannot be read.
  llvm::Expected<HostTensor> getTensor(const onnx::TensorProto &tensor);

  /// The same for a sparse tensor, made dense.
  llvm::Expected<HostTensor> getTensor(const onnx::SparseTensorProto &tensor);

private:
  llvm::Expected<llvm::ArrayRef<char>>
  getExternalData(const onnx::TensorProto &tensor);
  llvm::Expected<llvm::MemoryBuffer *> openExternal(llvm::StringRef location);

  std::string path;
  onnx::ModelProto proto;
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> externalFiles;
};

/// The location of an error about the file as a whole.
mlir::Location getFileLocation(mlir::MLIRContext *context, llvm::StringRef path,
                               unsigned line = 0, unsigned column = 0);

/// The name of a value of TensorProto.DataType, or its number.
std::string getDataTypeName(int32_t dataType);

/// "1x3x224x224", as flags state shapes; with ? for what is dynamic, "scalar"
/// for no dimensions, and without what is beyond many.
std::string formatShape(llvm::ArrayRef<int64_t> shape);

/// `message` on one line, whatever the names in it hold.
std::string makePrintable(const llvm::Twine &message);

/// Whether a shape without negative extents has more dimensions or elements, or
/// a larger extent, than tensors may have. Below that, products of two extents
/// or two numbers of elements, as costs and paddings need, stay within 64 bits.
bool isTooLarge(llvm::ArrayRef<int64_t> shape);

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_MODEL_H
