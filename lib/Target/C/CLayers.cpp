//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The hook around each layer is a macro: a program that does not define it gets
// the same object code as without one.
//
//===----------------------------------------------------------------------===//

#include "CLayers.h"
#include "CPackage.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace lathe {

void printLayerMacro(StringRef name, raw_ostream &os) {
  os << expandTemplate(R"(
/* A kernel, with the calls of @MACRO@_LAYER_HOOK around it if there is one. */
#ifdef @MACRO@_LAYER_HOOK
#define LATHE_LAYER(layer, kernel, call) \
  do { \
    @MACRO@_LAYER_HOOK(layer, kernel, 0); \
    (call); \
    @MACRO@_LAYER_HOOK(layer, kernel, 1); \
  } while (0)
#else
#define LATHE_LAYER(layer, kernel, call) (call)
#endif
)",
                       name);
}

std::string getLayerHookDeclarations(const CEmission &emission) {
  const ArtifactInterface &artifact = emission.artifact;
  std::string counts;
  for (auto [model, layers] : llvm::zip_equal(artifact.models, emission.layers))
    if (!layers.empty())
      counts += llvm::formatv("#define {0}LAYERS {1}\n", model.getMacroPrefix(),
                              layers.size());
  if (counts.empty())
    return "";
  return "\n/* How many kernels a run calls. */\n" + counts +
         expandTemplate(R"(
/* To measure each kernel, compile @NAME@.c with -D@MACRO@_LAYER_HOOK=FUNCTION.
   That function is called before each kernel, with done 0, and after it, with
   done 1; layer counts them from 0, kernel is the name beside the call in @NAME@.c. */
#ifdef @MACRO@_LAYER_HOOK
void @MACRO@_LAYER_HOOK(int layer, const char *kernel, int done);
#endif
)",
                        artifact.name);
}

} // namespace lathe
