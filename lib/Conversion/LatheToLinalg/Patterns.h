//===- Patterns.h - The patterns of each family of ops ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_CONVERSION_LATHETOLINALG_PATTERNS_H
#define LATHE_LIB_CONVERSION_LATHETOLINALG_PATTERNS_H

#include "mlir/Transforms/DialectConversion.h"

namespace lathe::detail {

/// Adds conversions of unsigned integers to signless ones.
void addSignErasure(mlir::TypeConverter &converter);
/// Requires types without signs, also in signatures and globals.
void addSignlessLegality(const mlir::TypeConverter &converter,
                         mlir::ConversionTarget &target);
void populateSignErasurePatterns(const mlir::TypeConverter &converter,
                                 mlir::RewritePatternSet &patterns);

void populateConvolutionPatterns(const mlir::TypeConverter &converter,
                                 mlir::RewritePatternSet &patterns);
void populateDataPatterns(const mlir::TypeConverter &converter,
                          mlir::RewritePatternSet &patterns);
void populateElementwisePatterns(const mlir::TypeConverter &converter,
                                 mlir::RewritePatternSet &patterns);
void populatePoolingPatterns(const mlir::TypeConverter &converter,
                             mlir::RewritePatternSet &patterns);
void populateReductionPatterns(const mlir::TypeConverter &converter,
                               mlir::RewritePatternSet &patterns);
void populateResizePatterns(const mlir::TypeConverter &converter,
                            mlir::RewritePatternSet &patterns);

} // namespace lathe::detail

#endif // LATHE_LIB_CONVERSION_LATHETOLINALG_PATTERNS_H
