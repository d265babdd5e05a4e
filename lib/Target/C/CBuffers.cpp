//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Gives memrefs their C form: pointers, local arrays, and views that become
// part of each index.
//
//===----------------------------------------------------------------------===//

#include "CFunctionPrinter.h"
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Target/Common/CLiterals.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace lathe {

/// Bytes of one local array beyond which a kernel should use scratch in the
/// arena: stacks of microcontrollers are a few KB.
static constexpr int64_t maxLocalArrayBytes = 1024;

unsigned CFile::chooseIndexWidth(ModuleOp module) {
  auto isSmall = [](Type type) {
    auto memref = dyn_cast<MemRefType>(type);
    return !memref || !memref.hasStaticShape() ||
           memref.getNumElements() <= INT32_MAX;
  };
  WalkResult result = module.walk([&](Operation *op) {
    APInt constant;
    bool isLarge = op->getNumResults() == 1 &&
                   op->getResult(0).getType().isIndex() &&
                   matchPattern(op, m_ConstantInt(&constant)) &&
                   !constant.isSignedIntN(32);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        isLarge |= !llvm::all_of(block.getArgumentTypes(), isSmall);
    return isLarge || !llvm::all_of(op->getResultTypes(), isSmall)
               ? WalkResult::interrupt()
               : WalkResult::advance();
  });
  return result.wasInterrupted() ? 64 : 32;
}

void CFunctionPrinter::bindView(Operation *view) {
  Value result = view->getResult(0);
  auto type = cast<MemRefType>(result.getType());
  if (result.use_empty())
    return;
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) ||
      llvm::is_contained(strides, ShapedType::kDynamic))
    return function.reportUnsupported(view, "its strides are not constant");
  if (getCStorageType(type.getElementType()).empty())
    return function.reportUnsupported(view, "C has no type for its elements");
  TypeSwitch<Operation *>(view)
      .Case<memref::SubViewOp>([&](auto subview) { bindSubview(subview); })
      .Case<memref::ReinterpretCastOp>(
          [&](auto cast) { bindReinterpretCast(cast); })
      .Case<memref::ViewOp>([&](auto arena) { bindArenaView(arena); })
      .Case<MemoryAtOp>([&](auto part) { bindMemoryAt(part); })
      .Case<memref::AllocaOp>([&](auto alloca) { bindAlloca(alloca); })
      .Case<memref::GetGlobalOp>([&](auto global) { bindGlobal(global); })
      // The others change the shape alone.
      .Default([&](Operation *) {
        CBuffer buffer = function.buffers[view->getOperand(0)];
        function.buffers[result] = std::move(buffer);
      });
}

void CFunctionPrinter::bindSubview(memref::SubViewOp op) {
  CBuffer buffer = function.buffers[op.getSource()];
  auto [strides, offset] = op.getSourceType().getStridesAndOffset();
  for (auto [start, stride] : llvm::zip(op.getMixedOffsets(), strides))
    buffer.offset.add(start, stride);
  function.buffers[op] = std::move(buffer);
}

void CFunctionPrinter::bindReinterpretCast(memref::ReinterpretCastOp op) {
  // The offset counts from the allocation's start, whatever the source's is.
  CBuffer buffer = function.buffers[op.getSource()];
  if (buffer.pointerOffset == ShapedType::kDynamic)
    return function.reportUnsupported(
        op, "the offset of the argument it starts from is not constant");
  buffer.offset = {};
  buffer.offset.constant = -buffer.pointerOffset;
  buffer.offset.add(op.getMixedOffsets().front(), 1);
  function.buffers[op] = std::move(buffer);
}

void CFunctionPrinter::bindArenaView(memref::ViewOp op) {
  CBuffer source = function.buffers[op.getSource()];
  LinearIndex offset = source.offset;
  offset.add(op.getByteShift(), 1);
  Type elementType = op.getType().getElementType();
  std::string name = claimName(op);
  std::string pointer = source.pointer;
  if (!offset.isZero())
    pointer = "(" + pointer + " + " + expressions.printIndex(offset).text + ")";
  StringRef type = getCStorageType(elementType);
  StringRef constness = isWritten(op) ? "" : "const ";
  line() << constness << type << " *const " << name << " = ";
  // By way of void, as the arena is aligned for every type.
  if (type != getCStorageType(source.elementType))
    *os << "(" << constness << type << " *)(" << constness << "void *)";
  *os << pointer << ";\n";
  function.buffers[op] = {name, elementType, {}, 0};
}

void CFunctionPrinter::bindMemoryAt(MemoryAtOp op) {
  CBuffer buffer = function.buffers[op.getSource()];
  auto [strides, offset] =
      cast<MemRefType>(op.getSource().getType()).getStridesAndOffset();
  for (auto [index, stride] : llvm::zip(op.getIndices(), strides))
    buffer.offset.add(index, stride);
  // What follows counts from here, so that the offset does not matter to it.
  if (!buffer.offset.isZero()) {
    std::string start = expressions.printIndex(buffer.offset).text;
    std::string name = claimName(op);
    line() << (isWritten(op) ? "" : "const ")
           << getCStorageType(buffer.elementType) << " *const " << name << " = "
           << buffer.pointer << " + " << start << ";\n";
    buffer.pointer = name;
  }
  function.buffers[op] = {buffer.pointer, buffer.elementType, {}, 0};
}

void CFunctionPrinter::bindAlloca(memref::AllocaOp op) {
  MemRefType type = op.getType();
  int64_t bytes =
      type.hasStaticShape()
          ? type.getNumElements() * getCStorageSize(type.getElementType())
          : maxLocalArrayBytes + 1;
  if (bytes > maxLocalArrayBytes)
    return function.reportUnsupported(
        op, "a local array has a constant size of at most " +
                Twine(maxLocalArrayBytes) + " bytes");
  std::string name = claimName(op);
  line() << getCStorageType(type.getElementType()) << " " << name << "["
         << type.getNumElements() << "];\n";
  function.buffers[op] = {name, type.getElementType(), {}, 0};
}

void CFunctionPrinter::bindGlobal(memref::GetGlobalOp op) {
  function.buffers[op] = {function.file.symbols[op.getNameAttr().getAttr()],
                          op.getType().getElementType(),
                          {},
                          0};
}

} // namespace lathe
