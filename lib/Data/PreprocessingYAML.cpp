//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Data/Preprocessing.h"
#include "lathe/Support/ReadYAML.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>

using namespace lathe;
namespace yaml = llvm::yaml;
using llvm::StringRef;

namespace {
/// A number, which may be written as a quotient: 1/255.
struct Quotient {
  double value = 0;
};
} // namespace

namespace llvm::yaml {
template <> struct ScalarEnumerationTraits<ChannelOrder> {
  static void enumeration(IO &io, ChannelOrder &order) {
    io.enumCase(order, "rgb", ChannelOrder::RGB);
    io.enumCase(order, "bgr", ChannelOrder::BGR);
    io.enumCase(order, "gray", ChannelOrder::Gray);
  }
};

template <> struct ScalarEnumerationTraits<ImageLayout> {
  static void enumeration(IO &io, ImageLayout &layout) {
    io.enumCase(layout, "nchw", ImageLayout::NCHW);
    io.enumCase(layout, "nhwc", ImageLayout::NHWC);
  }
};

template <> struct ScalarEnumerationTraits<ImageResize> {
  static void enumeration(IO &io, ImageResize &mode) {
    io.enumCase(mode, "none", ImageResize::None);
    io.enumCase(mode, "cover", ImageResize::Cover);
    io.enumCase(mode, "exact", ImageResize::Exact);
    io.enumCase(mode, "shorter-side", ImageResize::ShorterSide);
    io.enumCase(mode, "letterbox", ImageResize::Letterbox);
  }
};

template <> struct ScalarEnumerationTraits<LetterboxAlign> {
  static void enumeration(IO &io, LetterboxAlign &align) {
    io.enumCase(align, "center", LetterboxAlign::Center);
    io.enumCase(align, "top-left", LetterboxAlign::TopLeft);
  }
};

template <> struct ScalarEnumerationTraits<ElementKind> {
  static void enumeration(IO &io, ElementKind &kind) {
    for (ElementKind each :
         {ElementKind::I8, ElementKind::I16, ElementKind::I32, ElementKind::UI8,
          ElementKind::UI16, ElementKind::F16, ElementKind::BF16,
          ElementKind::F32, ElementKind::F64})
      io.enumCase(kind, getName(each).str().c_str(), each);
  }
};

template <> struct ScalarTraits<Quotient> {
  static void output(const Quotient &quotient, void *, raw_ostream &os) {
    os << quotient.value;
  }
  static StringRef input(StringRef text, void *, Quotient &quotient) {
    auto [above, below] = text.split('/');
    double divisor = 1;
    if (above.trim().getAsDouble(quotient.value) ||
        (text.contains('/') && below.trim().getAsDouble(divisor)) ||
        divisor == 0)
      return "not a number or a quotient of two, as 1/255";
    quotient.value /= divisor;
    return StringRef();
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

/// The reason why `options` make no sense, or "".
static std::string findFault(const PreprocessingOptions &options) {
  const ImageResize mode = options.resize.value_or(ImageResize::None);
  const size_t extents = mode == ImageResize::ShorterSide ? 1 : 2;
  if (!options.size.empty() && mode == ImageResize::None)
    return "'size' needs a 'resize' other than 'none'";
  if (!options.size.empty() && options.size.size() != extents)
    return extents == 1 ? "'size' of the shorter side is one number: [256]"
                        : "'size' is a height and a width: [224, 224]";
  if (!options.crop.empty() && options.crop.size() != 2)
    return "'crop' is a height and a width: [224, 224]";
  for (const std::vector<int64_t> &list : {options.size, options.crop})
    for (int64_t extent : list)
      if (extent < 1 || extent > (1 << 16))
        return "a size is between 1 and 65536 pixels";
  if (options.fill < 0 || options.fill > 255)
    return "'fill' is between 0 and 255";
  for (double value : options.std)
    if (!(value > 0))
      return "'std' must be positive";
  for (double value : options.mean)
    if (!std::isfinite(value))
      return "'mean' must be finite";
  if (options.scale && !(*options.scale > 0))
    return "'scale' must be positive";
  return "";
}

template <> struct MappingTraits<PreprocessingOptions> {
  static void mapping(IO &io, PreprocessingOptions &options) {
    io.mapOptional("channels", options.channels);
    io.mapOptional("layout", options.layout);
    io.mapOptional("resize", options.resize);
    io.mapOptional("size", options.size);
    io.mapOptional("antialias", options.antialias);
    io.mapOptional("crop", options.crop);
    io.mapOptional("align", options.align);
    io.mapOptional("fill", options.fill);
    std::optional<Quotient> scale;
    io.mapOptional("scale", scale);
    if (scale)
      options.scale = scale->value;
    io.mapOptional("mean", options.mean);
    io.mapOptional("std", options.std);
    io.mapOptional("type", options.type);
  }
  static std::string validate(IO &, PreprocessingOptions &options) {
    return findFault(options);
  }
};
} // namespace llvm::yaml

llvm::Expected<PreprocessingOptions>
PreprocessingOptions::parse(llvm::MemoryBufferRef buffer) {
  PreprocessingOptions options;
  if (llvm::Error error = readYAML(buffer, options, "it is no YAML mapping",
                                   "docs/datasets.md describes the fields",
                                   /*mayBeEmpty=*/true))
    return std::move(error);
  return options;
}

llvm::Expected<PreprocessingOptions>
PreprocessingOptions::load(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (std::error_code code = file.getError())
    return llvm::createFileError(path, code);
  return parse(**file);
}
