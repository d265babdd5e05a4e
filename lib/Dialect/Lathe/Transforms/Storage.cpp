//===- Storage.cpp - Where tensors of a graph lie in memory ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/Storage.h"

#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Whether neighbours along the innermost dimension that has any are neighbours
/// in memory.
static bool hasContiguousRows(const StridedView &view,
                              ArrayRef<int64_t> shape) {
  for (int64_t dim = shape.size() - 1; dim >= 0; --dim)
    if (shape[dim] != 1)
      return view.strides[dim] == 1;
  return true;
}

bool lathe::needsCode(Operation *op) {
  if (op->hasTrait<OpTrait::ConstantLike>() || isa<AssembleOpInterface>(op) ||
      op->hasTrait<OpTrait::IsTerminator>())
    return false;
  auto view = dyn_cast<ViewOpInterface>(op);
  if (!view)
    return true;
  FailureOr<StridedView> layout = view.getResultView(
      StridedView::contiguous(typeOf(op->getOperand(0)).getShape()));
  if (failed(layout))
    return true;
  Value result = op->getResult(0);
  if (hasContiguousRows(*layout, typeOf(result).getShape()))
    return false;
  // Roots read their data one element at a time, whatever its strides.
  return result.use_empty() ||
         !llvm::all_of(result.getUses(), [](OpOperand &use) {
           Operation *user = use.getOwner();
           if (auto kernel = dyn_cast<KernelOp>(user)) {
             Value argument =
                 kernel.getBody().getArgument(use.getOperandNumber());
             return llvm::all_of(argument.getUses(), [](OpOperand &inner) {
               return isa<LoopNestOpInterface>(inner.getOwner()) &&
                      inner.getOperandNumber() == 0;
             });
           }
           return isa<LoopNestOpInterface>(user) && use.getOperandNumber() == 0;
         });
}

/// Whether `op` keeps all elements of its operand in their row-major order.
static bool isReshape(Operation *op) {
  auto view = dyn_cast<ViewOpInterface>(op);
  if (!view || needsCode(op) ||
      typeOf(op->getOperand(0)).getNumElements() !=
          typeOf(op->getResult(0)).getNumElements())
    return false;
  FailureOr<StridedView> layout = view.getResultView(
      StridedView::contiguous(typeOf(op->getOperand(0)).getShape()));
  return succeeded(layout) &&
         layout->isContiguous(typeOf(op->getResult(0)).getShape());
}

/// Where `value` is computed, from the uses that host it.
static FailureOr<Storage> getHostedStorage(Value value) {
  Storage own{value, StridedView::contiguous(typeOf(value).getShape())};
  OpOperand *use = getHostingUse(value);
  if (!use || use->getOwner()->hasTrait<OpTrait::IsTerminator>())
    return own;
  FailureOr<Storage> host = getHostedStorage(use->getOwner()->getResult(0));
  if (failed(host))
    return failure();
  if (auto assemble = dyn_cast<AssembleOpInterface>(use->getOwner()))
    return Storage{host->root, assemble.getOperandView(use->getOperandNumber(),
                                                       host->view)};
  // A reshape: contiguous there means contiguous here.
  own.root = host->root;
  own.view.offset = host->view.offset;
  return own;
}

/// Whether `use` decides where its value is computed.
static bool isHosting(OpOperand &use) {
  Operation *user = use.getOwner();
  if (isa<AssembleOpInterface>(user) || user->hasTrait<OpTrait::IsTerminator>())
    return true;
  if (!isReshape(user) || !getHostingUse(user->getResult(0)))
    return false;
  Value reshaped = user->getResult(0);
  FailureOr<Storage> host = getHostedStorage(reshaped);
  return succeeded(host) &&
         host->view.isContiguous(typeOf(reshaped).getShape());
}

OpOperand *lathe::getHostingUse(Value value) {
  // The first one in the block: the order of the list of uses is an accident.
  OpOperand *first = nullptr;
  for (OpOperand &use : value.getUses())
    if (isHosting(use) &&
        (!first || use.getOwner()->isBeforeInBlock(first->getOwner()) ||
         (use.getOwner() == first->getOwner() &&
          use.getOperandNumber() < first->getOperandNumber())))
      first = &use;
  return first;
}

FailureOr<Storage> lathe::getStorage(Value value) {
  Operation *op = value.getDefiningOp();
  auto view = dyn_cast_if_present<ViewOpInterface>(op);
  if (!view || needsCode(op))
    return getHostedStorage(value);
  FailureOr<Storage> source = getStorage(op->getOperand(0));
  if (failed(source))
    return failure();
  FailureOr<StridedView> layout = view.getResultView(source->view);
  if (failed(layout))
    return failure();
  return Storage{source->root, std::move(*layout)};
}

int64_t lathe::getByteSize(RankedTensorType type) {
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}
