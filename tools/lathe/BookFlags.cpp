//===- BookFlags.cpp - Flags of books of plans ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BookFlags.h"

#include "llvm/ADT/STLExtras.h"

namespace cl = llvm::cl;

#include <cmath>

using namespace lathe;
using namespace lathe::tool;

BookFlags::BookFlags(cl::SubCommand &command)
    : book("book", cl::sub(command),
           cl::desc("Add book.json to the plan: the fastest plan for "
                    "bandwidths from a hundredth to a hundredfold and "
                    "whichever devices are there")),
      battery("book-battery", cl::sub(command), cl::value_desc("device=price"),
              cl::desc("Also where a joule of a device counts as so much time, "
                       "as its battery is low, such as camera=10s/J")),
      noise("book-noise", cl::sub(command), cl::value_desc("class=ratio"),
            cl::desc("With --max-noise and the like, also for requests of a "
                     "class that may have so much noise, such as rough=0.01")),
      exit("book-exit", cl::sub(command), cl::value_desc("output"),
           cl::desc("Also if some requests leave with this output: for "
                    "probabilities of that from 0 to 0.99")) {}

llvm::Error BookFlags::addTo(PlanOptions &options,
                             const Network &network) const {
  if (!book && (!battery.empty() || !noise.empty() || !exit.empty()))
    return llvm::createStringError(
        "--book-battery, --book-noise and --book-exit go with --book");
  options.hasBook = book;
  options.bookExit = exit;
  for (llvm::StringRef text : battery) {
    auto price = parseDeviceQuantity("--book-battery", text, network,
                                     Dimension::SecondsPerJoule);
    if (!price)
      return price.takeError();
    options.bookPrices.push_back({price->device, price->amount});
  }
  return addClasses(options);
}

llvm::Error BookFlags::addClasses(PlanOptions &options) const {
  for (llvm::StringRef text : noise) {
    partition::RequestClass added;
    added.name = text.split('=').first.str();
    if (added.name.empty() || text.split('=').second.getAsDouble(added.noise) ||
        !(added.noise >= 0 && std::isfinite(added.noise)))
      return llvm::createStringError(
          "--book-noise: '" + text +
          "' is no class with a noise, such as rough=0.01");
    if (llvm::any_of(options.requestClasses,
                     [&](const partition::RequestClass &other) {
                       return other.name == added.name;
                     }))
      return llvm::createStringError("--book-noise: class '" + added.name +
                                     "' stands twice");
    options.requestClasses.push_back(std::move(added));
  }
  return llvm::Error::success();
}

llvm::Expected<DeviceQuantity>
lathe::tool::parseDeviceQuantity(llvm::StringRef flag, llvm::StringRef text,
                                 const Network &network, Dimension dimension) {
  auto [name, amount] = text.split('=');
  llvm::StringRef wanted = name;
  size_t number = llvm::find_if(network.devices,
                                [&](const NetworkDevice &other) {
                                  return other.name == wanted;
                                }) -
                  network.devices.begin();
  if (number == network.devices.size())
    return llvm::createStringError(flag + ": the network has no device '" +
                                   wanted + "'");
  auto parsed = parseQuantity(amount, dimension);
  if (!parsed)
    return llvm::createStringError(flag + ": " +
                                   llvm::toString(parsed.takeError()));
  return DeviceQuantity{static_cast<unsigned>(number), *parsed};
}
