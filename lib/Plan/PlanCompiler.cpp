//===- PlanCompiler.cpp - The files of a plan -----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlannerDetail.h"
#include "lathe/Driver/Emit.h"
#include "lathe/Driver/Loader.h"
#include "lathe/Driver/Versions.h"
#include "lathe/Support/NodeNames.h"
#include "lathe/Support/RunPasses.h"
#include "lathe/Target/ONNX/Export.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace lathe;

/// Adds the code of `module` for `device`, and what it takes to `component`.
static llvm::Error compileComponent(ModuleOp module,
                                    const NetworkDevice &device,
                                    PlanComponent &component,
                                    std::vector<OutputFile> &files) {
  auto code = chooseCode(module, device);
  if (!code)
    return code.takeError();
  auto versions = lowerVersionsToKernels(module, device.target, *code);
  if (!versions)
    return versions.takeError();
  func::FuncOp model = lookupModel(versions->front().module);
  if (failed(checkFit(model, device.target, {})))
    return llvm::make_error<DiagnosedError>();
  Footprint footprint = getFootprint(model);
  component.arenaBytes = footprint.arena;
  component.weightBytes = footprint.weights;
  if (llvm::Error error = lowerVersionsToLoops(*versions))
    return error;
  EmitOptions options;
  options.kind = getDefaultEmitKind(device.target);
  options.threads = code->threads;
  options.objective = *code->objective;
  auto emission = emitFiles(*versions, device.target, options);
  if (!emission)
    return emission.takeError();
  for (OutputFile &file : emission->files) {
    file.path = component.name + "/" + file.path;
    files.push_back(std::move(file));
  }
  return llvm::Error::success();
}

/// Adds `module` in ONNX. What ONNX cannot state, such as trees, is compiled
/// all the same: a warning says why it is not there.
static void addONNX(ModuleOp module, const PlanComponent &component,
                    std::vector<OutputFile> &files) {
  std::string reason;
  FailureOr<std::string> onnx = failure();
  {
    ScopedDiagnosticHandler handler(
        module.getContext(), [&](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
            return failure();
          if (!reason.empty())
            return success();
          llvm::raw_string_ostream(reason)
              << llvm::join(getNodeNames(diagnostic.getLocation()), ", ") << " "
              << diagnostic.str();
          return success();
        });
    onnx = exportONNX(module);
  }
  if (succeeded(onnx))
    files.push_back({component.name + "/" + component.name + ".onnx", *onnx});
  else
    emitWarning(UnknownLoc::get(module.getContext()))
        << "component '" << component.name
        << "' is not there as ONNX: " << reason;
}

llvm::Expected<std::vector<OutputFile>>
lathe::compilePlan(PlannedModel &planned, const Network &network) {
  std::vector<OutputFile> files;
  for (auto [component, module] :
       llvm::zip_equal(planned.plan.components, planned.components)) {
    addONNX(*module, component, files);
    const NetworkDevice &device = network.devices[component.device];
    if (llvm::Error error = compileComponent(*module, device, component, files))
      return std::move(error);
  }
  files.push_back({Plan::fileName.str(), planned.plan.print()});
  return files;
}
