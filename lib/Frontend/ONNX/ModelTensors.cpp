//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The elements of a model's tensors: in the model itself, in a file beside it,
// or sparse.
//
//===----------------------------------------------------------------------===//

#include "Model.h"

#include "lathe/Support/OnnxTensor.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe;
using namespace lathe::frontend;
using llvm::ArrayRef;
using llvm::createStringError;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;
using onnx::TensorProto;

std::string lathe::frontend::getDataTypeName(int32_t dataType) {
  return TensorProto::DataType_IsValid(dataType)
             ? TensorProto::DataType_Name(TensorProto::DataType(dataType))
             : std::to_string(dataType);
}

std::string lathe::frontend::formatShape(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  constexpr size_t most = 16;
  auto format = [](int64_t extent) {
    return mlir::ShapedType::isDynamic(extent) ? "?" : std::to_string(extent);
  };
  return llvm::join(llvm::map_range(shape.take_front(most), format), "x") +
         (shape.size() > most ? "x…" : "");
}

std::string lathe::frontend::makePrintable(const Twine &message) {
  std::string text;
  for (char c : message.str())
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      llvm::raw_string_ostream(text) << llvm::format("\\x%02x", c);
    else
      text += c;
  return text;
}

bool lathe::frontend::isTooLarge(ArrayRef<int64_t> shape) {
  constexpr int64_t most = INT32_MAX;
  // Loops over a tensor are nested as deep as it has dimensions.
  constexpr size_t mostDimensions = 64;
  if (shape.size() > mostDimensions)
    return true;
  // Without those of extent 0, so that no part of a shape is larger either.
  int64_t elements = 1;
  return llvm::any_of(shape, [&](int64_t extent) {
    return extent > most || (extent > 0 && (elements *= extent) > most);
  });
}

//===----------------------------------------------------------------------===//
// External data
//===----------------------------------------------------------------------===//

/// Where a tensor's elements lie in another file (onnx/docs/ExternalData.md).
namespace {
struct ExternalData {
  StringRef location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};
} // namespace

static Expected<ExternalData> getExternal(const TensorProto &tensor) {
  ExternalData data;
  for (const auto &entry : tensor.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    bool malformed = false;
    if (key == "location") {
      data.location = value;
    } else if (key == "offset") {
      malformed = value.getAsInteger(10, data.offset);
    } else if (key == "length") {
      malformed = value.getAsInteger(10, data.length.emplace());
    }
    if (malformed)
      return createStringError("its external data have '" + value +
                               "' as their " + key);
  }
  if (data.location.empty())
    return createStringError("its external data name no file");
  return data;
}

/// The path of an external file. The format asks for files inside the model's
/// folder, and a model from elsewhere must not read others through symbolic
/// links either.
static Expected<std::string> resolveExternal(StringRef modelPath,
                                             StringRef location) {
  namespace path = llvm::sys::path;
  StringRef folder = path::parent_path(modelPath);
  llvm::SmallString<128> file(folder.empty() ? "." : folder);
  llvm::SmallString<128> realFolder, realFile;
  if (std::error_code error = llvm::sys::fs::real_path(file, realFolder))
    return createStringError(error, "the model's folder '" + file +
                                        "': " + error.message());
  path::append(file, location);
  if (std::error_code error = llvm::sys::fs::real_path(file, realFile))
    return createStringError(error,
                             "its external data file '" + file +
                                 "' cannot be opened: " + error.message() +
                                 "; keep it beside the model");
  StringRef rest = realFile;
  bool inside = rest.consume_front(realFolder) &&
                (rest.empty() || realFolder.ends_with("/") ||
                 path::is_separator(rest.front()));
  if (path::is_absolute(location) || !inside)
    return createStringError("its external data '" + location +
                             "' lie outside the model's folder");
  return file.str().str();
}

Expected<llvm::MemoryBuffer *> Model::openExternal(StringRef location) {
  auto [entry, isNew] = externalFiles.try_emplace(location);
  if (!isNew)
    return entry->second.get();
  Expected<std::string> file = resolveExternal(path, location);
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer(std::error_code{});
  if (file)
    buffer = llvm::MemoryBuffer::getFile(*file, /*IsText=*/false,
                                         /*RequiresNullTerminator=*/false);
  if (file && buffer) {
    entry->second = std::move(*buffer);
    return entry->second.get();
  }
  externalFiles.erase(entry);
  if (!file)
    return file.takeError();
  return createStringError(buffer.getError(), "its external data file '" +
                                                  *file + "' cannot be read: " +
                                                  buffer.getError().message());
}

Expected<ArrayRef<char>> Model::getExternalData(const TensorProto &tensor) {
  Expected<ExternalData> external = getExternal(tensor);
  if (!external)
    return external.takeError();
  Expected<llvm::MemoryBuffer *> file = openExternal(external->location);
  if (!file)
    return file.takeError();
  StringRef bytes = (*file)->getBuffer();
  uint64_t offset = external->offset;
  if (offset > bytes.size() ||
      external->length.value_or(0) > bytes.size() - offset)
    return createStringError(
        "its external data, " + Twine(external->length.value_or(0)) +
        " bytes at offset " + Twine(offset) + ", lie beyond the end of '" +
        external->location + "', which has " + Twine(bytes.size()) + " bytes");
  bytes = bytes.substr(offset, external->length.value_or(StringRef::npos));
  return ArrayRef<char>(bytes.data(), bytes.size());
}

