//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportONNX.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Frontend/ONNX/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace lathe;
namespace cl = llvm::cl;

namespace {
struct ImportFlags {
  cl::list<std::string> shapes{"shape", cl::desc("Shape of an input"),
                               cl::value_desc("NAME=1x3x224x224")};
  cl::list<std::string> reshapes{"reshape",
                                 cl::desc("Shape that overrides the model's"),
                                 cl::value_desc("NAME=1x3x224x224")};
  cl::list<std::string> dims{"dim", cl::desc("Extent of a named dimension"),
                             cl::value_desc("NAME=EXTENT")};
  cl::list<std::string> bindings{"bind", cl::desc("Value to fix an input to"),
                                 cl::value_desc("NAME=VALUE,…")};
  cl::list<std::string> states{"state", cl::desc("Output fed back to an input"),
                               cl::value_desc("OUTPUT=INPUT")};
  cl::list<std::string> outputs{"outputs", cl::CommaSeparated,
                                cl::desc("Tensors to end the graph at"),
                                cl::value_desc("NAME,…")};
  cl::opt<std::string> name{"name", cl::desc("Name of the function"),
                            cl::value_desc("NAME")};

  llvm::Expected<ImportOptions> parse() const {
    ImportOptions options;
    options.outputs.assign(outputs.begin(), outputs.end());
    options.name = name;
    using Adder = llvm::Error (ImportOptions::*)(llvm::StringRef);
    const std::pair<const std::vector<std::string> *, Adder> lists[] = {
        {&shapes, &ImportOptions::addShape},
        {&reshapes, &ImportOptions::addReshape},
        {&dims, &ImportOptions::addDimension},
        {&bindings, &ImportOptions::addBinding},
        {&states, &ImportOptions::addState}};
    for (auto [list, add] : lists)
      for (const std::string &text : *list)
        if (llvm::Error error = (options.*add)(text))
          return std::move(error);
    return options;
  }
};
} // namespace

void lathe::registerImportONNXTranslation() {
  static ImportFlags flags;
  static mlir::TranslateToMLIRRegistration registration(
      "import-onnx", "import an ONNX model",
      [](llvm::SourceMgr &sources,
         mlir::MLIRContext *context) -> mlir::OwningOpRef<mlir::Operation *> {
        const llvm::MemoryBuffer *buffer =
            sources.getMemoryBuffer(sources.getMainFileID());
        llvm::Expected<ImportOptions> options = flags.parse();
        if (options)
          return importONNX(buffer->getMemBufferRef(), *options, context);
        mlir::emitError(mlir::UnknownLoc::get(context),
                        toString(options.takeError()));
        return {};
      },
      [](mlir::DialectRegistry &registry) {
        registry.insert<LatheDialect, mlir::func::FuncDialect>();
      });
}
