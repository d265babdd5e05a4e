//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/HostTensor.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemAlloc.h"
#include <atomic>
#include <cstring>

using namespace lathe;
using llvm::ArrayRef;

/// Cache line, and the width of the widest vectors of x86-64.
static constexpr size_t bufferAlign = 64;

std::optional<int64_t> lathe::getNumElements(ArrayRef<int64_t> shape) {
  // A 0 anywhere makes the product 0, whatever the other dimensions are.
  if (llvm::any_of(shape, [](int64_t size) { return size < 0; }))
    return std::nullopt;
  if (llvm::is_contained(shape, 0))
    return 0;
  int64_t product = 1;
  for (int64_t size : shape)
    if (llvm::MulOverflow(product, size, product))
      return std::nullopt;
  return product;
}

/// Uninitialized bytes, aligned for any vector access.
static std::shared_ptr<const char> allocate(size_t size) {
  void *buffer = llvm::allocate_buffer(size, bufferAlign);
  return {static_cast<const char *>(buffer), [size](const char *bytes) {
            llvm::deallocate_buffer(const_cast<char *>(bytes), size,
                                    bufferAlign);
          }};
}

HostTensor::HostTensor(ElementKind kind, ArrayRef<int64_t> shape)
    : kind(kind), shape(shape),
      numElements(lathe::getNumElements(shape).value()),
      storage(allocate(getSizeInBytes())), ownsStorage(true) {
  std::memset(const_cast<char *>(storage.get()), 0, getSizeInBytes());
}

HostTensor HostTensor::copyOf(ElementKind kind, ArrayRef<int64_t> shape,
                              ArrayRef<char> bytes) {
  HostTensor tensor = borrow(kind, shape, bytes);
  tensor.makeUnique();
  return tensor;
}

HostTensor HostTensor::borrow(ElementKind kind, ArrayRef<int64_t> shape,
                              ArrayRef<char> bytes,
                              const std::shared_ptr<const void> &owner) {
  HostTensor tensor;
  tensor.kind = kind;
  tensor.shape.assign(shape.begin(), shape.end());
  tensor.numElements = lathe::getNumElements(shape).value();
  assert(tensor.getSizeInBytes() == bytes.size() && "bytes do not fill shape");
  tensor.storage = std::shared_ptr<const char>(owner, bytes.data());
  tensor.ownsStorage = false;
  return tensor;
}

void HostTensor::makeUnique() {
  if (ownsStorage && storage.use_count() == 1) {
    // Whoever shared the bytes has read them before it let go of them.
    std::atomic_thread_fence(std::memory_order_acquire);
    return;
  }
  std::shared_ptr<const char> copy = allocate(getSizeInBytes());
  if (size_t size = getSizeInBytes())
    std::memcpy(const_cast<char *>(copy.get()), storage.get(), size);
  storage = std::move(copy);
  ownsStorage = true;
}

double HostTensor::getDouble(int64_t index) const {
  return visitElementType(
      kind, [&](auto zero) -> double { return data<decltype(zero)>()[index]; });
}

int64_t HostTensor::getInt(int64_t index) const {
  return visitElementType(kind, [&](auto zero) -> int64_t {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>)
      return int64_t(data<T>()[index]);
    else
      return convertElement<int64_t>(data<T>()[index]);
  });
}

void HostTensor::setDouble(int64_t index, double value) {
  visitElementType(kind, [&](auto zero) {
    using T = decltype(zero);
    mutableData<T>()[index] = convertElement<T>(value);
  });
}

void HostTensor::setInt(int64_t index, int64_t value) {
  visitElementType(kind, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>)
      mutableData<T>()[index] = T(value);
    else
      mutableData<T>()[index] = convertElement<T>(double(value));
  });
}

HostTensor HostTensor::reshape(ArrayRef<int64_t> newShape) const {
  assert(lathe::getNumElements(newShape) == numElements && "other size");
  HostTensor result = *this;
  result.shape.assign(newShape.begin(), newShape.end());
  return result;
}

HostTensor HostTensor::reinterpret(ElementKind newKind) const {
  assert(getByteSize(newKind) == getByteSize(kind) && "not of the same size");
  HostTensor result = *this;
  result.kind = newKind;
  return result;
}

HostTensor HostTensor::convertTo(ElementKind newKind) const {
  if (newKind == kind)
    return *this;
  HostTensor result(newKind, shape);
  visitElementType(kind, [&](auto from) {
    using From = decltype(from);
    ArrayRef<From> input = data<From>();
    visitElementType(newKind, [&](auto to) {
      using To = decltype(to);
      llvm::MutableArrayRef<To> output = result.mutableData<To>();
      for (int64_t i = 0; i < numElements; ++i) {
        if constexpr (std::is_integral_v<From> && std::is_integral_v<To>)
          output[i] = To(input[i]);
        else
          output[i] = convertElement<To>(input[i]);
      }
    });
  });
  return result;
}
