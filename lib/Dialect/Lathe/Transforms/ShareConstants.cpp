//===- ShareConstants.cpp - One constant for several models ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/xxhash.h"
#include <map>

namespace lathe {
#define GEN_PASS_DEF_SHARECONSTANTS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// Resources of one type. Nothing is hashed before there are two.
class EqualResources {
public:
  /// The first resource with the bytes of `value`: itself if there was none.
  DenseResourceElementsAttr unify(DenseResourceElementsAttr value) {
    if (values.empty())
      return values.emplace_back(value);
    if (hashes.empty())
      hashes[hash(values.front())] = {0};
    SmallVector<unsigned, 1> &candidates = hashes[hash(value)];
    for (unsigned candidate : candidates)
      if (bytesOf(values[candidate]) == bytesOf(value))
        return values[candidate];
    candidates.push_back(values.size());
    return values.emplace_back(value);
  }

private:
  static ArrayRef<char> bytesOf(DenseResourceElementsAttr value) {
    return value.getRawHandle().getBlob()->getData();
  }
  static uint64_t hash(DenseResourceElementsAttr value) {
    ArrayRef<char> bytes = bytesOf(value);
    return llvm::xxh3_64bits(
        {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()});
  }

  SmallVector<DenseResourceElementsAttr, 1> values;
  std::map<uint64_t, SmallVector<unsigned, 1>> hashes;
};

struct ShareConstants : lathe::impl::ShareConstantsBase<ShareConstants> {
  void runOnOperation() override {
    auto functions = getOperation().getOps<func::FuncOp>();
    if (llvm::count_if(functions, [](func::FuncOp function) {
          return !function.isPrivate() && !function.isExternal();
        }) < 2)
      return;
    // Dense values that are equal are one attribute as it is.
    llvm::DenseMap<Type, EqualResources> byType;
    llvm::DenseMap<Attribute, DenseResourceElementsAttr> unified;
    getOperation().walk([&](ConstantOp constant) {
      auto value = dyn_cast<DenseResourceElementsAttr>(constant.getValue());
      if (constant->getParentOfType<KernelOp>() || !value ||
          !value.getRawHandle().getBlob())
        return;
      auto [known, isNew] = unified.try_emplace(value, value);
      if (isNew)
        known->second = byType[value.getType()].unify(value);
      if (known->second == value)
        return;
      constant.setValueAttr(known->second);
      numShared += isNew;
    });
  }
};

} // namespace
