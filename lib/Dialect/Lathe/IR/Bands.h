//===- Bands.h - Ops for some rows of their results -------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_DIALECT_LATHE_IR_BANDS_H
#define LATHE_LIB_DIALECT_LATHE_IR_BANDS_H

#include "lathe/Dialect/Lathe/IR/RowsInterface.h"

#include "mlir/IR/BuiltinTypes.h"

namespace lathe {

/// Pads of two dimensions without those above and below; of one dimension or
/// none as they are.
inline llvm::SmallVector<int64_t> dropRowPads(llvm::ArrayRef<int64_t> pads) {
  llvm::SmallVector<int64_t> rest(pads);
  if (pads.size() == 4)
    rest[0] = rest[2] = 0;
  return rest;
}

/// Builds `op`, which has windows, for the rows in `operands`, without padding
/// above and below.
template <typename WindowOp>
mlir::Operation *buildBandOp(WindowOp op, mlir::OpBuilder &builder,
                             mlir::ValueRange operands) {
  auto band = llvm::cast<WindowOp>(builder.clone(*op));
  band->setOperands(operands);
  band.setPads(dropRowPads(op.getPads()));
  llvm::SmallVector<mlir::Type> types;
  llvm::LogicalResult isInferred =
      WindowOp::inferReturnTypes(builder.getContext(), band.getLoc(),
                                 typename WindowOp::Adaptor(band), types);
  assert(llvm::succeeded(isInferred) && "a band has no windows");
  (void)isInferred;
  band.getResult().setType(llvm::cast<mlir::RankedTensorType>(types.front()));
  return band;
}

} // namespace lathe

#endif // LATHE_LIB_DIALECT_LATHE_IR_BANDS_H
