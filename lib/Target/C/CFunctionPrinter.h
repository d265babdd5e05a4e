//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints functions: statements, loops and variables.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_C_CFUNCTIONPRINTER_H
#define LATHE_LIB_TARGET_C_CFUNCTIONPRINTER_H

#include "CContext.h"
#include "CExpression.h"
#include "CLayers.h"
#include "CTemplate.h"
#include "lathe/Target/Common/ModelInterface.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace lathe {

class CopyBytesOp;
class ExpandBytesOp;
class FillBytesOp;
class FilterPixelsOp;
class FilterPlanesOp;
class FilterRowsOp;
class JoinBytesOp;
class MemoryAtOp;
class RescaleSumsOp;
class WindowDotOp;

/// True if anything is stored through `memref` or a view of it.
bool isWritten(mlir::Value memref);

/// Prints one function of the loop level.
class CFunctionPrinter {
public:
  CFunctionPrinter(CFile &file, mlir::func::FuncOp op);

  /// A kernel or helper, with the comment that `lathe.doc` holds.
  CFunctionText printKernel();
  /// The entry of `model`, with the checks of its arguments; appends the
  /// kernels that it calls to `layers`.
  CFunctionText printEntry(const ModelInterface &model,
                           std::vector<CLayer> &layers);
  /// What clears the states of `model`.
  CFunctionText printReset(const ModelInterface &model);

private:
  void addComment();
  std::string declareParameter(mlir::BlockArgument argument);
  void printUnusedParameters();
  void printPublicBody(const ModelInterface &model,
                       llvm::ArrayRef<TensorInterface> tensors);
  void printArgumentChecks(const ModelInterface &model,
                           llvm::ArrayRef<TensorInterface> tensors);

  void printBlock(mlir::Block &block);
  void printStatement(mlir::Operation *op);
  void printVariable(mlir::Operation *op);
  void printStore(mlir::memref::StoreOp op);
  void printCopy(mlir::memref::CopyOp op);
  void printCall(mlir::func::CallOp op);
  std::string getCall(mlir::func::CallOp op);
  void numberLayers(std::vector<CLayer> &layers);
  void printExpandBytes(ExpandBytesOp op);
  void printFillBytes(FillBytesOp op);
  void printCopyBytes(CopyBytesOp op);
  void printFilterPixels(FilterPixelsOp op);
  void printFilterPlanes(FilterPlanesOp op);
  void addPlaneShape(FilterPlanesOp op);
  void printFilterRows(FilterRowsOp op);
  void printJoinBytes(JoinBytesOp op);
  void printRescaleSums(RescaleSumsOp op);
  void printWindowDot(WindowDotOp op);
  std::string printBytes(mlir::Value memref, mlir::Value first,
                         bool isUnsigned);
  std::string printTarget(mlir::Value target, mlir::Value first);
  void printReturn(mlir::func::ReturnOp op);
  void printFor(mlir::scf::ForOp op);
  /// Prints the loops of `op` from `dimension` on, one inside the other.
  void printParallel(mlir::scf::ParallelOp op, unsigned dimension);
  /// Prints a loop over `iv` and, inside it, what `printBody` prints.
  void printLoop(mlir::Value iv, mlir::Value lower, mlir::Value upper,
                 mlir::Value step, llvm::function_ref<void()> printBody);
  void printIf(mlir::scf::IfOp op);
  void printWhile(mlir::scf::WhileOp op);
  void printYield(mlir::scf::YieldOp op);
  void printIfResults(mlir::scf::IfOp op);
  bool isElseIf(mlir::scf::IfOp op);

  void bindView(mlir::Operation *op);
  void bindSubview(mlir::memref::SubViewOp op);
  void bindReinterpretCast(mlir::memref::ReinterpretCastOp op);
  void bindArenaView(mlir::memref::ViewOp op);
  void bindMemoryAt(MemoryAtOp op);
  void bindAlloca(mlir::memref::AllocaOp op);
  void bindGlobal(mlir::memref::GetGlobalOp op);

  /// Assigns `sources` to the variables `targets` as if all at once.
  void printAssignments(llvm::ArrayRef<std::string> targets,
                        mlir::ValueRange sources);
  void printAssignment(llvm::StringRef target, mlir::Value source,
                       const CExpr &value);
  /// Declares a variable for `value` with the initial value `init`.
  std::string declareInitialized(mlir::Value value, mlir::Value init);

  /// The text that `print` prints one level deeper, in a scope of its own.
  std::string capture(llvm::function_ref<void()> print);
  std::string claimName(mlir::Value value);
  std::string getHint(mlir::Value value);
  llvm::raw_ostream &line() { return os->indent(2 * depth); }

  mlir::func::FuncOp op;
  CFunction function;
  CExpressionPrinter expressions;
  CFunctionText text;
  llvm::SmallVector<std::unique_ptr<CNameScope>> scopes;
  /// The variables that the yield of a region assigns to.
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<std::string>>
      yieldTargets;
  /// The numbers of the calls that are layers of an entry.
  llvm::DenseMap<mlir::Operation *, size_t> layerNumbers;
  llvm::raw_string_ostream body{text.body};
  llvm::raw_ostream *os = &body;
  unsigned depth = 1;
};

} // namespace lathe

#endif // LATHE_LIB_TARGET_C_CFUNCTIONPRINTER_H
