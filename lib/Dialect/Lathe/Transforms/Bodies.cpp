//===- Bodies.cpp - Functions that ops run --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/Transforms/Bodies.h"

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/SetVector.h"

namespace lathe {
#define GEN_PASS_DEF_PREPAREBODIES
#define GEN_PASS_DEF_BODIESFIRST
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

namespace {

/// A depth-first search along the ops that run functions.
struct BodyOrder {
  LogicalResult visit(func::FuncOp function) {
    if (done.contains(function))
      return success();
    if (!active.insert(function))
      return function.emitError("runs itself, and the memory of a recursive "
                                "function cannot be planned");
    WalkResult result = function.walk([&](MemoryOpInterface op) {
      for (FlatSymbolRefAttr body : op.getBodies()) {
        auto callee =
            SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, body);
        if (callee && failed(visit(callee)))
          return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    active.remove(function);
    done.insert(function);
    return failure(result.wasInterrupted());
  }

  llvm::SetVector<func::FuncOp> done, active;
};

} // namespace

FailureOr<SmallVector<func::FuncOp>> lathe::getBodiesFirst(ModuleOp module) {
  BodyOrder order;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal() && failed(order.visit(function)))
      return failure();
  return llvm::to_vector(order.done.getArrayRef());
}

//===----------------------------------------------------------------------===//
// Preparation
//===----------------------------------------------------------------------===//

namespace {

struct PrepareBodies : lathe::impl::PrepareBodiesBase<PrepareBodies> {
  void runOnOperation() override {
    FailureOr<SmallVector<func::FuncOp>> functions =
        getBodiesFirst(getOperation());
    if (failed(functions))
      return signalPassFailure();
    llvm::DenseMap<func::FuncOp, Operation *> owners;
    for (func::FuncOp function : *functions) {
      WalkResult result = function.walk([&](MemoryOpInterface op) {
        for (FlatSymbolRefAttr symbol : op.getBodies())
          if (failed(prepare(op, symbol, owners)))
            return WalkResult::interrupt();
        return WalkResult::advance();
      });
      if (result.wasInterrupted())
        return signalPassFailure();
    }
  }

private:
  /// Names what `op` passes to a body, and declares what it carries.
  LogicalResult prepare(Operation *op, FlatSymbolRefAttr symbol,
                        llvm::DenseMap<func::FuncOp, Operation *> &owners) {
    auto body = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, symbol);
    auto [owner, isNew] = owners.try_emplace(body, op);
    if (!isNew)
      return op->emitOpError() << "runs " << symbol
                               << ", which another op runs too; give each a "
                                  "function of its own";
    unsigned firstState = 0, numStates = 0, firstResult = 0;
    if (auto loop = dyn_cast<LoopOp>(op)) {
      firstState = loop.getScanned().size();
      numStates = loop.getCarried().size();
      firstResult = loop.getCondition() ? 1 : 0;
    }
    auto isState = [&](unsigned index, unsigned first) {
      return index >= first && index < first + numStates;
    };
    for (unsigned i = 0; i < body.getNumArguments(); ++i)
      if (!isState(i, firstState))
        setName(body, i, /*isArgument=*/true, "x");
    for (unsigned i = 0; i < body.getNumResults(); ++i)
      if (!isState(i, firstResult))
        setName(body, i, /*isArgument=*/false, "y");
    for (unsigned i = 0; i < numStates; ++i) {
      StringAttr before =
          setName(body, firstState + i, /*isArgument=*/true, "state");
      StringAttr after =
          setName(body, firstResult + i, /*isArgument=*/false, "next");
      body.setArgAttr(firstState + i, "lathe.state", after);
      body.setResultAttr(firstResult + i, "lathe.state", before);
    }
    return success();
  }

  /// Names an argument or result by what it is and its number.
  StringAttr setName(func::FuncOp body, unsigned index, bool isArgument,
                     StringRef base) {
    auto name = StringAttr::get(&getContext(), base + Twine(index));
    if (isArgument)
      body.setArgAttr(index, "lathe.name", name);
    else
      body.setResultAttr(index, "lathe.name", name);
    return name;
  }
};

//===----------------------------------------------------------------------===//
// Pipelines
//===----------------------------------------------------------------------===//

struct BodiesFirst : lathe::impl::BodiesFirstBase<BodiesFirst> {
  using BodiesFirstBase::BodiesFirstBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    for (const OpPassManager &pipeline : pipelines)
      pipeline.getDependentDialects(registry);
  }

  LogicalResult initialize(MLIRContext *context) override {
    if (pipelines.size() == 2)
      return success();
    return emitError(UnknownLoc::get(context),
                     "lathe-bodies-first needs two pipelines, one for bodies "
                     "and one for models");
  }

  void runOnOperation() override {
    FailureOr<SmallVector<func::FuncOp>> functions =
        getBodiesFirst(getOperation());
    if (failed(functions))
      return signalPassFailure();
    for (func::FuncOp function : *functions)
      if (failed(
              runPipeline(pipelines[function.isPrivate() ? 0 : 1], function)))
        return signalPassFailure();
  }
};

} // namespace
