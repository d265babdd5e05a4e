//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NumPy's .npy: a magic string, the length of a header, the header as a literal
// of a Python dictionary, the elements. The format is described in
// numpy.lib.format (NEP 1).
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/NpyHeader.h"
#include "lathe/Support/TensorIO.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace lathe;
using llvm::ArrayRef;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::MemoryBufferRef;
using llvm::StringRef;
using llvm::Twine;

static constexpr StringRef npyMagic = "\x93NUMPY";

namespace {
/// Reads the dictionary of an .npy header: the three keys that NumPy writes,
/// in any order.
class NpyHeaderParser {
public:
  explicit NpyHeaderParser(StringRef text) : text(text) {}

  Expected<NpyHeader> parse();

private:
  /// Skips blanks, then `token` if it comes next.
  bool consume(StringRef token) {
    text = text.ltrim();
    return text.consume_front(token);
  }
  /// A string in single or double quotes, without escapes.
  bool parseString(StringRef &value);
  Error parseDescr();
  Error parseFortranOrder();
  Error parseShape();

  StringRef text;
  NpyHeader header;
};
} // namespace

bool NpyHeaderParser::parseString(StringRef &value) {
  text = text.ltrim();
  if (!text.starts_with("'") && !text.starts_with("\""))
    return false;
  size_t end = text.find(text.front(), 1);
  if (end == StringRef::npos)
    return false;
  value = text.slice(1, end);
  text = text.drop_front(end + 1);
  return true;
}

/// The kind of a NumPy type without its byte order, as "f4".
static std::optional<ElementKind> getKindOfNpyType(StringRef type) {
  return llvm::StringSwitch<std::optional<ElementKind>>(type)
      .Case("b1", ElementKind::Bool)
      .Case("i1", ElementKind::I8)
      .Case("i2", ElementKind::I16)
      .Case("i4", ElementKind::I32)
      .Case("i8", ElementKind::I64)
      .Case("u1", ElementKind::UI8)
      .Case("u2", ElementKind::UI16)
      .Case("u4", ElementKind::UI32)
      .Case("u8", ElementKind::UI64)
      .Case("f2", ElementKind::F16)
      .Case("V2", ElementKind::BF16)
      .Case("f4", ElementKind::F32)
      .Case("f8", ElementKind::F64)
      .Default(std::nullopt);
}

Error NpyHeaderParser::parseDescr() {
  StringRef descr;
  if (!parseString(descr))
    return createStringError("arrays with fields are not supported");
  std::optional<ElementKind> kind = getKindOfNpyType(
      descr.drop_front(descr.starts_with("<") || descr.starts_with(">") ||
                       descr.starts_with("|")));
  if (!kind)
    return createStringError("elements of type '" + descr +
                             "' are not supported");
  if (descr.starts_with(">") && getByteSize(*kind) > 1)
    return createStringError(
        "elements of type '" + descr +
        "' are big-endian; save the array as little-endian");
  header.kind = *kind;
  return Error::success();
}

Error NpyHeaderParser::parseFortranOrder() {
  if (consume("True"))
    header.fortranOrder = true;
  else if (!consume("False"))
    return createStringError("'fortran_order' is not True or False");
  return Error::success();
}

Error NpyHeaderParser::parseShape() {
  if (!consume("("))
    return createStringError("'shape' is not a tuple");
  while (!consume(")")) {
    int64_t size;
    text = text.ltrim();
    if (text.consumeInteger(10, size) || size < 0)
      return createStringError("'shape' holds something that is not a size");
    consume("L"); // How Python 2 wrote a long integer.
    header.shape.push_back(size);
    if (!consume(",") && !text.ltrim().starts_with(")"))
      return createStringError("'shape' is not a tuple");
  }
  return Error::success();
}

Expected<NpyHeader> NpyHeaderParser::parse() {
  unsigned keys = 0;
  bool closed = consume("{") && consume("}");
  while (!closed) {
    StringRef key;
    if (!parseString(key) || !consume(":"))
      return createStringError("its header is not a dictionary");
    Error error = Error::success();
    if (key == "descr")
      error = parseDescr();
    else if (key == "fortran_order")
      error = parseFortranOrder();
    else if (key == "shape")
      error = parseShape();
    else
      error = createStringError("unknown key '" + key + "' in its header");
    if (error)
      return std::move(error);
    ++keys;
    bool comma = consume(",");
    closed = consume("}");
    if (!comma && !closed)
      return createStringError("its header is not a dictionary");
  }
  if (keys != 3)
    return createStringError(
        "its header does not state descr, fortran_order and shape");
  return header;
}

/// Copies elements that lie in Fortran's order, the first dimension varying
/// fastest, into row-major order.
static void copyFromFortranOrder(ArrayRef<char> from, HostTensor &to) {
  const size_t size = getByteSize(to.getKind());
  ArrayRef<int64_t> shape = to.getShape();
  llvm::MutableArrayRef<char> bytes = to.getMutableBytes();
  llvm::SmallVector<int64_t, 4> index(shape.size(), 0);
  for (int64_t element = 0; element < to.getNumElements(); ++element) {
    int64_t position = 0;
    for (size_t i = 0; i < shape.size(); ++i)
      position = position * shape[i] + index[i];
    std::memcpy(&bytes[position * size], &from[element * size], size);
    for (size_t i = 0; i < shape.size() && ++index[i] == shape[i]; ++i)
      index[i] = 0;
  }
}

