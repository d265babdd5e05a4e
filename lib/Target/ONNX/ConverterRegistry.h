//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which function converts an op, by name.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_TARGET_ONNX_CONVERTERREGISTRY_H
#define LATHE_LIB_TARGET_ONNX_CONVERTERREGISTRY_H

#include "OpContext.h"

#include "llvm/ADT/StringMap.h"
#include <functional>

namespace lathe::exporter {

/// Adds the nodes of an op to the graph, or emits an error at it.
using Converter =
    std::function<mlir::LogicalResult(mlir::Operation *, OpContext &)>;

class ConverterRegistry {
public:
  /// All converters.
  static const ConverterRegistry &get();

  /// Adds `convert`, a function of an `OpTy` and its context.
  template <typename OpTy, typename Fn> void add(Fn convert) {
    converters[OpTy::getOperationName()] =
        [convert = std::move(convert)](mlir::Operation *op,
                                       OpContext &context) {
          return convert(llvm::cast<OpTy>(op), context);
        };
  }

  /// The converter of the op called `name`, or null.
  const Converter *find(llvm::StringRef name) const {
    auto found = converters.find(name);
    return found == converters.end() ? nullptr : &found->second;
  }

private:
  llvm::StringMap<Converter> converters;
};

// The families of converters, each in a file of its own.
void addActivations(ConverterRegistry &registry);
void addDataMovement(ConverterRegistry &registry);
void addElementwise(ConverterRegistry &registry);
void addQuantization(ConverterRegistry &registry);
void addReductions(ConverterRegistry &registry);
void addResize(ConverterRegistry &registry);
void addSpatial(ConverterRegistry &registry);

} // namespace lathe::exporter

#endif // LATHE_LIB_TARGET_ONNX_CONVERTERREGISTRY_H
