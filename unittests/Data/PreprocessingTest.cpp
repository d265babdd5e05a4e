//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pictures are resized by Pillow 10.4 and normalized by NumPy in float32 for
// the expected values, in the order of torchvision's transforms: Resize,
// CenterCrop, ToTensor, Normalize.
//
//===----------------------------------------------------------------------===//

#include "TestFiles.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

using namespace lathe;
using llvm::StringRef;

namespace {

llvm::Expected<PreprocessingOptions> parse(StringRef text) {
  return PreprocessingOptions::parse({text, "p.yaml"});
}

/// The tensor for an input of that shape and kind, or the message as a failure.
HostTensor apply(StringRef text, const Image &image,
                 llvm::ArrayRef<int64_t> shape,
                 ElementKind kind = ElementKind::F32,
                 ImageGeometry *geometry = nullptr) {
  llvm::Expected<PreprocessingOptions> options = parse(text);
  if (!options) {
    ADD_FAILURE() << getMessage(options);
    return {};
  }
  llvm::Expected<Preprocessing> preprocessing =
      Preprocessing::get(*options, makeOptions(shape, kind).inputs[0]);
  if (!preprocessing) {
    ADD_FAILURE() << getMessage(preprocessing);
    return {};
  }
  llvm::Expected<HostTensor> tensor = preprocessing->apply(image, geometry);
  if (!tensor) {
    ADD_FAILURE() << getMessage(tensor);
    return {};
  }
  return *tensor;
}

std::string getApplyError(StringRef text, const Image &image,
                          llvm::ArrayRef<int64_t> shape,
                          ElementKind kind = ElementKind::F32) {
  llvm::Expected<PreprocessingOptions> options = parse(text);
  if (!options)
    return getMessage(options);
  llvm::Expected<Preprocessing> preprocessing =
      Preprocessing::get(*options, makeOptions(shape, kind).inputs[0]);
  if (!preprocessing)
    return getMessage(preprocessing);
  return getMessage(preprocessing->apply(image));
}

constexpr const char *imageNet = "resize: shorter-side\n"
                                 "size: [16]\n"
                                 "crop: [12, 12]\n"
                                 "mean: [0.485, 0.456, 0.406]\n"
                                 "std: [0.229, 0.224, 0.225]\n";

TEST(Preprocessing, ImageNetsRecipeGivesTorchvisionsValues) {
  HostTensor tensor = apply(imageNet, makeTestImage(40, 30), {1, 3, 12, 12});
  llvm::ArrayRef<float> values = tensor.data<float>();
  auto at = [&](int c, int y, int x) { return values[(c * 12 + y) * 12 + x]; };
  EXPECT_NEAR(at(0, 0, 0), -0.3026800751686096, 1e-6);
  EXPECT_NEAR(at(0, 3, 7), 0.29668641090393066, 1e-6);
  EXPECT_NEAR(at(1, 11, 11), -0.7226889729499817, 1e-6);
  EXPECT_NEAR(at(2, 5, 0), 0.49620935320854187, 1e-6);
}

TEST(Preprocessing, LayoutsHoldTheSameValues) {
  const Image image = makeTestImage(40, 30);
  HostTensor planar = apply(imageNet, image, {1, 3, 12, 12});
  HostTensor interleaved = apply(imageNet, image, {1, 12, 12, 3});
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t i = 0; i < 144; ++i)
      EXPECT_EQ(planar.getDouble(c * 144 + i),
                interleaved.getDouble(i * 3 + c));
}

TEST(Preprocessing, CoverIsTheSmallestThatCovers) {
  ImageGeometry geometry;
  // 30x40 (width x height) covers 16x12 as 16x21, and 6x20 as 15x20.
  apply("resize: cover\n", makeTestImage(40, 30), {1, 3, 12, 16},
        ElementKind::F32, &geometry);
  EXPECT_EQ(geometry.scaleX, 16.0 / 30);
  EXPECT_EQ(geometry.scaleY, 21.0 / 40);
  apply("resize: cover\n", makeTestImage(40, 30), {1, 3, 20, 6},
        ElementKind::F32, &geometry);
  EXPECT_EQ(geometry.scaleX, 15.0 / 30);
  EXPECT_EQ(geometry.scaleY, 20.0 / 40);
}

TEST(Preprocessing, AnEmptyFileMeansTheDefaults) {
  llvm::Expected<PreprocessingOptions> options = parse("# nothing\n");
  ASSERT_TRUE(bool(options)) << getMessage(options);
  EXPECT_FALSE(options->resize.has_value());
}

TEST(Preprocessing, BgrReversesChannelsAndMeanFollows) {
  Image image(1, 1, 3);
  image.pixels = {10, 20, 30};
  HostTensor tensor =
      apply("channels: bgr\nscale: 1\nmean: [1, 2, 3]\n", image, {1, 3, 1, 1});
  EXPECT_EQ(tensor.data<float>(), (llvm::ArrayRef<float>{29, 18, 7}));
}

