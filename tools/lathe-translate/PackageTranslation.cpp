//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Registers --lathe-to-c-package and its flags.
//
//===----------------------------------------------------------------------===//

#include "Translations.h"
#include "lathe/Target/C/Package.h"
#include "lathe/Target/Common/ModelInterface.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/MemoryBuffer.h"

namespace cl = llvm::cl;
using namespace mlir;

using Weights = lathe::CPackageOptions::Weights;

static cl::opt<Weights> weights(
    "c-weights", cl::desc("How --lathe-to-c-package writes weights"),
    cl::values(clEnumValN(Weights::Auto, "auto", "by size"),
               clEnumValN(Weights::CArrays, "c", "C arrays"),
               clEnumValN(Weights::Binary, "incbin", "binary with .incbin")),
    cl::init(Weights::Auto));

static cl::opt<std::string> target("c-target", cl::init("c99"),
                                   cl::desc("Target that the package names"));

static cl::opt<unsigned> minShared(
    "c-min-shared", cl::init(0),
    cl::desc("How many functions that differ in integers alone become one, at "
             "least; 0 for none"));

static cl::opt<std::string> selfTest(
    "c-self-test", cl::value_desc("file"),
    cl::desc("Bytes of a run's inputs and outputs, to make a self-test of"));

static cl::opt<std::string>
    outputDirectory("c-output-dir", cl::value_desc("folder"),
                    cl::desc("Write the package's files there instead of "
                             "printing them"));

/// Cuts the bytes of the file `selfTest` into the tensors of `module`.
static FailureOr<lathe::SelfTestData> readSelfTest(ModuleOp module) {
  FailureOr<lathe::ArtifactInterface> artifact =
      lathe::ArtifactInterface::get(module);
  if (failed(artifact))
    return failure();
  auto buffer = llvm::MemoryBuffer::getFile(selfTest);
  if (!buffer)
    return module.emitError("cannot read '")
           << selfTest << "': " << buffer.getError().message();
  StringRef bytes = (*buffer)->getBuffer();
  lathe::SelfTestVector vector;
  for (const lathe::TensorInterface &tensor :
       artifact->models.front().tensors) {
    StringRef part = bytes.take_front(tensor.getSizeInBytes());
    bytes = bytes.drop_front(part.size());
    auto &list = tensor.isInput ? vector.inputs : vector.outputs;
    list.emplace_back(part.begin(), part.end());
  }
  lathe::SelfTestData data;
  data.vectors.push_back(std::move(vector));
  data.atol = 1e-5;
  data.rtol = 1e-5;
  return data;
}

static LogicalResult translate(ModuleOp module, raw_ostream &os) {
  lathe::CPackageOptions options;
  options.weights = weights;
  options.target = target;
  options.minShared = minShared;
  if (!selfTest.empty()) {
    FailureOr<lathe::SelfTestData> data = readSelfTest(module);
    if (failed(data))
      return failure();
    options.selfTest = std::move(*data);
  }
  auto files = lathe::buildCPackage(module, options);
  if (failed(files))
    return failure();
  if (outputDirectory.empty()) {
    for (const lathe::OutputFile &file : *files)
      os << "//--- " << file.path << "\n" << file.contents;
    return success();
  }
  if (llvm::Error error = lathe::writeOutputFiles(outputDirectory, *files))
    return module.emitError(llvm::toString(std::move(error)));
  return success();
}

void lathe::registerToCPackageTranslation() {
  static TranslateFromMLIRRegistration registration(
      "lathe-to-c-package",
      "Prints a module at the loop level as a folder of C files", translate,
      registerLoopLevelDialects);
}
