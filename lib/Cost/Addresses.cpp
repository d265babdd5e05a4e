//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Addresses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::cost;

void LinearForm::add(const LinearForm &other, int64_t factor) {
  constant += other.constant * factor;
  for (const auto &theirs : other.terms) {
    auto *mine = llvm::find_if(
        terms, [&](const auto &term) { return term.first == theirs.first; });
    if (mine == terms.end())
      terms.push_back({theirs.first, theirs.second * factor});
    else
      mine->second += theirs.second * factor;
  }
  llvm::erase_if(terms, [](const auto &term) { return term.second == 0; });
  llvm::sort(terms, [](const auto &a, const auto &b) {
    return a.first.getAsOpaquePointer() < b.first.getAsOpaquePointer();
  });
}

LinearForm cost::getLinearForm(Value value) {
  LinearForm form;
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    form.constant = constant.getSExtValue();
    return form;
  }
  if (auto sum = value.getDefiningOp<arith::AddIOp>()) {
    form = getLinearForm(sum.getLhs());
    form.add(getLinearForm(sum.getRhs()), 1);
    return form;
  }
  if (auto difference = value.getDefiningOp<arith::SubIOp>()) {
    form = getLinearForm(difference.getLhs());
    form.add(getLinearForm(difference.getRhs()), -1);
    return form;
  }
  if (auto product = value.getDefiningOp<arith::MulIOp>())
    if (matchPattern(product.getRhs(), m_ConstantInt(&constant))) {
      form.add(getLinearForm(product.getLhs()), constant.getSExtValue());
      return form;
    }
  form.terms.push_back({value, 1});
  return form;
}

/// Whether `use` is an index of a load, a store, or an op on memory.
static bool isIndexOfAccess(OpOperand &use) {
  return isa<IndexType>(use.get().getType()) &&
         llvm::any_of(use.getOwner()->getOperandTypes(),
                      llvm::IsaPred<MemRefType>);
}

bool cost::isForAddressesOnly(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<IndexType>(value.getType()) ||
      !isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op))
    return false;
  // Products of two values are no pointers that advance by constants.
  if (isa<arith::MulIOp>(op) && !matchPattern(op->getOperand(1), m_Constant()))
    return false;
  return llvm::all_of(value.getUses(), [](OpOperand &use) {
    return isIndexOfAccess(use) ||
           (use.getOwner()->getNumResults() == 1 &&
            isForAddressesOnly(use.getOwner()->getResult(0)));
  });
}

Value cost::getRootMemory(Value memory) {
  while (auto view = memory.getDefiningOp<ViewLikeOpInterface>())
    memory = view.getViewSource();
  return memory;
}

static Access getAccess(Value memory, ValueRange indices) {
  auto type = cast<MemRefType>(memory.getType());
  Access access{memory, {}};
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  // The loop level has no dynamic strides; their part would be a pointer's
  // beginning.
  if (failed(type.getStridesAndOffset(strides, offset)))
    return access;
  auto bytes =
      static_cast<int64_t>(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
  for (auto [index, stride] : llvm::zip_equal(indices, strides))
    if (!ShapedType::isDynamic(stride))
      access.bytes.add(getLinearForm(index), stride * bytes);
  return access;
}

Access cost::getAccess(Operation *op) {
  if (auto load = dyn_cast<memref::LoadOp>(op))
    return ::getAccess(load.getMemRef(), load.getIndices());
  if (auto store = dyn_cast<memref::StoreOp>(op))
    return ::getAccess(store.getMemRef(), store.getIndices());
  return {};
}

SmallVector<Pointer> cost::groupByPointer(ArrayRef<Access> accesses,
                                          int64_t reach) {
  SmallVector<Pointer> pointers;
  for (const Access &access : accesses) {
    auto *pointer = llvm::find_if(pointers, [&](const Pointer &pointer) {
      int64_t constant = access.bytes.constant;
      return pointer.memory == access.memory &&
             pointer.first.terms == access.bytes.terms &&
             std::max(pointer.last, constant) -
                     std::min(pointer.first.constant, constant) <
                 reach;
    });
    if (pointer == pointers.end()) {
      pointers.push_back(
          {access.memory, access.bytes, access.bytes.constant, 1});
      continue;
    }
    pointer->first.constant =
        std::min(pointer->first.constant, access.bytes.constant);
    pointer->last = std::max(pointer->last, access.bytes.constant);
    ++pointer->accesses;
  }
  return pointers;
}
