//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The functions of the header between floats and the integers of a model's
// inputs and outputs.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_COMMON_CONVERTERS_H
#define LATHE_LIB_TARGET_COMMON_CONVERTERS_H

#include "lathe/Target/Common/ModelInterface.h"

namespace lathe {

/// Prints the converters of the tensors of `model` that have one.
void emitConverters(const ModelInterface &model, llvm::raw_ostream &os);

} // namespace lathe

#endif // LATHE_LIB_TARGET_COMMON_CONVERTERS_H
