//===- BookFlags.h - Flags of books of plans --------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_BOOKFLAGS_H
#define LATHE_TOOLS_LATHE_BOOKFLAGS_H

#include "lathe/Plan/Planner.h"
#include "lathe/Support/Quantity.h"

#include "llvm/Support/CommandLine.h"

namespace lathe::tool {

/// The flags of `lathe partition` about book.json.
class BookFlags {
public:
  explicit BookFlags(llvm::cl::SubCommand &command);

  bool isGiven() const { return book; }

  /// Fails if a flag names no device of `network`, has no price or no noise, or
  /// stands without --book.
  llvm::Error addTo(PlanOptions &options, const Network &network) const;

private:
  llvm::Error addClasses(PlanOptions &options) const;

  llvm::cl::opt<bool> book;
  llvm::cl::list<std::string> battery, noise;
  llvm::cl::opt<std::string> exit;
};

/// A device, by its number, and an amount of `dimension`.
struct DeviceQuantity {
  unsigned device = 0;
  double amount = 0;
};

/// What `text`, such as camera=0.5J, gives a device of `network`. Fails, naming
/// `flag`, if there is no such device or the amount is none.
llvm::Expected<DeviceQuantity> parseDeviceQuantity(llvm::StringRef flag,
                                                   llvm::StringRef text,
                                                   const Network &network,
                                                   Dimension dimension);

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_BOOKFLAGS_H