/// Makes every bool 0 or 1: any other byte is no value of C++'s bool.
static void normalizeBools(HostTensor &tensor) {
  if (tensor.getKind() == ElementKind::Bool)
    for (char &byte : tensor.getMutableBytes())
      byte = byte != 0;
}

/// Decodes the header at the beginning of `file`; errors do not name it yet.
static Expected<NpyHeader> decodeNpyHeader(StringRef file) {
  StringRef bytes = file;
  if (!bytes.consume_front(npyMagic))
    return createStringError("not an .npy file");
  if (bytes.size() < 2)
    return createStringError("the file is truncated");
  const unsigned version = uint8_t(bytes[0]);
  bytes = bytes.drop_front(2);
  if (version < 1 || version > 3)
    return createStringError("version " + Twine(version) +
                             " of the .npy format is unknown");
  const size_t lengthSize = version == 1 ? 2 : 4;
  if (bytes.size() < lengthSize)
    return createStringError("the file is truncated");
  const size_t length = version == 1
                            ? llvm::support::endian::read16le(bytes.data())
                            : llvm::support::endian::read32le(bytes.data());
  bytes = bytes.drop_front(lengthSize);
  if (bytes.size() < length)
    return createStringError("the file is truncated");

  Expected<NpyHeader> header =
      NpyHeaderParser(bytes.take_front(length)).parse();
  if (header)
    header->dataOffset = file.size() - bytes.size() + length;
  return header;
}

Expected<NpyHeader> lathe::parseNpyHeader(MemoryBufferRef buffer) {
  Expected<NpyHeader> header = decodeNpyHeader(buffer.getBuffer());
  if (!header)
    return llvm::createFileError(buffer.getBufferIdentifier(),
                                 header.takeError());
  return header;
}

/// Decodes an .npy file; errors do not name the file yet.
static Expected<HostTensor> decodeNpy(StringRef bytes) {
  Expected<NpyHeader> header = decodeNpyHeader(bytes);
  if (!header)
    return header.takeError();
  bytes = bytes.drop_front(header->dataOffset);
  std::optional<int64_t> elements = getNumElements(header->shape);
  const uint64_t elementSize = getByteSize(header->kind);
  // Compared by division: the product of a made-up shape may overflow.
  if (!elements || uint64_t(*elements) > bytes.size() / elementSize)
    return createStringError("the file is truncated: it lacks elements");
  if (bytes.size() != *elements * elementSize)
    return createStringError("data follow the last element");

  ArrayRef<char> data(bytes.data(), bytes.size());
  if (header->fortranOrder && header->shape.size() > 1) {
    HostTensor tensor(header->kind, header->shape);
    copyFromFortranOrder(data, tensor);
    normalizeBools(tensor);
    return tensor;
  }
  HostTensor tensor = HostTensor::copyOf(header->kind, header->shape, data);
  normalizeBools(tensor);
  return tensor;
}

Expected<HostTensor> lathe::parseNpy(MemoryBufferRef buffer) {
  Expected<HostTensor> tensor = decodeNpy(buffer.getBuffer());
  if (!tensor)
    return llvm::createFileError(buffer.getBufferIdentifier(),
                                 tensor.takeError());
  return tensor;
}

/// The NumPy type of `kind` in a header; bfloat16 as ml_dtypes writes it.
static StringRef getNpyType(ElementKind kind) {
  switch (kind) {
  case ElementKind::Bool:
    return "|b1";
  case ElementKind::I8:
    return "|i1";
  case ElementKind::I16:
    return "<i2";
  case ElementKind::I32:
    return "<i4";
  case ElementKind::I64:
    return "<i8";
  case ElementKind::UI8:
    return "|u1";
  case ElementKind::UI16:
    return "<u2";
  case ElementKind::UI32:
    return "<u4";
  case ElementKind::UI64:
    return "<u8";
  case ElementKind::F16:
    return "<f2";
  case ElementKind::BF16:
    return "<V2";
  case ElementKind::F32:
    return "<f4";
  case ElementKind::F64:
    return "<f8";
  }
  llvm_unreachable("every kind is handled");
}

std::string lathe::serializeNpy(const HostTensor &tensor) {
  std::string header;
  llvm::raw_string_ostream os(header);
  os << "{'descr': '" << getNpyType(tensor.getKind())
     << "', 'fortran_order': False, 'shape': (";
  llvm::interleaveComma(tensor.getShape(), os);
  os << (tensor.getRank() == 1 ? ",), }" : "), }");
  // The elements start at a multiple of 64 bytes, after a newline.
  const size_t prefix = npyMagic.size() + 4;
  header.resize(llvm::alignTo(prefix + header.size() + 1, 64) - prefix - 1,
                ' ');
  header += '\n';

  std::string result = npyMagic.str();
  result += {'\1', '\0', char(header.size() & 0xff), char(header.size() >> 8)};
  result += header;
  result.append(tensor.getBytes().data(), tensor.getSizeInBytes());
  return result;
}
