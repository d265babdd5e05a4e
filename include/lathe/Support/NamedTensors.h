//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SUPPORT_NAMEDTENSORS_H
#define LATHE_SUPPORT_NAMEDTENSORS_H

#include "lathe/Support/HostTensor.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace lathe {

/// Tensors by name in the order in which they were added: the inputs or outputs
/// of a model, or what an .npz file holds. Few, so look-up is a search.
class NamedTensors {
public:
  using Entry = std::pair<std::string, HostTensor>;

  /// Adds `tensor`, or replaces the one of that name and keeps its place.
  void set(llvm::StringRef name, HostTensor tensor) {
    if (HostTensor *present = find(name))
      *present = std::move(tensor);
    else
      entries.emplace_back(name.str(), std::move(tensor));
  }

  /// The tensor of that name, or null.
  const HostTensor *find(llvm::StringRef name) const {
    auto entry = llvm::find_if(
        entries, [&](const Entry &entry) { return entry.first == name; });
    return entry == entries.end() ? nullptr : &entry->second;
  }
  HostTensor *find(llvm::StringRef name) {
    return const_cast<HostTensor *>(std::as_const(*this).find(name));
  }

  size_t size() const { return entries.size(); }
  bool empty() const { return entries.empty(); }
  auto begin() const { return entries.begin(); }
  auto end() const { return entries.end(); }

private:
  std::vector<Entry> entries;
};

/// The same tensors with elements of their own.
NamedTensors copyTensors(const NamedTensors &tensors);

/// The tensor of `given` to run an input on that is called `name`: the one of
/// that name or, if it is the `only` input, the only tensor without a name.
/// NumPy has no bfloat16, so that its bits may come as uint16. Fails if there
/// is none, or if it is of another shape or kind.
llvm::Expected<HostTensor> selectInput(const NamedTensors &given,
                                       llvm::StringRef name, bool only,
                                       ElementKind kind,
                                       llvm::ArrayRef<int64_t> shape);

} // namespace lathe

#endif // LATHE_SUPPORT_NAMEDTENSORS_H
