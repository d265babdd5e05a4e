//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The C interface of a compiled model: what a caller sees, whichever backend
// compiled it. Its name, its tensors, its working memory and the codes it
// returns.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TARGET_COMMON_MODELINTERFACE_H
#define LATHE_TARGET_COMMON_MODELINTERFACE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <string>
#include <vector>

namespace lathe {

/// Attributes of a loop-level module; docs/architecture.md defines them.
namespace attr {
inline constexpr llvm::StringLiteral entry = "lathe.entry";
inline constexpr llvm::StringLiteral model = "lathe.model";
inline constexpr llvm::StringLiteral artifact = "lathe.artifact";
inline constexpr llvm::StringLiteral numInputs = "lathe.num_inputs";
inline constexpr llvm::StringLiteral name = "lathe.name";
inline constexpr llvm::StringLiteral type = "lathe.type";
inline constexpr llvm::StringLiteral align = "lathe.align";
inline constexpr llvm::StringLiteral io = "lathe.io";
inline constexpr llvm::StringLiteral ioTensors = "lathe.io_tensors";
inline constexpr llvm::StringLiteral states = "lathe.states";
inline constexpr llvm::StringLiteral reset = "lathe.reset";
inline constexpr llvm::StringLiteral dimsOf = "lathe.dims_of";
inline constexpr llvm::StringLiteral layer = "lathe.layer";
} // namespace attr

/// Where a model's inputs and outputs are.
enum class IOMode {
  /// Each is a pointer argument of the entry.
  Arguments,
  /// All lie in the arena, the entry's only argument, at constant offsets.
  Arena
};

/// What a model's entry returns. Both backends emit these checks.
/// `UnknownProcessor` is for libraries with versions.
enum class RunStatus {
  Ok = 0,
  NullArgument = 1,
  MisalignedArena = 2,
  UnknownProcessor = 3
};

/// The node that computes an output of a model with all its layers.
struct LayerInterface {
  /// The name and operator of the node in the ONNX model.
  std::string node, op;
  /// Layers are compared in the order of these numbers.
  int64_t number = 0;
  /// Whether the node is one of a function that the model defines, or of a
  /// branch.
  bool isInFunction = false;

  /// Reads the dictionary `lathe.layer`; none if `attr` is not one.
  static std::optional<LayerInterface> get(mlir::DictionaryAttr attr);
};

/// An input, output or state of a model: a contiguous tensor of static shape.
struct TensorInterface {
  /// The name in the ONNX model.
  std::string name;
  /// The name in C: unique in the model, also when case is ignored.
  std::string identifier;
  llvm::SmallVector<int64_t> shape;
  /// An element type that getCStorageType knows, with its sign.
  mlir::Type elementType;
  bool isInput = false;
  /// The name of the output whose actual extents this tensor holds; empty for
  /// other tensors.
  std::string dimsOf;
  /// Only set if the model was compiled with its layers.
  std::optional<LayerInterface> layer;
  /// Bytes from the start of the arena; set for states, and with IOMode::Arena.
  std::optional<int64_t> arenaOffset;

  int64_t getNumElements() const;
  int64_t getSizeInBytes() const;
};

struct ModelInterface {
  /// A C identifier; the entry is `<name>_run`.
  std::string name;
  /// The artifact that the model is a part of: `name`, but for a shape binding
  /// `name` without `_SUFFIX`.
  std::string artifact;
  /// The inputs in ONNX order, then the outputs in ONNX order.
  std::vector<TensorInterface> tensors;
  /// What stays in the arena from call to call; `<name>_reset` clears it.
  std::vector<TensorInterface> states;
  /// Bytes of working memory, and what their address must be a multiple of.
  int64_t arenaSize = 0;
  int64_t arenaAlign = 1;
  IOMode ioMode = IOMode::Arguments;

  std::string getEntryName() const { return name + "_run"; }
  std::string getResetName() const { return name + "_reset"; }
  /// The function of the header that turns a float into an integer of the input
  /// `tensor`, `<name>_quantize_<identifier>`, or an integer of the output
  /// `tensor` into a float, `<name>_dequantize_<identifier>`; empty if `tensor`
  /// is not quantized.
  std::string getConverterName(const TensorInterface &tensor) const;
  std::string getMacroPrefix() const;
  /// What the macros of the codes that the entry returns begin with.
  std::string getStatusPrefix() const;
  /// The suffix of the shape binding; empty without one.
  llvm::StringRef getBinding() const;
  unsigned getNumInputs() const;
};

/// What a compilation makes: one model, or one model for several sets of
/// shapes, with common weights.
struct ArtifactInterface {
  /// A C identifier, which files are called after.
  std::string name;
  /// One, or one for each shape binding.
  std::vector<ModelInterface> models;
  /// Bytes of all weights.
  int64_t weightsSize = 0;
  /// The targets that the library chooses from when it runs, best first; none
  /// if it does not.
  std::vector<std::string> versions;

  /// Reads the interface off the entry functions of a loop-level module. Emits
  /// a diagnostic and fails if one is not shaped as docs/architecture.md says,
  /// if there is none, or if there are several but the module is not called by
  /// `lathe.artifact = "NAME"`, with entries of the models `NAME_SUFFIX`.
  ///
  /// With `lathe.io = "arena"` the entry takes the arena alone, and
  /// `lathe.io_tensors` lists the tensors, inputs first, as dictionaries of
  /// `name` (string), `type` (a ranked tensor type whose element type has its
  /// sign or quantization) and `offset` (bytes, i64). `lathe.states` lists the
  /// states in the same form.
  static mlir::FailureOr<ArtifactInterface> get(mlir::ModuleOp module);

  bool hasBindings() const {
    return models.front().artifact != models.front().name;
  }
  /// Bytes of an arena for any of the models, and its alignment.
  int64_t getArenaSize() const;
  int64_t getArenaAlign() const;
  std::string getMacroPrefix() const;
  /// The model whose entry or reset function `function` is, or null.
  const ModelInterface *find(mlir::func::FuncOp function) const;
};

/// The functions of `module` marked `lathe.entry`.
llvm::SmallVector<mlir::func::FuncOp> lookupEntries(mlir::ModuleOp module);

/// The parameters of the entry as a C prototype has them, without the
/// parentheses: `const int8_t *x, int8_t *y, void *arena`.
std::string getEntryParameters(const ModelInterface &model);

/// Prints the public C header of `artifact`, with `declarations` behind its
/// functions.
void emitHeader(const ArtifactInterface &artifact, llvm::raw_ostream &os,
                llvm::StringRef declarations = "");

/// Registers the dialects that a module at the loop level is made of.
void registerLoopLevelDialects(mlir::DialectRegistry &registry);

/// Registers `--lathe-to-header` with mlir-translate's driver.
void registerToHeaderTranslation();

} // namespace lathe

#endif // LATHE_TARGET_COMMON_MODELINTERFACE_H
