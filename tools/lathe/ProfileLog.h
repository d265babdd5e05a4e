//===- ProfileLog.h - Profiles of what a device logged ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_PROFILELOG_H
#define LATHE_TOOLS_LATHE_PROFILELOG_H

#include "Commands.h"
#include "EstimateReport.h"

namespace lathe::tool {

/// The flags of `lathe profile FOLDER --log=FILE --clock=64MHz`.
class ProfileLog {
public:
  explicit ProfileLog(llvm::cl::SubCommand &command);

  /// Whether one of its flags is.
  bool isGiven() const {
    return log.getNumOccurrences() + clock.getNumOccurrences() > 0;
  }

  /// Prints the profile of the package in `folder` in `format` and, if there is
  /// a name for it, writes it to the file `output`.
  ExitStatus run(llvm::ArrayRef<std::string> folders, llvm::StringRef output,
                 ReportFormat format) const;

private:
  llvm::Error refuseOthers() const;
  llvm::Expected<double> getTickSeconds() const;

  llvm::cl::SubCommand &command;
  llvm::cl::opt<std::string> log, clock;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_PROFILELOG_H