TEST(Preprocessing, DefaultsFollowFromTheInput) {
  // Just covering, the centre, RGB, 0 to 1.
  Image image(10, 20, 3);
  for (int64_t y = 0; y < 10; ++y)
    for (int64_t x = 0; x < 20; ++x)
      image.getRow(y)[x * 3] = x < 5 || x >= 15 ? 0 : 255;
  HostTensor tensor = apply("{}", image, {1, 3, 10, 10});
  EXPECT_EQ(tensor.getDouble(0), 1);
  EXPECT_EQ(tensor.getDouble(99), 1);
  EXPECT_EQ(tensor.getDouble(100), 0);
  // Gray and bytes.
  EXPECT_EQ(apply("{}", Image(4, 4, 3, 77), {1, 4, 4, 1}, ElementKind::UI8)
                .getDouble(3),
            77);
  EXPECT_EQ(apply("{}", Image(4, 4, 1, 77), {1, 1, 4, 4}, ElementKind::I8)
                .getDouble(3),
            77 - 128);
  // An image of the right size stays as it is, whatever its proportions.
  const Image exact = makeTestImage(2, 3);
  HostTensor same = apply("scale: 1\n", exact, {1, 2, 3, 3});
  EXPECT_EQ(same.data<float>().vec(),
            std::vector<float>(exact.pixels.begin(), exact.pixels.end()));
  // A vector takes the image as it is.
  EXPECT_EQ(apply("{}", Image(4, 4, 1, 255), {1, 16}).getDouble(15), 1);
}

TEST(Preprocessing, IntegersRoundToEvenAndSaturate) {
  Image image(1, 4, 1);
  image.pixels = {0, 1, 3, 255};
  HostTensor tensor =
      apply("scale: 1/2\n", image, {1, 1, 1, 4}, ElementKind::I8);
  // The mean of 128 applies to the scaled pixel.
  EXPECT_EQ(tensor.data<int8_t>(),
            (llvm::ArrayRef<int8_t>{-128, -128, -126, 0}));
  tensor = apply("scale: 3\nmean: [0]\n", image, {1, 1, 1, 4}, ElementKind::I8);
  EXPECT_EQ(tensor.data<int8_t>(), (llvm::ArrayRef<int8_t>{0, 3, 9, 127}));
}

TEST(Preprocessing, RealValuesAreQuantizedForIntegersOfKnownScale) {
  InputSpec input;
  input.name = "image";
  input.kind = ElementKind::I8;
  input.shape = {1, 1, 1, 4};
  input.quantization = TensorQuantization{0.5, -1};
  Image image(1, 4, 1);
  image.pixels = {0, 3, 5, 255};
  auto get = [&](StringRef text) {
    auto options = PreprocessingOptions::parse({text, "p.yaml"});
    auto preprocessing = Preprocessing::get(*options, input);
    return *preprocessing->apply(image);
  };
  // p / 4 in steps of 1/2: 0, 1.5, 2.5 and 127.5 steps, ties to even.
  HostTensor real = get("scale: 1/4\n");
  EXPECT_EQ(real.data<int8_t>(), llvm::ArrayRef<int8_t>({-1, 1, 1, 127}));
  // What nothing is said of, or whose type is stated, are integers.
  for (const char *text : {"{}", "scale: 1\nmean: [128]\ntype: i8\n"})
    EXPECT_EQ(get(text).data<int8_t>(),
              llvm::ArrayRef<int8_t>({-128, -125, -123, 127}))
        << text;
}

TEST(Preprocessing, LetterboxIsCenteredAndKnowsItsGeometry) {
  ImageGeometry geometry;
  HostTensor tensor =
      apply("resize: letterbox\nantialias: false\n", Image(20, 40, 3, 255),
            {1, 3, 16, 16}, ElementKind::F32, &geometry);
  for (int64_t y = 0; y < 16; ++y)
    EXPECT_FLOAT_EQ(tensor.getDouble(y * 16),
                    y < 4 || y >= 12 ? 114.0f / 255 : 1.0f)
        << y;
  EXPECT_EQ(geometry.sourceHeight, 20);
  EXPECT_EQ(geometry.sourceWidth, 40);
  EXPECT_EQ(geometry.scaleX, 0.4);
  EXPECT_EQ(geometry.scaleY, 0.4);
  EXPECT_EQ(geometry.offsetX, 0);
  EXPECT_EQ(geometry.offsetY, 4);
}

