//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints the public header of a compiled model.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "lathe/Target/Common/CLiterals.h"
#include "lathe/Target/Common/CNames.h"
#include "lathe/Target/Common/ModelInterface.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace lathe {

std::string getEntryParameters(const ModelInterface &model) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (model.ioMode == IOMode::Arguments)
    for (const TensorInterface &tensor : model.tensors)
      os << (tensor.isInput ? "const " : "")
         << getCStorageType(tensor.elementType) << " *" << tensor.identifier
         << ", ";
  os << "void *arena";
  return text;
}

/// What a reader of the header must know about the elements beyond their C
/// type.
static StringRef describeElement(Type elementType) {
  if (elementType.isF16())
    return " (IEEE half precision bits)";
  if (elementType.isBF16())
    return " (bfloat16 bits)";
  if (elementType.isInteger(1))
    return " (0 or 1)";
  return "";
}

static void emitTensorMacros(StringRef role, const TensorInterface &tensor,
                             StringRef prefix, raw_ostream &os) {
  std::string macro = prefix.str() + toMacroName(tensor.identifier);
  os << "\n/* " << role << " \"" << escapeForCComment(tensor.name) << "\"";
  if (tensor.layer)
    os << " of node \"" << escapeForCComment(tensor.layer->node) << "\" ("
       << escapeForCComment(tensor.layer->op) << ")";
  os << ": " << getCStorageType(tensor.elementType)
     << describeElement(tensor.elementType) << " [";
  llvm::interleaveComma(tensor.shape, os);
  os << "]; _SIZE is in elements";
  if (tensor.arenaOffset)
    os << ", _OFFSET in bytes from the arena's start";
  if (!tensor.dimsOf.empty())
    os << ".\n   The extents that \"" << escapeForCComment(tensor.dimsOf)
       << "\" has after a run; what lies beyond them in its buffer,\n   whose "
          "shape is the largest there can be, is of no meaning";
  os << ". */\n#define " << macro << "_SIZE " << tensor.getNumElements()
     << "\n";
  os << "#define " << macro << "_RANK " << tensor.shape.size() << "\n";
  // C99 has no empty initializer, so a scalar has no _SHAPE.
  if (!tensor.shape.empty()) {
    os << "#define " << macro << "_SHAPE {";
    llvm::interleaveComma(tensor.shape, os);
    os << "}\n";
  }
  if (tensor.arenaOffset)
    os << "#define " << macro << "_OFFSET " << *tensor.arenaOffset << "\n";
  if (auto type = dyn_cast<quant::UniformQuantizedType>(tensor.elementType)) {
    os << "#define " << macro << "_SCALE "
       << formatCFloat(static_cast<float>(type.getScale())) << "\n";
    os << "#define " << macro << "_ZERO_POINT " << type.getZeroPoint() << "\n";
  }
}

static void emitErrorCodes(const ArtifactInterface &artifact, raw_ostream &os) {
  std::string prefix = artifact.getMacroPrefix();
  os << "\n/* What "
     << (artifact.hasBindings() ? "the functions below return"
                                : artifact.name + "_run returns")
     << ". */\n";
  os << llvm::formatv("#define {0}OK {1}\n", prefix, int(RunStatus::Ok));
  os << llvm::formatv("#define {0}ERROR_NULL {1} /* an argument is NULL */\n",
                      prefix, int(RunStatus::NullArgument));
  os << llvm::formatv(
      "#define {0}ERROR_ALIGNMENT {1} /* arena is not a multiple of "
      "{0}ARENA_ALIGN */\n",
      prefix, int(RunStatus::MisalignedArena));
  if (!artifact.versions.empty())
    os << llvm::formatv(
        "#define {0}ERROR_PROCESSOR {1} /* this processor, or its operating "
        "system,\n   can run none of the code: {2} */\n",
        prefix, int(RunStatus::UnknownProcessor),
        llvm::join(artifact.versions, ", "));
}

