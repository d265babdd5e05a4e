//===- ProfileLog.cpp - Profiles of what a device logged ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProfileLog.h"
#include "Options.h"

#include "lathe/Driver/LayerLog.h"
#include "lathe/Support/Quantity.h"
#include "lathe/Target/Common/OutputFiles.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

#include <cmath>

using namespace lathe;
using namespace lathe::tool;
using llvm::StringRef;
namespace cl = llvm::cl;

static void printTable(const ModelProfile &profile, const Artifact &artifact) {
  llvm::outs() << llvm::format("%.4g ms on ", profile.seconds * 1e3)
               << artifact.target
               << llvm::format(", by medians of %u runs\n\n", profile.numRuns)
               << "       us  share  kernel: nodes\n";
  for (const KernelProfile &kernel : profile.kernels) {
    llvm::outs() << llvm::format("%9.2f %5.1f%%  ", kernel.seconds * 1e6,
                                 kernel.seconds / profile.seconds * 100)
                 << kernel.name;
    if (kernel.nodes != kernel.name)
      llvm::outs() << ": " << kernel.nodes;
    llvm::outs() << "\n";
  }
}

static void printCSV(const ModelProfile &profile) {
  llvm::outs() << "kernel,nodes,seconds\n";
  for (const KernelProfile &kernel : profile.kernels)
    llvm::outs() << quoteCSV(kernel.name) << ',' << quoteCSV(kernel.nodes)
                 << llvm::format(",%.9g\n", kernel.seconds);
}

/// As `lathe profile --run` does, without what was not measured.
static void printJSON(const ModelProfile &profile, const Artifact &artifact,
                      llvm::raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("seconds", profile.seconds);
    json.attribute("runs", profile.numRuns);
    json.attribute("target", artifact.target);
    json.attributeArray("kernels", [&] {
      for (const KernelProfile &kernel : profile.kernels)
        json.object([&] {
          json.attribute("name", kernel.name);
          json.attribute("nodes", kernel.nodes);
          json.attribute("seconds", kernel.seconds);
        });
    });
  });
  os << "\n";
}

static void print(const ModelProfile &profile, const Artifact &artifact,
                  ReportFormat format) {
  switch (format) {
  case ReportFormat::Table:
    return printTable(profile, artifact);
  case ReportFormat::CSV:
    return printCSV(profile);
  case ReportFormat::JSON:
    return printJSON(profile, artifact, llvm::outs());
  }
}

ProfileLog::ProfileLog(cl::SubCommand &command)
    : command(command),
      log("log", cl::sub(command), cl::value_desc("file"),
          cl::desc("Make the profile of a compiled package, which is given "
                   "instead of the model, from what its hook printed on a "
                   "device: lines 'LAYER TICKS'")),
      clock("clock", cl::sub(command), cl::value_desc("frequency"),
            cl::desc("The clock of --log's ticks, such as 64MHz, or what one "
                     "takes, such as 1us")) {}

/// Fails if there is a flag of measurements or estimates.
llvm::Error ProfileLog::refuseOthers() const {
  std::vector<StringRef> others;
  for (const auto &[name, option] : command.OptionsMap)
    if (option->getNumOccurrences() > 0 &&
        !llvm::is_contained({"log", "clock", "o", "format"}, name))
      others.push_back(name);
  if (others.empty())
    return llvm::Error::success();
  // In an order that does not depend on the map.
  return llvm::createStringError("--" + *llvm::min_element(others) +
                                 " says nothing of what was measured already; "
                                 "leave it out with --log");
}

/// What a tick takes, above 0.
llvm::Expected<double> ProfileLog::getTickSeconds() const {
  bool isPeriod =
      StringRef(clock).ends_with("s") && !StringRef(clock).ends_with("/s");
  auto value =
      parseQuantity(clock, isPeriod ? Dimension::Seconds : Dimension::Hertz);
  if (!value)
    return llvm::createStringError("--clock: " +
                                   llvm::toString(value.takeError()));
  double seconds = isPeriod ? *value : 1 / *value;
  if (!std::isfinite(seconds) || seconds <= 0)
    return llvm::createStringError("--clock is above 0");
  return seconds;
}

ExitStatus ProfileLog::run(llvm::ArrayRef<std::string> folders,
                           StringRef output, ReportFormat format) const {
  if (log.empty())
    return reportError("--clock goes with --log=FILE, whose ticks it is of");
  if (clock.empty())
    return reportError("--log needs the clock of its ticks; give it as "
                       "--clock, such as --clock=64MHz");
  if (llvm::Error error = refuseOthers())
    return reportError(std::move(error));
  if (folders.size() > 1)
    return reportError("--log is of one package");
  llvm::Expected<double> tickSeconds = getTickSeconds();
  if (!tickSeconds)
    return reportError(tickSeconds.takeError());
  if (!Artifact::isArtifact(folders.front()))
    return reportError("'" + folders.front() +
                       "' is no folder; --log goes with the one that lathe "
                       "compile wrote");
  llvm::Expected<Artifact> artifact = Artifact::load(folders.front());
  if (!artifact)
    return reportError(artifact.takeError());
  auto profile = readLayerLog(*artifact, log, *tickSeconds);
  if (!profile)
    return reportError(profile.takeError());
  if (!output.empty()) {
    std::string text;
    llvm::raw_string_ostream os(text);
    printJSON(*profile, *artifact, os);
    if (llvm::Error error = writeOutputFile(output, std::move(text)))
      return reportError(std::move(error));
  }
  print(*profile, *artifact, format);
  return Done;
}
