//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The weights of a model: their names, bytes and C arrays.
//
//===----------------------------------------------------------------------===//

#include "CWeights.h"
#include "lathe/Support/NodeNames.h"
#include "lathe/Target/Common/CLiterals.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/GlobPattern.h"
#include <cmath>

using namespace mlir;

namespace lathe {

int64_t CWeight::getSizeInBytes() {
  return getType().getNumElements() *
         getCStorageSize(getType().getElementType());
}

int64_t CWeight::getAlignment() {
  int64_t natural = getCStorageSize(getType().getElementType());
  return std::max<int64_t>(natural, global.getAlignment().value_or(1));
}

static StringRef getInitializerName(memref::GlobalOp global) {
  if (auto name = dyn_cast<NameLoc>(global.getLoc()))
    return name.getName().getValue();
  return global.getSymName();
}

FailureOr<std::vector<CWeight>> collectWeights(ModuleOp module,
                                               StringRef prefix,
                                               CNameScope &scope,
                                               const CNameScope &avoid) {
  std::vector<CWeight> weights;
  for (auto global : module.getOps<memref::GlobalOp>()) {
    auto value = dyn_cast_or_null<ElementsAttr>(
        global.getInitialValue().value_or(Attribute()));
    if (!global.getConstant() || !value)
      return global.emitOpError("is not a constant with a value");
    if (!isa<DenseElementsAttr, DenseResourceElementsAttr>(value))
      return global.emitOpError("has a value that is not dense");
    if (getCStorageType(global.getType().getElementType()).empty())
      return global.emitOpError("has elements for which C has no type");
    auto resource = dyn_cast<DenseResourceElementsAttr>(value);
    if (resource && !resource.getRawHandle().getBlob())
      return global.emitOpError("refers to a resource that is not loaded");
    std::string hint = prefix.str() + getInitializerName(global).str();
    weights.push_back({global, scope.claimOutside(avoid, hint), ""});
  }
  return weights;
}

LogicalResult placeWeights(ModuleOp module, ArrayRef<WeightSection> sections,
                           std::vector<CWeight> &weights) {
  for (const WeightSection &place : sections) {
    llvm::Expected<llvm::GlobPattern> pattern =
        llvm::GlobPattern::create(place.pattern);
    if (!pattern)
      return module.emitError("--section: '")
             << place.pattern
             << "' is no pattern: " << llvm::toString(pattern.takeError());
    bool isUsed = false;
    for (CWeight &weight : weights) {
      SmallVector<StringRef> names = getNodeNames(weight.global.getLoc());
      names.push_back(getInitializerName(weight.global));
      names.push_back(weight.name);
      if (llvm::none_of(names,
                        [&](StringRef name) { return pattern->match(name); }))
        continue;
      weight.section = place.section;
      isUsed = true;
    }
    if (!isUsed)
      return module.emitError("--section: no weights are called '")
             << place.pattern
             << "'; NAME_weights.h lists their names in C, which have those of "
                "ONNX nodes or initializers in them";
  }
  return success();
}

ArrayRef<char> getWeightBytes(CWeight &weight, SmallVectorImpl<char> &storage) {
  Attribute value = *weight.global.getInitialValue();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return resource.getRawHandle().getBlob()->getData();
  auto dense = cast<DenseElementsAttr>(value);
  storage.clear();
  // Dense i1 is packed in MLIR, a byte each in C.
  if (dense.getElementType().isInteger(1)) {
    for (bool bit : dense.getValues<bool>())
      storage.push_back(bit);
    return storage;
  }
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat())
    return raw;
  for (int64_t i = 0, e = dense.getNumElements(); i < e; ++i)
    storage.append(raw.begin(), raw.end());
  return storage;
}

std::string declareWeight(CWeight &weight) {
  return ("const " + getCStorageType(weight.getType().getElementType()) + " " +
          weight.name + "[" + Twine(weight.getType().getNumElements()) + "]")
      .str();
}

template <typename T> static T readElement(const char *bytes) {
  return llvm::support::endian::read<T, llvm::endianness::little>(bytes);
}

static double readFloat(const char *bytes, Type type) {
  return type.isF32() ? llvm::bit_cast<float>(readElement<uint32_t>(bytes))
                      : llvm::bit_cast<double>(readElement<uint64_t>(bytes));
}

static std::string formatElement(const char *bytes, Type type) {
  if (type.isF32())
    return formatCFloat(static_cast<float>(readFloat(bytes, type)));
  if (type.isF64())
    return formatCFloat(readFloat(bytes, type));
  if (type.isF16() || type.isBF16())
    return "0x" + llvm::utohexstr(readElement<uint16_t>(bytes),
                                  /*LowerCase=*/true,
                                  /*Width=*/4);
  bool isUnsigned = getCStorageType(type).starts_with("u");
  switch (getCStorageSize(type)) {
  case 1:
    return isUnsigned ? llvm::utostr(readElement<uint8_t>(bytes))
                      : llvm::itostr(readElement<int8_t>(bytes));
  case 2:
    return isUnsigned ? llvm::utostr(readElement<uint16_t>(bytes))
                      : llvm::itostr(readElement<int16_t>(bytes));
  case 4:
    return isUnsigned ? formatCUnsigned(readElement<uint32_t>(bytes))
                      : formatCInteger(readElement<int32_t>(bytes));
  default:
    return isUnsigned ? formatCUnsigned(readElement<uint64_t>(bytes))
                      : formatCInteger(readElement<int64_t>(bytes));
  }
}

void printElements(ArrayRef<char> bytes, Type elementType, raw_ostream &os) {
  constexpr size_t maxColumn = 78;
  unsigned size = getCStorageSize(elementType);
  size_t column = 0;
  for (size_t i = 0; i < bytes.size(); i += size) {
    std::string text = formatElement(bytes.data() + i, elementType) + ",";
    if (column == 0 || column + 1 + text.size() > maxColumn) {
      os << (column == 0 ? "   " : "\n   ");
      column = 3;
    }
    os << " " << text;
    column += 1 + text.size();
  }
  os << "\n";
}

bool hasNonFinite(ArrayRef<char> bytes, Type elementType) {
  if (!elementType.isF32() && !elementType.isF64())
    return false;
  unsigned size = getCStorageSize(elementType);
  for (size_t i = 0; i < bytes.size(); i += size)
    if (!std::isfinite(readFloat(bytes.data() + i, elementType)))
      return true;
  return false;
}

void printWeight(CWeight &weight, StringRef storageClass, raw_ostream &os) {
  MemRefType type = weight.getType();
  os << "\n/* " << escapeForCComment(getInitializerName(weight.global))
     << ": [";
  llvm::interleaveComma(type.getShape(), os);
  os << "] */\n" << storageClass << declareWeight(weight);
  if (weight.getAlignment() > getCStorageSize(type.getElementType()))
    os << "\n    __attribute__((aligned(" << weight.getAlignment() << ")))";
  if (!weight.section.empty())
    os << "\n    __attribute__((section(\"" << weight.section << "\")))";
  SmallVector<char> storage;
  os << " = {\n";
  printElements(getWeightBytes(weight, storage), type.getElementType(), os);
  os << "};\n";
}

} // namespace lathe
