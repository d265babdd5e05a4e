//===- RowsInterface.td - Ops that can compute a few rows at a time -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_ROWSINTERFACE_TD
#define LATHE_DIALECT_LATHE_IR_ROWSINTERFACE_TD

include "mlir/IR/OpBase.td"

def RowsOpInterface : OpInterface<"RowsOpInterface"> {
  let cppNamespace = "::lathe";
  let description = [{
    The root of a kernel whose result, of four dimensions, can be computed a few
    rows (the second dimension) at a time from a few rows of its operands.
  }];
  let methods = [
    InterfaceMethod<[{
        Which rows of operand number `operand` each row of the result needs; none
        if every row needs all of it. An op that returns none for all operands cannot
        be computed a few rows at a time.
      }],
      "std::optional<::lathe::RowWindow>", "getReadRows",
      (ins "unsigned":$operand)>,
    InterfaceMethod<[{
        Builds the op for a band of rows. `operands` are the rows that it reads,
        those of padding above and below included, and what is needed whole.
      }],
      "::mlir::Operation *", "buildBand",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands)>,
    InterfaceMethod<"The bytes of scratch that a band of `rows` rows needs.",
      "int64_t", "getBandScratchBytes", (ins "int64_t":$rows)>,
  ];
}

#endif // LATHE_DIALECT_LATHE_IR_ROWSINTERFACE_TD
