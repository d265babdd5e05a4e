//===- TargetSpec.h - Processors LLVM compiles for --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_LLVM_TARGETSPEC_H
#define LATHE_TARGET_LLVM_TARGETSPEC_H

#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace llvm {
class Function;
class TargetMachine;
} // namespace llvm

namespace lathe {

/// A processor as LLVM knows it.
struct TargetSpec {
  std::string triple;   ///< "x86_64-unknown-linux-gnu"
  std::string cpu;      ///< a name that `llc -mcpu` takes
  std::string features; ///< "+avx512vnni,+…" on top of the cpu's own
  /// Bits of the vectors to compute with; 0 leaves it to the cpu. LLVM prefers
  /// 256 on x86-64-v4 for the sake of old processors that slow down on 512.
  unsigned preferVectorWidth = 0;

  /// Reads `ARCH[+feature…]`: `x86-64-v2`, `x86-64-v3`, `x86-64-v4+vnni`,
  /// `aarch64+dotprod+i8mm`, `cortex-a53`, `host`. A feature is `vnni` or one
  /// of LLVM's names. The error says what is wrong and what would be right.
  static llvm::Expected<TargetSpec> parse(llvm::StringRef text);
};

/// Whether the processor has the feature that LLVM calls `name`. False for a
/// triple that LLVM does not know.
bool hasFeature(const TargetSpec &spec, llvm::StringRef name);

/// Creates LLVM's view of the processor, for position independent code at the
/// highest level of optimization. Multiplications and additions are fused only
/// where the IR allows it.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const TargetSpec &spec);

/// Writes the processor on `function`, as code generation reads it there.
void setTargetAttributes(llvm::Function &function, const TargetSpec &spec);

} // namespace lathe

#endif // LATHE_TARGET_LLVM_TARGETSPEC_H
