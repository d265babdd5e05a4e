//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which function converts an ONNX operator, by name and version.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_FRONTEND_ONNX_OPERATORREGISTRY_H
#define LATHE_LIB_FRONTEND_ONNX_OPERATORREGISTRY_H

#include "lathe/Frontend/ONNX/Import.h"
#include "mlir/Support/LLVM.h"
#include <map>
#include <vector>

namespace lathe::frontend {

class NodeContext;

/// Builds lathe ops for one node. Errors are emitted through the context.
using Converter = mlir::LogicalResult (*)(NodeContext &);

/// The domain of classical machine learning, and its newest version.
constexpr llvm::StringLiteral mlDomain = "ai.onnx.ml";
constexpr int64_t newestMlOpset = 5;

/// The versions of the operator set that a converter is for.
struct Versions {
  int64_t since;
  int64_t until = newestOpset;
};

/// How many inputs a node may have. The first `least` must be present.
struct Inputs {
  static constexpr unsigned any = ~0u;

  constexpr Inputs(unsigned count) : least(count), most(count) {}
  constexpr Inputs(unsigned least, unsigned most) : least(least), most(most) {}

  unsigned least;
  unsigned most;
};

/// What a converter makes of inputs with extents that are only known at run
/// time; see DynamicExtents.h.
enum class OpenExtents {
  /// It cannot read them; the importer says so.
  Refused,
  /// It computes each element from those at the same place. The importer gives
  /// its results the extents of its inputs.
  Kept,
  /// It asks for them, and says what its results have.
  Handled
};

class OperatorRegistry {
public:
  struct Entry {
    Versions versions;
    Inputs inputs;
    Converter converter;
    OpenExtents extents;
    /// Whether inputs may be sequences or optionals; see Sequence.h. Others
    /// never see any.
    bool takesSequences = false;
    /// The inputs that must be known at compile time, for the table.
    llvm::StringRef known = {};
    /// What of the operator is not supported, for the table.
    llvm::StringRef gap = {};

    Entry &takeSequences() {
      takesSequences = true;
      return *this;
    }
    Entry &needs(llvm::StringLiteral inputs) {
      known = inputs;
      return *this;
    }
    Entry &lacks(llvm::StringLiteral what) {
      gap = what;
      return *this;
    }
  };
  /// The converters of one operator, in the order of their versions.
  using Entries = std::vector<Entry>;
  /// Domain (empty for ONNX's own) and name.
  using Key = std::pair<std::string, std::string>;

  /// All converters.
  static const OperatorRegistry &get();

  /// Adds a converter of an operator in ONNX's own domain.
  Entry &add(llvm::StringRef name, Versions versions, Inputs inputs,
             Converter converter, OpenExtents extents = OpenExtents::Refused) {
    return addInDomain("", name, versions, inputs, converter, extents);
  }
  Entry &addInDomain(llvm::StringRef domain, llvm::StringRef name,
                     Versions versions, Inputs inputs, Converter converter,
                     OpenExtents extents = OpenExtents::Refused);

  /// States why an operator has no converter.
  void refuse(llvm::StringRef domain, llvm::StringRef name,
              llvm::StringLiteral reason);

  /// Why an operator is refused; empty if it is not.
  llvm::StringRef getRefusal(llvm::StringRef domain,
                             llvm::StringRef name) const;

  /// The converters of an operator, or null.
  const Entries *find(llvm::StringRef domain, llvm::StringRef name) const;

  /// The supported operator whose name is most like `name`; empty if none is.
  llvm::StringRef getSimilarName(llvm::StringRef name) const;

  const std::map<Key, Entries> &getOperators() const { return operators; }
  const std::map<Key, llvm::StringRef> &getRefusals() const { return refusals; }

private:
  std::map<Key, Entries> operators;
  std::map<Key, llvm::StringRef> refusals;
};

} // namespace lathe::frontend

#endif // LATHE_LIB_FRONTEND_ONNX_OPERATORREGISTRY_H
