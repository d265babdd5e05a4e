//===- Options.cpp - Flags that several verbs share -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "Commands.h"

#include "lathe/Driver/Loader.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;
using llvm::StringRef;

ModelFlags::ModelFlags(cl::SubCommand &command)
    : model(cl::Positional, cl::Required, cl::desc("MODEL"), cl::sub(command)),
      shapes(
          "shape", cl::sub(command), cl::value_desc("input=1x3x224x224"),
          cl::desc("Shape of an input whose dimensions the model leaves open")),
      dims("dim", cl::sub(command), cl::value_desc("batch=1"),
           cl::desc("Value of a named dimension")),
      reshapes("reshape", cl::sub(command), cl::value_desc("input=1x3x96x96"),
               cl::desc("Another shape for an input that the model fixes")),
      bindings("bind", cl::sub(command), cl::value_desc("sr=16000"),
               cl::desc("Fix an input to a value")),
      states("state", cl::sub(command), cl::value_desc("stateN=state"),
             cl::desc("Keep an output in the arena and give it to an input at "
                      "the next call; zero at first, and after NAME_reset")),
      outputs("outputs", cl::CommaSeparated, cl::sub(command),
              cl::value_desc("a,b"),
              cl::desc("Tensors to end the graph at instead of its outputs")),
      name("name", cl::sub(command), cl::value_desc("name"),
           cl::desc("Name of the compiled model; default: of the file")) {}

llvm::Expected<ImportOptions> ModelFlags::getImportOptions() const {
  ImportOptions options;
  using Add = llvm::Error (ImportOptions::*)(llvm::StringRef);
  auto addAll = [&](const cl::list<std::string> &flag, Add add) -> llvm::Error {
    for (const std::string &text : flag)
      if (llvm::Error error = (options.*add)(text))
        return llvm::createStringError("--" + flag.ArgStr + ": " +
                                       llvm::toString(std::move(error)));
    return llvm::Error::success();
  };
  if (llvm::Error error = addAll(shapes, &ImportOptions::addShape))
    return std::move(error);
  if (llvm::Error error = addAll(dims, &ImportOptions::addDimension))
    return std::move(error);
  if (llvm::Error error = addAll(reshapes, &ImportOptions::addReshape))
    return std::move(error);
  if (llvm::Error error = addAll(bindings, &ImportOptions::addBinding))
    return std::move(error);
  if (llvm::Error error = addAll(states, &ImportOptions::addState))
    return std::move(error);
  options.outputs.assign(outputs.begin(), outputs.end());
  options.name = name;
  return options;
}

mlir::OwningOpRef<mlir::ModuleOp>
ModelFlags::load(mlir::MLIRContext &context) const {
  llvm::Expected<ImportOptions> options = getImportOptions();
  if (options)
    return loadModel(model, *options, &context);
  reportError(options.takeError());
  return nullptr;
}

void ModelFlags::print(llvm::raw_ostream &os) const {
  auto print = [&](StringRef flag, StringRef value) {
    os << " ";
    llvm::sys::printArg(os, ("--" + flag + "=" + value).str(), /*Quote=*/false);
  };
  auto printAll = [&](const cl::list<std::string> &flag) {
    for (const std::string &value : flag)
      print(flag.ArgStr, value);
  };
  llvm::sys::printArg(os, model.getValue(), /*Quote=*/false);
  printAll(shapes);
  printAll(dims);
  printAll(reshapes);
  printAll(bindings);
  printAll(states);
  if (!outputs.empty())
    print(outputs.ArgStr, llvm::join(outputs, ","));
  if (!name.empty())
    print(name.ArgStr, name);
}

CodeFlags::CodeFlags(cl::SubCommand &command)
    : threads("threads", cl::sub(command), cl::init(1),
              cl::desc("Most threads to use (default 1)")),
      noWinograd("no-winograd", cl::sub(command),
                 cl::desc("Compute every convolution as it is defined: slower, "
                          "but with weights as small as the model's and less "
                          "rounding than Winograd's algorithm has")),
      tiles("tiles", cl::sub(command), cl::value_desc("file"),
            cl::desc("Use the register tiles of a file that lathe compile "
                     "--tune wrote")) {}

llvm::Expected<CodeOptions> CodeFlags::get() const {
  if (threads == 0)
    return llvm::createStringError("--threads must be at least 1");
  CodeOptions options;
  options.threads = threads;
  options.winograd = !noWinograd;
  options.tiles = tiles;
  return options;
}
