//===- MemoryBuilder.h - Loops and calls on memory --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_IR_MEMORYBUILDER_H
#define LATHE_LIB_DIALECT_LATHE_IR_MEMORYBUILDER_H

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace lathe {

/// Builds loops and calls on memory.
struct MemoryBuilder {
  mlir::OpBuilder &builder;
  mlir::Location loc;

  mlir::Value getIndex(int64_t value) const {
    return mlir::arith::ConstantIndexOp::create(builder, loc, value);
  }

  /// The only result of `op`, which printed code calls `name`.
  mlir::Value named(mlir::Operation *op, llvm::StringRef name) const {
    op->setAttr("lathe.name", builder.getStringAttr(name));
    return op->getResult(0);
  }

  /// `memory` from `indices` on, as memory of `type`.
  mlir::Value at(mlir::Value memory, mlir::ValueRange indices,
                 mlir::Type type) const {
    if (indices.empty() && memory.getType() == type)
      return memory;
    return named(MemoryAtOp::create(builder, loc, type, memory, indices),
                 "row");
  }

  /// A part of `bytes`, memory of bytes, as memory of `type`.
  mlir::Value place(mlir::Value bytes, int64_t offset, mlir::MemRefType type,
                    llvm::StringRef name) const {
    if (offset == 0 && bytes.getType() == type)
      return bytes;
    return named(mlir::memref::ViewOp::create(builder, loc, type, bytes,
                                              getIndex(offset),
                                              mlir::ValueRange()),
                 name);
  }

  /// Runs `body` at the indices of each element of `shape`.
  void forEachElement(llvm::ArrayRef<int64_t> shape,
                      llvm::function_ref<void(mlir::ValueRange)> body) const {
    mlir::OpBuilder::InsertionGuard guard(builder);
    llvm::SmallVector<mlir::Value> indices;
    for (int64_t extent : shape) {
      auto loop = mlir::scf::ForOp::create(builder, loc, getIndex(0),
                                           getIndex(extent), getIndex(1));
      indices.push_back(loop.getInductionVar());
      builder.setInsertionPointToStart(loop.getBody());
    }
    body(indices);
  }

  void copy(mlir::Value from, mlir::Value to) const {
    auto type = llvm::cast<mlir::MemRefType>(from.getType());
    forEachElement(type.getShape(), [&](mlir::ValueRange indices) {
      mlir::Value element =
          mlir::memref::LoadOp::create(builder, loc, from, indices);
      mlir::memref::StoreOp::create(builder, loc, element, to, indices);
    });
  }

  void fillWithZero(mlir::Value memory) const {
    auto type = llvm::cast<mlir::MemRefType>(memory.getType());
    mlir::Type element = type.getElementType();
    if (element.isUnsignedInteger()) {
      element = builder.getIntegerType(element.getIntOrFloatBitWidth());
      memory = mlir::UnrealizedConversionCastOp::create(
                   builder, loc, type.clone(element), memory)
                   .getResult(0);
    }
    mlir::Value zero = mlir::arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(element));
    forEachElement(type.getShape(), [&](mlir::ValueRange indices) {
      mlir::memref::StoreOp::create(builder, loc, zero, memory, indices);
    });
  }

  /// Calls `body`, whose arena is at the start of `scratch`.
  void call(mlir::func::FuncOp body, llvm::SmallVector<mlir::Value> arguments,
            mlir::Value scratch) const {
    if (arguments.size() < body.getNumArguments())
      arguments.push_back(place(
          scratch, 0, cast<mlir::MemRefType>(body.getArgumentTypes().back()),
          "arena"));
    mlir::func::CallOp::create(builder, loc, body, arguments);
  }
};

} // namespace lathe

#endif // LATHE_LIB_DIALECT_LATHE_IR_MEMORYBUILDER_H
