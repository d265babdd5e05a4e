//===- RunPassesTest.cpp - What a failing pass means ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/RunPasses.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "gtest/gtest.h"

using namespace lathe;
using namespace mlir;

namespace {

/// Does what a test wants to a module.
struct TestPass : PassWrapper<TestPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestPass)

  using Action = std::function<LogicalResult(ModuleOp)>;
  explicit TestPass(Action action) : action(std::move(action)) {}

  StringRef getArgument() const override { return "test-pass"; }
  void runOnOperation() override {
    if (failed(action(getOperation())))
      signalPassFailure();
  }

  Action action;
};

/// What a run said and returned.
struct Outcome {
  bool succeeded = false, isDiagnosed = false, isBug = false;
  std::string message;
  bool hasReproducer = false;
  SmallVector<std::string> diagnostics;
};

Outcome runPass(TestPass::Action action) {
  MLIRContext context;
  context.loadDialect<func::FuncDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  Outcome outcome;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    outcome.diagnostics.push_back(diagnostic.str());
    return success();
  });
  PassManager passes(&context);
  passes.addPass(std::make_unique<TestPass>(std::move(action)));
  llvm::Error error = runPasses(passes, *module);
  outcome.succeeded = !error;
  llvm::handleAllErrors(
      std::move(error),
      [&](const DiagnosedError &) { outcome.isDiagnosed = true; },
      [&](const CompilerBug &bug) {
        outcome.isBug = true;
        outcome.message = bug.message();
        llvm::FileRemover remover(bug.getReproducer());
        outcome.hasReproducer = llvm::sys::fs::exists(bug.getReproducer());
      });
  return outcome;
}

TEST(RunPasses, SucceedsAndLetsWarningsThrough) {
  Outcome outcome = runPass([](ModuleOp module) {
    module.emitWarning("slow");
    return success();
  });
  EXPECT_TRUE(outcome.succeeded);
  EXPECT_EQ(outcome.diagnostics, SmallVector<std::string>{"slow"});
}

TEST(RunPasses, AnErrorOfAPassIsDiagnosedOnce) {
  Outcome outcome = runPass([](ModuleOp module) {
    module.emitError("cannot do this");
    return module.emitError("failed to legalize operation 'x'");
  });
  EXPECT_TRUE(outcome.isDiagnosed);
  EXPECT_EQ(outcome.diagnostics, SmallVector<std::string>{"cannot do this"});
}

TEST(RunPasses, ASilentFailureIsABug) {
  Outcome outcome = runPass([](ModuleOp) { return failure(); });
  EXPECT_TRUE(outcome.isBug);
  EXPECT_TRUE(outcome.hasReproducer);
  EXPECT_TRUE(outcome.diagnostics.empty());
}

TEST(RunPasses, AnOperationWithoutLoweringIsABug) {
  Outcome outcome = runPass([](ModuleOp module) {
    return module.emitError("failed to legalize operation 'x'");
  });
  EXPECT_TRUE(outcome.isBug);
  EXPECT_NE(outcome.message.find("failed to legalize operation 'x'"),
            std::string::npos);
}

TEST(RunPasses, InvalidIRIsABug) {
  Outcome outcome = runPass([](ModuleOp module) {
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    func::ReturnOp::create(builder, module.getLoc());
    return success();
  });
  EXPECT_TRUE(outcome.isBug);
  EXPECT_NE(outcome.message.find("expects parent op 'func.func'"),
            std::string::npos);
  EXPECT_TRUE(outcome.hasReproducer);
  EXPECT_TRUE(outcome.diagnostics.empty());
}

TEST(RunPasses, ACrashIsABug) {
  Outcome outcome = runPass([](ModuleOp) -> LogicalResult {
    LLVM_BUILTIN_TRAP;
    return success();
  });
  EXPECT_TRUE(outcome.isBug);
  EXPECT_TRUE(outcome.hasReproducer);
}

} // namespace
