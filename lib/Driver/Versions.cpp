//===- Versions.cpp - A model for each processor of a library -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Driver/Versions.h"

#include "lathe/Support/HostTensorAttr.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace lathe;

llvm::Expected<std::vector<ModelVersion>>
lathe::lowerVersionsToKernels(ModuleOp module, const TargetDescription &target,
                              const CodeOptions &code, bool isAlone) {
  auto targets = getVersions(target);
  if (!targets)
    return targets.takeError();
  if (llvm::Error error = simplifyGraph(module))
    return std::move(error);
  std::vector<ModelVersion> versions(targets->size());
  // Copied before the passes below take the functions apart.
  for (auto [i, version] : llvm::enumerate(versions)) {
    version.target = std::move((*targets)[i]);
    if (i != 0)
      version.copy = module.clone();
    version.module = i == 0 ? module : *version.copy;
  }
  // At every step the constants of the one before are as many bytes again.
  auto freeConstants = [&] {
    if (isAlone)
      freeUnusedResources(llvm::to_vector(llvm::map_range(
          versions, [](const ModelVersion &version) -> ModuleOp {
            return version.module;
          })));
  };
  freeConstants();
  CodeOptions shared = code;
  shared.sharesWeights |= versions.size() > 1;
  for (const ModelVersion &version : versions) {
    LoweringOptions options;
    setLoweringOptions(options, version.target, shared);
    // A caller must find them where the header says, whichever version runs.
    options.fixIO = versions.size() > 1;
    // Filters for Winograd's algorithm are four times as large as the weights.
    // Vectors of 256 and 512 bits share them; old processors go without.
    if (versions.size() > 1 && options.vectorBits <= 128)
      options.winograd = false;
    if (llvm::Error error = planKernels(version.module, options))
      return std::move(error);
    freeConstants();
  }
  return versions;
}

llvm::Error lathe::lowerVersionsToLoops(ArrayRef<ModelVersion> versions) {
  for (const ModelVersion &version : versions)
    if (llvm::Error error = lowerToLoops(version.module))
      return error;
  return llvm::Error::success();
}
