//===- NativeTarget.cpp - What LLVM knows of a target ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/NativeTarget.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/TargetParser/Triple.h"

using namespace lathe;

TargetSpec lathe::getTargetSpec(const TargetDescription &target) {
  TargetSpec spec;
  spec.triple = target.triple;
  spec.cpu = target.cpu;
  std::vector<std::string> features;
  for (const std::string &feature : target.llvmFeatures)
    features.push_back(llvm::StringRef(feature).starts_with("-") ||
                               llvm::StringRef(feature).starts_with("+")
                           ? feature
                           : "+" + feature);
  spec.features = llvm::join(features, ",");
  spec.preferVectorWidth = target.vector.bits;
  return spec;
}

DotKind lathe::getDotKind(const TargetDescription &target) {
  TargetSpec spec = getTargetSpec(target);
  if (llvm::Triple(spec.triple).getArch() == llvm::Triple::x86_64) {
    bool hasBytes =
        hasFeature(spec, target.vector.bits == 512 ? "avx512vnni" : "avxvnni");
    return hasBytes ? DotKind::UnsignedBytes : DotKind::Words;
  }
  if (!hasFeature(spec, "dotprod"))
    return DotKind::None;
  return hasFeature(spec, "i8mm") ? DotKind::AnyBytes : DotKind::SignedBytes;
}
