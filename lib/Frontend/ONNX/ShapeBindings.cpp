//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One model for several sets of shapes.
//
//===----------------------------------------------------------------------===//

#include "ShapeBindings.h"
#include "GraphImporter.h"

#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// Moves the functions of `from` behind those of `to`. Where two have one name,
/// a private one gets another.
static LogicalResult append(ModuleOp from, ModuleOp to) {
  SymbolTable fromTable(from), toTable(to);
  for (auto function : from.getOps<func::FuncOp>()) {
    auto other = toTable.lookup<func::FuncOp>(function.getSymName());
    if (!other)
      continue;
    LogicalResult renamed = function.isPrivate()
                                ? fromTable.renameToUnique(function, {&toTable})
                                : toTable.renameToUnique(other, {&fromTable});
    if (failed(renamed))
      return failure();
  }
  to.getBody()->getOperations().splice(to.getBody()->end(),
                                       from.getBody()->getOperations());
  return success();
}

OwningOpRef<ModuleOp>
lathe::frontend::importShapeBindings(const std::shared_ptr<Model> &model,
                                     const ImportOptions &options,
                                     MLIRContext *context) {
  OwningOpRef<ModuleOp> result;
  for (const ImportOptions::ShapeBinding &binding : options.shapeBindings) {
    ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
      diagnostic << " (in binding '" << binding.suffix << "')";
      return failure(); // to be printed by another handler
    });
    GraphImporter importer(model, options, context, &binding);
    OwningOpRef<ModuleOp> module = importer.run();
    if (!module)
      return {};
    if (!result) {
      result = std::move(module);
      auto name = StringAttr::get(context, importer.getModelName());
      (*result)->setLoc(NameLoc::get(name));
      (*result)->setAttr("lathe.artifact", name);
    } else if (failed(append(*module, *result))) {
      return {};
    }
  }
  return result;
}
