//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The values that the reference evaluator computes with, that constant folding
// folds and that `lathe run` reads and writes.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_HOSTTENSOR_H
#define LATHE_SUPPORT_HOSTTENSOR_H

#include "lathe/Support/ElementKind.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cassert>
#include <memory>
#include <optional>

namespace lathe {

/// The number of elements of `shape` (1 for a scalar), or none if a dimension
/// is negative or the number does not fit 63 bits.
std::optional<int64_t> getNumElements(llvm::ArrayRef<int64_t> shape);

/// A dense tensor: contiguous, row-major, in the host's byte order.
///
/// It behaves as a value. Copies share their bytes until one of them is written
/// through a mutable accessor, so passing it around costs nothing. Two threads
/// may read copies of one tensor, or write to their own, at the same time.
class HostTensor {
public:
  /// A tensor of rank 1 without elements.
  HostTensor() : HostTensor(ElementKind::F32, {0}) {}

  /// A tensor of zeros. `shape` must have a number of elements
  /// (see `lathe::getNumElements`).
  HostTensor(ElementKind kind, llvm::ArrayRef<int64_t> shape);

  /// A tensor that copies `values`, as many as `shape` has elements.
  template <typename T>
  static HostTensor get(llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<T> values) {
    return copyOf(elementKindOf<T>, shape,
                  {reinterpret_cast<const char *>(values.data()),
                   values.size() * sizeof(T)});
  }

  /// A tensor that copies `bytes`, exactly as many as kind and shape need.
  static HostTensor copyOf(ElementKind kind, llvm::ArrayRef<int64_t> shape,
                           llvm::ArrayRef<char> bytes);

  /// A tensor over `bytes` without copying them, exactly as many as kind and
  /// shape need and aligned to an element. `owner` keeps them alive; without
  /// one they must outlive the tensor and all its copies.
  static HostTensor borrow(ElementKind kind, llvm::ArrayRef<int64_t> shape,
                           llvm::ArrayRef<char> bytes,
                           const std::shared_ptr<const void> &owner = nullptr);

  ElementKind getKind() const { return kind; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getRank() const { return shape.size(); }
  int64_t getNumElements() const { return numElements; }
  size_t getSizeInBytes() const { return numElements * getByteSize(kind); }

  llvm::ArrayRef<char> getBytes() const {
    return {storage.get(), getSizeInBytes()};
  }
  llvm::MutableArrayRef<char> getMutableBytes() {
    makeUnique();
    return {const_cast<char *>(storage.get()), getSizeInBytes()};
  }

  /// The elements, row-major. `T` must be the C++ type of the tensor's kind.
  template <typename T> llvm::ArrayRef<T> data() const {
    assert(elementKindOf<T> == kind && "not the type of the elements");
    return llvm::ArrayRef<T>(reinterpret_cast<const T *>(storage.get()),
                             numElements);
  }
  template <typename T> llvm::MutableArrayRef<T> mutableData() {
    assert(elementKindOf<T> == kind && "not the type of the elements");
    makeUnique();
    return llvm::MutableArrayRef<T>(
        reinterpret_cast<T *>(const_cast<char *>(storage.get())), numElements);
  }

  /// Element `index` of the row-major order as a double. A 64-bit integer may
  /// be rounded.
  double getDouble(int64_t index) const;
  /// Element `index` as an integer: exact for integers and bool (ui64 beyond
  /// the range of int64 wraps), truncated and saturated for floats.
  int64_t getInt(int64_t index) const;
  /// Sets element `index`, converted as `convertElement` does.
  void setDouble(int64_t index, double value);
  /// Sets element `index`; integers keep the low bits, bool whether it is not
  /// 0.
  void setInt(int64_t index, int64_t value);

  /// The same elements under another shape of as many elements; shares the
  /// bytes.
  HostTensor reshape(llvm::ArrayRef<int64_t> newShape) const;

  /// The same bytes as elements of another kind of the same size; shares them.
  HostTensor reinterpret(ElementKind newKind) const;

  /// The elements converted to `newKind`: between integers (and bool) as
  /// `setInt`, else as `setDouble` does.
  HostTensor convertTo(ElementKind newKind) const;

private:
  /// Gives this tensor bytes that it may write: its own, aligned to 64 bytes.
  void makeUnique();

  ElementKind kind;
  llvm::SmallVector<int64_t, 4> shape;
  int64_t numElements;
  std::shared_ptr<const char> storage;
  /// Whether `storage` was allocated here, and so is not constant memory.
  bool ownsStorage;
};

} // namespace lathe

#endif // LATHE_SUPPORT_HOSTTENSOR_H
