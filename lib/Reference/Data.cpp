//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reference models of constants and data movement.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "lathe/Support/HostTensorAttr.h"

#include <cstring>

using namespace mlir;
using namespace lathe;
using namespace lathe::reference;

namespace {

/// A model whose work is a function of the op and its operands that returns the
/// result.
template <typename Op, HostTensor (*compute)(Op, ArrayRef<HostTensor>)>
struct Model : EvaluableOpInterface::ExternalModel<Model<Op, compute>, Op> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    results.push_back(compute(cast<Op>(op), operands));
    return success();
  }
};

struct ConstantModel
    : EvaluableOpInterface::ExternalModel<ConstantModel, ConstantOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor>,
                         SmallVectorImpl<HostTensor> &results) const {
    std::optional<HostTensor> value =
        toHostTensor(cast<ConstantOp>(op).getValue());
    if (!value)
      return op->emitOpError("has a value that is not loaded or of a kind that "
                             "cannot be read");
    results.push_back(std::move(*value));
    return success();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

static HostTensor reshape(ReshapeOp op, ArrayRef<HostTensor> operands) {
  return operands[0].reshape(op.getShape());
}

static HostTensor copy(CopyOp, ArrayRef<HostTensor> operands) {
  return operands[0];
}

static HostTensor transpose(TransposeOp op, ArrayRef<HostTensor> operands) {
  HostTensor result = makeResult(op.getResult());
  StridedView source = StridedView::contiguous(operands[0].getShape());
  SmallVector<int64_t> strides;
  for (int64_t dim : op.getPermutation())
    strides.push_back(source.strides[dim]);
  StridedWalk walk(result.getShape(), strides);
  visitElementType(result.getKind(), [&](auto zero) {
    using T = decltype(zero);
    const T *from = operands[0].data<T>().data();
    for (T &to : result.mutableData<T>())
      to = from[walk.next()];
  });
  return result;
}

static HostTensor slice(SliceOp op, ArrayRef<HostTensor> operands) {
  IndexTables tables;
  for (auto [offset, size, step] :
       llvm::zip(op.getOffsets(), op.getSizes(), op.getSteps())) {
    std::vector<int64_t> &table = tables.emplace_back();
    for (int64_t i = 0; i < size; ++i)
      table.push_back(offset + i * step);
  }
  HostTensor result = makeResult(op.getResult());
  selectElements(operands[0], tables, result);
  return result;
}

/// Repeats `source` to fill `result`, both of one rank.
static void repeat(const HostTensor &source, HostTensor &result) {
  IndexTables tables;
  for (auto [from, to] : llvm::zip(source.getShape(), result.getShape())) {
    std::vector<int64_t> &table = tables.emplace_back();
    for (int64_t i = 0; i < to; ++i)
      table.push_back(i % from);
  }
  selectElements(source, tables, result);
}

static HostTensor broadcast(BroadcastOp op, ArrayRef<HostTensor> operands) {
  HostTensor result = makeResult(op.getResult());
  SmallVector<int64_t> shape(result.getRank() - operands[0].getRank(), 1);
  llvm::append_range(shape, operands[0].getShape());
  repeat(operands[0].reshape(shape), result);
  return result;
}

static HostTensor tile(TileOp op, ArrayRef<HostTensor> operands) {
  HostTensor result = makeResult(op.getResult());
  repeat(operands[0], result);
  return result;
}

//===----------------------------------------------------------------------===//
// Concat, pad, gather
//===----------------------------------------------------------------------===//

/// The bytes of one index of dimension `dim - 1`: all dimensions from `dim` on.
static int64_t sliceBytes(const HostTensor &tensor, int64_t dim) {
  return getByteSize(tensor.getKind()) *
         ShapedType::getNumElements(tensor.getShape().drop_front(dim));
}

static HostTensor concat(ConcatOp op, ArrayRef<HostTensor> operands) {
  HostTensor result = makeResult(op.getResult());
  int64_t axis = op.getAxis();
  int64_t outer =
      ShapedType::getNumElements(result.getShape().take_front(axis));
  char *to = result.getMutableBytes().data();
  for (int64_t i = 0; i < outer; ++i)
    for (const HostTensor &operand : operands) {
      int64_t bytes = sliceBytes(operand, axis);
      if (bytes != 0)
        std::memcpy(to, operand.getBytes().data() + i * bytes, bytes);
      to += bytes;
    }
  return result;
}

/// The index of a dimension of `extent` elements that padding shows at
/// `position`, which may lie outside; -1 for the constant.
static int64_t paddedIndex(PadMode mode, int64_t position, int64_t extent) {
  if (position >= 0 && position < extent)
    return position;
  switch (mode) {
  case PadMode::Constant:
    return -1;
  case PadMode::Edge:
    return position < 0 ? 0 : extent - 1;
  case PadMode::Reflect:
    return position < 0 ? -position : 2 * (extent - 1) - position;
  case PadMode::Wrap:
    return (position % extent + extent) % extent;
  }
  llvm_unreachable("a mode is one of the four above");
}

namespace {
struct PadModel : EvaluableOpInterface::ExternalModel<PadModel, PadOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto pad = cast<PadOp>(op);
    HostTensor result = makeResult(pad.getResult());
    const HostTensor &input = operands[0];
    bool isConstant = pad.getMode() == PadMode::Constant;
    if (!isConstant && input.getNumElements() == 0 &&
        result.getNumElements() != 0)
      return op->emitOpError("cannot repeat elements of an empty tensor");
    if (isConstant && operands.size() > 1)
      repeat(operands[1]
                 .convertTo(result.getKind())
                 .reshape(SmallVector<int64_t>(result.getRank(), 1)),
             result);
    IndexTables tables;
    for (auto [low, extent, padded] :
         llvm::zip(pad.getLow(), input.getShape(), result.getShape())) {
      std::vector<int64_t> &table = tables.emplace_back();
      for (int64_t i = 0; i < padded; ++i)
        table.push_back(paddedIndex(pad.getMode(), i - low, extent));
    }
    selectElements(input, tables, result);
    results.push_back(std::move(result));
    return success();
  }
};

