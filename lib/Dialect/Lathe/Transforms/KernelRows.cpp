//===- KernelRows.cpp - Which kernels can run by rows ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamPlan.h"

#include "lathe/Dialect/Lathe/IR/TableLookup.h"

using namespace mlir;
using namespace lathe;

/// Whether `type` has rows and is one image.
static bool isImage(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  // Of images of one column a band may be a single pixel, for which roots have
  // other forms.
  return tensor.getRank() == 4 && tensor.getDimSize(0) == 1 &&
         tensor.getDimSize(1) > 1 && tensor.getDimSize(2) > 1;
}

/// Whether `type` is the same for each row of an image.
static bool isSameForRows(Type type) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(type).getShape();
  return shape.size() < 3 || shape[shape.size() - 3] == 1;
}

static bool isInputOrConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return !op || op->hasTrait<OpTrait::ConstantLike>();
}

namespace {

/// Finds out what a kernel reads.
class RowAnalysis {
public:
  explicit RowAnalysis(KernelOp kernel) : kernel(kernel) {
    result.windows.resize(kernel.getInputs().size());
    wanted.resize(kernel.getInputs().size(), false);
  }

  bool run() {
    if (kernel.getNumResults() != 1 || !isImage(kernel.getResultTypes()[0]))
      return false;
    return llvm::all_of(kernel.getBody().front().without_terminator(),
                        [&](Operation &op) { return visit(op); });
  }

  KernelRows result;

private:
  bool visit(Operation &op);
  bool read(Value operand, std::optional<RowWindow> window);

  KernelOp kernel;
  /// The inputs that an op before has read.
  SmallVector<bool> wanted;
};

} // namespace

/// Notes that an op reads `operand` by `window`, or whole.
bool RowAnalysis::read(Value operand, std::optional<RowWindow> window) {
  auto argument = dyn_cast<BlockArgument>(operand);
  if (!argument)
    return true;
  unsigned number = argument.getArgNumber();
  if (wanted[number] && !(result.windows[number] == window))
    return false;
  wanted[number] = true;
  result.windows[number] = window;
  return !window || isImage(operand.getType());
}

bool RowAnalysis::visit(Operation &op) {
  if (op.hasTrait<OpTrait::ConstantLike>())
    return cast<ConstantOp>(op).getValue().isSplat();
  auto rows = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  };
  if (op.getNumResults() != 1 ||
      rows(op.getResult(0)) != rows(kernel.getResult(0)))
    return false;
  if (auto root = dyn_cast<RowsOpInterface>(op)) {
    result.root = root;
    bool hasRows = false;
    for (OpOperand &operand : op.getOpOperands()) {
      std::optional<RowWindow> window =
          root.getReadRows(operand.getOperandNumber());
      hasRows |= window.has_value();
      // What is computed in front of the root would have other rows.
      bool isGiven = window ? isa<BlockArgument>(operand.get())
                            : isInputOrConstant(operand.get());
      if (!isGiven || !read(operand.get(), window))
        return false;
    }
    return hasRows;
  }
  if (!isa<ElementwiseOpInterface>(op) && !isTableLookup(&op))
    return false;
  return llvm::all_of(op.getOperands(), [&](Value operand) {
    if (rows(operand) == rows(op.getResult(0)))
      return read(operand, RowWindow());
    return isSameForRows(operand.getType()) && read(operand, std::nullopt);
  });
}

std::optional<KernelRows> lathe::getKernelRows(KernelOp kernel) {
  RowAnalysis analysis(kernel);
  if (!analysis.run())
    return std::nullopt;
  return std::move(analysis.result);
}
