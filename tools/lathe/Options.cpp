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

using AddToOptions = llvm::Error (ImportOptions::*)(StringRef);

/// Adds each value of `flag` to `options`.
static llvm::Error addAll(ImportOptions &options,
                          const cl::list<std::string> &flag, AddToOptions add) {
  for (const std::string &text : flag)
    if (llvm::Error error = (options.*add)(text))
      return llvm::createStringError("--" + flag.ArgStr + ": " +
                                     llvm::toString(std::move(error)));
  return llvm::Error::success();
}

static void printFlag(StringRef flag, StringRef value, llvm::raw_ostream &os) {
  os << " ";
  llvm::sys::printArg(os, ("--" + flag + "=" + value).str(), /*Quote=*/false);
}

static void printAll(const cl::list<std::string> &flag, llvm::raw_ostream &os) {
  for (const std::string &value : flag)
    printFlag(flag.ArgStr, value, os);
}

ImportFlags::ImportFlags(cl::SubCommand &command)
    : shapes(
          "shape", cl::sub(command), cl::value_desc("input=1x3x224x224"),
          cl::desc("Shape of an input whose dimensions the model leaves open")),
      dims("dim", cl::sub(command), cl::value_desc("batch=1"),
           cl::desc("Value of a named dimension")),
      reshapes("reshape", cl::sub(command), cl::value_desc("input=1x3x96x96"),
               cl::desc("Another shape for an input that the model fixes")),
      bindings("bind", cl::sub(command), cl::value_desc("sr=16000"),
               cl::desc("Fix an input to a value")),
      outputs("outputs", cl::CommaSeparated, cl::sub(command),
              cl::value_desc("a,b"),
              cl::desc("Tensors to end the graph at instead of its outputs")) {}

llvm::Expected<ImportOptions> ImportFlags::getImportOptions() const {
  ImportOptions options;
  if (llvm::Error error = addAll(options, shapes, &ImportOptions::addShape))
    return std::move(error);
  if (llvm::Error error = addAll(options, dims, &ImportOptions::addDimension))
    return std::move(error);
  if (llvm::Error error = addAll(options, reshapes, &ImportOptions::addReshape))
    return std::move(error);
  if (llvm::Error error = addAll(options, bindings, &ImportOptions::addBinding))
    return std::move(error);
  options.outputs.assign(outputs.begin(), outputs.end());
  return options;
}

void ImportFlags::print(llvm::raw_ostream &os) const {
  printAll(shapes, os);
  printAll(dims, os);
  printAll(reshapes, os);
  printAll(bindings, os);
  if (!outputs.empty())
    printFlag(outputs.ArgStr, llvm::join(outputs, ","), os);
}

ReadFlags::ReadFlags(cl::SubCommand &command)
    : import(command),
      states("state", cl::sub(command), cl::value_desc("stateN=state"),
             cl::desc("Keep an output in the arena and give it to an input at "
                      "the next call; zero at first, and after NAME_reset")),
      name("name", cl::sub(command), cl::value_desc("name"),
           cl::desc("Name of the compiled model; default: of the file")) {}

llvm::Expected<ImportOptions> ReadFlags::getImportOptions() const {
  llvm::Expected<ImportOptions> options = import.getImportOptions();
  if (!options)
    return options;
  if (llvm::Error error = addAll(*options, states, &ImportOptions::addState))
    return std::move(error);
  options->name = name;
  return options;
}

void ReadFlags::print(llvm::raw_ostream &os) const {
  import.print(os);
  printAll(states, os);
  if (!name.empty())
    printFlag(name.ArgStr, name, os);
}

ModelFlags::ModelFlags(cl::SubCommand &command)
    : model(cl::Positional, cl::Required, cl::desc("MODEL"), cl::sub(command)),
      flags(command) {}

mlir::OwningOpRef<mlir::ModuleOp>
ModelFlags::load(mlir::MLIRContext &context) const {
  llvm::Expected<ImportOptions> options = getImportOptions();
  if (options)
    return loadModel(model, *options, &context);
  reportError(options.takeError());
  return nullptr;
}

std::string ModelFlags::getGiven() const {
  std::string given;
  llvm::raw_string_ostream os(given);
  flags.print(os);
  return StringRef(given).trim().str();
}

void ModelFlags::print(llvm::raw_ostream &os) const {
  llvm::sys::printArg(os, model.getValue(), /*Quote=*/false);
  flags.print(os);
}

ThreadsFlag::ThreadsFlag(cl::SubCommand &command)
    : threads("threads", cl::sub(command), cl::init(1),
              cl::desc("Most threads to use (default 1)")) {}

llvm::Expected<unsigned> ThreadsFlag::get() const {
  if (threads == 0)
    return llvm::createStringError("--threads must be at least 1");
  return threads;
}

llvm::Error lathe::tool::refuseForC(const CodeOptions &code) {
  if (code.threads > 1)
    return llvm::createStringError(
        "C runs on one thread: leave --threads away, or compile a library for "
        "a target that has threads");
  if (!code.tiles.empty())
    return llvm::createStringError(
        "C has no register tiles: leave --tiles away, or compile a library for "
        "a target that has vectors");
  return llvm::Error::success();
}

CodeFlags::CodeFlags(cl::SubCommand &command)
    : threads(command),
      noWinograd("no-winograd", cl::sub(command),
                 cl::desc("Compute every convolution as it is defined: slower, "
                          "but with weights as small as the model's and less "
                          "rounding than Winograd's algorithm has")),
      tiles("tiles", cl::sub(command), cl::value_desc("file"),
            cl::desc("Use the register tiles of a file that lathe compile "
                     "--tune wrote")) {}

llvm::Expected<CodeOptions> CodeFlags::get() const {
  llvm::Expected<unsigned> count = threads.get();
  if (!count)
    return count.takeError();
  CodeOptions options;
  options.threads = *count;
  options.winograd = !noWinograd;
  options.tiles = tiles;
  return options;
}

ObjectiveFlag::ObjectiveFlag(cl::SubCommand &command)
    : objective(
          "optimize", cl::sub(command), cl::init(Objective::Balanced),
          cl::desc("What C is optimized for"),
          cl::values(
              clEnumValN(Objective::Speed, "speed", "few instructions"),
              clEnumValN(
                  Objective::Balanced, "balanced",
                  "little RAM where that costs few instructions (default, "
                  "unless the model does not fit then)"),
              clEnumValN(Objective::RAM, "ram", "least RAM"),
              clEnumValN(Objective::Flash, "flash",
                         "least code, compiled with -Os; RAM as balanced"))) {}

IOFlag::IOFlag(cl::SubCommand &command)
    : io("io", cl::sub(command), cl::init(IOMode::Arguments),
         cl::desc("Where inputs and outputs are"),
         cl::values(clEnumValN(IOMode::Arguments, "arguments",
                               "in buffers that the caller passes (default)"),
                    clEnumValN(IOMode::Arena, "arena",
                               "in the arena, at constant offsets, where "
                               "inputs may be overwritten"))) {}