struct GatherModel
    : EvaluableOpInterface::ExternalModel<GatherModel, GatherOp> {
  LogicalResult evaluate(Operation *op, ArrayRef<HostTensor> operands,
                         SmallVectorImpl<HostTensor> &results) const {
    auto gather = cast<GatherOp>(op);
    const HostTensor &input = operands[0];
    int64_t axis = gather.getAxis();
    int64_t extent = input.getShape()[axis];
    std::vector<int64_t> indices = widen<int64_t>(operands[1]);
    for (int64_t &index : indices) {
      if (index < -extent || index >= extent)
        return op->emitOpError("index ") << index << " is outside dimension "
                                         << axis << " of extent " << extent;
      index += index < 0 ? extent : 0;
    }

    HostTensor result = makeResult(gather.getResult());
    int64_t outer =
        ShapedType::getNumElements(input.getShape().take_front(axis));
    int64_t outerBytes = sliceBytes(input, axis);
    int64_t bytes = sliceBytes(input, axis + 1);
    char *to = result.getMutableBytes().data();
    if (bytes != 0)
      for (int64_t i = 0; i < outer; ++i)
        for (int64_t index : indices) {
          const char *from = input.getBytes().data() + i * outerBytes;
          std::memcpy(to, from + index * bytes, bytes);
          to += bytes;
        }
    results.push_back(std::move(result));
    return success();
  }
};
} // namespace

void reference::registerDataModels(MLIRContext *context) {
  ConstantOp::attachInterface<ConstantModel>(*context);
  ReshapeOp::attachInterface<Model<ReshapeOp, reshape>>(*context);
  CopyOp::attachInterface<Model<CopyOp, copy>>(*context);
  TransposeOp::attachInterface<Model<TransposeOp, transpose>>(*context);
  SliceOp::attachInterface<Model<SliceOp, slice>>(*context);
  BroadcastOp::attachInterface<Model<BroadcastOp, broadcast>>(*context);
  TileOp::attachInterface<Model<TileOp, tile>>(*context);
  ConcatOp::attachInterface<Model<ConcatOp, concat>>(*context);
  PadOp::attachInterface<PadModel>(*context);
  GatherOp::attachInterface<GatherModel>(*context);
}
