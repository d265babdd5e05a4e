//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/TensorIO.h"
#include "lathe/Support/OnnxTensor.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <onnx/onnx_pb.h>

using namespace lathe;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

Expected<NamedTensors> lathe::readTensors(StringRef path) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> file =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                  /*RequiresNullTerminator=*/false);
  if (std::error_code code = file.getError())
    return llvm::createFileError(path, code);
  StringRef bytes = (*file)->getBuffer();
  if (bytes.starts_with("PK"))
    return parseNpz(**file);
  if (!bytes.starts_with("\x93NUMPY"))
    return parseTensorProto(**file);
  Expected<HostTensor> tensor = parseNpy(**file);
  if (!tensor)
    return tensor.takeError();
  NamedTensors result;
  result.set("", std::move(*tensor));
  return result;
}

Error lathe::readTensorArgument(StringRef argument, NamedTensors &tensors) {
  // Names of tensors rarely hold a '=', paths hardly ever: the last one splits.
  auto [name, path] = argument.rsplit('=');
  const bool named = argument.contains('=');
  if (!named)
    path = argument;
  Expected<NamedTensors> read = readTensors(path);
  if (!read)
    return read.takeError();
  if (named && read->size() != 1)
    return llvm::createFileError(
        path, createStringError("it holds " + llvm::Twine(read->size()) +
                                " tensors, and '" + name +
                                "=' names one; give the file alone"));
  for (const auto &[nameInFile, tensor] : *read)
    tensors.set(named ? name : StringRef(nameInFile), tensor);
  return Error::success();
}

Expected<NamedTensors> lathe::readDataSet(StringRef directory, StringRef prefix,
                                          llvm::ArrayRef<std::string> names) {
  NamedTensors tensors;
  auto fileOf = [&](size_t index) {
    llvm::SmallString<128> path(directory);
    llvm::sys::path::append(path, prefix + "_" + llvm::Twine(index) + ".pb");
    return path;
  };
  for (auto [index, name] : llvm::enumerate(names)) {
    llvm::SmallString<128> path = fileOf(index);
    if (!llvm::sys::fs::exists(path))
      break;
    Expected<NamedTensors> read = readTensors(path);
    if (!read)
      return read.takeError();
    tensors.set(name, read->begin()->second);
  }
  if (llvm::SmallString<128> path = fileOf(names.size());
      llvm::sys::fs::exists(path))
    return llvm::createFileError(path,
                                 createStringError("the model has only " +
                                                   llvm::Twine(names.size()) +
                                                   " " + prefix + "s"));
  if (tensors.empty() && !names.empty())
    return llvm::createFileError(
        directory, createStringError("the folder has no " + prefix + "_0.pb"));
  return tensors;
}

/// Writes `contents` to `path`, whole or not at all.
static Error writeFile(StringRef path, StringRef contents) {
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
    os << contents;
    return Error::success();
  });
}

Error lathe::writeNpy(StringRef path, const HostTensor &tensor) {
  return writeFile(path, serializeNpy(tensor));
}

Error lathe::writeTensorProto(StringRef path, StringRef name,
                              const HostTensor &tensor) {
  onnx::TensorProto proto;
  proto.set_name(name.str());
  toTensorProto(tensor, proto);
  return writeFile(path, proto.SerializeAsString());
}

Error lathe::writeTensors(StringRef path, const NamedTensors &tensors) {
  StringRef extension = llvm::sys::path::extension(path);
  if (extension == ".npz")
    return writeNpz(path, tensors);
  if (extension != ".npy" && extension != ".pb")
    return llvm::createFileError(
        path, createStringError("tensors are written as .npz, .npy or .pb"));
  if (tensors.size() != 1)
    return llvm::createFileError(
        path,
        createStringError("a file of this type holds one tensor, not " +
                          llvm::Twine(tensors.size()) + "; use an .npz file"));
  const auto &[name, tensor] = *tensors.begin();
  return extension == ".npy" ? writeNpy(path, tensor)
                             : writeTensorProto(path, name, tensor);
}