static void emitResetPrototype(const ModelInterface &model, raw_ostream &os) {
  os << llvm::formatv(R"(
/* Clears the states in the arena. Call it before the first {0}_run, and to begin
   a new sequence; from call to call the arena must stay as it is.
   Returns {1}OK or one of the errors above. */
int {2}(void *arena);
)",
                      model.name, model.getStatusPrefix(),
                      model.getResetName());
}

static void emitPrototype(const ModelInterface &model, raw_ostream &os) {
  if (model.ioMode == IOMode::Arguments)
    os << R"(
/* Runs the model once: reads the inputs and writes the outputs, each contiguous
   and in row-major order, none overlapping another or the arena.
)";
  else
    os << R"(
/* Runs the model once, on inputs and outputs in the arena at the offsets above,
   each contiguous and in row-major order. Inputs may be overwritten; outputs
   stay until the next call.
)";
  if (!model.states.empty())
    os << "   Reads the states that the last call left in the arena, and "
          "leaves "
          "new ones.\n";
  os << "   Reentrant, if each call at a time has an arena of its own; "
        "allocates "
        "nothing.\n   Returns "
     << model.getStatusPrefix() << "OK or one of the errors above. */\n";
  os << "int " << model.getEntryName() << "(" << getEntryParameters(model)
     << ");\n";
}

static void emitArenaMacros(StringRef prefix, int64_t size, int64_t align,
                            raw_ostream &os) {
  os << llvm::formatv("#define {0}ARENA_SIZE {1}\n", prefix, size);
  os << llvm::formatv("#define {0}ARENA_ALIGN {1}\n", prefix, align);
}

static void emitAllTensorMacros(const ModelInterface &model, raw_ostream &os) {
  std::string prefix = model.getMacroPrefix();
  for (const TensorInterface &tensor : model.tensors)
    emitTensorMacros(tensor.isInput ? "Input" : "Output", tensor, prefix, os);
  for (const TensorInterface &state : model.states)
    emitTensorMacros("State", state, prefix, os);
}

static void emitPrototypes(const ModelInterface &model, raw_ostream &os) {
  if (!model.states.empty())
    emitResetPrototype(model, os);
  emitPrototype(model, os);
  emitConverters(model, os);
}

static void emitBinding(const ModelInterface &model, raw_ostream &os) {
  os << "\n/* The model for the shapes of the binding " << model.getBinding()
     << (model.states.empty()
             ? ".\n   Its arena may be larger, and that of another binding. "
               "*/\n"
             : ".\n   Its arena may be larger; states in it are not those of "
               "another binding. */\n");
  emitArenaMacros(model.getMacroPrefix(), model.arenaSize, model.arenaAlign,
                  os);
  emitAllTensorMacros(model, os);
  emitPrototypes(model, os);
}

void emitHeader(const ArtifactInterface &artifact, raw_ostream &os,
                StringRef declarations) {
  std::string prefix = artifact.getMacroPrefix();
  os << "/* " << artifact.name << ".h: the interface of the model "
     << artifact.name << ", generated by Lathe. */\n";
  os << llvm::formatv("#ifndef {0}H\n#define {0}H\n\n#include <stdint.h>\n\n",
                      prefix);
  os << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  os << "/* Bytes of working memory that the caller provides, kernel scratch "
        "included,\n   and what its address must be a multiple of"
     << (artifact.hasBindings() ? "; enough for each binding" : "") << ". */\n";
  emitArenaMacros(prefix, artifact.getArenaSize(), artifact.getArenaAlign(),
                  os);
  os << llvm::formatv("/* Bytes of constant data linked in. */\n#define "
                      "{0}WEIGHTS_SIZE {1}\n",
                      prefix, artifact.weightsSize);
  if (artifact.hasBindings()) {
    emitErrorCodes(artifact, os);
    for (const ModelInterface &model : artifact.models)
      emitBinding(model, os);
  } else {
    emitAllTensorMacros(artifact.models.front(), os);
    emitErrorCodes(artifact, os);
    emitPrototypes(artifact.models.front(), os);
  }
  os << declarations;
  os << llvm::formatv("\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* {0}H */\n",
                      prefix);
}

} // namespace lathe
