//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reading and writing tensors as NumPy's .npy and .npz and as ONNX's .pb.
//
// Every error names the file and says what is wrong with it. Writers give the
// same bytes for the same tensors: no dates, and no compression, whose result
// would depend on the version of zlib.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_TENSORIO_H
#define LATHE_SUPPORT_TENSORIO_H

#include "lathe/Support/NamedTensors.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace lathe {

/// Decodes the contents of an .npy file (format versions 1 to 3). Little-endian
/// numbers and bool only; a Fortran-ordered array is reordered; void of two
/// bytes, which is how the ml_dtypes package saves bfloat16, is read as such.
llvm::Expected<HostTensor> parseNpy(llvm::MemoryBufferRef buffer);

/// Decodes the contents of an .npz file, an archive of .npy files.
llvm::Expected<NamedTensors> parseNpz(llvm::MemoryBufferRef buffer);

/// Decodes a serialized ONNX TensorProto; the name is the one it carries.
llvm::Expected<NamedTensors> parseTensorProto(llvm::MemoryBufferRef buffer);

/// The .npy file (version 1.0) that holds `tensor`.
std::string serializeNpy(const HostTensor &tensor);

/// Reads the tensors of an .npy, .npz or .pb file, told apart by their
/// contents. A tensor whose file gives it no name is called "".
llvm::Expected<NamedTensors> readTensors(llvm::StringRef path);

/// Reads what a command line names: `FILE` or `NAME=FILE`, the latter for a
/// file with one tensor, which takes that name. Adds to `tensors`, replacing
/// those of the same name.
llvm::Error readTensorArgument(llvm::StringRef argument, NamedTensors &tensors);

/// Reads a folder of tensors as ONNX's own tests have them: PREFIX_0.pb,
/// PREFIX_1.pb … are those called `names`, in order. The last ones may be missing.
/// Fails if there are none, or more than there are names.
llvm::Expected<NamedTensors> readDataSet(llvm::StringRef directory,
                                         llvm::StringRef prefix,
                                         llvm::ArrayRef<std::string> names);

llvm::Error writeNpy(llvm::StringRef path, const HostTensor &tensor);
llvm::Error writeNpz(llvm::StringRef path, const NamedTensors &tensors);
llvm::Error writeTensorProto(llvm::StringRef path, llvm::StringRef name,
                             const HostTensor &tensor);

/// Writes by the extension of `path`: .npz takes any number of tensors, .npy
/// and .pb exactly one.
llvm::Error writeTensors(llvm::StringRef path, const NamedTensors &tensors);

} // namespace lathe

#endif // LATHE_SUPPORT_TENSORIO_H
