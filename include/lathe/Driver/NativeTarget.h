//===- NativeTarget.h - What LLVM knows of a target -------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DRIVER_NATIVETARGET_H
#define LATHE_DRIVER_NATIVETARGET_H

#include "lathe/Dialect/Lathe/Transforms/DotProducts.h"
#include "lathe/Target/Description/TargetDescription.h"
#include "lathe/Target/LLVM/TargetSpec.h"

namespace lathe {

/// LLVM's view of `target`.
TargetSpec getTargetSpec(const TargetDescription &target);

/// The dot products that `target`, compiled through LLVM, has instructions for.
DotKind getDotKind(const TargetDescription &target);

} // namespace lathe

#endif // LATHE_DRIVER_NATIVETARGET_H