TEST(Preprocessing, LetterboxOfAnOddRestHasTheSmallerHalfAbove) {
  // Ultralytics: round(5 / 2 - 0.1) rows above, round(5 / 2 + 0.1) below.
  ImageGeometry geometry;
  apply("resize: letterbox\n", Image(11, 16, 3), {1, 3, 16, 16},
        ElementKind::F32, &geometry);
  EXPECT_EQ(geometry.offsetY, 2);
  apply("resize: letterbox\nalign: top-left\n", Image(11, 16, 3),
        {1, 3, 16, 16}, ElementKind::F32, &geometry);
  EXPECT_EQ(geometry.offsetY, 0);
}

TEST(Preprocessing, CroppingShiftsTheGeometry) {
  ImageGeometry geometry;
  apply(imageNet, makeTestImage(40, 30), {1, 3, 12, 12}, ElementKind::F32,
        &geometry);
  // 30x40 becomes 16x21, of which the crop begins at (2, 4): Python rounds 4.5
  // to even.
  EXPECT_EQ(geometry.offsetX, -2);
  EXPECT_EQ(geometry.offsetY, -4);
  EXPECT_EQ(geometry.scaleY, 21.0 / 40);
}

TEST(Preprocessing, ExamplesOfTheDocumentationAreValid) {
  auto page = llvm::MemoryBuffer::getFile(LATHE_DATASETS_PAGE);
  ASSERT_TRUE(bool(page));
  int examples = 0;
  StringRef rest = (*page)->getBuffer();
  while (true) {
    rest = rest.split("```yaml\n").second;
    auto [example, behind] = rest.split("```\n");
    if (example.empty())
      break;
    rest = behind;
    llvm::Expected<PreprocessingOptions> options = parse(example);
    ASSERT_TRUE(bool(options)) << getMessage(options) << example.str();
    llvm::Expected<Preprocessing> preprocessing =
        Preprocessing::get(*options, makeOptions({1, 3, 224, 224}).inputs[0]);
    EXPECT_TRUE(bool(preprocessing)) << getMessage(preprocessing);
    ++examples;
  }
  EXPECT_EQ(examples, 5);
}

TEST(Preprocessing, ErrorsNameFileLineAndRemedy) {
  EXPECT_EQ(getMessage(parse("resize: exact\ncolour: rgb\n")),
            "p.yaml:2: unknown key 'colour'; docs/datasets.md describes the "
            "fields");
  EXPECT_EQ(getMessage(parse("channels: rgba\n")),
            "p.yaml:1: unknown enumerated scalar; docs/datasets.md describes "
            "the fields");
  EXPECT_EQ(getMessage(parse("\nscale: 1/0\n")),
            "p.yaml:2: not a number or a quotient of two, as 1/255; "
            "docs/datasets.md describes the fields");
  EXPECT_EQ(getMessage(parse("resize: shorter-side\nsize: [1, 2]\n")),
            "p.yaml:1: 'size' of the shorter side is one number: [256]; "
            "docs/datasets.md describes the fields");
  EXPECT_EQ(getMessage(parse("std: [0]\n")),
            "p.yaml:1: 'std' must be positive; docs/datasets.md describes the "
            "fields");
  EXPECT_EQ(getMessage(PreprocessingOptions::load("/no/p.yaml")),
            "'/no/p.yaml': No such file or directory");
}

TEST(Preprocessing, ContradictionsToTheInputAreErrors) {
  const Image image = makeTestImage(8, 8);
  EXPECT_EQ(getApplyError("channels: gray\n", image, {1, 3, 8, 8}),
            "input 'x' of shape [1, 3, 8, 8] has 3 channels, but the "
            "preprocessing gives 1; change 'channels'");
  EXPECT_EQ(getApplyError("layout: nhwc\n", image, {1, 3, 8, 8}),
            "input 'x' of shape [1, 3, 8, 8] is no batch of one image; it must "
            "be [1, C, H, W] ('layout: nchw') or [1, H, W, C] ('nhwc') with C "
            "1 or 3");
  EXPECT_EQ(getApplyError("type: f32\n", image, {1, 3, 8, 8}, ElementKind::I8),
            "input 'x' of shape [1, 3, 8, 8] holds i8, but the preprocessing "
            "gives f32; leave out 'type'");
  EXPECT_EQ(getApplyError("mean: [1, 2]\n", image, {1, 3, 8, 8}),
            "input 'x' of shape [1, 3, 8, 8] needs one 'mean' or one for each "
            "of 3 channels, not 2");
  EXPECT_EQ(getApplyError("crop: [9, 8]\n", image, {1, 3, 9, 8}),
            "an image of 8x8 pixels is smaller than the crop of 8x9; give a "
            "larger 'size' in the preprocessing file");
  EXPECT_EQ(getApplyError("resize: none\n", image, {1, 3, 9, 8}),
            "an image of 8x8 pixels becomes one of 8x8 with 3 channels, but "
            "input 'x' has shape [1, 3, 9, 8]; give 'resize' and 'size' in the "
            "preprocessing file");
}

} // namespace