//===----------------------------------------------------------------------===//
// Dense and sparse tensors
//===----------------------------------------------------------------------===//

/// Makes a tensor of `bytes`: without a copy if they are many, lest a bias keeps
/// the whole model in memory, and laid out as in memory.
static HostTensor borrowOrCopy(ElementKind kind, ArrayRef<int64_t> shape,
                               ArrayRef<char> bytes,
                               std::shared_ptr<const void> owner) {
  constexpr size_t fewBytes = 64 * 1024;
  bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) %
                     std::min(getByteSize(kind), 8u) ==
                 0;
  if (kind != ElementKind::Bool && aligned && bytes.size() > fewBytes)
    return HostTensor::borrow(kind, shape, bytes, std::move(owner));
  HostTensor tensor = HostTensor::copyOf(kind, shape, bytes);
  if (kind == ElementKind::Bool)
    for (char &byte : tensor.getMutableBytes())
      byte = byte != 0;
  return tensor;
}

Expected<HostTensor> Model::getTensor(const TensorProto &tensor) {
  std::optional<ElementKind> kind = getElementKindOfOnnx(tensor.data_type());
  bool isExternal = tensor.data_location() == TensorProto::EXTERNAL;
  bool isRaw = kind && tensor.has_raw_data();
  if (!getStoredType(tensor.data_type()) || (!isExternal && !isRaw))
    return toHostTensor(tensor);
  llvm::SmallVector<int64_t, 4> shape(tensor.dims().begin(),
                                      tensor.dims().end());
  ArrayRef<char> bytes(tensor.raw_data().data(), tensor.raw_data().size());
  if (isExternal) {
    Expected<ArrayRef<char>> external = getExternalData(tensor);
    if (!external)
      return external.takeError();
    bytes = *external;
  }
  if (!kind)
    return unpackElements(tensor.data_type(), shape, bytes);
  std::optional<int64_t> elements = getNumElements(shape);
  uint64_t elementSize = getByteSize(*kind);
  if (!elements || bytes.size() % elementSize != 0 ||
      bytes.size() / elementSize != uint64_t(*elements))
    return createStringError("it holds " + Twine(bytes.size()) + " bytes of " +
                             getDataTypeName(tensor.data_type()) +
                             ", which do not fill its shape " +
                             formatShape(shape));
  return borrowOrCopy(*kind, shape, bytes, shared_from_this());
}

/// The row-major position that row `row` of a sparse tensor's indices names: a
/// position itself, or one index for each dimension; none if out of range.
static std::optional<int64_t>
getPosition(const HostTensor &indices, int64_t row, ArrayRef<int64_t> shape) {
  bool linear = indices.getRank() == 1;
  int64_t position = 0;
  if (linear)
    return indices.getInt(row);
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    int64_t index = indices.getInt(row * int64_t(shape.size()) + int64_t(dim));
    if (index < 0 || index >= extent)
      return std::nullopt;
    position = position * extent + index;
  }
  return position;
}

Expected<HostTensor> Model::getTensor(const onnx::SparseTensorProto &sparse) {
  Expected<HostTensor> values = getTensor(sparse.values());
  if (!values)
    return values.takeError();
  Expected<HostTensor> indices = getTensor(sparse.indices());
  if (!indices)
    return indices.takeError();
  llvm::SmallVector<int64_t, 4> shape(sparse.dims().begin(),
                                      sparse.dims().end());
  int64_t rows = values->getNumElements();
  ArrayRef<int64_t> indexShape = indices->getShape();
  bool linear = indexShape == ArrayRef<int64_t>{rows};
  bool perDimension =
      indexShape == ArrayRef<int64_t>{rows, int64_t(shape.size())};
  std::optional<int64_t> elements = getNumElements(shape);
  // The dimensions are only claimed by the file.
  constexpr int64_t mostBytes = 1 << 28;
  if (!elements || *elements > mostBytes / getByteSize(values->getKind()))
    return createStringError("its dense form is too large");
  if (indices->getKind() != ElementKind::I64 || (!linear && !perDimension))
    return createStringError("its indices are not one INT64, or one for each "
                             "dimension, for each of its " +
                             Twine(rows) + " values");
  HostTensor dense(values->getKind(), shape);
  size_t size = getByteSize(values->getKind());
  char *bytes = dense.getMutableBytes().data();
  for (int64_t row = 0; row < rows; ++row) {
    std::optional<int64_t> position = getPosition(*indices, row, shape);
    if (!position || *position < 0 || *position >= *elements)
      return createStringError("an index of value " + Twine(row) +
                               " is out of range");
    memcpy(bytes + *position * size, values->getBytes().data() + row * size,
           size);
  }
  return dense;
}
