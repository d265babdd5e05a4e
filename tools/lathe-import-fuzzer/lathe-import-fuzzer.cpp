//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A libFuzzer program for the ONNX importer. What it demands besides not
// crashing, running away or using much memory: that the importer fails with
// exactly one error of one line, or succeeds with a module that verifies.
//
// Inputs are models as protobufs, or in one of the two text forms, so that the
// importer's tests can serve as the corpus; mutated models are protobufs.
//
//===----------------------------------------------------------------------===//

#include "ModelMutator.h"

#include "LibONNX.h"
#include "lathe/Frontend/ONNX/Import.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"

#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>

using namespace lathe;
using llvm::StringRef;

// libFuzzer's own mutation of bytes.
extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

/// The installed LLVM is built without AddressSanitizer, so it neither
/// annotates containers nor unpoisons what it takes from allocators that it
/// shares with us. Its global tables are never freed.
extern "C" const char *__asan_default_options() {
  return "detect_leaks=0:detect_container_overflow=0:allow_user_poisoning=0";
}

extern "C" int LLVMFuzzerInitialize(int *, char ***) {
  // Protobuf's own complaints about a file come twice with the importer's.
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

static StringRef getBytes(const uint8_t *data, size_t size) {
  return StringRef(reinterpret_cast<const char *>(data), size);
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

/// The name whose ending says what form `bytes` is in. The tags of a protobuf
/// are not printable, the texts of the tests are throughout.
static StringRef getFileName(StringRef bytes) {
  auto isText = [](char c) { return llvm::isPrint(c) || llvm::isSpace(c); };
  if (!llvm::all_of(bytes.take_front(64), isText))
    return "model.onnx";
  return bytes.contains("opset_import {") ? "model.textproto" : "model.onnxtxt";
}

/// A context is made anew only now and then, which takes longer than the import
/// of a small model; what models leave behind in one must not add up, though.
static mlir::MLIRContext &getContext() {
  constexpr unsigned numImports = 1000;
  // The last one is not destroyed: at exit, what it refers to may be gone.
  static mlir::MLIRContext *context = nullptr;
  static unsigned count = 0;
  if (count++ % numImports == 0) {
    delete context;
    context = new mlir::MLIRContext(mlir::MLIRContext::Threading::DISABLED);
  }
  return *context;
}

[[noreturn]] static void reportFinding(StringRef problem,
                                       llvm::ArrayRef<std::string> messages) {
  llvm::errs() << "finding: " << problem << "\n";
  for (const std::string &message : messages)
    llvm::errs() << message << "\n";
  abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StringRef bytes = getBytes(data, size);
  mlir::MLIRContext &context = getContext();
  unsigned numErrors = 0;
  std::vector<std::string> messages;
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &diagnostic) {
        bool isError =
            diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error;
        numErrors += isError ? 1 : 0;
        messages.push_back(diagnostic.str());
        return mlir::success();
      });
  mlir::OwningOpRef<mlir::ModuleOp> module =
      importONNX({bytes, getFileName(bytes)}, ImportOptions(), &context);
  if (numErrors != (module ? 0 : 1))
    reportFinding(module ? "an error, but a module"
                         : "no module, but not exactly one error",
                  messages);
  for (StringRef message : messages)
    if (message.empty() || message.contains('\n'))
      reportFinding("a message is not one line", messages);
  if (module && failed(mlir::verify(*module)))
    reportFinding("the module is not valid", messages);
  return 0;
}

//===----------------------------------------------------------------------===//
// Mutation
//===----------------------------------------------------------------------===//

static bool parseModel(StringRef bytes, onnx::ModelProto &model) {
  StringRef name = getFileName(bytes);
  if (name.ends_with(".onnxtxt"))
    return !frontend::parseONNXText(bytes.str(), model);
  if (name.ends_with(".textproto"))
    return google::protobuf::TextFormat::ParseFromString(bytes.str(), &model);
  return model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// Writes `model` into the `maxSize` bytes at `out`. Returns how many it took,
/// or 0 if they are too few.
static size_t writeModel(const onnx::ModelProto &model, uint8_t *out,
                         size_t maxSize) {
  std::string bytes;
  if (!model.SerializePartialToString(&bytes) || bytes.size() > maxSize)
    return 0;
  llvm::copy(bytes, out);
  return bytes.size();
}

static void mutateString(std::string &bytes) {
  constexpr size_t room = 8;
  size_t size = bytes.size();
  bytes.resize(size + room);
  auto *data = reinterpret_cast<uint8_t *>(bytes.data());
  bytes.resize(LLVMFuzzerMutate(data, size, bytes.size()));
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned seed) {
  ModelMutator mutator(seed, mutateString);
  onnx::ModelProto model;
  if (!mutator.oneIn(64) && parseModel(getBytes(data, size), model)) {
    mutator.mutate(model);
    if (size_t newSize = writeModel(model, data, maxSize))
      return newSize;
  }
  return LLVMFuzzerMutate(data, size, maxSize);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1,
                                            const uint8_t *data2, size_t size2,
                                            uint8_t *out, size_t maxSize,
                                            unsigned seed) {
  onnx::ModelProto model, other;
  if (!parseModel(getBytes(data1, size1), model) ||
      !parseModel(getBytes(data2, size2), other))
    return 0;
  ModelMutator(seed, mutateString).crossOver(model, other);
  return writeModel(model, out, maxSize);
}
