//===- Quantity.cpp - Numbers with units ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/Quantity.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <optional>

using namespace lathe;

namespace {

/// A unit without its prefix.
struct Unit {
  llvm::StringLiteral name;
  double factor;
};

struct Prefix {
  llvm::StringLiteral name;
  double factor;
};

/// The units of a dimension, and an example of it.
struct Units {
  llvm::ArrayRef<Unit> units;
  llvm::StringLiteral what, example;
};

} // namespace

static Units getUnits(Dimension dimension) {
  static constexpr Unit bytes[] = {{"B", 1}, {"byte", 1}, {"bytes", 1}};
  static constexpr Unit seconds[] = {{"s", 1}};
  static constexpr Unit rates[] = {{"B/s", 1}, {"bit/s", 0.125}};
  static constexpr Unit watts[] = {{"W", 1}};
  static constexpr Unit joules[] = {{"J", 1}};
  static constexpr Unit energies[] = {{"J/B", 1}, {"J/byte", 1}, {"J/bit", 8}};
  static constexpr Unit prices[] = {{"s/J", 1}};
  static constexpr Unit operations[] = {{"op/s", 1}, {"FLOP/s", 1}};
  static constexpr Unit frequencies[] = {{"Hz", 1}};
  switch (dimension) {
  case Dimension::Bytes:
    return {bytes, "bytes", "256 KiB"};
  case Dimension::Seconds:
    return {seconds, "a time", "5 ms"};
  case Dimension::BytesPerSecond:
    return {rates, "bytes per second", "5 MB/s"};
  case Dimension::Watts:
    return {watts, "a power", "33.5 mW"};
  case Dimension::Joules:
    return {joules, "an energy", "0.5 J"};
  case Dimension::JoulesPerByte:
    return {energies, "energy per byte", "0.2 uJ/B"};
  case Dimension::SecondsPerJoule:
    return {prices, "seconds per joule", "10 s/J"};
  case Dimension::OperationsPerSecond:
    return {operations, "operations per second", "40 GFLOP/s"};
  case Dimension::Hertz:
    return {frequencies, "a frequency", "64 MHz"};
  }
  llvm_unreachable("no dimension");
}

/// The factor of `unit` with its prefix, none if it is no unit of `units`.
static std::optional<double> getFactor(llvm::StringRef unit,
                                       const Units &units) {
  static constexpr Prefix prefixes[] = {
      {"", 1},     {"n", 1e-9},    {"u", 1e-6},    {"\xc2\xb5", 1e-6},
      {"m", 1e-3}, {"k", 1e3},     {"M", 1e6},     {"G", 1e9},
      {"T", 1e12}, {"Ki", 0x1p10}, {"Mi", 0x1p20}, {"Gi", 0x1p30}};
  for (const Unit &known : units.units)
    for (const Prefix &prefix : prefixes)
      if (unit.starts_with(prefix.name) &&
          unit.drop_front(prefix.name.size()) == known.name)
        return prefix.factor * known.factor;
  return std::nullopt;
}

llvm::Expected<double> lathe::parseQuantity(llvm::StringRef text,
                                            Dimension dimension) {
  Units units = getUnits(dimension);
  auto fail = [&](const llvm::Twine &problem) {
    return llvm::createStringError("'" + text + "' " + problem + "; give " +
                                   units.what + ", such as " + units.example);
  };
  llvm::StringRef rest = text.trim();
  // An exponent needs a digit before and after it: "5 EB" has none.
  size_t length = rest.find_if([](char c) {
    return !llvm::isDigit(c) && c != '.' && c != '-' && c != '+';
  });
  llvm::StringRef tail = rest.substr(length);
  if (length > 0 && (tail.consume_front("e") || tail.consume_front("E"))) {
    tail.consume_front("-") || tail.consume_front("+");
    size_t digits = tail.take_while(llvm::isDigit).size();
    if (digits > 0)
      length = rest.size() - tail.size() + digits;
  }
  double number;
  if (rest.take_front(length).getAsDouble(number))
    return fail("does not begin with a number");
  if (!std::isfinite(number) || number < 0)
    return fail("is not a number from 0 on");
  llvm::StringRef unit = rest.drop_front(std::min(length, rest.size())).trim();
  if (unit.empty() && number == 0)
    return 0;
  if (unit.empty())
    return fail("has no unit");
  std::optional<double> factor = getFactor(unit, units);
  if (!factor)
    return fail("has another unit");
  return number * *factor;
}
