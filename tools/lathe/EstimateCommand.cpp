//===- EstimateCommand.cpp - lathe profile without --run ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EstimateCommand.h"

#include "lathe/Driver/Emit.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;

/// The targets, checked: known, for C, and each named once.
static llvm::Expected<std::vector<TargetDescription>>
getTargets(ArrayRef<std::string> names) {
  if (names.empty())
    return llvm::createStringError(
        "pass --run to measure the model on this machine, or "
        "--target=BOARD,... to estimate what it takes there (lathe targets "
        "lists the boards)");
  std::vector<TargetDescription> targets;
  llvm::StringSet<> seen;
  for (const std::string &name : names) {
    if (name.empty())
      return llvm::createStringError(
          "--target has an empty name in its list; lathe targets lists those "
          "there are");
    llvm::Expected<TargetDescription> target = getTarget(name);
    if (!target)
      return target.takeError();
    if (target->backend != TargetBackend::C)
      return llvm::createStringError(
          "there are no estimates for '" + name +
          "', which is compiled through LLVM; " +
          (name == "host" ? "--run measures the model here"
                          : "they are for targets of the backend c, which "
                            "lathe targets lists"));
    // By an alias it may be the same.
    if (!seen.insert(target->name).second)
      return llvm::createStringError("target '" + target->name +
                                     "' is named twice; name it once");
    targets.push_back(std::move(*target));
  }
  return targets;
}

static llvm::Error checkModels(ArrayRef<std::string> models) {
  llvm::StringSet<> seen;
  for (const std::string &model : models)
    if (!seen.insert(model).second)
      return llvm::createStringError("model '" + model +
                                     "' is named twice; name it once");
  return llvm::Error::success();
}

/// Compiles what `module`, at the loop level, becomes in C, and measures that.
static llvm::Expected<CodeSize> measure(ModuleOp module,
                                        const TargetDescription &target,
                                        StringRef compiler,
                                        Objective objective) {
  std::vector<ModelVersion> versions(1);
  versions.front().target = target;
  versions.front().module = module;
  // Weights are not compiled, so it does not matter what holds them.
  EmitOptions options;
  options.objective = objective;
  llvm::Expected<Emission> emission = emitFiles(versions, target, options);
  if (!emission)
    return emission.takeError();
  return measureCode(emission->files, target, compiler,
                     objective == Objective::Flash);
}

/// Fills in the row or fails.
static llvm::Error estimate(const std::string &model,
                            const EstimateRequest &request,
                            MLIRContext &context, EstimateRow &row) {
  OwningOpRef<ModuleOp> module = loadModel(model, request.import, &context);
  if (!module)
    return llvm::make_error<DiagnosedError>();
  auto result = estimateModel(*module, row.target, request.code);
  if (!result)
    return result.takeError();
  if (request.compiler) {
    auto code =
        measure(*module, row.target, *request.compiler, result->objective);
    if (!code)
      return code.takeError();
    row.code = std::move(*code);
  }
  row.estimate = std::move(*result);
  return llvm::Error::success();
}

/// The row of a model on a target, and what its failure is as a status. What is
/// wrong with a model comes as diagnostics, of which the row has the first.
static ExitStatus addRow(const std::string &model,
                         const TargetDescription &target,
                         const EstimateRequest &request,
                         std::vector<EstimateRow> &rows) {
  DialectRegistry registry;
  registerLatheDialects(registry);
  MLIRContext context(registry);
  EstimateRow &row = rows.emplace_back();
  row.model = request.import.name.empty() ? llvm::sys::path::stem(model).str()
                                          : request.import.name;
  row.target = target;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (row.error.empty() &&
        diagnostic.getSeverity() == DiagnosticSeverity::Error)
      row.error = diagnostic.str();
  });
  ExitStatus status = Done;
  llvm::handleAllErrors(
      estimate(model, request, context, row),
      [&](const DiagnosedError &) { status = UserError; },
      [&](const CompilerBug &bug) {
        row.error = bug.message();
        status = InternalError;
      },
      [&](const llvm::ErrorInfoBase &other) {
        row.error = other.message();
        status = UserError;
      });
  return status;
}

/// An error for what is wrong with the only row.
static ExitStatus refuse(const std::string &model, const EstimateRow &row,
                         ExitStatus status) {
  reportError(model + " for " + row.target.name + ": " + row.error);
  return status;
}

ExitStatus lathe::tool::runEstimates(const EstimateRequest &request) {
  llvm::Expected<std::vector<TargetDescription>> targets =
      getTargets(request.targets);
  if (!targets)
    return reportError(targets.takeError());
  if (llvm::Error error = checkModels(request.models))
    return reportError(std::move(error));
  std::vector<EstimateRow> rows;
  ExitStatus worst = Done;
  for (const std::string &model : request.models)
    for (const TargetDescription &target : *targets)
      worst = std::max(worst, addRow(model, target, request, rows));
  if (rows.size() == 1 && worst != Done)
    return refuse(request.models.front(), rows.front(), worst);
  printEstimates(rows, request.format, llvm::outs());
  if (worst != Done) {
    llvm::outs().flush();
    reportError(
        Twine(llvm::count_if(
            rows, [](const EstimateRow &row) { return !row.estimate; })) +
        " of " + Twine(rows.size()) + " could not be compiled");
  }
  return worst;
}
