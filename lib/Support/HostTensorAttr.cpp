//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/HostTensorAttr.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Alignment.h"
#include <cstring>

using namespace lathe;
using namespace mlir;

std::optional<ElementKind> lathe::getElementKind(Type type) {
  if (type.isF16())
    return ElementKind::F16;
  if (type.isBF16())
    return ElementKind::BF16;
  if (type.isF32())
    return ElementKind::F32;
  if (type.isF64())
    return ElementKind::F64;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  const bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return integer.isSignless() ? std::optional(ElementKind::Bool)
                                : std::nullopt;
  case 8:
    return isUnsigned ? ElementKind::UI8 : ElementKind::I8;
  case 16:
    return isUnsigned ? ElementKind::UI16 : ElementKind::I16;
  case 32:
    return isUnsigned ? ElementKind::UI32 : ElementKind::I32;
  case 64:
    return isUnsigned ? ElementKind::UI64 : ElementKind::I64;
  default:
    return std::nullopt;
  }
}

Type lathe::getElementType(MLIRContext *context, ElementKind kind) {
  switch (kind) {
  case ElementKind::F16:
    return Float16Type::get(context);
  case ElementKind::BF16:
    return BFloat16Type::get(context);
  case ElementKind::F32:
    return Float32Type::get(context);
  case ElementKind::F64:
    return Float64Type::get(context);
  case ElementKind::Bool:
    return IntegerType::get(context, 1);
  default:
    return IntegerType::get(context, 8 * getByteSize(kind),
                            isUnsignedInteger(kind) ? IntegerType::Unsigned
                                                    : IntegerType::Signless);
  }
}

/// Borrows `bytes` where their alignment allows it: a resource may lie at any
/// address of a mapped file.
static HostTensor borrowOrCopy(ElementKind kind, ArrayRef<int64_t> shape,
                               ArrayRef<char> bytes) {
  if (llvm::isAddrAligned(llvm::Align(getByteSize(kind)), bytes.data()))
    return HostTensor::borrow(kind, shape, bytes);
  return HostTensor::copyOf(kind, shape, bytes);
}

static HostTensor fromDense(ElementKind kind, DenseElementsAttr attr) {
  ArrayRef<int64_t> shape = attr.getType().getShape();
  // MLIR packs i1 into bits.
  if (kind == ElementKind::Bool) {
    HostTensor tensor(kind, shape);
    llvm::copy(attr.getValues<bool>(), tensor.mutableData<bool>().begin());
    return tensor;
  }
  ArrayRef<char> raw = attr.getRawData();
  if (!attr.isSplat())
    return borrowOrCopy(kind, shape, raw);
  HostTensor tensor(kind, shape);
  MutableArrayRef<char> bytes = tensor.getMutableBytes();
  for (size_t i = 0; i < bytes.size(); i += raw.size())
    std::memcpy(&bytes[i], raw.data(), raw.size());
  return tensor;
}

std::optional<HostTensor> lathe::toHostTensor(ElementsAttr attr) {
  ShapedType type = attr.getShapedType();
  std::optional<ElementKind> kind = getElementKind(type.getElementType());
  if (!kind)
    return std::nullopt;
  std::optional<int64_t> elements = getNumElements(type.getShape());
  if (!elements)
    return std::nullopt;
  if (*elements == 0)
    return HostTensor(*kind, type.getShape());
  if (auto dense = dyn_cast<DenseElementsAttr>(attr))
    return fromDense(*kind, dense);
  auto resource = dyn_cast<DenseResourceElementsAttr>(attr);
  if (!resource || !resource.getRawHandle().getBlob())
    return std::nullopt;
  ArrayRef<char> bytes = resource.getData();
  if (bytes.size() != uint64_t(*elements) * getByteSize(*kind))
    return std::nullopt;
  return borrowOrCopy(*kind, type.getShape(), bytes);
}

/// Whether all elements have the same bits.
static bool isSplat(const HostTensor &tensor) {
  ArrayRef<char> bytes = tensor.getBytes();
  const size_t size = getByteSize(tensor.getKind());
  return !bytes.empty() && std::memcmp(bytes.data(), bytes.data() + size,
                                       bytes.size() - size) == 0;
}

/// A blob that shares the bytes of `tensor` and keeps them alive.
static AsmResourceBlob toBlob(const HostTensor &tensor) {
  return AsmResourceBlob(
      tensor.getBytes(), getByteSize(tensor.getKind()),
      [tensor](void *, size_t, size_t) {},
      /*dataIsMutable=*/false);
}

ElementsAttr lathe::toElementsAttr(const HostTensor &tensor,
                                   MLIRContext *context, StringRef name,
                                   size_t maxDenseBytes) {
  auto type = RankedTensorType::get(tensor.getShape(),
                                    getElementType(context, tensor.getKind()));
  if (tensor.getKind() == ElementKind::Bool)
    return DenseElementsAttr::get(type, tensor.data<bool>());
  if (isSplat(tensor))
    return DenseElementsAttr::getFromRawBuffer(
        type, tensor.getBytes().take_front(getByteSize(tensor.getKind())));
  if (tensor.getSizeInBytes() <= maxDenseBytes)
    return DenseElementsAttr::getFromRawBuffer(type, tensor.getBytes());
  return DenseResourceElementsAttr::get(type, name, toBlob(tensor));
}

void lathe::freeUnusedResources(ArrayRef<ModuleOp> modules) {
  if (modules.empty())
    return;
  llvm::StringSet<> used;
  for (ModuleOp module : modules)
    module.walk([&](Operation *op) {
      op->getAttrDictionary().walk([&](DenseResourceElementsAttr attr) {
        used.insert(attr.getRawHandle().getKey());
      });
    });
  DialectResourceBlobManager &manager =
      DenseResourceElementsHandle::getManagerInterface(
          modules.front()->getContext())
          .getBlobManager();
  SmallVector<StringRef> unused;
  manager.getBlobMap([&](const auto &blobs) {
    for (const auto &entry : blobs)
      if (entry.getValue().getBlob() && !used.contains(entry.getKey()))
        unused.push_back(entry.getKey());
  });
  for (StringRef key : unused)
    manager.update(key, AsmResourceBlob());
}
