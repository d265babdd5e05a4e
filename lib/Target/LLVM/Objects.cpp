//===- Objects.cpp - Compile a model on all cores -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodeGen.h"
#include "lathe/Target/LLVM/Partition.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/Parallel.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

#include <deque>
#include <functional>

using namespace lathe;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

/// A machine like `machine`, for another thread.
static std::unique_ptr<llvm::TargetMachine>
cloneMachine(const llvm::TargetMachine &machine) {
  return std::unique_ptr<llvm::TargetMachine>(
      machine.getTarget().createTargetMachine(
          machine.getTargetTriple(), machine.getTargetCPU(),
          machine.getTargetFeatureString(), machine.Options,
          machine.getRelocationModel(), machine.getCodeModel(),
          machine.getOptLevel()));
}

static Error compile(llvm::Module &code, llvm::TargetMachine &machine,
                     llvm::SmallVectorImpl<char> &object) {
  optimize(code, machine);
  return lathe::detail::generateCode(code, machine,
                                     llvm::CodeGenFileType::ObjectFile,
                                     /*weights=*/nullptr, object);
}

static Error compileBitcode(llvm::ArrayRef<char> bitcode,
                            const llvm::TargetMachine &machine,
                            ObjectFile &object) {
  llvm::LLVMContext context;
  auto code = llvm::parseBitcodeFile(
      {StringRef(bitcode.data(), bitcode.size()), object.name}, context);
  if (!code)
    return code.takeError();
  return compile(**code, *cloneMachine(machine), object.bytes);
}

namespace {

/// Makes the objects of one model, each in a task of its own.
class ObjectCompiler {
public:
  ObjectCompiler(NativeModule &module, llvm::TargetMachine &machine)
      : module(module), machine(machine),
        weightsMachine(cloneMachine(machine)) {}

  void startCode();
  void startWeights();
  Expected<std::vector<ObjectFile>> finish();

private:
  struct Result {
    ObjectFile object;
    std::optional<Error> error;
  };
  void start(const llvm::Twine &suffix,
             std::function<Error(ObjectFile &)> make) {
    // A deque leaves its elements where they are.
    Result &result = results.emplace_back();
    result.object.name = (module.name + suffix + ".o").str();
    tasks.spawn([&result, make = std::move(make)] {
      result.error = make(result.object);
    });
  }

  NativeModule &module;
  llvm::TargetMachine &machine;
  std::unique_ptr<llvm::TargetMachine> weightsMachine;
  std::deque<Result> results;
  llvm::parallel::TaskGroup tasks;
};

} // namespace

void ObjectCompiler::startCode() {
  if (Partition(*module.code).getNumParts() == 1)
    return start("", [this](ObjectFile &object) {
      return compile(*module.code, machine, object.bytes);
    });
  // What is known of a kernel's arguments gets lost where it is called from
  // another part: most of all, where its weights are.
  propagateConstants(*module.code, machine);
  Partition partition(*module.code);
  partition.split(module.name, [&](llvm::SmallVector<char, 0> bitcode) {
    std::string suffix =
        results.empty() ? "" : "_" + std::to_string(results.size());
    start(suffix, [this, bitcode = std::move(bitcode)](ObjectFile &object) {
      return compileBitcode(bitcode, machine, object);
    });
  });
}

void ObjectCompiler::startWeights() {
  if (module.weights.empty())
    return;
  // Made before the code's task changes the machine's options.
  std::shared_ptr<llvm::TargetMachine> own = std::move(weightsMachine);
  start("_weights", [this, own](ObjectFile &object) {
    return lathe::detail::writeWeights(module.weights, *own, object.bytes);
  });
}

Expected<std::vector<ObjectFile>> ObjectCompiler::finish() {
  tasks.sync();
  std::vector<ObjectFile> objects;
  Error errors = Error::success();
  for (Result &result : results) {
    errors = llvm::joinErrors(std::move(errors), std::move(*result.error));
    objects.push_back(std::move(result.object));
  }
  if (errors)
    return std::move(errors);
  return objects;
}

Expected<std::vector<ObjectFile>>
lathe::compileObjects(NativeModule &module, llvm::TargetMachine &machine,
                      bool withWeights) {
  ObjectCompiler compiler(module, machine);
  compiler.startCode();
  if (withWeights)
    compiler.startWeights();
  return compiler.finish();
}

Error lathe::detail::addToJit(ObjectFile object, llvm::orc::LLJIT &jit) {
  return jit.addObjectFile(std::make_unique<llvm::SmallVectorMemoryBuffer>(
      std::move(object.bytes), object.name,
      /*RequiresNullTerminator=*/false));
}
