//===- ExternalizeWeights.cpp - Move constants out of the module ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Conversion/LoopsToLLVM/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <map>
#include <tuple>

namespace lathe {
#define GEN_PASS_DEF_EXTERNALIZEWEIGHTS
#include "lathe/Conversion/LoopsToLLVM/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

//===----------------------------------------------------------------------===//
// Bytes of an attribute
//===----------------------------------------------------------------------===//

namespace {

/// The stored bytes of a constant and how memory is filled from them.
struct RawElements {
  enum class Form {
    Plain,     ///< as they are
    Splat,     ///< one element, repeated
    PackedBits ///< bools that the attribute stores eight to a byte
  };
  Form form;
  StringRef bytes;

  bool operator<(const RawElements &other) const {
    return std::tie(form, bytes) < std::tie(other.form, other.bytes);
  }
};

StringRef asBytes(ArrayRef<char> data) {
  return StringRef(data.data(), data.size());
}

/// Returns nothing for an attribute whose bytes are not at hand.
std::optional<RawElements> getRawElements(ElementsAttr attr) {
  using Form = RawElements::Form;
  if (auto dense = dyn_cast<DenseIntOrFPElementsAttr>(attr)) {
    StringRef data = asBytes(dense.getRawData());
    if (attr.getElementType().isInteger(1))
      return RawElements{Form::PackedBits, data};
    return RawElements{dense.isSplat() ? Form::Splat : Form::Plain, data};
  }
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return RawElements{Form::Plain, asBytes(blob->getData())};
  return std::nullopt;
}

/// Bytes of one element in memory, 0 for types that have no whole number.
uint64_t getElementBytes(Type type) {
  if (type.isInteger(1))
    return 1;
  if (type.isIndex())
    return 8;
  if (!type.isIntOrFloat() || type.getIntOrFloatBitWidth() % 8 != 0)
    return 0;
  return type.getIntOrFloatBitWidth() / 8;
}

/// Emits `pattern` again and again, `size` bytes in all.
void emitRepeated(StringRef pattern, uint64_t size,
                  llvm::function_ref<void(StringRef)> emit) {
  constexpr uint64_t pieceBytes = 1 << 16;
  std::string piece;
  while (piece.size() < std::min(size, pieceBytes))
    piece += pattern;
  for (uint64_t done = 0; done < size; done += piece.size())
    emit(StringRef(piece).take_front(size - done));
}

void emitValue(const WeightsBlob::Segment &segment,
               llvm::function_ref<void(StringRef)> emit) {
  // Only constants that pass `getRawElements` get into a blob.
  RawElements raw = *getRawElements(segment.value);
  switch (raw.form) {
  case RawElements::Form::Plain:
    return emit(raw.bytes);
  case RawElements::Form::Splat:
    return emitRepeated(raw.bytes, segment.size, emit);
  case RawElements::Form::PackedBits:
    std::string bools;
    for (bool value : segment.value.getValues<bool>())
      bools += value ? '\1' : '\0';
    return emit(bools);
  }
}

} // namespace

uint64_t WeightsBlob::getConstantBytes() const {
  uint64_t bytes = 0;
  for (const Segment &segment : segments)
    bytes += segment.size;
  return bytes;
}

void WeightsBlob::forEachPiece(llvm::function_ref<void(StringRef)> emit) const {
  uint64_t position = 0;
  auto padTo = [&](uint64_t offset) {
    emitRepeated(StringRef("\0", 1), offset - position, emit);
    position = offset;
  };
  for (const Segment &segment : segments) {
    padTo(segment.offset);
    emitValue(segment, emit);
    position += segment.size;
  }
  padTo(size);
}

void WeightsBlob::write(llvm::raw_ostream &os) const {
  forEachPiece([&](StringRef piece) { os << piece; });
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

/// Gives each constant its place in a blob, behind those that are there.
class BlobBuilder {
public:
  explicit BlobBuilder(WeightsBlob &blob) : blob(blob) {
    for (const WeightsBlob::Segment &segment : blob.segments)
      offsets[{segment.size, *getRawElements(segment.value)}] = segment.offset;
  }

  FailureOr<uint64_t> place(memref::GlobalOp global);
  unsigned getNumShared() const { return numShared; }

private:
  WeightsBlob &blob;
  unsigned numShared = 0;
  std::map<std::tuple<uint64_t, RawElements>, uint64_t> offsets;
};

/// The extent of `global` in bytes, or a diagnostic if it cannot be moved.
FailureOr<uint64_t> checkConstant(memref::GlobalOp global,
                                  std::optional<RawElements> raw) {
  MemRefType type = global.getType();
  uint64_t size =
      type.getNumElements() * getElementBytes(type.getElementType());
  if (!type.getLayout().isIdentity())
    return global.emitError("constant must be contiguous");
  if (getElementBytes(type.getElementType()) == 0)
    return global.emitError("constant has elements of type ")
           << type.getElementType() << ", which are not whole bytes";
  if (global.getAlignment().value_or(1) > WeightsBlob::alignment)
    return global.emitError("constant asks for an alignment over ")
           << WeightsBlob::alignment << " bytes";
  if (!raw)
    return global.emitError("constant has no bytes to store");
  if (raw->form == RawElements::Form::Plain && raw->bytes.size() != size)
    return global.emitError("constant has ")
           << raw->bytes.size() << " bytes where its type needs " << size;
  return size;
}

FailureOr<uint64_t> BlobBuilder::place(memref::GlobalOp global) {
  auto value = cast<ElementsAttr>(*global.getInitialValue());
  std::optional<RawElements> raw = getRawElements(value);
  FailureOr<uint64_t> size = checkConstant(global, raw);
  if (failed(size))
    return failure();
  uint64_t offset = llvm::alignTo(blob.size, WeightsBlob::alignment);
  auto [it, inserted] = offsets.try_emplace({*size, *raw}, offset);
  if (!inserted) {
    ++numShared;
    return it->second;
  }
  blob.segments.push_back({offset, *size, value});
  // The symbol needs a byte of its own even if all constants are empty.
  blob.size = std::max<uint64_t>(offset + *size, 1);
  return offset;
}

struct ExternalizeWeights
    : public lathe::impl::ExternalizeWeightsBase<ExternalizeWeights> {
  ExternalizeWeights() = default;
  explicit ExternalizeWeights(WeightsBlob &weights) : weights(&weights) {}

  void runOnOperation() override;

private:
  FailureOr<std::string> getSymbol();
  void replaceUses(const llvm::StringMap<uint64_t> &offsets,
                   const WeightsBlob &blob);

  /// Where the bytes go; null when the pass runs for the IR alone.
  WeightsBlob *weights = nullptr;
};

/// The name of the symbol, after that of the model or of the artifact that
/// holds several.
FailureOr<std::string> ExternalizeWeights::getSymbol() {
  auto name = getOperation()->getAttrOfType<StringAttr>("lathe.artifact");
  for (auto func : getOperation().getOps<FunctionOpInterface>())
    if (!name && func->hasAttr("lathe.entry"))
      name = func->getAttrOfType<StringAttr>("lathe.model");
  if (!name)
    return getOperation().emitError(
        "no function has `lathe.entry` and `lathe.model` to name the weights");
  std::string symbol = (name.getValue() + "_weights").str();
  if (getOperation().lookupSymbol(symbol))
    return getOperation().emitError("symbol @")
           << symbol << ", needed for the weights, is taken";
  return symbol;
}

void ExternalizeWeights::replaceUses(const llvm::StringMap<uint64_t> &offsets,
                                     const WeightsBlob &blob) {
  OpBuilder builder(getOperation().getBodyRegion());
  auto blobType =
      MemRefType::get({static_cast<int64_t>(blob.size)}, builder.getI8Type());
  memref::GlobalOp::create(builder, getOperation().getLoc(), blob.symbol,
                           /*sym_visibility=*/nullptr, blobType,
                           /*initial_value=*/nullptr, /*constant=*/true,
                           builder.getI64IntegerAttr(WeightsBlob::alignment));
  getOperation().walk([&](memref::GetGlobalOp use) {
    auto found = offsets.find(use.getName());
    if (found == offsets.end())
      return;
    builder.setInsertionPoint(use);
    Location loc = use.getLoc();
    Value base =
        memref::GetGlobalOp::create(builder, loc, blobType, blob.symbol);
    Value offset = arith::ConstantIndexOp::create(builder, loc, found->second);
    use.replaceAllUsesWith(memref::ViewOp::create(builder, loc, use.getType(),
                                                  base, offset, ValueRange())
                               .getResult());
    use.erase();
  });
}

void ExternalizeWeights::runOnOperation() {
  SmallVector<memref::GlobalOp> constants;
  for (auto global : getOperation().getOps<memref::GlobalOp>())
    if (global.getConstant() && !global.isExternal() &&
        !global.isUninitialized())
      constants.push_back(global);
  if (constants.empty())
    return;

  WeightsBlob blob = weights ? *weights : WeightsBlob();
  BlobBuilder blobBuilder(blob);
  llvm::StringMap<uint64_t> offsets;
  for (memref::GlobalOp global : constants) {
    FailureOr<uint64_t> offset = blobBuilder.place(global);
    if (failed(offset))
      return signalPassFailure();
    offsets[global.getSymName()] = *offset;
  }
  FailureOr<std::string> symbol = getSymbol();
  if (failed(symbol))
    return signalPassFailure();
  blob.symbol = std::move(*symbol);

  replaceUses(offsets, blob);
  for (memref::GlobalOp global : constants)
    global.erase();
  numBytes += blob.size - (weights ? weights->size : 0);
  numShared += blobBuilder.getNumShared();
  if (weights)
    *weights = std::move(blob);
}

} // namespace

std::unique_ptr<Pass> lathe::createExternalizeWeights(WeightsBlob &weights) {
  return std::make_unique<::ExternalizeWeights>(weights);
}
